import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';

let latchkey: Latchkey;
let browser: Browser;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

it('signs nobody in with a wrong password', async () => {
  const page = await browser.newPage();
  await page.goto(`${latchkey.origin}/login`);
  await inspect(page, 'sign-in');
  await page.getByLabel('E-mail address, username or phone number').fill('nobody@example.com');
  await page.getByLabel('Password').fill('three lighthouses');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByRole('alert').textContent()).toContain('The name or the password is wrong.');
  await inspect(page, 'sign-in-refused');
  await page.close();
});
