import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CopyObject } from '../../src/account/copy-contract.ts';
import { accountOf } from '../support/api.ts';
import { advance, advanceToNoon } from '../support/clock.ts';
import { changePlan, meteredUser, termsOf } from '../support/metering.ts';
import { project, withBatch } from '../support/projection.ts';
import {
  asked,
  organizationOf,
  organizationState,
  sharedTerms,
  storedOrganization,
} from '../support/wallet.ts';

const HOUR = 3_600_000;
const PLAN = {
  limits: { images: { day: 10 }, tokens: { month: 1_000 }, videos: { day: 1 } },
  overage: {
    images: { meter: 'images_beyond' },
    tokens: { meter: 'tokens_beyond' },
    videos: { credits: 2, per: 1 },
  },
};
const TERMS = termsOf(PLAN);
const PAYING = { subscribed: 1, meters: '["images_beyond"]' };
const hourOf = (at = Date.now()) => at - (at % HOUR);

async function paying(set: Parameters<typeof changePlan>[1] = PAYING) {
  const id = await meteredUser();
  await changePlan(id, set);
  const object = accountOf(id);
  const use = (quantity: number, reference: string | null = null) =>
    object.consume(TERMS, { resource: 'images', quantity, reference });
  return { id, object, use, told: () => toldOf(id) };
}

async function toldOf(payerId: string) {
  const { results } = await env.DB.prepare(
    'SELECT meter, hour, used, used_at, due_at, reported FROM overage_reports WHERE payer_id = ? ORDER BY hour, meter',
  )
    .bind(payerId)
    .all<any>();
  return results;
}

beforeEach(advanceToNoon);

describe('use beyond a limit that a meter bills', () => {
  it('goes on for who pays for it by a subscription, and is counted once', async () => {
    const { object, use, id, told } = await paying();
    expect(await use(8, 'a')).toEqual({ result: 'ok', quota: expect.objectContaining({ remaining: 2 }) });
    const beyond = await use(5, 'b');
    const overage = { quantity: 3, credits: 0, meter: 'images_beyond' };
    expect(beyond).toMatchObject({ quota: { used: 13, remaining: 0 }, overage });
    expect(await use(5, 'b')).toEqual(beyond);
    const decided = await object.authorize(TERMS, {
      ...{ sessionId: 'none', use: { resource: 'images', quantity: 1 }, credits: 0, reference: null },
      ...{ actor: 'key', maxAge: null, acr: null },
    });
    expect(decided).toMatchObject({ reason: 'session_ended' });
    expect(await object.quotas(TERMS)).toMatchObject({ resources: { images: { used: 13, billed: 3 } } });
    await project(id);
    expect(await told()).toMatchObject([{ meter: 'images_beyond', hour: hourOf(), used: 3, reported: 0 }]);
    await evictDurableObject(accountOf(id));
    await use(1);
    expect(await object.quotas(TERMS)).toMatchObject({ resources: { images: { billed: 4 } } });
    await project(id);
    await project(id);
    expect(await told()).toMatchObject([{ used: 4 }]);
    // What has a price in credits goes on having it.
    const video = { resource: 'videos', quantity: 2, reference: null };
    expect(await object.consume(TERMS, video)).toMatchObject({ reason: 'insufficient_credits' });
  });

  it.each([
    ['has no subscription', { subscribed: 0, meters: '["images_beyond"]' }],
    ['pays by another meter', { subscribed: 1, meters: '["tokens_beyond"]' }],
    ['pays by none', { subscribed: 1, meters: null }],
    ['had a plan that has lapsed', { ...PAYING, plan_expires_at: 1 }],
  ])('is refused to who %s', async (_, set) => {
    const { use, id, told } = await paying(set);
    expect(await use(10)).toMatchObject({ result: 'ok' });
    expect(await use(1)).toMatchObject({ reason: 'quota_exceeded', retryAfter: expect.any(Number) });
    await project(id);
    expect(await told()).toEqual([]);
  });

  it('ends with the plan, in that moment', async () => {
    const { use } = await paying({ ...PAYING, plan_expires_at: Date.now() + HOUR });
    expect(await use(11)).toMatchObject({ overage: { quantity: 1 } });
    advance(HOUR);
    expect(await use(1)).toMatchObject({ reason: 'quota_exceeded' });
  });

  it('is held to caps, and never more than they let, in 100 uses at once', async () => {
    const { object, use, id, told } = await paying();
    const caps = { credits: null, resources: { images: { day: 25 } } };
    await object.capSpending(TERMS, { by: 'own', caps, actor: null, sessionId: null, client: null });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => use(1, `job-${n}`)));
    expect(answers.filter(({ result }) => result === 'ok')).toHaveLength(25);
    expect(answers.filter((one) => 'reason' in one && one.reason === 'cap_exceeded')).toHaveLength(75);
    await project(id);
    expect(await told()).toMatchObject([{ used: 15 }]);
  });

  it('counts what of a reservation was used, when that is settled, and nothing of one that is given up', async () => {
    const { object, use, id, told } = await paying();
    await use(8);
    const hold = (quantity: number, reference: string) =>
      object.reserve(TERMS, { resource: 'images', quantity, reference, seconds: 7200 });
    expect(await hold(5, 'a')).toMatchObject({
      reservation: { overage: { quantity: 3, credits: 0, meter: 'images_beyond' } },
    });
    expect(await hold(4, 'b')).toMatchObject({ reservation: { overage: { quantity: 4 } } });
    expect(await hold(4, 'c')).toMatchObject({ result: 'ok' });
    await object.release(TERMS, { reference: 'b' });
    await project(id);
    expect(await told()).toEqual([]);
    advance(HOUR);
    expect(await object.commit(TERMS, { reference: 'a', quantity: 3 })).toMatchObject({
      reservation: { status: 'committed', overage: { quantity: 1, credits: 0, meter: 'images_beyond' } },
    });
    expect(await object.commit(TERMS, { reference: 'a', quantity: 3 })).toMatchObject({ result: 'ok' });
    await project(id);
    expect(await told()).toMatchObject([{ hour: hourOf(), used: 1 }]);
    // The last has expired meanwhile, and is no use.
    advance(2 * HOUR);
    expect(await object.commit(TERMS, { reference: 'c', quantity: null })).toMatchObject({
      reason: 'reservation_ended',
    });
    await project(id);
    expect(await told()).toMatchObject([{ used: 1 }]);
  });

  it('is told by the hour, also at the turn of a month, and keeps the name that a meter had', async () => {
    const id = await meteredUser();
    await changePlan(id, { subscribed: 1, meters: '["images_beyond","images_new","tokens_beyond"]' });
    const object = accountOf(id);
    const turn = Date.UTC(new Date().getUTCFullYear() + 1, 0, 1);
    advance(turn - 1 - Date.now());
    const use = (terms = TERMS) =>
      object.consume(terms, { resource: 'images', quantity: 12, reference: null });
    await use();
    expect(await object.quotas(TERMS)).toMatchObject({ resources: { images: { billed: 2 } } });
    advance(1);
    expect(await object.quotas(TERMS)).toMatchObject({ resources: { images: { used: 0 } } });
    const { resources } = (await object.quotas(TERMS)) as any;
    expect(resources.images).not.toHaveProperty('billed');
    const renamed = { ...PLAN, overage: { ...PLAN.overage, images: { meter: 'images_new' } } };
    await use(termsOf(renamed));
    const model = { model: 'm', tier: 'standard', inputTokens: 1_000, outputTokens: 7, requestId: 'm' };
    const recorded = await object.recordTokens(TERMS, model);
    expect(recorded).toMatchObject({ overage: { quantity: 7, meter: 'tokens_beyond' } });
    expect(await object.recordTokens(TERMS, model)).toEqual(recorded);
    await project(id);
    expect(await toldOf(id)).toMatchObject([
      { meter: 'images_beyond', hour: turn - HOUR, used: 2, used_at: turn - 1 },
      { meter: 'images_new', hour: turn, used: 2, used_at: turn },
      { meter: 'tokens_beyond', hour: turn, used: 7 },
    ]);
  });

  it('is known to the directory once, whatever becomes of telling it', async () => {
    const { id, use, told } = await paying();
    await use(12);
    // The answer is lost.
    await withBatch(
      id,
      async (real, all) => {
        await real.batch(all);
        throw new Error('lost');
      },
      (object) => object.alarm(),
    );
    expect(await told()).toMatchObject([{ used: 2 }]);
    await use(1);
    await evictDurableObject(accountOf(id));
    await project(id);
    await project(id);
    expect(await told()).toMatchObject([{ used: 3 }]);
    // Nothing is written.
    await use(1);
    await withBatch(
      id,
      async () => {
        throw new Error('away');
      },
      (object) => object.alarm(),
    );
    expect(await told()).toMatchObject([{ used: 3 }]);
    await evictDurableObject(accountOf(id));
    await project(id);
    await project(id);
    expect(await told()).toMatchObject([{ used: 4 }]);
  });

  it('is the organization’s, whoever of its members used it', async () => {
    const members = [await meteredUser(), await meteredUser()];
    const id = await storedOrganization(
      { [members[0] as string]: 'owner', [members[1] as string]: 'member' },
      { subscribed: true, meters: ['images_beyond'] },
    );
    const object = organizationOf(id);
    const request = (member: string, quantity: number) =>
      object.authorizeMember(sharedTerms(member, PLAN), asked({ use: { resource: 'images', quantity } }));
    expect(await request(members[0] as string, 12)).toMatchObject({
      decision: { allowed: true, overage: { quantity: 2, credits: 0, meter: 'images_beyond' } },
    });
    expect(await request(members[1] as string, 3)).toMatchObject({ decision: { overage: { quantity: 3 } } });
    await object.setCaps('default', members[1] as string, {
      credits: null,
      resources: { images: { day: 4 } },
    });
    expect(await request(members[1] as string, 2)).toMatchObject({ decision: { reason: 'cap_exceeded' } });
    const alarm = () => runDurableObjectAlarm(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)) as never);
    await alarm();
    await alarm();
    expect(await toldOf(id)).toMatchObject([{ meter: 'images_beyond', hour: hourOf(), used: 5 }]);
    expect(await object.quotas(sharedTerms(null, PLAN))).toMatchObject({
      resources: { images: { billed: 5 } },
    });
    await object.directoryChanged(organizationState(id, { version: 2 }), []);
    expect(await request(members[0] as string, 1)).toMatchObject({
      decision: { allowed: false, reason: 'quota_exceeded' },
    });
  });
});

describe('use that meters bill, of a backup', () => {
  /** Moves an object into one that is new, as a restore does, and lets its alarm come. */
  async function restored(namespace: object, id: string) {
    const objects = namespace as DurableObjectNamespace;
    const stub = () => objects.get(objects.idFromName(id));
    const object = () => stub() as unknown as CopyObject;
    const bytes = await new Response(await object().copy()).arrayBuffer();
    const lines = gunzipSync(Buffer.from(bytes)).toString().trimEnd().split('\n');
    await runInDurableObject(stub(), async (_, { storage }) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
    });
    await evictDurableObject(stub());
    const part = { withSessions: false, toldActivity: null, database: 'DB', reconcileAt: Date.now() };
    const backupId = 'bak_00000000000000000000000001';
    const copied = lines.map((line) => JSON.parse(line));
    expect(await object().putBack({ ...part, backupId, lines: copied })).toMatchObject({ result: 'whole' });
    expect(await runDurableObjectAlarm(stub())).toBe(true);
  }

  /** The database was copied before an hour was told, and has another that Stripe has taken. */
  async function goBack(payerId: string, before: number) {
    await env.DB.batch([
      env.DB.prepare('DELETE FROM overage_reports WHERE payer_id = ? AND hour > ?').bind(payerId, before),
      env.DB.prepare(
        'UPDATE overage_reports SET reported = used, due_at = NULL, number = 1 WHERE payer_id = ?',
      ).bind(payerId),
    ]);
    expect(await toldOf(payerId)).toHaveLength(1);
  }

  it('is told anew, of a user who uses nothing any more', async () => {
    const { id, use, told } = await paying();
    const first = hourOf();
    await use(12);
    await project(id);
    advance(HOUR);
    await use(3);
    await project(id);
    const [one, two] = await told();
    expect([one.used, two.used]).toEqual([2, 3]);
    await goBack(id, first);
    await restored(env.ACCOUNT, id);
    expect(await told()).toMatchObject([
      { used: 2, used_at: one.used_at, reported: 2, due_at: null },
      { used: 3, used_at: two.used_at, reported: 0, due_at: expect.any(Number) },
    ]);
    await project(id);
    expect(await told()).toHaveLength(2);
  });

  it('is told anew, of an organization', async () => {
    const member = await meteredUser();
    const id = await storedOrganization(
      { [member]: 'owner' },
      { subscribed: true, meters: ['images_beyond'] },
    );
    await env.DB.prepare(`UPDATE organizations SET subscribed = 1, meters = '["images_beyond"]' WHERE id = ?`)
      .bind(id)
      .run();
    const use = (quantity: number) =>
      organizationOf(id).authorizeMember(
        sharedTerms(member, PLAN),
        asked({ use: { resource: 'images', quantity } }),
      );
    const alarm = () => runDurableObjectAlarm(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)) as never);
    const first = hourOf();
    await use(12);
    await alarm();
    advance(HOUR);
    await use(3);
    await alarm();
    expect(await toldOf(id)).toMatchObject([{ used: 2 }, { used: 3 }]);
    await goBack(id, first);
    await restored(env.ORGANIZATION, id);
    expect(await toldOf(id)).toMatchObject([
      { used: 2, reported: 2, due_at: null },
      { used: 3, reported: 0 },
    ]);
  });
});
