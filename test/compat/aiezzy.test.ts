import { exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { aiezzy } from '../../src/compat/aiezzy/rows.ts';
import { registerRole } from '../support/admin.ts';
import {
  type Answer,
  call,
  changeDirectory,
  createRealm,
  INTERNAL,
  login,
  ORIGIN,
  PASSWORD,
  register,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { linkIn, mailTo, tokenTo } from '../support/mail.ts';
import { changePlan } from '../support/metering.ts';

const DAY = 86_400_000;
const OWN = { origin: ORIGIN };

let count = 0;
const freshEmail = () => `aiezzy${++count}-${crypto.randomUUID()}@example.com`;

/** Registers as the document shows. */
async function signUp(fields: object = {}, headers = {}) {
  const body = { email: freshEmail(), password: PASSWORD, full_name: 'John Doe', ...fields };
  const answer = await call('POST', '/api/v2/register', { body, headers });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return { ...answer.body, email: body.email, headers: answer.headers };
}

const signIn = (username: string, password = PASSWORD, headers = {}) =>
  call('POST', '/api/v2/login', { body: { username, password }, headers });
const quotaOf = (options = {}) => call('GET', '/api/v2/quota/status', options);
const cookieOf = ({ headers }: { headers: Headers }) =>
  headers.getSetCookie().map((line) => line.split(';')[0]);

/** Expects an error as its clients read it. */
function expectError(answer: Answer<any>, status: number, code: string): void {
  expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([status, code]);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.body).toEqual({
    success: false,
    error: expect.stringMatching(/\w/),
    code,
    request_id: answer.headers.get('x-request-id'),
  });
}

describe('POST /api/v2/register', () => {
  it('answers as documented, and the session token is a bearer', async () => {
    const user = await signUp({ full_name: ' John Doe ', username: `jo-${Date.now()}` });
    expect(user).toMatchObject({
      success: true,
      message: 'Registration successful',
      session_token: expect.stringMatching(/^[\w.-]{40,}$/),
      user: {
        id: expect.stringMatching(/^usr_/),
        username: expect.stringMatching(/^jo-/),
        email: user.email,
        full_name: 'John Doe',
        is_active: true,
        is_admin: false,
        email_verified: false,
        tier: 'free',
        profile_image: null,
        bio: null,
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
        last_login: expect.toSatisfy((value) => value === null || value.endsWith('Z')),
      },
    });
    expect(JSON.stringify(user)).not.toContain(PASSWORD);
    expect((await quotaOf({ token: user.session_token })).status).toBe(200);
  });

  it.each([
    {},
    { full_name: '', username: '' },
    { full_name: null, username: null, tier: 'enterprise', is_admin: true },
  ])('takes what a form leaves empty, and nothing that is not asked for: %j', async (fields) => {
    const user = await signUp({ full_name: undefined, ...fields });
    expect(user.user).toMatchObject({
      full_name: null,
      username: user.email,
      tier: 'free',
      is_admin: false,
    });
  });

  it('keeps an address to one account', async () => {
    const { email } = await signUp();
    const again = { email: email.toUpperCase(), password: PASSWORD, full_name: 'John Doe' };
    expectError(await call('POST', '/api/v2/register', { body: again }), 409, 'user_exists');
  });

  it('says what is wrong by the names of its fields', async () => {
    const body = { email: 'nobody', full_name: 'x'.repeat(201) };
    const answer = await call('POST', '/api/v2/register', { body });
    expectError(answer, 422, 'validation_failed');
    expect(answer.body.error).toMatch(/^email: .+; password: .+; full_name: .+$/);
  });

  it('signs nobody in where addresses are verified first', async () => {
    const policy = (registration: string) =>
      call('PATCH', '/v1/admin/realms/default', { headers: INTERNAL, body: { registration } });
    expect((await policy('verify_first')).status).toBe(200);
    const user = await signUp();
    expect(user).toMatchObject({
      success: true,
      email_verification_required: true,
      message: expect.any(String),
    });
    expect(user).not.toHaveProperty('session_token');
    expectError(await signIn(user.email), 403, 'email_not_verified');
    await policy('open');
  });
});

describe('POST /api/v2/login', () => {
  it.each(['email', 'username'])('signs in by %s, as documented', async (by) => {
    const { email, user } = await signUp({ username: `john${crypto.randomUUID().slice(0, 8)}` });
    const answer = await signIn(by === 'email' ? email : user.username);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(['success', 'user', 'session_token']);
    expect(answer.body).toMatchObject({ success: true, user: { id: user.id, email } });
    expect((await quotaOf({ token: answer.body.session_token })).body.tier).toBe('free');
  });

  it('does not say whether the user or the password is wrong', async () => {
    const { email } = await signUp();
    const [known, unknown] = [await signIn(email, 'wrong'), await signIn(freshEmail())];
    for (const answer of [known, unknown]) expectError(answer, 401, 'invalid_credentials');
    expect(known.body.error).toBe(unknown.body.error);
  });

  it('refuses who is suspended', async () => {
    const { email, user } = await signUp();
    await changeDirectory(user.id, { status: 'suspended' });
    expectError(await signIn(email), 403, 'account_suspended');
  });

  it.each([
    [{}, 422],
    [{ username: { toString: 1 }, password: [null] }, 422],
    [[], 422],
    ['{', 400],
  ])('refuses %j', async (body, status) => {
    const raw = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await call('POST', '/api/v2/login', {
      raw,
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.body.success, typeof answer.body.error]).toEqual([status, false, 'string']);
  });
});

describe('GET /api/v2/verify-email', () => {
  it('verifies at once for a program', async () => {
    const { email, session_token: token } = await signUp();
    const path = `/api/v2/verify-email?token=${await tokenTo(email, /^Welcome/)}`;
    expect((await exports.default.fetch(`${ORIGIN}${path}`, { method: 'HEAD' })).status).toBe(405);
    const answer = await call('GET', path);
    expect([answer.status, answer.body]).toEqual([200, { success: true, message: expect.any(String) }]);
    expect((await signIn(email)).body.user.email_verified).toBe(true);
    expect((await quotaOf({ token })).status).toBe(200);
    expectError(await call('GET', path), 400, 'invalid_link');
  });

  it('leads a browser to the page whose button does it', async () => {
    const { email } = await signUp();
    const mailed = linkIn(await mailTo(email, /^Welcome/));
    const answer = await call('GET', `/api/v2/verify-email${mailed.search}`, {
      headers: { accept: 'text/html,application/xhtml+xml' },
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, mailed.pathname + mailed.search]);
    expect((await signIn(email)).body.user.email_verified).toBe(false);
  });

  it('wants a token', async () => {
    expectError(await call('GET', '/api/v2/verify-email'), 422, 'validation_failed');
    expectError(await call('GET', '/api/v2/verify-email?token=wrong'), 400, 'invalid_link');
  });
});

describe('POST /api/v2/forgot-password', () => {
  it('answers the same for every address', async () => {
    const { email } = await signUp();
    const forgot = (email: string) => call('POST', '/api/v2/forgot-password', { body: { email } });
    const [known, unknown] = [await forgot(email), await forgot(freshEmail())];
    expect([known.status, known.body]).toEqual([200, { success: true, message: expect.any(String) }]);
    expect([unknown.status, unknown.body]).toEqual([200, known.body]);
    expectError(await call('POST', '/api/v2/forgot-password', { body: {} }), 422, 'validation_failed');
  });
});

describe('POST /api/v2/reset-password', () => {
  it('sets the password by the token that was mailed, once, and ends the sessions', async () => {
    const { email, session_token: session } = await signUp();
    await call('POST', '/api/v2/forgot-password', { body: { email } });
    const token = await tokenTo(email, /password/i);
    const reset = (password: string) => call('POST', '/api/v2/reset-password', { body: { token, password } });
    expectError(await reset('short'), 422, 'validation_failed');
    const answer = await reset('new_secure_password');
    expect([answer.status, answer.body]).toEqual([200, { success: true, message: expect.any(String) }]);
    expectError(await reset('another_secure_password'), 400, 'invalid_link');
    expectError(await quotaOf({ token: session }), 401, 'session_ended');
    expectError(await signIn(email), 401, 'invalid_credentials');
    expect((await signIn(email, 'new_secure_password')).status).toBe(200);
  });
});

describe('GET /api/v2/quota/status', () => {
  it('has the documented numbers', async () => {
    const { user, session_token: token } = await signUp();
    for (const [resource, quantity] of Object.entries({ images: 5, videos: 1, messages: 23 })) {
      const body = { user_id: user.id, resource, quantity };
      expect((await call('POST', '/v1/usage', { body, headers: INTERNAL })).status).toBe(200);
    }
    const { status, body } = await quotaOf({ token });
    expect(status).toBe(200);
    expect(body).toEqual({
      tier: 'free',
      limits: { images: 20, videos: 5, messages: 100, tokens: 100_000 },
      usage: { image: 5, video: 1, message: 23, token: 0 },
      remaining: { image: 15, video: 4, message: 77, token: 100_000 },
    });
  });

  it('calculates without limits, too, and has every resource that the plan names', async () => {
    const { user, session_token: token } = await signUp();
    await changePlan(user.id, {
      plan: 'enterprise',
      custom_limits: { storage: { day: 7 }, songs: { day: 3 } },
    });
    const { body } = await quotaOf({ token });
    expect(body.tier).toBe('enterprise');
    expect(body.limits).toMatchObject({ images: 999_999, storage: 7, songs: 3 });
    expect(body.remaining).toMatchObject({ image: 999_999, storage: 7, song: 3 });
    expect(body.usage).toMatchObject({ image: 0, storage: 0, song: 0 });
  });

  it('takes access tokens, and session tokens for thirty days of use', async () => {
    const { email, session_token: token } = await signUp();
    const { access_token } = (await login(email)).body;
    expect((await quotaOf({ token: access_token })).status).toBe(200);
    for (const days of [7, 7, 7, 7, 1.9]) {
      advance(days * DAY);
      expect((await quotaOf({ token })).status).toBe(200);
    }
    advance(0.1 * DAY);
    expectError(await quotaOf({ token }), 401, 'session_ended');
    expectError(await quotaOf({ token: access_token }), 401, 'token_expired');
  });

  it('is refused without a session, with another realm’s, with one that is over, and to the suspended', async () => {
    expectError(await quotaOf(), 401, 'authentication_required');
    expectError(await quotaOf({ token: 'abc123' }), 401, 'session_ended');
    await createRealm('elsewhere');
    const stranger = await register({}, { realm: 'elsewhere' });
    for (const token of [stranger.refresh_token, stranger.access_token]) {
      expect((await quotaOf({ token })).status).toBe(401);
    }
    const { session_token: ended } = await signUp();
    const logout = { headers: { cookie: `__Host-latchkey=${ended}`, ...OWN } };
    expect((await call('POST', '/v1/auth/logout', logout)).status).toBe(204);
    expectError(await quotaOf({ token: ended }), 401, 'session_ended');
    const { user, session_token: suspended } = await signUp();
    await changeDirectory(user.id, { status: 'suspended' });
    expectError(await quotaOf({ token: suspended }), 403, 'account_suspended');
  });
});

describe('a browser', () => {
  it.each(['POST /api/v2/register', 'POST /api/v2/login'])(
    '%s gives it the session as a cookie',
    async (from) => {
      const here = await signUp({}, from.endsWith('register') ? OWN : {});
      const answer = from.endsWith('register') ? here : await signIn(here.email, PASSWORD, OWN);
      const { session_token } = answer.body ?? answer;
      expect(cookieOf(answer)).toEqual([
        `__Host-latchkey=${session_token}`,
        expect.stringMatching(/^__Host-latchkey-device=/),
      ]);
      expect(answer.headers.getSetCookie()[0]).toMatch(/HttpOnly; Secure; SameSite=Lax/i);
      const cookie = cookieOf(answer).join('; ');
      expect((await quotaOf({ headers: { cookie } })).body.tier).toBe('free');
      expect((await quotaOf({ token: 'null', headers: { cookie } })).body.tier).toBe('free');
      expect((await quotaOf({ token: session_token })).body.tier).toBe('free');
      expectError(await quotaOf({ token: 'undefined' }), 401, 'authentication_required');
    },
  );

  it('gets none where no page asks', async () => {
    const user = await signUp();
    expect(user.headers.getSetCookie()).toEqual([]);
    expect((await signIn(user.email)).headers.getSetCookie()).toEqual([]);
  });

  it.each(['/api/v2/register', '/api/v2/login'])('is not signed in by a foreign page: %s', async (path) => {
    const body = { email: freshEmail(), username: freshEmail(), password: PASSWORD };
    for (const origin of ['https://evil.example', 'null']) {
      expectError(await call('POST', path, { body, headers: { origin } }), 403, 'origin_not_allowed');
    }
  });
});

const ODD: unknown[] = [
  null,
  [1],
  'text',
  5,
  { toString: 1 },
  '\ud800',
  '\u0000',
  'x'.repeat(5000),
  '__proto__',
  {},
  true,
];

it.each(aiezzy.filter(({ from, to }) => from !== to))(
  '$from stands whatever it is sent',
  async ({ from }) => {
    const [method = '', path = ''] = from.split(' ');
    const { access_token: token } = await registerRole('admin');
    const names = ['email', 'username', 'full_name', 'password', 'token', 'tier'];
    for (const odd of ODD) {
      const text = encodeURIComponent(String(JSON.stringify(odd)));
      const query = names.map((name) => `${name}=${text}&state=${text}`).join('&');
      const fields = Object.fromEntries(names.map((name) => [name, odd]));
      for (const body of [odd, fields, { ...fields, email: freshEmail(), password: PASSWORD }]) {
        const answer = await call(method, `${path.replace(/{\w+}/, text)}?${query}`, {
          ...(method === 'POST' && { body }),
          token,
        });
        expect(answer.status, JSON.stringify([body, answer.body])).toBeLessThan(500);
        if (answer.status >= 400) expectError(answer, answer.status, answer.body.code);
      }
    }
  },
);
