import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';
import { authenticatorsOf, PASSWORD } from '../support/browser/visitor.ts';
import { ClientConsumer } from '../support/client-consumer.ts';
import { PATIENCE } from '../support/patience.ts';

// An app of one page, which has the package as it is published, on an origin of its own.

const EMAIL = 'ada@example.com';
/** Who has a passkey. */
const KEYED = 'grace@example.com';
/** Who signs in after somebody else. */
const NEXT = 'alan@example.com';

/** What the package gives of a session. */
interface Session {
  user: { id: string; name: string | null; email: string | null };
}

let latchkey: Latchkey;
let browser: Browser;
let consumer: ClientConsumer;
let app: Server;
let elsewhere: Server;
let origin: string;
let clientId: string;
let context: BrowserContext;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
/** What the other site was asked with. */
const seenElsewhere: (string | undefined)[] = [];

beforeAll(async () => {
  consumer = new ClientConsumer();
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  const script = await build({
    stdin: {
      contents: `import * as all from '@latchkey/client/browser'; Object.assign(window, all);`,
      resolveDir: consumer.folder,
    },
    bundle: true,
    format: 'iife',
    write: false,
    nodePaths: [join(consumer.folder, 'node_modules')],
    preserveSymlinks: true,
  });
  app = createServer((request, response) => {
    if (request.url === '/away') {
      response.writeHead(302, { location: `http://localhost:${portOf(elsewhere)}/` }).end();
      return;
    }
    const isCookie = request.url?.startsWith('/cookie');
    const options = {
      issuer: latchkey.origin,
      ...(!isCookie && { clientId, scope: 'openid profile email account' }),
    };
    response.setHeader('content-type', 'text/html; charset=utf-8').end(`<!doctype html><title>App</title>
<script>${script.outputFiles[0]?.text}</script>
<script>
window.seen = [];
window.latchkey = createLatchkey(${JSON.stringify(options)});
latchkey.onSession((session) => seen.push(session && session.user.email));
</script>`);
  }).listen(0, '127.0.0.1');
  elsewhere = createServer((request, response) => {
    if (request.method === 'GET') seenElsewhere.push(request.headers.authorization);
    response.setHeader('access-control-allow-origin', '*').end('{}');
  }).listen(0, '127.0.0.1');
  await Promise.all([once(app, 'listening'), once(elsewhere, 'listening')]);
  origin = `http://localhost:${portOf(app)}`;
  const send = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(latchkey.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
    return (await answer.json()) as any;
  };
  for (const email of [EMAIL, KEYED, NEXT]) {
    await send('/v1/auth/register', { email, password: PASSWORD, name: 'Ada' });
    const confirming = await browser.newPage({ locale: 'en-GB' });
    await confirming.goto(linkIn(await latchkey.messageTo(email)));
    await confirming.getByRole('button', { name: 'This is my account' }).click();
    await confirming.getByRole('status').waitFor();
    await confirming.close();
  }
  const client = {
    name: 'The app',
    first_party: true,
    token_endpoint_auth_method: 'none',
    redirect_uris: [`${origin}/`],
    post_logout_redirect_uris: [`${origin}/bye`],
    scopes: ['openid', 'profile', 'email', 'account'],
  };
  clientId = (await send('/v1/admin/clients', client, { 'x-api-key': latchkey.internalKey })).client_id;
});
afterAll(async () => {
  app?.close();
  elsewhere?.close();
  consumer?.remove();
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

beforeEach(async () => {
  context = await browser.newContext({ locale: 'en-GB' });
});
afterEach(() => context.close());

const open = async (path: string, of = context): Promise<Page> => {
  const page = await of.newPage();
  await page.goto(origin + path);
  return page;
};
const run = <Result>(page: Page, code: string) => page.evaluate<Result>(code);
const sessionOf = (page: Page) => run<Session | null>(page, 'latchkey.session()');
const tokenOf = (page: Page) => run<string | null>(page, 'latchkey.token()');
/** Leaves for a page of Latchkey's, and does not wait for what never comes. */
const leave = async (page: Page, code: string) => {
  await run(page, `void ${code}`);
  await page.waitForURL((url) => url.origin === latchkey.origin);
};
const fillIn = async (page: Page, email = EMAIL) => {
  await page.getByLabel('Email, username or phone').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => url.origin === origin);
};
/** Calls of the issuer's endpoints, of all pages of the context. */
const callsOf = (path: string) => {
  const calls: string[] = [];
  context.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname === path)
      calls.push(request.postData() ?? '');
  });
  return calls;
};
const toldLast = (page: Page, email: string | null) =>
  page.waitForFunction((last) => (globalThis as any).seen.at(-1) === last, email);

describe('by a cookie', () => {
  const signIn = async (page: Page, email = EMAIL) => {
    await leave(page, `latchkey.signIn({ returnTo: '/cookie/welcome' })`);
    await fillIn(page, email);
  };

  it('signs in, tells all tabs, and ends the session in all of them', async () => {
    const page = await open('/cookie');
    expect(await sessionOf(page)).toBeNull();
    await signIn(page);
    expect(page.url()).toBe(`${origin}/cookie/welcome`);
    expect(await sessionOf(page)).toEqual({
      user: {
        id: expect.stringMatching(/^usr_/),
        name: 'Ada',
        email: EMAIL,
        emailVerified: true,
        picture: null,
      },
    });
    expect(await tokenOf(page)).toBeNull();
    const asked = `latchkey.fetch('${latchkey.origin}/v1/me').then((answer) => answer.status)`;
    expect(await run(page, asked)).toBe(200);
    const other = await open('/cookie');
    await toldLast(other, EMAIL);
    await run(page, `latchkey.signOut()`);
    await Promise.all([toldLast(page, null), toldLast(other, null)]);
    expect(await run(page, asked)).toBe(401);
  });

  it('comes back from a sign-out to no other site, and runs no script', async () => {
    const page = await open('/cookie');
    await signIn(page);
    await toldLast(page, EMAIL);
    for (const to of ['javascript:void (window.ran = true)', `http://localhost:${portOf(elsewhere)}/`]) {
      const leaving = run(page, `latchkey.signOut({ returnTo: ${JSON.stringify(to)} })`);
      await expect(leaving).rejects.toThrow('of this origin');
    }
    expect(await run(page, 'window.ran')).toBeUndefined();
    expect(await sessionOf(page)).not.toBeNull();
    await run(page, `latchkey.signOut({ returnTo: '/cookie/bye' })`);
    await page.waitForURL(`${origin}/cookie/bye`);
  });

  it('knows when the session was ended elsewhere, as soon as it is refused', async () => {
    const page = await open('/cookie');
    await signIn(page);
    await toldLast(page, EMAIL);
    await context.clearCookies();
    await run(page, `latchkey.fetch('${latchkey.origin}/v1/me')`);
    await toldLast(page, null);
  });

  it('adds a passkey, and signs in by it without leaving the page', async () => {
    const page = await open('/cookie');
    await (await authenticatorsOf(page)).plugIn();
    await signIn(page, KEYED);
    await run(page, `latchkey.addPasskey('This page')`);
    await run(page, 'latchkey.signOut()');
    await toldLast(page, null);
    const { user } = await run<Session>(page, 'latchkey.signInWithPasskey()');
    expect(user.email).toBe(KEYED);
    await toldLast(page, KEYED);
    const list = `latchkey.fetch('${latchkey.origin}/v1/me/passkeys').then((answer) => answer.json())`;
    expect((await run<any>(page, list)).data).toMatchObject([{ name: 'This page' }]);
  });

  it('asks for a fresh sign-in, and for a new account', async () => {
    const page = await open('/cookie');
    await signIn(page);
    await leave(page, 'latchkey.stepUp()');
    await fillIn(page);
    expect(page.url()).toBe(`${origin}/cookie/welcome`);
    await run(page, 'latchkey.signOut()');
    await leave(page, `latchkey.signUp({ uiLocales: 'de' })`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Konto');
  });
});

describe('by tokens', () => {
  const signIn = async (page: Page, returnTo = '/notes?of=ada#last') => {
    await leave(page, `latchkey.signIn({ returnTo: ${JSON.stringify(returnTo)} })`);
    await fillIn(page);
    await toldLast(page, EMAIL);
  };
  /** Somebody else signs in at the issuer; what was given to the one before stays theirs. */
  const signInAs = async (page: Page, email: string) => {
    await context.clearCookies();
    await leave(page, 'latchkey.signIn()');
    await fillIn(page, email);
  };
  /** Has answers to one grant type wait from now on: gives what tells that one was asked for, and what lets them go. */
  const holdTokens = async (grantType: string) => {
    const [asked, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await context.route('**/oauth2/token', async (route) => {
      if (route.request().postData()?.includes(`grant_type=${grantType}`)) {
        asked.resolve();
        await go.promise;
      }
      await route.continue();
    });
    return { asked: asked.promise, go: go.resolve };
  };
  /** Whose a token is, as the issuer says. */
  const ownerOf = async (token: string | null) => {
    const headers = { authorization: `Bearer ${token}` };
    return ((await (await fetch(`${latchkey.origin}/oauth2/userinfo`, { headers })).json()) as any).email;
  };

  it('signs in, comes back to where the user was, and leaves nothing in the address or in storage', async () => {
    const page = await open('/');
    expect(await sessionOf(page)).toBeNull();
    await signIn(page);
    expect(page.url()).toBe(`${origin}/notes?of=ada#last`);
    const token = (await tokenOf(page)) as string;
    const { user } = (await sessionOf(page)) as Session;
    expect(user).toMatchObject({ id: expect.stringMatching(/^usr_/), email: EMAIL, name: 'Ada' });
    const me = `latchkey.fetch('${latchkey.origin}/v1/me').then((answer) => answer.json())`;
    expect((await run<any>(page, me)).id).toBe(user.id);
    const kept = await run<string>(
      page,
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    expect(kept).not.toContain(token.slice(-20));
    expect(JSON.parse(kept)).toEqual([
      { [`latchkey ${latchkey.origin} ${clientId}`]: expect.stringMatching(/^\d+$/) },
      {},
      '',
    ]);
  });

  it('outlives a reload, and a new tab has the session from the others without asking the issuer', async () => {
    const page = await open('/');
    await signIn(page);
    await page.reload();
    expect((await sessionOf(page))?.user.email).toBe(EMAIL);
    expect(page.url()).toBe(`${origin}/notes?of=ada#last`);
    const calls = callsOf('/oauth2/token');
    const other = await open('/');
    expect(await tokenOf(other)).toBe(await tokenOf(page));
    expect(calls).toEqual([]);
  });

  it('refreshes once for all tabs', async () => {
    const page = await open('/');
    await signIn(page);
    const tabs = [page, ...(await Promise.all([open('/'), open('/'), open('/')]))];
    const [before] = await Promise.all(tabs.map(tokenOf));
    const calls = callsOf('/oauth2/token');
    for (const tab of tabs) {
      await run(tab, `{ const now = Date.now; Date.now = () => now() + 11 * 60_000; }`);
    }
    const after = await Promise.all(tabs.flatMap((tab) => [tokenOf(tab), tokenOf(tab)]));
    expect(new Set(after).size).toBe(1);
    expect(after[0]).not.toBe(before);
    expect(calls).toHaveLength(1);
  });

  it('ends the session whole: in all tabs, at the issuer, and what it gave', async () => {
    const page = await open('/');
    await signIn(page);
    const other = await open('/');
    await toldLast(other, EMAIL);
    const token = await tokenOf(page);
    await run(page, `void latchkey.signOut({ returnTo: '/bye' })`);
    await page.waitForURL(`${origin}/bye`);
    await toldLast(other, null);
    expect(await sessionOf(page)).toBeNull();
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${latchkey.origin}/oauth2/userinfo`, { headers })).status).toBe(401);
    await leave(page, 'latchkey.signIn()');
    expect(await page.getByLabel('Password').isVisible()).toBe(true);
  });

  it('ends a session that the page has yet to find', async () => {
    const page = await open('/');
    await signIn(page);
    const { go } = await holdTokens('authorization_code');
    await page.goto(`${origin}/`);
    await run(page, `void latchkey.signOut({ returnTo: '/bye' })`);
    go();
    await page.waitForURL(`${origin}/bye`);
    await leave(page, 'latchkey.signIn()');
    expect(await page.getByLabel('Password').isVisible()).toBe(true);
  });

  it('takes nobody for somebody else: who signs in while another tab tells of who was before', async () => {
    const page = await open('/');
    await signIn(page);
    const other = await open('/');
    await toldLast(other, EMAIL);
    const { asked, go } = await holdTokens('authorization_code');
    await signInAs(other, NEXT);
    await asked;
    // A tab that asks is answered by the one of before, and all hear it.
    await toldLast(await open('/'), EMAIL);
    go();
    await Promise.all([toldLast(other, NEXT), toldLast(page, NEXT)]);
    for (const tab of [page, other]) expect(await ownerOf(await tokenOf(tab))).toBe(NEXT);
  });

  it('takes nobody for somebody else: who signs in while another tab refreshes what was before', async () => {
    const page = await open('/');
    await signIn(page);
    const other = await open('/');
    await toldLast(other, EMAIL);
    const { asked, go } = await holdTokens('refresh_token');
    await run(
      page,
      `{ window.clock = Date.now; Date.now = () => clock() + 11 * 60_000; void latchkey.token(); }`,
    );
    await asked;
    await run(page, '{ Date.now = clock; }');
    await signInAs(other, NEXT);
    await toldLast(page, NEXT);
    await run(page, '{ window.refreshed = latchkey.token(); }');
    go();
    await run(page, 'refreshed');
    for (const tab of [page, other]) {
      expect((await sessionOf(tab))?.user.email).toBe(NEXT);
      expect(await ownerOf(await tokenOf(tab))).toBe(NEXT);
    }
  });

  it('is told of a session that was ended elsewhere when its token is refused', async () => {
    const page = await open('/');
    await signIn(page);
    const headers = { authorization: `Bearer ${await tokenOf(page)}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ all: true });
    await fetch(`${latchkey.origin}/v1/auth/logout`, { method: 'POST', headers, body });
    await run(page, `latchkey.fetch('${latchkey.origin}/v1/me')`);
    await toldLast(page, null);
  });

  it('says why a sign-in brought nobody, and takes no answer that it did not ask for', async () => {
    const page = await open('/');
    const tokens = callsOf('/oauth2/token');
    await page.goto(`${origin}/?code=stolen&state=unknown&iss=${encodeURIComponent(latchkey.origin)}`);
    expect(await sessionOf(page)).toBeNull();
    expect(await run(page, 'latchkey.failure')).toBeNull();
    for (const [query, error] of [
      [`error=access_denied&iss=${encodeURIComponent(latchkey.origin)}`, 'access_denied'],
      ['code=mixed-up&iss=https://other.example', 'invalid_issuer'],
      ['code=mixed-up', 'invalid_issuer'],
    ]) {
      await leave(page, `latchkey.signIn({ returnTo: '/back' })`);
      const state = new URL(page.url()).searchParams.get('state') ?? (await stateOf(page));
      await page.goto(`${origin}/?${query}&state=${state}`);
      expect(await sessionOf(page)).toBeNull();
      expect(await run(page, 'latchkey.failure && latchkey.failure.error')).toBe(error);
      expect(page.url()).toBe(`${origin}/back`);
      // The same again is no answer any more.
      await page.goto(`${origin}/?${query}&state=${state}`);
      expect(await run(page, 'latchkey.session().then(() => latchkey.failure)')).toBeNull();
    }
    expect(tokens).toEqual([]);
  });

  it('brings the token to nobody else, and comes back to no other site', async () => {
    const page = await open('/');
    await signIn(page);
    const there = `http://localhost:${portOf(elsewhere)}/`;
    await run(page, `latchkey.fetch('${there}')`);
    await run(page, `latchkey.fetch('/away')`);
    expect(seenElsewhere).toEqual([undefined, undefined]);
    await expect(run(page, `latchkey.signIn({ returnTo: '${there}' })`)).rejects.toThrow('of this origin');
  });

  it('knows what has happened meanwhile when the page comes back from the back-forward cache', async () => {
    const remembering = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
      timeout: PATIENCE,
    });
    try {
      const own = await remembering.newContext({ locale: 'en-GB' });
      const page = await open('/', own);
      await signIn(page);
      await run(page, `addEventListener('pageshow', ({ persisted }) => (window.persisted = persisted))`);
      const other = await open('/', own);
      await toldLast(other, EMAIL);
      await page.goto(`http://127.0.0.1:${portOf(elsewhere)}/`);
      await run(other, `void latchkey.signOut({ returnTo: '/bye' })`);
      await other.waitForURL(`${origin}/bye`);
      await page.goBack({ waitUntil: 'commit' });
      expect(await run(page, 'window.persisted')).toBe(true);
      await toldLast(page, null);
    } finally {
      await remembering.close();
    }
  });
});

/** The state of the sign-in that a tab has left for, from what the app has kept. */
async function stateOf(page: Page): Promise<string> {
  await page.goto(`${origin}/cookie`);
  const names = await run<string[]>(page, 'Object.keys(sessionStorage)');
  return names.find((name) => name.startsWith(`latchkey ${clientId} `))?.split(' ')[2] as string;
}
