import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { crashingD1, type Fuse } from '../support/crashing-d1.ts';
import { atStripe, deliver, eventsAbout, KINDS, mapPrices, payerOfKind } from '../support/stripe.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const { billingAdmin } = createServices(env as unknown as Bindings);
const run = (at = Date.now(), admin = billingAdmin) => admin.catchUp(at, PLENTY);

beforeAll(() => mapPrices());

describe.each(KINDS)('a payment whose payer is gone: %s', (kind) => {
  async function payer() {
    const one = await payerOfKind(kind);
    const { customerId, payerId, named } = one;
    const path = kind === 'user' ? `users/${payerId}` : `organizations/${payerId}`;
    const leave = async () =>
      expect((await call('DELETE', `/v1/admin/${path}`, { headers: INTERNAL })).status).toBeLessThan(300);
    const topUp = (card: object = {}) =>
      atStripe('attach', { customer: customerId, ...card }).then(() =>
        call('PUT', '/v1/billing/top-up', {
          headers: INTERNAL,
          body: { below: 100, price_id: 'price_credits_500', monthly_limit: 5_000, ...named },
        }),
      );
    const checkout = async (what: object) => {
      const opened = await call('POST', '/v1/billing/checkout', {
        headers: INTERNAL,
        body: { ...named, ...what },
      });
      expect(opened.status, JSON.stringify(opened.body)).toBe(201);
      return opened.body.id as string;
    };
    const tell = async () => {
      for (const event of await eventsAbout(customerId)) expect((await deliver(event)).status).toBe(200);
    };
    /** What was paid and went back, of all charges. */
    const money = async () => {
      const charges = await atStripe<any[]>('objects', { object: 'charge', customer: customerId });
      return {
        paid: charges.reduce((sum, { amount }) => sum + amount, 0),
        back: charges.reduce((sum, { amount_refunded: back }) => sum + back, 0),
      };
    };
    const atStripeStill = async () =>
      (await atStripe<any[]>('objects', { object: 'customer', id: customerId })).length;
    return { ...one, leave, topUp, checkout, tell, money, atStripeStill };
  }

  it('goes back once, when it is made at last', async () => {
    const one = await payer();
    await one.topUp({ slow: true });
    await run();
    await one.leave();
    await run();
    expect(await one.atStripeStill()).toBe(0);
    await run(Date.now() + 2 * HOUR);
    const [intent] = await atStripe('objects', { object: 'payment_intent', customer: one.customerId });
    await atStripe('settle-payment', { id: intent.id, pays: true });
    expect(await one.money()).toEqual({ paid: 500, back: 0 });
    await Promise.all([run(Date.now() + 4 * HOUR), run(Date.now() + 4 * HOUR)]);
    expect(await one.money()).toEqual({ paid: 500, back: 500 });
    await run(Date.now() + 8 * HOUR);
    expect(await atStripe('objects', { object: 'refund', payment_intent: intent.id })).toHaveLength(1);
  });

  it('is let be when it is not made', async () => {
    const one = await payer();
    await one.topUp({ slow: true });
    await run();
    await one.leave();
    await run();
    const [intent] = await atStripe('objects', { object: 'payment_intent', customer: one.customerId });
    await atStripe('settle-payment', { id: intent.id, pays: false });
    await run(Date.now() + 2 * HOUR);
    await run(Date.now() + 4 * HOUR);
    expect(await one.money()).toEqual({ paid: 0, back: 0 });
    const left = env.DB.prepare('SELECT 1 FROM stray_payments WHERE customer_id = ? AND settled_at IS NULL');
    expect(await left.bind(one.customerId).first()).toBeNull();
  });

  it('goes back when it was being asked for in that moment', async () => {
    const one = await payer();
    await one.topUp();
    await atStripe('faults', {
      pattern: `POST /v1/payment_intents .*${one.customerId}`,
      status: 'late',
      times: 1,
    });
    const paying = run();
    const pending = () =>
      env.DB.prepare('SELECT 1 FROM top_ups WHERE payer_id = ? AND pending_amount IS NOT NULL')
        .bind(one.payerId)
        .first();
    await expect.poll(pending, { timeout: 5_000 }).not.toBeNull();
    await one.leave();
    await paying.catch(() => {});
    for (let minutes = 0; minutes < 70; minutes += 10) await run(Date.now() + minutes * MINUTE);
    expect(await one.money()).toEqual({ paid: 500, back: 500 });
    expect(await one.atStripeStill()).toBe(0);
  });

  it('stays paid when its payer goes after it was booked', async () => {
    const one = await payer();
    await one.topUp();
    await run();
    await one.leave();
    await one.tell();
    for (let hours = 0; hours < 3; hours += 1) await run(Date.now() + hours * HOUR);
    expect(await one.money()).toEqual({ paid: 500, back: 0 });
  });

  it.each([{ price_id: 'price_credits_500' }, { plan: 'pro' }])(
    'goes back of a checkout: %o',
    async (what) => {
      const one = await payer();
      const id = await one.checkout(what);
      await one.leave();
      // It was completed before anybody could end it.
      await atStripe('complete', { id });
      await Promise.all([one.tell(), one.tell()]);
      await Promise.all([run(), run()]);
      const { paid, back } = await one.money();
      expect(paid).toBeGreaterThan(0);
      expect(back).toBe(paid);
      await one.tell();
      await run();
      expect(await one.money()).toEqual({ paid, back });
    },
  );

  it('cannot be made any more at a checkout that was open', async () => {
    const one = await payer();
    const id = await one.checkout({ price_id: 'price_credits_500' });
    await one.leave();
    await run();
    expect(await atStripe('objects', { object: 'checkout.session', id })).toMatchObject([
      { status: 'expired' },
    ]);
  });

  it.each(Array.from({ length: 12 }, (_, n) => n))(
    'goes back once though it dies at statement %i',
    async (n) => {
      const one = await payer();
      const id = await one.checkout({ price_id: 'price_credits_500' });
      await one.leave();
      await atStripe('complete', { id });
      await one.tell();
      const fuse: Fuse = { left: 1 + Math.floor(n / 2), isDone: n % 2 === 0 };
      const dying = createServices({ ...env, DB: crashingD1(env.DB, fuse) } as unknown as Bindings);
      await run(Date.now(), dying.billingAdmin).catch(() => {});
      await run(Date.now() + HOUR);
      expect(await one.money()).toEqual({ paid: 500, back: 500 });
    },
  );
});

describe('an invoice whose payer is gone', () => {
  /** A payer who pays for a plan; what leaves them is older than a second, which is as exact as Stripe tells the time. */
  async function subscriber() {
    const one = await payerOfKind('user');
    await atStripe('attach', { customer: one.customerId });
    const body = { ...one.named, plan: 'pro' };
    const begun = await call('POST', '/v1/billing/subscriptions', { headers: INTERNAL, body });
    expect(begun.status, JSON.stringify(begun.body)).toBe(201);
    const [subscription] = await atStripe<any[]>('objects', {
      object: 'subscription',
      customer: one.customerId,
    });
    const leave = async () => {
      await new Promise((later) => setTimeout(later, 1_100));
      const left = await call('DELETE', `/v1/admin/users/${one.payerId}`, { headers: INTERNAL });
      expect(left.status).toBeLessThan(300);
    };
    const money = async () => {
      const charges = await atStripe<any[]>('objects', { object: 'charge', customer: one.customerId });
      return charges.map(({ amount, amount_refunded: back }) => [amount, back]);
    };
    const [events, paid] = [() => eventsAbout(one.customerId), (await money())[0]?.[0]];
    return { ...one, subscriptionId: subscription.id, leave, money, events, paid };
  }

  it('stays paid that was paid before they left, however late that is heard of', async () => {
    const one = await subscriber();
    const events = await one.events();
    await one.leave();
    for (const event of events) expect((await deliver(event)).status).toBe(200);
    await run();
    expect(await one.money()).toEqual([[one.paid, 0]]);
    const replayed = events.filter(({ type }) => type === 'invoice.paid');
    expect(replayed).toHaveLength(1);
    for (const { id } of replayed)
      await call('POST', `/v1/admin/billing/events/${id}/replay`, { headers: INTERNAL });
    await run();
    expect(await one.money()).toEqual([[one.paid, 0]]);
  });

  it('stays paid when what was done with is replayed', async () => {
    const one = await subscriber();
    const events = await one.events();
    for (const event of events) expect((await deliver(event)).status).toBe(200);
    await one.leave();
    for (const { id, type } of events) {
      if (type !== 'invoice.paid') continue;
      const path = `/v1/admin/billing/events/${id}/replay`;
      expect((await call('POST', path, { headers: INTERNAL })).status).toBe(200);
    }
    await run();
    expect(await one.money()).toEqual([[one.paid, 0]]);
  });

  it('goes back but for what was used and what was over, once', async () => {
    const one = await subscriber();
    await atStripe('bill-use', { id: one.subscriptionId, price: 'price_images_over', amount: 501 });
    await atStripe('bill-use', { id: one.subscriptionId, price: 'price_pro_month', amount: 99 });
    const { data } = (await atStripe<any[]>('objects', { object: 'subscription', id: one.subscriptionId }))[0]
      .items;
    await atStripe('renew', { id: one.subscriptionId, pays: false });
    await one.leave();
    // What was billed last was for a period that is over.
    await env.DB.prepare('UPDATE billing_erasures SET left_at = ?2 WHERE customer_id = ?1')
      .bind(one.customerId, data[0].current_period_end * 1000)
      .run();
    await atStripe('pay', { id: one.subscriptionId });
    const paid = (await one.events()).filter(({ type }) => type === 'invoice.paid').at(-1) as any;
    expect((await deliver({ ...paid, created: data[0].current_period_end + 60 })).status).toBe(200);
    await Promise.all([run(), run()]);
    await env.DB.prepare('UPDATE stray_payments SET settled_at = NULL WHERE customer_id = ?')
      .bind(one.customerId)
      .run();
    await run();
    expect(await one.money()).toContainEqual([one.paid + 600, one.paid]);
    expect(await one.money()).toContainEqual([one.paid, 0]);
  });

  it('goes back but for what meters have counted, of a period that was not over', async () => {
    const one = await subscriber();
    await atStripe('bill-use', { id: one.subscriptionId, price: 'price_images_over', amount: 501 });
    await atStripe('renew', { id: one.subscriptionId, pays: false });
    await one.leave();
    await atStripe('pay', { id: one.subscriptionId });
    for (const event of await one.events()) expect((await deliver(event)).status).toBe(200);
    await run();
    expect(await one.money()).toContainEqual([one.paid + 501, one.paid]);
  });
});

it('of a customer who never was one of ours is let be', async () => {
  const { id } = await atStripe('subscribe', {
    ...(await (async () => {
      const one = await payerOfKind('user');
      await env.DB.prepare('DELETE FROM billing_customers WHERE customer_id = ?').bind(one.customerId).run();
      await env.DB.prepare('DELETE FROM billing_erasures WHERE customer_id = ?').bind(one.customerId).run();
      const { id: method } = await atStripe('attach', { customer: one.customerId });
      return {
        customer: one.customerId,
        items: [{ price: 'price_pro_month' }],
        default_payment_method: method,
      };
    })()),
  });
  for (const event of await eventsAbout(id)) expect((await deliver(event)).status).toBe(200);
  await run();
  const [{ customer }] = await atStripe<any[]>('objects', { object: 'subscription', id });
  const charges = await atStripe<any[]>('objects', { object: 'charge', customer });
  expect(charges.map(({ amount_refunded: back }) => back)).toEqual([0]);
});
