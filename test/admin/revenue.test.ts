import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { asAdmin } from '../support/admin.ts';
import { call, createRealm, register } from '../support/api.ts';
import { atStripe, deliverAll, mapPrices, payer } from '../support/stripe.ts';

beforeAll(() => mapPrices());

const revenue = async (realm?: string) =>
  (await asAdmin('GET', '/dashboard', { realm })).body.revenue_by_plan as Record<string, unknown>[];
const usd = (plan: string, subscriptions: number, monthly_amount: number) => {
  return { plan, currency: 'usd', subscriptions, monthly_amount };
};

/** A subscription as `sync` would write it. */
async function subscription(userId: string, given: Record<string, unknown>): Promise<string> {
  const id = `sub_${crypto.randomUUID()}`;
  const times = { period_start: 1, period_end: 2, cancel_at_period_end: 0, revision: 1 };
  const row = { id, user_id: userId, price_id: 'price_x', plan: 'pro', status: 'active', ...times, ...given };
  const whole = { created_at: 1, fetched_at: 1, ...row };
  const names = Object.keys(whole);
  const marks = names.map(() => '?').join(', ');
  await env.DB.prepare(`INSERT INTO billing_subscriptions (${names.join(', ')}) VALUES (${marks})`)
    .bind(...Object.values(whole))
    .run();
  return id;
}

const change = (id: string, set: string) =>
  env.DB.prepare(`UPDATE billing_subscriptions SET ${set} WHERE id = ?`).bind(id).run();

describe('revenue by plan', () => {
  it('is what Stripe says that subscriptions bring, for as long as they do', async () => {
    expect(await revenue()).toEqual([]);
    const subscriber = async (body: object) => {
      const user = await payer();
      await atStripe('attach', { customer: user.customerId });
      const begun = await call('POST', '/v1/billing/subscriptions', { token: user.token, body });
      expect(begun.status, JSON.stringify(begun.body)).toBe(201);
      await deliverAll(user.customerId);
      return user;
    };
    await subscriber({ price_id: 'price_pro_year' });
    const monthly = await subscriber({ price_id: 'price_pro_month' });
    // 20,000 a year are 1,666.67 a month.
    expect(await revenue()).toEqual([usd('pro', 2, 3667)]);
    await call('PUT', '/v1/me/subscription', { token: monthly.token, body: { plan: 'enterprise' } });
    await deliverAll(monthly.customerId);
    expect(await revenue()).toEqual([usd('enterprise', 1, 10_000), usd('pro', 1, 1667)]);
    const [held] = await atStripe('objects', { object: 'subscription', customer: monthly.customerId });
    await atStripe('renew', { id: held.id, pays: false });
    await deliverAll(monthly.customerId);
    expect(await revenue()).toHaveLength(2);
    await atStripe('end', { id: held.id });
    await deliverAll(monthly.customerId);
    expect(await revenue()).toEqual([usd('pro', 1, 1667)]);
  });

  it('never adds currencies, and counts what has no fixed price, or none that is known, as it can', async () => {
    await createRealm('many');
    const { user } = await register({}, { realm: 'many' });
    await subscription(user.id, { amount: 2000, currency: 'usd', months: 1 });
    await subscription(user.id, { amount: 1800, currency: 'eur', months: 1, status: 'trialing' });
    await subscription(user.id, { amount: 1000, currency: 'usd', months: 84 / 365, status: 'past_due' });
    await subscription(user.id, { amount: null, currency: 'usd', months: 1, plan: 'enterprise' });
    await subscription(user.id, { amount: 9000, currency: 'usd', months: 1, status: 'canceled' });
    await subscription(user.id, { amount: null, currency: null, months: null });
    expect(await revenue('many')).toEqual([
      { plan: 'pro', currency: 'eur', subscriptions: 1, monthly_amount: 1800 },
      usd('pro', 2, 2000 + Math.round((1000 * 365) / 84)),
      usd('enterprise', 1, 0),
    ]);
  });

  it('follows every change, and goes with its user', async () => {
    await createRealm('few');
    const options = { realm: 'few' };
    const [a, b] = await Promise.all([register({}, options), register({}, options)]);
    const first = await subscription(a.user.id, { amount: null, currency: null, months: null });
    const second = await subscription(b.user.id, { amount: 500, currency: 'usd', months: 1 });
    expect(await revenue('few')).toEqual([usd('pro', 1, 500)]);
    await change(first, "amount = 300, currency = 'usd', months = 3");
    expect(await revenue('few')).toEqual([usd('pro', 2, 600)]);
    await change(first, "amount = 600, revision = 2, plan = 'team'");
    expect(await revenue('few')).toEqual([usd('pro', 1, 500), usd('team', 1, 200)]);
    await change(second, 'revision = 2');
    await change(second, "status = 'unpaid'");
    expect(await revenue('few')).toEqual([usd('team', 1, 200)]);
    await change(second, "status = 'active'");
    await asAdmin('DELETE', `/users/${a.user.id}`, options);
    expect(await revenue('few')).toEqual([usd('pro', 1, 500)]);
    await env.DB.prepare('DELETE FROM billing_subscriptions WHERE id = ?').bind(second).run();
    expect(await revenue('few')).toEqual([]);
    expect(
      await env.DB.prepare("SELECT sum(amount) AS n FROM plan_revenue WHERE realm_id = 'few'").first(),
    ).toEqual({
      n: 0,
    });
  });
});
