import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';

let latchkey: Latchkey;
let browser: Browser;
beforeAll(async () => {
  latchkey = await startLatchkey();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await latchkey?.stop();
});

const linkIn = ({ text }: { text: string }) => /http\S+token=\S+/.exec(text)?.[0] as string;
const press = (page: Page, name: string) => page.getByRole('button', { name }).click();

it('the owner of an address takes it back from an account that they did not make', async () => {
  const email = 'victim@example.com';
  const post = async (path: string, body: object, token?: string) => {
    const answer = await fetch(`${latchkey.origin}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    });
    return (await answer.json()) as any;
  };
  const phone = '+4915112345678';
  const password = 'three lighthouses at dusk';
  const stranger = await post('/v1/auth/register', { email, password, phone_number: phone });
  await post('/v1/auth/otp/send', { channel: 'sms', to: phone }, stranger.access_token);
  const code = /\d{6}/.exec((await latchkey.messageTo(phone)).text)?.[0];
  await post('/v1/auth/otp/verify', { channel: 'sms', to: phone, code }, stranger.access_token);

  const context = await browser.newContext({ viewport: { width: 390, height: 800 } });
  const page = await context.newPage();
  // The page of a reset says what ends by itself.
  await post('/v1/auth/password/forgot', { email });
  await page.goto(linkIn(await latchkey.messageTo(email, /^Reset your/)));
  await page.getByText('phone number ending in 78').waitFor();
  await inspect(page, 'recovery-reset-ends');

  await page.goto(linkIn(await latchkey.messageTo(email, /^Welcome/)));
  await page.getByText('phone number ending in 78').waitFor();
  await inspect(page, 'recovery-confirm');
  await press(page, 'I did not make this');
  await page.waitForURL(/\/reset-password\?token=/);
  await page.getByLabel('New password').fill('four lighthouses at dawn');
  await press(page, 'Set the password');
  await page.waitForURL(/done=1/);

  // Their own phone outlives the next reset, unless they end it.
  const owner = await post('/v1/auth/login', { identifier: email, password: 'four lighthouses at dawn' });
  const own = '+4915187654321';
  await fetch(`${latchkey.origin}/v1/me`, {
    method: 'PATCH',
    body: JSON.stringify({ phone_number: own }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${owner.access_token}` },
  });
  await post('/v1/auth/otp/send', { channel: 'sms', to: own }, owner.access_token);
  const proof = /\d{6}/.exec((await latchkey.messageTo(own)).text)?.[0];
  await post('/v1/auth/otp/verify', { channel: 'sms', to: own, code: proof }, owner.access_token);
  const before = linkIn(await latchkey.messageTo(email, /^Reset your/));
  await post('/v1/auth/password/forgot', { email });
  await expect.poll(async () => linkIn(await latchkey.messageTo(email, /^Reset your/))).not.toBe(before);
  await page.goto(linkIn(await latchkey.messageTo(email, /^Reset your/)));
  await inspect(page, 'recovery-reset');
  await page.getByLabel('End them too').check();
  await page.getByLabel('New password').fill('short');
  await page.locator('form').evaluate((form: any) => {
    form.noValidate = true;
  });
  await press(page, 'Set the password');
  await page.getByRole('alert').waitFor();
  expect(await page.getByLabel('End them too').isChecked()).toBe(true);
  await inspect(page, 'recovery-reset-refused');
  await context.close();
});
