import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import {
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  PASSWORD,
  register,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { linkIn, mailTo, tokenTo } from '../support/mail.ts';
import { submit, visit } from '../support/pages.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { activityOf } from '../support/projection.ts';

const NEXT = 'four lighthouses at dawn';
const RESET = /^Reset your/;
const forgot = (email: string, realm?: string) =>
  call('POST', '/v1/auth/password/forgot', { body: { email }, realm });
const reset = (token: string, password = NEXT, realm?: string) =>
  call('POST', '/v1/auth/password/reset', { body: { token, password }, realm });

it('sets a new password by a mailed link, ends every session, proves the address, and tells the owner', async () => {
  const user = await register();
  const { email, id } = user.user;
  const other = (await login(email)).body;
  expect((await forgot(email.toUpperCase())).status).toBe(202);
  const mail = await mailTo(email, RESET);
  const link = linkIn(mail);
  expect(link.pathname).toBe('/reset-password');
  expect((await reset(link.searchParams.get('token') as string)).status).toBe(204);
  for (const one of [user, other]) {
    expectProblem(await call('GET', '/v1/auth/session', { token: one.access_token }), 401, 'session_ended');
  }
  expectProblem(await login(email, PASSWORD), 401, 'invalid_credentials');
  expect((await login(email, NEXT)).body.user.email_verified).toBe(true);
  await mailTo(email, /password was changed|changed/i);
  expect(await activityOf(id)).toContain('password_reset');
});

it('leaves no door to a phone that was proved before the address was', async () => {
  const [squatted, proven] = [await register({ phone_number: '+4915100000901' }), await register()];
  await changeDirectory(squatted.user.id, { phone_number_verified: 1 });
  await changeDirectory(proven.user.id, {
    email_verified: 1,
    phone_number: '+4915100000902',
    phone_number_verified: 1,
  });
  for (const [{ user }, stays] of [
    [squatted, false],
    [proven, true],
  ] as const) {
    await forgot(user.email);
    expect((await reset(await tokenTo(user.email, RESET))).status).toBe(204);
    expect((await login(user.email, NEXT)).body.user.phone_number_verified).toBe(stays);
  }
});

it('works by the page of the link, without JavaScript', async () => {
  const user = await register();
  expect((await call('GET', '/forgot-password')).body).toContain('type="email"');
  expect((await submit('/forgot-password', { email: 'nonsense' })).status).toBe(422);
  const sent = await submit('/forgot-password', { email: user.user.email });
  expect([sent.status, sent.headers.get('location')]).toEqual([303, '/forgot-password?sent=1']);
  expect((await visit('/forgot-password?sent=1')).body).toContain('Check your email');
  const link = linkIn(await mailTo(user.user.email, RESET));
  const token = link.searchParams.get('token') as string;
  expect((await call('GET', `${link.pathname}${link.search}`)).body).toContain(token);
  const refused = await submit('/reset-password', { token, password: 'short' });
  expect(refused.status).toBe(422);
  expect(refused.body).toContain('role="alert"');
  const reset = await submit('/reset-password', { token, password: NEXT });
  expect([reset.status, reset.headers.get('location')]).toEqual([303, '/reset-password?done=1']);
  expect((await visit('/reset-password?done=1')).body).toContain('Your new password is set');
  const again = await submit('/reset-password', { token, password: NEXT });
  expect([again.status, again.body]).toEqual([422, expect.stringContaining('This link has been used')]);
  expect((await login(user.user.email, NEXT)).status).toBe(200);
});

it('refuses forms that another site sends, and what is no form', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' };
  expectProblem(
    await call('POST', '/forgot-password', { raw: 'email=a@b.example', headers }),
    403,
    'origin_not_allowed',
  );
  const json = { body: {}, headers: { origin: 'https://auth.test' } };
  expectProblem(await call('POST', '/reset-password', json), 415, 'unsupported_media_type');
});

describe('a reset token', () => {
  it('works once, of ten at the same time', async () => {
    const user = await register();
    await forgot(user.user.email);
    const token = await tokenTo(user.user.email, RESET);
    const nexts = Array.from({ length: 10 }, (_, n) => `lighthouse number ${n}`);
    const answers = await Promise.all(nexts.map((next) => reset(token, next)));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
    expect((await login(user.user.email, nexts[statuses.indexOf(204)])).status).toBe(200);
  });

  it('works for an hour, and until another is asked for', async () => {
    const user = await register();
    await forgot(user.user.email);
    const first = await tokenTo(user.user.email, RESET);
    await forgot(user.user.email);
    const second = await tokenTo(user.user.email, RESET, 2);
    expect(second).not.toBe(first);
    expectProblem(await reset(first), 400, 'invalid_link');
    advance(3_600_000);
    expectProblem(await reset(second), 400, 'invalid_link');
  });

  it('is kept when the new password is refused', async () => {
    const user = await register();
    await forgot(user.user.email);
    const token = await tokenTo(user.user.email, RESET);
    expectProblem(await reset(token, 'password1'), 422, 'validation_failed');
    expectProblem(await reset(token, user.user.email), 422, 'validation_failed');
    expect((await reset(token)).status).toBe(204);
  });

  it('does not verify an address, nor a verification token reset a password', async () => {
    const user = await register();
    const welcome = await tokenTo(user.user.email, /welcome/i);
    expectProblem(await reset(welcome), 400, 'invalid_link');
    await forgot(user.user.email);
    const token = await tokenTo(user.user.email, RESET);
    expectProblem(await call('POST', '/v1/auth/email/verify', { body: { token } }), 400, 'invalid_link');
    // A reset takes every other link of the user along.
    expect((await reset(token)).status).toBe(204);
    expectProblem(
      await call('POST', '/v1/auth/email/verify', { body: { token: welcome } }),
      400,
      'invalid_link',
    );
  });

  it('of one realm is nothing in another', async () => {
    await createRealm('elsewhere');
    const user = await register({}, { realm: 'elsewhere' });
    await forgot(user.user.email, 'elsewhere');
    const token = await tokenTo(user.user.email, RESET);
    expectProblem(await reset(token), 400, 'invalid_link');
    expect((await reset(token, NEXT, 'elsewhere')).status).toBe(204);
  });

  it('lies in D1 as a hash, and in the outbox only until it is sent', async () => {
    const user = await register();
    await forgot(user.user.email);
    const token = await tokenTo(user.user.email, RESET);
    const tables = await env.DB.batch([
      env.DB.prepare('SELECT * FROM one_time_tokens WHERE user_id = ?').bind(user.user.id),
      env.DB.prepare("SELECT * FROM outbox WHERE user_id = ? AND status = 'sent'").bind(user.user.id),
    ]);
    expect(JSON.stringify(tables)).not.toContain(token);
  });
});

it('answers the same for addresses that nobody has, and mails nobody', async () => {
  const nobody = `${crypto.randomUUID()}@example.com`;
  const answer = await forgot(nobody);
  expect([answer.status, answer.body]).toEqual([202, { status: 'accepted' }]);
  expectProblem(await forgot('nonsense'), 422, 'validation_failed');
  expect(await receivedMails(nobody)).toEqual([]);
});

it('lets a suspended user set a password, and not in', async () => {
  const user = await register();
  await changeDirectory(user.user.id, { status: 'suspended' });
  await forgot(user.user.email);
  expect((await reset(await tokenTo(user.user.email, RESET))).status).toBe(204);
  expectProblem(await login(user.user.email, NEXT), 403, 'account_suspended');
});

it('gives an owner back the account that a stranger has locked by guessing', async () => {
  const user = await register();
  await Promise.all(Array.from({ length: 10 }, () => login(user.user.email, 'a wrong guess')));
  expectProblem(await login(user.user.email), 429, 'too_many_attempts');
  await forgot(user.user.email);
  await reset(await tokenTo(user.user.email, RESET));
  expect((await login(user.user.email, NEXT)).status).toBe(200);
});
