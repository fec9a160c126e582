import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fits, inspect, launchBrowser, screenshots } from '../support/browser/browser.ts';
import { codeIn, type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';
import { authenticatorsOf, openVisitor } from '../support/browser/visitor.ts';

let latchkey: Latchkey;
let browser: Browser;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  await latchkey.realm('create', 'acme', '--name', 'Acme & Sons', '--anonymous-users', 'on');
});
afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

let users = 0;
const newAddress = () => {
  users += 1;
  return `way${users}@example.com`;
};
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const headline = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();
const path = (page: Page) => new URL(page.url()).pathname;

describe.each([
  ['with', true],
  ['without', false],
])('%s JavaScript', (_, javaScriptEnabled) => {
  let contexts: BrowserContext[] = [];
  const look = (page: Page, name: string) =>
    javaScriptEnabled ? inspect(page, name) : fits(page, name).then(() => screenshots(page, `plain-${name}`));

  async function newPage(): Promise<Page> {
    const context = await browser.newContext({ javaScriptEnabled, locale: 'en-GB' });
    contexts.push(context);
    return context.newPage();
  }
  beforeEach(() => {
    contexts = [];
  });
  afterEach(() => Promise.all(contexts.map((one) => one.close())));

  /** Makes an account with a proven address; nobody is signed in then. */
  async function register(): Promise<string> {
    const email = newAddress();
    const who = await openVisitor(latchkey, browser, { javaScriptEnabled });
    contexts.push(who.context);
    await who.register(email);
    return email;
  }

  async function askForLink(page: Page, email: string): Promise<string> {
    await page.goto(`${latchkey.origin}/login`);
    await page.getByRole('link', { name: 'Email me a link' }).click();
    await look(page, 'link-request');
    await page.getByLabel('Email address').fill(email);
    await press(page, 'Email me a link');
    expect(await headline(page)).toBe('Check your email');
    await look(page, 'link-sent');
    return linkIn(await latchkey.messageTo(email, /^Sign in to/));
  }

  it('a link from a mail signs in the browser that has asked for it', async () => {
    const email = await register();
    const page = await newPage();
    const link = await askForLink(page, email);
    await page.goto(link);
    expect(await headline(page)).toBe('Sign in');
    await look(page, 'link-here');
    await press(page, 'Sign in');
    expect(path(page)).toBe('/account');
    await page.goto(link);
    expect(await page.getByRole('alert').textContent()).toContain('has been used');
    await look(page, 'link-spent');
  });

  it('on another device it shows a number, which the first browser takes', async () => {
    const email = await register();
    const [page, phone] = [await newPage(), await newPage()];
    await phone.goto(await askForLink(page, email));
    expect(await headline(phone)).toBe('You are in another browser');
    await look(phone, 'link-elsewhere');
    await press(phone, 'Show the number');
    const number = (await phone.getByRole('status').textContent())?.trim() ?? '';
    expect(number).toMatch(/^\d{6}$/);
    await look(phone, 'link-number');
    await page.getByLabel('Number').fill(number === '111111' ? '222222' : '111111');
    await press(page, 'Sign in here');
    await page.getByRole('alert').waitFor();
    await look(page, 'link-wrong-number');
    await page.getByLabel('Number').fill(number);
    await press(page, 'Sign in here');
    await page.waitForURL('**/account');
  });

  it('somebody who has not registered sees so, adds an address, and keeps the account', async () => {
    const base = `${latchkey.origin}/realms/acme`;
    const { challenge } = (await (await fetch(`${base}/v1/auth/challenge`)).json()) as any;
    const solution = await solveChallenge({ challenge, deriveKey });
    const begun = await fetch(`${base}/v1/auth/anonymous`, {
      method: 'POST',
      headers: {
        origin: latchkey.origin,
        'content-type': 'application/json',
        'challenge-solution': Buffer.from(JSON.stringify({ challenge, solution })).toString('base64'),
      },
      body: '{"session_cookie":true}',
    });
    expect(begun.status).toBe(201);
    const page = await newPage();
    const cookies = begun.headers.getSetCookie().map((line) => {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      return {
        name,
        value,
        url: 'https://localhost/',
        secure: true,
        httpOnly: true,
        sameSite: 'Lax' as const,
      };
    });
    await page.context().addCookies(cookies);
    await page.goto(`${base}/account`);
    expect(await page.getByRole('heading', { name: 'You have not registered yet' }).count()).toBe(1);
    await look(page, 'anonymous-account');
    await page.goto(`${base}/account/security`);
    await look(page, 'anonymous-security');
    await page.goto(`${base}/account/data`);
    await look(page, 'anonymous-data');
    await page.getByRole('link', { name: 'Add an email address' }).first().click();
    await look(page, 'anonymous-address');
    const email = newAddress();
    await page.getByLabel('Email address').fill(email);
    await press(page, 'Send the code');
    await page.getByLabel('Code').fill(codeIn(await latchkey.messageTo(email)));
    await press(page, 'Confirm the address');
    await page.waitForURL('**/account');
    expect(await page.getByRole('heading', { name: 'You have not registered yet' }).count()).toBe(0);
    await page.goto(`${base}/account/security`);
    expect(await page.getByText(email).count()).toBeGreaterThan(0);
  });
});

it('somebody makes an account by a passkey alone, and comes back by it', async () => {
  const { context, headline, page, press, signOut } = await openVisitor(latchkey, browser);
  await (await authenticatorsOf(page)).plugIn();
  await page.goto(`${latchkey.origin}/register`);
  await inspect(page, 'register-by-passkey');
  await page.getByLabel('Email address').fill(newAddress());
  await press('Use a passkey instead');
  expect(await headline()).toBe('Create a passkey');
  await inspect(page, 'register-passkey-step');
  await press('Create passkey');
  await page.waitForURL('**/account');
  await signOut();
  await page.goto(`${latchkey.origin}/login`);
  // The suggestion in the field is taken at once, as nobody has to touch anything here.
  await page.waitForURL('**/account');
  await context.close();
});

it('a page that waits for a link goes on where its link is opened in another tab', async () => {
  const { context, page, press, register, signOut } = await openVisitor(latchkey, browser);
  const email = newAddress();
  await register(email);
  await signOut();
  await page.goto(`${latchkey.origin}/login/link?redirect_to=/account/activity`);
  await page.getByLabel('Email address').fill(email);
  await press('Email me a link');
  const tab = await context.newPage();
  await tab.goto(linkIn(await latchkey.messageTo(email, /^Sign in to/)));
  await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
  await tab.waitForURL('**/account/activity');
  await page.bringToFront();
  await page.waitForURL('**/account/activity');
  await context.close();
});
