import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { registerRole } from '../support/admin.ts';
import { responsesAreOver } from '../support/after-response.ts';
import {
  type Answer,
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  PASSWORD,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { codeMailedTo, mailTo } from '../support/mail.ts';
import { activityOf } from '../support/projection.ts';
import { ageProofs } from '../support/stale-proof.ts';

const MINUTE = 60_000;

/** Lets the proof of every session of a user grow old, the tokens staying as they are. */
async function grow(userId: string, milliseconds = 11 * MINUTE): Promise<void> {
  await ageProofs(userId, milliseconds);
}

async function stale(fields: Record<string, unknown> = {}): Promise<SignedInBody> {
  const user = await registerVerified(fields);
  await grow(user.user.id);
  return user;
}

const reauthenticate = (token: string, body: object) =>
  call<any>('POST', '/v1/auth/reauthenticate', { token, body });
/** An act that needs a fresh proof, and does nothing with one. */
const tries = (token: string): Promise<Answer<any>> => call('DELETE', '/v1/me/identities/google', { token });
const authenticatedAt = async (token: string) =>
  Date.parse((await call('GET', '/v1/auth/session', { token })).body.authenticated_at);

describe('a fresh proof', () => {
  it('is the sign-in itself, within the window of the realm', async () => {
    const user = await registerVerified();
    expectProblem(await tries(user.access_token), 404, 'identity_not_found');
    await grow(user.user.id);
    const refused = await tries(user.access_token);
    expectProblem(refused, 401, 'reauthentication_required');
    // RFC 9470, 3.
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="default", error="insufficient_user_authentication", max_age="600"',
    );
    const again = (await login(user.user.email)).body;
    expectProblem(await tries(again.access_token), 404, 'identity_not_found');
  });

  it('is no refresh, no renewal, and no call', async () => {
    const user = await registerVerified();
    const before = await authenticatedAt(user.access_token);
    advance(9 * MINUTE);
    const next = (await call('POST', '/v1/auth/refresh', { body: { refresh_token: user.refresh_token } }))
      .body;
    const renewed = (await call('POST', '/v1/auth/renew', { body: { access_token: next.access_token } }))
      .body;
    await call('GET', '/v1/me', { token: renewed.access_token });
    expect(await authenticatedAt(renewed.access_token)).toBe(before);
    expectProblem(await tries(renewed.access_token), 404, 'identity_not_found');
    advance(MINUTE);
    expectProblem(await tries(renewed.access_token), 401, 'reauthentication_required');
  });

  it('is as old as the policy says, and for operators as theirs says', async () => {
    await createRealm('brief', { reauthentication_seconds: 600, operator_reauthentication_seconds: 1200 });
    const user = await registerVerified({}, { realm: 'brief' });
    const admin = await registerRole('admin', 'brief');
    const create = () =>
      call('POST', '/v1/admin/users', { token: admin.access_token, realm: 'brief', body: {} });
    const unlink = () =>
      call('DELETE', '/v1/me/identities/google', { token: user.access_token, realm: 'brief' });
    await grow(user.user.id, 400_000);
    await grow(admin.user.id, 1_000_000);
    expect((await unlink()).status).toBe(404);
    expectProblem(await create(), 422, 'validation_failed');
    await grow(user.user.id, 200_000);
    await grow(admin.user.id, 200_000);
    expectProblem(await unlink(), 401, 'reauthentication_required');
    expectProblem(await create(), 401, 'reauthentication_required');
  });

  it('is given for one session, not for the others', async () => {
    const user = await registerVerified();
    const other = (await login(user.user.email)).body;
    await grow(user.user.id);
    expect((await reauthenticate(user.access_token, { password: PASSWORD })).status).toBe(204);
    expectProblem(await tries(user.access_token), 404, 'identity_not_found');
    expectProblem(await tries(other.access_token), 401, 'reauthentication_required');
  });

  it('is the password in the request, where the request has one', async () => {
    const user = await stale();
    const body = { current_password: PASSWORD, new_password: 'four lighthouses at dawn' };
    expect((await call('PUT', '/v1/me/password', { token: user.access_token, body })).status).toBe(204);
    expectProblem(await tries(user.access_token), 404, 'identity_not_found');
  });

  it('is needed for a phone number, to name one as to prove one', async () => {
    const user = await stale();
    const token = user.access_token;
    const change = (body: object) => call('PATCH', '/v1/me', { token, body });
    expectProblem(await change({ phone_number: '+4915112345678' }), 401, 'reauthentication_required');
    expect((await change({ name: 'Ada' })).status).toBe(200);
    await changeDirectory(user.user.id, { phone_number: '+4915112345678' });
    const proof = { channel: 'sms', to: '+4915112345678', code: '123456' };
    const proved = await call('POST', '/v1/auth/otp/verify', { token, body: proof });
    expectProblem(proved, 401, 'reauthentication_required');
  });

  it('is in the access token as auth_time, which it is not for who acts as the user', async () => {
    const { decodeJwt } = await import('jose');
    const user = await registerVerified();
    const { auth_time, amr, acr } = decodeJwt(user.access_token);
    expect({ amr, acr }).toEqual({ amr: ['pwd'], acr: 'aal1' });
    expect(auth_time).toBe(Math.floor((await authenticatedAt(user.access_token)) / 1000));
  });
});

describe('POST /v1/auth/reauthenticate', () => {
  it('takes the password, and the session says when', async () => {
    const user = await stale();
    const token = user.access_token;
    const before = await authenticatedAt(token);
    expectProblem(await reauthenticate(token, { password: 'not the right one' }), 401, 'invalid_credentials');
    expect(await authenticatedAt(token)).toBe(before);
    const answer = await reauthenticate(token, { password: PASSWORD });
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(await authenticatedAt(token)).toBeGreaterThanOrEqual(before + 10 * MINUTE);
    const types = await activityOf(user.user.id);
    expect(types).toEqual(expect.arrayContaining(['reauthentication_failed', 'reauthenticated']));
  });

  it('takes a one-time code that went to the proven address', async () => {
    const user = await stale();
    const token = user.access_token;
    const to = user.user.email;
    await call('POST', '/v1/auth/otp/send', { token, body: { channel: 'email', to } });
    const code = /\b\d{6}\b/.exec((await mailTo(to, /code/)).text)?.[0] as string;
    const wrong = code === '000000' ? '000001' : '000000';
    expectProblem(await reauthenticate(token, { channel: 'email', code: wrong }), 401, 'invalid_code');
    expect((await reauthenticate(token, { channel: 'email', code })).status).toBe(204);
    expectProblem(await reauthenticate(token, { channel: 'email', code }), 401, 'invalid_code');
    expectProblem(await tries(token), 404, 'identity_not_found');
  });

  it('counts wrong codes for this session alone, as wrong passwords', async () => {
    // The clock stands still.
    advance(0);
    const user = await registerVerified();
    const to = user.user.email;
    const other = (await login(to)).body;
    await grow(user.user.id);
    const [thief, owner] = [user.access_token, other.access_token];
    for (let n = 0; n < 5; n += 1) {
      expectProblem(await reauthenticate(thief, { channel: 'email', code: '000000' }), 401, 'invalid_code');
    }
    expectProblem(
      await reauthenticate(thief, { channel: 'email', code: '000000' }),
      429,
      'too_many_attempts',
    );
    expectProblem(await reauthenticate(thief, { password: PASSWORD }), 429, 'too_many_attempts');
    expect(await activityOf(user.user.id)).toContain('reauthentication_failed');
    const body = { channel: 'email', to };
    await call('POST', '/v1/auth/otp/send', { token: owner, body });
    const code = await codeMailedTo(to);
    expect((await reauthenticate(owner, { channel: 'email', code })).status).toBe(204);
  });

  it('by a code can be asked for and given whatever strangers have asked for and guessed', async () => {
    advance(0);
    const { user } = await registerVerified();
    const to = user.email;
    const body = { channel: 'email', to };
    for (let n = 0; n < 11; n += 1) {
      await call('POST', '/v1/auth/otp/send', { body });
      await responsesAreOver();
      advance(MINUTE);
    }
    await mailTo(to, /^Your code/, 10);
    const { access_token: token } = (await login(to)).body;
    const guess = { ...body, code: '000000' };
    const asked = await call('POST', '/v1/auth/otp/send', { token, body });
    expect(asked.body.resend_after).toBe(60);
    const code = await codeMailedTo(to, 11);
    await Promise.all(Array.from({ length: 12 }, () => call('POST', '/v1/auth/otp/verify', { body: guess })));
    // Nobody else can use it: it opens nothing without the session, unless it is named.
    expectProblem(
      await call('POST', '/v1/auth/otp/verify', { body: { ...body, code } }),
      401,
      'invalid_code',
    );
    expect((await reauthenticate(token, { channel: 'email', code })).status).toBe(204);
  });

  it('takes no code that went to an address which is not proven', async () => {
    const user = await stale({ phone_number: '+4915112340000' });
    await changeDirectory(user.user.id, { email_verified: 0 });
    for (const channel of ['email', 'sms']) {
      const answer = await reauthenticate(user.access_token, { channel, code: '123456' });
      expectProblem(answer, 401, 'invalid_code');
    }
  });

  it('counts failures for this session alone: neither sign-in nor another session waits for them', async () => {
    // The clock stands still.
    advance(0);
    const user = await registerVerified();
    const other = (await login(user.user.email)).body;
    const guess = () => reauthenticate(user.access_token, { password: 'not the right one' });
    for (let n = 0; n < 5; n += 1) expectProblem(await guess(), 401, 'invalid_credentials');
    const slowed = await guess();
    expectProblem(slowed, 429, 'too_many_attempts');
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await login(user.user.email)).status).toBe(200);
    expect((await reauthenticate(other.access_token, { password: PASSWORD })).status).toBe(204);
    // Nor does who fails to sign in keep the owner of a session out of their own account.
    for (let n = 0; n < 8; n += 1) await login(user.user.email, 'not the right one');
    expectProblem(await login(user.user.email), 429, 'too_many_attempts');
    expect((await reauthenticate(other.access_token, { password: PASSWORD })).status).toBe(204);
  });

  it.each([
    {},
    { password: '' },
    { password: 1 },
    { password: PASSWORD, channel: 'email', code: '123456' },
    { channel: 'email' },
    { channel: 'fax', code: '123456' },
    { code: '123456' },
    { channel: 'email', code: '12345' },
    { password: PASSWORD, code: '123456' },
    { provider: 'google' },
    { unknown: true },
  ])('refuses %j', async (body) => {
    const user = await stale();
    const answer = await reauthenticate(user.access_token, body);
    expectProblem(answer, 422, 'validation_failed');
    expectProblem(await tries(user.access_token), 401, 'reauthentication_required');
  });

  it('refuses a provider that there is not, and a code that nobody gave', async () => {
    const { access_token: token } = await stale();
    const challenge = { code_challenge: 'x'.repeat(43), redirect_to: '/account' };
    expectProblem(
      await reauthenticate(token, { provider: 'nobody', ...challenge }),
      404,
      'provider_not_found',
    );
    const exchange = {
      provider: 'google',
      code: 'x',
      code_verifier: 'x'.repeat(43),
      redirect_to: '/account',
    };
    expectProblem(await reauthenticate(token, exchange), 400, 'invalid_grant');
  });

  it('is refused to a session that has ended, and guesses nothing for it', async () => {
    const user = await registerVerified();
    await call('POST', '/v1/auth/logout', { token: user.access_token });
    expectProblem(await reauthenticate(user.access_token, { password: PASSWORD }), 401, 'session_ended');
    const hash = await env.DB.prepare('SELECT hash FROM passwords WHERE user_id = ?')
      .bind(user.user.id)
      .first<string>('hash');
    const object = accountOf(user.user.id) as any;
    const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
    const proof = { hash, password: PASSWORD, client, sessionId: user.session_id };
    expect(await object.provePassword(proof)).toMatchObject({ reason: 'session_ended' });
  });

  it('decides a race: of many guesses at once no more are taken than one after the other', async () => {
    // The clock stands still: none is taken for having waited.
    advance(0);
    const user = await registerVerified();
    const guesses = await Promise.all(
      Array.from({ length: 20 }, () => reauthenticate(user.access_token, { password: 'not the right one' })),
    );
    const taken = guesses.filter(({ status }) => status === 401);
    expect(taken).toHaveLength(5);
  });
});
