import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountOf, call, expectProblem, INTERNAL, register } from '../support/api.ts';
import { meteredUser, termsOf } from '../support/metering.ts';
import { makeOld } from '../support/old-object.ts';

const headers = INTERNAL;
const service = (path: string, body: unknown) => call('POST', path, { headers, body });

/** Every request that a reference can stand for; each asks for 5 of what it is about. */
const KINDS: Record<string, (user: { id: string; token: string }, reference: string) => Promise<any>> = {
  consume: ({ id }, reference) =>
    service('/v1/usage', { user_id: id, resource: 'images', quantity: 5, reference }),
  reserve: ({ id }, reference) =>
    service('/v1/usage/reservations', { user_id: id, resource: 'images', quantity: 5, reference }),
  tokens: ({ token }, request_id) =>
    call('POST', '/v1/me/tokens', {
      token,
      body: { model: 'small', input_tokens: 5, output_tokens: 0, request_id },
    }),
  authorize: ({ token }, reference) => service('/v1/authorize', { token, credits: 5, reference }),
  'authorize without credits': ({ token }, reference) =>
    service('/v1/authorize', { token, resource: 'images', quantity: 5, reference }),
  add: ({ id }, reference) => service('/v1/credits/add', { user_id: id, amount: 5, reference }),
  use: ({ id }, reference) => service('/v1/credits/use', { user_id: id, amount: 5, reference }),
  refund: ({ id }, reference) =>
    service('/v1/credits/refund', { user_id: id, amount: 5, reference, refund_of: 'spent' }),
};

async function someone() {
  const { user, access_token: token } = await register();
  const about = { id: user.id, token };
  await service('/v1/credits/add', { user_id: user.id, amount: 1000, reference: 'given' });
  await service('/v1/credits/use', { user_id: user.id, amount: 500, reference: 'spent' });
  return about;
}

const standingOf = async ({ id }: { id: string }) => {
  const [credits, quota] = await Promise.all([
    call('GET', `/v1/credits/transactions?user_id=${id}`, { headers }),
    call('GET', `/v1/users/${id}/quota`, { headers }),
  ]);
  return [credits.body.data, quota.body.resources];
};

describe('a reference', () => {
  for (const [first, begin] of Object.entries(KINDS)) {
    it(`of ${first} stands for that request, and for none of another kind`, async () => {
      const user = await someone();
      const begun = await begin(user, 'job-1');
      expect(begun.status, JSON.stringify(begun.body)).toBeLessThan(300);
      const before = await standingOf(user);
      expect((await begin(user, 'job-1')).status).toBeLessThan(300);
      for (const [second, run] of Object.entries(KINDS)) {
        if (second !== first) expectProblem(await run(user, 'job-1'), 409, 'reference_reused');
      }
      expect(await standingOf(user)).toEqual(before);
    });
  }

  it('of anything that was done first, however many kinds come at once', async () => {
    const user = await someone();
    const answers = await Promise.all(Object.values(KINDS).map((run) => run(user, 'job-1')));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(answers.length - 1);
  });

  it('that was refused stands for nothing', async () => {
    const user = await someone();
    const much = { user_id: user.id, amount: 5000, reference: 'job-1' };
    expectProblem(await service('/v1/credits/use', much), 402, 'insufficient_credits');
    const asked = { token: user.token, credits: 5, reference: 'job-1' };
    expect((await service('/v1/authorize', asked)).body).toMatchObject({ allowed: true });
  });
});

describe('Latchkey’s own references', () => {
  const TERMS = termsOf({ monthlyCredits: 30 });
  const change = { description: null, actor: 'key_test' };
  const own = { type: 'purchase', amount: 500, description: null, actor: 'system', expiresAt: null } as const;

  it('are apart from those of callers, whoever comes first', async () => {
    const object = accountOf(await meteredUser());
    const { transactions } = (await object.listCredits(TERMS, { before: null, limit: 5 })) as any;
    const [grant] = transactions;
    for (const reference of [
      'checkout:a',
      'reversal:1:checkout:a',
      grant.reference,
      'expired:x',
      'grant:opening',
    ]) {
      expect(await object.useCredits(TERMS, { ...change, amount: 1, reference })).toMatchObject({
        result: 'ok',
      });
    }
    const booked = await object.bookCredits(TERMS, { ...own, reference: 'checkout:a' });
    expect(booked).toMatchObject({ result: 'ok', balance: 525 });
    expect(await object.bookCredits(TERMS, { ...own, reference: 'checkout:a' })).toEqual(booked);
    const lost = { reference: 'checkout:a', lost: 1, paid: 2, credits: null, revision: 0, actor: 'system' };
    expect(await object.reverseCredits(TERMS, lost)).toMatchObject({ result: 'ok', taken: 250 });
    expect(await object.creditBalance(TERMS)).toEqual({ result: 'ok', balance: 275 });
    const again = { ...change, amount: 1, reference: 'checkout:a' };
    expect(await object.useCredits(TERMS, again)).toMatchObject({ balance: 29 });
    expect(
      await object.refundCredits(TERMS, { ...change, amount: null, reference: 'r', refundOf: 'checkout:a' }),
    ).toMatchObject({ balance: 276 });
  });

  it('work in a ledger that an earlier version has kept', async () => {
    const userId = await meteredUser();
    const object = accountOf(userId);
    const rows = [
      ['txn_1', 'grant', 30, 30, 'grant:2027-01', 'system', null, null],
      ['txn_2', 'purchase', 500, 530, 'checkout:old', 'system', null, null],
      ['txn_3', 'used', -10, 520, 'job-old', 'key_test', null, '[{"seq":2,"amount":10,"expiresAt":null}]'],
      ['txn_4', 'used', -5, 515, 'txn_4', 'key_test', null, '[{"seq":2,"amount":5,"expiresAt":null}]'],
      ['txn_5', 'used', -5, 510, 'authorized', 'key_test', null, '[{"seq":2,"amount":5,"expiresAt":null}]'],
      // Somebody was waiting for a checkout to be paid.
      [
        'txn_6',
        'used',
        -1,
        509,
        'checkout:awaited',
        'key_test',
        null,
        '[{"seq":2,"amount":1,"expiresAt":null}]',
      ],
    ];
    await object.creditBalance(TERMS);
    await runInDurableObject(object, (_, { storage }) => {
      const { sql } = storage;
      makeOld(storage);
      sql.exec('DROP TABLE credit_transactions; DELETE FROM credit_lots; DROP TABLE credit_reversals');
      sql.exec(`CREATE TABLE credit_reversals (
        reference TEXT PRIMARY KEY, total INTEGER NOT NULL, taken INTEGER NOT NULL CHECK (taken BETWEEN 0 AND total),
        revision INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`);
      sql.exec("INSERT INTO credit_reversals VALUES ('checkout:old', 0, 0, 4), ('invoice:old', 10, 10, 1)");
      sql.exec(`CREATE TABLE credit_transactions (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, amount INTEGER NOT NULL,
        balance_after INTEGER NOT NULL CHECK (balance_after >= 0), reference TEXT NOT NULL UNIQUE, refund_of TEXT,
        description TEXT, actor TEXT, expires_at INTEGER, created_at INTEGER NOT NULL, parts TEXT,
        refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND MAX(0, -amount))
      ) STRICT`);
      for (const row of rows) {
        sql.exec(
          `INSERT INTO credit_transactions (id, type, amount, balance_after, reference, actor, expires_at, parts, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)`,
          ...row,
        );
      }
      sql.exec(
        'INSERT INTO credit_lots VALUES (?, 1, 30), (?, 2, 479)',
        Number.MAX_SAFE_INTEGER,
        Number.MAX_SAFE_INTEGER,
      );
      sql.exec(
        "INSERT INTO requests (kind, reference, at, parameters, result) VALUES ('authorize', 'authorized', 1, '{}', '{}')",
      );
    });
    await evictDurableObject(object);
    const terms = termsOf({});
    expect(await object.creditBalance(terms)).toEqual({ result: 'ok', balance: 509 });
    const use = (reference: string, amount: number) =>
      object.useCredits(terms, { ...change, amount, reference });
    expect(await use('job-old', 10)).toMatchObject({ result: 'ok', balance: 520 });
    expect(await use('authorized', 5)).toMatchObject({ reason: 'reference_reused' });
    expect(await use('checkout:awaited', 1)).toMatchObject({ balance: 509 });
    expect(await object.bookCredits(terms, { ...own, reference: 'checkout:old' })).toMatchObject({
      balance: 530,
    });
    expect(await object.bookCredits(terms, { ...own, reference: 'checkout:awaited' })).toMatchObject({
      balance: 1009,
    });
    expect(await object.creditReversal(terms, 'checkout:old')).toMatchObject({ revision: 4, share: 0 });
    const lost = { reference: 'checkout:old', lost: 1, paid: 5, credits: null, revision: 4, actor: 'system' };
    expect(await object.reverseCredits(terms, lost)).toMatchObject({ taken: 100, share: 0.2 });
    expect(await object.reverseCredits(terms, { ...lost, lost: 0, revision: 5 })).toMatchObject({ taken: 0 });
    const refund = { ...change, amount: null, reference: 'back', refundOf: 'txn_4' };
    expect(await object.refundCredits(terms, refund)).toMatchObject({ result: 'ok', balance: 1014 });
  });
});
