import { describe, expect, it } from 'vitest';
import { auditOf } from '../support/admin.ts';
import { call, createApiKey, createRealm, expectProblem, INTERNAL } from '../support/api.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';

const operator = (method: string, path: string, body?: object, realm?: string) =>
  call(method, `/v1/admin/organizations${path}`, { realm, headers: INTERNAL, ...(body && { body }) });
const quota = async (id: string, who: TestMember) =>
  (await call('GET', `/v1/organizations/${id}/quota`, { token: who.token })).body;

describe('what an organization may use', () => {
  it('is its plan’s, until that lapses, and in place of it what operators set', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const later = new Date(Date.now() + 86_400_000).toISOString();
    const planned = await operator('PATCH', `/${id}`, { plan: 'free', plan_expires_at: later });
    expect(planned.body).toMatchObject({ plan: 'free', plan_expires_at: later, limits: {} });
    const limits = { images: { day: 7 }, seats: { month: 3 } };
    const limited = await operator('PATCH', `/${id}`, { limits });
    expect(limited.body).toMatchObject({ plan: 'free', plan_expires_at: later, limits });
    expect((await operator('GET', `/${id}`)).body).toEqual(limited.body);
    expect((await quota(id, owner)).resources).toMatchObject({ images: { limit: 7 }, videos: { limit: 5 } });
    // Another plan does not lapse when the one before would have, and the limits stay.
    expect((await operator('PATCH', `/${id}`, { plan: 'pro' })).body).toMatchObject({
      ...{ plan: 'pro', plan_expires_at: null, limits },
    });
    expect((await operator('PATCH', `/${id}`, { limits: {} })).body.limits).toEqual({});
    expect((await quota(id, owner)).resources.images.limit).toBe(200);
    const past = { plan: 'free', plan_expires_at: new Date(Date.now() - 1000).toISOString() };
    expectProblem(await operator('PATCH', `/${id}`, past), 422, 'validation_failed');
    expectProblem(await operator('PATCH', `/${id}`, { plan: 'none' }), 422, 'validation_failed');
    expectProblem(
      await operator('PATCH', `/${id}`, { limits: { images: { day: -1 } } }),
      422,
      'validation_failed',
    );
    // Members are not shown what operators note.
    const seen = await call('GET', `/v1/organizations/${id}`, { token: owner.token });
    expect(seen.body.organization).not.toHaveProperty('limits');
  });
});

describe('the credits of an organization', () => {
  it('are given and taken by operators, once for a reference, and noted', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const adjust = (amount: number, reference: string, reason = 'Goodwill') =>
      operator('POST', `/${id}/credits`, { amount, reason, reference });
    const given = await adjust(100, 'gift');
    expect(given.body).toMatchObject({ balance: 100, transaction: { type: 'added', amount: 100 } });
    expect((await adjust(100, 'gift')).body).toEqual(given.body);
    expectProblem(await adjust(50, 'gift'), 409, 'reference_reused');
    expectProblem(await adjust(-101, 'all'), 402, 'insufficient_credits');
    expect((await adjust(-30, 'some')).body.balance).toBe(70);
    const ledger = await operator('GET', `/${id}/credits?limit=1`);
    expect(ledger.body).toMatchObject({
      organization_id: id,
      balance: 70,
      total: 2,
      data: [{ amount: -30 }],
    });
    const rest = await operator('GET', `/${id}/credits?cursor=${ledger.body.next_cursor}`);
    expect(rest.body).toMatchObject({ next_cursor: null, data: [{ amount: 100, description: 'Goodwill' }] });
    const noted = (await auditOf(id)).filter(({ action }) => action === 'credits_adjusted');
    expect(noted.map(({ details }) => details)).toMatchObject([
      { before: { balance: 0 }, after: { balance: 100 }, reason: 'Goodwill' },
      { before: { balance: 100 }, after: { balance: 70 } },
    ]);
    await operator('PATCH', `/${id}`, { status: 'suspended' });
    expectProblem(await adjust(-1, 'late'), 403, 'organization_suspended');
    expect((await adjust(1, 'back')).body.balance).toBe(71);
  });

  it('are no matter of members, of another realm, or of a key without the scope', async () => {
    await createRealm('ledgers');
    const owner = await person();
    const id = await foundedBy(owner);
    const admin = await join(id, owner, 'admin');
    const body = { amount: 5, reason: 'For me', reference: 'mine' };
    const path = `/v1/admin/organizations/${id}/credits`;
    for (const { token } of [owner, admin]) {
      expectProblem(await call('POST', path, { token, body }), 403, 'insufficient_scope');
      expectProblem(await call('GET', path, { token }), 403, 'insufficient_scope');
    }
    expectProblem(await call('POST', path, { body }), 401, 'authentication_required');
    const { key } = await createApiKey(['credits:write']);
    const keyed = await call('POST', path, { headers: { 'X-API-Key': key }, body });
    expectProblem(keyed, 403, 'insufficient_scope');
    for (const method of ['GET', 'POST']) {
      const asked = await operator(method, `/${id}/credits`, method === 'POST' ? body : undefined, 'ledgers');
      expectProblem(asked, 404, 'organization_not_found');
    }
    expectProblem(await operator('GET', '/org_none/credits'), 404, 'organization_not_found');
    expectProblem(
      await operator('POST', `/${id}/credits`, { amount: 5, reason: 'x' }),
      422,
      'validation_failed',
    );
    expect((await operator('GET', `/${id}/credits`)).body).toMatchObject({ balance: 0, data: [] });
  });
});
