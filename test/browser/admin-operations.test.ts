import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { axe, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';
import { type OperatorBrowser, openDashboard } from '../support/browser/operator.ts';
import { images } from '../support/images.ts';
import { PATIENCE } from '../support/patience.ts';
import { receivedMails, setFault } from '../support/peers/mailbox.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';

const OWNER = 'grace@ops.example';
const PASSWORD = 'three lighthouses at dusk';
const INTERNAL_API_KEY = 'aW50ZXJuYWwta2V5LWZvci1icm93c2VyLXRlc3Rz';
const BEFORE: Parameters<typeof startLatchkey>[2] = [
  ['seed', '--users', '300', '--days', '30', '--active', '0.1'],
  ['admin', OWNER, '--password', PASSWORD],
];
const { secretKey, webhookSecrets } = CREDENTIALS.stripe;

let latchkey: Latchkey;
let browser: Browser;
let desk: OperatorBrowser;

beforeAll(async () => {
  const { smtp, stripe } = inject('peers');
  const variables = {
    INTERNAL_API_KEY,
    MAIL_PROVIDER: 'smtp',
    MAIL_FROM: 'accounts@latchkey.test',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(smtp.plain),
    SMTP_SECURITY: 'none',
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: webhookSecrets.join(','),
    STRIPE_API_URL: `http://127.0.0.1:${stripe.api}`,
  };
  [latchkey, browser] = await Promise.all([startLatchkey(variables, undefined, BEFORE), launchBrowser()]);
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

beforeEach(async () => {
  desk = await openDashboard(latchkey, browser);
  await desk.go('/admin');
  await desk.signIn(OWNER, PASSWORD);
  expect(desk.path()).toBe('/admin');
});
afterEach(() => desk.context.close());

async function menu(name: string): Promise<void> {
  await desk.page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name }).click();
  expect(await desk.headline()).toBe(name);
}

async function german(headline: string): Promise<void> {
  await desk.page.getByRole('link', { name: 'Deutsch' }).click();
  expect(await desk.headline()).toBe(headline);
}

/** Loads the page again until it shows that. */
async function shows(text: string): Promise<void> {
  await expect
    .poll(
      async () => {
        await desk.page.reload();
        return desk.page.getByText(text, { exact: true }).count();
      },
      { timeout: PATIENCE, interval: 200 },
    )
    .toBeGreaterThan(0);
}

/** Opens a tab of the page that is shown. */
async function tab(name: string): Promise<void> {
  await desk.page.getByRole('navigation', { name: 'Parts of the page' }).getByRole('link', { name }).click();
}

/** Sends the form of the dialog that is open, by the button in it. */
async function send(name: string): Promise<void> {
  await desk.page.locator('dialog[open]').getByRole('button', { name, exact: true }).click();
  await desk.page.waitForLoadState();
}

const panel = (name: string | RegExp) => desk.page.getByRole('region', { name });

it('what happened is filtered, paged and taken along', async () => {
  const { page, press, look } = desk;
  await menu('Activity');
  await look('activity');
  await page.getByRole('link', { name: 'Older entries' }).click();
  await page.getByRole('link', { name: 'Newest entries' }).click();
  await page.getByRole('combobox', { name: 'Event' }).selectOption('Account created');
  await press('Search');
  await page.getByText('300 in all').waitFor();
  await look('activity-filtered');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download as CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/\.csv$/);
  expect(
    readFileSync(await file.path(), 'utf8')
      .trim()
      .split('\r\n'),
  ).toHaveLength(301);
  await page.getByLabel('From').fill('2099-01-01');
  await press('Search');
  await page.getByText('There is nothing here.').waitFor();
  await look('activity-none');

  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByText('Operator made on the command line').last().waitFor();
  await page.locator('main').getByText('Details').last().click();
  await page.getByText('"role": "owner"').waitFor();
  await look('activity-operators');
  await german('Aktivität');
  await look('activity-de');
});

it('a message that was given up is sent again', async () => {
  const { page, press, look } = desk;
  const email = `bounced-${Date.now()}@example.com`;
  await setFault(email, 'reject-recipient');
  await desk.go('/admin/users/new');
  await page.getByLabel('Email address').fill(email);
  await press('Create user');
  await menu('Mail');
  await look('mail');
  await page.getByRole('link', { name: 'Given up' }).click();
  await shows(email);
  const row = page.getByRole('row', { name: email });
  expect(await row.textContent()).toContain('Given up');
  await look('mail-given-up');
  await row.getByRole('link').click();
  await look('mail-one');
  await setFault(email, null);
  await press('Send again now');
  expect(await desk.told()).toBe('The message is on its way again.');
  await shows('Sent');
  expect(await page.getByText(/token=/).count()).toBe(0);
  expect(await receivedMails(email)).toHaveLength(1);
  await page.getByText('It cannot be sent again').waitFor();
  await look('mail-sent');
  await german(await desk.headline().then(String));
  await look('mail-de');
});

it('billing: prices are mapped, and what failed is handled again', async () => {
  const { page, press, look } = desk;
  await menu('Billing');
  const prices = panel('Prices');
  await look('billing-seeded');
  for (const row of [1, 2, 3]) {
    await prices.getByLabel('Price at Stripe').nth(row).selectOption('No price');
    await prices.getByLabel('Plan').nth(row).selectOption('No plan');
  }
  await press('Save');
  expect(await desk.told()).toContain('Saved.');
  // One that is paid again and again stands for no credits.
  await prices.getByLabel('Price at Stripe').nth(1).selectOption('price_enterprise_month');
  await prices.getByLabel('Credits').nth(1).fill('500');
  await press('Save');
  expect(await desk.refused()).toContain('recurring');
  await look('billing-refused');
  await prices.getByLabel('Price at Stripe').nth(1).selectOption('price_credits_500');
  await press('Save');
  expect(await desk.told()).toContain('Saved.');

  const { user, failed } = await sellCredits('buyer@example.com');
  await page.reload();
  await page.getByRole('link', { name: 'Failed' }).click();
  const row = page.getByRole('row', { name: failed });
  expect(await row.textContent()).toContain('service_unavailable');
  await look('billing-failed');
  await faultAt(failed);
  await press(`Handle again: ${failed}`);
  await look('billing-failed-again');
  expect(await desk.refused()).toContain('failed again');
  await press(`Handle again: ${failed}`);
  expect(await desk.told()).toBe('The event was handled again.');
  await desk.go(`/admin/users/${user}?tab=credits`);
  await panel('Credits').getByText('Bought').waitFor();
  await desk.go('/admin/billing');
  await german('Abrechnung');
  await look('billing-de');
});

it('plans are looked at, added and edited', async () => {
  const { page, press, look } = desk;
  await menu('Plans');
  await look('plans');
  await press('Add a plan');
  await page.getByLabel('Id', { exact: true }).fill('No spaces');
  await page.getByLabel('Name').fill('Team');
  await press('Add');
  await look('plans-refused');
  await page.getByLabel('Id', { exact: true }).fill('team');
  await press('Add');
  expect(await desk.headline()).toBe('Team');
  await page.getByLabel('images a day').fill('lots');
  await press('Save');
  await look('plan-refused');
  await page.getByLabel('images a day').fill('40');
  await page.getByLabel('tokens a month').fill('unlimited');
  await press('Save');
  expect(await desk.told()).toContain('Saved.');
  await look('plan');
  await page.getByRole('link', { name: 'Back to all' }).click();
  const cell = page.getByLabel('Team: Images, Per day');
  expect(await cell.inputValue()).toBe('40');
  await cell.fill('lots');
  await press('Save');
  expect(await cell.getAttribute('aria-invalid')).toBe('true');
  await look('plans-matrix-refused');
  await cell.fill('50');
  await press('Save');
  expect(await desk.told()).toContain('Saved.');
  expect(await cell.inputValue()).toBe('50');
  await german('Tarife');
  await look('plans-de');
});

it('a realm is made, its policy changed, its signing key followed by the next', async () => {
  const { page, press, look } = desk;
  await menu('Realms');
  await press('New realm');
  await page.getByLabel('Id', { exact: true }).fill('default');
  await page.getByLabel('Name').fill('Acme');
  await press('Create');
  await look('realms-refused');
  await page.getByLabel('Id', { exact: true }).fill('acme');
  await press('Create');
  expect(await desk.told()).toBe('The realm is created.');
  const colour = page.locator('#color');
  const preview = page.frameLocator('iframe[name=preview]');
  await colour.fill('teal');
  await page.getByLabel('Welcome (English)').fill('One account for all of Acme');
  // What can be taken of it is seen, though it cannot be saved.
  await page.getByRole('button', { name: 'Preview in English' }).click();
  await preview.getByText('One account for all of Acme').waitFor();
  await page.getByLabel('Welcome (Deutsch)').fill('Ein Konto für ganz Acme');
  await page.getByRole('button', { name: 'Preview in Deutsch' }).click();
  await preview.getByText('Ein Konto für ganz Acme').waitFor();
  await preview.getByRole('heading', { name: 'Anmelden' }).waitFor();
  await press('Save appearance');
  await look('realm-refused');
  await colour.fill('#0f766e');
  await press('Save appearance');
  expect(await desk.told()).toContain('The appearance is saved.');
  const file = { name: 'ground.png', mimeType: 'image/png', buffer: Buffer.from(images.pngRgb) };
  await page.getByLabel('Choose a picture: Background picture').setInputFiles(file);
  await press('Upload: Background picture');
  expect(await desk.told()).toBe('The picture is put up.');
  await look('realm-appearance');
  // Where there is a script, nothing has to be pressed; and the browser goes back to where it was before the page.
  const scripted = await browser.newContext({ storageState: await desk.context.storageState() });
  const live = await scripted.newPage();
  await live.goto(`${latchkey.origin}/admin/realms`);
  await live.goto(page.url());
  for (const text of ['Seen while it', 'Seen while it is typed']) {
    await live.getByLabel('Welcome (English)').fill(text);
    await live.frameLocator('.preview > iframe:last-child').getByText(text, { exact: true }).waitFor();
  }
  await live.locator('input[data-color-of=color]').fill('#aa0000');
  expect(await live.locator('#color').inputValue()).toBe('#aa0000');
  await axe(live);
  await live.goBack();
  expect(new URL(live.url()).pathname).toBe('/admin/realms');
  await scripted.close();
  await tab('Policy');
  await look('realm-policy');
  await page.getByLabel('Web apps').fill('https://app.acme.example\nhttps://www.acme.example');
  await press('Save');
  expect(await desk.told()).toContain('Saved.');
  await page.getByRole('link', { name: 'Back to all' }).click();
  await look('realms');
  await page.getByRole('link', { name: 'Manage Acme' }).click();
  expect(desk.path()).toBe('/realms/acme/admin');
  await look('overview-empty');
  for (const name of ['Users', 'Activity', 'Mail', 'Keys']) {
    await menu(name);
    await look(`${name.toLowerCase()}-empty`);
  }

  await desk.go('/admin/realms/default?tab=keys');
  const keys = panel('Signing keys');
  const before = await keys.locator('tbody tr').count();
  await press('Publish the next key');
  expect(await desk.told()).toContain('The next key is published.');
  expect(await keys.locator('tbody tr').count()).toBe(before + 1);
  await look('realm');
  await german('Latchkey');
  await look('realm-de');
});

it('a key for services is shown once, rotated and revoked', async () => {
  const { page, press, look } = desk;
  const secret = page.locator('code.secret');
  const works = async (key: string | null) => {
    const headers = { 'x-api-key': String(key) };
    return (await fetch(`${latchkey.origin}/v1/admin/plans`, { headers })).status;
  };
  await menu('Keys');
  await look('keys-none');
  await press('New key');
  await page.getByLabel('Name').fill('Image service');
  await press('Create key');
  await look('keys-refused');
  await page.getByLabel(/^Everything/).check();
  await page.getByLabel('Good until').fill('2099-12-31');
  await press('Create key');
  await page.getByText('It is never shown again.').waitFor();
  await look('keys-made');
  const key = await secret.textContent();
  expect(await works(key)).toBe(200);
  await menu('Keys');
  expect(await secret.count()).toBe(0);
  expect(await page.content()).not.toContain(key);

  await page.getByText('Rotate or revoke Image service').click();
  await page.getByLabel('The previous key keeps working for').selectOption('Not at all: it has leaked');
  await look('keys-change');
  await press('Rotate');
  const next = await secret.textContent();
  expect([await works(key), await works(next)]).toEqual([401, 200]);
  await page.getByText('Rotate or revoke Image service').click();
  await page.getByLabel(/^Yes, refuse every service/).check();
  await press('Revoke');
  expect(await desk.told()).toContain('The key is revoked.');
  expect(await works(next)).toBe(401);
  await page.getByText('Revoked', { exact: true }).waitFor();
  await german('Schlüssel');
  await look('keys-de');
});

async function asService(method: string, path: string, body?: object): Promise<any> {
  const headers = { 'content-type': 'application/json', 'x-api-key': INTERNAL_API_KEY };
  const answer = await fetch(latchkey.origin + path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
}

async function atStripe(action: string, given: object): Promise<any> {
  const url = `http://127.0.0.1:${inject('peers').stripe.api}/_test/${action}`;
  return (await fetch(url, { method: 'POST', body: JSON.stringify(given) })).json();
}

/** Has Stripe fail when it is next asked about what the event hints at: it is asked three times. */
async function faultAt(event: string): Promise<void> {
  const [{ data }] = await atStripe('events', { about: event });
  await atStripe('faults', { pattern: data.object.id, status: 500, times: 3 });
}

/** Somebody new buys credits, and Stripe's first news of it cannot be handled. Which of the seeded users Stripe would have to know depends on the day. */
async function sellCredits(email: string): Promise<{ user: string; failed: string }> {
  const account = { email, password: 'three lighthouses at dusk' };
  const { user: registered } = await asService('POST', '/v1/auth/register', account);
  const user: string = registered.id;
  const order = { user_id: user, price_id: 'price_credits_500' };
  const { id: checkout } = await asService('POST', '/v1/billing/checkout', order);
  await atStripe('complete', { id: checkout });
  const events = await atStripe('events', { about: checkout });
  const failed: string = events[0].id;
  await faultAt(failed);
  for (const event of events) {
    const payload = JSON.stringify(event);
    const secret = String(webhookSecrets[0]);
    const signature = await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret });
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    await fetch(`${latchkey.origin}/v1/billing/webhook`, { method: 'POST', headers, body: payload });
  }
  return { user, failed };
}

it('organizations are made for a user, given a plan, members and credits, suspended, and deleted', async () => {
  const { page, press, look } = desk;
  await menu('Organizations');
  await press('New organization');
  const creation = page.getByRole('dialog', { name: 'New organization' });
  await creation.getByLabel('Name', { exact: true }).fill('Analytical Engines');
  await creation.getByLabel('Owner').fill('nobody@example.com');
  await press('Create organization');
  expect(await desk.refused()).toContain('There is no user with that address or id.');
  await look('organizations-refused');
  await creation.getByLabel('Owner').fill(OWNER);
  await press('Create organization');
  expect(await desk.told()).toBe('The organization is created.');
  expect(await desk.headline()).toBe('Analytical Engines');

  await look('organization-new');
  await tab('Plan and usage');
  await press('Change the plan');
  await panel('Plan').getByLabel('Plan', { exact: true }).selectOption('pro');
  await send('Change the plan');
  expect(await desk.told()).toBe('The plan is changed.');
  await tab('Credits');
  await press('Adjust');
  await panel('Credits').getByLabel('Amount').fill('250');
  await panel('Credits').getByLabel('Reason').fill('Goodwill');
  await send('Adjust');
  expect(await desk.told()).toBe('The credits are adjusted.');
  await tab('Overview');
  await panel('Settings').getByLabel('Seats').fill('1');
  await panel('Settings').getByRole('button', { name: 'Save' }).click();
  await tab('Members');
  await press('Add a member');
  await panel('Members (1)').getByLabel('User').fill(OWNER);
  await send('Add');
  expect(await desk.refused()).toContain('is a member already');
  await look('organization-refused');
  await tab('Danger zone');
  await press('Suspend');
  await send('Suspend');
  expect(await desk.told()).toBe('The organization is suspended.');
  await look('organization');
  await german('Analytical Engines');
  await look('organization-de');
  await page.getByRole('link', { name: 'English' }).click();
  await menu('Organizations');
  await look('organizations');
  await page.getByRole('link', { name: 'Analytical Engines' }).click();
  await tab('Danger zone');
  await press('Delete the organization');
  await press('Delete');
  expect(await desk.told()).toBe('The organization is deleted.');
  await look('organizations-none');
});
