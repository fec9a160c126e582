import { evictDurableObject } from 'cloudflare:test';
import { DurableObject, env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import type { Organization } from '../../src/wallet/object.ts';
import { advance } from '../support/clock.ts';
import { BY_OPERATOR, change, Fault, failAt, KEY, stored } from '../support/object-scene.ts';
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
const PLAN = { limits: { images: { day: 40, month: 100 }, tokens: { month: 100_000 } }, monthlyCredits: 50 };
const actOf = (userId: string) => ({ realmId: 'default', userId, role: 'owner', requestId: null });
const TODAY = { from: '2000-01-01', to: '2999-12-31' };

interface Scene {
  object: Organization;
  id: string;
  first: string;
  second: string;
}

const terms = (userId: string | null) => sharedTerms(userId, PLAN);
const plan = { expiresAt: Date.now() + 9_999 * DAY, paidFromBalance: 1, actor: 'system' };

/** What each method that writes is tried with, when the object has something of everything. */
const CALLS: Record<string, (scene: Scene) => Promise<unknown>> = {
  announceChange: ({ object }) => object.announceChange(),
  moved: ({ object }) => object.moved('DB_2'),
  authorizeMember: ({ object, first }) =>
    object.authorizeMember(
      terms(first),
      asked({
        use: { resource: 'images', quantity: 12 },
        credits: 20,
        reference: 'authorized',
        roles: ['owner'],
      }),
    ),
  authorizeKey: ({ object }) =>
    object.authorizeKey(terms(null), {
      hash: KEY.hash,
      use: { resource: 'images', quantity: 12 },
      credits: 20,
      reference: 'by key',
      actor: 'key_test',
      scope: null,
      permission: null,
    }),
  addProductKey: ({ object, first }) =>
    object.addProductKey(actOf(first), { ...KEY, id: 'apk_other', hash: 'other' }, 9),
  changeProductKey: ({ object, first }) =>
    object.changeProductKey(actOf(first), KEY.id, { caps: null, perMinute: 5 }),
  removeProductKey: ({ object, first }) => object.removeProductKey(actOf(first), KEY.id),
  'removeProductKey by an operator': ({ object }) => object.removeProductKey(BY_OPERATOR, KEY.id),
  setCaps: ({ object }) => object.setCaps('default', null, { credits: { day: 9 }, resources: {} }),
  'setCaps of one': ({ object, second }) =>
    object.setCaps('default', second, { credits: null, resources: { images: { day: 2 } } }),
  watchBalance: ({ object }) => object.watchBalance(terms(null), 10),
  subscription: ({ object }) => object.subscription(terms(null)),
  grantMonthly: ({ object }) => object.grantMonthly(terms(null)),
  quotas: ({ object }) => object.quotas(terms(null)),
  spending: ({ object }) => object.spending(terms(null)),
  capSpending: ({ object }) =>
    object.capSpending(terms(null), {
      by: 'own',
      caps: { credits: { day: 90 }, resources: {} },
      actor: null,
      sessionId: null,
      client: null,
    }),
  consume: ({ object, first }) =>
    object.consume(terms(first), { resource: 'images', quantity: 16, reference: 'consumed' }),
  reserve: ({ object, first }) =>
    object.reserve(terms(first), { resource: 'images', quantity: 2, reference: 'reserved', seconds: 60 }),
  commit: ({ object }) => object.commit(terms(null), { reference: 'held', quantity: 1 }),
  release: ({ object }) => object.release(terms(null), { reference: 'held' }),
  recordTokens: ({ object, second }) =>
    object.recordTokens(terms(second), {
      model: 'm',
      tier: 'standard',
      inputTokens: 90_000,
      outputTokens: 1,
      requestId: 'counted',
    }),
  creditBalance: ({ object }) => object.creditBalance(terms(null)),
  creditStanding: ({ object }) => object.creditStanding(terms(null)),
  addCredits: ({ object }) =>
    object.addCredits(terms(null), {
      ...change,
      type: 'added',
      amount: 5,
      reference: 'another',
      expiresAt: Date.now() + 2 * DAY,
    }),
  bookCredits: ({ object }) =>
    object.bookCredits(terms(null), {
      ...change,
      type: 'purchase',
      amount: 5,
      reference: 'checkout:another',
      expiresAt: null,
    }),
  settleInvoices: ({ object }) =>
    object.settleInvoices(terms(null), {
      invoices: [
        { ...plan, reference: 'invoice:2', amount: 20 },
        { ...plan, reference: 'invoice:3', amount: -90 },
      ],
      losses: [],
    }),
  useCredits: ({ object, first }) =>
    object.useCredits(terms(first), { ...change, amount: 40, reference: 'job' }),
  refundCredits: ({ object }) =>
    object.refundCredits(terms(null), { ...change, amount: null, refundOf: 'used', reference: 'back' }),
  reverseCredits: ({ object }) =>
    object.reverseCredits(terms(null), {
      reference: 'checkout:one',
      lost: 1,
      paid: 2,
      credits: null,
      revision: 0,
      actor: 'system',
    }),
  listCredits: ({ object }) => object.listCredits(terms(null), { before: null, limit: 5 }),
};

/** Methods that tell members too, when all is done that is theirs to do: what fails then has not failed them. */
const TELLING: Record<string, (scene: Scene) => Promise<unknown>> = {
  directoryChanged: ({ object, id, second }) =>
    object.directoryChanged(organizationState(id, { version: 2, status: 'suspended' }), [
      { userId: second, role: null, version: 2 },
      { userId: newId('usr'), role: 'member', version: 2 },
    ]),
  organizationDeleted: ({ object, id }) =>
    object.organizationDeleted({ organizationId: id, realmId: 'default' }),
};

/** Methods that only read. */
const READING = [
  'membership',
  'caps',
  'spendingByMember',
  'spendingByDay',
  'spendingByModel',
  'creditReversal',
  'alarm',
  'copy',
  'productKeys',
];
/** Of an organization that nobody has used: tried in `test/backup`. */
const ELSEWHERE = ['putBack'];

let hearing: ReturnType<typeof hearMemberships>;
beforeAll(() => {
  hearing = hearMemberships();
});
afterAll(() => hearing.end());

/** An organization with two members, caps, credits, of which some have expired and some were used, and quota that is held. */
async function scene(): Promise<Omit<Scene, 'object'>> {
  const { id, members } = await organizationWith(2);
  const [first, second] = members as [string, string];
  const object = organizationOf(id);
  await object.addProductKey(actOf(first), KEY, 9);
  const add = { ...change, type: 'added' as const, amount: 30 };
  await object.addCredits(terms(null), { ...add, reference: 'short', expiresAt: Date.now() + DAY });
  await object.bookCredits(terms(null), { ...add, reference: 'checkout:one', expiresAt: null });
  await object.settleInvoices(terms(null), {
    invoices: [{ ...plan, reference: 'invoice:1', amount: 40 }],
    losses: [],
  });
  await object.setCaps('default', null, { credits: { month: 500 }, resources: { images: { day: 30 } } });
  await object.useCredits(terms(first), { ...change, amount: 10, reference: 'used' });
  await object.reserve(terms(first), {
    resource: 'images',
    quantity: 3,
    reference: 'held',
    seconds: 40 * 86_400,
  });
  // Credits have expired meanwhile, and another month's are due.
  advance(35 * DAY);
  await evictDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)));
  return { id, first, second };
}

/** What the object says, from what it has in memory or in its storage. */
async function toldBy(object: Organization, { first, second }: Omit<Scene, 'object'>): Promise<string> {
  return JSON.stringify([
    await object.membership('default', first),
    await object.membership('default', second),
    await object.quotas(terms(null)),
    await object.spending(terms(null)),
    await object.creditStanding(terms(null)),
    await object.listCredits(terms(null), { before: null, limit: 100 }),
    await object.productKeys('default'),
    await object.caps('default', first),
    await object.caps('default', second),
    await object.spendingByMember('default', TODAY, { after: null, limit: 100 }),
  ]);
}

describe('a method of the object of an organization that fails at any statement', () => {
  it('is one of those below, or only reads', async () => {
    const { id } = await scene();
    await inOrganization(id, (object) => {
      // What other Workers could call: all that the class and those that it extends have.
      const methods: string[] = [];
      let prototype = Object.getPrototypeOf(object);
      while (prototype !== DurableObject.prototype) {
        methods.push(...Object.getOwnPropertyNames(prototype));
        prototype = Object.getPrototypeOf(prototype);
      }
      const tried = [...Object.keys(CALLS), ...Object.keys(TELLING)].map((name) => name.split(' ')[0]);
      const known = ['constructor', ...READING, ...ELSEWHERE];
      expect(methods.filter((name) => !known.includes(name)).sort()).toEqual([...new Set(tried)].sort());
    });
  });

  for (const [name, run] of Object.entries(CALLS)) {
    it.each(['asleep', 'awake'])(`has done nothing: ${name}, in an object that was %s`, async (was) => {
      const about = await scene();
      const counted = await inOrganization(about.id, async (object, storage) => {
        // What is due is given then, and the books are open: nothing else brings a transaction.
        const wake = async () => was === 'awake' && (await object.quotas(terms(null)));
        await wake();
        const before = await stored(storage);
        for (let n = 1; ; n += 1) {
          await wake();
          const fault = failAt(storage, n);
          let failure: unknown;
          try {
            await run({ object, ...about });
          } catch (error) {
            failure = error;
          } finally {
            fault.end();
          }
          if (!fault.reached()) {
            expect(failure).toBeUndefined();
            return n - 1;
          }
          expect(failure, `statement ${n}`).toBeInstanceOf(Fault);
          expect(await stored(storage), `statement ${n}`).toBe(before);
        }
      });
      if (was === 'asleep') expect(counted).toBeGreaterThan(0);
      // What it has in memory is what it has stored.
      const remembered = await inOrganization(about.id, (object) => toldBy(object, about));
      await evictDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(about.id)));
      expect(await inOrganization(about.id, (object) => toldBy(object, about))).toBe(remembered);
    });
  }

  for (const [name, run] of Object.entries(TELLING)) {
    it(`has done nothing, or all but told of it: ${name}`, async () => {
      let hasFailed = 0;
      for (let n = 1; ; n += 1) {
        const about = await scene();
        const isOver = await inOrganization(about.id, async (object, storage) => {
          const before = await stored(storage);
          const fault = failAt(storage, n);
          const failure = await run({ object, ...about }).then(
            () => undefined,
            (error: unknown) => error,
          );
          fault.end();
          if (failure !== undefined) {
            hasFailed += 1;
            expect(failure, `statement ${n}`).toBeInstanceOf(Fault);
            expect(await stored(storage), `statement ${n}`).toBe(before);
          } else {
            const answer = await object.membership('default', about.second);
            expect(answer.result, `statement ${n}`).toBe('refused');
            // Whoever has to hear of it does.
            advance(DAY);
            await object.alarm();
            const heard = hearing.heard.filter(({ organizationId }) => organizationId === about.id);
            expect(heard.at(-1), `statement ${n}`).toBeDefined();
            expect(
              heard.filter(({ userId, role }) => userId === about.second && role === null).length,
            ).toBeGreaterThan(0);
          }
          return !fault.reached();
        });
        if (isOver) break;
      }
      expect(hasFailed).toBeGreaterThan(3);
    });
  }
});
