import { execFileSync } from 'node:child_process';
import type { Browser, BrowserContext, BrowserContextOptions, CDPSession, Page } from 'playwright-core';
import { type Latchkey, linkIn } from './latchkey.ts';

/** The password of those who register in browsers. */
export const PASSWORD = 'three lighthouses at dusk';

/** Somebody who signs in in a browser of their own; `base` is that of a realm. */
export interface BrowserVisitor {
  context: BrowserContext;
  page: Page;
  press(name: string): Promise<void>;
  path(): string;
  headline(): Promise<string | null>;
  /** What was just done, in the page's words. */
  said(): Promise<string | null>;
  go(path: string): Promise<void>;
  /** Makes an account with a proven address, which is signed in. */
  register(email: string, base?: string): Promise<void>;
  /** Signs in by the password, as another browser would. */
  signIn(email: string, base?: string): Promise<void>;
  signOut(base?: string): Promise<void>;
  addPasskey(name: string, base?: string): Promise<void>;
}

/** Opens a browser of its own. */
export async function openVisitor(
  latchkey: Latchkey,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserVisitor> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  const press = async (name: string) => {
    await page.getByRole('button', { name, exact: true }).click();
    // A click waits for an answer, not for the whole of it.
    await page.waitForLoadState();
  };
  const go = async (path: string) => {
    await page.goto(latchkey.origin + path);
  };
  return {
    context,
    page,
    press,
    go,
    path: () => new URL(page.url()).pathname,
    headline: () => page.getByRole('heading', { level: 1 }).textContent(),
    said: () => page.getByRole('status').textContent(),
    register: async (email, base = '') => {
      await go(`${base}/register`);
      await page.getByLabel('Email address').fill(email);
      await page.getByLabel('Password').fill(PASSWORD);
      await press('Create account');
      await page.goto(linkIn(await latchkey.messageTo(email)));
      await press('This is my account');
    },
    signIn: async (email, base = '') => {
      await context.clearCookies();
      await go(`${base}/login`);
      await page.getByLabel('Email, username or phone').fill(email);
      await page.getByLabel('Password').fill(PASSWORD);
      await press('Sign in');
    },
    signOut: async (base = '') => {
      await go(`${base}/logout`);
      await press('Sign out');
    },
    addPasskey: async (name, base = '') => {
      await go(`${base}/account/security`);
      await press('Add a passkey');
      await page.getByLabel('Name').fill(name);
      await press('Go on');
      await page.waitForURL(/done=passkey_added/);
    },
  };
}

/** A port for authenticators of a page. */
export interface Authenticators {
  cdp: CDPSession;
  /** Plugs in one that keeps passkeys and verifies its user, unless told otherwise; gives its id. */
  plugIn(more?: object): Promise<string>;
  /** Unplugs all. */
  unplug(): Promise<void>;
}

/** Gives a page authenticators that are made of software. */
export async function authenticatorsOf(page: Page): Promise<Authenticators> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  return {
    cdp,
    plugIn: async (more = {}) => {
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
    },
    unplug: async () => {
      await cdp.send('WebAuthn.disable');
      await cdp.send('WebAuthn.enable');
    },
  };
}

/** The code that an authenticator app shows: of now, or of a time that is still to come (seconds). */
export function codeOf(secret: string, later = 0): string {
  const at = `@${Math.floor(Date.now() / 1000) + later}`;
  return execFileSync('oathtool', ['--totp', '--base32', '--now', at, secret], { encoding: 'utf8' }).trim();
}
