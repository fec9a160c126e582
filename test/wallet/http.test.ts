import { describe, expect, it } from 'vitest';
import { call, expectProblem, INTERNAL } from '../support/api.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';

const service = (method: string, path: string, body?: object) =>
  call(method, path, { headers: INTERNAL, ...(body && { body }) });

const as = (who: TestMember, method: string, path: string, body?: object) =>
  call(method, path, { token: who.token, ...(body && { body }) });

async function team() {
  const owner = await person();
  const id = await foundedBy(owner);
  // Without one that somebody has given it, nothing is used in it.
  expect((await service('PATCH', `/v1/admin/organizations/${id}`, { plan: 'free' })).status).toBe(200);
  const member = await join(id, owner, 'member');
  const path = `/v1/organizations/${id}`;
  return { owner, member, id, path };
}

describe('services and an organization', () => {
  it('use its quota, for nobody or for a member, and hold it', async () => {
    const { id, member, owner, path } = await team();
    const stranger = await person();
    const use = (more: object) => service('POST', '/v1/usage', { resource: 'images', ...more });
    const forNobody = await use({ organization_id: id, quantity: 2, reference: 'a' });
    expect(forNobody.body).toMatchObject({ organization_id: id, quota: { used: 2 } });
    const forMember = await use({ organization_id: id, user_id: member.id, reference: 'b' });
    expect(forMember.body).toMatchObject({ organization_id: id, user_id: member.id, quota: { used: 3 } });
    expectProblem(await use({ organization_id: id, user_id: stranger.id }), 403, 'not_a_member');
    expectProblem(await use({ organization_id: `org_${'0'.repeat(26)}` }), 404, 'organization_not_found');
    expectProblem(await use({}), 422, 'validation_failed');
    const held = await service('POST', '/v1/usage/reservations', {
      organization_id: id,
      user_id: member.id,
      resource: 'images',
      quantity: 4,
      reference: 'held',
    });
    expect(held.body.reservation.status).toBe('held');
    const end = { organization_id: id, quantity: 1 };
    const committed = await service('POST', '/v1/usage/reservations/held/commit', end);
    expect(committed.body).toMatchObject({ reservation: { status: 'committed' }, quota: { used: 4 } });
    expect((await as(member, 'GET', `${path}/quota`)).body.resources.images.used).toBe(4);
    // Nothing of it is of the member alone.
    expect((await as(member, 'GET', '/v1/me/quota')).body.resources.images.used).toBe(0);
    expectProblem(await as(stranger, 'GET', `${path}/quota`), 404, 'organization_not_found');
    const tokens = { organization_id: id, model: 'small', input_tokens: 5, output_tokens: 2 };
    expectProblem(await as(member, 'POST', '/v1/me/tokens', tokens), 403, 'insufficient_permission');
    expect((await as(owner, 'POST', '/v1/me/tokens', tokens)).status).toBe(200);
    expectProblem(await as(stranger, 'POST', '/v1/me/tokens', tokens), 403, 'not_a_member');
    const days = await as(member, 'GET', `${path}/usage`);
    const date = new Date().toISOString().slice(0, 10);
    expect(days.body.data).toEqual([
      { date, resource: 'images', quantity: 4 },
      { date, resource: 'tokens', quantity: 7 },
    ]);
    expectProblem(await as(member, 'GET', `${path}/usage/members`), 403, 'insufficient_permission');
    const first = await as(owner, 'GET', `${path}/usage/members?limit=1`);
    const rest = await as(owner, 'GET', `${path}/usage/members?cursor=${first.body.next_cursor}`);
    expect([...first.body.data, ...rest.body.data]).toEqual(
      [
        { member: member.id, resource: 'images', quantity: 2 },
        { member: owner.id, resource: 'tokens', quantity: 7 },
        { member: 'internal', resource: 'images', quantity: 2 },
      ].toSorted((one, two) => (one.member < two.member ? -1 : 1)),
    );
    expect((await as(owner, 'GET', `${path}/usage/models`)).body.data).toEqual([
      { model: 'small', input_tokens: 5, output_tokens: 2, requests: 1 },
    ]);
  });

  it('add, use and give back its credits, and read its ledger', async () => {
    const { id, member, owner, path } = await team();
    const of = { organization_id: id };
    const add = await service('POST', '/v1/credits/add', { ...of, amount: 100, reference: 'start' });
    expect(add.body.balance).toBe(100);
    const use = { ...of, user_id: member.id, amount: 30, reference: 'job' };
    expect((await service('POST', '/v1/credits/use', use)).body).toMatchObject({
      balance: 70,
      transaction: { member: member.id, by: 'service' },
    });
    const back = { ...of, amount: 10, refund_of: 'job', reference: 'back' };
    expect((await service('POST', '/v1/credits/refund', back)).body.balance).toBe(80);
    const balance = await service('GET', `/v1/credits/balance?organization_id=${id}`);
    expect(balance.body).toMatchObject({ organization_id: id, balance: 80 });
    const ledger = await service('GET', `/v1/credits/transactions?organization_id=${id}`);
    expect(ledger.body.data.map((row: any) => [row.type, row.amount, row.member])).toEqual([
      ['refund', 10, member.id],
      ['used', -30, member.id],
      ['added', 100, 'internal'],
    ]);
    expect((await as(owner, 'GET', `${path}/credits`)).body).toEqual({
      organization_id: id,
      balance: 80,
      reserved: 0,
      sources: [{ source: 'gift', amount: 80, expiring: [] }],
    });
    expect((await as(owner, 'GET', `${path}/credits/transactions`)).body.data).toEqual(ledger.body.data);
    for (const what of ['credits', 'credits/transactions'])
      expectProblem(await as(member, 'GET', `${path}/${what}`), 403, 'insufficient_permission');
  });

  it('end what they began for a member who has left since: nobody begins anything more for them', async () => {
    const { id, member, owner, path } = await team();
    const of = { organization_id: id, user_id: member.id };
    const hold = (reference: string) =>
      service('POST', '/v1/usage/reservations', { ...of, resource: 'images', quantity: 4, reference });
    for (const reference of ['done', 'given-up']) expect((await hold(reference)).status).toBe(200);
    await service('POST', '/v1/credits/add', { organization_id: id, amount: 50, reference: 'start' });
    await service('POST', '/v1/credits/use', { ...of, amount: 30, reference: 'job' });
    expect((await as(owner, 'DELETE', `${path}/members/${member.id}`)).status).toBe(204);
    expectProblem(await hold('more'), 403, 'not_a_member');
    expectProblem(
      await service('POST', '/v1/credits/use', { ...of, amount: 1, reference: 'late' }),
      403,
      'not_a_member',
    );
    const ended = await service('POST', '/v1/usage/reservations/done/commit', { ...of, quantity: 3 });
    expect(ended.body).toMatchObject({ reservation: { status: 'committed' }, quota: { used: 3 } });
    expect((await service('POST', '/v1/usage/reservations/given-up/release', of)).status).toBe(200);
    const back = { ...of, refund_of: 'job', reference: 'back' };
    expect((await service('POST', '/v1/credits/refund', back)).body).toMatchObject({
      balance: 50,
      transaction: { member: member.id },
    });
    expect((await as(owner, 'GET', `${path}/usage/members`)).body.data).toEqual([
      { member: member.id, resource: null, quantity: 0 },
      { member: member.id, resource: 'images', quantity: 3 },
    ]);
  });

  it('is one of its realm', async () => {
    const { id } = await team();
    const elsewhere = await call('POST', '/v1/usage', {
      realm: 'acme',
      headers: INTERNAL,
      body: { organization_id: id, resource: 'images' },
    });
    expect(elsewhere.status).toBe(404);
  });
});

describe('caps', () => {
  it('are set by who may, and hold from the next decision on', async () => {
    const { id, member, owner, path } = await team();
    await service('POST', '/v1/credits/add', { organization_id: id, amount: 100, reference: 'start' });
    const caps = { credits: { day: 10 }, resources: { images: { day: 2 } } };
    expectProblem(await as(member, 'PUT', `${path}/caps`, caps), 403, 'insufficient_permission');
    expect((await as(owner, 'PUT', `${path}/caps`, caps)).body).toEqual({ everybody: caps });
    expect((await as(member, 'GET', `${path}/caps`)).body).toEqual({ everybody: caps });
    const use = (quantity: number) =>
      service('POST', '/v1/usage', { organization_id: id, user_id: member.id, resource: 'images', quantity });
    expect((await use(2)).status).toBe(200);
    const refused = await use(1);
    expectProblem(refused, 429, 'cap_exceeded');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const decision = await service('POST', '/v1/authorize', {
      token: member.token,
      organization_id: id,
      credits: 11,
    });
    expect(decision.body).toMatchObject({ allowed: false, reason: 'cap_exceeded', balance: 100 });
    const mine = `${path}/members/${member.id}/caps`;
    expect((await as(member, 'GET', mine)).body).toEqual({
      everybody: caps,
      own: null,
      used: [
        { resource: null, day: 0, month: 0 },
        { resource: 'images', day: 2, month: 2 },
      ],
    });
    expectProblem(await as(member, 'PUT', mine, {}), 403, 'insufficient_permission');
    const own = { credits: { day: null }, resources: { images: { day: 3 } } };
    expect((await as(owner, 'PUT', mine, own)).body).toMatchObject({ own });
    expect((await use(1)).status).toBe(200);
    expectProblem(await use(1), 429, 'cap_exceeded');
    const again = await service('POST', '/v1/authorize', {
      token: member.token,
      organization_id: id,
      credits: 11,
    });
    expect(again.body).toMatchObject({ allowed: true, balance: 89 });
    expect((await as(owner, 'PUT', mine, {})).body).toMatchObject({ own: null });
    const nobody = `${path}/members/usr_${'0'.repeat(26)}/caps`;
    expectProblem(await as(owner, 'PUT', nobody, {}), 404, 'member_not_found');
    expectProblem(await as(owner, 'PUT', mine, { credits: { day: -1 } }), 422, 'validation_failed');
    const theirs = `${path}/members/${owner.id}/caps`;
    expectProblem(await as(member, 'GET', theirs), 403, 'insufficient_permission');
  });
});
