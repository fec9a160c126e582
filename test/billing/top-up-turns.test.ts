import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, expectProblem, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';
import {
  atStripe,
  deliver,
  deliverAll,
  eventsAbout,
  mapPrices,
  PRICE_MEANINGS,
  payerOfKind,
  standing,
  stripeApiUrl,
} from '../support/stripe.ts';

const HOUR = 3_600_000;
const PACK = 500;
const { billingAdmin } = createServices(env as unknown as Bindings);
const run = (hours = 0) => billingAdmin.catchUp(Date.now() + hours * HOUR, PLENTY);

beforeAll(() => mapPrices());

/** An organization with a card and so many credits. */
async function team(credits: number) {
  const one = await payerOfKind('organization');
  await atStripe('attach', { customer: one.customerId });
  const move = async (how: 'add' | 'use', amount: number) => {
    const body = { ...one.named, amount, reference: crypto.randomUUID() };
    expect((await call('POST', `/v1/credits/${how}`, { headers: INTERNAL, body })).status).toBe(200);
  };
  const add = (amount: number) => move('add', amount);
  await add(credits);
  const object = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(one.payerId));
  /** Uses so many, and has the object tell of it. */
  const use = async (amount: number) => {
    await move('use', amount);
    await runDurableObjectAlarm(object as never);
  };
  const told = () => runDurableObjectAlarm(object as never);
  const set = (body: object = {}) =>
    call('PUT', '/v1/billing/top-up', {
      headers: INTERNAL,
      body: { below: 100, price_id: 'price_credits_500', monthly_limit: 5000, ...one.named, ...body },
    });
  const query = new URLSearchParams(one.named);
  const shown = async () => (await call('GET', `/v1/billing/top-up?${query}`, { headers: INTERNAL })).body;
  const asked = `POST /v1/payment_intents .*${one.customerId}`;
  const made = (object: string) => atStripe<any[]>('objects', { object, customer: one.customerId });
  return { ...one, add, use, told, set, shown, asked, made };
}

describe('automatic top-up, when things change under it', () => {
  it('asks for what is under way in its own currency, whatever is set meanwhile', async () => {
    const answer = await fetch(`${stripeApiUrl()}/v1/prices`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CREDENTIALS.stripe.secretKey}` },
      body: new URLSearchParams({ currency: 'jpy', unit_amount: '5000', 'product_data[name]': 'Pack' }),
    });
    const { id: yen } = (await answer.json()) as { id: string };
    await mapPrices([...PRICE_MEANINGS, { price_id: yen, credits: PACK }]);
    const one = await team(10);
    await one.set({ price_id: yen, monthly_limit: 100_000 });
    await atStripe('faults', { pattern: one.asked, status: 'drop', times: 3 });
    await run();
    expect(await one.shown()).toMatchObject({ is_paying: true, currency: 'jpy', spent: 5000 });
    expectProblem(await one.set(), 409, 'conflict');
    // Within the currency it can be set.
    expect((await one.set({ price_id: yen, monthly_limit: 5000 })).status).toBe(200);
    for (const hours of [1, 2, 3]) await run(hours);
    expect(await one.made('payment_intent')).toMatchObject([{ amount: 5000, currency: 'jpy' }]);
    expect((await one.set()).body).toMatchObject({ currency: 'usd', is_paying: false });
    await mapPrices();
  });

  it('goes on for who is active again, though the balance fell before', async () => {
    const one = await team(500);
    await one.set();
    await run();
    await one.use(450);
    const patch = (status: string) =>
      call('PATCH', `/v1/admin/organizations/${one.payerId}`, { headers: INTERNAL, body: { status } });
    expect((await patch('suspended')).status).toBe(200);
    await run();
    expect((await patch('active')).status).toBe(200);
    await one.use(40);
    for (const hours of [1, 2]) await run(hours);
    expect(await standing(one.payerId)).toMatchObject({ balance: 10 + PACK });
    expect(await one.made('charge')).toHaveLength(1);
  });

  it.each(['refund', 'dispute'])('is off after a %s of a pack, which charges nobody anew', async (how) => {
    const one = await team(10);
    await one.set();
    await run();
    const [charge] = await one.made('charge');
    await atStripe(how, { id: charge.id, amount: PACK });
    for (const about of [one.customerId, charge.id]) await deliverAll(about);
    await one.told();
    for (const hours of [0, 1, 2]) await run(hours);
    expect(await one.made('charge')).toHaveLength(1);
    expect(await standing(one.payerId)).toMatchObject({ balance: 10 });
    expect(await one.shown()).toMatchObject({ status: 'off' });
    // Whoever wants it again sets it again, and what was told is told again in vain.
    expect((await one.set({ below: 5 })).status).toBe(200);
    for (const about of [one.customerId, charge.id]) await deliverAll(about);
    expect(await one.shown()).toMatchObject({ status: 'on' });
  });

  it('stops when the customer is deleted at Stripe under a payment', async () => {
    const one = await team(500);
    await one.set();
    await one.use(450);
    await atStripe('faults', { pattern: one.asked, status: 'drop', times: 3 });
    await run();
    expect(await one.shown()).toMatchObject({ is_paying: true });
    await one.add(450);
    await atStripe('delete-customer', { id: one.customerId });
    const events = await eventsAbout(one.customerId);
    await deliver(events.find(({ type }) => type === 'customer.deleted'));
    for (const hours of [1, 2, 3]) await run(hours);
    expect(await one.shown()).toMatchObject({ status: 'stopped', is_paying: false, spent: 0 });
  });

  it('mails an address that nobody has proved no more often than strangers may', async () => {
    const one = await team(10);
    const [card] = await one.made('payment_method');
    await atStripe('decline', { id: card.id });
    const email = `${crypto.randomUUID()}@example.com`;
    const said = { ...one.named, email };
    const mails = async () =>
      Number(
        await env.DB.prepare("SELECT count(*) AS n FROM outbox WHERE template = 'top_up_stopped'").first('n'),
      );
    const before = await mails();
    expect((await call('PUT', '/v1/billing/email', { headers: INTERNAL, body: said })).status).toBe(204);
    for (let times = 0; times < 8; times += 1) {
      expect((await one.set()).status).toBe(200);
      await run();
      expect(await one.shown()).toMatchObject({ status: 'stopped', reason: 'declined' });
    }
    // Where a mail went is forgotten when it was sent.
    expect((await mails()) - before).toBe(5);
  });

  it('looks for a payment that nobody came back from, when Stripe may have forgotten its key', async () => {
    const one = await team(10);
    await one.set();
    await atStripe('faults', { pattern: one.asked, status: 'lost', times: 3 });
    await run();
    // As it is left by who dies before the answer.
    await env.DB.prepare('UPDATE top_ups SET pending_tries = 0, leased_until = 0 WHERE payer_id = ?')
      .bind(one.payerId)
      .run();
    await run(25);
    expect(await atStripe('requests', { pattern: one.asked })).toHaveLength(3);
    expect(await one.made('charge')).toHaveLength(1);
    expect(await standing(one.payerId)).toMatchObject({ balance: 10 + PACK });
  });
});
