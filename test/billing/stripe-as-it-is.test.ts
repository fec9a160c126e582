import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createStripe } from '../../src/billing/providers/stripe.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';
import {
  atStripe,
  deliverAll,
  mapPrices,
  payer,
  silentPayer,
  standing,
  stripeApiUrl,
} from '../support/stripe.ts';

const { billingAdmin } = createServices(env as unknown as Bindings);

beforeAll(() => mapPrices());

const choose = (token: string, plan: string) => call('PUT', '/v1/me/subscription', { token, body: { plan } });
const mine = async (token: string) => (await call('GET', '/v1/me/subscription', { token })).body;

describe('a subscription of several items', () => {
  async function subscriber(prices: string[]) {
    const user = await payer();
    const method = await atStripe('attach', { customer: user.customerId });
    const items = prices.map((price) => ({ price }));
    const order = { customer: user.customerId, items, default_payment_method: method.id };
    const { id } = await atStripe('subscribe', order);
    return { ...user, id };
  }

  it('gives the plan of the item that stands for one, and its credits', async () => {
    const { token, userId, customerId } = await subscriber(['price_unmapped_month', 'price_pro_month']);
    await deliverAll(customerId);
    expect(await standing(userId)).toMatchObject({ plan: 'pro', balance: 1000 });
    expect(await mine(token)).toMatchObject({
      plan: 'pro',
      paid: { price_id: 'price_pro_month', amount: 2000 },
    });
  });

  it('changes and ends by that item alone', async () => {
    const { token, userId, customerId, id } = await subscriber(['price_unmapped_month', 'price_pro_month']);
    await deliverAll(customerId);
    expect((await choose(token, 'enterprise')).body).toMatchObject({ plan: 'enterprise' });
    await deliverAll(customerId);
    expect((await standing(userId)).balance).toBe(10_000);
    const [subscription] = await atStripe('objects', { object: 'subscription', id });
    expect(subscription.items.data.map(({ price }: any) => price.id)).toEqual([
      'price_unmapped_month',
      'price_enterprise_month',
    ]);
    expect((await choose(token, 'free')).body).toMatchObject({ cancel_at_period_end: true });
  });
});

describe('a cancellation from the customer portal, which sets a time alone', () => {
  async function ended(when: (end: number) => number) {
    const user = await payer();
    await atStripe('attach', { customer: user.customerId });
    const { paid } = (await choose(user.token, 'pro')).body;
    const end = Date.parse(paid.current_period_end) / 1000;
    await atStripe('cancel-at', { id: paid.id, at: when(end) });
    await deliverAll(user.customerId);
    const read = async () => (await atStripe('objects', { object: 'subscription', id: paid.id }))[0];
    return { ...user, end, read };
  }

  it('shows as ending, and is undone by choosing the plan again', async () => {
    const { token, end, read } = await ended((at) => at);
    const shown = await mine(token);
    expect(shown).toMatchObject({ plan: 'pro', cancel_at_period_end: true });
    expect(Date.parse(shown.paid.cancel_at)).toBe(end * 1000);
    const kept = await choose(token, 'pro');
    expect(kept.body).toMatchObject({ cancel_at_period_end: false, paid: { cancel_at: null } });
    expect(await read()).toMatchObject({ cancel_at: null, cancel_at_period_end: false });
  });

  it('is undone by another plan', async () => {
    const { token, read } = await ended((at) => at);
    expect((await choose(token, 'enterprise')).body).toMatchObject({
      plan: 'enterprise',
      paid: { cancel_at: null },
    });
    expect(await read()).toMatchObject({ cancel_at: null });
  });

  it('is left as it is when it comes no later than what is asked for, and brought forward when it does', async () => {
    const sooner = await ended((end) => end - 86_400);
    expect((await choose(sooner.token, 'free')).status).toBe(200);
    expect(await sooner.read()).toMatchObject({ cancel_at: sooner.end - 86_400 });
    const later = await ended((end) => end + 86_400);
    expect(await mine(later.token)).toMatchObject({ cancel_at_period_end: false });
    expect((await choose(later.token, 'free')).body).toMatchObject({ cancel_at_period_end: true });
    expect(await later.read()).toMatchObject({ cancel_at: later.end });
  });
});

describe('the address of a customer', () => {
  const changeEmail = (userId: string, email: string) =>
    env.DB.prepare('UPDATE users SET email = ?, version = version + 1 WHERE id = ?')
      .bind(email, userId)
      .run();
  const atPeer = async (id: string) => (await atStripe('objects', { object: 'customer', id }))[0].email;

  it('follows that of the user, once', async () => {
    const { userId, customerId } = await silentPayer();
    const email = `${crypto.randomUUID()}@example.com`;
    await changeEmail(userId, email);
    await billingAdmin.catchUp(Date.now(), PLENTY);
    expect(await atPeer(customerId)).toBe(email);
    await billingAdmin.catchUp(Date.now(), PLENTY);
    const asked = await atStripe('requests', { pattern: `POST /v1/customers/${customerId}` });
    expect(asked).toHaveLength(1);
  });

  it('goes on being told until Stripe answers', async () => {
    const { userId, customerId } = await silentPayer();
    const email = `${crypto.randomUUID()}@example.com`;
    // With the two repetitions of the SDK.
    await atStripe('faults', { pattern: `POST /v1/customers/${customerId}`, status: 500, times: 3 });
    await changeEmail(userId, email);
    await billingAdmin.catchUp(Date.now(), PLENTY);
    expect(await atPeer(customerId)).not.toBe(email);
    await billingAdmin.catchUp(Date.now() + 3_600_000, PLENTY);
    expect(await atPeer(customerId)).toBe(email);
  });

  it('is right before anything else is asked of Stripe', async () => {
    const { userId, customerId } = await silentPayer();
    const email = `${crypto.randomUUID()}@example.com`;
    await changeEmail(userId, email);
    const opened = await call('POST', '/v1/billing/portal', { headers: INTERNAL, body: { user_id: userId } });
    expect(opened.status).toBe(201);
    expect(await atPeer(customerId)).toBe(email);
  });
});

describe('Checkout', () => {
  const PURCHASE = {
    priceId: 'price_pro_month',
    mode: 'subscription',
    quantity: 1,
    successUrl: 'https://auth.test/done',
    cancelUrl: 'https://auth.test/not',
    asksTaxId: false,
    metadata: {},
  } as const;
  const { secretKey, webhookSecrets } = CREDENTIALS.stripe;

  async function opened(checkout?: { promotionCodes: boolean; automaticTax: boolean; taxIds: boolean }) {
    const { customerId } = await silentPayer();
    const settings = { secretKey, webhookSecrets, apiUrl: stripeApiUrl() };
    const stripe = createStripe(checkout ? { ...settings, checkout } : settings);
    await stripe.createCheckout({ ...PURCHASE, metered: [], customerId }, undefined);
    const [said] = await atStripe('requests', { pattern: `POST /v1/checkout/sessions .*${customerId}` });
    return said as string;
  }

  it('offers promotion codes, reckons taxes and asks for tax ids where that is set', async () => {
    const all = await opened({ promotionCodes: true, automaticTax: true, taxIds: true });
    for (const field of [
      'allow_promotion_codes=true',
      'automatic_tax[enabled]=true',
      'tax_id_collection[enabled]=true',
      'customer_update[address]=auto',
      'customer_update[name]=auto',
    ]) {
      expect(all).toContain(field);
    }
    const codes = await opened({ promotionCodes: true, automaticTax: false, taxIds: false });
    expect(codes).toContain('allow_promotion_codes=true');
    expect(codes).not.toMatch(/tax|customer_update/);
  });

  it('does none of it unless it is', async () => {
    expect(await opened()).not.toMatch(/promotion|tax|customer_update/);
  });
});
