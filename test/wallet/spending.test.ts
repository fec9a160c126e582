import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advance } from '../support/clock.ts';
import {
  asked,
  hearMemberships,
  inOrganization,
  organizationOf,
  organizationState,
  organizationWith,
  sharedTerms,
} from '../support/wallet.ts';

const DAY = 86_400_000;
const PLAN = { limits: { images: { day: 1_000 }, tokens: { month: 1_000_000 } } };
const CHANGE = { description: null, actor: 'key_test' };

let hearing: ReturnType<typeof hearMemberships>;
beforeAll(() => {
  hearing = hearMemberships();
});
afterAll(() => hearing.end());

const terms = (userId: string | null) => sharedTerms(userId, PLAN);

async function funded(count: number, credits: number) {
  const { id, members } = await organizationWith(count);
  const object = organizationOf(id);
  const added = { ...CHANGE, type: 'added' as const, amount: credits, reference: 'start', expiresAt: null };
  expect(await object.addCredits(terms(null), added)).toMatchObject({ result: 'ok', balance: credits });
  return { id, members, object, first: members[0] as string, second: members[1] as string };
}

describe('a wallet that members share', () => {
  it('gives away no more than there is, and no less, to 50 members at once', async () => {
    const { id, members, object } = await funded(50, 120);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        object.authorizeMember(
          terms(members[n % 50] as string),
          asked({ credits: 1, reference: `job-${n}` }),
        ),
      ),
    );
    const reasons = answers.map((answer) =>
      answer.result === 'decided' ? answer.decision.reason : answer.reason,
    );
    expect(reasons.filter((reason) => reason === null)).toHaveLength(120);
    expect(reasons.filter((reason) => reason === 'insufficient_credits')).toHaveLength(80);
    expect(await object.creditBalance(terms(null))).toMatchObject({ balance: 0 });
    const rows = await inOrganization(id, (_, { sql }) =>
      sql
        .exec("SELECT -SUM(amount) AS spent, COUNT(*) AS n FROM credit_transactions WHERE type = 'used'")
        .one(),
    );
    expect(rows).toEqual({ spent: 120, n: 120 });
  });

  it('keeps each of 50 members within the cap of everybody, whoever comes first', async () => {
    const { members, object } = await funded(50, 10_000);
    await object.setCaps('default', null, { credits: { day: 3 }, resources: {} });
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        object.authorizeMember(
          terms(members[n % 50] as string),
          asked({ credits: 1, reference: `job-${n}` }),
        ),
      ),
    );
    const allowed = answers.filter((answer) => answer.result === 'decided' && answer.decision.allowed);
    expect(allowed).toHaveLength(150);
    expect(await object.creditBalance(terms(null))).toMatchObject({ balance: 9_850 });
    for (const member of members) {
      expect(await object.caps('default', member)).toMatchObject({
        used: [{ resource: null, day: 3, month: 3 }],
      });
    }
  });

  it('refuses with cap_exceeded and the seconds until the cap starts afresh', async () => {
    const { object, first, second } = await funded(2, 1_000);
    await object.setCaps('default', null, { credits: { month: 100 }, resources: { images: { day: 5 } } });
    await object.setCaps('default', second, { credits: null, resources: { images: { day: 1 } } });
    const use = (userId: string, quantity: number, reference: string | null = null) =>
      object.consume(terms(userId), { resource: 'images', quantity, reference });
    expect(await use(first, 5, 'whole')).toMatchObject({ result: 'ok', quota: { used: 5 } });
    const refusal = (await use(first, 1)) as { reason: string; retryAfter: number };
    expect(refusal.reason).toBe('cap_exceeded');
    const midnight = new Date();
    midnight.setUTCHours(24, 0, 0, 0);
    expect(Math.abs(refusal.retryAfter - (midnight.getTime() - Date.now()) / 1000)).toBeLessThan(5);
    // What was done already is not done again, cap or not.
    expect(await use(first, 5, 'whole')).toMatchObject({ result: 'ok', quota: { used: 5 } });
    expect(await use(second, 1)).toMatchObject({ result: 'ok', quota: { used: 6 } });
    expect(await use(second, 1)).toMatchObject({ reason: 'cap_exceeded' });
    // A service that acts for nobody has no cap.
    const forNobody = await object.consume(terms(null), {
      resource: 'images',
      quantity: 90,
      reference: null,
    });
    expect(forNobody).toMatchObject({ quota: { used: 96 } });
    const charge = (amount: number, reference: string) =>
      object.useCredits(terms(first), { ...CHANGE, amount, reference });
    expect(await charge(100, 'all')).toMatchObject({ result: 'ok', balance: 900 });
    expect(await charge(1, 'more')).toMatchObject({ reason: 'cap_exceeded' });
    advance(DAY);
    expect(await use(second, 1)).toMatchObject({ result: 'ok' });
    await object.setCaps('default', second, null);
    expect(await use(second, 4)).toMatchObject({ result: 'ok' });
    expect(await use(second, 1)).toMatchObject({ reason: 'cap_exceeded' });
  });

  it('counts what is held towards a cap, and what is given back not', async () => {
    const { object, first } = await funded(1, 100);
    await object.setCaps('default', null, { credits: { day: 10 }, resources: { images: { day: 5 } } });
    const hold = { resource: 'images', quantity: 4, reference: 'held', seconds: 60 };
    expect(await object.reserve(terms(first), hold)).toMatchObject({ result: 'ok' });
    const use = { resource: 'images', quantity: 2, reference: null };
    expect(await object.consume(terms(first), use)).toMatchObject({ reason: 'cap_exceeded' });
    await object.commit(terms(null), { reference: 'held', quantity: 3 });
    expect(await object.consume(terms(first), use)).toMatchObject({ result: 'ok' });
    expect(await object.consume(terms(first), { ...use, quantity: 1 })).toMatchObject({
      reason: 'cap_exceeded',
    });
    const charge = (reference: string) =>
      object.useCredits(terms(first), { ...CHANGE, amount: 10, reference });
    expect(await charge('one')).toMatchObject({ result: 'ok' });
    expect(await charge('two')).toMatchObject({ reason: 'cap_exceeded' });
    await object.refundCredits(terms(null), { ...CHANGE, amount: 10, refundOf: 'one', reference: 'back' });
    expect(await charge('two')).toMatchObject({ result: 'ok' });
  });

  it('gives a refund back to the day of its use, not to that of the refund', async () => {
    const { object, first, id } = await funded(1, 100);
    await object.setCaps('default', null, { credits: { day: 10 }, resources: {} });
    const charge = (reference: string) =>
      object.useCredits(terms(first), { ...CHANGE, amount: 10, reference });
    await charge('yesterday');
    advance(DAY);
    expect(await charge('today')).toMatchObject({ result: 'ok' });
    await object.refundCredits(terms(null), {
      ...CHANGE,
      amount: null,
      refundOf: 'yesterday',
      reference: 'back',
    });
    expect(await charge('more')).toMatchObject({ reason: 'cap_exceeded' });
    // As the storage says it too.
    await evictDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)));
    expect(await charge('more')).toMatchObject({ reason: 'cap_exceeded' });
  });

  it('has the same caps when what was used is summed up, and when it is evicted', async () => {
    const { object, first, id } = await funded(2, 100);
    await object.setCaps('default', null, { credits: { day: 10 }, resources: { images: { day: 5 } } });
    await object.authorizeMember(
      terms(first),
      asked({ credits: 4, use: { resource: 'images', quantity: 2 }, reference: 'a' }),
    );
    const before = await object.caps('default', first);
    await inOrganization(id, (one) => one.alarm());
    expect(await object.caps('default', first)).toEqual(before);
    await object.authorizeMember(
      terms(first),
      asked({ credits: 6, use: { resource: 'images', quantity: 3 }, reference: 'b' }),
    );
    await evictDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)));
    expect(await object.caps('default', first)).toMatchObject({
      used: [
        { resource: null, day: 10, month: 10 },
        { resource: 'images', day: 5, month: 5 },
      ],
    });
  });

  it('says who has used what, by member and by day', async () => {
    const { object, first, second, id } = await funded(2, 100);
    await object.consume(terms(first), { resource: 'images', quantity: 2, reference: null });
    await object.consume(terms(null), { resource: 'images', quantity: 1, reference: null });
    const model = { model: 'm', tier: 'standard', inputTokens: 5, outputTokens: 2, requestId: 'r' };
    expect(await object.recordTokens(terms(second), model)).toMatchObject({ result: 'ok' });
    await object.useCredits(terms(second), { ...CHANGE, amount: 9, reference: 'nine' });
    const today = new Date().toISOString().slice(0, 10);
    const range = { from: today, to: today };
    const expected = [
      { member: 'key_test', resource: 'images', quantity: 1 },
      { member: first, resource: 'images', quantity: 2 },
      { member: second, resource: null, quantity: 9 },
      { member: second, resource: 'tokens', quantity: 7 },
    ];
    const sorted = (answer: any) =>
      answer.sums.toSorted((a: any, b: any) => (a.member + a.resource < b.member + b.resource ? -1 : 1));
    const page = { after: null, limit: 10 };
    const wanted = sorted({ sums: expected });
    expect(sorted(await object.spendingByMember('default', range, page))).toEqual(wanted);
    await inOrganization(id, (one) => one.alarm());
    const summed = await object.spendingByMember('default', range, page);
    expect(sorted(summed)).toEqual(wanted);
    const rest = await object.spendingByMember('default', range, {
      after: (summed as any).sums[1],
      limit: 10,
    });
    expect((rest as any).sums).toEqual((summed as any).sums.slice(2));
    expect(await object.spendingByDay('default', range, null)).toEqual({
      result: 'ok',
      days: [
        { date: today, resource: null, quantity: 9 },
        { date: today, resource: 'images', quantity: 3 },
        { date: today, resource: 'tokens', quantity: 7 },
      ],
    });
    expect(await object.spendingByModel('default', range)).toEqual({
      result: 'ok',
      models: [{ model: 'm', inputTokens: 5, outputTokens: 2, requests: 1 }],
    });
    const rows = (await object.listCredits(terms(null), { before: null, limit: 10 })) as any;
    expect(rows.transactions.map(({ member }: any) => member)).toEqual([second, 'key_test']);
  });

  it('takes a reference for one request of one member', async () => {
    const { object, first, second } = await funded(2, 100);
    const request = asked({ credits: 4, use: { resource: 'images', quantity: 2 }, reference: 'job' });
    const once = await object.authorizeMember(terms(first), request);
    expect(once).toMatchObject({ decision: { allowed: true, balance: 96, role: 'owner' } });
    expect(await object.authorizeMember(terms(first), request)).toEqual(once);
    expect(await object.authorizeMember(terms(second), request)).toMatchObject({
      reason: 'reference_reused',
    });
    const other = asked({ ...request, credits: 5 });
    expect(await object.authorizeMember(terms(first), other)).toMatchObject({ reason: 'reference_reused' });
    const use = { resource: 'images', quantity: 2, reference: 'job' };
    expect(await object.consume(terms(first), use)).toMatchObject({ reason: 'reference_reused' });
    const hold = { resource: 'images', quantity: 2, reference: 'hold', seconds: 60 };
    expect(await object.reserve(terms(first), hold)).toMatchObject({ result: 'ok' });
    expect(await object.reserve(terms(second), hold)).toMatchObject({ reason: 'reference_reused' });
    const model = { model: 'm', tier: 'standard', inputTokens: 1, outputTokens: 1, requestId: 'model' };
    await object.recordTokens(terms(first), model);
    expect(await object.recordTokens(terms(second), model)).toMatchObject({ reason: 'reference_reused' });
    const charge = { ...CHANGE, amount: 1, reference: 'charge' };
    await object.useCredits(terms(first), charge);
    expect(await object.useCredits(terms(second), charge)).toMatchObject({ reason: 'reference_reused' });
    // Another key of the same service may ask again.
    const byKey = { ...charge, reference: 'by-key' };
    await object.useCredits(terms(null), byKey);
    const another = { ...terms(null), behalf: { userId: null, actor: 'key_other' } };
    expect(await object.useCredits(another, byKey)).toMatchObject({ result: 'ok' });
    expect(await object.creditBalance(terms(null))).toMatchObject({ balance: 94 });
  });

  it('lets a role do what has the permission, and tells others so without doing it', async () => {
    const { object, first, second } = await funded(2, 100);
    const request = asked({ credits: 4, reference: 'job', roles: ['owner', 'admin'] });
    expect(await object.authorizeMember(terms(second), request)).toMatchObject({
      result: 'decided',
      decision: { allowed: false, reason: 'insufficient_permission', balance: 100, role: 'member' },
    });
    expect(await object.authorizeMember(terms(first), request)).toMatchObject({
      decision: { allowed: true, balance: 96 },
    });
    expect(await object.authorizeMember(terms(first), asked({ roles: [] }))).toMatchObject({
      decision: { allowed: false, reason: 'insufficient_permission' },
    });
  });

  it('is of its realm, of its members, and while it is active', async () => {
    const { id, object, first } = await funded(1, 100);
    const elsewhere = { ...terms(first), realmId: 'another' };
    const charge = asked({ credits: 1 });
    expect(await object.authorizeMember(elsewhere, charge)).toMatchObject({
      reason: 'organization_not_found',
    });
    expect(await object.membership('another', first)).toMatchObject({ reason: 'organization_not_found' });
    expect(await object.caps('another', null)).toMatchObject({ reason: 'organization_not_found' });
    expect(await object.creditBalance(elsewhere)).toMatchObject({ reason: 'organization_not_found' });
    const stranger = terms('usr_nobody');
    expect(await object.authorizeMember(stranger, charge)).toMatchObject({ reason: 'not_a_member' });
    expect(await object.creditBalance(stranger)).toMatchObject({ reason: 'not_a_member' });
    expect(await object.setCaps('default', 'usr_nobody', null)).toMatchObject({ reason: 'member_not_found' });
    await object.directoryChanged(organizationState(id, { status: 'suspended', version: 2 }), []);
    expect(await object.authorizeMember(terms(first), asked())).toMatchObject({
      reason: 'organization_suspended',
    });
    const use = { resource: 'images', quantity: 1, reference: null };
    expect(await object.consume(terms(null), use)).toMatchObject({ reason: 'organization_suspended' });
    await object.directoryChanged(organizationState(id, { version: 3 }), [
      { userId: first, role: null, version: 3 },
    ]);
    expect(await object.authorizeMember(terms(first), charge)).toMatchObject({ reason: 'not_a_member' });
    expect(await organizationOf('org_never').membership('default', first)).toMatchObject({
      reason: 'organization_not_found',
    });
  });

  it('gets the credits of its plan each month, and loses the plan when it lapses', async () => {
    const { id, members } = await organizationWith(1, { plan: 'pro', planExpiresAt: Date.now() + 3 * DAY });
    const object = organizationOf(id);
    const free = sharedTerms(members[0] as string, { limits: { images: { day: 1 } } });
    const pro = {
      ...free.plans.free,
      id: 'pro',
      limits: { images: { day: 9 } },
      monthlyCredits: 70,
    } as never;
    const both = { ...free, plans: { ...free.plans, pro } };
    expect(await object.creditBalance(both)).toMatchObject({ balance: 70 });
    expect(await object.quotas(both)).toMatchObject({ plan: 'pro', resources: { images: { limit: 9 } } });
    advance(4 * DAY);
    // Not that of every user: who makes many organizations would have it many times.
    expect(await object.quotas(both)).toEqual({ result: 'ok', plan: 'organization', resources: {} });
    const own = {
      ...both,
      plans: { ...both.plans, organization: { ...free.plans.free, id: 'organization' } },
    };
    expect(await object.quotas(own as typeof both)).toMatchObject({ resources: { images: { limit: 1 } } });
    advance(31 * DAY);
    expect(await object.creditBalance(both)).toMatchObject({ balance: 0 });
  });
});
