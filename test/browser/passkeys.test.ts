import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';
import {
  type Authenticators,
  authenticatorsOf,
  type BrowserVisitor,
  openVisitor,
  PASSWORD,
} from '../support/browser/visitor.ts';

let latchkey: Latchkey;
let browser: Browser;
let who: BrowserVisitor;
let page: Page;
let cdp: CDPSession;
let plugIn: Authenticators['plugIn'];
let unplug: Authenticators['unplug'];

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  await latchkey.realm('create', 'acme', '--name', 'Acme & Sons');
});
afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

beforeEach(async () => {
  who = await openVisitor(latchkey, browser);
  page = who.page;
  ({ cdp, plugIn, unplug } = await authenticatorsOf(page));
});
afterEach(() => who.context.close());

it.each([
  ['the default realm', ''],
  ['another realm', '/realms/acme'],
])('somebody adds a passkey, signs in by it, renames and removes it in %s', async (_, base) => {
  const email = `passkey-${base.length}@example.com`;
  const authenticator = await plugIn();
  await who.register(email, base);
  await page.goto(`${latchkey.origin}${base}/account/security`);
  await inspect(page, 'security-without-passkeys');
  await who.press('Add a passkey');
  await inspect(page, 'passkey-step');
  await page.getByLabel('Name').fill('My laptop');
  await who.press('Go on');
  await page.waitForURL(/done=passkey_added/);
  expect(await who.said()).toContain('sign in with this passkey');
  await inspect(page, 'security-with-passkey');
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: authenticator });
  expect(credentials).toHaveLength(1);
  expect(credentials[0]).toMatchObject({ isResidentCredential: true, rpId: 'localhost' });

  await who.signOut(base);
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
  await who.press('Sign in with a passkey');
  await page.waitForURL(`**${base}/account`);

  await page.goto(`${latchkey.origin}${base}/account/security`);
  await page.getByLabel('Rename the passkey My laptop').click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Old laptop');
  await who.press('Rename');
  expect(await who.said()).toContain('new name');
  await who.press('Remove the passkey Old laptop');
  expect(await who.said()).toContain('does not sign in any more');
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
  await who.register('suggested@example.com');
  await who.addPasskey('Phone');
  await who.signOut();
  await page.goto(`${latchkey.origin}/login?redirect_to=/account/activity`);
  await page.waitForURL((url) => url.pathname === '/account/activity');
  expect(who.path()).toBe('/account/activity');
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: authenticator });
});

it('who cancels, or has no passkey, can go on otherwise; one device makes no second passkey', async () => {
  const authenticator = await plugIn();
  await who.register('cancelled@example.com');
  await who.addPasskey('Laptop');
  await who.press('Add a passkey');
  await who.press('Go on');
  expect(await page.getByRole('alert').textContent()).toContain('No passkey was made');
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: authenticator });
  await plugIn({ transport: 'usb' });
  await who.addPasskey('Security key');
  expect(await page.getByRole('button', { name: /^Remove the passkey/ }).count()).toBe(2);

  await who.signOut();
  await unplug();
  await plugIn({ isUserVerified: false });
  await page.goto(`${latchkey.origin}/login`);
  await who.press('Sign in with a passkey');
  expect(await page.getByRole('alert').textContent()).toContain('No passkey was used');
  await inspect(page, 'sign-in-passkey-failed');
  await page.getByLabel('Email, username or phone').fill('cancelled@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await who.press('Sign in');
  // Who has passkeys needs one after the password, too.
  expect(who.path()).toBe('/login/second-step');
  await inspect(page, 'second-step-passkey');
});

it('without JavaScript there is no button that would do nothing', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
  const other = await plain.newPage();
  await other.goto(`${latchkey.origin}/login`);
  expect(await other.getByRole('button').allTextContents()).toEqual(['Sign in']);
  await plain.close();
});

/**
 * What the virtual authenticators of Chromium know nothing of is making a passkey unasked (`mediation`): they are asked for one as any,
 * and what they were to be asked is kept.
 */
async function withoutMediation() {
  await page.addInitScript(() => {
    const { navigator, sessionStorage } = globalThis as any;
    const create = navigator.credentials.create.bind(navigator.credentials);
    navigator.credentials.create = ({ mediation, ...options }: any) => {
      sessionStorage.setItem(
        'asked',
        `${mediation} ${options.publicKey.authenticatorSelection.userVerification}`,
      );
      return create(options);
    };
  });
}

it('after a sign-in by password the browser makes a passkey unasked, which can become a second step', async () => {
  const email = 'unasked@example.com';
  await withoutMediation();
  await plugIn();
  await who.register(email);
  const added = page.waitForResponse((answer) => answer.url().endsWith('/v1/me/passkeys'));
  await who.go('/account');
  expect((await added).status()).toBe(201);
  expect(await page.evaluate(() => (globalThis as any).sessionStorage.getItem('asked'))).toBe(
    'conditional preferred',
  );
  await latchkey.messageTo(email, /A passkey can now sign in/);

  // Another browser of theirs is asked for nothing more than before.
  const elsewhere = await openVisitor(latchkey, browser);
  await elsewhere.signIn(email);
  expect(elsewhere.path()).toBe('/account');

  await who.go('/account/security');
  await inspect(page, 'security-with-unasked-passkey');
  await page.getByRole('button', { name: /^Use as a second step: / }).click();
  await inspect(page, 'confirm-passkey');
  await who.press('Go on');
  await page.waitForURL(/done=passkey_confirmed/);
  await latchkey.messageTo(email, /A passkey is now asked for/);
  await elsewhere.signIn(email);
  expect(elsewhere.path()).toBe('/login/second-step');
  await elsewhere.context.close();
});

it('a browser that makes no passkeys unasked says nothing of it', async () => {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (line) => line.type() === 'error' && problems.push(line.text()));
  await page.addInitScript(() => {
    (globalThis as any).PublicKeyCredential.getClientCapabilities = async () => ({
      conditionalCreate: false,
    });
  });
  await who.register('no-unasked@example.com');
  await who.go('/account/security');
  expect(await page.getByRole('button', { name: 'Add a passkey' }).count()).toBe(1);
  expect(problems).toEqual([]);
});
