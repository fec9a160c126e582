import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { runCron } from '../../src/cron.ts';
import { createServices } from '../../src/services.ts';
import { accountOf, call, INTERNAL } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { changePlan, meteredUser } from '../support/metering.ts';
import { project } from '../support/projection.ts';

const services = createServices(env as unknown as Bindings);
const nightly = () => runCron(services, '0 0 * * *', Date.now());

/** All that the night may change, of a user. */
async function stateOf(userId: string) {
  await project(userId);
  const user = await env.DB.prepare('SELECT plan, plan_expires_at, granted_month FROM users WHERE id = ?')
    .bind(userId)
    .first();
  // The newest first.
  const { body: ledger } = await call('GET', `/v1/credits/transactions?user_id=${userId}`, {
    headers: INTERNAL,
  });
  const sums = await env.DB.prepare('SELECT * FROM realm_usage_daily ORDER BY date, resource').all();
  const log = await env.DB.prepare('SELECT type FROM activity WHERE user_id = ? ORDER BY seq')
    .bind(userId)
    .all();
  return {
    user,
    ledger: ledger.data
      .toReversed()
      .map(({ type, amount, balance_after }: any) => ({ type, amount, balance_after })),
    sums: sums.results,
    log: log.results.map(({ type }) => type),
  };
}

function at(time: string): void {
  advance(0);
  vi.setSystemTime(new Date(time));
}

/** A user whose Pro plan lapses on 10 January at noon, who has used something. */
async function subscriber() {
  at('2028-01-09T10:00:00Z');
  const userId = await meteredUser();
  await changePlan(userId, { plan: 'pro', plan_expires_at: Date.parse('2028-01-10T12:00:00Z') });
  const body = { user_id: userId, resource: 'images', quantity: 3 };
  expect((await call('POST', '/v1/usage', { headers: INTERNAL, body })).status).toBe(200);
  return userId;
}

it('late, twice, at once, or after days that were missed, the night comes to the same', async () => {
  const punctual = await subscriber();
  for (const night of ['10', '11', '12', '13']) {
    at(`2028-01-${night}T00:00:00Z`);
    await nightly();
  }
  // Of this one, all nights are missed but the last.
  const late = await subscriber();
  at('2028-01-14T09:00:00Z');
  const expected = await stateOf(punctual);
  expect(expected.user).toEqual({ plan: 'free', plan_expires_at: null, granted_month: '2028-01' });
  expect(expected.ledger).toEqual([{ type: 'grant', amount: 1000, balance_after: 1000 }]);
  expect(expected.log).toEqual(['plan_expired']);
  await Promise.all([nightly(), nightly()]);
  await nightly();
  expect(await stateOf(punctual)).toEqual(expected);
  expect((await stateOf(late)).user).toEqual(expected.user);
  expect((await stateOf(late)).ledger).toEqual(expected.ledger);
});

it('makes the directory say what the object has said since the very moment', async () => {
  const userId = await subscriber();
  at('2028-01-10T12:00:00Z');
  const { plan } = (await call('GET', `/v1/users/${userId}/quota`, { headers: INTERNAL })).body;
  expect(plan).toBe('free');
  expect((await call('GET', `/v1/users/${userId}`, { headers: INTERNAL })).body.plan).toBe('free');
  await nightly();
  expect((await stateOf(userId)).user).toMatchObject({ plan: 'free', plan_expires_at: null });
  // Whoever buys again in between is left alone.
  await changePlan(userId, { plan: 'pro', plan_expires_at: Date.parse('2028-02-10T12:00:00Z') });
  await nightly();
  expect((await stateOf(userId)).user).toMatchObject({ plan: 'pro' });
});

it('gives the month’s credits to those who did not come for them, and to nobody twice', async () => {
  at('2028-03-31T00:00:00Z');
  const [came, absent, free] = [await meteredUser('pro'), await meteredUser('pro'), await meteredUser()];
  const terms = await services.plans.terms('default');
  expect(await accountOf(came).creditBalance(terms)).toEqual({ result: 'ok', balance: 1000 });
  await nightly();
  // March's are over in June; April and May were missed.
  at('2028-06-01T00:05:00Z');
  await nightly();
  await nightly();
  for (const userId of [came, absent]) {
    const { ledger } = await stateOf(userId);
    expect(ledger.map((row: any) => [row.type, row.balance_after])).toEqual([
      ['grant', 1000],
      ['expired', 0],
      ['grant', 1000],
    ]);
  }
  expect((await stateOf(free)).ledger).toEqual([]);
});
