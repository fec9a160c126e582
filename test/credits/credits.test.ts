import { describe, expect, it } from 'vitest';
import { accountOf } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { meteredUser, termsOf } from '../support/metering.ts';

const TERMS = termsOf({});
const HOUR = 3_600_000;
const change = { description: null, actor: 'key_test' };

async function ledgerOf() {
  advance(0);
  const object = accountOf(await meteredUser());
  const start = Date.now();
  return {
    add: (amount: number, reference: string, expiresIn: number | null) =>
      object.addCredits(TERMS, {
        ...change,
        type: 'added',
        amount,
        reference,
        expiresAt: expiresIn === null ? null : start + expiresIn,
      }),
    use: (amount: number, reference: string) => object.useCredits(TERMS, { ...change, amount, reference }),
    refund: (amount: number, refundOf: string, reference: string) =>
      object.refundCredits(TERMS, { ...change, amount, refundOf, reference }),
    balance: async () => ((await object.creditBalance(TERMS)) as { balance: number }).balance,
  };
}

describe('a use of credits', () => {
  it('takes what expires first, whenever it came', async () => {
    const { add, use, balance } = await ledgerOf();
    await add(5, 'never', null);
    await add(5, 'late', 2 * HOUR);
    await add(5, 'soon', HOUR);
    await use(7, 'job');
    advance(HOUR - 1);
    expect(await balance()).toBe(8);
    advance(1);
    expect(await balance()).toBe(8);
    advance(HOUR);
    expect(await balance()).toBe(5);
  });
});

describe('a refund', () => {
  it('gives back first what was taken last, and each part once', async () => {
    const { add, use, refund, balance } = await ledgerOf();
    await add(5, 'never', null);
    await add(5, 'soon', HOUR);
    await use(8, 'job');
    await refund(3, 'job', 'first');
    await refund(4, 'job', 'second');
    expect(await balance()).toBe(9);
    advance(HOUR);
    expect(await balance()).toBe(5);
  });

  it('of what has expired meanwhile can be spent for thirty days', async () => {
    const { add, use, refund, balance } = await ledgerOf();
    await add(5, 'soon', HOUR);
    await use(5, 'job');
    advance(2 * HOUR);
    await refund(2, 'job', 'first');
    await refund(3, 'job', 'second');
    advance(30 * 24 * HOUR - 1);
    expect(await balance()).toBe(5);
    advance(1);
    expect(await balance()).toBe(0);
  });
});

it('a balance is never more than numbers can say', async () => {
  const { add, use, refund, balance } = await ledgerOf();
  await add(Number.MAX_SAFE_INTEGER - 1, 'much', null);
  expect(await add(2, 'more', null)).toEqual({ result: 'refused', reason: 'credits_limit' });
  await use(1, 'job');
  await add(2, 'more', null);
  expect(await refund(1, 'job', 'back')).toEqual({ result: 'refused', reason: 'credits_limit' });
  expect(await balance()).toBe(Number.MAX_SAFE_INTEGER);
});
