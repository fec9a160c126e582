import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import {
  atStripe,
  deliver,
  eventsAbout,
  mapPrices,
  silentPayer,
  standing,
  watch,
  watching,
} from '../support/stripe.ts';

const FILE = 'webhook-order';
const { billingAdmin } = createServices(watching(FILE) as unknown as Bindings);

type Event = Awaited<ReturnType<typeof eventsAbout>>[number];

beforeAll(() => mapPrices());

async function checkout(userId: string, choice: object): Promise<string> {
  const body = { ...choice, user_id: userId };
  const opened = await call('POST', '/v1/billing/checkout', { headers: INTERNAL, body });
  expect(opened.status, JSON.stringify(opened.body)).toBe(201);
  await atStripe('complete', { id: opened.body.id });
  return opened.body.id;
}

async function subscriptionOf(customer: string): Promise<string> {
  return (await atStripe('objects', { object: 'subscription', customer }))[0].id;
}

const chargesOf = (customer: string) => atStripe('objects', { object: 'charge', customer });

/** Histories at Stripe of which nothing was told yet: what they come to, and the three events to tell. */
const HISTORIES = {
  'a subscription begins': {
    make: async ({ userId, customerId }: { userId: string; customerId: string }) => {
      await checkout(userId, { plan: 'pro' });
      return eventsAbout(customerId);
    },
    types: ['checkout.session.completed', 'customer.subscription.created', 'invoice.paid'],
    plan: 'pro',
    ledger: [['grant', 1000]],
  },
  'it begins, its renewal fails, and it ends': {
    make: async ({ userId, customerId }: { userId: string; customerId: string }) => {
      await checkout(userId, { plan: 'pro' });
      const id = await subscriptionOf(customerId);
      await atStripe('renew', { id, pays: false });
      await atStripe('end', { id });
      return eventsAbout(customerId);
    },
    types: ['invoice.paid', 'invoice.payment_failed', 'customer.subscription.deleted'],
    plan: 'free',
    ledger: [['grant', 1000]],
  },
  'its renewal fails, and is paid': {
    make: async ({ userId, customerId }: { userId: string; customerId: string }) => {
      await checkout(userId, { plan: 'enterprise' });
      const id = await subscriptionOf(customerId);
      const before = (await eventsAbout(customerId)).find(({ type }) => type === 'invoice.paid');
      await deliver(before);
      await atStripe('renew', { id, pays: false });
      await atStripe('pay', { id });
      const after = await eventsAbout(customerId);
      return after.slice(after.findIndex((event) => event.id === before?.id) + 1);
    },
    types: ['invoice.payment_failed', 'invoice.paid', 'customer.subscription.updated'],
    plan: 'enterprise',
    ledger: [
      ['grant', 10_000],
      ['grant', 10_000],
    ],
  },
  'credits are bought, refunded in part, and then wholly': {
    make: async ({ userId, customerId }: { userId: string; customerId: string }) => {
      await checkout(userId, { price_id: 'price_credits_500' });
      const [{ id }] = await chargesOf(customerId);
      await atStripe('refund', { id, amount: 100 });
      await atStripe('refund', { id, amount: 400 });
      return eventsAbout(customerId);
    },
    types: ['checkout.session.completed', 'charge.refunded', 'charge.refunded'],
    plan: 'free',
    ledger: [
      ['refund', -500],
      ['purchase', 500],
    ],
  },
  'credits are bought, disputed, and won': {
    make: async ({ userId, customerId }: { userId: string; customerId: string }) => {
      await checkout(userId, { price_id: 'price_credits_500' });
      const [charge] = await chargesOf(customerId);
      const dispute = await atStripe('dispute', { id: charge.id });
      await atStripe('close-dispute', { id: dispute.id, status: 'won' });
      return [...(await eventsAbout(customerId)), ...(await eventsAbout(dispute.id))];
    },
    types: ['checkout.session.completed', 'charge.dispute.created', 'charge.dispute.closed'],
    plan: 'free',
    ledger: [['purchase', 500]],
  },
  'a subscription is paid and half of it refunded': {
    make: async ({ userId, customerId }: { userId: string; customerId: string }) => {
      await checkout(userId, { plan: 'pro' });
      const [charge] = await chargesOf(customerId);
      await atStripe('refund', { id: charge.id, amount: 1000 });
      return eventsAbout(customerId);
    },
    types: ['customer.subscription.created', 'invoice.paid', 'charge.refunded'],
    plan: 'pro',
    ledger: [
      ['refund', -500],
      ['grant', 1000],
    ],
  },
};

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

describe.each(Object.entries(HISTORIES))('%s', (_, { make, types, plan, ledger }) => {
  /** The three events of somebody of whom nothing was told yet. */
  async function untold() {
    const user = await silentPayer();
    await watch(FILE, user.customerId);
    const told = await make(user);
    const used = new Set<Event>();
    const events = types.map((type) => {
      const event = told.find((one) => one.type === type && !used.has(one)) as Event;
      expect(event, type).toBeDefined();
      used.add(event);
      return event;
    });
    return { ...user, events };
  }

  async function expectStanding(userId: string, how: string) {
    const found = await standing(userId);
    const rows = found.ledger.map(({ type, amount }) => [type, amount]);
    expect({ plan: found.plan, rows }, how).toEqual({ plan, rows: ledger });
    expect(found.balance, how).toBe(found.ledger.reduce((sum, { amount }) => sum + amount, 0));
  }

  it('comes to the same in every order, each event told twice', async () => {
    for (const order of ORDERS) {
      const { userId, events } = await untold();
      for (const at of order) expect((await deliver(events[at])).status).toBe(200);
      await expectStanding(userId, order.join());
      for (const at of order) expect((await deliver(events[at])).status).toBe(200);
      await expectStanding(userId, `${order.join()} twice`);
    }
  });

  it('comes to the same at once, each event told twice', async () => {
    const { userId, events } = await untold();
    await Promise.all([...events, ...events].map((event) => deliver(event)));
    // What met too many others was left to be tried again.
    for (const event of events) expect((await deliver(event)).status).toBe(200);
    await expectStanding(userId, 'at once');
  });

  it('comes to the same when each is stored and then the Worker dies', async () => {
    const { userId, events } = await untold();
    const now = Date.now();
    for (const event of events) {
      const { id, customer, charge, object } = event.data.object;
      await env.DB.prepare(
        `INSERT INTO billing_events (id, type, subject, customer_id, attempts, leased_until, next_attempt_at, created_at,
           received_at) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)`,
      )
        .bind(
          event.id,
          event.type,
          object === 'dispute' ? charge : id,
          customer ?? null,
          now - 1,
          now - 1,
          now,
          now,
        )
        .run();
    }
    await billingAdmin.catchUp(Date.now(), PLENTY);
    await expectStanding(userId, 'after a crash');
  });

  it('comes to the same when no webhook ever comes', async () => {
    const { userId } = await untold();
    await billingAdmin.reconcile(Date.now(), PLENTY);
    // A run takes on so many at once; the next minute goes on.
    for (let minutes = 0; minutes < 40; minutes += 1) await billingAdmin.catchUp(Date.now(), PLENTY);
    await expectStanding(userId, 'by reconciliation');
  });
});
