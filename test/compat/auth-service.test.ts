import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { SAMPLES } from '../../src/messages/templates/samples.ts';
import { registerRole } from '../support/admin.ts';
import {
  type Answer,
  accountOf,
  call,
  changeDirectory,
  createRealm,
  login,
  ORIGIN,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { Browser, pick } from '../support/browser.ts';
import { advance } from '../support/clock.ts';
import { mailTo, tokenTo } from '../support/mail.ts';

const MINUTE = 60_000;
const post = (path: string, body?: unknown, token?: string) => call('POST', path, { body, token });
const me = (token: string) => call('GET', '/auth/me', { token });
const refresh = (token: string) => post('/auth/refresh', { token });
const uniqueName = () => `u${crypto.randomUUID().slice(0, 12)}`;

/** Expects an error as FastAPI writes it. */
function expectDetail(answer: Answer<any>, status: number, code: string): void {
  expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([status, code]);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.body.detail).toBeTruthy();
  expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'));
}

/** The fields that a 422 is about. */
const wrongFields = (answer: Answer<any>) => {
  expect(answer.status).toBe(422);
  return answer.body.detail.map(({ loc }: { loc: string[] }) => loc.join('.'));
};

async function registered() {
  const username = uniqueName();
  const email = `${username}@example.com`;
  const answer = await post('/auth/register', { username, email, password: PASSWORD });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return { username, email, token: answer.body.access_token as string, body: answer.body };
}

describe('the story of the document', () => {
  it('registers, signs in, refreshes, resets the password', async () => {
    const { username, email, token, body } = await registered();
    expect(body).toEqual({
      message: expect.any(String),
      username,
      email,
      verification_sent: true,
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 600,
    });
    expectDetail(await me(token), 403, 'email_not_verified');
    const link = await tokenTo(email, /^Welcome/);
    const verified = await call('GET', `/auth/verify-email?token=${link}`);
    expect(verified.status).toBe(200);
    expect(verified.body).toEqual({ message: expect.any(String), email, is_verified: true });
    expect((await me(token)).status).toBe(200);

    const signedIn = await post('/auth/login', { username, password: PASSWORD });
    expect(signedIn.status).toBe(200);
    expect(signedIn.body).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 600,
    });
    const claims = decodeJwt(signedIn.body.access_token);
    expect(claims).toMatchObject({ id: claims.sub, username, is_admin: false });

    const refreshed = await refresh(signedIn.body.access_token);
    expect(refreshed.status).toBe(200);
    expect(refreshed.body).toEqual({ ...signedIn.body, access_token: expect.any(String) });
    expect(decodeJwt(refreshed.body.access_token)).toMatchObject({ id: claims.sub, username });

    expect((await post('/auth/password-reset-request', { email })).status).toBe(200);
    expect((await post('/auth/password-reset-request', { email })).status).toBe(200);
    const [first, second] = [await tokenTo(email, /^Reset/), await tokenTo(email, /^Reset/, 2)];
    const next = 'another lighthouse at dawn';
    // The second request made the first link stop working.
    expectDetail(await post('/update-password', { token: first, new_password: next }), 400, 'invalid_link');
    const reset = await post('/update-password', { token: second, new_password: next });
    expect([reset.status, reset.body]).toEqual([200, { message: expect.any(String) }]);
    expectDetail(await post('/update-password', { token: second, new_password: next }), 400, 'invalid_link');
    expectDetail(await me(refreshed.body.access_token), 401, 'session_ended');
    expectDetail(await post('/auth/login', { username, password: PASSWORD }), 401, 'invalid_credentials');
    expect((await post('/auth/login', { username, password: next })).status).toBe(200);
  });
});

describe('POST /auth/login', () => {
  it('takes the address in place of the name, and a form', async () => {
    const { username, email } = await registered();
    expect((await post('/auth/login', { email, password: PASSWORD })).status).toBe(200);
    expect((await post('/auth/login', { username: email, password: PASSWORD })).status).toBe(200);
    const raw = new URLSearchParams({ username, password: PASSWORD, grant_type: 'password' });
    expect((await call('POST', '/auth/login', { raw })).status).toBe(200);
  });

  it('says the same of a wrong password and of a user whom nobody knows', async () => {
    const { username } = await registered();
    const wrong = await post('/auth/login', { username, password: 'not the right one' });
    const unknown = await post('/auth/login', { username: uniqueName(), password: PASSWORD });
    expectDetail(wrong, 401, 'invalid_credentials');
    expectDetail(unknown, 401, 'invalid_credentials');
    expect(unknown.body.detail).toBe(wrong.body.detail);
  });

  it('refuses who is suspended, and names the fields that are missing', async () => {
    const { username, token } = await registered();
    await changeDirectory(decodeJwt(token).sub as string, { status: 'suspended' });
    expectDetail(await post('/auth/login', { username, password: PASSWORD }), 403, 'account_suspended');
    expect(wrongFields(await post('/auth/login', {}))).toEqual(['body.username', 'body.password']);
  });
});

describe('POST /auth/register', () => {
  it('refuses a name or an address that is taken', async () => {
    const { username, email } = await registered();
    const again = (fields: object) =>
      post('/auth/register', {
        username: uniqueName(),
        email: `${uniqueName()}@example.com`,
        password: PASSWORD,
        ...fields,
      });
    expectDetail(await again({ username }), 409, 'username_taken');
    expectDetail(await again({ email }), 409, 'user_exists');
  });

  it('names what is wrong, and ignores what it does not know', async () => {
    expect(wrongFields(await post('/auth/register', { username: 'a b', password: PASSWORD })).sort()).toEqual(
      ['body.email', 'body.username'],
    );
    const body = { email: `${uniqueName()}@example.com`, password: PASSWORD, is_admin: true };
    const { access_token } = (await post('/auth/register', body)).body;
    expect(decodeJwt(access_token)).toMatchObject({ is_admin: false, username: null });
  });
});

describe('links and mails', () => {
  it('GET /auth/verify-email refuses a token that is none, or was used', async () => {
    const { email } = await registered();
    const token = await tokenTo(email, /^Welcome/);
    expectDetail(await call('GET', '/auth/verify-email?token=nonsense'), 400, 'invalid_link');
    expect(wrongFields(await call('GET', '/auth/verify-email'))).toEqual(['query.token']);
    expect((await call('GET', `/auth/verify-email?token=${token}`)).status).toBe(200);
    expectDetail(await call('GET', `/auth/verify-email?token=${token}`), 400, 'invalid_link');
  });

  it.each(['POST /auth/resend-verification', 'POST /auth/password-reset-request'])(
    '%s answers the same whether the address is known, verified, or not',
    async (endpoint) => {
      const path = endpoint.slice('POST '.length);
      const { email } = await registered();
      const verified = await registerVerified();
      const answers = await Promise.all(
        [email, verified.user.email, `${uniqueName()}@example.com`].map((to) => post(path, { email: to })),
      );
      for (const answer of answers) {
        expect([answer.status, answer.body]).toEqual([200, { message: expect.any(String) }]);
        expect(answer.body).toEqual(answers[0]?.body);
      }
      await mailTo(email, path.includes('resend') ? /^Confirm/ : /^Reset/);
      expect(wrongFields(await post(path, { email: 'no address' }))).toEqual(['body.email']);
    },
  );

  it('POST /update-password names what is wrong with a password', async () => {
    expectDetail(await post('/update-password', { token: 'x', new_password: PASSWORD }), 400, 'invalid_link');
    expect(wrongFields(await post('/update-password', { token: 'x' }))).toEqual(['body.new_password']);
  });

  it('GET /auth/test-email is for admins, and mails to themselves', async () => {
    expectDetail(await call('GET', '/auth/test-email'), 401, 'authentication_required');
    const user = await registerVerified();
    const asUser = await call('GET', '/auth/test-email', { token: user.access_token });
    expectDetail(asUser, 403, 'insufficient_scope');
    const admin = await registerRole('admin');
    const answer = await call('GET', '/auth/test-email', { token: admin.access_token });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ message: expect.any(String), email: admin.user.email });
    await mailTo(admin.user.email, /^Test message/);
    // A link on another site brings the cookie along.
    const headers = { cookie: `__Host-latchkey=${admin.refresh_token}` };
    expectDetail(await call('GET', '/auth/test-email', { headers }), 403, 'origin_not_allowed');
  });

  it('GET /auth/verify-email-templates says which templates can be written', async () => {
    const answer = await call('GET', '/auth/verify-email-templates');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      message: expect.any(String),
      results: Object.fromEntries(Object.keys(SAMPLES).map((template) => [template, true])),
    });
  });
});

describe('POST /auth/refresh', () => {
  it('gives the next token, of the same session, again and again', async () => {
    let { token } = await registered();
    const { sid } = decodeJwt(token);
    for (let times = 0; times < 3; times++) {
      advance(9 * MINUTE);
      const answer = await refresh(token);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      token = answer.body.access_token;
      expect(decodeJwt(token).sid).toBe(sid);
    }
  });

  it('takes the token of the header when the body has none', async () => {
    const { token } = await registered();
    expect((await call('POST', '/auth/refresh', { token })).status).toBe(200);
  });

  it('ends the session when a token comes again later', async () => {
    const { token } = await registered();
    const successor = (await refresh(token)).body.access_token;
    const next = (await refresh(successor)).body.access_token;
    advance(31_000);
    expectDetail(await refresh(token), 401, 'session_ended');
    expectDetail(await me(next), 401, 'session_ended');
  });

  it('refuses what is no token, is expired, of another realm, or of a session or user that is out', async () => {
    expectDetail(await refresh('nonsense'), 401, 'invalid_token');
    expect(wrongFields(await post('/auth/refresh', {}))).toEqual(['body.token']);
    await createRealm('refreshing');
    const stranger = await register({}, { realm: 'refreshing' });
    expectDetail(await refresh(stranger.access_token), 401, 'invalid_token');
    const user = await register();
    expectDetail(await refresh(user.refresh_token), 401, 'invalid_token');
    await call('POST', '/v1/auth/logout', { token: user.access_token });
    expectDetail(await refresh(user.access_token), 401, 'invalid_token');
    const suspended = await register();
    await changeDirectory(suspended.user.id, { status: 'suspended' });
    expectDetail(await refresh(suspended.access_token), 403, 'account_suspended');
    advance(10 * MINUTE);
    expectDetail(await refresh((await register()).access_token.slice(0, -4)), 401, 'invalid_token');
    expectDetail(await refresh(suspended.access_token), 403, 'account_suspended');
    advance(24 * 60 * MINUTE);
    expectDetail(await refresh(suspended.access_token), 401, 'token_expired');
  });

  it('renews what has expired within the last day, as its session lives', async () => {
    const user = await register();
    advance(60 * MINUTE);
    expect((await call('GET', '/v1/me', { token: user.access_token })).status).toBe(401);
    const next = await refresh(user.access_token);
    expect(next.status).toBe(200);
    expect((await call('GET', '/v1/me', { token: next.body.access_token })).status).toBe(200);
  });
});

/** Every endpoint for users with a verified address, and a body that it would take. */
const VERIFIED: [string, unknown?][] = [
  ['GET /auth/me'],
  ['POST /auth/logout'],
  ['PUT /auth/users/change-password', { current_password: PASSWORD, new_password: 'a b c d e f g h i j' }],
  ['PUT /auth/users/change-email', { new_email: 'next@example.com', current_password: PASSWORD }],
  ['DELETE /auth/users/delete-account', { password: PASSWORD }],
  ['POST /auth/link/google', {}],
  ['POST /auth/unlink/google'],
];

describe.each(VERIFIED)('%s', (endpoint, body) => {
  const [method = '', path = ''] = endpoint.split(' ');
  const ask = (token?: string) => call(method, path, { body, token });

  it('refuses everybody but a user of the realm whose address is verified', async () => {
    expectDetail(await ask(), 401, 'authentication_required');
    expectDetail(await ask('nonsense'), 401, 'invalid_token');
    const unverified = await register();
    expectDetail(await ask(unverified.access_token), 403, 'email_not_verified');
    expect((await call('GET', '/v1/auth/session', { token: unverified.access_token })).status).toBe(200);
    const realm = uniqueName();
    await createRealm(realm);
    const stranger = await registerVerified({}, { realm });
    expectDetail(await ask(stranger.access_token), 401, 'invalid_token');
    const suspended = await registerVerified();
    await changeDirectory(suspended.user.id, { status: 'suspended' });
    expectDetail(await ask(suspended.access_token), 403, 'account_suspended');
    const out = await registerVerified();
    await call('POST', '/v1/auth/logout', { token: out.access_token });
    expectDetail(await ask(out.access_token), 401, 'session_ended');
    const stale = await registerVerified();
    advance(10 * MINUTE);
    expectDetail(await ask(stale.access_token), 401, 'token_expired');
  });
});

describe('a user with a verified address', () => {
  it('GET /auth/me: is shown', async () => {
    const user = await registerVerified({ username: uniqueName() });
    const answer = await me(user.access_token);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: user.user.id,
      username: user.user.username,
      email: user.user.email,
      is_verified: true,
      is_admin: false,
      created_at: user.user.created_at,
    });
    await changeDirectory(user.user.id, { role: 'admin' });
    expect((await me(user.access_token)).body.is_admin).toBe(true);
  });

  it('POST /auth/logout: is out at once, there and nowhere else', async () => {
    const user = await registerVerified();
    const other = (await login(user.user.email)).body.access_token;
    const answer = await post('/auth/logout', undefined, user.access_token);
    expect([answer.status, answer.body]).toEqual([200, { message: expect.any(String) }]);
    expectDetail(await me(user.access_token), 401, 'session_ended');
    expect((await me(other)).status).toBe(200);
  });

  it('PUT /auth/users/change-password: changes it, with the right one, and is out everywhere else', async () => {
    const user = await registerVerified();
    const other = (await login(user.user.email)).body.access_token;
    const change = (body: object) =>
      call('PUT', '/auth/users/change-password', { token: user.access_token, body });
    const next = 'a new lighthouse at noon';
    const wrong = { current_password: 'not the right one', new_password: next };
    expectDetail(await change(wrong), 401, 'invalid_credentials');
    expect(wrongFields(await change({ ...wrong, new_password: 'short' }))).toEqual(['body.new_password']);
    const answer = await change({ current_password: PASSWORD, new_password: next });
    expect([answer.status, answer.body]).toEqual([200, { message: expect.any(String) }]);
    expect((await me(user.access_token)).status).toBe(200);
    expectDetail(await me(other), 401, 'session_ended');
    expect((await login(user.user.email, next)).status).toBe(200);
  });

  it('PUT /auth/users/change-email: changes it by a link that is mailed there', async () => {
    const user = await registerVerified();
    const taken = (await register()).user.email;
    const change = (body: object) =>
      call('PUT', '/auth/users/change-email', { token: user.access_token, body });
    const email = `${uniqueName()}@example.com`;
    const wrong = { new_email: email, current_password: 'not the right one' };
    expectDetail(await change(wrong), 401, 'invalid_credentials');
    expect(wrongFields(await change({}))).toEqual(['body.current_password', 'body.new_email']);
    const answer = await change({ new_email: email, current_password: PASSWORD });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ message: expect.any(String), email, verification_sent: true });
    const known = await change({ new_email: taken, current_password: PASSWORD });
    expect([known.status, known.body]).toEqual([200, { ...answer.body, email: taken }]);
    const token = await tokenTo(email, /^Confirm your new/);
    expect((await call('GET', `/auth/verify-email?token=${token}`)).body.email).toBe(email);
    expect((await me(user.access_token)).body.email).toBe(email);
  });

  it('DELETE /auth/users/delete-account: is gone, with the right password', async () => {
    const user = await registerVerified();
    const remove = (body?: object) =>
      call('DELETE', '/auth/users/delete-account', { token: user.access_token, body });
    expectDetail(await remove({ password: 'not the right one' }), 401, 'invalid_credentials');
    expect((await remove()).status).toBe(422);
    expect((await me(user.access_token)).status).toBe(200);
    const answer = await remove({ password: PASSWORD });
    expect([answer.status, answer.body]).toEqual([200, { message: expect.any(String) }]);
    expectDetail(await me(user.access_token), 401, 'session_ended');
    expectDetail(
      await post('/auth/login', { email: user.user.email, password: PASSWORD }),
      401,
      'invalid_credentials',
    );
    expect(await accountOf(user.user.id).listSessions()).toEqual([]);
  });
});

describe('Google', () => {
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

  async function goTo(browser: Browser, path: string): Promise<URL> {
    const response = await browser.ask(path);
    expect(response.status).toBe(302);
    return new URL(response.headers.get('location') as string);
  }

  it('GET /auth/oauth/google/login and …/callback: lead there and back, signed in', async () => {
    const browser = new Browser();
    const page = await goTo(browser, `/auth/oauth/google/login?redirect_uri=${ORIGIN}/account`);
    expect(page.pathname).toMatch(/\/o\/oauth2\//);
    const { url } = await pick('google', page, 'user11@gmail.example');
    const back = await browser.ask(`/auth/oauth/google/callback${url.search}`);
    expect([back.status, back.headers.get('location')]).toEqual([303, `${ORIGIN}/account`]);
    expect(((await (await browser.ask('/v1/me')).json()) as any).email).toBe('user11@gmail.example');
  });

  it('GET /auth/oauth/google/login refuses to lead elsewhere', async () => {
    const answer = await call('GET', '/auth/oauth/google/login?redirect_uri=https://evil.example/');
    expectDetail(answer, 400, 'redirect_not_allowed');
  });

  it('GET /auth/oauth/google/callback refuses a state or a code that is none', async () => {
    expectDetail(await call('GET', '/auth/oauth/google/callback?code=x&state=y'), 400, 'oauth_state_invalid');
    expectDetail(await call('GET', '/auth/oauth/google/callback'), 400, 'oauth_state_invalid');
    const browser = new Browser();
    const page = await goTo(browser, '/auth/oauth/google/login');
    const state = page.searchParams.get('state');
    const answer = await browser.ask(`/auth/oauth/google/callback?code=forged&state=${state}`, {
      headers: { accept: 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as any).code).toBe('oauth_state_invalid');
  });

  it('POST /auth/link/google and /auth/unlink/google: link by a browser and a code, and unlink', async () => {
    const user = await registerVerified();
    const token = user.access_token;
    const redirect_uri = `${ORIGIN}/account`;
    const link = (body: object) => post('/auth/link/google', body, token);
    expectDetail(await post('/auth/unlink/google', undefined, token), 404, 'identity_not_found');
    expect(wrongFields(await link({}))).toEqual(['body.code_challenge']);
    // What auth_service took: a code of Google's that nobody can tell who asked for.
    expectDetail(await link({ provider: 'google', code: 'x', password: PASSWORD }), 400, 'invalid_grant');
    const asked = await link({ redirect_uri, code_challenge: challenge, code_challenge_method: 'S256' });
    expect(asked.status, JSON.stringify(asked.body)).toBe(200);
    const browser = new Browser();
    const page = await goTo(browser, asked.body.url);
    const back = await browser.comeBack(await pick('google', page, 'user12@gmail.example'));
    const code = new URL(back.headers.get('location') as string).searchParams.get('code');
    const linked = await link({ redirect_uri, code, code_verifier: verifier });
    expect([linked.status, linked.body]).toEqual([200, { message: expect.any(String) }]);
    const answer = await post('/auth/unlink/google', undefined, token);
    expect([answer.status, answer.body]).toEqual([200, { message: expect.any(String) }]);
  });
});
