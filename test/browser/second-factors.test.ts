import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { fits, inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';
import { type BrowserVisitor, codeOf, openVisitor } from '../support/browser/visitor.ts';

let latchkey: Latchkey;
let browser: Browser;
let who: BrowserVisitor;
let page: Page;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  await latchkey.realm('create', 'strict', '--name', 'Strict & Sons', '--mfa', 'required');
});
afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

beforeEach(async () => {
  who = await openVisitor(latchkey, browser);
  page = who.page;
});
afterEach(() => who.context.close());

/** Reads the key below the picture. */
async function keyShown(): Promise<string> {
  return ((await page.locator('code').textContent()) ?? '').replaceAll(' ', '');
}

it('somebody adds an app, signs in by its code, and by a recovery code when the phone is lost', async () => {
  const email = 'two-step@example.com';
  await who.register(email);
  await page.goto(`${latchkey.origin}/account/two-step`);
  await inspect(page, 'two-step-none');
  await page.getByLabel('Name').fill('My phone');
  await who.press('Add an authenticator app');
  await inspect(page, 'two-step-app');
  const secret = await keyShown();
  await page.getByLabel('Code from the app').fill('000000');
  await who.press('Confirm');
  expect(await page.getByRole('alert').count()).toBeGreaterThan(0);
  expect(await keyShown()).toBe(secret);
  await inspect(page, 'two-step-app-wrong');
  await page.getByLabel('Code from the app').fill(codeOf(secret));
  await who.press('Confirm');
  expect(await who.headline()).toBe('Keep these recovery codes');
  await inspect(page, 'two-step-codes');
  const codes = ((await page.locator('pre').textContent()) ?? '').trim().split(/\s+/);
  expect(codes).toHaveLength(10);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download as a text file' }).click();
  expect((await download).suggestedFilename()).toBe('recovery-codes.txt');
  await page.getByRole('link', { name: 'I have kept them' }).click();
  expect(await page.getByRole('status').textContent()).toContain('asks for a code');
  await inspect(page, 'two-step-set');
  await latchkey.messageTo(email, /authenticator app/i);

  await who.signIn(email);
  expect(who.path()).toBe('/login/second-step');
  await inspect(page, 'second-step');
  await page.getByLabel('Code of your authenticator app').fill('123');
  await who.press('Sign in');
  await inspect(page, 'second-step-wrong');
  // Each code is good once: the next is taken already.
  await page.getByLabel('Code of your authenticator app').fill(codeOf(secret, 30));
  await page.getByLabel('Code of your authenticator app').press('Enter');
  await page.waitForURL('**/account');

  await who.signIn(email);
  await page.getByText('I cannot use my authenticator app or passkey').click();
  await page.getByLabel('Recovery code').fill(codes[3] as string);
  await inspect(page, 'second-step-recovery');
  await page.getByLabel('Recovery code').press('Enter');
  await page.waitForURL('**/account');
  await latchkey.messageTo(email, /recovery code/i);
  await page.goto(`${latchkey.origin}/account/two-step`);
  expect(await page.getByText('9 recovery codes are left').count()).toBe(1);
  await who.press('Remove My phone');
  expect(await page.getByRole('status').textContent()).toContain('not asked for any more');
});

it('who needs a second step gets to set one up and to nothing else, then to where they were going', async () => {
  const email = 'required@example.com';
  await who.register(email, '/realms/strict');
  await page.goto(`${latchkey.origin}/realms/strict/account/usage`);
  expect(who.path()).toBe('/realms/strict/account/two-step');
  expect(await page.getByRole('alert').textContent()).toContain('needs a second step');
  await inspect(page, 'two-step-required');
  await who.press('Add an authenticator app');
  await page.getByLabel('Code from the app').fill(codeOf(await keyShown()));
  await who.press('Confirm');
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await page.goto(`${latchkey.origin}/realms/strict/account/usage`);
  expect(who.path()).toBe('/realms/strict/account/usage');
});

it('goes without JavaScript', async () => {
  const email = 'plain@example.com';
  await who.register(email);
  await who.context.close();
  who = await openVisitor(latchkey, browser, { javaScriptEnabled: false });
  page = who.page;
  await who.signIn(email);
  await page.waitForURL('**/account');
  await page.goto(`${latchkey.origin}/account/two-step`);
  await who.press('Add an authenticator app');
  const secret = await keyShown();
  await page.getByLabel('Code from the app').fill(codeOf(secret));
  await who.press('Confirm');
  expect(await who.headline()).toBe('Keep these recovery codes');
  await who.signIn(email);
  expect(await who.headline()).toBe('One more step');
  await fits(page);
  await page.getByLabel('Code of your authenticator app').fill(codeOf(secret, 30));
  await who.press('Sign in');
  await page.waitForURL('**/account');
});
