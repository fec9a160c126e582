import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';

const PASSWORD = 'three lighthouses at dusk';

let latchkey: Latchkey;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let cdp: CDPSession;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  await latchkey.realm('create', 'acme', '--name', 'Acme & Sons');
});
afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

beforeEach(async () => {
  context = await browser.newContext({ locale: 'en-GB' });
  page = await context.newPage();
  cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
});
afterEach(() => context.close());

/** Plugs in an authenticator that keeps passkeys and verifies its user. */
async function plugIn(more: object = {}): Promise<string> {
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...more,
    },
  });
  return authenticatorId;
}

const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const path = () => new URL(page.url()).pathname;
const said = () => page.getByRole('status').textContent();

/** Makes an account with a proven address, which is signed in. */
async function register(email: string, base = ''): Promise<void> {
  await page.goto(`${latchkey.origin}${base}/register`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Make the account');
  await page.goto(linkIn(await latchkey.messageTo(email)));
  await press('This is my account');
}

async function addPasskey(name: string, base = ''): Promise<void> {
  await page.goto(`${latchkey.origin}${base}/account/security`);
  await press('Add a passkey');
  await page.getByLabel('Name').fill(name);
  await press('Go on');
  await page.waitForURL(/done=passkey_added/);
}

async function signOut(base = ''): Promise<void> {
  await page.goto(`${latchkey.origin}${base}/logout`);
  await press('Sign out');
}

it.each([
  ['the default realm', ''],
  ['another realm', '/realms/acme'],
])('somebody adds a passkey, signs in by it, renames and removes it in %s', async (_, base) => {
  const email = `passkey-${base.length}@example.com`;
  const authenticator = await plugIn();
  await register(email, base);
  await page.goto(`${latchkey.origin}${base}/account/security`);
  await inspect(page, 'security-without-passkeys');
  await press('Add a passkey');
  await inspect(page, 'passkey-step');
  await page.getByLabel('Name').fill('My laptop');
  await press('Go on');
  await page.waitForURL(/done=passkey_added/);
  expect(await said()).toContain('sign in with this passkey');
  await inspect(page, 'security-with-passkey');
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: authenticator });
  expect(credentials).toHaveLength(1);
  expect(credentials[0]).toMatchObject({ isResidentCredential: true, rpId: 'localhost' });

  await signOut(base);
  // The suggestion in the field would be taken at once, as nobody has to touch anything here.
  await cdp.send('WebAuthn.setAutomaticPresenceSimulation', {
    authenticatorId: authenticator,
    enabled: false,
  });
  await page.goto(`${latchkey.origin}${base}/login`);
  await inspect(page, 'sign-in-with-passkey');
  await cdp.send('WebAuthn.setAutomaticPresenceSimulation', {
    authenticatorId: authenticator,
    enabled: true,
  });
  await press('Sign in with a passkey');
  await page.waitForURL(`**${base}/account`);

  await page.goto(`${latchkey.origin}${base}/account/security`);
  await page.getByLabel('Rename the passkey My laptop').click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Old laptop');
  await press('Rename');
  expect(await said()).toContain('new name');
  await press('Remove the passkey Old laptop');
  expect(await said()).toContain('does not sign in any more');
  await latchkey.messageTo(email, /passkey was removed.*Old laptop/);
  // The authenticator is told, and forgets it.
  await expect
    .poll(
      async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId: authenticator })).credentials,
    )
    .toEqual([]);
});

it('the field of the address suggests a passkey, which signs in without a click', async () => {
  const authenticator = await plugIn();
  await register('suggested@example.com');
  await addPasskey('Phone');
  await signOut();
  await page.goto(`${latchkey.origin}/login?redirect_to=/account/activity`);
  await page.waitForURL((url) => url.pathname === '/account/activity');
  expect(path()).toBe('/account/activity');
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: authenticator });
});

it('who cancels, or has no passkey, can go on otherwise; one device makes no second passkey', async () => {
  const authenticator = await plugIn();
  await register('cancelled@example.com');
  await addPasskey('Laptop');
  await press('Add a passkey');
  await press('Go on');
  expect(await page.getByRole('alert').textContent()).toContain('No passkey was made');
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: authenticator });
  await plugIn({ transport: 'usb' });
  await addPasskey('Security key');
  expect(await page.getByRole('button', { name: /^Remove the passkey/ }).count()).toBe(2);

  await signOut();
  await cdp.send('WebAuthn.disable');
  await cdp.send('WebAuthn.enable');
  await plugIn({ isUserVerified: false });
  await page.goto(`${latchkey.origin}/login`);
  await press('Sign in with a passkey');
  expect(await page.getByRole('alert').textContent()).toContain('No passkey was used');
  await inspect(page, 'sign-in-passkey-failed');
  await page.getByLabel('E-mail address, username or phone number').fill('cancelled@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
  // Who has passkeys needs one after the password, too.
  expect(path()).toBe('/login/second-step');
  await inspect(page, 'second-step-passkey');
});

it('without JavaScript there is no button that would do nothing', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
  const other = await plain.newPage();
  await other.goto(`${latchkey.origin}/login`);
  expect(await other.getByRole('button').allTextContents()).toEqual(['Sign in']);
  await plain.close();
});
