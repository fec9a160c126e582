import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ACCOUNT_PAGES } from '../../src/pages/account/frame.tsx';
import { ADMIN_PAGES, ADMIN_SEARCH } from '../../src/pages/admin/frame.tsx';
import { launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';

const OWNER = 'ada@ops.example';
const PASSWORD = 'three lighthouses at dusk';
/** What a page may weigh with all that it fetches but pictures, as it goes over the wire (gzipped bytes). */
const MOST = 60 * 1024;
/** How much slower a phone is than this machine, as Lighthouse has it. */
const SLOWER = 4;
const ENTRY_PAGES = ['/login', '/register', '/forgot-password', '/login/code', '/login/link', '/device'];

let latchkey: Latchkey;
let browser: Browser;
let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>;

beforeAll(async () => {
  const before: Parameters<typeof startLatchkey>[2] = [
    ['seed', '--users', '200', '--days', '400', '--active', '0.2'],
    ['admin', OWNER, '--password', PASSWORD],
  ];
  [latchkey, browser] = await Promise.all([startLatchkey({}, undefined, before), launchBrowser()]);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${latchkey.origin}/login`);
  await page.getByLabel('Email, username or phone').fill(OWNER);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL('**/account');
  signedIn = await context.storageState();
  await context.close();
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

/** What a browser that has never been there fetches for a page, how much of it moved, and when its largest part stood (milliseconds). */
async function measure(path: string, isSignedIn: boolean) {
  const context = await browser.newContext(isSignedIn ? { storageState: signedIn } : {});
  try {
    const page = await context.newPage();
    const bodies: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      const type = response.request().resourceType();
      if (response.status() === 200 && !/image|font|media|other/.test(type)) bodies.push(response.body());
    });
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    await page.goto(latchkey.origin + path, { waitUntil: 'load' });
    const { shift, largest } = await page.evaluate(async () => {
      const seen = (type: string) =>
        new Promise<any[]>((resolve) => {
          const all: any[] = [];
          new (globalThis as any).PerformanceObserver((list: any) => all.push(...list.getEntries())).observe({
            type,
            buffered: true,
          });
          setTimeout(() => resolve(all), 200);
        });
      const [shifts, paints] = await Promise.all([seen('layout-shift'), seen('largest-contentful-paint')]);
      return {
        shift: shifts.reduce((sum, { value }) => sum + value, 0),
        largest: Math.round(paints.at(-1)?.startTime ?? Number.NaN),
      };
    });
    const fetched = await Promise.all(bodies);
    return {
      path,
      raw: fetched.reduce((sum, body) => sum + body.length, 0),
      gzipped: fetched.reduce((sum, body) => sum + gzipSync(body).length, 0),
      shift,
      largest,
    };
  } finally {
    await context.close();
  }
}

it('pages are light, and stand still', async () => {
  const all = [
    ...ENTRY_PAGES.map((path) => [path, false] as const),
    ...Object.values(ACCOUNT_PAGES).map((path) => [path, true] as const),
    ...[...Object.values(ADMIN_PAGES), `${ADMIN_SEARCH}?q=a`, '/admin?range=12m', '/admin/plans/free'].map(
      (path) => [path, true] as const,
    ),
  ];
  const measured = [];
  for (const [path, isSignedIn] of all) measured.push(await measure(path, isSignedIn));
  // Times are those of the machine, and decide nothing.
  console.table(measured);
  expect(measured.filter(({ gzipped, shift }) => gzipped > MOST || shift > 0)).toEqual([]);
  expect(measured.every(({ raw }) => raw > 0)).toBe(true);
});
