import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';
import { type BrowserVisitor, openVisitor, PASSWORD } from '../support/browser/visitor.ts';

const OPERATOR = 'ada@ops.example';
const ADA = 'ada@example.com';

let latchkey: Latchkey;
let browser: Browser;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([
    startLatchkey({}, undefined, [
      ['seed', '--users', '2', '--days', '2'],
      ['admin', OPERATOR, '--password', PASSWORD],
    ]),
    launchBrowser(),
  ]);
});
afterAll(() => Promise.all([latchkey?.stop(), browser?.close()]));

const api = async (method: string, path: string, body?: object) => {
  const answer = await fetch(latchkey.origin + path, {
    method,
    headers: { 'content-type': 'application/json', 'x-api-key': latchkey.internalKey },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(answer.status, path).toBeLessThan(300);
  return answer.status === 204 ? null : ((await answer.json()) as any);
};

/** Makes a key on a page that has the form. */
async function makeKey({ page, press }: BrowserVisitor, name: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).last().fill(name);
  await page.getByLabel('Credits a month, at most').fill('50');
  await press('Create key');
}

it('operators revoke keys and set caps, members are capped, and an app acts for an organization', async () => {
  const ada = await openVisitor(latchkey, browser);
  await ada.register(ADA);
  const { data } = await api('GET', `/v1/admin/users?q=${ADA}`);
  const userId = data[0].id as string;
  const { id } = await api('POST', '/v1/admin/organizations', { name: 'Analytical Engines', owner: userId });
  await api('PATCH', `/v1/admin/organizations/${id}`, { plan: 'free' });
  await api('POST', '/v1/credits/add', { organization_id: id, amount: 100, reference: 'start' });
  await ada.go('/account/api-keys');
  await makeKey(ada, 'Nightly export');
  await ada.go(`/account/organizations/${id}`);
  await makeKey(ada, 'Shared export');

  await ada.go(`/account/organizations/${id}?caps=everybody`);
  await ada.page.getByLabel('Credits a month', { exact: true }).first().fill('40');
  await ada.page.getByRole('button', { name: 'Save caps' }).first().click();
  await ada.go(`/account/organizations/${id}?caps=${userId}`);
  await ada.page.getByLabel('Credits a day', { exact: true }).first().fill('5');
  await inspect(ada.page, 'operators-member-caps');

  const desk = await openVisitor(latchkey, browser);
  await desk.signIn(OPERATOR);
  for (const [path, keys, name, picture] of [
    [`/admin/users/${userId}`, 'access', 'Nightly export', 'user'],
    [`/admin/organizations/${id}`, 'keys', 'Shared export', 'organization'],
  ] as const) {
    await desk.go(`${path}?tab=plan`);
    await desk.page.getByText('Set caps').click();
    await desk.page.getByLabel('Credits a month', { exact: true }).fill('30');
    await inspect(desk.page, `operators-${picture}`);
    await desk.press('Save caps');
    expect(await desk.said()).toBe('The caps are saved.');
    await desk.go(`${path}?tab=${keys}`);
    await desk.page.getByRole('button', { name: `Revoke ${name}` }).click();
    const dialog = desk.page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('Found in a public repository');
    await inspect(desk.page, `operators-${picture}-revoke`);
    await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
    expect(await desk.said()).toContain('The key is revoked');
  }

  const { client_id } = await api('POST', '/v1/admin/clients', {
    name: 'Photo Printer',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['https://printer.example.com/callback'],
    scopes: ['openid'],
  });
  const asked = new URLSearchParams({
    client_id,
    redirect_uri: 'https://printer.example.com/callback',
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'A'.repeat(43),
    code_challenge_method: 'S256',
  });
  await ada.go(`/oauth2/authorize?${asked}`);
  await ada.page.getByLabel('It acts for').selectOption('Analytical Engines');
  await inspect(ada.page, 'operators-consent');
  await ada.go(`/oauth2/authorize?${asked}&organization_id=${id}`);
  expect(await ada.page.getByText('It acts for').textContent()).toContain('Analytical Engines');
  await inspect(ada.page, 'operators-consent-named');
});
