import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failureMessages, signInMessages } from '../../src/languages/messages.ts';
import { fits, inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';

let latchkey: Latchkey;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const variables = { GOOGLE_CLIENT_ID: 'not visited', GOOGLE_CLIENT_SECRET: 'not visited' };
  [latchkey, browser] = await Promise.all([startLatchkey(variables), launchBrowser()]);
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

beforeEach(async () => {
  page = await browser.newPage({ locale: 'en-GB' });
});

afterEach(() => page.close());

const open = (path: string) => page.goto(`${latchkey.origin}${path}`);

describe('a failure', () => {
  const says = Object.entries(signInMessages.en.providerErrors).map(
    ([code, say]) => [code, say?.('Google') ?? ''] as const,
  );

  it.each(says)('of a provider, %s, is said where another try begins', async (code, text) => {
    await open(`/login?error=${code}&provider=google`);
    expect(await page.getByRole('alert').textContent()).toContain(text);
    expect(await page.getByRole('link', { name: 'Continue with Google' }).count()).toBe(1);
    await inspect(page, `providers-${code}`);
    await open(`/login?error=${code}&provider=google&ui_locales=de`);
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await fits(page);
  });

  it.each([
    ['redirect_not_allowed', '/login?redirect_to=https://evil.example', 400],
    ['invalid_request', '/login?code_challenge=short', 400],
    ['validation_failed', '/v1/oauth/google/login?code_challenge=short', 422],
  ] as const)('%s has a page', async (code, at, status) => {
    expect((await open(at))?.status()).toBe(status);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
      failureMessages.en.failures[code]?.title,
    );
    await inspect(page, `failure-${code}`);
  });

  it.each([
    ['a provider that is not switched on', '/v1/oauth/nobody/login'],
    ['a target that is not on the list', '/v1/oauth/google/login?redirect_to=https://evil.example'],
    ['an answer that nobody asked for', '/v1/oauth/google/callback?code=a&state=b'],
  ])('by %s leads to the sign-in page', async (_, at) => {
    await open(at);
    expect(new URL(page.url()).pathname).toBe('/login');
    expect(await page.getByRole('alert').count()).toBe(1);
    expect(page.url()).not.toContain('evil');
  });
});
