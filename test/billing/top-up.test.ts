import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, expectProblem, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { crashingD1, type Fuse } from '../support/crashing-d1.ts';
import { mailTo } from '../support/mail.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import {
  atStripe,
  deliver,
  deliverAll,
  eventsAbout,
  KINDS,
  mapPrices,
  PRICE_MEANINGS,
  payerOfKind,
  standing,
} from '../support/stripe.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PACK = 500;
const PRICE = 500;
const { billingAdmin } = createServices(env as unknown as Bindings);
const run = (at = Date.now(), admin = billingAdmin) => admin.catchUp(at, PLENTY);

beforeAll(() => mapPrices());

describe.each(KINDS)('automatic top-up: %s', (kind) => {
  type Card = { declines?: boolean; authenticates?: boolean; slow?: boolean };

  /** A payer with a card and so many credits; their alarm tells the directory at once. */
  async function payer(credits: number, card: Card = {}) {
    const one = await payerOfKind(kind);
    const { id: method } = await atStripe('attach', { customer: one.customerId, ...card });
    const add = (amount: number) =>
      call('POST', '/v1/credits/add', {
        headers: INTERNAL,
        body: { ...one.named, amount, reference: crypto.randomUUID() },
      });
    if (credits > 0) expect((await add(credits)).status).toBeLessThan(300);
    const stub =
      kind === 'user'
        ? env.ACCOUNT.get(env.ACCOUNT.idFromName(one.payerId))
        : env.ORGANIZATION.get(env.ORGANIZATION.idFromName(one.payerId));
    const use = async (amount: number) => {
      const body = { ...one.named, amount, reference: crypto.randomUUID() };
      return (await call('POST', '/v1/credits/use', { headers: INTERNAL, body })).status;
    };
    const told = () => runDurableObjectAlarm(stub as never);
    const set = (body: object = {}) =>
      call('PUT', '/v1/billing/top-up', {
        headers: INTERNAL,
        body: { below: 100, price_id: 'price_credits_500', monthly_limit: 10 * PRICE, ...one.named, ...body },
      });
    const query = new URLSearchParams(one.named);
    const shown = async () => (await call('GET', `/v1/billing/top-up?${query}`, { headers: INTERNAL })).body;
    const end = () => call('DELETE', `/v1/billing/top-up?${query}`, { headers: INTERNAL });
    const charges = async () => {
      const made = await atStripe<any[]>('objects', { object: 'charge', customer: one.customerId });
      return made.length;
    };
    const row = () =>
      env.DB.prepare('SELECT * FROM top_ups WHERE payer_id = ?').bind(one.payerId).first<any>();
    return { ...one, method, add, use, told, set, shown, end, charges, row };
  }

  it('buys a pack when the balance falls, and not before', async () => {
    const one = await payer(300);
    const set = await one.set();
    expect(set.body, JSON.stringify(set.body)).toMatchObject({ status: 'on', below: 100, spent: 0 });
    await run();
    expect(await one.charges()).toBe(0);
    expect(await one.use(200)).toBe(200);
    await one.told();
    await run();
    expect(await one.charges()).toBe(0);
    expect(await one.use(1)).toBe(200);
    // Nobody who uses credits waits for Stripe.
    expect(await one.charges()).toBe(0);
    await one.told();
    await run();
    const after = await standing(one.payerId);
    expect(after.balance).toBe(99 + PACK);
    expect(after.ledger[0]).toMatchObject({ type: 'purchase', amount: PACK });
    expect(await one.shown()).toMatchObject({ status: 'on', spent: PRICE, is_paying: false });
    // What Stripe tells of it brings nothing more, and nor do more runs.
    await deliverAll(one.customerId);
    for (let times = 0; times < 3; times += 1) await run(Date.now() + times * HOUR);
    expect(await standing(one.payerId)).toMatchObject({ balance: 99 + PACK });
    expect(await one.charges()).toBe(1);
    // It falls again.
    expect(await one.use(550)).toBe(200);
    await one.told();
    await run();
    expect(await standing(one.payerId)).toMatchObject({ balance: 49 + PACK });
    expect(await one.shown()).toMatchObject({ spent: 2 * PRICE });
  });

  it('buys at once where few are left when it is set, and as many packs as it takes', async () => {
    const one = await payer(0);
    expect((await one.set({ below: 1200 })).status).toBe(200);
    for (let times = 0; times < 5; times += 1) await run();
    expect(await standing(one.payerId)).toMatchObject({ balance: 3 * PACK });
    expect(await one.charges()).toBe(3);
  });

  it('never spends more in a month than it may, however many fall and run at once', async () => {
    const one = await payer(50);
    expect((await one.set({ below: 100, monthly_limit: 2 * PRICE + PRICE - 1 })).status).toBe(200);
    for (let round = 0; round < 6; round += 1) {
      const { balance } = await standing(one.payerId);
      const uses = Array.from({ length: 10 }, () => one.use(Math.max(1, Math.floor(balance / 10))));
      await Promise.all([...uses, run(), run()]);
      await one.told();
      await Promise.all(Array.from({ length: 6 }, () => run()));
      await deliverAll(one.customerId);
      expect((await one.row()).spent).toBeLessThanOrEqual(2 * PRICE);
    }
    expect(await one.charges()).toBe(2);
    expect(await one.row()).toMatchObject({
      spent: 2 * PRICE,
      counter: 2,
      pending_amount: null,
      status: 'on',
    });
    const { ledger } = await standing(one.payerId);
    expect(ledger.filter(({ type }) => type === 'purchase')).toHaveLength(2);
    // Setting it anew forgets nothing of what was spent; a higher limit lets it go on.
    expect((await one.end()).status).toBe(204);
    expect((await one.set({ monthly_limit: 2 * PRICE })).body).toMatchObject({ spent: 2 * PRICE });
    await run();
    expect(await one.charges()).toBe(2);
    expect((await one.set({ monthly_limit: 3 * PRICE })).status).toBe(200);
    await Promise.all(Array.from({ length: 4 }, () => run()));
    expect(await one.charges()).toBe(3);
  });

  it('goes on in the next month, which begins at nothing', async () => {
    const one = await payer(0);
    await one.set({ below: 2000, monthly_limit: PRICE });
    for (let times = 0; times < 3; times += 1) await run();
    expect(await one.charges()).toBe(1);
    advance(32 * DAY);
    await run();
    await run();
    expect(await one.charges()).toBe(2);
    expect(await one.shown()).toMatchObject({ spent: PRICE });
    advance(-32 * DAY);
  });

  it.each([
    [{ declines: true }, 'declined'],
    [{ authenticates: true }, 'authentication_required'],
  ])(
    'stops when the card is refused (%j), says so once, and goes on when it is set again',
    async (card, reason) => {
      const one = await payer(10, card);
      expect((await one.set()).status).toBe(200);
      await Promise.all(Array.from({ length: 4 }, () => run()));
      await deliverAll(one.customerId);
      for (let times = 1; times < 4; times += 1) await run(Date.now() + times * HOUR);
      expect(await one.shown()).toMatchObject({ status: 'stopped', reason, spent: 0, is_paying: false });
      expect(await one.charges()).toBe(0);
      expect(await standing(one.payerId)).toMatchObject({ balance: 10 });
      const asked = await atStripe<any[]>('objects', { object: 'payment_intent', customer: one.customerId });
      expect(asked).toHaveLength(1);
      const { email } = (await env.DB.prepare('SELECT email FROM users WHERE id = ?')
        .bind(one.owner)
        .first<{ email: string }>()) as { email: string };
      const path = kind === 'user' ? '/account/billing' : `/account/organizations/${one.payerId}`;
      expect((await mailTo(email, /^Automatic top-up/)).text).toContain(path);
      const mails = (await receivedMails(email)).filter(({ subject }) =>
        subject.startsWith('Automatic top-up'),
      );
      expect(mails).toHaveLength(1);
      if (kind === 'organization') {
        const { results } = await env.DB.prepare(
          "SELECT event FROM audit WHERE target = ? AND action = 'organization_billing'",
        )
          .bind(one.payerId)
          .all<{ event: string }>();
        const told = results
          .map(({ event }) => JSON.parse(event))
          .filter(({ type }) => type === 'top_up.stopped');
        expect(told).toMatchObject([{ data: { reason, organization_id: one.payerId } }]);
      }
      // What falls meanwhile buys nothing.
      expect(await one.use(5)).toBe(200);
      await one.told();
      await run();
      expect((await one.shown()).status).toBe('stopped');
      await atStripe('decline', { id: one.method, declines: false });
      const { id: good } = await atStripe('attach', { customer: one.customerId });
      await call('PUT', `/v1/billing/payment-methods/${good}/default?${new URLSearchParams(one.named)}`, {
        headers: INTERNAL,
      });
      expect((await one.set()).body).toMatchObject({ status: 'on', reason: null });
      await run();
      expect(await standing(one.payerId)).toMatchObject({ balance: 5 + PACK });
    },
  );

  it('stops where no way to pay is left, or the pack is not sold any more', async () => {
    const gone = await payer(500);
    await gone.set();
    await atStripe('detach', { id: gone.method });
    await gone.use(450);
    await gone.told();
    await run();
    expect(await gone.shown()).toMatchObject({ status: 'stopped', reason: 'no_payment_method' });

    const unsold = await payer(500);
    await unsold.set();
    await unsold.use(450);
    await unsold.told();
    await mapPrices([{ price_id: 'price_pro_month', plan: 'pro' }]);
    await run();
    await mapPrices();
    expect(await unsold.shown()).toMatchObject({ status: 'stopped', reason: 'price_gone' });
    expect((await unsold.charges()) + (await gone.charges())).toBe(0);
  });

  it('waits for a payment that takes its time, and looks how it ended', async () => {
    const one = await payer(10, { slow: true });
    await one.set();
    await run();
    expect(await one.shown()).toMatchObject({ is_paying: true, spent: PRICE });
    // One at a time.
    await run(Date.now() + 2 * HOUR);
    const [intent] = await atStripe('objects', { object: 'payment_intent', customer: one.customerId });
    expect(await atStripe('objects', { object: 'payment_intent', customer: one.customerId })).toHaveLength(1);
    await atStripe('settle-payment', { id: intent.id, pays: true });
    for (let times = 3; times < 5; times += 1) await run(Date.now() + times * HOUR);
    expect(await standing(one.payerId)).toMatchObject({ balance: 10 + PACK });
    expect(await one.shown()).toMatchObject({ is_paying: false, spent: PRICE, status: 'on' });

    const failing = await payer(10, { slow: true });
    await failing.set();
    await run();
    const [other] = await atStripe('objects', { object: 'payment_intent', customer: failing.customerId });
    await atStripe('settle-payment', { id: other.id, pays: false });
    await run(Date.now() + 2 * HOUR);
    expect(await failing.shown()).toMatchObject({ status: 'stopped', reason: 'declined', spent: 0 });
  });

  it('pays once, though the answer is lost or Stripe fails', async () => {
    const unheard = await payer(10);
    await unheard.set();
    const asked = `POST /v1/payment_intents .*${unheard.customerId}`;
    await atStripe('faults', { pattern: asked, status: 'lost', times: 3 });
    await run();
    expect(await unheard.row()).toMatchObject({ pending_amount: PRICE });
    expect(await unheard.charges()).toBe(1);
    // A day later Stripe has forgotten the key: the payment itself is found.
    await run(Date.now() + 25 * HOUR);
    expect(await unheard.charges()).toBe(1);
    expect(await atStripe('requests', { pattern: asked })).toHaveLength(3);
    expect(await standing(unheard.payerId)).toMatchObject({ balance: 10 + PACK });

    const lost = await payer(10);
    await lost.set();
    await atStripe('faults', {
      pattern: `POST /v1/payment_intents .*${lost.customerId}`,
      status: 'drop',
      times: 3,
    });
    await run();
    expect(await lost.row()).toMatchObject({ pending_amount: PRICE, pending_tries: 1 });
    for (let times = 1; times < 6; times += 1) await run(Date.now() + times * HOUR);
    expect(await lost.charges()).toBe(1);
    expect(await standing(lost.payerId)).toMatchObject({ balance: 10 + PACK });

    const failing = await payer(10);
    await failing.set();
    const pattern = `POST /v1/payment_intents .*${failing.customerId}`;
    await atStripe('faults', { pattern, status: 500, times: 12 });
    for (let times = 0; times < 8; times += 1) await run(Date.now() + times * HOUR);
    expect(await failing.charges()).toBe(1);
    expect(await failing.row()).toMatchObject({ counter: 1, spent: PRICE, pending_amount: null });
  });

  it('pays once and brings its credits, at whatever call of the database it crashes', {
    timeout: 300_000,
  }, async () => {
    for (let left = 1; left <= 14; left += 1) {
      const one = await payer(10);
      await one.set();
      const fuse: Fuse = { left, isDone: left % 2 === 0 };
      const bindings = { ...env, DB: crashingD1(env.DB, fuse) };
      const crashing = createServices(bindings as unknown as Bindings).billingAdmin;
      await run(Date.now(), crashing).catch((error: unknown) => {
        if (!/crashed/.test(`${error} ${(error as Error).cause}`)) throw error;
      });
      for (let times = 1; times < 5; times += 1) await run(Date.now() + times * HOUR);
      expect(await one.charges(), `after ${left}`).toBe(1);
      expect(await standing(one.payerId), `after ${left}`).toMatchObject({ balance: 10 + PACK });
      expect(await one.row()).toMatchObject({ spent: PRICE, counter: 1, pending_amount: null });
    }
  });

  it('is off when it is ended; what was under way is still settled', async () => {
    const one = await payer(10, { slow: true });
    await one.set();
    await run();
    expect((await one.end()).status).toBe(204);
    expect(await one.shown()).toMatchObject({ status: 'off', is_paying: true });
    const [intent] = await atStripe('objects', { object: 'payment_intent', customer: one.customerId });
    await atStripe('settle-payment', { id: intent.id, pays: true });
    await run(Date.now() + 2 * HOUR);
    expect(await standing(one.payerId)).toMatchObject({ balance: 10 + PACK });
    await one.use(505);
    await one.told();
    await run(Date.now() + 3 * HOUR);
    expect(await one.shown()).toMatchObject({ status: 'off', is_paying: false });
    expect(await one.charges()).toBe(1);
  });

  it('goes as the money goes when the payment is refunded, whatever is told first', async () => {
    const one = await payer(10);
    await one.set();
    await run();
    const [charge] = await atStripe('objects', { object: 'charge', customer: one.customerId });
    await atStripe('refund', { id: charge.id, amount: PRICE });
    const events = await eventsAbout(one.customerId);
    for (const event of events.toReversed()) expect((await deliver(event)).status).toBe(200);
    expect(await standing(one.payerId)).toMatchObject({ balance: 10 });
  });

  it.each(['refund', 'dispute', 'credit'])(
    'ends with a %s of an invoice that brought credits, once',
    async (how) => {
      const one = await payer(0);
      const body = { ...one.named, plan: 'pro' };
      expect((await call('POST', '/v1/billing/subscriptions', { headers: INTERNAL, body })).status).toBe(201);
      await deliverAll(one.customerId);
      const { balance } = await standing(one.payerId);
      expect(balance).toBe(1_000);
      await one.set();
      const [charge] = await atStripe('objects', { object: 'charge', customer: one.customerId });
      const [invoice] = await atStripe('objects', { object: 'invoice', customer: one.customerId });
      if (how === 'credit') await atStripe('credit', { id: invoice.id, amount: 1_000 });
      else await atStripe(how, { id: charge.id, ...(how === 'refund' && { amount: 1_000 }) });
      const tell = async () => {
        for (const event of await eventsAbout(one.customerId)) {
          await env.DB.prepare('DELETE FROM billing_events WHERE id = ?').bind(event.id).run();
          expect((await deliver(event)).status).toBe(200);
        }
        for (const event of await eventsAbout(charge.id)) {
          await env.DB.prepare('DELETE FROM billing_events WHERE id = ?').bind(event.id).run();
          expect((await deliver(event)).status).toBe(200);
        }
      };
      await tell();
      expect((await standing(one.payerId)).balance).toBeLessThan(1_000);
      expect(await one.shown()).toMatchObject({ status: 'off' });
      await one.told();
      await run();
      expect(await one.shown()).toMatchObject({ spent: 0 });
      // Whoever turns it on again is not turned off by what was told before.
      await one.set({ below: 1 });
      await tell();
      expect(await one.shown()).toMatchObject({ status: 'on' });
    },
  );

  it('counts what was spent of a month in each currency by itself', async () => {
    await mapPrices([...PRICE_MEANINGS, { price_id: 'price_credits_yen', credits: 300 }]);
    const one = await payer(10);
    await one.set();
    await run();
    expect(await one.shown()).toMatchObject({ spent: PRICE, currency: 'usd' });
    const yen = { price_id: 'price_credits_yen', monthly_limit: 1_000 };
    expect((await one.set(yen)).body).toMatchObject({ spent: 0, currency: 'jpy' });
    expect(await one.use(480)).toBe(200);
    await one.told();
    await run();
    expect(await one.shown()).toMatchObject({ spent: 700, currency: 'jpy' });
    // No second one fits: going there and back forgets nothing.
    expect((await one.set()).body).toMatchObject({ spent: PRICE, currency: 'usd' });
    expect((await one.set(yen)).body).toMatchObject({ spent: 700, currency: 'jpy' });
    expect(await one.use(300)).toBe(200);
    await one.told();
    for (let times = 0; times < 3; times += 1) await run();
    expect(await one.charges()).toBe(2);
    // Another month begins anew in both.
    await env.DB.prepare("UPDATE top_ups SET month = '2020-01', due_at = 0 WHERE payer_id = ?")
      .bind(one.payerId)
      .run();
    await run();
    expect(await one.row()).toMatchObject({ spent: 700, spent_elsewhere: null });
    await mapPrices();
  });

  it('does nothing for who is suspended', async () => {
    const one = await payer(500);
    await one.set();
    await one.use(450);
    await one.told();
    const table = kind === 'user' ? 'users' : 'organizations';
    const suspend = (status: string) =>
      env.DB.prepare(`UPDATE ${table} SET status = ? WHERE id = ?`).bind(status, one.payerId).run();
    await suspend('suspended');
    await run();
    expect(await one.charges()).toBe(0);
    const refused = await one.set();
    expectProblem(refused, 403, kind === 'user' ? 'account_suspended' : 'organization_suspended');
  });

  it('refuses what cannot be', async () => {
    const one = await payer(10);
    expectProblem(await one.set({ price_id: 'price_pro_month' }), 422, 'validation_failed');
    expectProblem(await one.set({ price_id: 'price_nobody' }), 404, 'price_not_found');
    expectProblem(await one.set({ monthly_limit: PRICE - 1 }), 422, 'validation_failed');
    for (const wrong of [
      { below: 0 },
      { below: 1.5 },
      { monthly_limit: -1 },
      { monthly_limit: 1e15 },
      { more: 1 },
    ])
      expectProblem(await one.set(wrong), 422, 'validation_failed');
    const bare = await payerOfKind(kind);
    const body = { below: 1, price_id: 'price_credits_500', monthly_limit: PRICE, ...bare.named };
    expectProblem(
      await call('PUT', '/v1/billing/top-up', { headers: INTERNAL, body }),
      402,
      'payment_required',
    );
    expect(await one.shown()).toMatchObject({ status: 'off', below: null });
  });

  it('goes with its payer', async () => {
    const one = await payer(10);
    await one.set();
    const path = kind === 'user' ? `users/${one.payerId}` : `organizations/${one.payerId}`;
    await call('DELETE', `/v1/admin/${path}`, { headers: INTERNAL });
    await run();
    expect(await one.row()).toBeNull();
    expect(await one.charges()).toBe(0);
  });
});
