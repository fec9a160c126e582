import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accepted } from '../../src/errors.ts';
import { monthAfter } from '../../src/lib/calendar.ts';
import { accountOf } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { meteredUser, termsOf } from '../support/metering.ts';

const DAY = 86_400_000;
const CHANGE = { description: null, actor: 'key_test' };

const endOfMonth = (at: number) => {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
};
const sourcesOf = async (id: string, terms = termsOf({})) => {
  const { sources } = accepted(await accountOf(id).creditStanding(terms));
  return Object.fromEntries(sources.map(({ source, amount }) => [source, amount]));
};

describe('credits by source', () => {
  it('are spent by expiry, then what the plan brought, then gifts, then packs', async () => {
    const terms = termsOf({ monthlyCredits: 10 });
    const id = await meteredUser();
    const object = accountOf(id);
    const end = endOfMonth(Date.now());
    const add = (type: 'purchase' | 'added' | 'grant', reference: string, expiresAt: number | null) =>
      object.addCredits(terms, { ...CHANGE, type, amount: 10, reference, expiresAt });
    await add('purchase', 'pack', end);
    await add('added', 'gift', end);
    await add('purchase', 'never', null);
    await add('grant', 'present', null);
    await add('purchase', 'soon', Date.now() + 1000);
    const use = async (reference: string, amount = 10) =>
      accepted(await object.useCredits(terms, { ...CHANGE, amount, reference })).transaction.sources;
    expect(await use('1')).toEqual([{ source: 'pack', amount: 10 }]);
    expect(await use('2', 15)).toEqual([
      { source: 'plan', amount: 10 },
      { source: 'gift', amount: 5 },
    ]);
    expect(await object.creditStanding(terms)).toEqual({
      result: 'ok',
      balance: 35,
      reserved: 0,
      sources: [
        { source: 'gift', amount: 15, expiring: [{ expiresAt: end, amount: 5 }] },
        { source: 'pack', amount: 20, expiring: [{ expiresAt: end, amount: 10 }] },
      ],
    });
    expect(await use('3', 20)).toEqual([
      { source: 'gift', amount: 10 },
      { source: 'pack', amount: 10 },
    ]);
    // It comes back where it was taken, and is taken from there again.
    const back = { ...CHANGE, amount: 15, refundOf: '2', reference: 'back' };
    const refunded = accepted(await object.refundCredits(terms, back));
    expect(refunded.transaction.sources).toEqual([
      { source: 'plan', amount: 10 },
      { source: 'gift', amount: 5 },
    ]);
    expect(await use('4', 10)).toEqual([{ source: 'plan', amount: 10 }]);
    await evictDurableObject(accountOf(id));
    expect(await use('4', 10)).toEqual([{ source: 'plan', amount: 10 }]);
    const { transactions } = accepted(await object.listCredits(terms, { before: null, limit: 50 }));
    for (const { amount, sources } of transactions)
      expect(sources.reduce((sum: number, part) => sum + part.amount, 0)).toBe(Math.abs(amount));
  });

  it('of an invoice are the plan’s, also when they were taken back and came again', async () => {
    const terms = termsOf({});
    const id = await meteredUser();
    const object = accountOf(id);
    const expiresAt = Date.now() + 40 * DAY;
    const invoice = { reference: 'invoice:1', amount: 40, expiresAt, paidFromBalance: 0, actor: 'system' };
    await object.settleInvoices(terms, { invoices: [invoice], losses: [] });
    await object.bookCredits(terms, {
      ...CHANGE,
      type: 'purchase',
      amount: 5,
      reference: 'checkout:1',
      expiresAt: null,
    });
    expect(await sourcesOf(id)).toEqual({ plan: 40, pack: 5 });
    const loss = { reference: 'invoice:1', paid: 2, credits: null, actor: 'system' };
    await object.reverseCredits(terms, { ...loss, lost: 1, revision: 0 });
    expect(await sourcesOf(id)).toEqual({ plan: 20, pack: 5 });
    await object.reverseCredits(terms, { ...loss, lost: 0, revision: 1 });
    expect(await sourcesOf(id)).toEqual({ plan: 40, pack: 5 });
  });
});

describe('unused credits of a plan', () => {
  it('roll over as the plan says, and once', async () => {
    for (const [rolloverCredits, kept] of [
      [0, 0],
      [25, 25],
      [null, 50],
    ] as const) {
      const terms = termsOf({ monthlyCredits: 50, rolloverCredits });
      const id = await meteredUser();
      const object = accountOf(id);
      await object.addCredits(terms, {
        ...CHANGE,
        type: 'added',
        amount: 3,
        reference: 'gift',
        expiresAt: endOfMonth(Date.now()),
      });
      expect(await object.creditBalance(terms)).toMatchObject({ balance: 53 });
      const over = endOfMonth(Date.now());
      advance(over - Date.now() + 1000);
      // The alarm writes off; what rolls over waits for who knows the plan.
      await runDurableObjectAlarm(accountOf(id));
      await evictDurableObject(accountOf(id));
      const balances = await Promise.all([1, 2, 3].map(() => object.creditBalance(terms)));
      expect(balances.map((one: any) => one.balance)).toEqual([50 + kept, 50 + kept, 50 + kept]);
      const { transactions } = accepted(await object.listCredits(terms, { before: null, limit: 9 }));
      const rolled = transactions.filter(({ reference }) => reference.startsWith('rollover:'));
      expect(rolled.map(({ amount, expiresAt, sources }) => [amount, expiresAt, sources])).toEqual(
        kept === 0 ? [] : [[kept, monthAfter(over), [{ source: 'plan', amount: kept }]]],
      );
      const month = endOfMonth(Date.now());
      advance(month - Date.now() + 1000);
      const next = rolloverCredits === null ? 100 : Math.min(50 + kept, rolloverCredits);
      expect(await object.creditBalance(terms)).toMatchObject({ balance: 50 + next });
    }
  });

  it('of somebody who has left the plan go', async () => {
    const terms = termsOf({ monthlyCredits: 50, rolloverCredits: null });
    const id = await meteredUser();
    await accountOf(id).creditBalance(terms);
    advance(endOfMonth(Date.now()) - Date.now() + 1000);
    expect(await accountOf(id).creditBalance(termsOf({}))).toMatchObject({ balance: 0 });
    expect(await accountOf(id).creditBalance(terms)).toMatchObject({ balance: 50 });
  });

  it('come to what a plain list of months says, in any order of uses, waits, evictions and alarms', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('use' as const), amount: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ do: fc.constant('add' as const), amount: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(1, 9, 31, 70) }),
      fc.record({ do: fc.constant('alarm' as const) }),
      fc.record({ do: fc.constant('evict' as const) }),
    );
    const rollover = fc.constantFrom(0, 15, null);
    await fc.assert(
      fc.asyncProperty(rollover, fc.array(step, { minLength: 5, maxLength: 25 }), async (most, steps) => {
        const terms = termsOf({ monthlyCredits: 40, rolloverCredits: most });
        const id = await meteredUser();
        const object = accountOf(id);
        let plan = 0;
        let gift = 0;
        let until = 0;
        const catchUp = () => {
          if (Date.now() < until) return;
          // However many months have gone by, what was left is looked at once.
          plan = 40 + (until === 0 ? 0 : Math.min(plan, most ?? plan));
          until = endOfMonth(Date.now());
        };
        for (const [n, one] of steps.entries()) {
          if (one.do === 'wait') {
            advance(one.days * DAY);
            continue;
          }
          if (one.do === 'alarm') await runDurableObjectAlarm(accountOf(id));
          if (one.do === 'evict') {
            await object.listSessions();
            await evictDurableObject(accountOf(id));
          }
          if (one.do === 'add') {
            catchUp();
            gift += one.amount;
            await object.addCredits(terms, {
              ...CHANGE,
              ...one,
              type: 'added',
              reference: `${n}`,
              expiresAt: null,
            });
          }
          if (one.do === 'use') {
            catchUp();
            const answer = await object.useCredits(terms, { ...CHANGE, ...one, reference: `${n}` });
            expect(answer.result).toBe(plan + gift >= one.amount ? 'ok' : 'refused');
            if (answer.result !== 'ok') continue;
            const ofPlan = Math.min(plan, one.amount);
            plan -= ofPlan;
            gift -= one.amount - ofPlan;
            const ofGift = one.amount - ofPlan;
            expect(answer.transaction.sources).toEqual([
              ...(ofPlan > 0 ? [{ source: 'plan', amount: ofPlan }] : []),
              ...(ofGift > 0 ? [{ source: 'gift', amount: ofGift }] : []),
            ]);
          }
        }
        catchUp();
        expect(await object.creditBalance(terms)).toEqual({ result: 'ok', balance: plan + gift });
        const expected = { ...(plan > 0 && { plan }), ...(gift > 0 && { gift }) };
        expect(await sourcesOf(id, terms)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
