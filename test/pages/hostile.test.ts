import { beforeAll, describe, expect, it } from 'vitest';
import {
  call,
  changeDirectory,
  createRealm,
  freshAddress,
  login,
  PASSWORD,
  register,
} from '../support/api.ts';
import { tokenTo } from '../support/mail.ts';
import { cookiesOf, submit, visit, withoutOwnScript } from '../support/pages.ts';

const PAGES = [
  '/login',
  '/register',
  '/logout',
  '/login/code',
  '/login/link',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/undo-email-change',
];
/** What would run or break out, had nobody made text of it. */
const MARKUP = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}\u2028`;
const APP_ORIGIN = 'https://app.hostile.example';
const HOSTILE_NAME = '</title><script>alert(1)</script>';

beforeAll(async () => {
  await createRealm('hostile', { name: HOSTILE_NAME, allowed_origins: JSON.stringify([APP_ORIGIN]) });
  await createRealm('bold', {
    logo: 'https://a.example/"onerror="alert(1)',
  });
});

function expectHarmless(answer: { status: number; body: string; headers: Headers }): void {
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers.get('content-type') ?? 'text/html').toMatch(/^text\/html/);
  expect(withoutOwnScript(answer.body)).not.toMatch(/<script|<img src=x|"'>|alert\(1\)<|\sstyle=/);
  expect(answer.body.match(/<style>/g)?.length ?? 0).toBeLessThanOrEqual(1);
}

describe('markup', () => {
  const parameters = [
    'redirect_to',
    'error',
    'provider',
    'token',
    'ui_locales',
    'state',
    'prompt',
    'sent',
    'done',
    'code_challenge',
    'identifier',
    'email',
    MARKUP,
    '__proto__',
  ];

  it.each(PAGES)('in any parameter of %s is text', async (path) => {
    for (const name of parameters) {
      const query = new URLSearchParams({ [name]: MARKUP });
      expectHarmless(await visit(`${path}?${query}`));
      expectHarmless(await submit(`${path}?${query}`, { [name]: MARKUP }));
    }
  });

  it.each(PAGES)('in any field of %s is text', async (path) => {
    const fields = ['identifier', 'password', 'email', 'name', 'to', 'code', 'token', 'proceed', '__proto__'];
    expectHarmless(await submit(path, Object.fromEntries(fields.map((name) => [name, MARKUP]))));
    for (const name of fields) expectHarmless(await submit(path, { [name]: MARKUP }));
  });

  it('in a header is text', async () => {
    for (const name of ['accept-language', 'user-agent', 'cookie', 'referer']) {
      const value = name === 'cookie' ? `__Host-latchkey-language=${MARKUP}` : MARKUP;
      expectHarmless(await visit('/login', { headers: { [name]: encodeURI(value) } }));
    }
  });

  it('in the name of a realm is text, and a logo stays where it is', async () => {
    for (const path of PAGES) {
      const page = await visit(path, { realm: 'hostile' });
      expectHarmless(page);
      expect(page.body).toContain('&lt;/title&gt;&lt;script&gt;');
      const bold = await visit(path, { realm: 'bold' });
      expect(bold.body).toContain('src="https://a.example/&quot;onerror=&quot;alert(1)"');
    }
  });

  it('of a user is text where they are asked to continue', async () => {
    const email = `${crypto.randomUUID()}@example.com`;
    const registered = await submit('/register', { email, password: PASSWORD, name: MARKUP });
    const query = new URLSearchParams({
      redirect_to: '/account',
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
    });
    const page = await visit(`/login?${query}`, { headers: { cookie: cookiesOf(registered) } });
    expect(page.body).toContain('Continue as');
    expectHarmless(page);
  });
});

describe('every page', () => {
  it.each(PAGES)(
    '%s is kept nowhere, framed nowhere, and runs nothing but the script of passkeys',
    async (path) => {
      const { headers, body, status } = await visit(path);
      // 410: the page of a link, without the link.
      expect([200, 410]).toContain(status);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).toContain("form-action 'self';");
      expect(withoutOwnScript(policy ?? '')).not.toMatch(/unsafe|script-src|\*/);
      expect(withoutOwnScript(body)).not.toMatch(/<script|\son\w+=|\sstyle=/);
      expect(body.match(/<h1>/g)).toHaveLength(1);
    },
  );

  it('that fails anywhere never fails of us', async () => {
    const bodies = [
      '',
      '&&&===',
      'identifier',
      'identifier=&identifier=a&password=%00',
      'identifier[]=a&password[__proto__]=b',
      `email=${'a'.repeat(60_000)}`,
      `to=${'%F0%9F%98%80'.repeat(3000)}&code=1`,
      'token=%ed%a0%80',
      'to=%2B49&code=',
      'name=%00&email=a@b.example&password=three+lighthouses+at+dusk',
    ];
    for (const path of PAGES) {
      for (const raw of bodies) {
        const answer = await submit(path, raw);
        expect(answer.status, `${path} ${raw.slice(0, 50)}`).toBeLessThan(500);
        expect(answer.headers.get('content-type') ?? 'text/html').toMatch(/^text\/html/);
      }
    }
  });
});

describe('a form that comes from elsewhere', () => {
  it.each([
    ['null', 'null'],
    ['another site', 'https://evil.example'],
    ['an origin that may call the API', APP_ORIGIN],
    ['localhost in development', 'http://localhost:5173'],
    ['a subdomain', 'https://sub.auth.test'],
    ['another port', 'https://auth.test:8443'],
    ['no origin at all', undefined],
  ])('%s changes nothing', async (_, origin) => {
    const realm = 'hostile';
    const { user } = await register({}, { realm });
    const cookie = cookiesOf(
      await submit('/login', { identifier: user.email, password: PASSWORD }, { realm }),
    );
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
    const raw = new URLSearchParams({
      identifier: user.email,
      email: user.email,
      to: user.email,
      password: PASSWORD,
      proceed: '1',
      token: 'a',
    }).toString();
    for (const path of PAGES) {
      const answer = await call('POST', path, {
        realm,
        raw,
        headers: origin ? { ...headers, origin } : headers,
      });
      expect(answer.status, path).toBe(403);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(answer.body).toContain('This form came from somewhere else');
    }
    expect((await visit('/logout', { realm, headers: { cookie } })).body).toContain('<h1>Sign out</h1>');
  });
});

it('asking for a page changes nothing', async () => {
  const { user } = await register();
  const token = await tokenTo(user.email, /welcome/i);
  const signedIn = await submit('/login', { identifier: user.email, password: PASSWORD });
  const headers = { cookie: cookiesOf(signedIn) };
  const query = new URLSearchParams({
    token,
    identifier: user.email,
    password: PASSWORD,
    email: user.email,
    to: user.email,
    proceed: '1',
  });
  for (const path of PAGES) {
    for (const options of [{}, { headers }]) {
      const { status, headers } = await visit(`${path}?${query}`, options);
      expect([200, 303, 410]).toContain(status);
      expect(headers.getSetCookie()).toEqual([]);
    }
  }
  expect((await visit('/logout', { headers })).body).toContain('<h1>Sign out</h1>');
  expect((await login(user.email)).body.user.email_verified).toBe(false);
});

describe('a session', () => {
  it('that was planted is ended and replaced by signing in', async () => {
    const [attacker, victim] = [await register(), await register()];
    const planted = cookiesOf(
      await submit('/login', { identifier: attacker.user.email, password: PASSWORD }),
    );
    const fields = { identifier: victim.user.email, password: PASSWORD };
    const answer = await submit('/login', fields, { headers: { cookie: planted } });
    const own = cookiesOf(answer);
    expect(own).not.toBe(planted);
    const me = (cookie: string) => call('GET', '/v1/me', { headers: { cookie } });
    expect((await me(own)).body.email).toBe(victim.user.email);
    expect((await me(planted)).status).toBe(401);
  });

  it('ends by signing out, for whoever has a copy of its cookie too', async () => {
    const { user } = await register();
    const cookie = cookiesOf(await submit('/login', { identifier: user.email, password: PASSWORD }));
    const answer = await submit('/logout', {}, { headers: { cookie } });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/logout']);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-latchkey=; Max-Age=0;.*Secure/);
    expect((await call('GET', '/v1/me', { headers: { cookie } })).status).toBe(401);
    expect((await visit('/logout', { headers: { cookie } })).body).toContain('You are signed out');
  });

  it('of a suspended user is none, and who knows the password learns why', async () => {
    const { user } = await register();
    const cookie = cookiesOf(await submit('/login', { identifier: user.email, password: PASSWORD }));
    await changeDirectory(user.id, { status: 'suspended' });
    const page = await visit('/login', { headers: { cookie } });
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('name="password"')]);
    const fields = { identifier: user.email, password: PASSWORD };
    const refused = await submit('/login', fields, { headers: { cookie } });
    expect([refused.status, refused.headers.getSetCookie()]).toEqual([422, []]);
    expect(refused.body).toContain('This account is suspended');
    const wrong = await submit('/login', { ...fields, password: 'wrong password' });
    expect(wrong.body).not.toContain('suspended');
  });

  it('of one realm is nothing in another', async () => {
    const { user } = await register();
    const cookie = cookiesOf(await submit('/login', { identifier: user.email, password: PASSWORD }));
    const value = cookie.slice(cookie.indexOf('=') + 1);
    const there = { realm: 'hostile', headers: { cookie: `${cookie}; __Host-latchkey-hostile=${value}` } };
    expect((await visit('/logout', there)).body).toContain('You are signed out');
    const fields = { identifier: user.email, password: PASSWORD };
    expect((await submit('/login', fields, { realm: 'hostile' })).status).toBe(422);
    const token = await tokenTo(user.email, /welcome/i);
    const followed = await submit('/verify-email', { token }, { realm: 'hostile' });
    expect(followed.body).toContain('This link has been used');
    expect((await submit('/verify-email', { token })).status).toBe(303);
  });
});

describe('nothing tells whether there is an account', () => {
  const nobody = () => `${crypto.randomUUID()}@example.com`;
  // What names a code is random, whether one was sent or not.
  const comparable = (body: string, email: string) =>
    body.replaceAll(email, 'EMAIL').replace(/name="challenge" value="[\da-f-]{36}"/, 'CHALLENGE');

  it.each([
    ['/forgot-password', (email: string) => ({ email })],
    ['/verify-email', (email: string) => ({ email })],
    ['/login/code', (email: string) => ({ to: email })],
    ['/login/code', (email: string) => ({ to: email, code: '000000' })],
    ['/login/link', (email: string) => ({ email })],
    ['/login/link', (email: string) => ({ email, challenge: crypto.randomUUID(), number: '000000' })],
    ['/login', (email: string) => ({ identifier: email, password: 'wrong password' })],
  ])('at %s', async (path, fields) => {
    const known = (await register()).user.email;
    const unknown = nobody();
    const [one, other] = [await submit(path, fields(known)), await submit(path, fields(unknown))];
    expect(other.status).toBe(one.status);
    expect(other.headers.get('location')).toBe(one.headers.get('location'));
    expect(comparable(other.body, unknown)).toBe(comparable(one.body, known));
  });

  it('at /register of a realm that verifies first', async () => {
    await createRealm('silent', { registration: 'verify_first' });
    const email = nobody();
    const realm = 'silent';
    const [one, other] = [
      await submit('/register', { email, password: PASSWORD }, { realm }),
      await submit('/register', { email, password: PASSWORD }, { realm }),
    ];
    for (const { status, headers } of [one, other]) {
      expect([status, headers.get('location')]).toEqual([303, '/realms/silent/register?sent=1']);
      expect(headers.getSetCookie()).toEqual([]);
    }
  });
});

it('a closed realm makes no account, whatever is sent', async () => {
  await createRealm('closed', { registration: 'closed' });
  const realm = 'closed';
  expect((await visit('/login', { realm })).body).not.toContain('/register');
  expect((await visit('/register', { realm })).body).toContain('can’t be made here');
  const answer = await submit('/register', { email: 'a@example.com', password: PASSWORD }, { realm });
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([422, []]);
});

it('an address is in no URL, nor a password in a page', async () => {
  const { user } = await register();
  for (const [path, fields] of [
    ['/forgot-password', { email: user.email }],
    ['/verify-email', { email: user.email }],
    ['/login', { identifier: user.email, password: 'a secret of mine' }],
    ['/register', { email: user.email, password: 'a secret of mine' }],
  ] as const) {
    const answer = await submit(path, fields);
    expect(answer.headers.get('location') ?? '').not.toContain('example.com');
    expect(answer.body).not.toContain('a secret of mine');
  }
});

describe('what a provider failed of', () => {
  it('is said with what to do, beside the other ways in', async () => {
    const query = new URLSearchParams({
      error: 'account_exists',
      provider: 'google',
      redirect_to: '/account',
    });
    const { status, body } = await visit(`/login?${query}`);
    expect(status).toBe(200);
    expect(body).toContain('sign in with its password, then link Google in your account.');
    expect(body).toContain('href="/v1/oauth/google/login?redirect_to=%2Faccount"');
    const german = await visit('/login?error=provider_denied&provider=github&ui_locales=de');
    expect(german.body).toContain('Sie haben der Anmeldung mit GitHub nicht zugestimmt.');
  });

  it('is said in words of ours only', async () => {
    for (const code of ['nonsense', 'constructor', '__proto__', 'toString', 'other', 'provider_denied']) {
      for (const provider of ['nobody', 'constructor', 'example.com']) {
        const { body } = await visit(`/login?${new URLSearchParams({ error: code, provider })}`);
        expect(body).toContain('Signing in did not work. Please try again.');
        const [content] = /<main.*<\/main>/s.exec(body) ?? [''];
        expect(content).not.toMatch(/nonsense|native code|nobody|\[object/);
      }
    }
  });
});

it.each([
  '/login',
  '/register',
  '/login/code',
  '/login/link',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/undo-email-change',
])('%s counts towards the limit of signing in', async (path) => {
  const answer = await submit(path, {}, { ip: freshAddress() });
  expect(answer.headers.get('ratelimit')).toMatch(/r=99/);
});
