import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { runCron } from '../../src/cron.ts';
import { createServices } from '../../src/services.ts';
import { call, INTERNAL, PASSWORD } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  atStripe,
  customerOf,
  deliverAll,
  eventsAbout,
  mapPrices,
  payer,
  silentPayer,
  standing,
  storedEvents,
  watch,
  watching,
} from '../support/stripe.ts';

const HOUR = 3_600_000;
const FILE = 'reconcile';
const services = createServices(watching(FILE) as unknown as Bindings);
const eachMinute = () => runCron(services, '* * * * *', Date.now());
const eachHour = () => runCron(services, '41 * * * *', Date.now());

beforeAll(() => mapPrices());

async function subscriber() {
  const user = await silentPayer();
  await watch(FILE, user.customerId);
  await atStripe('attach', { customer: user.customerId });
  const body = { plan: 'pro', user_id: user.userId };
  const begun = await call('POST', '/v1/billing/subscriptions', { headers: INTERNAL, body });
  expect(begun.status, JSON.stringify(begun.body)).toBe(201);
  return { ...user, id: begun.body.id as string };
}

async function catchUpWholly(): Promise<void> {
  await eachHour();
  for (let minutes = 0; minutes < 30; minutes += 1) await eachMinute();
}

describe('what webhooks did not bring', () => {
  it('is fetched from Stripe’s list of events, once', async () => {
    const { userId, customerId, id } = await subscriber();
    await atStripe('renew', { id, pays: true });
    await catchUpWholly();
    expect(await standing(userId)).toMatchObject({ plan: 'pro', balance: 2000 });
    const stored = await storedEvents('customer_id', customerId);
    expect(stored.length).toBeGreaterThan(3);
    expect(stored.every(({ status }) => status === 'done')).toBe(true);
    await catchUpWholly();
    await deliverAll(customerId);
    expect(await storedEvents('customer_id', customerId)).toEqual(stored);
    expect(await standing(userId)).toMatchObject({ balance: 2000 });
  });

  it('shows even when Stripe’s list has forgotten it, within a day', async () => {
    const { userId, customerId, id } = await subscriber();
    await atStripe('end', { id });
    for (const event of await eventsAbout(customerId)) await atStripe('forget-event', { id: event.id });
    await catchUpWholly();
    expect(await standing(userId)).toMatchObject({ plan: 'pro' });
    advance(25 * HOUR);
    await eachHour();
    expect(await standing(userId)).toMatchObject({ plan: 'free' });
  });

  it('waits while Stripe does not answer', async () => {
    const { userId, customerId, id } = await subscriber();
    await atStripe('end', { id });
    await atStripe('faults', { pattern: `GET /v1/events.* by ${FILE}$`, status: 500, times: 3 });
    await expect(eachHour()).rejects.toThrow('reconcile_billing');
    expect(await storedEvents('customer_id', customerId)).toEqual([]);
    await catchUpWholly();
    expect(await standing(userId)).toMatchObject({ plan: 'free' });
  });
});

describe('a plan', () => {
  it('that an admin gives stays until the subscription changes', async () => {
    const { userId, id } = await subscriber();
    await deliverAll(id);
    const given = await call('PUT', `/v1/admin/users/${userId}/plan`, {
      headers: INTERNAL,
      body: { plan: 'enterprise' },
    });
    expect(given.status, JSON.stringify(given.body)).toBe(200);
    for (const { id: event } of await storedEvents('subject', id)) {
      await call('POST', `/v1/admin/billing/events/${event}/replay`, { headers: INTERNAL });
    }
    expect(await standing(userId)).toMatchObject({ plan: 'enterprise' });
    await atStripe('renew', { id, pays: true });
    await deliverAll(id);
    expect(await standing(userId)).toMatchObject({ plan: 'pro' });
  });
});

describe('a user who goes', () => {
  it('takes along subscription and customer at Stripe, however long Stripe does not answer', async () => {
    const { userId, token, customerId } = await payer();
    await watch(FILE, customerId);
    await atStripe('attach', { customer: customerId });
    const begun = await call('POST', '/v1/billing/subscriptions', { token, body: { plan: 'pro' } });
    await deliverAll(customerId);
    const { billing } = (await call('GET', '/v1/me/export', { token })).body;
    expect(billing).toMatchObject({
      customer_id: customerId,
      subscriptions: [{ id: begun.body.id, plan: 'pro', status: 'active' }],
      reversals: [],
      top_up: null,
    });
    const set = { below: 1, price_id: 'price_credits_500', monthly_limit: 500 };
    expect((await call('PUT', '/v1/billing/top-up', { token, body: set })).status).toBe(200);
    const exported = (await call('GET', '/v1/me/export', { token })).body;
    expect(exported.billing.top_up).toMatchObject({ ...set, status: 'on', spent: 0 });
    expect((await call('DELETE', '/v1/me', { token, body: { password: PASSWORD } })).status).toBe(204);
    expect(await customerOf(userId)).toBeNull();
    const pattern = `DELETE /v1/customers/${customerId}`;
    await atStripe('faults', { pattern, status: 500, times: 3 });
    await eachMinute();
    expect(await atStripe('objects', { object: 'customer', id: customerId })).toHaveLength(1);
    advance(2 * HOUR);
    await eachMinute();
    expect(await atStripe('objects', { object: 'customer', id: customerId })).toEqual([]);
    const [subscription] = await atStripe('objects', { object: 'subscription', customer: customerId });
    expect(subscription.status).toBe('canceled');
    const asked = (await atStripe('requests', { pattern })).length;
    await eachMinute();
    expect(await atStripe('requests', { pattern })).toHaveLength(asked);
    for (const table of ['billing_customers', 'billing_subscriptions', 'billing_reversals']) {
      const left = await env.DB.prepare(`SELECT * FROM ${table} WHERE user_id = ?`).bind(userId).all();
      expect(left.results, table).toEqual([]);
    }
    // What Stripe tells of it afterwards is nobody's.
    await deliverAll(customerId);
  });
});
