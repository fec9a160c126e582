import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { accountOf } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { changePlan, meteredUser, termsOf } from '../support/metering.ts';

const TERMS = termsOf({ limits: { images: { day: 10 }, tokens: { month: 1000 } } });
const change = { description: null, actor: 'key_test' };

/** Sets the clock to a moment, which from now on stands still. */
function at(time: string): void {
  advance(0);
  vi.setSystemTime(new Date(time));
}

describe('at once', () => {
  it('500 uses of 1 credit on a balance of 100 give 100 successes', async () => {
    const object = accountOf(await meteredUser());
    await object.addCredits(TERMS, {
      ...change,
      type: 'added',
      amount: 100,
      reference: 'start',
      expiresAt: null,
    });
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, n) =>
        object.useCredits(TERMS, { ...change, amount: 1, reference: `use ${n}` }),
      ),
    );
    expect(answers.filter(({ result }) => result === 'ok')).toHaveLength(100);
    expect(new Set(answers.flatMap((one) => (one.result === 'refused' ? [one.reason] : [])))).toEqual(
      new Set(['insufficient_credits']),
    );
    expect(await object.creditBalance(TERMS)).toEqual({ result: 'ok', balance: 0 });
  });

  it('a hundred requests for the last ten units give ten successes', async () => {
    const object = accountOf(await meteredUser());
    const use = { resource: 'images', quantity: 1, reference: null };
    const answers = await Promise.all(Array.from({ length: 100 }, () => object.consume(TERMS, use)));
    expect(answers.filter(({ result }) => result === 'ok')).toHaveLength(10);
  });

  it('the same reference a hundred times uses once', async () => {
    const object = accountOf(await meteredUser());
    const use = { resource: 'images', quantity: 3, reference: 'once' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => object.consume(TERMS, use)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await object.quotas(TERMS)).toMatchObject({ resources: { images: { used: 3, remaining: 7 } } });
  });
});

describe('midnight', () => {
  const use = { resource: 'images', quantity: 10, reference: null };

  it('the last millisecond belongs to the old day, the first to the new, without any cron', async () => {
    at('2027-01-31T23:59:59.999Z');
    const object = accountOf(await meteredUser());
    expect(await object.consume(TERMS, use)).toMatchObject({ result: 'ok', quota: { used: 10 } });
    expect(await object.consume(TERMS, { ...use, quantity: 1 })).toEqual({
      result: 'refused',
      reason: 'quota_exceeded',
      retryAfter: 1,
    });
    at('2027-02-01T00:00:00.000Z');
    expect(await object.consume(TERMS, { ...use, quantity: 1 })).toEqual({
      result: 'ok',
      quota: {
        resource: 'images',
        limit: 10,
        used: 1,
        remaining: 9,
        period: 'day',
        resetsAt: Date.parse('2027-02-02T00:00:00Z'),
      },
    });
  });

  it('months end likewise', async () => {
    const object = accountOf(await meteredUser());
    const tokens = { model: 'small', tier: 'standard', inputTokens: 600, outputTokens: 400, requestId: null };
    at('2027-12-31T23:59:59.999Z');
    expect((await object.recordTokens(TERMS, tokens)).result).toBe('ok');
    expect(await object.recordTokens(TERMS, { ...tokens, outputTokens: 0, inputTokens: 1 })).toMatchObject({
      reason: 'quota_exceeded',
      retryAfter: 1,
    });
    at('2028-01-01T00:00:00.000Z');
    expect((await object.recordTokens(TERMS, tokens)).result).toBe('ok');
  });

  it('what is reserved before midnight and used after it counts for the old day', async () => {
    at('2027-03-01T23:59:00Z');
    const object = accountOf(await meteredUser());
    await object.reserve(TERMS, { ...use, reference: 'r', seconds: 600 });
    at('2027-03-02T00:01:00Z');
    expect((await object.consume(TERMS, use)).result).toBe('ok');
    expect(await object.commit(TERMS, { reference: 'r', quantity: null })).toMatchObject({
      result: 'ok',
      quota: { used: 10 },
    });
  });
});

it('a plan lapses by the clock of the object alone', async () => {
  at('2027-04-01T00:00:00Z');
  const terms = termsOf({ limits: { images: { day: 1 } } });
  const pro = { ...terms.plans.free, id: 'pro', limits: { images: { day: null } } } as never;
  const both = { ...terms, plans: { ...terms.plans, pro } };
  const userId = await meteredUser();
  await changePlan(userId, { plan: 'pro', plan_expires_at: Date.parse('2027-04-02T00:00:00Z') });
  const object = accountOf(userId);
  const use = { resource: 'images', quantity: 2, reference: null };
  at('2027-04-01T23:59:59.999Z');
  expect(await object.consume(both, use)).toMatchObject({ quota: { limit: null, remaining: null } });
  at('2027-04-02T00:00:00Z');
  expect(await object.consume(both, use)).toMatchObject({ reason: 'quota_exceeded' });
  await changePlan(userId, { custom_limits: { images: { day: 5 } } });
  expect(await object.consume(both, use)).toMatchObject({ quota: { limit: 5 } });
});

it('this month’s credits come once, and go with the month', async () => {
  at('2027-05-31T12:00:00Z');
  const terms = termsOf({ monthlyCredits: 30 });
  const object = accountOf(await meteredUser());
  for (let n = 0; n < 3; n += 1) {
    expect(await object.creditBalance(terms)).toEqual({ result: 'ok', balance: 30 });
  }
  expect(await object.grantMonthly(terms)).toEqual({ result: 'ok', granted: true });
  at('2027-07-15T00:00:00Z');
  expect(await object.creditBalance(terms)).toEqual({ result: 'ok', balance: 30 });
  const { transactions } = (await object.listCredits(terms, { before: null, limit: 10 })) as any;
  expect(transactions.map((row: any) => [row.type, row.amount, row.balanceAfter])).toEqual([
    ['grant', 30, 30],
    ['expired', -30, 0],
    ['grant', 30, 30],
  ]);
});

it('an object that no user has stays without storage', async () => {
  const object = accountOf('usr_nobody');
  const nobody = { result: 'refused', reason: 'user_not_found' };
  expect(await object.consume(TERMS, { resource: 'images', quantity: 1, reference: null })).toEqual(nobody);
  expect(await object.creditBalance(TERMS)).toEqual(nobody);
  await runInDurableObject(object, (_, { storage }) => {
    expect(
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
    ).toEqual([]);
    expect([...storage.kv.list()]).toEqual([]);
  });
});
