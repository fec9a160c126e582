import { execFileSync } from 'node:child_process';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { fits, inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';

const PASSWORD = 'three lighthouses at dusk';

let latchkey: Latchkey;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  await latchkey.realm('create', 'strict', '--name', 'Strict & Sons', '--mfa', 'required');
});
afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

beforeEach(async () => {
  context = await browser.newContext({ locale: 'en-GB' });
  page = await context.newPage();
});
afterEach(() => context.close());

const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const path = () => new URL(page.url()).pathname;
const headline = () => page.getByRole('heading', { level: 1 }).textContent();

async function register(email: string, base = ''): Promise<void> {
  await page.goto(`${latchkey.origin}${base}/register`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Make the account');
  await page.goto(linkIn(await latchkey.messageTo(email)));
  await press('This is my account');
}

async function signIn(email: string, base = ''): Promise<void> {
  await context.clearCookies();
  await page.goto(`${latchkey.origin}${base}/login`);
  await page.getByLabel('E-mail address, username or phone number').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
}

/** The code that an authenticator app shows: of now, or of a time that is still to come (seconds). */
function codeOf(secret: string, later = 0): string {
  const at = `@${Math.floor(Date.now() / 1000) + later}`;
  return execFileSync('oathtool', ['--totp', '--base32', '--now', at, secret], { encoding: 'utf8' }).trim();
}

/** Reads the key below the picture. */
async function keyShown(): Promise<string> {
  return ((await page.locator('code').textContent()) ?? '').replaceAll(' ', '');
}

it('somebody adds an app, signs in by its code, and by a recovery code when the phone is lost', async () => {
  const email = 'two-step@example.com';
  await register(email);
  await page.goto(`${latchkey.origin}/account/two-step`);
  await inspect(page, 'two-step-none');
  await page.getByLabel('Name').fill('My phone');
  await press('Add an authenticator app');
  await inspect(page, 'two-step-app');
  const secret = await keyShown();
  await page.getByLabel('Code from the app').fill('000000');
  await press('Confirm');
  expect(await page.getByRole('alert').count()).toBeGreaterThan(0);
  expect(await keyShown()).toBe(secret);
  await inspect(page, 'two-step-app-wrong');
  await page.getByLabel('Code from the app').fill(codeOf(secret));
  await press('Confirm');
  expect(await headline()).toBe('Keep these recovery codes');
  await inspect(page, 'two-step-codes');
  const codes = ((await page.locator('pre').textContent()) ?? '').trim().split(/\s+/);
  expect(codes).toHaveLength(10);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download as a text file' }).click();
  expect((await download).suggestedFilename()).toBe('recovery-codes.txt');
  await page.getByRole('link', { name: 'I have kept them' }).click();
  expect(await page.getByRole('status').textContent()).toContain('ask for a code');
  await inspect(page, 'two-step-set');
  await latchkey.messageTo(email, /authenticator app/i);

  await signIn(email);
  expect(path()).toBe('/login/second-step');
  await inspect(page, 'second-step');
  await page.getByLabel('Code of your authenticator app').fill('123');
  await press('Sign in');
  await inspect(page, 'second-step-wrong');
  // Each code is good once: the next is taken already.
  await page.getByLabel('Code of your authenticator app').fill(codeOf(secret, 30));
  await page.getByLabel('Code of your authenticator app').press('Enter');
  await page.waitForURL('**/account');

  await signIn(email);
  await page.getByText('I cannot use my authenticator app or passkey').click();
  await page.getByLabel('Recovery code').fill(codes[3] as string);
  await inspect(page, 'second-step-recovery');
  await page.getByLabel('Recovery code').press('Enter');
  await page.waitForURL('**/account');
  await latchkey.messageTo(email, /recovery code/i);
  await page.goto(`${latchkey.origin}/account/two-step`);
  expect(await page.getByText('9 recovery codes are left').count()).toBe(1);
  await press('Remove My phone');
  expect(await page.getByRole('status').textContent()).toContain('not asked for any more');
});

it('who needs a second step gets to set one up and to nothing else, then to where they were going', async () => {
  const email = 'required@example.com';
  await register(email, '/realms/strict');
  await page.goto(`${latchkey.origin}/realms/strict/account/usage`);
  expect(path()).toBe('/realms/strict/account/two-step');
  expect(await page.getByRole('alert').textContent()).toContain('required of you');
  await inspect(page, 'two-step-required');
  await press('Add an authenticator app');
  await page.getByLabel('Code from the app').fill(codeOf(await keyShown()));
  await press('Confirm');
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await page.goto(`${latchkey.origin}/realms/strict/account/usage`);
  expect(path()).toBe('/realms/strict/account/usage');
});

it('goes without JavaScript', async () => {
  const email = 'plain@example.com';
  await register(email);
  await context.close();
  context = await browser.newContext({ locale: 'en-GB', javaScriptEnabled: false });
  page = await context.newPage();
  await page.goto(`${latchkey.origin}/login`);
  await page.getByLabel('E-mail address, username or phone number').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
  await page.waitForURL('**/account');
  await page.goto(`${latchkey.origin}/account/two-step`);
  await press('Add an authenticator app');
  const secret = await keyShown();
  await page.getByLabel('Code from the app').fill(codeOf(secret));
  await press('Confirm');
  expect(await headline()).toBe('Keep these recovery codes');
  await context.clearCookies();
  await page.goto(`${latchkey.origin}/login`);
  await page.getByLabel('E-mail address, username or phone number').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
  expect(await headline()).toBe('One more step');
  await fits(page);
  await page.getByLabel('Code of your authenticator app').fill(codeOf(secret, 30));
  await press('Sign in');
  await page.waitForURL('**/account');
});
