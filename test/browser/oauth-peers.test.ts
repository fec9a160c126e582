import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, startLatchkey } from '../support/browser/latchkey.ts';
import { type BrowserVisitor, openVisitor, PASSWORD } from '../support/browser/visitor.ts';
import { freePort } from '../support/free-port.ts';
import { PATIENCE } from '../support/patience.ts';

// Programs that others wrote and that sign in, or check tokens, with nothing but the issuer's address: Debian's.
const EMAIL = 'ada@example.com';
const RESOURCE = 'https://api.example.com/';
const MODULES = '/usr/lib/apache2/modules';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-peers-'));
const log = () => readFileSync(join(folder, 'error.log'), 'utf8').slice(-3000);
let latchkey: Latchkey;
let browser: Browser;
let apache: ChildProcess;
let site: string;
let visitor: BrowserVisitor;
let python: { id: string; secret: string };
let suite: { port: number; id: string };

async function send(path: string, body: object, method = 'POST'): Promise<any> {
  const answer = await fetch(latchkey.origin + path, {
    method,
    headers: { 'content-type': 'application/json', 'x-api-key': latchkey.internalKey },
    body: JSON.stringify(body),
  });
  expect(answer.status, path).toBe(method === 'POST' ? 201 : 200);
  return answer.json();
}

/** One Apache: a site that signs its visitors in (mod_auth_openidc), and an API that takes access tokens (mod_oauth2). */
function apacheConfig(port: number, web: any, api: any): string {
  const load = (...names: string[]) =>
    names.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n');
  const asRoot = process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : '';
  const strict = `introspect.ssl_verify=false&introspect.auth=client_secret_basic&client_id=${api.client_id}&client_secret=${api.client_secret}`;
  return `
ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
DefaultRuntimeDir ${folder}
${load('mpm_prefork', 'authz_core', 'authn_core', 'authz_user', 'dir', 'headers', 'auth_openidc', 'oauth2')}
${asRoot}
StartServers 2
DocumentRoot ${folder}/www
OIDCProviderMetadataURL ${latchkey.origin}/.well-known/openid-configuration
OIDCClientID ${web.client_id}
OIDCClientSecret ${web.client_secret}
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ES256
OIDCScope "openid email"
OIDCRedirectURI http://localhost:${port}/protected/callback
OIDCCryptoPassphrase nothing-secret
OIDCPassClaimsAs environment
<Location /protected>
  AuthType openid-connect
  Require valid-user
  Header set X-Email "%{OIDC_CLAIM_email}e"
</Location>
<Location /api>
  AuthType oauth2
  OAuth2TokenVerify jwks_uri ${latchkey.origin}/.well-known/jwks.json jwks_uri.ssl_verify=false
  Require oauth2_claim aud:${RESOURCE}
</Location>
<Location /strict>
  AuthType oauth2
  OAuth2TokenVerify introspect ${latchkey.origin}/oauth2/introspect ${strict}
  Require oauth2_claim aud:${RESOURCE}
</Location>
`;
}

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  const port = await freePort();
  site = `http://localhost:${port}`;
  const client = { type: 'confidential', scopes: ['openid', 'email', 'offline_access'] };
  const web = await send('/v1/admin/clients', {
    ...client,
    name: 'Guarded site',
    redirect_uris: [`${site}/protected/callback`],
    post_logout_redirect_uris: [`${site}/bye/`],
  });
  const api = await send('/v1/admin/clients', {
    ...client,
    name: 'API',
    grant_types: ['client_credentials'],
    audiences: [RESOURCE],
  });
  const script = await send('/v1/admin/clients', {
    ...client,
    name: 'Python',
    redirect_uris: [`${site}/python/`],
    audiences: [RESOURCE],
  });
  python = { id: script.client_id, secret: script.client_secret };
  const suitePort = await freePort();
  const tested = await send('/v1/admin/clients', {
    ...client,
    name: 'MCP client',
    // It shows no secret where the server takes public clients.
    type: 'public',
    redirect_uris: [`http://127.0.0.1:${suitePort}/callback`],
    audiences: [RESOURCE],
  });
  suite = { port: suitePort, id: tested.client_id };
  await send('/v1/admin/realms/default', { client_registration: ['document'] }, 'PATCH');
  // Apache's children are another user where it was started by root.
  chmodSync(folder, 0o755);
  for (const path of ['protected', 'api', 'strict', 'bye', 'python']) {
    mkdirSync(join(folder, 'www', path), { recursive: true });
    writeFileSync(join(folder, 'www', path, 'index.html'), `<!doctype html><title>${path}</title>${path}`);
  }
  writeFileSync(join(folder, 'apache.conf'), apacheConfig(port, web, api));
  writeFileSync(join(folder, 'error.log'), '');
  // A group of its own: at its end it ends all of its group.
  const how = { stdio: 'ignore', detached: true } as const;
  apache = spawn('/usr/sbin/apache2', ['-f', join(folder, 'apache.conf'), '-DFOREGROUND'], how);
  await vi.waitFor(async () => expect((await fetch(`${site}/bye/`)).status, log()).toBe(200), {
    timeout: PATIENCE,
    interval: 100,
  });
  visitor = await openVisitor(latchkey, browser);
  await visitor.register(EMAIL);
  await visitor.signOut();
});

afterAll(async () => {
  if (apache && apache.exitCode === null) {
    apache.kill('SIGTERM');
    await once(apache, 'exit');
  }
  await Promise.all([latchkey?.stop(), browser?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Signs in at the page that a client has sent the browser to, and allows what it asks. */
async function signIn(): Promise<void> {
  const { page, press } = visitor;
  await page.getByLabel('Email, username or phone').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
  await press('Allow');
}

describe('a site behind mod_auth_openidc', () => {
  it('is shown to who signs in at Latchkey, and to nobody after they signed out', async () => {
    const { page } = visitor;
    await page.goto(`${site}/protected/`);
    expect(page.url().startsWith(latchkey.origin)).toBe(true);
    await signIn();
    await page.waitForURL(`${site}/protected/`);
    const again = await page.reload();
    expect(again?.status(), log()).toBe(200);
    expect(await again?.headerValue('x-email')).toBe(EMAIL);

    await page.goto(`${site}/protected/callback?logout=${encodeURIComponent(`${site}/bye/`)}`);
    await page.waitForURL(`${site}/bye/`);
    await visitor.go('/account');
    expect(visitor.path()).toBe('/login');
    await page.goto(`${site}/protected/`);
    expect(visitor.path()).toBe('/login');
  });
});

/** A program in a process of its own: what it says, line by line, and what it is told. */
function startProgram(command: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, ...env } });
  const ended = once(child, 'exit');
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    hear: async (): Promise<string> => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the program ended: ${errors}`);
      return value;
    },
    tell: (line = '') => child.stdin.write(`${line}\n`),
    /** Waits for its end; its exit code. */
    end: async () => {
      // What nobody reads it could not write.
      while (!(await lines.next()).done);
      return ((await ended) as [number | null])[0];
    },
    stop: () => child.kill('SIGKILL'),
  };
}

describe('a client by Authlib, and an API behind mod_oauth2', () => {
  it('is let in by the key set and by introspection; once revoked, not by introspection', async () => {
    const script = join(ROOT, 'test/support/peers/authlib-client.py');
    const args = [script, latchkey.origin, python.id, python.secret, `${site}/python/`, RESOURCE];
    const client = startProgram('/usr/bin/python3', args, { AUTHLIB_INSECURE_TRANSPORT: '1' });
    const hear = async () => JSON.parse(await client.hear());
    try {
      await visitor.page.goto((await hear()).url);
      await signIn();
      await visitor.page.waitForURL((url) => url.href.startsWith(`${site}/python/`));
      client.tell(visitor.page.url());
      const first = await hear();
      expect(first.sub).toMatch(/^usr_/);
      client.tell();
      const second = await hear();
      expect(second.rotated).toBe(true);

      const ask = async (path: string, token?: string) => {
        const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
        return (await fetch(`${site}/${path}/`, { headers })).status;
      };
      for (const path of ['api', 'strict']) {
        expect(await ask(path), path).toBe(401);
        expect(await ask(path, `${second.access_token.slice(0, -6)}AAAAAA`), path).toBe(401);
        expect(await ask(path, second.access_token), `${path} ${log()}`).toBe(200);
      }
      client.tell();
      // One that mod_oauth2 has not asked about: it goes by an answer for five minutes.
      const { revoked } = await hear();
      expect(await ask('strict', revoked), log()).toBe(401);
      // What is verified by the key set alone is good until it expires.
      expect(await ask('api', revoked), log()).toBe(200);
    } finally {
      client.stop();
    }
  });
});

describe('the conformance suite of MCP', () => {
  it('finds nothing wrong with the authorization server', async () => {
    const program = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
    const results = join(folder, 'results');
    const run = startProgram(process.execPath, [
      ...[program, 'authorization', '--url', latchkey.origin, '--port', String(suite.port)],
      ...['--client-id', suite.id, '--resource', RESOURCE, '--output-dir', results],
    ]);
    try {
      let line = '';
      while (!line.startsWith(`${latchkey.origin}/oauth2/authorize?`)) line = await run.hear();
      await visitor.context.clearCookies();
      await visitor.page.goto(line);
      await signIn();
      const code = await run.end();
      const checks = readdirSync(results, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('checks.json'))
        .flatMap((name) => JSON.parse(readFileSync(join(results, name), 'utf8')));
      expect(checks.filter(({ status }: any) => status !== 'SUCCESS')).toEqual([]);
      expect(checks.map(({ id, status }: any) => [id, status])).toEqual(
        expect.arrayContaining([
          ['authorization-server-metadata', 'SUCCESS'],
          ['authorization-code-grant', 'SUCCESS'],
        ]),
      );
      expect(code).toBe(0);
    } finally {
      run.stop();
    }
  });
});
