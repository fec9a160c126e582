import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';

const PASSWORD = 'three lighthouses at dusk';
/** Requests a minute that one address may make; with a fifth of them it is suspicious. */
const LIMIT = 250;

let latchkey: Latchkey;
let browser: Browser;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([
    startLatchkey({ RATE_LIMIT_SIGN_IN: String(LIMIT) }),
    launchBrowser(),
  ]);
  await latchkey.realm('create', 'acme', '--challenge', 'altcha');
  await Promise.all(
    Array.from({ length: LIMIT / 5 }, () =>
      fetch(`${latchkey.origin}/realms/acme/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
    ),
  );
});
afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

async function open(path: string, options = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  await page.goto(`${latchkey.origin}/realms/acme${path}`);
  return page;
}

it('somebody who is suspicious registers by the keyboard alone, and hears how far their browser is', async () => {
  const page = await open('/register');
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.getByLabel('Email address').fill('robot@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  // The first answer, and nothing of the policy of scripts.
  complaints.length = 0;
  expect(await page.getByLabel('Email address').inputValue()).toBe('robot@example.com');
  await page.getByText('Your browser has shown that you are no robot.').waitFor();
  expect(await page.getByRole('status').textContent()).toBe('Your browser has shown that you are no robot.');
  await inspect(page, 'challenge-solved');
  await page.getByLabel('Password').focus();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/account/);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('a form that is sent before the challenge is solved goes out when it is', async () => {
  const page = await open('/forgot-password');
  // Slow enough for the button to be pressed first.
  await page.addInitScript(() => {
    const derive = crypto.subtle.deriveBits.bind(crypto.subtle);
    let waits = true;
    (globalThis as any).letGo = () => {
      waits = false;
    };
    crypto.subtle.deriveBits = async (...args: Parameters<typeof derive>) => {
      while (waits) await new Promise((done) => setTimeout(done, 20));
      return derive(...args);
    };
  });
  await page.getByLabel('Email address').fill('robot@example.com');
  await page.getByRole('button', { name: 'Send', exact: false }).first().click();
  await page.getByText('Your browser shows that you are no robot.').waitFor();
  await inspect(page, 'challenge-working');
  await page.getByLabel('Email address').press('Enter');
  expect(page.url()).not.toContain('sent=1');
  await page.evaluate(() => (globalThis as any).letGo());
  await page.waitForURL(/sent=1/);
  await page.context().close();
});

it('without JavaScript the page says what to do', async () => {
  const page = await open('/forgot-password', { javaScriptEnabled: false });
  await page.getByLabel('Email address').fill('robot@example.com');
  await page.getByRole('button', { name: 'Send', exact: false }).first().click();
  await page.getByText('Turn it on and send the form again, or try again in an hour.').waitFor();
  await page.context().close();
});
