import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import {
  type CallOptions,
  call,
  createRealm,
  expectProblem,
  freshAddress,
  ORIGIN,
  PASSWORD,
  register,
} from '../support/api.ts';
import { codeMailedTo } from '../support/mail.ts';
import { cookiesOf, submit, visit } from '../support/pages.ts';

const APP = 'https://app.example/callback';
const NATIVE = 'com.example.app:/callback';

beforeAll(async () => {
  await createRealm('shop', { redirect_targets: JSON.stringify([APP, NATIVE]) });
});

const SHOP = { realm: 'shop' };
const at = (path: string, query: Record<string, string>) => `${path}?${new URLSearchParams(query)}`;

/** What an app asks for, and the verifier that it keeps to itself. */
function appRequest(redirectTo = APP) {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = {
    redirect_to: redirectTo,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'a&b=c',
  };
  return { verifier, query };
}

async function newUser(options: CallOptions = SHOP) {
  return (await register({}, options)).user.email;
}

const signIn = (email: string, path = '/login', options: CallOptions = SHOP) =>
  submit(path, { identifier: email, password: PASSWORD }, options);

/** Exchanges the code that an answer carries to the app. */
async function exchange(
  location: string | null,
  verifier: string,
  redirectTo = APP,
  options: CallOptions = SHOP,
) {
  const url = new URL(location ?? '');
  const body = {
    grant_type: 'authorization_code',
    code: url.searchParams.get('code'),
    code_verifier: verifier,
    redirect_to: redirectTo,
  };
  return call<any>('POST', '/v1/oauth/token', { ...options, body });
}

describe('after signing in', () => {
  it('the account comes next when nobody asks for more', async () => {
    const answer = await signIn(await newUser());
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/realms/shop/account']);
  });

  it.each([APP, `${ORIGIN}/account/security`, '/account'])(
    '%s comes next when it is asked for',
    async (target) => {
      const path = at('/login', { redirect_to: target });
      const page = await visit(path, SHOP);
      const origin = new URL(target, ORIGIN).origin;
      expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${origin};`);
      // The way to the other pages keeps it.
      const carried = `redirect_to=${encodeURIComponent(target)}`.replaceAll('%20', '+');
      for (const next of ['register', 'login/code', 'forgot-password']) {
        expect(page.body).toContain(`href="/realms/shop/${next}?${carried}"`);
      }
      const answer = await signIn(await newUser(), path);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, new URL(target, ORIGIN).href]);
      const again = await visit(path, { ...SHOP, headers: { cookie: cookiesOf(answer) } });
      expect([again.status, again.headers.get('location')]).toEqual([303, new URL(target, ORIGIN).href]);
    },
  );

  it('by registration and by code it is the same', async () => {
    const query = { redirect_to: APP };
    const email = `${crypto.randomUUID()}@example.com`;
    const registered = await submit(at('/register', query), { email, password: PASSWORD, name: '' }, SHOP);
    expect([registered.status, registered.headers.get('location')]).toEqual([303, APP]);
    const page = await submit(at('/login/code', query), { to: email }, SHOP);
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' https://app.example;`);
    const code = await codeMailedTo(email);
    const entered = await submit(at('/login/code', query), { to: email, code }, SHOP);
    expect([entered.status, entered.headers.get('location')]).toEqual([303, APP]);
  });
});

describe('an app with a challenge', () => {
  it.each([APP, NATIVE])(
    'gets at %s a code for tokens of its own, its state and the issuer',
    async (target) => {
      const { verifier, query } = appRequest(target);
      const email = await newUser();
      const answer = await signIn(email, at('/login', query));
      const location = new URL(answer.headers.get('location') ?? '');
      expect(location.href.startsWith(`${target}?code=`)).toBe(true);
      expect(Object.fromEntries(location.searchParams)).toEqual({
        code: expect.stringMatching(/^lkc\.usr_\w+\.[\w-]{43}$/),
        state: 'a&b=c',
        iss: `${ORIGIN}/realms/shop`,
      });
      const tokens = await exchange(location.href, verifier, target);
      expect(tokens.body).toMatchObject({ token_type: 'Bearer', user: { email } });
      const me = await call<any>('GET', '/v1/me', { ...SHOP, token: tokens.body.access_token });
      expect(me.body.email).toBe(email);
      expect((await exchange(location.href, verifier, target)).body.error).toBe('invalid_grant');
    },
  );

  it('gets it by registration and by one-time code, too', async () => {
    const email = `${crypto.randomUUID()}@example.com`;
    const first = appRequest();
    const registered = await submit(at('/register', first.query), { email, password: PASSWORD }, SHOP);
    expect((await exchange(registered.headers.get('location'), first.verifier)).body.user.email).toBe(email);
    const second = appRequest();
    await submit(at('/login/code', second.query), { to: email }, SHOP);
    const fields = { to: email, code: await codeMailedTo(email) };
    const entered = await submit(at('/login/code', second.query), fields, SHOP);
    expect((await exchange(entered.headers.get('location'), second.verifier)).body.user.email).toBe(email);
  });

  it('asks who is signed in before it learns of them, and can have another account', async () => {
    const email = await newUser();
    const cookie = cookiesOf(await signIn(email));
    const { verifier, query } = appRequest();
    const options = { ...SHOP, headers: { cookie } };
    const page = await visit(at('/login', query), options);
    expect(page.status).toBe(200);
    expect(page.body).toContain(`Continue as ${email}`);
    expect(page.body).toContain('prompt=login');
    const other = await visit(at('/login', { ...query, prompt: 'login' }), options);
    expect(other.body).toContain('name="password"');
    const onward = await submit(at('/login', query), { proceed: '1' }, options);
    expect(onward.status).toBe(303);
    const { body } = await exchange(onward.headers.get('location'), verifier);
    expect(body.user.email).toBe(email);
    // The session says how the user proved who they are.
    const listed = await call<any>('GET', '/v1/me/sessions', { ...SHOP, token: body.access_token });
    const current = listed.body.data.find((session: any) => session.current);
    expect(current.methods).toEqual(['pwd']);
  });

  it('gets nothing when nobody is signed in any more', async () => {
    const { query } = appRequest();
    const answer = await submit(at('/login', query), { proceed: '1' }, SHOP);
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null]);
    expect(answer.body).toContain('name="password"');
  });

  it('gets a code that is worth nothing to others', async () => {
    const { verifier, query } = appRequest();
    const email = await newUser();
    const answer = await signIn(email, at('/login', query));
    const stolen = await exchange(answer.headers.get('location'), randomBytes(32).toString('base64url'));
    expect(stolen.body.error).toBe('invalid_grant');
    const elsewhere = await signIn(email, at('/login', query));
    const otherRealm = await exchange(elsewhere.headers.get('location'), verifier, APP, {});
    expect(otherRealm.body.error).toBe('invalid_grant');
  });

  it('gives nothing once its user has signed out everywhere', async () => {
    const { verifier, query } = appRequest();
    const { user, access_token: token } = await register({}, SHOP);
    const answer = await signIn(user.email, at('/login', query));
    await call('POST', '/v1/auth/logout', { ...SHOP, token, body: { all: true } });
    const late = await exchange(answer.headers.get('location'), verifier);
    expect(late.body.error).toBe('invalid_grant');
  });

  it.each([
    ['without a method', { code_challenge_method: undefined }],
    ['with the plain method', { code_challenge_method: 'plain' }],
    ['with a short challenge', { code_challenge: 'short' }],
    ['without an address', { redirect_to: undefined }],
  ])('%s gets a page that says so', async (_, change) => {
    const query = Object.entries({ ...appRequest().query, ...change }).filter(
      ([, value]) => value !== undefined,
    );
    const path = at('/login', Object.fromEntries(query) as Record<string, string>);
    for (const answer of [await visit(path, SHOP), await signIn(await newUser(), path)]) {
      expect(answer.status).toBe(400);
      expect(answer.body).toContain('This can’t be read');
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });
});

describe('an address that is not on the list', () => {
  const HOSTILE = [
    'https://evil.example',
    'https://app.example/callback/../evil',
    'https://app.example/callback?x=1',
    'https://app.example@evil.example/callback',
    'https://app.example.evil.example/callback',
    'http://app.example/callback',
    'https://app.example:444/callback',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    ' https://app.example/callback',
    'https://app.example/callback#x',
    `${ORIGIN}.evil.example/account`,
    `${ORIGIN}@evil.example`,
    'account',
    '',
    'https://app.example/callback\r\nSet-Cookie: a=b',
  ];

  it.each(HOSTILE)('%j gets a page, and nobody is sent there', async (target) => {
    const email = await newUser();
    const cookie = cookiesOf(await signIn(email));
    const query = { redirect_to: target };
    const answers = [
      await visit(at('/login', query), SHOP),
      await visit(at('/login', query), { ...SHOP, headers: { cookie } }),
      await visit(at('/register', query), SHOP),
      await visit(at('/login/code', query), SHOP),
      await visit(at('/login/link', query), SHOP),
      await submit(at('/login/link', query), { email }, SHOP),
      await signIn(email, at('/login', query)),
      await submit(at('/login/code', query), { to: email }, SHOP),
      await submit(
        at('/login', { ...query, ...appRequest().query, redirect_to: target }),
        { proceed: '1' },
        SHOP,
      ),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(answer.body).toContain('We can’t send you back there');
      // Every link stays here.
      expect(answer.body).not.toMatch(/(href|src|action)="(?![?#]|\/\w)/);
    }
    expectProblem(await call('GET', at('/login', query), SHOP), 400, 'redirect_not_allowed');
  });

  it('of an app is none of a browser without a challenge', async () => {
    expect((await visit(at('/login', { redirect_to: NATIVE }), SHOP)).status).toBe(400);
  });

  it('of one realm is none of another', async () => {
    expect((await visit(at('/login', { redirect_to: APP }))).status).toBe(400);
  });
});

describe('signing out', () => {
  /** Somebody who has signed in to an app by this browser: the cookie, and the app's token. */
  async function signedInToApp() {
    const { verifier, query } = appRequest();
    const answer = await signIn(await newUser(), at('/login', query));
    const { body } = await exchange(answer.headers.get('location'), verifier);
    return { cookie: cookiesOf(answer), token: body.access_token as string };
  }

  const statusOf = async (headers: Record<string, string>) =>
    (await call('GET', '/v1/auth/session', { ...SHOP, headers })).status;

  it.each([
    ['ends the session of the browser too', {}, 401],
    ['leaves the session of the browser when the app says so', { browser: false }, 200],
  ])('of an app %s', async (_, body, browserStatus) => {
    const { cookie, token } = await signedInToApp();
    const other = await signIn(await newUser());
    expect(await statusOf({ cookie })).toBe(200);
    expect((await call('POST', '/v1/auth/logout', { ...SHOP, token, body })).status).toBe(204);
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(401);
    expect(await statusOf({ cookie })).toBe(browserStatus);
    expect(await statusOf({ cookie: cookiesOf(other) })).toBe(200);
  });

  it('of a browser leaves its apps signed in', async () => {
    const { cookie, token } = await signedInToApp();
    await submit('/logout', {}, { ...SHOP, headers: { cookie } });
    expect(await statusOf({ cookie })).toBe(401);
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(200);
  });

  it.each([APP, NATIVE, '/login', 'http://localhost:4321/bye'])(
    'leads to %s when it is asked for',
    async (target) => {
      const path = at('/logout', { redirect_to: target });
      const href = new URL(target, ORIGIN).href;
      const { cookie } = await signedInToApp();
      const page = await visit(path, { ...SHOP, headers: { cookie } });
      expect(page.body).toContain('<h1>Sign out</h1>');
      const { protocol, origin } = new URL(href);
      const allowed = protocol.startsWith('http') ? origin : protocol;
      expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${allowed};`);
      const done = await submit(path, {}, { ...SHOP, headers: { cookie } });
      expect([done.status, done.headers.get('location')]).toEqual([303, href]);
      expect(await statusOf({ cookie })).toBe(401);
      const again = await visit(path, SHOP);
      expect([again.status, again.headers.get('location')]).toEqual([303, href]);
    },
  );

  it('leads nowhere else, and ends nothing then', async () => {
    const { cookie } = await signedInToApp();
    for (const target of ['https://evil.example/', '//evil.example', 'javascript:alert(1)']) {
      const path = at('/logout', { redirect_to: target });
      expect((await visit(path, { ...SHOP, headers: { cookie } })).status).toBe(400);
      expect((await submit(path, {}, { ...SHOP, headers: { cookie } })).status).toBe(400);
    }
    expect(await statusOf({ cookie })).toBe(200);
  });

  it('names the command that allows a target, in development only', async () => {
    const asked = `${ORIGIN}/realms/shop/v1/oauth/google/login?redirect_to=https://new.example/`;
    const headers = { 'cf-connecting-ip': freshAddress() };
    const detailIn = async (environment: string, url: string) => {
      const bindings = {
        ...env,
        ENVIRONMENT: environment,
        SMS_CALLING_CODES: '+1',
      } as unknown as Bindings;
      const app = createApp(createServices(bindings), bindings);
      const answer = await app.fetch(new Request(url, { headers }), bindings, createExecutionContext());
      return ((await answer.json()) as { code: string; detail?: string }).detail;
    };
    expect(await detailIn('development', asked)).toBe(
      'Allow it: npm run realm -- update shop --add-redirect URL',
    );
    expect(await detailIn('production', asked)).toBeUndefined();
  });
});
