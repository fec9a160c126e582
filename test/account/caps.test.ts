import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { CapSetter } from '../../src/account/caps-contract.ts';
import type { Caps } from '../../src/account/sharing-contract.ts';
import { accountOf } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { meteredUser, termsOf } from '../support/metering.ts';
import { organizationOf, organizationWith, sharedTerms } from '../support/wallet.ts';

const DAY = 86_400_000;
const PLAN = { limits: { images: { day: 1_000 }, tokens: { month: 1_000_000 } } };
const TERMS = termsOf(PLAN);
const by = (setter: CapSetter, caps: Caps) => ({
  by: setter,
  caps,
  actor: null,
  sessionId: null,
  client: null,
});
const CHANGE = { description: null, actor: 'key_test' };

async function funded(credits: number) {
  const id = await meteredUser();
  const object = accountOf(id);
  const added = { ...CHANGE, type: 'added' as const, amount: credits, reference: 'start', expiresAt: null };
  await object.addCredits(TERMS, added);
  const charge = (amount: number, reference: string) =>
    object.useCredits(TERMS, { ...CHANGE, amount, reference });
  return { id, object, charge };
}

describe('the caps of a user', () => {
  it('hold of 200 charges at once, whichever way they come', async () => {
    const { id, object, charge } = await funded(10_000);
    await object.capSpending(
      TERMS,
      by('own', { credits: { day: 70, month: 50 }, resources: { images: { day: 30 } } }),
    );
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        n % 2 === 0
          ? charge(1, `job-${n}`)
          : n % 4 === 1
            ? object.consume(TERMS, { resource: 'images', quantity: 1, reference: `job-${n}` })
            : object.reserve(TERMS, { resource: 'images', quantity: 1, reference: `job-${n}`, seconds: 60 }),
      ),
    );
    const done = (rest: (n: number) => boolean) =>
      answers.filter((answer, n) => answer.result === 'ok' && rest(n)).length;
    expect(done((n) => n % 2 === 0)).toBe(50);
    expect(done((n) => n % 2 === 1)).toBe(30);
    expect(answers.filter((answer) => 'reason' in answer && answer.reason === 'cap_exceeded')).toHaveLength(
      120,
    );
    expect(await object.creditBalance(TERMS)).toMatchObject({ balance: 9_950 });
    const used = [
      { resource: null, day: 50, month: 50 },
      { resource: 'images', day: 30, month: 30 },
    ];
    expect(await object.spending(TERMS)).toMatchObject({ used });
    await evictDurableObject(accountOf(id));
    expect(await object.spending(TERMS)).toMatchObject({ used });
    expect(await charge(1, 'more')).toMatchObject({ reason: 'cap_exceeded' });
  });

  it('are lowered by their own, and raised above those of an operator by nobody', async () => {
    const { object, charge } = await funded(100);
    await object.capSpending(TERMS, by('operator', { credits: { day: 10 }, resources: {} }));
    const report = await object.capSpending(
      TERMS,
      by('own', {
        credits: { day: 50, month: 15 },
        resources: { images: { day: 2 } },
      }),
    );
    expect(report).toMatchObject({
      operator: { credits: { day: 10 } },
      own: { credits: { day: 50, month: 15 } },
      inForce: { credits: { day: 10, month: 15 }, resources: { images: { day: 2 } } },
    });
    expect(await charge(11, 'a')).toMatchObject({ reason: 'cap_exceeded' });
    expect(await charge(10, 'a')).toMatchObject({ result: 'ok' });
    advance(DAY);
    const isNewMonth = new Date().getUTCDate() === 1;
    expect(await charge(6, 'b')).toMatchObject(isNewMonth ? { result: 'ok' } : { reason: 'cap_exceeded' });
    await object.capSpending(TERMS, by('own', { credits: null, resources: {} }));
    await object.capSpending(TERMS, by('operator', { credits: null, resources: {} }));
    expect(await charge(50, 'c')).toMatchObject({ result: 'ok' });
    expect(await object.spending(TERMS)).toMatchObject({
      inForce: { credits: null, resources: {} },
      used: [],
    });
  });

  it('say when there is room again, count models and what is held, and not what was refused or given back', async () => {
    const { object, charge } = await funded(100);
    await object.capSpending(
      TERMS,
      by('own', {
        credits: { day: 10 },
        resources: { tokens: { month: 10 }, images: { day: 3 } },
      }),
    );
    const tokens = (inputTokens: number) =>
      object.recordTokens(TERMS, {
        model: 'm',
        tier: 'standard',
        inputTokens,
        outputTokens: 1,
        requestId: null,
      });
    expect(await tokens(8)).toMatchObject({ result: 'ok' });
    const refusal = (await tokens(1)) as { reason: string; retryAfter: number };
    expect(refusal.reason).toBe('cap_exceeded');
    const month = new Date();
    const end = Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1);
    expect(Math.abs(refusal.retryAfter - (end - Date.now()) / 1000)).toBeLessThan(5);
    await object.reserve(TERMS, { resource: 'images', quantity: 2, reference: 'held', seconds: 60 });
    const use = { resource: 'images', quantity: 2, reference: null };
    expect(await object.consume(TERMS, use)).toMatchObject({ reason: 'cap_exceeded' });
    advance(61_000);
    expect(await object.consume(TERMS, use)).toMatchObject({ result: 'ok' });
    await charge(10, 'one');
    expect(await charge(1, 'two')).toMatchObject({ reason: 'cap_exceeded' });
    // Done before: it is not done again, cap or not.
    expect(await charge(10, 'one')).toMatchObject({ result: 'ok' });
    await object.refundCredits(TERMS, { ...CHANGE, amount: 4, refundOf: 'one', reference: 'back' });
    expect(await charge(4, 'two')).toMatchObject({ result: 'ok' });
    expect(await charge(1, 'three')).toMatchObject({ reason: 'cap_exceeded' });
  });

  it('take what is given back off the day of its use, also as the storage says it', async () => {
    const { id, object, charge } = await funded(100);
    await object.capSpending(TERMS, by('own', { credits: { day: 10 }, resources: {} }));
    await charge(10, 'yesterday');
    advance(DAY);
    expect(await charge(10, 'today')).toMatchObject({ result: 'ok' });
    await object.refundCredits(TERMS, { ...CHANGE, amount: null, refundOf: 'yesterday', reference: 'back' });
    expect(await charge(1, 'more')).toMatchObject({ reason: 'cap_exceeded' });
    await evictDurableObject(accountOf(id));
    expect(await charge(1, 'more')).toMatchObject({ reason: 'cap_exceeded' });
  });

  it('find what was used of a month in a ledger of many rows, without reading the others', async () => {
    const { id, object } = await funded(10_000);
    await runInDurableObject(accountOf(id), (_, { storage: { sql } }) => {
      const insert = (at: number, n: number) =>
        sql.exec(
          `INSERT INTO credit_transactions (id, type, amount, balance_after, reference, request, actor, created_at, parts)
           VALUES (?1, 'used', -1, 9000, ?1, 'use', 'key_test', ?2, '[]')`,
          `${at}-${n}`,
          at,
        );
      const now = Date.now();
      for (let n = 0; n < 400; n += 1) insert(now - 70 * DAY, n);
      for (let n = 0; n < 7; n += 1) insert(now, n);
    });
    await evictDurableObject(accountOf(id));
    await object.capSpending(TERMS, by('own', { credits: { day: 1_000 }, resources: {} }));
    expect(await object.spending(TERMS)).toMatchObject({ used: [{ resource: null, day: 7, month: 7 }] });
  });
});

describe('the caps of an organization as a whole', () => {
  it('hold of all its members and of services together, beside those of each', async () => {
    const { id, members } = await organizationWith(50);
    const object = organizationOf(id);
    const terms = (userId: string | null) => sharedTerms(userId, PLAN);
    const added = { ...CHANGE, type: 'added' as const, amount: 10_000, reference: 'start', expiresAt: null };
    await object.addCredits(terms(null), added);
    await object.setCaps('default', null, { credits: { day: 3 }, resources: {} });
    await object.capSpending(terms(null), by('own', { credits: { day: 100 }, resources: {} }));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        object.useCredits(terms(n % 5 === 0 ? null : (members[n % 50] as string)), {
          ...CHANGE,
          amount: 1,
          reference: `job-${n}`,
        }),
      ),
    );
    expect(answers.filter(({ result }) => result === 'ok')).toHaveLength(100);
    expect(await object.spending(terms(null))).toMatchObject({
      used: [{ resource: null, day: 100, month: 100 }],
    });
    expect(await object.spending({ ...terms(null), realmId: 'another' })).toMatchObject({
      reason: 'organization_not_found',
    });
  });
});
