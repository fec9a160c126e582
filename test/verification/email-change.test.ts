import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import {
  accountOf,
  call,
  changeDirectory,
  expectProblem,
  login,
  PASSWORD,
  register,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { mailTo, tokenTo } from '../support/mail.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { activityOf } from '../support/projection.ts';

const CONFIRM = /^Confirm your new/;
const CHANGED = /^The email address of your/;
const address = () => `${crypto.randomUUID()}@example.com`;

const change = (user: SignedInBody, email: string, password = PASSWORD) =>
  call('PUT', '/v1/me/email', { token: user.access_token, body: { email, password } });
const verify = (token: string) => call('POST', '/v1/auth/email/verify', { body: { token } });
const undo = (token: string) => call('POST', '/v1/auth/email/undo', { body: { token } });
const emailOf = async (user: SignedInBody) =>
  (await call('GET', '/v1/me', { token: user.access_token })).body.email;

it('takes effect when the link at the new address is followed, and the old one is told', async () => {
  const user = await registerVerified();
  const [before, after] = [user.user.email, address()];
  expect((await change(user, after)).status).toBe(202);
  const token = await tokenTo(after, CONFIRM);
  expect(await emailOf(user)).toBe(before);
  expect((await verify(token)).body).toEqual({ status: 'verified', email: after });
  expect(await emailOf(user)).toBe(after);
  expect((await login(after)).body.user.email_verified).toBe(true);
  expectProblem(await login(before), 401, 'invalid_credentials');
  const told = await mailTo(before, CHANGED);
  expect(told.text).not.toContain(after);
  expect(await activityOf(user.user.id)).toContain('email_changed');
});

describe('undoing it', () => {
  it('gives the old address back for 72 hours, with all that the thief had gone', async () => {
    const user = await registerVerified();
    const [before, after] = [user.user.email, address()];
    await change(user, after);
    await verify(await tokenTo(after, CONFIRM));
    const thief = (await login(after)).body;
    const token = await tokenTo(before, CHANGED);
    await env.DB.prepare(
      `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
       VALUES (?, 'default', 'google', 'thief', 1, '{}', '', 1, 1)`,
    )
      .bind(user.user.id)
      .run();
    await changeDirectory(user.user.id, { phone_number: '+4915100000903', phone_number_verified: 1 });
    advance(71 * 3_600_000);
    expect((await undo(token)).status).toBe(204);
    const linked = await env.DB.prepare('SELECT * FROM identities WHERE user_id = ?')
      .bind(user.user.id)
      .all();
    expect(linked.results).toEqual([]);
    expectProblem(await call('GET', '/v1/me', { token: thief.access_token }), 401, 'token_expired');
    expect(await accountOf(user.user.id).listSessions()).toEqual([]);
    for (const email of [before, after]) expectProblem(await login(email), 401, 'invalid_credentials');
    const reset = await tokenTo(before, /^Reset your/);
    const password = 'a password of the owner';
    expect((await call('POST', '/v1/auth/password/reset', { body: { token: reset, password } })).status).toBe(
      204,
    );
    expect((await login(before, password)).body.user).toMatchObject({
      email: before,
      phone_number_verified: false,
    });
    expectProblem(await undo(token), 400, 'invalid_link');
  });

  it('is too late after that', async () => {
    const user = await registerVerified();
    const after = address();
    await change(user, after);
    await verify(await tokenTo(after, CONFIRM));
    const token = await tokenTo(user.user.email, CHANGED);
    advance(72 * 3_600_000);
    expectProblem(await undo(token), 400, 'invalid_link');
  });

  it('cannot be blocked by registering the old address anew', async () => {
    const user = await registerVerified();
    const [before, after] = [user.user.email, address()];
    await change(user, after);
    await verify(await tokenTo(after, CONFIRM));
    const token = await tokenTo(before, CHANGED);
    const squatter = await register({ email: before });
    expect((await undo(token)).status).toBe(204);
    expectProblem(await call('GET', '/v1/me', { token: squatter.access_token }), 401, 'session_ended');
  });

  it('does not take an address from who has proved it since', async () => {
    const user = await registerVerified();
    const [before, after] = [user.user.email, address()];
    await change(user, after);
    await verify(await tokenTo(after, CONFIRM));
    const token = await tokenTo(before, CHANGED);
    const heir = await register({ email: before });
    await changeDirectory(heir.user.id, { email_verified: 1 });
    expectProblem(await undo(token), 409, 'user_exists');
    expect((await login(after)).status).toBe(200);
  });
});

describe('what is refused', () => {
  it('is a user whose address is not verified, and a wrong password', async () => {
    expectProblem(await change(await register(), address()), 403, 'email_not_verified');
    const user = await registerVerified();
    expectProblem(await change(user, address(), 'wrong'), 401, 'invalid_credentials');
    for (let n = 0; n < 4; n += 1) await change(user, address(), 'wrong');
    expectProblem(await change(user, address()), 429, 'too_many_attempts');
    expectProblem(await change(user, 'nonsense'), 422, 'validation_failed');
  });

  it('is not told apart when somebody has the address: they are told', async () => {
    const [user, other] = [await registerVerified(), await registerVerified()];
    const answer = await change(user, other.user.email);
    expect([answer.status, answer.body]).toEqual([202, { status: 'accepted' }]);
    await mailTo(other.user.email, /^You already have/);
    expect((await receivedMails(other.user.email)).filter((mail) => CONFIRM.test(mail.subject))).toEqual([]);
    expect(await emailOf(user)).toBe(user.user.email);
  });

  it('is an address that somebody took between the mail and the link', async () => {
    const user = await registerVerified();
    const wanted = address();
    await change(user, wanted);
    const token = await tokenTo(wanted, CONFIRM);
    await register({ email: wanted });
    expectProblem(await verify(token), 409, 'user_exists');
    expect(await emailOf(user)).toBe(user.user.email);
  });
});

it('ends the links that the old address still has', async () => {
  const user = await registerVerified();
  const [before, after] = [user.user.email, address()];
  await call('POST', '/v1/auth/password/forgot', { body: { email: before } });
  const reset = await tokenTo(before, /^Reset your/);
  await change(user, after);
  await verify(await tokenTo(after, CONFIRM));
  const body = { token: reset, password: 'four lighthouses at dawn' };
  expectProblem(await call('POST', '/v1/auth/password/reset', { body }), 400, 'invalid_link');
});
