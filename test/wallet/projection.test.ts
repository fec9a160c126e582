import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerVerified } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  hearMemberships,
  inOrganization,
  organizationOf,
  sharedTerms,
  storedOrganization,
} from '../support/wallet.ts';

const PLAN = { limits: { images: {} } };

let hearing: ReturnType<typeof hearMemberships>;
beforeAll(() => {
  hearing = hearMemberships();
});
afterAll(() => hearing.end());

const alarm = (id: string) => inOrganization(id, (object) => object.alarm());

/** What the directory has of an organization, as `resource quantity`, credits first. */
async function months(id: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT resource, quantity FROM organization_usage WHERE organization_id = ? ORDER BY month, resource',
  )
    .bind(id)
    .all<{ resource: string; quantity: number }>();
  return results.map(({ resource, quantity }) => `${resource || 'credits'} ${quantity}`);
}

describe('the sums of an organization in the directory', () => {
  it('are what each month has come to, told as often as need be', async () => {
    const { user } = await registerVerified();
    const id = await storedOrganization({ [user.id]: 'owner' });
    const object = organizationOf(id);
    const terms = sharedTerms(user.id, PLAN);
    const use = (quantity: number) =>
      object.consume(terms, { resource: 'images', quantity, reference: null });
    await use(3);
    await use(4);
    expect(await months(id)).toEqual([]);
    const prototype = Object.getPrototypeOf(env.DB);
    const real = prototype.batch;
    // The answer is lost: what was written is written again.
    const lost = vi.spyOn(prototype, 'batch').mockImplementation(async function (this: D1Database, all: any) {
      await real.call(this, all);
      throw new Error('the answer is lost');
    });
    await alarm(id);
    lost.mockRestore();
    expect(await months(id)).toEqual(['images 7']);
    await use(5);
    // What was on its way goes first, as it was.
    await alarm(id);
    expect(await months(id)).toEqual(['images 7']);
    await alarm(id);
    expect(await months(id)).toEqual(['images 12']);
    await alarm(id);
    expect(await months(id)).toEqual(['images 12']);
    await object.addCredits(sharedTerms(null, PLAN), {
      type: 'added',
      amount: 50,
      reference: 'start',
      description: null,
      actor: 'key_test',
      expiresAt: null,
    });
    await object.useCredits(terms, { amount: 20, reference: 'job', description: null, actor: 'key_test' });
    await alarm(id);
    expect(await months(id)).toEqual(['credits 20', 'images 12']);
    advance(32 * 86_400_000);
    // What is given back counts for the month of its use.
    await object.refundCredits(sharedTerms(null, PLAN), {
      amount: 5,
      refundOf: 'job',
      reference: 'back',
      description: null,
      actor: 'key_test',
    });
    await use(1);
    await alarm(id);
    expect(await months(id)).toEqual(['credits 15', 'images 12', 'images 1']);
  });
});

describe('the sums of a realm', () => {
  const ofRealm = async () => {
    const days = env.DB.prepare(
      "SELECT resource, SUM(quantity) AS n FROM realm_usage_daily WHERE realm_id = 'default' AND resource IN ('pictures', 'tokens') GROUP BY 1",
    );
    const models = env.DB.prepare(
      "SELECT model, SUM(input_tokens + output_tokens) AS n FROM realm_token_daily WHERE realm_id = 'default' GROUP BY 1",
    );
    const [used, ofModels] = await Promise.all([days.all<any>(), models.all<any>()]);
    const shown = [...used.results.map(({ resource, n }) => [resource, n])];
    return Object.fromEntries([...shown, ...ofModels.results.map(({ model, n }) => [model, n])]);
  };

  it('have what organizations use, once, also when an answer is lost and more is used before it is told again', async () => {
    const { user } = await registerVerified();
    const id = await storedOrganization({ [user.id]: 'owner' });
    const object = organizationOf(id);
    const terms = sharedTerms(user.id, {
      limits: { pictures: {}, tokens: {} },
      modelTiers: ['*'],
    });
    const use = (quantity: number) =>
      object.consume(terms, { resource: 'pictures', quantity, reference: null });
    const tokens = (inputTokens: number) =>
      object.recordTokens(terms, {
        model: 'm-1',
        tier: 'standard',
        inputTokens,
        outputTokens: 1,
        requestId: null,
      });
    await use(3);
    await tokens(9);
    const prototype = Object.getPrototypeOf(env.DB);
    const real = prototype.batch;
    const statements: number[] = [];
    const lost = vi.spyOn(prototype, 'batch').mockImplementation(async function (this: D1Database, all: any) {
      statements.push(all.length);
      await real.call(this, all);
      throw new Error('the answer is lost');
    });
    await alarm(id);
    const first = { pictures: 3, tokens: 10, 'm-1': 10 };
    expect(await ofRealm()).toEqual(first);
    await use(4);
    await alarm(id);
    lost.mockRestore();
    expect(await ofRealm()).toEqual(first);
    // Months of members, and days of resources and of models.
    expect(statements).toEqual([3, 3]);
    await alarm(id);
    await alarm(id);
    expect(await ofRealm()).toEqual({ ...first, pictures: 7 });
    await tokens(4);
    await alarm(id);
    await alarm(id);
    expect(await ofRealm()).toEqual({ pictures: 7, tokens: 15, 'm-1': 15 });
  });

  it('cost a row of the database for each day and resource, and one of the object for each time', async () => {
    const { user } = await registerVerified();
    const id = await storedOrganization({ [user.id]: 'owner' });
    const object = organizationOf(id);
    const terms = sharedTerms(user.id, PLAN);
    const use = () => object.consume(terms, { resource: 'images', quantity: 1, reference: null });
    await use();
    await alarm(id);
    const prototype = Object.getPrototypeOf(env.DB);
    const real = prototype.batch;
    const written: number[][] = [];
    const counting = vi.spyOn(prototype, 'batch').mockImplementation(async function (
      this: D1Database,
      all: any,
    ) {
      const results = await real.call(this, all);
      written.push(results.map(({ meta }: D1Result) => meta.rows_written));
      return results;
    });
    await use();
    await alarm(id);
    counting.mockRestore();
    expect(written).toEqual([[1, 1]]);
  });
});
