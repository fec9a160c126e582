import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fits, inspect, launchBrowser, screenshots } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const INTERNAL = { 'x-api-key': 'YnJvd3NlcnMtb25seS1pbnRlcm5hbC1rZXktZm9yLWFsbA' };

let latchkey: Latchkey;
let browser: Browser;
let client_id: string;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  const answer = await fetch(`${latchkey.origin}/v1/admin/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...INTERNAL },
    body: JSON.stringify({
      name: 'Deploy Tool',
      token_endpoint_auth_method: 'none',
      grant_types: [GRANT, 'refresh_token'],
    }),
  });
  expect(answer.status).toBe(201);
  client_id = ((await answer.json()) as { client_id: string }).client_id;
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

async function ask(path: string, fields: Record<string, string>): Promise<any> {
  const body = new URLSearchParams({ client_id, ...fields });
  return (await fetch(`${latchkey.origin}/oauth2/${path}`, { method: 'POST', body })).json();
}
const poll = (device_code: string) => ask('token', { grant_type: GRANT, device_code });
const headline = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

describe.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('a device, %s', (name, javaScriptEnabled) => {
  it('is let in by somebody who signs in first and types its code', async () => {
    const context = await browser.newContext({ javaScriptEnabled, locale: 'en-GB' });
    const page = await context.newPage();
    const look = (part: string) =>
      javaScriptEnabled
        ? inspect(page, `device-${part}`)
        : fits(page, part).then(() => screenshots(page, `plain-device-${part}`));
    await page.goto(`${latchkey.origin}/register`);
    await page.getByLabel('Email address').fill(`device-${name.replaceAll(' ', '-')}@example.com`);
    await page.getByLabel('Password').fill('three lighthouses at dusk');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.waitForLoadState();
    const { device_code, user_code } = await ask('device_authorization', {
      scope: 'openid email offline_access',
    });
    await page.goto(`${latchkey.origin}/device`);
    await look('code');
    await page.getByLabel('Code').fill('BCDF-GHJK');
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('No device waits with this code');
    await look('wrong');
    await page.getByLabel('Code').fill(user_code.toLowerCase());
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await page.locator('main').textContent()).toContain(user_code);
    await look('confirm');
    expect(await poll(device_code)).toMatchObject({ error: 'authorization_pending' });
    await page.getByRole('button', { name: 'Connect the device' }).click();
    expect(await headline(page)).toBe('The device is connected');
    await look('done');
    expect(await poll(device_code)).toMatchObject({ access_token: expect.any(String) });
    await context.close();
  });
});
