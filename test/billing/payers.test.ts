import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, expectProblem, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { mailTo } from '../support/mail.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import {
  atStripe,
  customerOf,
  deliver,
  deliverAll,
  eventsAbout,
  KINDS,
  mapPrices,
  payerOfKind,
  standing,
  storedEvents,
} from '../support/stripe.ts';

const DAY = 86_400_000;
const { billingAdmin } = createServices(env as unknown as Bindings);

beforeAll(() => mapPrices());

describe.each(KINDS)('what %ss pay', (kind) => {
  const free = kind === 'user' ? 'free' : 'organization';
  const asService = (method: string, path: string, body: object) =>
    call(method, `/v1/billing/${path}`, { headers: INTERNAL, body });

  /** One who has bought 500 credits of which Stripe has told nothing yet. */
  async function buyer() {
    const one = await payerOfKind(kind);
    const opened = await asService('POST', 'checkout', { price_id: 'price_credits_500', ...one.named });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    await atStripe('complete', { id: opened.body.id });
    const [charge] = await atStripe('objects', { object: 'charge', customer: one.customerId });
    const [event] = await eventsAbout(opened.body.id);
    return { ...one, checkoutId: opened.body.id as string, chargeId: charge.id as string, event };
  }

  /** One who has subscribed to `pro`, with all that Stripe tells of it delivered. */
  async function subscriber() {
    const one = await payerOfKind(kind);
    await atStripe('attach', { customer: one.customerId });
    const begun = await asService('POST', 'subscriptions', { plan: 'pro', ...one.named });
    expect(begun.status, JSON.stringify(begun.body)).toBe(201);
    await deliverAll(one.customerId);
    return { ...one, subscriptionId: begun.body.id as string };
  }

  it('is bought by one customer, who says whose it is, however many ask at once', async () => {
    const { payerId, named, customerId } = await payerOfKind(kind);
    const asked = Array.from({ length: 5 }, () => asService('POST', 'setup-intent', named));
    for (const { status } of await Promise.all(asked)) expect(status).toBe(201);
    expect((await customerOf(payerId)).customer_id).toBe(customerId);
    const [customer] = await atStripe('objects', { object: 'customer', id: customerId });
    expect(customer.metadata).toMatchObject({ ...named, realm_id: 'default' });
    expect(customer.email).toContain('@');
  });

  it('brings a pack of credits once, however often and with whom at once it is told', async () => {
    const { payerId, event } = await buyer();
    expect((await deliver(event)).status).toBe(200);
    for (const { status } of await Promise.all([1, 2, 3].map(() => deliver(event)))) expect(status).toBe(200);
    expect(await standing(payerId)).toMatchObject({ balance: 500, ledger: [{ type: 'purchase' }] });
    expect(await storedEvents('id', event?.id as string)).toMatchObject([{ status: 'done', attempts: 1 }]);
  });

  it('goes as the money goes, and comes back with a dispute that is won', async () => {
    const { payerId, event, chargeId } = await buyer();
    await atStripe('refund', { id: chargeId, amount: 250 });
    const [refunded] = (await eventsAbout(chargeId)).filter(({ type }) => type === 'charge.refunded');
    // The refund is told first.
    expect((await deliver(refunded)).status).toBe(200);
    expect((await deliver(event)).status).toBe(200);
    expect(await standing(payerId)).toMatchObject({ balance: 250 });

    const other = await buyer();
    await deliver(other.event);
    const dispute = await atStripe('dispute', { id: other.chargeId });
    await deliverAll(dispute.id);
    expect(await standing(other.payerId)).toMatchObject({ balance: 0 });
    await atStripe('close-dispute', { id: dispute.id, status: 'won' });
    await deliverAll(dispute.id);
    expect(await standing(other.payerId)).toMatchObject({ balance: 500 });
  });

  it('is a shortfall where the credits were used already', async () => {
    const { payerId, named, event, chargeId, checkoutId } = await buyer();
    await deliver(event);
    const used = { ...named, amount: 400, reference: `use-${checkoutId}` };
    expect((await call('POST', '/v1/credits/use', { headers: INTERNAL, body: used })).status).toBe(200);
    await atStripe('refund', { id: chargeId, amount: 500 });
    await deliverAll(chargeId);
    expect(await standing(payerId)).toMatchObject({ balance: 0 });
    const list = await call('GET', '/v1/admin/billing/shortfalls?limit=100', { headers: INTERNAL });
    const own = list.body.data.find((one: any) => one.reference === `checkout:${checkoutId}`);
    expect(own).toMatchObject({ ...named, credits: 500, taken: 100, shortfall: 400 });
  });

  it('gives a plan with its credits, in whatever order the events come', async () => {
    const one = await payerOfKind(kind);
    await atStripe('attach', { customer: one.customerId });
    expect((await asService('POST', 'subscriptions', { plan: 'pro', ...one.named })).status).toBe(201);
    const events = await eventsAbout(one.customerId);
    for (const event of [...events.toReversed(), ...events]) expect((await deliver(event)).status).toBe(200);
    const shown = await standing(one.payerId);
    expect(shown).toMatchObject({ plan: 'pro', row: { plan: 'pro', subscribed: 1 } });
    expect(shown.ledger.filter(({ type }) => type === 'grant').length).toBeLessThanOrEqual(1);
  });

  it('lapses with the subscription, by an event or by itself', async () => {
    const ended = await subscriber();
    expect(await standing(ended.payerId)).toMatchObject({ plan: 'pro' });
    await atStripe('end', { id: ended.subscriptionId });
    await deliverAll(ended.customerId);
    expect(await standing(ended.payerId)).toMatchObject({ plan: free, row: { plan: free, subscribed: 0 } });

    const silent = await subscriber();
    advance(60 * DAY);
    expect(await standing(silent.payerId)).toMatchObject({ plan: free });
    advance(-60 * DAY);
  });

  it('is chosen, changed, ended with its period and taken back', async () => {
    const one = await subscriber();
    const choose = (plan: string) => asService('PUT', 'subscription', { plan, ...one.named });
    const other = await choose('enterprise');
    expect(other.body, JSON.stringify(other.body)).toMatchObject({
      ...one.named,
      plan: 'enterprise',
      paid: { plan: 'enterprise', quantity: 1 },
    });
    expect((await choose(free)).body).toMatchObject({ paid: { cancel_at_period_end: true } });
    expect((await choose('enterprise')).body).toMatchObject({ paid: { cancel_at_period_end: false } });
    const found = await call('GET', `/v1/billing/subscription?${new URLSearchParams(one.named)}`, {
      headers: INTERNAL,
    });
    expect(found.body).toMatchObject({ plan: 'enterprise' });
  });

  it('is declined with a checkout to go on with', async () => {
    const one = await payerOfKind(kind);
    await atStripe('attach', { customer: one.customerId, declines: true });
    const declined = await asService('POST', 'subscriptions', { plan: 'pro', ...one.named });
    expectProblem(declined, 402, 'payment_failed');
    expect(declined.body.checkout_url).toContain('https://checkout.stripe.com/');
  });

  it('is told by mail and to webhooks once, when a way to pay comes', async () => {
    const one = await payerOfKind(kind);
    const { id } = await atStripe('attach', { customer: one.customerId });
    for (let times = 0; times < 2; times += 1) await deliverAll(id);
    const { email } = (await env.DB.prepare('SELECT email FROM users WHERE id = ?')
      .bind(one.owner)
      .first<{ email: string }>()) as { email: string };
    const about = kind === 'user' ? 'your account' : 'Acme';
    expect((await mailTo(email, /./)).text).toContain(`A payment method was added to ${about}`);
    expect(await receivedMails(email)).toHaveLength(1);
    if (kind === 'organization') {
      const audited = await env.DB.prepare(
        "SELECT details, event FROM audit WHERE target = ? AND action = 'organization_billing'",
      )
        .bind(one.payerId)
        .all<{ details: string; event: string }>();
      expect(audited.results).toHaveLength(1);
      expect(JSON.parse(audited.results[0]?.event ?? '{}')).toMatchObject({
        type: 'payment_method.added',
        data: { organization_id: one.payerId, stripe_object_id: id },
      });
    }
  });

  it('ends when the payer is deleted: the customer goes at Stripe', async () => {
    const one = await subscriber();
    const path = kind === 'user' ? `users/${one.payerId}` : `organizations/${one.payerId}`;
    const gone = await call('DELETE', `/v1/admin/${path}`, { headers: INTERNAL });
    expect(gone.status, JSON.stringify(gone.body)).toBeLessThan(300);
    await billingAdmin.catchUp(Date.now(), PLENTY);
    expect(await atStripe('objects', { object: 'customer', id: one.customerId })).toEqual([]);
    const [subscription] = await atStripe('objects', { object: 'subscription', id: one.subscriptionId });
    expect(subscription.status).toBe('canceled');
    const left = await env.DB.prepare('SELECT count(*) AS n FROM organization_subscriptions WHERE id = ?1')
      .bind(one.subscriptionId)
      .first<{ n: number }>();
    expect(left?.n).toBe(0);
    // What is told of it late concerns nobody.
    await deliverAll(one.subscriptionId);
  });

  it('counts as revenue as long as it is paid', async () => {
    const revenue = async () => {
      const { results } = await env.DB.prepare(
        "SELECT sum(subscriptions) AS n FROM plan_revenue WHERE realm_id = 'default' AND plan = 'enterprise'",
      ).all<{ n: number | null }>();
      return results[0]?.n ?? 0;
    };
    const before = await revenue();
    const one = await payerOfKind(kind);
    await atStripe('attach', { customer: one.customerId });
    const begun = await asService('POST', 'subscriptions', { plan: 'enterprise', ...one.named });
    expect(await revenue()).toBe(before + 1);
    await atStripe('end', { id: begun.body.id });
    await deliverAll(begun.body.id);
    expect(await revenue()).toBe(before);
  });

  it('has the customer that was deleted at Stripe made anew', async () => {
    const one = await subscriber();
    await atStripe('delete-customer', { id: one.customerId });
    await deliverAll(one.customerId);
    expect(await standing(one.payerId)).toMatchObject({ plan: free });
    expect((await asService('POST', 'setup-intent', one.named)).status).toBe(201);
    expect((await customerOf(one.payerId)).customer_id).not.toBe(one.customerId);
  });
});
