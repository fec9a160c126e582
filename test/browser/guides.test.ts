import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';

let latchkey: Latchkey;
let browser: Browser;
let page: Page;
/** What the page's policy or a script of it complained of. */
const complaints: string[] = [];

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  page = await browser.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
});

afterAll(async () => {
  await browser.close();
  await latchkey.stop();
});

it.each([
  ['', 'Guides'],
  ['/get-started', 'Get started'],
  ['/errors', 'Errors'],
  ['/configuration', 'Configuration'],
  ['/architecture', 'Architecture'],
])('/docs/guides%s can be read by anybody, on any screen', async (path, title) => {
  await page.goto(`${latchkey.origin}/docs/guides${path}`);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(title);
  await inspect(page, `guides${path.replace('/', '-')}`);
  expect(complaints).toEqual([]);
});

it('are searched by keyboard alone', async () => {
  await page.setViewportSize({ width: 1100, height: 800 });
  await page.goto(`${latchkey.origin}/docs/guides/get-started`);
  await page.keyboard.press('/');
  await page.keyboard.type('session_ended');
  await page
    .getByRole('status')
    .getByText(/^\d+ found/)
    .waitFor();
  await inspect(page, 'guides-search');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Errors: session_ended');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/docs/guides/errors#session_ended');
  await page.keyboard.press('/');
  await page.keyboard.type('xyzzy plugh');
  await page.getByText('Nothing found.').waitFor();
  await page.keyboard.press('Escape');
  expect(await page.getByText('Nothing found.').isVisible()).toBe(false);
});

it('are lists and links without JavaScript', async () => {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport: { width: 390, height: 800 },
  });
  const plain = await context.newPage();
  await plain.goto(`${latchkey.origin}/docs/guides`);
  expect(await plain.getByRole('searchbox').count()).toBe(0);
  await plain.getByRole('link', { name: 'Get started' }).first().click();
  await plain.getByRole('link', { name: 'Latchkey guides' }).click();
  await plain.getByRole('link', { name: 'Errors', exact: true }).last().click();
  await plain.waitForURL('**/docs/guides/errors');
  await context.close();
});

it.each(['/docs', '/redoc', '/docs/errors'])('%s leads to them', async (path) => {
  await page.goto(`${latchkey.origin}${path}`);
  await page.getByRole('link', { name: 'Guides', exact: true }).first().click();
  await page.waitForURL('**/docs/guides');
});
