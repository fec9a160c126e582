import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fits, inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';

const PASSWORD = 'three lighthouses at dusk';
const EMAIL = 'ada@example.com';

/** What a language calls it. */
const WORDS = {
  'en-GB': {
    identifier: 'Email, username or phone',
    password: 'Password',
    signIn: 'Sign in',
    title: 'Connect Photo Printer',
    allow: 'Allow',
    deny: 'Cancel',
    disconnect: /Disconnect/,
  },
  'de-DE': {
    identifier: 'E-Mail, Benutzername oder Telefon',
    password: 'Passwort',
    signIn: 'Anmelden',
    title: 'Photo Printer verbinden',
    allow: 'Erlauben',
    deny: 'Abbrechen',
    disconnect: /trennen/i,
  },
} as const;
type Locale = keyof typeof WORDS;

let latchkey: Latchkey;
let browser: Browser;
let app: Server;
let callback: string;
let clientId: string;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  app = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end('<!doctype html><title>App</title>');
  }).listen(0, '127.0.0.1');
  await once(app, 'listening');
  callback = `http://127.0.0.1:${(app.address() as { port: number }).port}/callback`;
  const send = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(latchkey.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
    return (await answer.json()) as any;
  };
  await send('/v1/auth/register', { email: EMAIL, password: PASSWORD, name: 'Ada Lovelace' });
  const client = {
    name: 'Photo Printer',
    token_endpoint_auth_method: 'none',
    redirect_uris: [callback],
    scopes: ['openid', 'profile', 'email', 'offline_access', 'photos:read'],
    policy_uri: 'https://printer.example.com/privacy',
  };
  const key = { 'x-api-key': latchkey.internalKey };
  clientId = (await send('/v1/admin/clients', client, key)).client_id;
});
afterAll(async () => {
  app?.close();
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

afterEach(() => context.close());

async function open(locale: Locale, javaScriptEnabled = true): Promise<void> {
  context = await browser.newContext({ locale, javaScriptEnabled });
  page = await context.newPage();
}

const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
const headline = () => page.getByRole('heading', { level: 1 }).textContent();

/** Leads the browser to the server, as the app does; gives what belongs to the request. */
async function ask(more: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid email offline_access',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  await page.goto(`${latchkey.origin}/oauth2/authorize?${search}`);
  return { verifier, state };
}

async function signIn(locale: Locale): Promise<void> {
  const words = WORDS[locale];
  await page.getByLabel(words.identifier).fill(EMAIL);
  await page.getByLabel(words.password).fill(PASSWORD);
  await page.getByRole('button', { name: words.signIn, exact: true }).click();
}

/** What the app was told. */
function told(): Record<string, string> {
  expect(page.url().startsWith(callback)).toBe(true);
  return Object.fromEntries(new URL(page.url()).searchParams);
}

async function redeem(code: string, verifier: string): Promise<any> {
  const answer = await fetch(`${latchkey.origin}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: callback,
      code,
      code_verifier: verifier,
    }),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

describe.each([
  ['en-GB', true],
  ['de-DE', false],
] as const)('somebody who is asked for an app, in %s, with JavaScript: %s', (locale, script) => {
  const words = WORDS[locale];
  beforeEach(() => open(locale, script));

  it('signs in, says no, says yes, is asked again for a program of this machine, and disconnects it', async () => {
    const refused = await ask();
    await signIn(locale);
    expect(await headline()).toBe(words.title);
    if (script) await inspect(page, 'consent');
    else await fits(page);
    await press(words.deny);
    expect(told()).toMatchObject({ error: 'access_denied', state: refused.state });

    const { verifier, state } = await ask();
    expect(await headline()).toBe(words.title);
    // By keyboard alone.
    await page.getByRole('button', { name: words.allow }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.href.startsWith(callback));
    const { code, iss, ...rest } = told();
    expect(rest.state).toBe(state);
    expect(iss).toBe(latchkey.origin);
    const { refresh_token } = await redeem(code as string, verifier);

    // A program on this machine could be any: what was allowed is asked for again.
    await ask({ prompt: 'none' });
    expect(told()).toMatchObject({ error: 'interaction_required' });
    await ask({ scope: 'openid email offline_access photos:read' });
    expect(await headline()).toBe(words.title);
    expect(await page.getByText('photos:read').count()).toBe(1);

    await page.goto(`${latchkey.origin}/account/apps`);
    if (script) await inspect(page, 'apps');
    else await fits(page);
    await press(words.disconnect);
    const again = await fetch(`${latchkey.origin}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token }),
    });
    expect(await again.json()).toMatchObject({ error: 'invalid_grant' });
  });
});

it('who is not signed in is told so by prompt=none, and a stranger’s address is no way out', async () => {
  await open('en-GB');
  await ask({ prompt: 'none' });
  expect(told()).toMatchObject({ error: 'login_required' });
  await ask({ redirect_uri: 'https://evil.example.com/callback' });
  expect(page.url().startsWith(latchkey.origin)).toBe(true);
  expect(await headline()).toBeTruthy();
  await inspect(page, 'authorize-refused');
});
