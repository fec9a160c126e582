import { describe, expect, it } from 'vitest';
import { call, expectProblem, INTERNAL } from '../support/api.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';

const service = (method: string, path: string, body?: object) =>
  call(method, path, { headers: INTERNAL, ...(body && { body }) });

const as = (who: TestMember, method: string, path: string, body?: object) =>
  call(method, path, { token: who.token, ...(body && { body }) });

const NONE = { credits: null, resources: {} };

describe('how much a user may spend', () => {
  it('is what they say, and no more than an operator says, in each charge', async () => {
    const user = await person();
    const caps = { credits: { day: 10, month: 50 }, resources: { images: { day: 2 } } };
    expect((await as(user, 'GET', '/v1/me/spending')).body).toEqual({
      ...{ caps: NONE, operator_caps: NONE, in_force: NONE, used: [] },
    });
    const used = (credits: number, images: number) => [
      { resource: null, day: credits, month: credits },
      { resource: 'images', day: images, month: images },
    ];
    expect((await as(user, 'PUT', '/v1/me/spending', caps)).body).toEqual({
      ...{ caps, operator_caps: NONE, in_force: caps, used: used(0, 0) },
    });
    await service('POST', '/v1/credits/add', { user_id: user.id, amount: 100, reference: 'start' });
    const use = { user_id: user.id, resource: 'images', quantity: 2 };
    expect((await service('POST', '/v1/usage', use)).status).toBe(200);
    const refused = await service('POST', '/v1/usage', { ...use, quantity: 1 });
    expectProblem(refused, 429, 'cap_exceeded');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const reserve = { ...use, quantity: 1, reference: 'hold' };
    expectProblem(await service('POST', '/v1/usage/reservations', reserve), 429, 'cap_exceeded');
    const decide = (credits: number) => service('POST', '/v1/authorize', { token: user.token, credits });
    expect((await decide(11)).body).toMatchObject({ allowed: false, reason: 'cap_exceeded', balance: 100 });
    const path = `/v1/admin/users/${user.id}/spending`;
    const operator = { credits: { day: 4 }, resources: {} };
    expect((await service('PUT', path, { ...operator, reason: 'too much' })).body).toMatchObject({
      caps,
      operator_caps: operator,
      in_force: { credits: { day: 4, month: 50 }, resources: { images: { day: 2 } } },
    });
    const above = { credits: { day: 1_000_000 }, resources: {} };
    expect((await as(user, 'PUT', '/v1/me/spending', above)).body).toMatchObject({ in_force: operator });
    expect((await decide(5)).body).toMatchObject({ allowed: false, reason: 'cap_exceeded' });
    expect((await decide(4)).body).toMatchObject({ allowed: true, balance: 96 });
    expectProblem(
      await service('POST', '/v1/credits/use', { user_id: user.id, amount: 1, reference: 'u' }),
      429,
      'cap_exceeded',
    );
    expect((await service('GET', path)).body.used).toEqual([{ resource: null, day: 4, month: 4 }]);
    const { data } = (await as(user, 'GET', '/v1/me/activity')).body;
    const told = data.filter(({ type }: any) => type === 'caps_changed').map(({ by }: any) => by);
    expect(told).toEqual(['user', 'service', 'user']);
    const audit = await service('GET', `/v1/admin/audit?target=${user.id}&limit=5`);
    expect(audit.body.data[0]).toMatchObject({
      action: 'user_caps_changed',
      details: { before: NONE, after: operator, reason: 'too much' },
    });
  });

  it('is nothing for others, nor for one who is not there, and only what caps can be', async () => {
    const user = await person();
    const other = await person();
    const path = `/v1/admin/users/${user.id}/spending`;
    expectProblem(await as(other, 'GET', path), 403, 'insufficient_scope');
    expectProblem(await as(user, 'PUT', path, NONE), 403, 'insufficient_scope');
    expectProblem(await call('GET', '/v1/me/spending', {}), 401, 'authentication_required');
    expectProblem(await service('GET', '/v1/admin/users/usr_nobody/spending'), 404, 'user_not_found');
    expectProblem(await service('PUT', '/v1/admin/users/usr_nobody/spending', NONE), 404, 'user_not_found');
    const elsewhere = await call('GET', path, { realm: 'acme', headers: INTERNAL });
    expect(elsewhere.status).toBe(404);
    for (const wrong of [
      { credits: { day: -1 } },
      { credits: { day: 1.5 } },
      { images: { day: 1 } },
      { credits: {} },
    ])
      expectProblem(await as(user, 'PUT', '/v1/me/spending', wrong), 422, 'validation_failed');
  });
});

describe('how much an organization may spend', () => {
  it('is set by who manages its caps, within what an operator says, and holds of all together', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    await service('PATCH', `/v1/admin/organizations/${id}`, { plan: 'free' });
    const member = await join(id, owner, 'member');
    const stranger = await person();
    const path = `/v1/organizations/${id}/spending`;
    const caps = { credits: { day: 10 }, resources: { images: { day: 3 } } };
    expectProblem(await as(member, 'PUT', path, caps), 403, 'insufficient_permission');
    expectProblem(await as(member, 'GET', path), 403, 'insufficient_permission');
    expectProblem(await as(stranger, 'GET', path), 404, 'organization_not_found');
    expectProblem(await as(stranger, 'PUT', path, caps), 404, 'organization_not_found');
    expect((await as(owner, 'PUT', path, caps)).body).toMatchObject({ caps, in_force: caps });
    const use = (userId: string | undefined, quantity: number) =>
      service('POST', '/v1/usage', { organization_id: id, user_id: userId, resource: 'images', quantity });
    expect((await use(member.id, 2)).status).toBe(200);
    expect((await use(undefined, 1)).status).toBe(200);
    expectProblem(await use(owner.id, 1), 429, 'cap_exceeded');
    // What somebody uses for themselves has nothing to do with it.
    expect((await service('POST', '/v1/usage', { user_id: owner.id, resource: 'images' })).status).toBe(200);
    const admin = `/v1/admin/organizations/${id}/spending`;
    const operator = { credits: { day: 2 }, resources: {} };
    expectProblem(await as(owner, 'PUT', admin, operator), 403, 'insufficient_scope');
    expect((await service('PUT', admin, { ...operator, reason: 'r' })).body).toMatchObject({
      operator_caps: operator,
      in_force: { credits: { day: 2 }, resources: { images: { day: 3 } } },
    });
    expect((await service('GET', admin)).body.used).toEqual([
      { resource: null, day: 0, month: 0 },
      { resource: 'images', day: 3, month: 3 },
    ]);
    await service('POST', '/v1/credits/add', { organization_id: id, amount: 100, reference: 'start' });
    const decision = { token: member.token, organization_id: id, credits: 3 };
    expect((await service('POST', '/v1/authorize', decision)).body).toMatchObject({ reason: 'cap_exceeded' });
    await service('PATCH', `/v1/admin/organizations/${id}`, { status: 'suspended' });
    expectProblem(await as(owner, 'PUT', path, caps), 403, 'organization_suspended');
    expect((await call('GET', admin, { realm: 'acme', headers: INTERNAL })).status).toBe(404);
  });
});
