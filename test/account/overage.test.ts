import { evictDurableObject } from 'cloudflare:test';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountOf, call, INTERNAL, registerVerified } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { meteredUser, termsOf } from '../support/metering.ts';
import { asked, organizationOf, organizationWith, sharedTerms } from '../support/wallet.ts';

const CHANGE = { description: null, actor: 'key_test' };
const PLAN = {
  limits: { images: { day: 10 }, tokens: { month: 1_000 }, videos: { day: 1 } },
  overage: { images: { credits: 2, per: 1 }, tokens: { credits: 3, per: 100 } },
};
const TERMS = termsOf(PLAN);

async function funded(credits: number) {
  const id = await meteredUser();
  const object = accountOf(id);
  const added = { ...CHANGE, type: 'added' as const, amount: credits, reference: 'start', expiresAt: null };
  if (credits > 0) await object.addCredits(TERMS, added);
  const use = (quantity: number, reference: string | null = null) =>
    object.consume(TERMS, { resource: 'images', quantity, reference });
  const hold = (quantity: number, reference: string, seconds = 60) =>
    object.reserve(TERMS, { resource: 'images', quantity, reference, seconds });
  const balance = async () => ((await object.creditBalance(TERMS)) as { balance: number }).balance;
  const rows = async () =>
    ((await object.listCredits(TERMS, { before: null, limit: 50 })) as any).transactions;
  return { id, object, use, hold, balance, rows };
}

describe('a use beyond the quota', () => {
  it('costs credits for what is beyond it, in the same step, or nothing is done', async () => {
    const { object, use, balance, rows } = await funded(10);
    expect(await use(8, 'a')).toEqual({ result: 'ok', quota: expect.objectContaining({ remaining: 2 }) });
    const beyond = await use(5, 'b');
    expect(beyond).toMatchObject({ quota: { used: 13, remaining: 0 }, overage: { quantity: 3, credits: 6 } });
    // Once, however often it is asked for.
    expect(await use(5, 'b')).toEqual(beyond);
    expect(await use(6, 'b')).toMatchObject({ reason: 'reference_reused' });
    expect(await balance()).toBe(4);
    expect(await use(3, 'c')).toMatchObject({ reason: 'insufficient_credits' });
    expect(await object.quotas(TERMS)).toMatchObject({ resources: { images: { used: 13 } } });
    expect(await balance()).toBe(4);
    const [row] = await rows();
    expect(row).toMatchObject({ type: 'used', amount: -6, reference: 'b', request: 'consume' });
    // What is given back is the credits.
    expect(
      await object.refundCredits(TERMS, { ...CHANGE, amount: null, refundOf: 'b', reference: 'back' }),
    ).toMatchObject({
      balance: 10,
    });
    // What has no price is refused as ever.
    const videos = { resource: 'videos', quantity: 2, reference: null };
    expect(await object.consume(TERMS, videos)).toMatchObject({ reason: 'quota_exceeded' });
    expect(await use(3)).toMatchObject({ overage: { quantity: 3, credits: 6 } });
    const model = { model: 'm', tier: 'standard', inputTokens: 1_000, outputTokens: 134, requestId: 'm' };
    expect(await object.recordTokens(TERMS, model)).toMatchObject({ reason: 'insufficient_credits' });
    expect(await object.recordTokens(TERMS, { ...model, outputTokens: 1 })).toMatchObject({
      overage: { quantity: 1, credits: 3 },
    });
    expect(await object.recordTokens(TERMS, { ...model, outputTokens: 1 })).toMatchObject({ result: 'ok' });
    expect(await balance()).toBe(1);
  });

  it('never overspends, and caps bind it, in 200 uses at once', async () => {
    const { object, use, balance } = await funded(100);
    const caps = { credits: { day: 30 }, resources: { images: { day: 500 } } };
    await object.capSpending(TERMS, { by: 'own', caps, actor: null, sessionId: null, client: null });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => use(1, `job-${n}`)));
    expect(answers.filter(({ result }) => result === 'ok')).toHaveLength(10 + 15);
    expect(answers.filter((one) => 'reason' in one && one.reason === 'cap_exceeded')).toHaveLength(175);
    expect(await balance()).toBe(70);
  });

  it('is decided with the credits that are asked for, in one row', async () => {
    const { id, members } = await organizationWith(1);
    const object = organizationOf(id);
    const member = members[0] as string;
    const terms = sharedTerms(member, PLAN);
    await object.addCredits(terms, {
      ...CHANGE,
      type: 'added',
      amount: 20,
      reference: 'start',
      expiresAt: null,
    });
    const request = (quantity: number, credits: number, reference: string) =>
      object.authorizeMember(terms, asked({ use: { resource: 'images', quantity }, credits, reference }));
    expect(await request(12, 5, 'a')).toMatchObject({
      decision: { allowed: true, balance: 11, overage: { quantity: 2, credits: 4 } },
    });
    expect(await request(12, 5, 'a')).toMatchObject({ decision: { balance: 11, overage: { credits: 4 } } });
    expect(await request(4, 4, 'b')).toMatchObject({
      decision: { allowed: false, reason: 'insufficient_credits', balance: 11, quota: { used: 12 } },
    });
    await object.setCaps('default', null, { credits: { day: 15 }, resources: {} });
    expect(await request(4, 0, 'b')).toMatchObject({ decision: { reason: 'cap_exceeded', balance: 11 } });
    expect(await request(3, 0, 'b')).toMatchObject({ decision: { allowed: true, balance: 5 } });
  });
});

describe('a reservation beyond the quota', () => {
  it('holds the credits, and takes them for what of it was used', async () => {
    const { id, object, use, hold, balance, rows } = await funded(20);
    await use(8);
    expect(await hold(5, 'a')).toMatchObject({ reservation: { overage: { quantity: 3, credits: 6 } } });
    expect(await hold(5, 'a')).toMatchObject({ reservation: { overage: { quantity: 3, credits: 6 } } });
    expect(await object.creditStanding(TERMS)).toMatchObject({ balance: 20, reserved: 6 });
    const charge = (amount: number, reference: string) =>
      object.useCredits(TERMS, { ...CHANGE, amount, reference });
    expect(await charge(15, 'x')).toMatchObject({ reason: 'insufficient_credits' });
    expect(await hold(8, 'b')).toMatchObject({ reason: 'insufficient_credits' });
    await evictDurableObject(accountOf(id));
    expect(await charge(15, 'x')).toMatchObject({ reason: 'insufficient_credits' });
    // The two that are within the quota are used first.
    expect(await object.commit(TERMS, { reference: 'a', quantity: 3 })).toMatchObject({
      reservation: { status: 'committed', quantity: 3, overage: { quantity: 1, credits: 2 } },
      quota: { used: 11 },
    });
    expect(await object.commit(TERMS, { reference: 'a', quantity: 3 })).toMatchObject({ result: 'ok' });
    expect(await balance()).toBe(18);
    expect((await rows())[0]).toMatchObject({ amount: -2, reference: 'a', request: 'reserve' });
    await hold(2, 'c');
    expect(await object.release(TERMS, { reference: 'c' })).toMatchObject({
      reservation: { status: 'released' },
    });
    await hold(2, 'd', 1);
    advance(2_000);
    expect(await object.creditStanding(TERMS)).toMatchObject({ balance: 18, reserved: 0 });
    expect(await charge(18, 'x')).toMatchObject({ balance: 0 });
    expect(
      await object.refundCredits(TERMS, { ...CHANGE, amount: null, refundOf: 'a', reference: 'back' }),
    ).toMatchObject({ balance: 2 });
  });

  it('is not counted while there is not what it costs, for credits can expire meanwhile', async () => {
    const { object, use, hold } = await funded(0);
    const expiresAt = Date.now() + 10_000;
    await object.addCredits(TERMS, { ...CHANGE, type: 'added', amount: 9, reference: 'soon', expiresAt });
    await use(10);
    expect(await hold(4, 'a', 3600)).toMatchObject({ result: 'ok' });
    advance(11_000);
    const commit = (quantity: number) => object.commit(TERMS, { reference: 'a', quantity });
    expect(await commit(4)).toMatchObject({ reason: 'insufficient_credits' });
    expect(await object.quotas(TERMS)).toMatchObject({ resources: { images: { used: 10 } } });
    await object.addCredits(TERMS, {
      ...CHANGE,
      type: 'added',
      amount: 8,
      reference: 'again',
      expiresAt: null,
    });
    expect(await commit(4)).toMatchObject({ reservation: { status: 'committed' } });
    expect(await object.creditBalance(TERMS)).toMatchObject({ balance: 0 });
  });

  it('counts for the caps of credits', async () => {
    const { object, use, hold } = await funded(100);
    const caps = { credits: { day: 10 }, resources: {} };
    await object.capSpending(TERMS, { by: 'own', caps, actor: null, sessionId: null, client: null });
    await use(10);
    await hold(3, 'a');
    expect(await use(3)).toMatchObject({ reason: 'cap_exceeded' });
    expect(await object.spending(TERMS)).toMatchObject({ used: [{ resource: null, day: 6, month: 6 }] });
    await object.commit(TERMS, { reference: 'a', quantity: 1 });
    expect(await use(4)).toMatchObject({ overage: { credits: 8 } });
    expect(await use(1)).toMatchObject({ reason: 'cap_exceeded' });
  });
});

it('quota and credits come to what a plain list says, in any order', async () => {
  const quantity = fc.integer({ min: 1, max: 9 });
  const step = fc.oneof(
    fc.record({ do: fc.constant('use' as const), quantity }),
    fc.record({ do: fc.constant('hold' as const), quantity }),
    fc.record({ do: fc.constant('commit' as const), nth: fc.nat(5), quantity }),
    fc.record({ do: fc.constant('release' as const), nth: fc.nat(5) }),
    fc.record({ do: fc.constant('charge' as const), quantity }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const { object, use, hold, balance, rows } = await funded(60);
      let used = 0;
      let credits = 60;
      const holds: { reference: string; quantity: number; over: number; ended: boolean }[] = [];
      const live = () => holds.filter(({ ended }) => !ended);
      const sum = (of: 'quantity' | 'over') => live().reduce((all, one) => all + one[of], 0);
      for (const [n, one] of steps.entries()) {
        const reference = `r${n}`;
        if (one.do === 'use' || one.do === 'hold') {
          const over = Math.min(one.quantity, Math.max(0, used + sum('quantity') + one.quantity - 10));
          const fits = over === 0 || credits - 2 * sum('over') >= 2 * over;
          const answer = await (one.do === 'use'
            ? use(one.quantity, reference)
            : hold(one.quantity, reference));
          expect(answer.result).toBe(fits ? 'ok' : 'refused');
          if (!fits) continue;
          if (one.do === 'hold') holds.push({ reference, quantity: one.quantity, over, ended: false });
          else {
            used += one.quantity;
            credits -= 2 * over;
          }
        } else if (one.do === 'charge') {
          const fits = credits - 2 * sum('over') >= one.quantity;
          const answer = await object.useCredits(TERMS, { ...CHANGE, amount: one.quantity, reference });
          expect(answer.result).toBe(fits ? 'ok' : 'refused');
          if (fits) credits -= one.quantity;
        } else {
          const held = live()[one.nth];
          if (!held) continue;
          held.ended = true;
          if (one.do === 'release') await object.release(TERMS, held);
          else {
            const taken = Math.min(one.quantity, held.quantity);
            const answer = await object.commit(TERMS, { reference: held.reference, quantity: taken });
            expect(answer.result).toBe('ok');
            used += taken;
            credits -= 2 * Math.max(0, taken - (held.quantity - held.over));
          }
        }
      }
      expect(await balance()).toBe(credits);
      expect(await object.creditStanding(TERMS)).toMatchObject({ reserved: 2 * sum('over') });
      expect(await object.quotas(TERMS)).toMatchObject({ resources: { images: { used } } });
      expect((await rows()).reduce((all: number, { amount }: any) => all + amount, 0)).toBe(credits);
    }),
    { numRuns: 40 },
  );
});

it('a plan says what is beyond its limits, and services hear what it has cost', async () => {
  const { user, access_token: token } = await registerVerified();
  const service = (method: string, path: string, body?: object) =>
    call(method, path, { headers: INTERNAL, ...(body && { body }) });
  const id = `over-${crypto.randomUUID().slice(0, 8)}`;
  const plan = {
    ...{ name: 'Over', model_tiers: ['standard'], monthly_credits: 0, features: [], rollover_credits: 0 },
    limits: { images: { day: 1 } },
    overage: { images: { credits: 4, per: 1 } },
  };
  expect((await service('PUT', `/v1/admin/plans/${id}`, plan)).body).toEqual({ id, ...plan });
  for (const wrong of [
    { images: { credits: 0 } },
    { images: { credits: 1, per: 0 } },
    { images: 3 },
    { 'x-y': { credits: 1 } },
  ])
    expect((await service('PUT', `/v1/admin/plans/${id}`, { ...plan, overage: wrong })).status).toBe(422);
  await service('PUT', `/v1/admin/users/${user.id}/plan`, { plan: id });
  expect((await call('GET', '/v1/me/subscription', { token })).body.overage).toEqual(plan.overage);
  const use = { user_id: user.id, resource: 'images', quantity: 2 };
  expect((await service('POST', '/v1/usage', use)).status).toBe(402);
  await service('POST', '/v1/credits/add', { user_id: user.id, amount: 100, reference: 'start' });
  expect((await service('POST', '/v1/usage', use)).body.overage).toEqual({ quantity: 1, credits: 4 });
  const held = await service('POST', '/v1/usage/reservations', { ...use, reference: 'held' });
  expect(held.body.reservation.overage).toEqual({ quantity: 2, credits: 8 });
  expect((await call('GET', '/v1/me/credits', { token })).body).toMatchObject({ balance: 96, reserved: 8 });
  const decision = { token, resource: 'images', quantity: 1, credits: 2, reference: 'ask' };
  expect((await service('POST', '/v1/authorize', decision)).body).toMatchObject({
    ...{ allowed: true, balance: 90, overage: { quantity: 1, credits: 4 } },
  });
  const committed = await service('POST', '/v1/usage/reservations/held/commit', {
    user_id: user.id,
    quantity: 1,
  });
  expect(committed.body.reservation.overage).toEqual({ quantity: 1, credits: 4 });
  expect((await call('GET', '/v1/me/credits', { token })).body).toMatchObject({ balance: 86, reserved: 0 });
});
