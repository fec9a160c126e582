import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createDialects, TABLES } from '../../src/compat/dialects.ts';
import type { Handler } from '../../src/compat/engine/router.ts';
import type { Row } from '../../src/compat/engine/row.ts';
import type { Bindings } from '../../src/config/config.ts';
import { DIALECT_NAMES, type DialectName } from '../../src/lib/dialect-names.ts';
import { createServices } from '../../src/services.ts';
import { freshAddress, ORIGIN } from '../support/api.ts';
import { createRealmsOf } from '../support/dialects.ts';

/** What an endpoint may say to a stranger who sends nothing: never that it, or its method, is not there. */
const TO_NOBODY = [200, 202, 302, 303, 400, 401, 403, 410, 422];

const promised = DIALECT_NAMES.flatMap((name) =>
  env.TEST_ENDPOINTS[name].map((from) => [name, from] as const),
);
const rows = DIALECT_NAMES.flatMap((name) => TABLES[name].map((row) => [name, row.from, row] as const));

/** The service with that variable. */
function withCompat(COMPAT: string | undefined, ENVIRONMENT = 'development'): Handler {
  const bindings = { ...env, COMPAT, ENVIRONMENT } as unknown as Bindings;
  const services = createServices(bindings);
  const dialects = createDialects(services.config);
  return dialects.before(createApp(services, bindings, dialects));
}

/** Production speaks none unless told. */
const off = withCompat(undefined, 'production');
const all = withCompat(undefined);
const alone = Object.fromEntries(DIALECT_NAMES.map((name) => [name, withCompat(name)])) as Record<
  DialectName,
  Handler
>;

beforeAll(() => createRealmsOf(rows.map(([, , row]) => row)));

/** An endpoint whatever its placeholders are called: one row serves the documents that differ in that only. */
const shape = (endpoint: string) => endpoint.replaceAll(/\{\w+\}/g, '{}');

/** Whether a row answers at an endpoint, also by a placeholder that stands in its place. */
function takes({ from }: Row, endpoint: string): boolean {
  const pattern = from.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(endpoint);
}

/** Sends nothing but the method and the path. */
async function statusOf(handler: Handler, endpoint: string): Promise<number> {
  const [method, path = ''] = endpoint.split(' ');
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => (name === 'provider' ? 'google' : 'nobody'));
  const ctx = createExecutionContext();
  const request = new Request(`${ORIGIN}${filled}`, {
    method: method as string,
    headers: { 'cf-connecting-ip': freshAddress() },
    redirect: 'manual',
  });
  const response = await handler.fetch(request, env as unknown as Bindings, ctx);
  await response.text();
  await waitOnExecutionContext(ctx);
  return response.status;
}

it('the documents name endpoints at all', () => {
  expect(DIALECT_NAMES.filter((name) => env.TEST_ENDPOINTS[name].length < 10)).toEqual([]);
});

describe('each endpoint of a document', () => {
  it.each(promised)('%s: %s has a row', (name, from) => {
    expect(TABLES[name].map((row) => shape(row.from))).toContain(shape(from));
  });

  it.each(promised)('%s: %s answers, with all dialects and with its own alone', async (name, from) => {
    expect(TO_NOBODY).toContain(await statusOf(all, from));
    expect(TO_NOBODY).toContain(await statusOf(alone[name], from));
  });
});

describe('each row', () => {
  it('stands in the document, once', () => {
    const strange = rows.filter(([name, from]) => !env.TEST_ENDPOINTS[name].map(shape).includes(shape(from)));
    expect(strange.map(([name, from]) => `${name}: ${from}`)).toEqual([]);
    const twice = rows.filter(([name, from], i) =>
      rows.slice(0, i).some(([other, same]) => other === name && shape(same) === shape(from)),
    );
    expect(twice.map(([name, from]) => `${name}: ${from}`)).toEqual([]);
  });

  it('is the same in each document that has the endpoint', () => {
    const meaning = ({ to, realm, status }: Row) => JSON.stringify([to, realm, status]);
    const shared = Map.groupBy(rows, ([, from]) => shape(from));
    const torn = [...shared].filter(([, same]) => new Set(same.map(([, , row]) => meaning(row))).size > 1);
    expect(torn.map(([, same]) => same.map(([name, from]) => `${name}: ${from}`))).toEqual([]);
  });

  it('leads to an operation that there is', async () => {
    const nowhere: string[] = [];
    for (const [name, from, { to, realm }] of rows) {
      const [method, path] = to.split(' ');
      const status = await statusOf(alone[name], realm ? `${method} /realms/${realm}${path}` : to);
      if (!TO_NOBODY.includes(status)) nowhere.push(`${name}: ${from} → ${to} (${status})`);
    }
    expect(nowhere).toEqual([]);
  });

  it('is there only where its dialect is spoken', async () => {
    const there: string[] = [];
    for (const [name, from, { to }] of rows) {
      if (from === to) continue;
      const others = DIALECT_NAMES.filter((other) => !TABLES[other].some((row) => takes(row, from)));
      const status = await statusOf(off, from);
      if (status !== 404) there.push(`${name}: ${from} (${status})`);
      for (const other of others) {
        // Another method of that path may be there.
        if (![404, 405].includes(await statusOf(alone[other], from))) there.push(`${other}: ${from}`);
      }
    }
    expect(there).toEqual([]);
  });
});
