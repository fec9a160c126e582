import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { bundleWorker } from '../../src/cli/bundle-worker.ts';
import { MODULES, MODULES_RULE } from '../../src/cli/deployment.ts';
import { ROOT } from '../../src/cli/root.ts';
import { INTERNAL_API_KEY, WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

// What `npm run deploy` uploads, served. All else here is bundled by wrangler or Vite, as one module or by files.

vi.setConfig({ hookTimeout: 300_000, testTimeout: 300_000 });

let latchkey: WranglerDev;

beforeAll(async () => {
  latchkey = await WranglerDev.start(async (folder) => {
    const path = writeConfig(folder, { vars: { COMPAT: 'doztra' } });
    const config = JSON.parse(readFileSync(path, 'utf8')) as WranglerConfig;
    const bundle = join(folder, 'worker');
    await bundleWorker(join(ROOT, 'src/worker.ts'), bundle, config);
    const main = join(bundle, `worker${MODULES}`);
    const rules = [MODULES_RULE];
    writeFileSync(path, JSON.stringify({ ...config, main, rules, no_bundle: true, minify: false }));
    return [path];
  });
});
afterAll(() => latchkey?.stop());

const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${latchkey.origin}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
};
const service = { 'X-API-Key': INTERNAL_API_KEY };

it('answers what an isolate starts with', async () => {
  const account = { email: 'ada@acme.dev', password: 'three lighthouses at dusk' };
  const registered = await ask('POST', '/v1/auth/register', account);
  expect(registered.status, registered.text).toBe(201);
  const { access_token } = JSON.parse(registered.text);
  expect((await ask('GET', '/v1/me', undefined, { Authorization: `Bearer ${access_token}` })).status).toBe(
    200,
  );
});

it('and all that comes when it is asked for: routes, pages, documents, older services, mails, jobs', async () => {
  const seen = {
    users: await ask('GET', '/v1/admin/users', undefined, service),
    page: await ask('GET', '/login'),
    admin: await ask('GET', '/admin'),
    document: await ask('GET', '/openapi.json'),
    discovery: await ask('GET', '/.well-known/openid-configuration'),
    older: await ask('POST', '/api/tokens/me/track', {}),
    nothing: await ask('GET', '/nothing/here'),
    deep: await ask('GET', '/health?deep=1'),
    job: await ask('GET', '/cdn-cgi/handler/scheduled?cron=*+*+*+*+*'),
  };
  const statuses = Object.fromEntries(Object.entries(seen).map(([name, { status }]) => [name, status]));
  expect(statuses, JSON.stringify(seen)).toEqual({
    users: 200,
    page: 200,
    admin: 200,
    document: 200,
    discovery: 200,
    older: 401,
    nothing: 404,
    deep: 200,
    job: 200,
  });
  const mailbox = await ask('GET', '/dev/mailbox');
  expect(mailbox.text).toContain('ada@acme.dev');
});
