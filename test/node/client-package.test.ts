import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { CATALOGUE } from '../../src/errors.ts';
import { newKeyPair, publicKeyOf, signedHeaders } from '../../src/webhooks/signature.ts';
import { ClientConsumer, COMPILERS } from '../support/client-consumer.ts';
import { INTERNAL_API_KEY, WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

type Client = typeof import('../../src/client/client.ts');
type ServerSide = typeof import('../../src/client/server.ts');
type Events = typeof import('../../src/client/webhooks.ts');

const PASSWORD = 'three lighthouses at dusk';
let consumer: ClientConsumer;
let latchkey: WranglerDev;
let client: Client;
let server: ServerSide;
let events: Events;

beforeAll(async () => {
  consumer = new ClientConsumer();
  latchkey = await WranglerDev.start((folder) => [
    writeConfig(folder, { vars: { ORIGIN: 'http://localhost:8787' } }),
  ]);
  const entry = (name: string) =>
    import(pathToFileURL(join(consumer.folder, 'node_modules/@latchkey/client', name)).href);
  client = await entry('client.js');
  server = await entry('server.js');
  events = await entry('webhooks.js');
});

afterAll(async () => {
  await latchkey?.stop();
  consumer?.remove();
});

describe('the package', () => {
  it('is whole: publint and Are the types wrong? have no complaint', () => {
    const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);
    execFileSync(bin('publint'), ['--strict', consumer.built]);
    execFileSync(bin('attw'), [consumer.tarball, '--profile', 'esm-only']);
  });

  it('has no word of the Worker in it', () => {
    const { files } = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--dry-run'], {
        cwd: consumer.built,
        encoding: 'utf8',
      }),
    )[0];
    const names = files.map(({ path }: { path: string }) => path);
    expect(names.filter((name: string) => !/\.(js|d\.ts|json|md)$|^LICENSE$/.test(name))).toEqual([]);
  });

  it.each([
    ['client.js', 5],
    ['server.js', 14],
    ['browser.js', 8],
    ['worker.js', 2],
    ['webhooks.js', 2],
  ])('%s is small: %i KiB gzipped at most, with all that it needs', async (entry, most) => {
    expect(await sizeOf(entry)).toBeLessThan(most);
  });

  it.each([
    ['react.js', 2],
    ['elements.js', 9],
  ])('%s adds %i KiB gzipped at most to what a page has of browser.js', async (entry, most) => {
    expect((await sizeOf(entry)) - (await sizeOf('browser.js'))).toBeLessThan(most);
  });

  it('can be loaded by servers, whichever part it is', async () => {
    consumer.write(
      'server.mjs',
      `import { createLatchkey } from '@latchkey/client/browser';
import { defineElements, LatchkeySignIn } from '@latchkey/client/elements';
import { LatchkeyProvider } from '@latchkey/client/react';
defineElements();
console.log(typeof createLatchkey, typeof LatchkeySignIn, typeof LatchkeyProvider);`,
    );
    const said = execFileSync(process.execPath, ['server.mjs'], { cwd: consumer.folder, encoding: 'utf8' });
    expect(said).toBe('function function function\n');
  });

  /** What a page loads of an entry besides React, KiB gzipped. */
  async function sizeOf(entry: string): Promise<number> {
    const { outputFiles } = await build({
      entryPoints: [join(consumer.folder, 'node_modules/@latchkey/client', entry)],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      external: ['react'],
      // The consumer's links lead into this project.
      preserveSymlinks: true,
      logLevel: 'error',
    });
    return gzipSync(outputFiles[0]?.contents as Uint8Array).byteLength / 1024;
  }

  const USE = `
import { createClient, LatchkeyError, type ErrorCode, type Schemas } from '@latchkey/client';
import { verifier, metered, honoAuth, withAuth } from '@latchkey/client/server';
import { readEvent } from '@latchkey/client/webhooks';
import { metered as meteredByBinding, type LatchkeyBinding } from '@latchkey/client/worker';

const latchkey = createClient({ issuer: 'https://auth.example.com', apiKey: 'key' });

export async function calls(): Promise<string> {
  const user = await latchkey.get('/v1/users/{id}', { params: { path: { id: 'usr_1' } } });
  const id: string = user.id;
  const decision = await latchkey.post('/v1/authorize', { body: { token: 't', resource: 'images' } });
  const allowed: boolean = decision.allowed;
  for await (const each of latchkey.list('/v1/admin/users', { params: { query: { limit: 10 } } })) {
    const email: string = each.email;
    void email;
  }
  // @ts-expect-error there is no such operation
  await latchkey.get('/v1/nothing');
  // @ts-expect-error the path has a parameter
  await latchkey.get('/v1/users/{id}');
  // @ts-expect-error it takes no such field
  await latchkey.post('/v1/authorize', { body: { token: 't', amount: 1 } });
  // @ts-expect-error it is no list
  latchkey.list('/v1/me');
  // @ts-expect-error users have no such field
  user.password;
  return allowed ? id : '';
}

export async function hears(request: Request): Promise<string | null> {
  const event = await readEvent(request, { key: ['whsec_x', 'whpk_y'] });
  // @ts-expect-error there is no such event
  if (event.type === 'user.exploded') return null;
  if (event.type === 'user.updated') return event.data.changed.join();
  // @ts-expect-error each event has its own data
  return event.data.changed;
}

export async function binds(AUTH: LatchkeyBinding): Promise<number> {
  const asked = await AUTH.authorize({ token: 't', resource: 'images' });
  if (!asked.ok) return asked.error.status;
  // @ts-expect-error who asks has to show the token
  await AUTH.authorize({ resource: 'images' });
  return meteredByBinding(AUTH, { user_id: asked.value.user_id ?? '', resource: 'tokens' }, async ({ used }) => {
    used(3);
    return 3;
  });
}

export function fails(error: unknown): string | null {
  if (!(error instanceof LatchkeyError)) return null;
  const code: ErrorCode = error.code;
  switch (error.code) {
    case 'quota_exceeded':
      return 'buy more';
    // @ts-expect-error there is no such code
    case 'quota_exceded':
      return null;
  }
  return code;
}

export async function serves(request: Request): Promise<Response> {
  const verify = verifier({ issuer: 'https://auth.example.com' });
  const { sub } = await verify('token');
  const handler = withAuth({ issuer: 'https://auth.example.com' }, (_request, caller) => new Response(caller.sub));
  const middleware = honoAuth({ issuer: 'https://auth.example.com', strict: true });
  void middleware;
  const ask: Schemas['NewReservation'] = { user_id: sub, resource: 'tokens', quantity: 10 };
  await metered(latchkey, ask, async ({ used }) => used(3));
  return handler(request);
}
`;

  const WAYS = {
    'a bundler, in the browser': {
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2022', 'dom', 'dom.asynciterable'],
    },
    'Node, with its own types': { module: 'nodenext', lib: ['es2022'], types: ['node'] },
    node16: { module: 'node16', moduleResolution: 'node16', lib: ['es2022', 'dom'] },
  };
  /** What a project may make the compiler think; with React's own types that takes some three seconds where nothing else runs. */
  const BUDGET = 120_000;
  const compilers = Object.keys(COMPILERS) as (keyof typeof COMPILERS)[];
  const ways = compilers.flatMap((compiler) =>
    Object.entries(WAYS).map(([way, options]) => [compiler, way, options] as const),
  );

  it.each(ways)('has types for TypeScript %s and %s, with nothing skipped', (compiler, _, options) => {
    expect(consumer.check(consumer.write('use.ts', USE), options, compiler)).toBe('');
    if (compiler === '5.9') expect(consumer.instantiations()).toBeLessThan(BUDGET);
  });

  const PAGE = `
import { createLatchkey, SignInError, type Session } from '@latchkey/client/browser';
const latchkey = createLatchkey({ issuer: 'https://auth.example.com', clientId: 'cli_1', scope: 'openid' });
export const stop: () => void = latchkey.onSession((session: Session | null) => void session?.user.email);
export const why: string | null = latchkey.failure instanceof SignInError ? latchkey.failure.error : null;
// @ts-expect-error nobody signs in without an issuer
createLatchkey({ clientId: 'cli_1' });
// @ts-expect-error there is no such field
export const password = async () => (await latchkey.session())?.user.password;
import { defineElements } from '@latchkey/client/elements';
defineElements({ latchkey, texts: { fr: { welcome: 'Bienvenue', resource_images: 'Images' } } });
// @ts-expect-error there is no such text
defineElements({ texts: { fr: { welcom: 'Bienvenue' } } });
document.querySelector('latchkey-usage')?.refresh();
addEventListener('keydown', ({ key }) => key);
document.body.addEventListener('latchkey-session', ({ detail }) => void detail?.user.name);
document.body.addEventListener('latchkey-choose', ({ detail }) => void detail.priceId);
`;
  const REACT = `
import { LatchkeyProvider, SignedIn, type User, useLatchkey, useQuota, useUser } from '@latchkey/client/react';
function Who() {
  const user: User | null | undefined = useUser();
  const { quota, refresh } = useQuota();
  const { signOut } = useLatchkey();
  const left: number | null | undefined = quota?.resources.images?.remaining;
  // @ts-expect-error there is no such field
  user?.password;
  return <button type="button" onClick={() => void refresh().then(() => signOut())}>{user?.name} {left}</button>;
}
export const app = <LatchkeyProvider issuer="https://auth.example.com"><SignedIn><Who /></SignedIn></LatchkeyProvider>;
export const card = <latchkey-sign-in issuer="https://auth.example.com" return-to="/welcome" theme="dark" />;
// @ts-expect-error there is no such theme
export const unseen = <latchkey-usage theme="pink" />;
// @ts-expect-error nobody signs in without an issuer
export const wrong = <LatchkeyProvider clientId="cli_1" />;
`;
  it.each(ways)('has types for pages and React by TypeScript %s and %s', (compiler, way, options) => {
    const isNode = way === 'Node, with its own types';
    if (!isNode) expect(consumer.check(consumer.write('page.ts', PAGE), options, compiler)).toBe('');
    const file = consumer.write('app.tsx', REACT);
    expect(consumer.check(file, { ...options, jsx: 'react-jsx' }, compiler)).toBe('');
    if (compiler === '5.9') expect(consumer.instantiations()).toBeLessThan(BUDGET);
  });
});

describe('createClient', () => {
  const service = (options = {}) =>
    client.createClient({ issuer: latchkey.origin, apiKey: INTERNAL_API_KEY, ...options });
  const register = (email: string) =>
    client
      .createClient({ issuer: latchkey.origin })
      .post('/v1/auth/register', { body: { email, password: PASSWORD } });

  it('calls, and throws what Latchkey refuses', async () => {
    const made = (await register('ada@example.com')) as any;
    const me = await client
      .createClient({ issuer: `${latchkey.origin}/`, token: async () => made.access_token })
      .get('/v1/me');
    expect(me).toMatchObject({ id: made.user.id, email: 'ada@example.com' });
    const refused = await service()
      .get('/v1/users/{id}', { params: { path: { id: 'usr_nobody' } } })
      .catch((error) => error);
    expect(refused).toBeInstanceOf(client.LatchkeyError);
    expect(refused).toMatchObject({ code: 'user_not_found', status: 404, problem: { status: 404 } });
    expect(Object.keys(CATALOGUE)).toContain(refused.code);
  });

  it('walks lists, page by page, as far as it is asked to', async () => {
    for (const name of ['bob', 'cy', 'di']) await register(`${name}@example.com`);
    const sent: string[] = [];
    const counting = service({
      fetch: (request: Request) => {
        sent.push(request.url);
        return fetch(request);
      },
    });
    const seen: string[] = [];
    for await (const { email } of counting.list('/v1/admin/users', {
      params: { query: { limit: 2 } },
    })) {
      seen.push(email);
    }
    expect(seen.toSorted()).toEqual([
      'ada@example.com',
      'bob@example.com',
      'cy@example.com',
      'di@example.com',
    ]);
    expect(sent.length).toBeLessThanOrEqual(3);
    sent.length = 0;
    for await (const _ of counting.list('/v1/admin/users', { params: { query: { limit: 1 } } })) break;
    expect(sent).toHaveLength(1);
  });

  it('charges once, though the connection is lost after it was done', async () => {
    const made = (await register('erin@example.com')) as any;
    const user_id = made.user.id;
    await service().post('/v1/credits/add', { body: { user_id, amount: 100, reference: 'start' } });
    let calls = 0;
    const losing = service({
      fetch: async (request: Request) => {
        calls += 1;
        const answer = await fetch(request);
        if (calls === 1) throw new TypeError('connection lost');
        return answer;
      },
    });
    await losing.post('/v1/credits/use', { body: { user_id, amount: 30, reference: 'image-1' } as any });
    expect(calls).toBe(2);
    const me = await client
      .createClient({ issuer: latchkey.origin, token: made.access_token })
      .get('/v1/me/credits');
    expect((me as any).balance).toBe(70);
  });

  describe('asks again', () => {
    let stand: Server;
    const answers: { status: number; headers?: Record<string, string> }[] = [];
    let asked: { method: string; key: string | undefined }[] = [];
    let issuer = '';

    beforeAll(async () => {
      stand = createServer((request, response) => {
        asked.push({
          method: request.method ?? '',
          key: request.headers['idempotency-key'] as string | undefined,
        });
        const { status, headers } = answers.shift() ?? { status: 200 };
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(status === 200 ? '{}' : '{"code":"rate_limited","title":"Slow down","status":429}');
      }).listen(0, '127.0.0.1');
      await vi.waitFor(() => expect(stand.listening).toBe(true));
      issuer = `http://127.0.0.1:${(stand.address() as AddressInfo).port}`;
    });
    afterAll(() => stand.close());

    const ask = async (
      call: (one: ReturnType<Client['createClient']>) => Promise<unknown>,
      planned: typeof answers,
      options = {},
    ) => {
      asked = [];
      answers.splice(0, answers.length, ...planned);
      const started = performance.now();
      const outcome = await call(client.createClient({ issuer, ...options })).then(
        () => 'ok',
        (error) => error.code,
      );
      return { outcome, times: asked.length, seconds: (performance.now() - started) / 1000 };
    };
    const get = (one: ReturnType<Client['createClient']>) => one.get('/v1/me');
    const authorize = (one: ReturnType<Client['createClient']>) =>
      one.post('/v1/authorize', { body: { token: 't' } });
    const login = (one: ReturnType<Client['createClient']>) =>
      one.post('/v1/auth/login', { body: { identifier: 'a@b.example', password: 'x' } });
    const later = { status: 429, headers: { 'retry-after': '1' } };

    it('after 429, when the server says', async () => {
      const { outcome, times, seconds } = await ask(get, [later]);
      expect({ outcome, times }).toEqual({ outcome: 'ok', times: 2 });
      expect(seconds).toBeGreaterThanOrEqual(1);
    });

    it('with the same key, and none for what takes none', async () => {
      expect(await ask(authorize, [{ status: 503 }])).toMatchObject({ outcome: 'ok', times: 2 });
      expect(asked[0]?.key).toMatch(/^[\w-]{36}$/);
      expect(asked[1]?.key).toBe(asked[0]?.key);
      expect(await ask(login, [later])).toMatchObject({ outcome: 'ok', times: 2 });
      expect(asked[0]?.key).toBeUndefined();
    });

    it('never what may have been done, nor what a server puts off for long, nor more often than it may', async () => {
      expect(await ask(login, [{ status: 503 }])).toMatchObject({ outcome: 'rate_limited', times: 1 });
      const long = { status: 429, headers: { 'retry-after': '3600' } };
      expect(await ask(get, [long])).toMatchObject({ outcome: 'rate_limited', times: 1 });
      const failing = Array.from({ length: 9 }, () => ({ status: 503 }));
      expect(await ask(get, failing)).toMatchObject({ outcome: 'rate_limited', times: 3 });
      expect(await ask(get, failing, { retries: 0 })).toMatchObject({ outcome: 'rate_limited', times: 1 });
    });

    it('not when it was stopped meanwhile', async () => {
      asked = [];
      answers.splice(0, answers.length, { status: 429, headers: { 'retry-after': '10' } });
      const stop = new AbortController();
      const call = client.createClient({ issuer }).get('/v1/me', { signal: stop.signal } as any);
      setTimeout(() => stop.abort(new Error('enough')), 200);
      await expect(call).rejects.toThrow('enough');
      expect(asked).toHaveLength(1);
    });

    it('and says when nobody answers', async () => {
      const nobody = client.createClient({ issuer: 'http://127.0.0.1:1', retries: 1 });
      await expect(nobody.get('/v1/me')).rejects.toMatchObject({ code: 'network_error', status: null });
    });
  });
});

describe('events', () => {
  const now = () => Date.now();
  const body = JSON.stringify({ id: 'evt_1', type: 'user.deleted', user_id: 'usr_1' });
  const [old, pair] = [newKeyPair(), newKeyPair()];
  const delivery = (text = body, headers: Record<string, string> = {}, at = now()) =>
    new Request('https://example.com/hooks', {
      method: 'POST',
      body: text,
      headers: {
        ...signedHeaders('evt_1', body, { current: pair, previous: { ...old, until: at + 1000 } }, at),
        ...headers,
      },
    });

  it.each([
    ['the secret', pair.secret],
    ['the public key', publicKeyOf(pair)],
    ['what was there before', [newKeyPair().secret, old.secret]],
    ['the public key of before', publicKeyOf(old)],
  ])('are read by %s', async (_, key) => {
    expect(await events.readEvent(delivery(), { key })).toEqual(JSON.parse(body));
  });

  it('are refused that were changed, are of somebody else, old, of the future, or not signed', async () => {
    const key = [pair.secret, publicKeyOf(pair)];
    const refused = (request: Request, more = {}) =>
      expect(events.readEvent(request, { key, ...more })).rejects.toBeInstanceOf(events.WebhookError);
    await refused(delivery(body.replace('usr_1', 'usr_2')));
    await refused(delivery(), { key: newKeyPair().secret });
    await refused(delivery(), { key: publicKeyOf(newKeyPair()) });
    await refused(delivery(body, {}, now() - 301_000));
    await refused(delivery(body, {}, now() + 301_000));
    await refused(delivery(body, { 'webhook-timestamp': String(Math.floor(now() / 1000) + 1) }));
    await refused(delivery(body, { 'webhook-id': 'evt_2' }));
    for (const signature of ['', 'v1,', 'v1,AAAA', 'v1a,!!', 'nonsense', 'v2,x v1']) {
      await refused(delivery(body, { 'webhook-signature': signature }));
    }
    await refused(new Request('https://example.com/hooks', { method: 'POST', body }));
    await expect(events.readEvent(delivery(), { key: 'secret' })).rejects.toBeInstanceOf(TypeError);
  });
});

describe('on a server', () => {
  // The issuer is what ORIGIN says; the test asks for it where it really is.
  let issuer = '';
  let token = '';
  let userId = '';

  beforeAll(async () => {
    const made = (await client
      .createClient({ issuer: latchkey.origin })
      .post('/v1/auth/register', { body: { email: 'fay@example.com', password: PASSWORD } })) as any;
    token = made.access_token;
    userId = made.user.id;
    issuer = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()).iss;
    const real = globalThis.fetch;
    vi.stubGlobal('fetch', (input: any, init: any) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      return url.origin === new URL(issuer).origin
        ? real(new Request(`${latchkey.origin}${url.pathname}${url.search}`, request))
        : real(request);
    });
  });
  afterAll(() => vi.unstubAllGlobals());

  it('verifies tokens, and refuses what is none, is of somebody else, was changed, or is for another', async () => {
    const verify = server.verifier({ issuer });
    expect(await verify(token)).toMatchObject({ sub: userId, iss: issuer });
    const [head, body, signature] = token.split('.') as [string, string, string];
    const changed = Buffer.from(body, 'base64url').toString().replace('"role":"user"', '"role":"owner"');
    for (const wrong of [
      'nonsense',
      `${head}.${Buffer.from(changed).toString('base64url')}.${signature}`,
      `${head}.${body}.`,
    ]) {
      await expect(verify(wrong)).rejects.toMatchObject({ code: 'invalid_token', status: 401 });
    }
    await expect(verify(null)).rejects.toMatchObject({ code: 'authentication_required' });
    await expect(server.verifier({ issuer, audience: 'https://other.example' })(token)).rejects.toMatchObject(
      {
        code: 'invalid_token',
      },
    );
    await expect(server.verifier({ issuer, scope: 'read' })(token)).rejects.toMatchObject({
      code: 'insufficient_scope',
      status: 403,
    });
  });

  it('protects a route handler, and leads who has no token to the issuer', async () => {
    const options = { issuer, resource: 'https://api.example.com/mcp' };
    const handle = server.withAuth(options, (_, { sub }) => new Response(sub));
    const asked = (headers = {}) => handle(new Request('https://api.example.com/', { headers }));
    expect(await (await asked({ authorization: `Bearer ${token}` })).text()).toBe(userId);
    const refused = await asked();
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe(
      `Bearer realm="${issuer}", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"`,
    );
    expect(await refused.json()).toMatchObject({ code: 'authentication_required', status: 401 });
    expect((await asked({ authorization: 'Bearer x' })).headers.get('www-authenticate')).toContain(
      'error="invalid_token"',
    );
    expect(server.resourceMetadata({ ...options, scopes: ['tools'] })).toEqual({
      resource: 'https://api.example.com/mcp',
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: ['tools'],
    });
  });

  it('answers what a protected handler is refused for its user, and nothing else that it throws', async () => {
    const request = new Request('https://api.example.com/', {
      headers: { authorization: `Bearer ${token}` },
    });
    const throwing = (error: unknown) =>
      server.withAuth({ issuer }, () => {
        throw error;
      })(request);
    const refusal = (status: number, code: import('../../src/client/errors.ts').ErrorCode) =>
      new server.LatchkeyError(code, { status, retryAfter: status === 429 ? 60 : null });
    for (const [status, code] of [
      [402, 'insufficient_credits'],
      [403, 'resource_not_in_plan'],
      [429, 'quota_exceeded'],
    ] as const) {
      const answer = await throwing(refusal(status, code));
      expect(answer.status).toBe(status);
      expect(answer.headers.get('www-authenticate')).toBeNull();
      expect(answer.headers.get('retry-after')).toBe(status === 429 ? '60' : null);
      expect(await answer.json()).toMatchObject({ status, code });
    }
    for (const error of [
      refusal(401, 'invalid_api_key'),
      refusal(403, 'insufficient_scope'),
      new server.LatchkeyError('network_error'),
      new Error('broken'),
    ]) {
      await expect(throwing(error)).rejects.toBe(error);
    }
  });

  it('refuses at once who has signed out, where it is strict', async () => {
    const { access_token } = (await client
      .createClient({ issuer: latchkey.origin })
      .post('/v1/auth/login', { body: { identifier: 'fay@example.com', password: PASSWORD } })) as any;
    const strict = server.authenticator({ issuer, strict: true });
    const local = server.authenticator({ issuer });
    expect((await strict(`Bearer ${access_token}`)).sub).toBe(userId);
    await client
      .createClient({ issuer: latchkey.origin, token: access_token })
      .post('/v1/auth/logout', {} as any);
    expect((await local(`Bearer ${access_token}`)).sub).toBe(userId);
    await expect(strict(`Bearer ${access_token}`)).rejects.toMatchObject({ code: 'session_ended' });
  });

  it('is middleware for Hono, Express and Fastify', async () => {
    const { Hono } = await import('hono');
    const app = new Hono<{ Variables: { caller: { sub: string } } }>();
    app.use(server.honoAuth({ issuer }) as any);
    app.get('/', (c) => c.text(c.get('caller').sub));
    const headers = { authorization: `Bearer ${token}` };
    expect(await (await app.request('/', { headers })).text()).toBe(userId);
    expect((await app.request('/')).status).toBe(401);

    const express = server.expressAuth({ issuer });
    const node = createServer((request, response) => {
      void express(request as any, response as any, () => response.end((request as any).caller.sub));
    }).listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(node.listening).toBe(true));
    const at = `http://127.0.0.1:${(node.address() as AddressInfo).port}/`;
    expect(await (await fetch(at, { headers })).text()).toBe(userId);
    const refused = await fetch(at);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    node.close();

    const fastify = server.fastifyAuth({ issuer });
    const said: unknown[] = [];
    const reply = {
      code: (n: number) => said.push(n),
      headers: () => {},
      send: (b: unknown) => said.push(b),
    };
    const request: any = { headers };
    await fastify(request, reply as any);
    expect(request.caller.sub).toBe(userId);
    await fastify({ headers: {} }, reply as any);
    expect(said[0]).toBe(401);
  });

  it('reserves quota for costly work, counts what was used, and nothing where it fails', async () => {
    const service = client.createClient({ issuer: latchkey.origin, apiKey: INTERNAL_API_KEY });
    const used = async () => {
      const { quotas } = (await client
        .createClient({ issuer: latchkey.origin, token })
        .get('/v1/me/usage')) as any;
      return JSON.stringify(quotas ?? null);
    };
    const ask = { user_id: userId, resource: 'messages', quantity: 5 };
    const before = await used();
    await expect(
      server.metered(service, ask, async () => {
        throw new Error('the model is away');
      }),
    ).rejects.toThrow('the model is away');
    expect(await used()).toBe(before);
    const text = await server.metered(service, ask, async (metered) => {
      metered.used(3);
      return 'done';
    });
    expect(text).toBe('done');
    const decision = await service.post('/v1/authorize', {
      body: { token, resource: 'messages', quantity: 1 },
    });
    expect(decision.quota?.used).toBe(4);
    await expect(
      server.metered(service, { ...ask, quantity: 1_000_000 }, async () => 'never'),
    ).rejects.toMatchObject({ code: 'quota_exceeded' });
  });
});
