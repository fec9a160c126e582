import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { ClientConsumer } from '../client-consumer.ts';
import { launchBrowser } from './browser.ts';
import { type Latchkey, linkIn, startLatchkey } from './latchkey.ts';
import { PASSWORD } from './visitor.ts';

/** What an app answers for a path. */
export interface Served {
  type?: string;
  headers?: Record<string, string>;
  body: string;
}

/** An app on an origin of its own which has `@latchkey/client` as it is published; a Latchkey in development, and a client of it for the app. */
export class ClientApp {
  readonly latchkey: Latchkey;
  readonly browser: Browser;
  readonly consumer: ClientConsumer;
  readonly origin: string;
  readonly clientId: string;
  readonly #server: Server;

  private constructor(
    parts: Pick<ClientApp, 'latchkey' | 'browser' | 'consumer' | 'origin' | 'clientId'>,
    server: Server,
  ) {
    this.latchkey = parts.latchkey;
    this.browser = parts.browser;
    this.consumer = parts.consumer;
    this.origin = parts.origin;
    this.clientId = parts.clientId;
    this.#server = server;
  }

  static async start(serve: (url: URL, app: ClientApp) => Served | Promise<Served>): Promise<ClientApp> {
    const consumer = new ClientConsumer();
    const [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
    const server = createServer(async (request, response) => {
      const { type = 'text/html', headers = {}, body } = await serve(new URL(request.url ?? '', origin), app);
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, ...headers }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    const client = {
      name: 'The app',
      first_party: true,
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${origin}/`],
      post_logout_redirect_uris: [`${origin}/`],
      scopes: ['openid', 'profile', 'email', 'account'],
    };
    const made = await post(`${latchkey.origin}/v1/admin/clients`, client, {
      'x-api-key': latchkey.internalKey,
    });
    const app = new ClientApp(
      { latchkey, browser, consumer, origin, clientId: made.client_id as string },
      server,
    );
    return app;
  }

  /** Code that imports the package, as a bundler makes it for a page. */
  async bundle(code: string, file = 'app.tsx'): Promise<string> {
    const { outputFiles } = await build({
      entryPoints: [this.consumer.write(file, code)],
      bundle: true,
      format: 'iife',
      jsx: 'automatic',
      write: false,
      preserveSymlinks: true,
      define: { 'process.env.NODE_ENV': '"development"' },
      logLevel: 'error',
    });
    return outputFiles[0]?.text as string;
  }

  /** The path of code that Node can import, which has the package and React as the app has them. */
  async forNode(code: string, file = 'app-node'): Promise<string> {
    const outfile = join(this.consumer.folder, `${file}.mjs`);
    await build({
      entryPoints: [this.consumer.write(`${file}.tsx`, code)],
      bundle: true,
      packages: 'external',
      format: 'esm',
      jsx: 'automatic',
      outfile,
      logLevel: 'error',
    });
    return outfile;
  }

  /** Makes an account whose address is proven. */
  async register(email: string, name: string): Promise<void> {
    await post(`${this.latchkey.origin}/v1/auth/register`, { email, password: PASSWORD, name });
    const confirming = await this.browser.newPage({ locale: 'en-GB' });
    await confirming.goto(linkIn(await this.latchkey.messageTo(email)));
    await confirming.getByRole('button', { name: 'This is my account' }).click();
    await confirming.getByRole('status').waitFor();
    await confirming.close();
  }

  async open(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(this.origin + path);
    return page;
  }

  /** Fills in the sign-in page of Latchkey's that a page has left for, and comes back. */
  async fillIn(page: Page, email: string): Promise<void> {
    await page.waitForURL((url) => url.origin === this.latchkey.origin);
    await page.getByLabel('Email, username or phone').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL((url) => url.origin === this.origin);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.consumer.remove();
    await Promise.all([this.latchkey.stop(), this.browser.close()]);
  }
}

async function post(
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as Record<string, unknown>;
}
