import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, INTERNAL } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  atStripe,
  deliver,
  eventsAbout,
  mapPrices,
  PRICE_MEANINGS,
  silentPayer,
  standing,
} from '../support/stripe.ts';

const DAY = 86_400_000;
/** By the peer's clock, which no test sets. */
const realNow = Date.now;

beforeAll(() => mapPrices([...PRICE_MEANINGS, { price_id: 'price_enterprise_year', plan: 'enterprise' }]));

const YEARLY = ['price_pro_year', 'price_enterprise_year'];

/** Somebody with a card, whose clock and the Worker's go together. */
class Subscriber {
  readonly userId: string;
  readonly customerId: string;
  readonly #told = new Set<string>();

  private constructor(userId: string, customerId: string) {
    this.userId = userId;
    this.customerId = customerId;
  }

  static async at(start: number): Promise<Subscriber> {
    const { userId, customerId } = await silentPayer();
    const one = new Subscriber(userId, customerId);
    await one.wait(start - Date.now());
    await atStripe('attach', { customer: customerId });
    return one;
  }

  async wait(milliseconds: number): Promise<void> {
    advance(milliseconds);
    await atStripe('clock', {
      customer: this.customerId,
      ahead: Math.round((Date.now() - realNow()) / 1000),
    });
  }

  async subscribe(price_id: string): Promise<void> {
    // Who tries again at the very same moment is given the same answer.
    await this.wait(1000);
    const body = { user_id: this.userId, price_id };
    const answer = await call('POST', '/v1/billing/subscriptions', { headers: INTERNAL, body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    await this.tell();
  }

  /** As the portal does it. */
  async change(price: string): Promise<void> {
    const { id, items } = await this.subscription();
    await atStripe('change-price', { id, item: items.data[0].id, price });
    await this.tell();
  }

  async renew(): Promise<void> {
    const { id, items } = await this.subscription();
    await this.wait(items.data[0].current_period_end * 1000 - Date.now());
    await atStripe('renew', { id, pays: true });
    await this.tell();
  }

  async subscription(): Promise<any> {
    const all = await atStripe('objects', { object: 'subscription', customer: this.customerId });
    return all.find((one: any) => one.status !== 'canceled');
  }

  charges(): Promise<any[]> {
    return atStripe('objects', { object: 'charge', customer: this.customerId });
  }

  invoices(): Promise<any[]> {
    return atStripe('objects', { object: 'invoice', customer: this.customerId });
  }

  async refund(charge: any, amount: number): Promise<void> {
    await atStripe('refund', { id: charge.id, amount });
    await this.tell();
  }

  async use(amount: number): Promise<void> {
    const body = { user_id: this.userId, amount, reference: crypto.randomUUID() };
    const answer = await call('POST', '/v1/credits/use', { headers: INTERNAL, body });
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  }

  /** Delivers what Stripe has to tell since the last time. */
  async tell(): Promise<void> {
    const ofCharges = (await this.charges()).filter(({ disputed }) => disputed);
    const disputes = (await Promise.all(ofCharges.map(({ id }) => eventsAbout(id)))).flat();
    for (const event of [...(await eventsAbout(this.customerId)), ...disputes]) {
      if (this.#told.has(event.id)) continue;
      this.#told.add(event.id);
      const answer = await deliver(event);
      expect(answer.status, `${event.type} ${JSON.stringify(answer.body)}`).toBe(200);
    }
  }

  async balance(): Promise<number> {
    return (await standing(this.userId)).balance;
  }

  async shortfall(): Promise<number> {
    const all = await call('GET', '/v1/admin/billing/shortfalls?limit=100', { headers: INTERNAL });
    return all.body.data
      .filter(({ user_id }: any) => user_id === this.userId)
      .reduce((sum: number, one: any) => sum + one.shortfall, 0);
  }

  /** What billing has given, less what it has taken back. */
  async granted(): Promise<number> {
    const rows = await call('GET', `/v1/credits/transactions?user_id=${this.userId}&limit=100`, {
      headers: INTERNAL,
    });
    expect(rows.body.next_cursor).toBeNull();
    return rows.body.data
      .filter(({ reference }: any) => /^(invoice|reversal):/.test(reference))
      .reduce((sum: number, { amount }: any) => sum + amount, 0);
  }
}

describe('an upgrade in the first second of a period', () => {
  it.each(['2027-01-31', '2027-02-01', '2028-02-01', '2027-03-15', '2027-04-30', '2027-12-31'])(
    'brings what the plan has, however long the month is: %s',
    async (date) => {
      const one = await Subscriber.at(Date.parse(`${date}T12:00:00Z`));
      await one.subscribe('price_pro_month');
      expect(await one.balance()).toBe(1000);
      await one.wait(1000);
      await one.change('price_enterprise_month');
      expect(await one.balance()).toBe(10_000);
    },
  );

  it('brings half of the difference in the middle of it', async () => {
    const one = await Subscriber.at(Date.parse('2027-02-01T00:00:00Z'));
    await one.subscribe('price_pro_month');
    await one.wait(14 * DAY);
    await one.change('price_enterprise_month');
    expect(await one.balance()).toBe(1000 + 4500);
  });
});

describe('money that is given back takes along what it had bought', () => {
  const START = Date.parse('2027-03-01T09:00:00Z');
  const PRO = 'price_pro_month';
  const ENTERPRISE = 'price_enterprise_month';

  it('to and fro between plans leaves what the plan has', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(PRO);
    for (const price of [ENTERPRISE, PRO, ENTERPRISE, PRO, ENTERPRISE, PRO]) {
      await one.change(price);
      expect(await one.balance()).toBe(price === PRO ? 1000 : 10_000);
    }
    expect(await one.shortfall()).toBe(0);
  });

  it('what was spent is a shortfall, which the money that came back makes up for, and no other', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(PRO);
    await one.change(ENTERPRISE);
    await one.use(10_000);
    await one.change(PRO);
    expect([await one.balance(), await one.shortfall()]).toEqual([0, 9000]);
    await one.change(ENTERPRISE);
    expect([await one.balance(), await one.shortfall()]).toEqual([0, 0]);
    await one.change(PRO);
    // A month that is paid out of the credit of 8000 cents, and then others with money of their own.
    await one.renew();
    expect([await one.balance(), await one.shortfall()]).toEqual([0, 8000]);
    for (let month = 0; month < 3; month += 1) await one.renew();
    expect([await one.balance(), await one.shortfall()]).toEqual([0, 5000]);
    await one.renew();
    expect([await one.balance(), await one.shortfall()]).toEqual([1000, 5000]);
  });

  it('leaves alone what was bought otherwise', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(PRO);
    await one.change(ENTERPRISE);
    const gift = { user_id: one.userId, amount: 300, reference: 'gift' };
    await call('POST', '/v1/credits/add', { headers: INTERNAL, body: gift });
    await one.use(10_000);
    await one.change(PRO);
    expect([await one.balance(), await one.shortfall()]).toEqual([300, 9000]);
  });

  it('from months to years and back', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(PRO);
    await one.change('price_pro_year');
    expect(await one.balance()).toBe(12_000);
    await one.wait(30 * DAY);
    await one.change(PRO);
    // The month and the thirtieth part of the year that were used.
    expect(await one.balance()).toBe(Math.round((12_000 * 30) / 366) + 1000);
  });

  it('a cancellation with proration', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(ENTERPRISE);
    const { id } = await one.subscription();
    await one.wait(15.5 * DAY);
    await atStripe('cancel-with-proration', { id });
    await one.tell();
    expect(await one.balance()).toBe(5000);
    expect(await standing(one.userId)).toMatchObject({ plan: 'free' });
  });

  it('credit notes before and after an invoice is paid', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(ENTERPRISE);
    const [paid] = await one.invoices();
    await atStripe('credit', { id: paid.id, amount: 2500 });
    await one.tell();
    expect(await one.balance()).toBe(7500);
    const { id } = await one.subscription();
    await atStripe('renew', { id, pays: false });
    const [open] = await one.invoices();
    await atStripe('credit', { id: open.id, amount: 9000 });
    await atStripe('pay', { id });
    await one.tell();
    expect(await one.balance()).toBe(7500 + 1000);
  });

  it('a refund of the money of one plan that has become another', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(PRO);
    await one.change(ENTERPRISE);
    const [, first] = await one.charges();
    await one.refund(first, 2000);
    // 8000 cents are left of 10,000.
    expect(await one.balance()).toBe(8000);
  });

  it('a refund of money that lies as credit at Stripe, and what is bought with that', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(PRO);
    await one.change(ENTERPRISE);
    const [second] = await one.charges();
    await one.change(PRO);
    await one.refund(second, 8000);
    expect(await one.balance()).toBe(200);
    await one.change(ENTERPRISE);
    expect(await one.balance()).toBe(2000);
    await one.change(PRO);
    expect(await one.balance()).toBe(200);
  });

  it('a dispute, and gives it back when that is won', async () => {
    const one = await Subscriber.at(START);
    await one.subscribe(PRO);
    await one.change(ENTERPRISE);
    const [second] = await one.charges();
    const dispute = await atStripe('dispute', { id: second.id });
    await one.tell();
    expect(await one.balance()).toBe(2000);
    await one.change(PRO);
    expect(await one.balance()).toBe(200);
    await atStripe('close-dispute', { id: dispute.id, status: 'won' });
    await one.tell();
    expect([await one.balance(), await one.shortfall()]).toEqual([1000, 0]);
  });
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), to: fc.nat(3) }) },
  fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant('renew' as const) }),
  fc.record({ do: fc.constant('refund' as const), which: fc.nat(), share: fc.constantFrom(0.25, 0.5, 1) }),
  fc.record({ do: fc.constant('dispute' as const), which: fc.nat(), won: fc.boolean() }),
  fc.record({ do: fc.constant('credit' as const), which: fc.nat(), share: fc.constantFrom(0.25, 1) }),
  fc.record({ do: fc.constant('cancel' as const) }),
  fc.record({ do: fc.constant('use' as const), share: fc.constantFrom(0.1, 0.5, 1) }),
);

const PLAN_PRICES = ['price_pro_month', 'price_enterprise_month', ...YEARLY];

it('whatever happens, billing has given no more than the money that is left would have bought', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), fc.boolean(), async (steps, spends) => {
      const one = await Subscriber.at(Date.now() + DAY);
      await one.subscribe('price_pro_month');
      let events = 1;
      for (const each of steps) {
        if (each.do === 'use' && !spends) continue;
        await happen(one, each);
        events += 1;
        const money = (await one.charges()).reduce(
          (sum, { amount, amount_refunded, disputed, lost }) =>
            sum + amount - (disputed && lost ? amount : amount_refunded),
          0,
        );
        // Enterprise brings most: a credit a cent, and 1.2 where it is paid by the year.
        const [granted, shortfall] = [await one.granted(), await one.shortfall()];
        expect(granted - shortfall, JSON.stringify(each)).toBeLessThanOrEqual(money * 1.2 + events);
        // Nothing was spent: what is left can be taken. What has expired cannot, and is a shortfall.
        if (!spends)
          expect(await one.balance(), JSON.stringify(each)).toBeLessThanOrEqual(money * 1.2 + events);
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

async function happen(
  one: Subscriber,
  each: typeof step extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> {
  const subscription = await one.subscription();
  switch (each.do) {
    case 'change': {
      const price = PLAN_PRICES[each.to] as string;
      if (subscription) await one.change(price);
      else await one.subscribe(price);
      return;
    }
    case 'wait': {
      const end = subscription?.items.data[0].current_period_end * 1000;
      await one.wait(Math.min(each.days * DAY, subscription ? end - Date.now() - 1000 : each.days * DAY));
      return;
    }
    case 'renew':
      if (subscription) await one.renew();
      return;
    case 'refund': {
      const charges = (await one.charges()).filter(
        ({ amount, amount_refunded, disputed }) => !disputed && amount > amount_refunded,
      );
      const charge = charges[each.which % charges.length];
      const amount = charge && Math.max(1, Math.floor((charge.amount - charge.amount_refunded) * each.share));
      if (charge) await one.refund(charge, amount);
      return;
    }
    case 'dispute': {
      const charges = (await one.charges()).filter(
        ({ disputed, amount_refunded }) => !disputed && amount_refunded === 0,
      );
      const charge = charges[each.which % charges.length];
      if (!charge) return;
      const dispute = await atStripe('dispute', { id: charge.id });
      await one.tell();
      await atStripe('close-dispute', { id: dispute.id, status: each.won ? 'won' : 'lost' });
      await one.tell();
      return;
    }
    case 'credit': {
      const invoices = (await one.invoices()).filter(
        (invoice) => invoice.total > 0 && invoice.post_payment_credit_notes_amount === 0,
      );
      const invoice = invoices[each.which % invoices.length];
      // What was refunded already cannot be credited too.
      const charges = await one.charges();
      if (!invoice || charges.some(({ amount_refunded, disputed }) => amount_refunded > 0 || disputed))
        return;
      await atStripe('credit', {
        id: invoice.id,
        amount: Math.max(1, Math.floor(invoice.total * each.share)),
      });
      await one.tell();
      return;
    }
    case 'cancel':
      if (!subscription) return;
      await atStripe('cancel-with-proration', { id: subscription.id });
      await one.tell();
      return;
    case 'use': {
      const amount = Math.floor((await one.balance()) * each.share);
      if (amount > 0) await one.use(amount);
    }
  }
}

describe('what was bought stays what it was', () => {
  const MONTHLY = [...PRICE_MEANINGS, { price_id: 'price_enterprise_year', plan: 'enterprise' }];
  async function setCredits(plan: string, credits: number): Promise<void> {
    await env.DB.prepare("UPDATE plans SET monthly_credits = ? WHERE realm_id = 'default' AND id = ?")
      .bind(credits, plan)
      .run();
    // Longer than an isolate goes by what it has read.
    advance(61_000);
  }

  it('whatever the plan brings since: a refund takes what the payment had brought', async () => {
    const one = await Subscriber.at(Date.UTC(2031, 2, 1));
    await one.subscribe('price_pro_month');
    expect(await one.balance()).toBe(1000);
    await setCredits('pro', 4000);
    const [charge] = await one.charges();
    await one.refund(charge, charge.amount / 2);
    await setCredits('pro', 1000);
    expect([await one.balance(), await one.shortfall()]).toEqual([500, 0]);
  });

  it('and also when the price stands for nothing any more; who has it goes on by it', async () => {
    const one = await Subscriber.at(Date.UTC(2031, 4, 1));
    await one.subscribe('price_enterprise_year');
    const bought = await one.balance();
    expect(bought).toBeGreaterThan(0);
    await mapPrices(PRICE_MEANINGS);
    await one.renew();
    expect(await one.granted()).toBe(2 * bought);
    const [renewal] = (await one.charges()).sort((a, b) => b.created - a.created);
    await one.refund(renewal, renewal.amount);
    await mapPrices(MONTHLY);
    expect([await one.balance(), await one.shortfall()]).toEqual([0, 0]);
  });
});
