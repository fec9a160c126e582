import { existsSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { readDocument } from '../../src/cli/guides/guide.ts';
import { launchBrowser } from '../support/browser/browser.ts';
import { linkIn, type Message } from '../support/browser/latchkey.ts';
import { PASSWORD } from '../support/browser/visitor.ts';
import { blocksOf, needsOwnCopy } from '../support/guides/blocks.ts';
import { Copy, NEXT } from '../support/guides/copy.ts';
import { type Person, type RECIPES_IN_BROWSER, runDocument } from '../support/guides/script.ts';
import { PATIENCE } from '../support/patience.ts';
import { startStripe } from '../support/peers/stripe.ts';

// The recipes that somebody in a browser goes on with: their commands and files as they stand there, then what their reader does.

let browser: Browser;
let page: Page;
let shared: Promise<Copy> | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await Promise.all([browser?.close(), Copy.removeAll()]);
});
beforeEach(async () => {
  page = await browser.newPage({ locale: 'en-GB' });
});
afterEach(async () => {
  await page.context().close();
  await (await shared)?.stopBeside();
});

/** Does all that a recipe says before its reader opens a browser, or all if it says who does what a command waits for. */
async function follow(
  name: (typeof RECIPES_IN_BROWSER)[number],
  person?: Person,
  variables?: Record<string, string>,
): Promise<{ copy: Copy; printed: string }> {
  const blocks = blocksOf(readDocument(`src/docs/guides/${name}.md`));
  if (!needsOwnCopy(blocks)) shared ??= Copy.createServed();
  const copy = await (needsOwnCopy(blocks) ? Copy.create(variables) : shared);
  if (!copy) throw new Error('no copy');
  return { copy, printed: await runDocument(blocks, copy, person) };
}

const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

/** A test that needs what not every machine has. */
const itWith = (path: string) => it.runIf(existsSync(path));

/** Makes an account on the page that the browser was sent to, and is sent back. */
async function register(email: string): Promise<void> {
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Create account');
}

it('five minutes: a page signs somebody in, and the endpoint counts', async () => {
  const { copy } = await follow('five-minutes');
  await page.goto(copy.workerOrigin);
  await press('Draw');
  await page.getByText('invalid_token').waitFor();
  await press('Sign in');
  await register('ada@example.com');
  await page.getByRole('button', { name: 'Sign ada@example.com out' }).waitFor();
  await press('Draw');
  await page.getByText('"left":19').waitFor();
  await press('Draw');
  await page.getByText('"left":18').waitFor();
  await press('Sign ada@example.com out');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
});

it('a page by Vite knows who is signed in and what is left', async () => {
  const { copy } = await follow('spa');
  await page.goto(copy.workerOrigin);
  await press('Sign in');
  await register('vito@example.com');
  await page.getByText('20 pictures left today').waitFor();
  await press('Sign vito@example.com out');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
});

itWith(NEXT)('an app of Next signs somebody in, and its route handler counts', async () => {
  const { copy } = await follow('next');
  await page.goto(copy.workerOrigin);
  await press('Sign in');
  await register('nell@example.com');
  await press('Draw one of 20');
  await press('Draw one of 19');
  await page.getByRole('button', { name: 'Draw one of 18' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Draw one of 18' }).waitFor();
  await press('Sign nell@example.com out');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
});

it('a plan is paid for at Stripe, and is there with its credits', async () => {
  const stripe = await startStripe();
  const atStripe = async (action: string, given: object): Promise<any> => {
    const url = `http://127.0.0.1:${stripe.port}/_test/${action}`;
    return (await fetch(url, { method: 'POST', body: JSON.stringify(given) })).json();
  };
  const { copy } = await follow('stripe', undefined, { STRIPE_API_URL: `http://127.0.0.1:${stripe.port}` });
  onTestFinished(async () => {
    await copy.remove();
    await stripe.stop();
  });
  await page.goto(copy.workerOrigin);
  await page.getByText('€20').waitFor();
  await press('Choose Pro');
  await page.getByLabel('Email address').fill('pia@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Create account');
  await page.getByText('0 credits', { exact: true }).waitFor();
  const mails = await fetch(`${copy.origin}/dev/mailbox.json`);
  const { data } = (await mails.json()) as { data: Message[] };
  await page.goto(linkIn(data.find(({ recipient }) => recipient === 'pia@example.com') as Message));
  await press('This is my account');
  await page.waitForURL('**/verify-email?done=*');
  await page.goto(copy.workerOrigin);
  await page.getByText('0 credits', { exact: true }).waitFor();
  // Whoever buys pays on Stripe's page, which leads back to where the app has said.
  await page.route('https://checkout.stripe.com/**', async (route) => {
    const [id] = /cs_test_\w+/.exec(route.request().url()) ?? [];
    const { success_url: back } = await atStripe('complete', { id });
    await route.fulfill({ contentType: 'text/html', body: `<a href="${back}">Paid</a>` });
  });
  await press('Choose Pro');
  await page.getByRole('link', { name: 'Paid' }).click();
  await page.waitForURL(`${copy.workerOrigin}/**`);
  // The webhook comes when it comes.
  await vi.waitUntil(async () => {
    await page.reload();
    await page.getByText(/credits$/).waitFor();
    return page.getByText('1000 credits', { exact: true }).isVisible();
  }, PATIENCE);
  await page.getByText('Your plan').waitFor();
  await page.route('https://billing.stripe.com/**', (route) => route.fulfill({ body: 'The portal' }));
  await press('Cards and invoices');
  await page.getByText('The portal').waitFor();
});

it('an app on its device is come back to by its own scheme', async () => {
  const { copy, printed } = await follow('mobile');
  const clientId = /cli_[0-9a-z]+/.exec(printed)?.[0];
  const { signIn } = await import(/* @vite-ignore */ `${copy.folder}/../mobile/sign-in.mjs`);
  const openBrowser = async (url: URL) => {
    const answered = page.waitForResponse((one) => /^com\.example/.test(one.headers().location ?? ''));
    await page.goto(url.href);
    await register('mona@example.com');
    await press('Allow');
    return (await answered).headers().location;
  };
  expect(await signIn(clientId, openBrowser)).toMatchObject({
    email: 'mona@example.com',
    refresh_token: expect.any(String),
  });
});

it('a command-line program is let in by a code', async () => {
  const { printed } = await follow('cli', async (read) => {
    const [, address = '', code = ''] = await read(/Open (\S+) and type (\S+)/);
    await page.goto(address);
    await register('clio@example.com');
    await page.getByLabel('Code').fill(code);
    await press('Continue');
    await press('Connect the device');
  });
  expect(printed).toMatch(/^clio@example\.com$/m);
});

it('an MCP client finds its way into a server, and its user is known there', async () => {
  const { copy } = await follow('mcp');
  const known: Record<string, any> = {};
  let asked = '';
  const authProvider = {
    redirectUrl: 'http://127.0.0.1/callback',
    clientMetadata: { client_name: 'Inspector', redirect_uris: ['http://127.0.0.1/callback'] },
    clientInformation: () => known.client,
    saveClientInformation: (client: object) => void Object.assign(known, { client }),
    tokens: () => known.tokens,
    saveTokens: (tokens: object) => void Object.assign(known, { tokens }),
    codeVerifier: () => known.verifier,
    saveCodeVerifier: (verifier: string) => void Object.assign(known, { verifier }),
    redirectToAuthorization: (url: URL) => {
      asked = url.href;
    },
  };
  const transport = () =>
    new StreamableHTTPClientTransport(new URL(`${copy.workerOrigin}/mcp`), { authProvider });
  // Isolates go by what they read of a realm for a while.
  const issuer = `${copy.origin}/.well-known/oauth-authorization-server`;
  await vi.waitUntil(
    async () => 'registration_endpoint' in ((await (await fetch(issuer)).json()) as object),
    PATIENCE,
  );
  const first = transport();
  const client = () => new Client({ name: 'Inspector', version: '1.0.0' });
  await expect(client().connect(first)).rejects.toThrow('Unauthorized');
  await page.route('http://127.0.0.1/**', (route) => route.fulfill({ body: 'Back.' }));
  await page.goto(asked);
  await register('nora@example.com');
  await press('Allow');
  await page.waitForURL('http://127.0.0.1/callback**');
  await first.finishAuth(new URL(page.url()).searchParams.get('code') ?? '');
  const connected = client();
  await connected.connect(transport());
  const { content } = await connected.callTool({ name: 'take_note' });
  expect(content).toEqual([{ type: 'text', text: expect.stringMatching(/^Kept for usr_/) }]);
  await connected.close();
});
