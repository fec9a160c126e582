import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';
import { type OtherSite, startOtherSite } from '../support/browser/other-site.ts';

const PASSWORD = 'three lighthouses at dusk';
const EMAIL = 'victim@example.com';
const ATTACKER = 'attacker@example.com';

let latchkey: Latchkey;
let browser: Browser;
let site: OtherSite;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [latchkey, browser, site] = await Promise.all([startLatchkey(), launchBrowser(), startOtherSite()]);
  for (const email of [EMAIL, ATTACKER]) {
    await fetch(`${latchkey.origin}/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
  }
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close(), site?.stop()]);
});

beforeEach(async () => {
  context = await browser.newContext({ locale: 'en-GB' });
  page = await context.newPage();
  await page.goto(`${latchkey.origin}/login`);
  await page.getByLabel('Email, username or phone').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  expect(new URL(page.url()).pathname).toBe('/account');
});

afterEach(() => context.close());

/** Who this browser is signed in as, if anybody. */
async function visitor(): Promise<string | undefined> {
  const cookies = await context.cookies(latchkey.origin);
  const headers = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
  const me = await fetch(`${latchkey.origin}/v1/me`, { headers });
  return ((await me.json()) as { email?: string }).email;
}

// Another port is another origin, of the same site: it gets the cookie. Another host is another site.
describe.each(['localhost', '127.0.0.1'])('a page at another port of %s', (host) => {
  const visit = () => page.goto(`http://${host}:${site.port}/`);

  it.each([
    ['/logout', {}],
    ['/login', { identifier: ATTACKER, password: PASSWORD }],
    ['/login', { proceed: '1' }],
    ['/register', { email: `new-${host}@example.com`, password: PASSWORD }],
    ['/login/code', { to: ATTACKER, code: '000000' }],
    ['/login/link', { email: ATTACKER, number: '000000' }],
    ['/login/link?token=a', { go: '1' }],
    ['/reset-password', { token: 'a', password: PASSWORD }],
  ])('cannot have %s take its form', async (path, fields) => {
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
    site.serve(
      `<form method="post" action="${latchkey.origin}${path}">${inputs.join('')}<button>Win a prize</button></form>`,
    );
    await visit();
    const answer = page.waitForResponse((response) => response.url() === `${latchkey.origin}${path}`);
    await page.getByRole('button').click();
    expect((await answer).status()).toBe(403);
    await page.waitForLoadState();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
      'This form came from somewhere else',
    );
    expect(await visitor()).toBe(EMAIL);
  });

  it('cannot act by fetch with the cookies of the user', async () => {
    site.serve('<p>Elsewhere</p>');
    await visit();
    const form = { identifier: ATTACKER, password: PASSWORD };
    const answers = await page.evaluate(
      async ([origin, form]) => {
        const body = new URLSearchParams(form);
        const send = (path: string, init: object) =>
          fetch(`${origin}${path}`, {
            method: 'POST',
            body,
            credentials: 'include',
            ...init,
          } as RequestInit).then(
            ({ status }) => status,
            () => 'nothing',
          );
        return [
          await send('/logout', {}),
          await send('/login', {}),
          await send('/login', { body: new Blob([body.toString()]) }),
          await send('/logout', { mode: 'no-cors' }),
          await send('/login', { mode: 'no-cors' }),
        ];
      },
      [latchkey.origin, form] as const,
    );
    expect(answers).toEqual([403, 403, 403, 'nothing', 'nothing']);
    expect(await visitor()).toBe(EMAIL);
  });

  it('cannot frame a page', async () => {
    site.serve(`<iframe src="${latchkey.origin}/login?prompt=login"></iframe>`);
    await visit();
    await page.waitForLoadState('networkidle');
    const frames = page.frames().filter((frame) => frame !== page.mainFrame());
    expect(frames.map((frame) => frame.url())).toEqual(['chrome-error://chromewebdata/']);
  });

  it('is not where a sign-in leads to', async () => {
    // In development a port of this machine is a target.
    const target = encodeURIComponent(`http://${host}.example:${site.port}/`);
    const answer = await page.goto(`${latchkey.origin}/login?redirect_to=${target}`);
    expect(answer?.status()).toBe(400);
    expect(page.url().startsWith(latchkey.origin)).toBe(true);
  });
});

it('an app on the list gets its code through the form, past a strict Content-Security-Policy', async () => {
  site.serve('<p>Welcome back</p>');
  const callback = `http://127.0.0.1:${site.port}/callback`;
  await latchkey.realm('create', 'shop', '--redirect', callback);
  const query = new URLSearchParams({
    redirect_to: callback,
    code_challenge: 'A'.repeat(43),
    code_challenge_method: 'S256',
    state: 'xyz',
  });
  await page.goto(`${latchkey.origin}/realms/shop/login?${query}`);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('Email address').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL(`${callback}?*`);
  expect(new URL(page.url()).searchParams.get('state')).toBe('xyz');
  expect(new URL(page.url()).searchParams.get('iss')).toBe(`${latchkey.origin}/realms/shop`);

  await page.goto(`${latchkey.origin}/realms/shop/login?${query}`);
  await inspect(page, 'continue');
  await page.getByRole('button', { name: `Continue as ${EMAIL}` }).click();
  await page.waitForURL(`${callback}?*`);
  expect(new URL(page.url()).searchParams.get('code')).toMatch(/^lkc\./);
});
