import { createHash, randomBytes } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';
import { type OtherSite, startOtherSite } from '../support/browser/other-site.ts';
import { freePort } from '../support/free-port.ts';
import { oauthVariables, startOAuth } from '../support/peers/oauth.ts';

const PASSWORD = 'three lighthouses at dusk';
const ACME = '/realms/acme';

let latchkey: Latchkey;
let browser: Browser;
let oauth: Awaited<ReturnType<typeof startOAuth>>;
let site: OtherSite;
/** Where an app wants the browser back. */
let callback: string;
let context: BrowserContext;
let page: Page;
/** Every address that the browser was sent to. */
let visited: string[];

beforeAll(async () => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  oauth = await startOAuth([issuer, `${issuer}/realms/acme`]);
  const variables = oauthVariables(oauth.peers);
  for (const [name, value] of Object.entries(variables)) {
    // Browsers shall find the providers on another site than Latchkey, as they really are.
    if (name.endsWith('_AUTHORIZATION_ENDPOINT')) variables[name] = value.replace('localhost', '127.0.0.1');
    if (!name.includes('__')) variables[`${name}__ACME`] = variables[name] ?? value;
  }
  [latchkey, browser, site] = await Promise.all([
    startLatchkey(variables, port),
    launchBrowser(),
    startOtherSite(),
  ]);
  callback = `http://127.0.0.1:${site.port}/callback?from=latchkey`;
  site.serve('<p>Welcome back</p>');
  const look = ['--name', 'Acme & Sons', '--color', '#ffcc00'];
  await latchkey.realm('create', 'acme', ...look, '--redirect', callback);
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close(), oauth?.stop(), site?.stop()]);
});

beforeEach(async () => {
  ({ context, page } = await newVisitor());
  visited = [];
  page.on('request', (request) => request.isNavigationRequest() && visited.push(request.url()));
});

afterEach(() => context.close());

async function newVisitor() {
  const context = await browser.newContext({ locale: 'en-GB' });
  // A page of the strict provider asks for a font, which no test machine gets.
  await context.route(/fonts\.googleapis/, (route) => route.abort());
  return { context, page: await context.newPage() };
}

const open = (path: string, at = page) => at.goto(`${latchkey.origin}${path}`);
const headline = (at = page) => at.getByRole('heading', { level: 1 }).textContent();
const alert = (at = page) => at.getByRole('alert').textContent();
const told = () => page.getByRole('status').textContent();
const path = (at = page) => new URL(at.url()).pathname;

async function press(name: string, at = page): Promise<void> {
  await at.getByRole('button', { name, exact: true }).click();
  await at.waitForLoadState();
}
/** By the menu of whoever is signed in. */
const signOut = async () => {
  await page.getByRole('button', { name: /^Signed in/ }).click();
  await press('Sign out');
};

/** Picks an account on the page of an emulated provider. */
async function pick(account: string, at = page): Promise<void> {
  await at.getByRole('button', { name: account }).first().click();
  await at.waitForURL(`${latchkey.origin}/**`);
}

async function signInWith(provider: string, account: string, base = '', at = page): Promise<void> {
  await open(`${base}/login`, at);
  await at.getByRole('link', { name: `Continue with ${provider}` }).click();
  await pick(account, at);
  expect(path(at)).toBe(`${base}/account`);
}

async function signIn(email: string, password: string, at = page): Promise<void> {
  await at.getByLabel('Email, username or phone').fill(email);
  await at.getByLabel('Password').fill(password);
  await press('Sign in', at);
}

async function register(email: string, at = page, base = ''): Promise<void> {
  await open(`${base}/register`, at);
  await at.getByLabel('Email address').fill(email);
  await at.getByLabel('Password').fill(PASSWORD);
  await press('Create account', at);
  expect(path(at)).toBe(`${base}/account`);
}

async function follow(email: string, about: RegExp): Promise<void> {
  await page.goto(linkIn(await latchkey.messageTo(email, about)));
}

async function registerVerified(email: string): Promise<void> {
  await register(email);
  await follow(email, /^Welcome/);
  await press('This is my account');
}

/** The cookie of the session. */
async function sessionCookie(name = '__Host-latchkey') {
  return (await context.cookies(latchkey.origin)).find((cookie) => cookie.name === name);
}

/** Who this browser is signed in as. */
async function me(base = ''): Promise<{ id: string; email: string; name: string; email_verified: boolean }> {
  const name = `__Host-latchkey${base.replace('/realms/', '-')}`;
  const headers = { cookie: `${name}=${(await sessionCookie(name))?.value}` };
  return (await fetch(`${latchkey.origin}${base}/v1/me`, { headers })).json() as ReturnType<typeof me>;
}

describe.each([
  ['Google', 'user01@gmail.example'],
  ['GitHub', 'user01@github.example'],
  ['Apple', 'user01@icloud.example'],
  ['Microsoft', 'user01@outlook.example'],
])('with %s', (provider, email) => {
  it('a new user signs in, out, and in again as the same', async () => {
    await signInWith(provider, email);
    expect(await page.locator('.who').textContent()).toContain('Ada user01');
    const user = await me();
    expect(user).toMatchObject({ email, email_verified: true, name: 'Ada user01' });
    await page.getByRole('link', { name: 'Security', exact: true }).click();
    await page.locator('main').getByText(email).first().waitFor();

    const cookie = await sessionCookie();
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });
    expect(await page.evaluate(() => (globalThis as any).document.cookie)).toBe('');

    await signOut();
    expect(await headline()).toBe('You are signed out');
    await signInWith(provider, email);
    expect((await me()).id).toBe(user.id);

    const secrets = [cookie?.value, (await sessionCookie())?.value, 'eyJ', '_token=', '#'];
    expect(visited.length).toBeGreaterThan(8);
    expect(visited.filter((url) => secrets.some((secret) => url.includes(secret ?? '')))).toEqual([]);
  });
});

it('Apple posts its answer from another site, and finds the flow in this browser', async () => {
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(new URL(request.url()).pathname);
  });
  await open('/login');
  await page.getByRole('link', { name: 'Continue with Apple' }).click();
  await page.waitForLoadState();
  expect(new URL(page.url()).hostname).toBe('127.0.0.1');
  const [flow] = (await context.cookies(latchkey.origin)).filter(({ name }) => name.includes('oauth'));
  expect(flow).toMatchObject({ sameSite: 'None', secure: true, httpOnly: true });
  await pick('user02@icloud.example');
  expect(posts).toContain('/v1/oauth/apple/callback');
  expect(path()).toBe('/account');
});

it('at a strict provider somebody changes their mind, is told what to do, and signs in', async () => {
  await open('/login');
  await page.getByRole('link', { name: 'Continue with Strict' }).click();
  await page.getByPlaceholder('Enter any login').fill('ada');
  await page.getByPlaceholder('and password').fill('anything');
  await press('Sign-in');
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.waitForURL(`${latchkey.origin}/login?**`);
  expect(await alert()).toContain('You did not let Strict sign you in. Nothing has changed: try again');
  expect(await sessionCookie()).toBeUndefined();
  await inspect(page, 'providers-denied');

  await page.getByRole('link', { name: 'Continue with Strict' }).click();
  await press('Continue');
  await page.waitForURL(`${latchkey.origin}/account`);
  expect(await me()).toMatchObject({ email: 'ada@strict.example', name: 'Name of ada' });
});

describe('an app', () => {
  // What a query must not change.
  const STATE = 'x y&z=%26~+';
  const verifier = randomBytes(32).toString('base64url');
  const query = () =>
    new URLSearchParams({
      redirect_to: callback,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: STATE,
    });

  async function exchange(): Promise<[number, Record<string, any>]> {
    await page.waitForURL((url) => url.href.startsWith(callback));
    const { from, state, iss, code = '', ...more } = Object.fromEntries(new URL(page.url()).searchParams);
    expect({ from, state, iss }).toEqual({
      from: 'latchkey',
      state: STATE,
      iss: `${latchkey.origin}${ACME}`,
    });
    expect(more).toEqual({});
    const body = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback };
    const answer = await fetch(`${latchkey.origin}${ACME}/v1/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams(body),
    });
    return [answer.status, (await answer.json()) as Record<string, any>];
  }

  async function expectOneExchange(email: string): Promise<void> {
    const [status, tokens] = await exchange();
    expect([status, tokens.user?.email, tokens.token_type]).toEqual([200, email, 'Bearer']);
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    expect((await fetch(`${latchkey.origin}${ACME}/v1/me`, { headers })).status).toBe(200);
    expect(await exchange()).toMatchObject([400, { error: 'invalid_grant' }]);
  }

  it('gets a code through Google, which works once', async () => {
    await open(`${ACME}/v1/oauth/google/login?${query()}`);
    await page.getByRole('button', { name: 'user03@gmail.example' }).click();
    await expectOneExchange('user03@gmail.example');
    // The browser itself is not signed in by it.
    expect(await sessionCookie('__Host-latchkey-acme')).toBeUndefined();
  });

  it('gets a code through the sign-in page and Google', async () => {
    await open(`${ACME}/login?${query()}`);
    await page.getByRole('link', { name: 'Continue with Google' }).click();
    await page.getByRole('button', { name: 'user04@gmail.example' }).click();
    await expectOneExchange('user04@gmail.example');
  });

  it('gets a code through the sign-in page and a password', async () => {
    await register('app-user@example.com', page, ACME);
    await context.clearCookies();
    await open(`${ACME}/login?${query()}`);
    await signIn('app-user@example.com', PASSWORD);
    await expectOneExchange('app-user@example.com');
  });

  it('hears of a sign-in that was denied', async () => {
    await open(`${ACME}/v1/oauth/strict/login?${query()}`);
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.waitForURL((url) => url.href.startsWith(callback));
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({
      error: 'access_denied',
      state: STATE,
      iss: `${latchkey.origin}${ACME}`,
    });
  });
});

describe('linked accounts', () => {
  it('GitHub is linked, signs in, and is unlinked', async () => {
    const email = 'linking@example.com';
    await registerVerified(email);
    const { id } = await me();
    await open('/account/identities');
    await inspect(page, 'providers-identities');
    await press('Link GitHub');
    await pick('user02@github.example');
    expect(path()).toBe('/account/identities');
    expect(await page.getByText('Ada user02 · user02@github.example').count()).toBe(1);
    await latchkey.messageTo(email, /GitHub/);
    await signOut();
    await signInWith('GitHub', 'user02@github.example');
    expect(await me()).toMatchObject({ id, email });
    await open('/account/identities');
    await press('Unlink GitHub');
    expect(await told()).toBe('The account is not linked any more.');
    await signOut();
    await signInWith('GitHub', 'user02@github.example');
    expect((await me()).id).not.toBe(id);
  });

  it('the last way in stays', async () => {
    await signInWith('GitHub', 'user03@github.example');
    await open('/account/identities');
    await press('Unlink GitHub');
    expect(await alert()).toContain('This is your last way to sign in.');
    await inspect(page, 'providers-last-way-in');
    await signOut();
    await signInWith('GitHub', 'user03@github.example');
  });

  it('what was denied, or belongs to somebody else, is not linked', async () => {
    await signInWith('GitHub', 'user04@github.example');
    await context.clearCookies();
    await registerVerified('conflict@example.com');
    await open('/account/identities');
    await press('Link Strict');
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.waitForURL(`${latchkey.origin}/account/identities?**`);
    expect(await alert()).toContain('You did not let Strict sign you in.');
    await inspect(page, 'providers-link-denied');
    await press('Link GitHub');
    await pick('user04@github.example');
    expect(await alert()).toContain('This account of GitHub is linked to another user here.');
    await inspect(page, 'providers-link-conflict');
    expect(await page.getByText('Linked', { exact: true }).count()).toBe(0);
  });
});

it('the same account at Google is another user in another realm', async () => {
  await signInWith('Google', 'user05@gmail.example');
  await open(`${ACME}/login`);
  await inspect(page, 'providers-acme-sign-in');
  await signInWith('Google', 'user05@gmail.example', ACME);
  const [here, there] = [await me(), await me(ACME)];
  expect(here.email).toBe(there.email);
  expect(here.id).not.toBe(there.id);
});

it('who registered with somebody else’s address is out as soon as its owner comes with Google', async () => {
  const email = 'user06@gmail.example';
  const attacker = await newVisitor();
  await register(email, attacker.page);
  await signInWith('Google', email);
  expect(await me()).toMatchObject({ email, email_verified: true });

  await attacker.page.getByRole('link', { name: 'Security', exact: true }).click();
  expect(path(attacker.page)).toBe('/login');
  await signIn(email, PASSWORD, attacker.page);
  expect(await alert(attacker.page)).toContain('The name or the password is wrong.');
  await attacker.context.close();
  await page.reload();
  expect(path()).toBe('/account');
});
