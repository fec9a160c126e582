import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HistoryObject } from '../../src/account/history-contract.ts';
import type { CreditPart } from '../../src/account/metering-contract.ts';
import { accountOf } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { meteredUser, termsOf } from '../support/metering.ts';
import { withBatch } from '../support/projection.ts';
import { Model } from './metering-model.ts';

const LIMIT = { day: 12, month: 40 };
const TERMS = termsOf({ limits: { images: LIMIT } });
const HOUR = 3_600_000;

const quantity = fc.integer({ min: 1, max: 6 });
const amount = fc.integer({ min: 1, max: 30 });
// Few, so that they meet.
const reference = fc.constantFrom(...'abcdefghijklmnopqrst');
const some = fc.option(reference, { nil: null });

const command = fc.oneof(
  fc.record({ do: fc.constant('consume' as const), quantity, reference: some }),
  fc.record({
    do: fc.constant('reserve' as const),
    quantity,
    reference,
    seconds: fc.constantFrom(1, 600, 86_400),
  }),
  fc.record({
    do: fc.constant('commit' as const),
    reference,
    quantity: fc.option(quantity, { nil: null }),
  }),
  fc.record({ do: fc.constant('release' as const), reference }),
  fc.record({
    do: fc.constant('add' as const),
    type: fc.constantFrom('added' as const, 'purchase' as const),
    amount,
    reference,
    expiresIn: fc.option(fc.constantFrom(1, HOUR, 40 * HOUR), { nil: null }),
  }),
  fc.record({ do: fc.constant('use' as const), amount, reference }),
  fc.record({
    do: fc.constant('refund' as const),
    refundOf: reference,
    amount: fc.option(amount, { nil: null }),
    reference,
  }),
);
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 1000, 601_000, HOUR, 9 * HOUR, 26 * HOUR, 300 * HOUR),
    }),
  },
  fc.record({ do: fc.constant('evict' as const) }),
  fc.record({ do: fc.constant('abort' as const) }),
  // As D1 may do: it writes, it fails, or it writes and nobody hears of it.
  fc.record({ do: fc.constant('alarm' as const), d1: fc.constantFrom('writes', 'fails', 'is lost') }),
);
/** Commands of one step are sent at once. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.array(command, { minLength: 1, maxLength: 6 }) },
  { weight: 1, arbitrary: event.map((one) => one) },
);

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

function ask(userId: string, one: Command, now: number): Promise<any> {
  const object = accountOf(userId);
  const change = { description: null, actor: 'key_test' };
  switch (one.do) {
    case 'consume':
      return object.consume(TERMS, { resource: 'images', quantity: one.quantity, reference: one.reference });
    case 'reserve':
      return object.reserve(TERMS, { ...one, resource: 'images' });
    case 'commit':
      return object.commit(TERMS, { ...one });
    case 'release':
      return object.release(TERMS, { ...one });
    case 'add': {
      const expiresAt = one.expiresIn === null ? null : now + one.expiresIn;
      return object.addCredits(TERMS, { ...change, ...one, expiresAt });
    }
    case 'use':
      return object.useCredits(TERMS, { ...change, ...one });
    case 'refund':
      return object.refundCredits(TERMS, { ...change, ...one });
  }
}

function predict(model: Model, one: Command): any {
  switch (one.do) {
    case 'consume':
      return model.consume(one.quantity, one.reference);
    case 'reserve':
      return model.reserve(one.quantity, one.reference, one.seconds);
    case 'commit':
      return model.commit(one.reference, one.quantity);
    case 'release':
      return model.release(one.reference);
    case 'add':
      return model.add(
        one.type,
        one.amount,
        one.reference,
        one.expiresIn === null ? null : model.now + one.expiresIn,
      );
    case 'use':
      return model.use(one.amount, one.reference);
    case 'refund':
      return model.refund(one.refundOf, one.amount, one.reference);
  }
}

async function happen(userId: string, one: typeof event extends fc.Arbitrary<infer T> ? T : never) {
  if (one.do === 'wait') advance(one.ms);
  if (one.do === 'evict') {
    // Only what runs can be evicted.
    await accountOf(userId).listSessions();
    await evictDurableObject(accountOf(userId));
  }
  if (one.do === 'abort') await abortAllDurableObjects();
  if (one.do === 'alarm') {
    const { d1 } = one;
    await withBatch(
      userId,
      async (real, all) => {
        const results = d1 === 'fails' ? [] : await real.batch(all);
        if (d1 !== 'writes') throw new Error('D1_ERROR: out of reach');
        return results;
      },
      (object) => object.alarm(),
    );
  }
}

const bySource = (sources: CreditPart[]) =>
  Object.fromEntries(sources.map(({ source, amount }) => [source, amount]));

/** All rows that the object has of a table. */
const rowsOf = (userId: string, table: string) =>
  runInDurableObject(accountOf(userId), (_, { storage }) =>
    storage.sql.exec<any>(`SELECT * FROM ${table} ORDER BY 1`).toArray(),
  );

const inD1 = async (sql: string, ...values: unknown[]) =>
  (
    await env.DB.prepare(sql)
      .bind(...values)
      .all<any>()
  ).results;

async function expectSound(userId: string, model: Model) {
  const ledger = await rowsOf(userId, 'credit_transactions');
  let sum = 0;
  for (const row of ledger) {
    sum += row.amount;
    expect(row.balance_after).toBe(sum);
    expect(sum).toBeGreaterThanOrEqual(0);
  }
  expect(new Set(ledger.map((row) => `${row.request === null} ${row.reference}`)).size).toBe(ledger.length);
  const lots = await rowsOf(userId, 'credit_lots');
  expect(lots.reduce((total, lot) => total + lot.remaining, 0)).toBe(sum);
  expect(sum).toBe(model.balance);
  for (const use of model.uses) {
    expect(model.usedIn(10, use.at)).toBeLessThanOrEqual(LIMIT.day);
    expect(model.usedIn(7, use.at)).toBeLessThanOrEqual(LIMIT.month);
  }

  // Everything can be read again, and its sums reach D1 once.
  await runDurableObjectAlarm(accountOf(userId));
  const object = accountOf(userId) as unknown as HistoryObject;
  const everything = { after: null, limit: 10_000 };
  const credits = await object.history('credits', everything);
  // What each row says of its sources is all of it.
  for (const { amount, sources } of credits) {
    expect(sources.reduce((all, part) => all + part.amount, 0)).toBe(Math.abs(amount));
  }
  expect(credits.map(({ seq, amount, balanceAfter }) => [seq, amount, balanceAfter])).toEqual(
    ledger.toReversed().map((row) => [row.seq, row.amount, row.balance_after]),
  );
  const uses = await object.history('uses', everything);
  expect(uses.toReversed().map(({ at, quantity }) => ({ at, quantity }))).toEqual(model.uses);
  const byDay = Object.fromEntries(
    model.uses.map(({ at }) => [new Date(at).toISOString().slice(0, 10), model.usedIn(10, at)]),
  );
  const daily = await object.history('usage_days', everything);
  expect(Object.fromEntries(daily.map((row) => [row.date, row.quantity]))).toEqual(byDay);
  const byMonth = Object.fromEntries(
    model.uses.map(({ at }) => [new Date(at).toISOString().slice(0, 7), model.usedIn(7, at)]),
  );
  const monthly = await inD1('SELECT month, quantity FROM usage_monthly WHERE user_id = ?', userId);
  expect(Object.fromEntries(monthly.map((row) => [row.month, row.quantity]))).toEqual(byMonth);
}

/** What all users of the test have used, by day. */
const used: Record<string, number> = {};

/** What chance may not bring: each outcome that the test asks for at its end. */
const EVERY_OUTCOME: (Command[] | (typeof event extends fc.Arbitrary<infer T> ? T : never))[] = [
  [
    { do: 'consume', quantity: 6, reference: 'a' },
    { do: 'consume', quantity: 5, reference: 'a' },
    { do: 'reserve', quantity: 4, reference: 'b', seconds: 600 },
    { do: 'commit', reference: 'b', quantity: 5 },
    { do: 'commit', reference: 'b', quantity: 2 },
    { do: 'commit', reference: 'b', quantity: 3 },
    { do: 'reserve', quantity: 2, reference: 'c', seconds: 600 },
    { do: 'release', reference: 'c' },
    { do: 'consume', quantity: 6, reference: null },
    { do: 'reserve', quantity: 6, reference: 'd', seconds: 600 },
  ],
  [
    { do: 'add', type: 'added', amount: 10, reference: 'e', expiresIn: null },
    { do: 'use', amount: 5, reference: 'f' },
    { do: 'use', amount: 30, reference: 'g' },
    { do: 'refund', refundOf: 'f', amount: 2, reference: 'h' },
    { do: 'refund', refundOf: 'f', amount: 4, reference: 'i' },
    { do: 'refund', refundOf: 'z', amount: null, reference: 'j' },
  ],
];

it('does in any order what it should, and loses nothing', async () => {
  advance(0);
  const seen: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const userId = await meteredUser();
      const started = Date.now();
      const model = new Model(started, LIMIT);
      for (const one of steps) {
        if (!Array.isArray(one)) {
          // References are kept for 35 days, and some longer.
          const isTooLong = one.do === 'wait' && Date.now() + one.ms - started > 34 * 24 * HOUR;
          if (!isTooLong) await happen(userId, one);
          continue;
        }
        model.now = Date.now();
        const answers = await Promise.all(one.map((each) => ask(userId, each, model.now)));
        for (const [at, each] of one.entries()) {
          const expected = predict(model, each);
          const answer = answers[at];
          const outcome = `${each.do} ${answer.reason ?? 'ok'}`;
          seen[outcome] = (seen[outcome] ?? 0) + 1;
          if (expected === 'ok') expect(answer.result, outcome).toBe('ok');
          if (expected === 'ok' && (each.do === 'use' || each.do === 'add')) {
            expect(bySource(answer.transaction.sources), outcome).toEqual(model.sourcesOf(each.reference));
          }
          if (expected !== 'ok') expect(answer, outcome).toEqual(expected);
        }
      }
      model.now = Date.now();
      expect(await accountOf(userId).creditBalance(TERMS)).toEqual({ result: 'ok', balance: model.balance });
      const standing: any = await accountOf(userId).creditStanding(TERMS);
      expect(standing.balance).toBe(model.balance);
      expect(bySource(standing.sources)).toEqual(model.standing());
      await expectSound(userId, model);
      for (const { at, quantity } of model.uses) {
        const date = new Date(at).toISOString().slice(0, 10);
        used[date] = (used[date] ?? 0) + quantity;
      }
    }),
    { numRuns: 60, examples: [[EVERY_OUTCOME]] },
  );
  const summed = await inD1("SELECT date, quantity FROM realm_usage_daily WHERE realm_id = 'default'");
  expect(Object.fromEntries(summed.map(({ date, quantity }) => [date, quantity]))).toEqual(used);
  // A model that never gets anywhere proves nothing.
  for (const outcome of [
    'consume ok',
    'consume quota_exceeded',
    'consume reference_reused',
    'reserve ok',
    'reserve quota_exceeded',
    'commit ok',
    'commit reservation_ended',
    'commit reservation_exceeded',
    'release ok',
    'add ok',
    'use ok',
    'use insufficient_credits',
    'refund ok',
    'refund refund_exceeds_use',
    'refund transaction_not_found',
  ]) {
    expect(seen, outcome).toHaveProperty([outcome]);
  }
});
