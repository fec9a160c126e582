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
