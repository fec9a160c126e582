import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fits, inspect, launchBrowser, screenshots } from '../support/browser/browser.ts';
import { codeIn, type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';

const PASSWORD = 'three lighthouses at dusk';
const NEXT = 'four lighthouses at dawn';

let latchkey: Latchkey;
let browser: Browser;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  await latchkey.realm('create', 'acme', '--name', 'Acme & Sons', '--color', '#ffcc00');
  await latchkey.realm('create', 'gate', '--registration', 'verify_first', '--color', '#ffffff');
  await latchkey.realm('create', 'shut', '--registration', 'closed', '--color', '#000000');
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

let users = 0;
const newAddress = () => {
  users += 1;
  return `browser${users}@example.com`;
};
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const headline = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

describe.each([
  ['the default realm', '', true],
  ['another realm, without JavaScript', '/realms/acme', false],
])('in %s', (_, base, javaScriptEnabled) => {
  let context: BrowserContext;
  let page: Page;
  const open = (path: string) => page.goto(`${latchkey.origin}${base}${path}`);
  const path = () => new URL(page.url()).pathname;
  const look = (name: string, at = page) =>
    javaScriptEnabled ? inspect(at, name) : fits(at, name).then(() => screenshots(at, `acme-${name}`));

  /** Whether this browser is signed in: the page of signing out asks only then. */
  async function isSignedIn(): Promise<boolean> {
    await open('/logout');
    return (await headline(page)) === 'Sign out';
  }

  async function register(email: string): Promise<void> {
    await open('/register');
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Create account');
    expect(path()).toBe(`${base}/account`);
  }

  async function signIn(email: string, password: string): Promise<void> {
    await open('/login');
    await page.getByLabel('Email, username or phone').fill(email);
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
  }

  beforeEach(async () => {
    context = await browser.newContext({ javaScriptEnabled, locale: 'en-GB' });
    page = await context.newPage();
  });
  afterEach(() => context.close());

  it('somebody registers, confirms the address, signs out and in', async () => {
    const email = newAddress();
    await open('/register');
    await look('register');
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password').fill('lighthouse');
    await page.getByLabel('Password').evaluate((input: any) => input.removeAttribute('minlength'));
    await page.getByLabel('Password').fill('short');
    await page.getByLabel('Name (optional)').fill('Ada <b>Lovelace</b>');
    await press(page, 'Create account');
    expect(await page.getByRole('alert').textContent()).toContain('at least 8 characters');
    expect(await page.getByLabel('Email address').inputValue()).toBe(email);
    await look('register-refused');
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Create account');
    expect(path()).toBe(`${base}/account`);

    await page.goto(linkIn(await latchkey.messageTo(email, /Welcome/)));
    await look('verify-email');
    await press(page, 'This is my account');
    expect(await page.getByRole('status').textContent()).toBe('Your email address is confirmed.');
    await look('verify-email-done');
    await page.getByRole('link', { name: 'To your account' }).click();
    expect(path()).toBe(`${base}/account`);

    expect(await isSignedIn()).toBe(true);
    await look('sign-out');
    await press(page, 'Sign out');
    expect(await headline(page)).toBe('You are signed out');
    await look('signed-out');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await look('sign-in');
    await signIn(email, 'three lighthouses');
    expect(await page.getByRole('alert').textContent()).toContain('The name or the password is wrong.');
    await look('sign-in-refused');
    await signIn(email, PASSWORD);
    expect(path()).toBe(`${base}/account`);
    await open('/login');
    expect(path()).toBe(`${base}/account`);
  });

  it('a forgotten password is set anew, and the old session is over', async () => {
    const email = newAddress();
    await register(email);
    const elsewhere = await browser.newContext({ javaScriptEnabled, locale: 'en-GB' });
    const mailClient = await elsewhere.newPage();
    await mailClient.goto(`${latchkey.origin}${base}/login`);
    await mailClient.getByRole('link', { name: 'Forgot password?' }).click();
    await look('forgot-password', mailClient);
    await mailClient.getByLabel('Email address').fill(email);
    await press(mailClient, 'Send the link');
    expect(await headline(mailClient)).toBe('Check your email');
    expect(mailClient.url()).not.toContain('example.com');
    await look('forgot-password-sent', mailClient);
    const link = linkIn(await latchkey.messageTo(email, /password/i));
    await mailClient.goto(link);
    await look('reset-password', mailClient);
    await mailClient.getByLabel('New password').fill(NEXT);
    await press(mailClient, 'Set the password');
    expect(await headline(mailClient)).toBe('Your new password is set');
    await look('reset-password-done', mailClient);
    await mailClient.goto(link);
    expect(await mailClient.getByLabel('New password').count()).toBe(0);
    expect(await mailClient.getByRole('alert').textContent()).toContain('This link has been used');
    await look('link-stale', mailClient);
    await elsewhere.close();

    expect(await isSignedIn()).toBe(false);
    await signIn(email, PASSWORD);
    expect(await page.getByRole('alert').count()).toBe(1);
    await signIn(email, NEXT);
    expect(path()).toBe(`${base}/account`);
  });

  it('a one-time code signs in, and its address is in no URL', async () => {
    const email = newAddress();
    await register(email);
    await context.clearCookies();
    await open('/login');
    await page.getByRole('link', { name: 'Sign in with a one-time code' }).click();
    await look('code');
    await page.getByLabel('Email address or phone number').fill('nonsense');
    await press(page, 'Send the code');
    expect(await page.getByRole('alert').textContent()).toContain('Enter an email address such as');
    await page.getByLabel('Email address or phone number').fill(email);
    await press(page, 'Send the code');
    await look('code-sent');
    await page.getByLabel('Code').fill('000000');
    await press(page, 'Sign in');
    expect(await page.getByRole('alert').textContent()).toContain('This code is wrong or has expired.');
    await look('code-refused');
    expect(page.url()).not.toContain('example.com');
    const code = codeIn(await latchkey.messageTo(email, /^Your code/));
    await page.getByLabel('Code').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
    await press(page, 'Sign in');
    expect(path()).toBe(`${base}/account`);
    expect(await isSignedIn()).toBe(true);
  });

  it('the keyboard is enough', async () => {
    const email = newAddress();
    await register(email);
    await context.clearCookies();
    await open('/login');
    const keys = page.keyboard;
    const focused = () => page.evaluate(() => (globalThis as any).document.activeElement.textContent.trim());
    await keys.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await keys.press('Enter');
    await keys.press('Tab');
    await keys.type(email);
    await keys.press('Tab');
    await keys.type(PASSWORD);
    await keys.press('Tab');
    if (javaScriptEnabled) {
      const reveals = page.getByRole('button', { name: 'Show', exact: true });
      expect(await reveals.evaluate((button: any) => button.matches(':focus'))).toBe(true);
      await keys.press('Space');
      expect(await page.getByLabel('Password').getAttribute('type')).toBe('text');
      await keys.press('Tab');
    }
    expect(await focused()).toBe('Forgot password?');
    await keys.press('Tab');
    expect(await focused()).toBe('Sign in');
    await keys.press('Enter');
    await page.waitForURL(({ pathname }) => pathname === `${base}/account`);
  });

  it('German is offered and remembered', async () => {
    await open('/login');
    await page.getByRole('link', { name: 'Deutsch' }).click();
    expect(await headline(page)).toBe('Anmelden');
    await look('sign-in-german');
    for (const name of [
      'register',
      'forgot-password',
      'login/code',
      'login/link',
      'reset-password?token=a',
      'nowhere',
    ]) {
      await open(`/${name}`);
      expect(await page.locator('html').getAttribute('lang'), name).toBe('de');
      await look(`${name.replace(/\W.*/, '')}-german`);
    }
  });
});

describe('a realm', () => {
  it('that verifies first mails a link, and lets in who has followed it', async () => {
    const page = await browser.newPage({ locale: 'en-GB' });
    const email = newAddress();
    const at = `${latchkey.origin}/realms/gate`;
    await page.goto(`${at}/register`);
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Create account');
    expect(await headline(page)).toBe('Check your email');
    await inspect(page, 'gate-register-sent');
    await page.goto(`${at}/login`);
    await page.getByLabel('Email, username or phone').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Sign in');
    expect(await page.getByRole('alert').textContent()).toContain('confirm your email address first');
    await inspect(page, 'gate-unverified');
    await page.getByRole('link', { name: 'Send the link again' }).click();
    await inspect(page, 'gate-verify-email-again');
    await page.getByLabel('Email address').fill(email);
    await press(page, 'Send the link');
    expect(await headline(page)).toBe('Check your email');
    await page.goto(linkIn(await latchkey.messageTo(email, /^Confirm your email/)));
    await press(page, 'This is my account');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Email, username or phone').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Sign in');
    expect(new URL(page.url()).pathname).toBe('/realms/gate/account');
    await page.close();
  });

  it('that is closed says so, and offers no registration', async () => {
    const page = await browser.newPage({ locale: 'en-GB' });
    await page.goto(`${latchkey.origin}/realms/shut/login`);
    expect(await page.getByRole('link', { name: 'Create an account' }).count()).toBe(0);
    await inspect(page, 'shut-sign-in');
    await page.goto(`${latchkey.origin}/realms/shut/register`);
    expect(await page.getByRole('status').textContent()).toContain('can’t be made here');
    await inspect(page, 'shut-register');
    await page.close();
  });

  it.each([
    ['a hostile name', '<script>alert(1)</script></title><img src=x onerror=alert(2)>', '#ff00ff'],
    [
      'a long name',
      'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft GmbH',
      '#767676',
    ],
  ])('with %s looks like any other', async (what, name, color) => {
    const id = what.replaceAll(' ', '-');
    await latchkey.realm('create', id, '--name', name, '--color', color);
    const page = await browser.newPage({ locale: 'en-GB' });
    page.on('dialog', () => expect.fail('a script ran'));
    await page.goto(`${latchkey.origin}/realms/${id}/login`);
    expect(await page.locator('header').textContent()).toBe(name);
    expect(await page.title()).toBe(`Sign in · ${name}`);
    await inspect(page, `realm-with-${id}`);
    await page.close();
  });
});

it('links as an older service wrote them lead to the pages of its realm', async () => {
  const email = newAddress();
  const old = `${latchkey.origin}/User1`;
  const created = await fetch(`${old}/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD, first_name: 'Ada', last_name: 'Lovelace' }),
  });
  expect(created.status).toBe(200);
  const tokenIn = async (about: RegExp) =>
    new URL(linkIn(await latchkey.messageTo(email, about))).searchParams.get('token');
  const page = await browser.newPage({ locale: 'en-GB' });
  await page.goto(`${old}/verify?token=${await tokenIn(/^Welcome/)}`);
  expect(new URL(page.url()).pathname).toBe('/realms/user1/verify-email');
  await inspect(page, 'user1-verify-email');
  await press(page, 'This is my account');
  expect(await page.getByRole('status').textContent()).toBe('Your email address is confirmed.');
  expect((await fetch(`${old}/forget_password?email=${email}`)).status).toBe(200);
  await page.goto(`${old}/reset_password_form?token=${await tokenIn(/password/i)}`);
  expect(new URL(page.url()).pathname).toBe('/realms/user1/reset-password');
  await inspect(page, 'user1-reset-password');
  await page.getByLabel('New password').fill(NEXT);
  await press(page, 'Set the password');
  expect(await headline(page)).toBe('Your new password is set');
  const login = await fetch(`${old}/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: email, password: NEXT }),
  });
  expect(login.status).toBe(200);
  await page.close();
});

it('what is not there says so, with a way on and something to name', async () => {
  const page = await browser.newPage({ locale: 'en-GB' });
  const answer = await page.goto(`${latchkey.origin}/nowhere`);
  expect(answer?.status()).toBe(404);
  expect(await page.locator('code').textContent()).toBe(answer?.headers()['x-request-id']);
  await inspect(page, 'failure');
  await page.close();
});
