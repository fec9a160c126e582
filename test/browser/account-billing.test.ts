import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';
import { PATIENCE } from '../support/patience.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';
import { startStripe } from '../support/peers/stripe.ts';

const INTERNAL_API_KEY = 'aW50ZXJuYWwta2V5LWZvci1icm93c2VyLXRlc3Rz';
const PASSWORD = 'three lighthouses at dusk';
const PRICES = [
  { price_id: 'price_pro_month', plan: 'pro' },
  { price_id: 'price_pro_year', plan: 'pro' },
  { price_id: 'price_enterprise_month', plan: 'enterprise' },
  { price_id: 'price_credits_500', credits: 500 },
];

let stripe: Awaited<ReturnType<typeof startStripe>>;
let latchkey: Latchkey;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let userId: string;
let users = 0;
/** The way to everywhere but this machine, which leads nowhere. */
let outside: Server;
/** Whom the browser has wanted to reach there: it asks for nobody that a page's policy refuses. */
let asked: string[] = [];

async function asService<T = any>(method: string, path: string, body: object): Promise<T> {
  const answer = await fetch(`${latchkey.origin}${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-api-key': INTERNAL_API_KEY },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function atStripe(action: string, given: object): Promise<any> {
  const url = `http://127.0.0.1:${stripe.port}/_test/${action}`;
  return (await fetch(url, { method: 'POST', body: JSON.stringify(given) })).json();
}

async function press(name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
  await page.waitForLoadState();
}
async function isAsked(host: string): Promise<void> {
  await vi.waitUntil(() => asked.includes(`${host}:443`), PATIENCE);
  await page.waitForURL('chrome-error://**');
  asked = [];
}
const told = () => page.getByRole('status').textContent();
const go = (path: string) => page.goto(`${latchkey.origin}${path}`);

beforeAll(async () => {
  outside = createServer().on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await once(outside.listen(0, '127.0.0.1'), 'listening');
  stripe = await startStripe();
  const variables = {
    INTERNAL_API_KEY,
    STRIPE_SECRET_KEY: CREDENTIALS.stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: CREDENTIALS.stripe.webhookSecrets.join(','),
    STRIPE_API_URL: `http://127.0.0.1:${stripe.port}`,
  };
  [latchkey, browser] = await Promise.all([startLatchkey(variables), launchBrowser()]);
  await asService('PUT', '/v1/admin/billing/prices', { data: PRICES });
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close(), stripe?.stop()]);
  outside.close();
});

beforeEach(async () => {
  users += 1;
  const email = `payer${users}@example.com`;
  asked = [];
  const { port } = outside.address() as AddressInfo;
  const proxy = { server: `http://127.0.0.1:${port}`, bypass: 'localhost' };
  context = await browser.newContext({ locale: 'en-GB', proxy });
  page = await context.newPage();
  await go('/register');
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Create account');
  await page.goto(linkIn(await latchkey.messageTo(email, /^Welcome/)));
  await press('This is my account');
  const headers = { 'x-api-key': INTERNAL_API_KEY };
  const found = await fetch(`${latchkey.origin}/v1/users/by-email/${email}`, { headers });
  userId = ((await found.json()) as { id: string }).id;
});
afterEach(() => context.close());

it('a plan is bought, changed, ended and kept; cards are looked after', async () => {
  await go('/account/billing');
  await inspect(page, 'billing-free');
  await press('Choose Pro, $20.00 a month');
  await isAsked('checkout.stripe.com');
  await go('/account/billing?done=not_paid');
  expect(await told()).toBe('Nothing was bought, and nothing was charged.');
  await press('Add or change at Stripe');
  await isAsked('billing.stripe.com');

  const [{ id: customer }] = (await atStripe('objects', { object: 'customer' })).filter(
    ({ metadata }: any) => metadata.user_id === userId,
  );
  await atStripe('attach', { customer });
  await atStripe('attach', { customer, brand: 'mastercard' });
  await go('/account/billing');
  await press('Make default: Visa ending in 4242');
  expect(await told()).toBe('This is now your default payment method.');
  await press('Choose Pro, $20.00 a month');
  expect(await told()).toBe('Your plan is changed.');
  await inspect(page, 'billing-pro');
  // By the month, until the reader wants to see what a year costs.
  expect(await page.getByRole('button', { name: 'Choose Pro, $200.00 a year' }).count()).toBe(0);
  await page.getByText('Yearly').click();
  await press('Choose Pro, $200.00 a year');
  await press('Choose Enterprise, $100.00 a month');
  await press('End the plan');
  expect(await told()).toContain('Your plan ends when');
  await inspect(page, 'billing-ending');
  await press('Keep the plan');
  expect(await told()).toBe('Your plan goes on.');
  await press('Remove Mastercard ending in 4242');
  expect(await page.getByText('Mastercard').count()).toBe(0);
  await press('Buy 500 credits, $5.00');
  await isAsked('checkout.stripe.com');
});

it('usage is looked at', async () => {
  for (const [resource, quantity] of [
    ['images', 18],
    ['videos', 2],
  ]) {
    await asService('POST', '/v1/usage', { user_id: userId, resource, quantity });
  }
  for (let order = 1; order <= 12; order += 1) {
    const addition = {
      user_id: userId,
      amount: 10,
      reference: `order-${order}`,
      description: `Order ${order}`,
    };
    await asService('POST', '/v1/credits/add', addition);
  }
  // The roll-ups that charts come from are written a moment later.
  const chart = page.getByRole('img', { name: /^Images: the last 30 days/ });
  for (let tries = 0; tries < 40 && (await chart.count()) === 0; tries += 1) {
    await go('/account/usage');
    await page.waitForTimeout(250);
  }
  expect(await page.getByRole('meter', { name: 'Images' }).count()).toBe(1);
  await page.getByText('Day by day').first().click();
  expect(await page.getByRole('group', { name: 'Images, day by day' }).getByRole('row').count()).toBe(31);
  await inspect(page, 'usage');
  await page.getByRole('link', { name: 'Older entries' }).click();
  expect(await page.getByText('Order 1', { exact: true }).count()).toBe(1);
  await page.getByRole('link', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { level: 1, name: 'Nutzung' }).waitFor();
  await page.waitForLoadState();
  await inspect(page, 'usage-de');
});
