import { describe, expect, it } from 'vitest';
import { call, createRealm, expectProblem, ORIGIN, PASSWORD, register } from '../support/api.ts';

const FRONTEND = 'https://app.example';

interface Jar {
  cookie: string;
  body: any;
}

/** Signs in as a browser does that was asked to keep the session in its cookie. */
async function signIn(email: string, origin = ORIGIN, realm?: string): Promise<Jar> {
  const answer = await call('POST', '/v1/auth/login', {
    body: { identifier: email, password: PASSWORD, session_cookie: true },
    headers: { origin },
    realm,
  });
  expect(answer.status).toBe(200);
  return { cookie: (answer.headers.get('set-cookie') as string).split(';')[0] as string, body: answer.body };
}

describe('sign-in with a session cookie', () => {
  it('keeps the refresh token from scripts', async () => {
    const user = await register();
    const answer = await call('POST', '/v1/auth/login', {
      body: { identifier: user.user.email, password: PASSWORD, session_cookie: true },
      headers: { origin: ORIGIN },
    });
    expect(answer.body.refresh_token).toBeUndefined();
    const cookie = answer.headers.get('set-cookie') as string;
    expect(cookie).toMatch(/^__Host-latchkey=lkr\./);
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax', 'Expires=']) {
      expect(cookie).toContain(attribute);
    }
    expect(cookie).not.toContain('Domain');
  });

  it('works for registration too, and has a name of its own in each realm', async () => {
    await createRealm('cookies');
    const answer = await call('POST', '/v1/auth/register', {
      body: { email: 'jar@example.com', password: PASSWORD, session_cookie: true },
      headers: { origin: ORIGIN },
      realm: 'cookies',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-latchkey-cookies=lkr\./);
    expect(answer.body.refresh_token).toBeUndefined();
  });

  it('is refused without an Origin, so that no page can sign its visitor in as somebody else', async () => {
    const user = await register();
    const body = { identifier: user.user.email, password: PASSWORD, session_cookie: true };
    expectProblem(await call('POST', '/v1/auth/login', { body }), 403, 'origin_not_allowed');
    const fields = { email: 'no-origin@example.com', password: PASSWORD, session_cookie: true };
    expectProblem(await call('POST', '/v1/auth/register', { body: fields }), 403, 'origin_not_allowed');
  });
});

describe('a request with the cookie', () => {
  it('is the user, for reading without and for writing with an allowed Origin', async () => {
    await createRealm('shop', { allowed_origins: JSON.stringify([FRONTEND]) });
    const user = await register({}, { realm: 'shop' });
    const { cookie } = await signIn(user.user.email, FRONTEND, 'shop');
    const read = await call('GET', '/v1/auth/session', { headers: { cookie }, realm: 'shop' });
    expect(read.body.user_id).toBe(user.user.id);

    const logout = (headers: Record<string, string>) =>
      call('POST', '/v1/auth/logout', { headers: { cookie, ...headers }, realm: 'shop' });
    expectProblem(await logout({}), 403, 'origin_not_allowed');
    for (const origin of ['https://evil.example', 'null', `${FRONTEND}.evil.example`, 'http://app.example']) {
      expectProblem(await logout({ origin }), 403, 'origin_not_allowed');
    }
    const done = await logout({ origin: FRONTEND });
    expect(done.status).toBe(204);
    expect(done.headers.get('set-cookie')).toMatch(/^__Host-latchkey-shop=;.*Max-Age=0/);
    expectProblem(
      await call('GET', '/v1/auth/session', { headers: { cookie }, realm: 'shop' }),
      401,
      'session_ended',
    );
  });

  it('is nobody in another realm, under either name', async () => {
    await createRealm('next-door');
    const user = await register();
    const { cookie } = await signIn(user.user.email);
    expectProblem(
      await call('GET', '/v1/auth/session', { headers: { cookie }, realm: 'next-door' }),
      401,
      'authentication_required',
    );
    const renamed = cookie.replace('__Host-latchkey=', '__Host-latchkey-next-door=');
    expectProblem(
      await call('GET', '/v1/auth/session', { headers: { cookie: renamed }, realm: 'next-door' }),
      401,
      'session_ended',
    );
  });

  it('is nobody with a cookie that was made up', async () => {
    for (const value of [
      'x',
      'lkr.a.b.1.c',
      `lkr.usr_${'0'.repeat(26)}.ses_${'0'.repeat(26)}.1.${'A'.repeat(43)}`,
    ]) {
      const cookie = `__Host-latchkey=${value}`;
      expectProblem(await call('GET', '/v1/auth/session', { headers: { cookie } }), 401, 'session_ended');
    }
  });

  it('goes by the access token when both are there', async () => {
    const [one, two] = [await register(), await register()];
    const { cookie } = await signIn(one.user.email);
    const answer = await call('GET', '/v1/auth/session', { headers: { cookie }, token: two.access_token });
    expect(answer.body.user_id).toBe(two.user.id);
  });
});

describe('refresh with the cookie', () => {
  it('rotates it, and never shows the token', async () => {
    const user = await register();
    const { cookie } = await signIn(user.user.email);
    const answer = await call('POST', '/v1/auth/refresh', { headers: { cookie, origin: ORIGIN } });
    expect(answer.status).toBe(200);
    expect(answer.body.refresh_token).toBeUndefined();
    const next = (answer.headers.get('set-cookie') as string).split(';')[0] as string;
    expect(next).not.toBe(cookie);
    expect((await call('GET', '/v1/auth/session', { headers: { cookie: next } })).status).toBe(200);
    // A request that was under way with the old cookie still counts, for as long as a retry would.
    expect((await call('GET', '/v1/auth/session', { headers: { cookie } })).status).toBe(200);
  });

  it('needs an Origin', async () => {
    const user = await register();
    const { cookie } = await signIn(user.user.email);
    expectProblem(await call('POST', '/v1/auth/refresh', { headers: { cookie } }), 403, 'origin_not_allowed');
  });
});
