import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

// Latchkey and a Worker that is bound to it, each in a `wrangler dev` of its own, as on the machine of whoever builds a product: a proxy
// stands between them, which passes on calls of methods and nothing else.

const CONSUMER = join(import.meta.dirname, '../support/consumer');
const registry = mkdtempSync(join(tmpdir(), 'latchkey-registry-'));

let latchkey: WranglerDev;
let consumer: WranglerDev;
let user_id: string;

beforeAll(async () => {
  latchkey = await WranglerDev.start((folder) => [writeConfig(folder)], registry);
  consumer = await WranglerDev.start(() => [join(CONSUMER, 'wrangler.toml')], registry);
  const body = { email: 'ada@example.com', password: 'three lighthouses at dusk' };
  user_id = (await post(latchkey, '/v1/auth/register', body)).user.id;
});

afterAll(async () => {
  await Promise.all([consumer?.stop(), latchkey?.stop()]);
  rmSync(registry, { recursive: true });
});

async function post(to: WranglerDev, path: string, body: object): Promise<any> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${to.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

const call = async (method: string, given: object) =>
  (await post(consumer, '/call', { binding: 'AUTH', method, args: [{ user_id, ...given }] })).returned;

it('costly work is metered', async () => {
  // The registry tells of the one server to the other when it looks next.
  await expect.poll(async () => (await call('creditBalance', {}))?.ok, { timeout: 60_000 }).toBe(true);
  expect(await post(consumer, '/draw', { user_id, quantity: 5 })).toEqual({ left: 15 });
  expect(await post(consumer, '/draw', { user_id, quantity: 5, fail: true })).toEqual({
    code: 'Error: no picture',
  });
  expect(await post(consumer, '/draw', { user_id, quantity: 17 })).toEqual({ code: 'quota_exceeded' });
  expect(await post(consumer, '/draw', { user_id, quantity: 16 })).toEqual({ left: 0 });
});

it('quota is held, counted and given up', async () => {
  const held = await call('reserveUsage', { resource: 'videos', quantity: 2, reference: 'one' });
  expect(held).toMatchObject({ ok: true, value: { quota: { remaining: 3 } } });
  expect(await call('commitUsage', { reference: 'one', quantity: 1 })).toMatchObject({ ok: true });
  await call('reserveUsage', { resource: 'videos', reference: 'two' });
  const given = await call('releaseUsage', { reference: 'two' });
  expect(given).toMatchObject({ ok: true, value: { quota: { used: 1, remaining: 4 } } });
});

it('credits come, go, and come back', async () => {
  expect(await call('addCredits', { amount: 10, reference: 'a' })).toMatchObject({ value: { balance: 10 } });
  expect(await call('useCredits', { amount: 4, reference: 'b' })).toMatchObject({ value: { balance: 6 } });
  const back = await call('refundCredits', { refund_of: 'b', reference: 'c' });
  expect(back).toMatchObject({ value: { balance: 10 } });
  expect(await call('creditBalance', {})).toMatchObject({ ok: true, value: { user_id, balance: 10 } });
  const { value } = await call('creditTransactions', { limit: 2 });
  expect(value.data.map(({ type }: { type: string }) => type)).toEqual(['refund', 'used']);
});
