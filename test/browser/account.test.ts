import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT_PAGES } from '../../src/pages/account/frame.tsx';
import { fits, inspect, launchBrowser, screenshots } from '../support/browser/browser.ts';
import { codeIn, type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';
import { freePort } from '../support/free-port.ts';
import { images } from '../support/images.ts';
import { oauthVariables, startOAuth } from '../support/peers/oauth.ts';

const PASSWORD = 'three lighthouses at dusk';
const NEXT = 'four lighthouses at dawn';
const PAGES = [
  'Overview',
  'Profile',
  'Security',
  'Two-step sign-in',
  'Devices',
  'Linked accounts',
  'Apps',
  'API keys',
  'Organizations',
  'Usage',
  'Plan and payment',
  'Activity',
  'Preferences',
  'Your data',
];

let latchkey: Latchkey;
let browser: Browser;
let oauth: Awaited<ReturnType<typeof startOAuth>>;

beforeAll(async () => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  oauth = await startOAuth([issuer, `${issuer}/realms/acme`]);
  const variables = oauthVariables(oauth.peers);
  [latchkey, browser] = await Promise.all([startLatchkey(variables, port), launchBrowser()]);
  await latchkey.realm('create', 'acme', '--name', 'Acme & Sons', '--color', '#ffcc00');
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close(), oauth?.stop()]);
});

let users = 0;
async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
  // A click waits for an answer, not for the whole of it.
  await page.waitForLoadState();
}
const headline = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();
const told = (page: Page) => page.getByRole('status').textContent();
const path = (page: Page) => new URL(page.url()).pathname;

describe.each([
  ['the default realm', '', true],
  ['another realm, without JavaScript', '/realms/acme', false],
])('in %s', (_, base, javaScriptEnabled) => {
  let context: BrowserContext;
  let page: Page;
  let email: string;
  const newContext = () => browser.newContext({ javaScriptEnabled, locale: 'en-GB', acceptDownloads: true });
  const look = (name: string) =>
    javaScriptEnabled
      ? inspect(page, `account-${name}`)
      : fits(page, name).then(() => screenshots(page, `acme-account-${name}`));
  const go = (name: string) =>
    page
      .getByRole('navigation', { name: /account|Konto/ })
      .getByRole('link', { name, exact: true })
      .click();

  /** Opens a row of the page, to edit what it tells of. */
  const edit = (name: string) => page.locator('summary', { hasText: name }).click();

  beforeEach(async () => {
    users += 1;
    email = `account${users}@example.com`;
    context = await newContext();
    page = await context.newPage();
    await page.goto(`${latchkey.origin}${base}/register`);
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Create account');
    expect(path(page)).toBe(`${base}/account`);
  });
  afterEach(() => context.close());

  async function verify(about = /^Welcome/): Promise<void> {
    await page.goto(linkIn(await latchkey.messageTo(email, about)));
    await press(page, 'This is my account');
    expect(await told(page)).toBe('Your email address is confirmed.');
    await page.goto(`${latchkey.origin}${base}/account`);
  }

  /** Another device of the user, at its account. */
  async function otherDevice(): Promise<Page> {
    const other = await (await newContext()).newPage();
    await other.goto(`${latchkey.origin}${base}/login`);
    await other.getByLabel('Email, username or phone').fill(email);
    await other.getByLabel('Password').fill(PASSWORD);
    await press(other, 'Sign in');
    expect(await headline(other)).toBe('Overview');
    return other;
  }

  it('who has not confirmed their address sees what has to wait, and asks for the link again', async () => {
    for (const name of PAGES) {
      await go(name);
      expect(await headline(page)).toBe(name);
      await look(`${name}-unverified`);
    }
    await press(page, 'Send the link again');
    expect(await told(page)).toContain('A link is on its way');
    // The first link has stopped working.
    await verify(/^Confirm your email/);
    expect(await page.getByText('Please confirm your email address').count()).toBe(0);
  });

  it('every page can be looked at, and fits a narrow screen in every language', async () => {
    await verify();
    for (const name of PAGES) {
      await go(name);
      expect(await headline(page)).toBe(name);
      expect(await page.locator('nav [aria-current=page]').textContent()).toBe(name);
      await look(name);
    }
    for (const [tag, language] of [
      ['de', 'Deutsch'],
      ['fr', 'Français'],
      ['es', 'Español'],
    ]) {
      await page.getByRole('link', { name: language as string }).click();
      for (const [name, path] of Object.entries(ACCOUNT_PAGES)) {
        await page.goto(`${latchkey.origin}${base}${path}`);
        expect(await page.getAttribute('html', 'lang')).toBe(tag);
        await fits(page, `${tag} ${name}`);
        await screenshots(page, `${base.slice(1).replace('/', '-')}account-${name}-${tag}`);
      }
    }
  });

  it('the profile is edited, and a picture put up', async () => {
    await verify();
    await go('Profile');
    await page.getByLabel('Name', { exact: true }).fill('Ada <b>Lovelace</b>');
    await page.getByLabel('Username').fill('-');
    await page.getByLabel('Country').selectOption('United Kingdom');
    await press(page, 'Save');
    expect(await page.getByRole('alert').textContent()).toContain('A username has 3 to 32 letters');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Ada <b>Lovelace</b>');
    await look('profile-refused');
    await page.getByLabel('Username').fill(`ada${users}`);
    await press(page, 'Save');
    expect(await told(page)).toBe('Saved.');
    expect(await page.locator('.who').textContent()).toContain('Ada <b>Lovelace</b>');
    // What was posted is not posted again.
    await page.reload();
    expect(await page.getByLabel('Country').inputValue()).toBe('GB');

    const file = { name: 'ada.png', mimeType: 'image/png', buffer: Buffer.from(images.pngRgb) };
    await press(page, 'Change picture');
    await page.getByLabel('Choose a picture').setInputFiles({ ...file, buffer: Buffer.from('no picture') });
    await press(page, 'Upload');
    expect(await page.getByRole('alert').textContent()).toContain('Choose a PNG, JPEG or WebP picture.');
    await look('picture-refused');
    await page.getByLabel('Choose a picture').setInputFiles(file);
    if (javaScriptEnabled) {
      // What is seen of it is chosen by keys, too.
      await page.getByRole('img', { name: 'What is seen of the picture' }).focus();
      for (const key of ['+', 'ArrowLeft', 'ArrowDown']) await page.keyboard.press(key);
      expect(await page.getByLabel('Enlarge').inputValue()).toBe('1.1');
      await look('picture-cut');
    }
    await press(page, 'Upload');
    expect(await told(page)).toBe('You have a new picture.');
    await page.locator('img.avatar:not(.small)').waitFor();
    if (javaScriptEnabled) {
      const width = await page
        .locator('img.avatar')
        .first()
        .evaluate((image: any) => image.naturalWidth);
      // The square that was seen.
      expect(width).toBe(512);
    }
    await look('picture');
    await press(page, 'Remove the picture');
    expect(await page.locator('img.avatar').count()).toBe(0);
  });

  it('a new password signs the other device out at its next click', async () => {
    await verify();
    const other = await otherDevice();
    await go('Security');
    await edit('Password');
    await page.getByLabel('Current password').fill('wrong');
    await page.getByLabel('New password').fill(NEXT);
    await press(page, 'Change password');
    expect(await page.getByRole('alert').textContent()).toContain('This password is wrong.');
    await look('password-refused');
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password').fill(NEXT);
    await press(page, 'Change password');
    expect(await told(page)).toContain('You have a new password.');
    await other.getByRole('link', { name: 'Devices', exact: true }).click();
    expect(path(other)).toBe(`${base}/login`);
    // And back to where it was going.
    await other.getByLabel('Email, username or phone').fill(email);
    await other.getByLabel('Password').fill(NEXT);
    await press(other, 'Sign in');
    expect(path(other)).toBe(`${base}/account/devices`);
    await other.context().close();
  });

  it('another device is signed out, or all of them', async () => {
    await verify();
    const [other, third] = [await otherDevice(), await otherDevice()];
    await go('Devices');
    await look('devices-several');
    expect(await page.getByText('This device').count()).toBe(1);
    await page
      .getByRole('button', { name: /^Sign out (?!all)./ })
      .first()
      .click();
    expect(await told(page)).toBe('The device is signed out.');
    await press(page, 'Sign out all other devices');
    await look('devices-asked');
    await press(page, 'Sign out the others');
    expect(await told(page)).toBe('All your other devices are signed out.');
    expect(await page.getByText('You are signed in nowhere else.').count()).toBe(1);
    for (const device of [other, third]) {
      await device.reload();
      expect(path(device)).toBe(`${base}/login`);
      await device.context().close();
    }
  });

  it('the email address changes by the link in a mail and back, the phone number is confirmed by a text', async () => {
    await verify();
    const next = `next-${email}`;
    await go('Security');
    await edit('Email address');
    await page.getByLabel('New email address').fill(next);
    await page.locator('#password').fill(PASSWORD);
    await press(page, 'Change address');
    expect(await told(page)).toContain('We sent a link to the new address.');
    await page.goto(linkIn(await latchkey.messageTo(next, /^Confirm your new/)));
    await press(page, 'This is my account');
    await page.goto(`${latchkey.origin}${base}/account/security`);
    await page.getByText(next).first().waitFor();

    const number = `+4420718387${String(users).padStart(2, '0')}`;
    await page.getByRole('link', { name: 'Add one' }).click();
    await page.getByLabel('Phone number').fill(number);
    await press(page, 'Save');
    await go('Security');
    await edit('Phone number');
    await press(page, 'Text me a code');
    await look('code');
    await page.getByLabel('Code from the text message').fill('000 000');
    await press(page, 'Confirm');
    expect(await page.getByRole('alert').textContent()).toContain('This code is wrong or has expired.');
    await look('code-refused');
    await page.getByLabel('Code from the text message').fill(codeIn(await latchkey.messageTo(number)));
    await press(page, 'Confirm');
    expect(await told(page)).toBe('Your phone number is confirmed.');

    const link = linkIn(await latchkey.messageTo(email, /was changed$/));
    await page.goto(link);
    await look('undo');
    await press(page, 'Undo the change');
    expect(await headline(page)).toBe('The change is undone');
    await look('undo-done');
    await latchkey.messageTo(email, /password/);
    await page.goto(link);
    expect(await page.getByRole('alert').textContent()).toContain('This link has been used');
    expect(await page.getByRole('button', { name: 'Undo the change' }).count()).toBe(0);
    await look('undo-stale');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    expect(path(page)).toBe(`${base}/forgot-password`);
  });

  it('a choice of language and looks is followed', async () => {
    await go('Preferences');
    await page.getByLabel('Language of these pages').selectOption('Deutsch');
    await page.getByLabel('Dark').check();
    await page.getByLabel('News about the product').check();
    await press(page, 'Save');
    expect(await told(page)).toBe('Gespeichert.');
    await page.emulateMedia({ colorScheme: 'light' });
    const ground = () =>
      page.evaluate(
        () => (globalThis as any).getComputedStyle((globalThis as any).document.body).backgroundColor,
      );
    if (javaScriptEnabled) expect(await ground()).toBe('rgb(13, 15, 18)');
    await look('dark');
    await page.getByLabel('Hell', { exact: true }).check();
    await press(page, 'Speichern');
    await page.emulateMedia({ colorScheme: 'dark' });
    if (javaScriptEnabled) expect(await ground()).toBe('rgb(248, 249, 250)');
    expect(await page.getByLabel('Neuigkeiten zum Produkt').isChecked()).toBe(true);
  });

  it('the data is downloaded, and the account deleted', async () => {
    await verify();
    await go('Your data');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('account.json');
    expect(JSON.parse(readFileSync(await file.path(), 'utf8')).user.email).toBe(email);
    await page.getByLabel(`Type ${email} to confirm`).fill('somebody@example.com');
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Delete my account');
    expect(await page.getByRole('alert').textContent()).toContain('This is not the email address');
    await look('delete-refused');
    await page.getByLabel(`Type ${email} to confirm`).fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Delete my account');
    expect(await headline(page)).toBe('Your account is deleted');
    await look('deleted');
    await page.goto(`${latchkey.origin}${base}/account`);
    expect(path(page)).toBe(`${base}/login`);
  });

  if (base === '') {
    it('an account at Google is linked and unlinked', async () => {
      await verify();
      await go('Linked accounts');
      await look('identities');
      await press(page, 'Link Google');
      expect(new URL(page.url()).origin).toBe(new URL(oauth.peers.google).origin);
      await page.getByText('user01@gmail.example').first().click();
      await page.waitForURL('**/account/identities');
      expect(await page.getByText('Linked', { exact: true }).count()).toBe(1);
      await look('identities-linked');
      await press(page, 'Unlink Google');
      expect(await told(page)).toBe('The account is not linked any more.');
      await page.goto(`${latchkey.origin}/account/identities?error=provider_denied&provider=google`);
      expect(await page.getByRole('alert').textContent()).toContain('You did not let Google sign you in.');
      await look('identities-failed');
    });
  }
});
