import type { Browser, BrowserContext, Page } from 'playwright-core';
import { inspect } from './browser.ts';
import type { Latchkey } from './latchkey.ts';

/** Somebody at the dashboard, in a browser without JavaScript. */
export interface OperatorBrowser {
  context: BrowserContext;
  page: Page;
  /** Opens a page by its path. */
  go(path: string): Promise<void>;
  /** Presses a button, and waits for the whole of the answer. */
  press(name: string | RegExp): Promise<void>;
  /** What was just done, in the page's words. */
  told(): Promise<string | null>;
  /** What was wrong, in the page's words. */
  refused(): Promise<string | null>;
  headline(): Promise<string | null>;
  /** The path of the page that is shown. */
  path(): string;
  /** Fills the page of signing in, wherever it was asked for. */
  signIn(email: string, password: string): Promise<void>;
  /** Holds the page that is shown against what every page must stand. */
  look(name: string): Promise<void>;
}

/** Opens a browser of its own at the dashboard's server. */
export async function openDashboard(
  { origin }: Latchkey,
  browser: Browser,
  locale = 'en-GB',
): Promise<OperatorBrowser> {
  const context = await browser.newContext({ javaScriptEnabled: false, locale, acceptDownloads: true });
  const page = await context.newPage();
  const press = async (name: string | RegExp) => {
    await page.getByRole('button', { name, exact: true }).click();
    await page.waitForLoadState();
  };
  return {
    context,
    page,
    press,
    go: async (path) => {
      await page.goto(origin + path);
    },
    told: () => page.getByRole('status').textContent(),
    refused: () => page.getByRole('alert').textContent(),
    headline: () => page.getByRole('heading', { level: 1 }).textContent(),
    path: () => new URL(page.url()).pathname,
    signIn: async (email, password) => {
      await page.getByLabel('Email, username or phone').fill(email);
      await page.getByLabel('Password').fill(password);
      await press('Sign in');
    },
    look: (name) => inspectCopy(browser, page, `admin-${name}`),
  };
}

/** axe needs JavaScript: what is shown goes, as it is, to a page at the same address that has it. */
async function inspectCopy(browser: Browser, page: Page, name: string): Promise<void> {
  const context = await browser.newContext();
  try {
    const copy = await context.newPage();
    const body = await page.content();
    const isPage = (url: URL) => url.href === page.url();
    await copy.route(isPage, (route) => route.fulfill({ body, contentType: 'text/html; charset=utf-8' }));
    await copy.goto(page.url());
    await inspect(copy, name);
  } finally {
    await context.close();
  }
}
