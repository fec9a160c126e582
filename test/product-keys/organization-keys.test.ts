import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { auditOf } from '../support/admin.ts';
import { call, changeDirectory, createRealm, expectProblem, INTERNAL } from '../support/api.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';
import { authorizeBy, userKey } from '../support/product-keys.ts';
import { ageProofs } from '../support/stale-proof.ts';
import { organizationOf, organizationState } from '../support/wallet.ts';

const path = (id: string, key = '') => `/v1/organizations/${id}/api-keys${key && `/${key}`}`;
const ask = (method: string, where: string, { token, realm }: TestMember, body?: object) =>
  call(method, where, { token, realm, body });

async function keyOf(id: string, who: TestMember, body: object = {}) {
  const made = await ask('POST', path(id), who, { name: 'a key', ...body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body as { id: string; key: string };
}

async function team(credits = 100, realm?: string) {
  const owner = await person(realm);
  const id = await foundedBy(owner);
  const body = { organization_id: id, amount: credits, reference: 'start' };
  const added = await call('POST', '/v1/credits/add', { headers: INTERNAL, realm, body });
  expect(added.status, JSON.stringify(added.body)).toBe(200);
  // Who may use something has a plan.
  await call('PATCH', `/v1/admin/organizations/${id}`, { headers: INTERNAL, realm, body: { plan: 'free' } });
  return { owner, id };
}

/** Has the object tell the directory now; false when it had nothing to tell. */
const tellOf = (id: string) => runDurableObjectAlarm(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)));

const reasonOf = async (token: string, body: object = {}, realm?: string) =>
  (await authorizeBy(token, body, realm)).body.reason;

describe('/v1/organizations/{id}/api-keys', () => {
  it('is of who may manage keys, and says so in the audit log', async () => {
    const { owner, id } = await team();
    const [admin, member, stranger] = [
      await join(id, owner, 'admin'),
      await join(id, owner, 'member'),
      await person(),
    ];
    const { key, id: keyId } = await keyOf(id, admin, { scopes: ['images:write'] });
    expect(key).toMatch(/^lko_[0-9a-z]{26}_[\w-]{49}$/);
    const other = { id: await foundedBy(stranger) };
    for (const [method, where, body] of [
      ['GET', path(id), undefined],
      ['POST', path(id), { name: 'x' }],
      ['PATCH', path(id, keyId), { name: 'x' }],
      ['DELETE', path(id, keyId), undefined],
    ] as const) {
      expectProblem(await ask(method, where, member, body), 403, 'insufficient_permission');
      expectProblem(await ask(method, where, stranger, body), 404, 'organization_not_found');
      expectProblem(await call(method, where, { body }), 401, 'authentication_required');
    }
    expectProblem(await ask('DELETE', path(other.id, keyId), stranger), 404, 'api_key_not_found');
    expectProblem(await ask('PATCH', path(id, 'apk_none'), owner, { name: 'x' }), 404, 'api_key_not_found');
    const changed = await ask('PATCH', path(id, keyId), owner, { name: 'Other', requests_per_minute: 9 });
    expect(changed.body).toMatchObject({ id: keyId, name: 'Other', created_by: admin.id });
    const listed = await ask('GET', path(id), admin);
    expect(listed.body.data).toHaveLength(1);
    expect(JSON.stringify(listed.body)).not.toContain(key.slice(-20));
    expect((await ask('DELETE', path(id, keyId), admin)).status).toBe(204);
    expect(await tellOf(id)).toBe(true);
    const acts = (await auditOf(id)).filter(({ action }) => action.startsWith('organization_key'));
    expect(acts).toMatchObject([
      { actor: admin.id, action: 'organization_key_created', details: { api_key_id: keyId, name: 'a key' } },
      { actor: owner.id, action: 'organization_key_changed', details: { changed: ['name', 'perMinute'] } },
      { actor: admin.id, action: 'organization_key_revoked', details: { api_key_id: keyId, name: 'Other' } },
    ]);
    expect(JSON.stringify(await auditOf(id))).not.toContain(key.slice(-20));
    await ageProofs(admin.id, 11 * 60_000);
    expectProblem(await ask('POST', path(id), admin, { name: 'x' }), 401, 'reauthentication_required');
  });

  it('gives no key a permission that its maker does not have', async () => {
    const { owner, id } = await team();
    const admin = await join(id, owner, 'admin');
    const body = { name: 'x', scopes: ['images:write', 'billing:manage'] };
    expectProblem(await ask('POST', path(id), admin, body), 403, 'insufficient_permission');
    const { id: keyId, key } = await keyOf(id, admin, { scopes: ['billing:read'] });
    expectProblem(
      await ask('PATCH', path(id, keyId), admin, { scopes: ['billing:manage'] }),
      403,
      'insufficient_permission',
    );
    expect(await reasonOf(key, { permission: 'billing:read' })).toBeNull();
    expect(await reasonOf(key, { permission: 'billing:manage' })).toBe('insufficient_permission');
    expect((await ask('PATCH', path(id, keyId), owner, { scopes: ['billing:manage'] })).status).toBe(200);
    expect(await reasonOf(key, { permission: 'billing:manage' })).toBeNull();
  });
});

describe('authorize by a key of an organization', () => {
  it('uses what the organization has, on nobody’s behalf but the key’s', async () => {
    const { owner, id } = await team();
    const { key, id: keyId } = await keyOf(id, owner);
    // Caps of members are none of a key's.
    await ask('PUT', `/v1/organizations/${id}/caps`, owner, { credits: { day: 1 } });
    const asked = { resource: 'images', quantity: 2, credits: 4, reference: 'job' };
    const answer = await authorizeBy(key, asked);
    expect(answer.body, JSON.stringify(answer.body)).toMatchObject({
      allowed: true,
      user_id: null,
      session_id: null,
      api_key: { id: keyId, name: 'a key', scopes: [] },
      organization_id: id,
      role: null,
      plan: 'free',
      quota: { used: 2 },
      balance: 96,
    });
    expect((await authorizeBy(key, { ...asked, organization_id: id })).body).toEqual(answer.body);
    expect(await reasonOf(key, { organization_id: null })).toBe('not_a_member');
    expect(await reasonOf(key, { organization_id: `org_${'0'.repeat(26)}` })).toBe('not_a_member');
    expectProblem(await authorizeBy((await keyOf(id, owner)).key, asked), 409, 'reference_reused');
    const by = await ask('GET', `/v1/organizations/${id}/usage/members`, owner);
    expect(by.body.data).toEqual([
      { member: keyId, resource: null, quantity: 4 },
      { member: keyId, resource: 'images', quantity: 2 },
    ]);
    const own = (await ask('GET', path(id), owner)).body.data.find((one: { id: string }) => one.id === keyId);
    expect(own.used).toEqual([
      { resource: null, day: 4, month: 4 },
      { resource: 'images', day: 2, month: 2 },
    ]);
  });

  it('never uses more than its caps, for 200 at once', async () => {
    const { owner, id } = await team(1_000);
    const caps = { credits: { month: 30 }, resources: { images: { day: 7 } } };
    const { key, id: keyId } = await keyOf(id, owner, { caps });
    const burst = (body: object) =>
      Promise.all(Array.from({ length: 200 }, async () => (await authorizeBy(key, body)).body));
    expect((await burst({ credits: 4 })).filter(({ allowed }) => allowed)).toHaveLength(7);
    const used = await burst({ resource: 'images' });
    expect(used.filter(({ allowed }) => allowed)).toHaveLength(7);
    expect(used.find(({ allowed }) => !allowed)).toMatchObject({ reason: 'cap_exceeded', balance: 972 });
    await tellOf(id);
    expect(await reasonOf(key, { credits: 3 })).toBe('cap_exceeded');
    expect(await reasonOf(key, { credits: 2 })).toBeNull();
    await ask('PATCH', path(id, keyId), owner, { caps: null, requests_per_minute: 1 });
    expect(await reasonOf(key, { credits: 100 })).toBeNull();
    expect(await reasonOf(key)).toBe('rate_limited');
  });

  it('stays when its maker is removed, and ends with the organization', async () => {
    const { owner, id } = await team();
    const admin = await join(id, owner, 'admin');
    const { key, id: keyId } = await keyOf(id, admin);
    const second = await keyOf(id, owner);
    const gone = await ask('DELETE', `/v1/organizations/${id}/members/${admin.id}`, owner);
    expect(gone.status).toBe(204);
    expect(await reasonOf(key)).toBeNull();
    expectProblem(await ask('DELETE', path(id, keyId), admin), 404, 'organization_not_found');
    await changeDirectory(admin.id, { status: 'suspended' });
    expect(await reasonOf(key)).toBeNull();
    await ask('DELETE', path(id, keyId), owner);
    expect(await reasonOf(key)).toBe('invalid_token');
    await organizationOf(id).directoryChanged(
      organizationState(id, { version: 99, status: 'suspended' }),
      [],
    );
    expect((await authorizeBy(second.key)).body).toMatchObject({
      reason: 'organization_suspended',
      organization_id: null,
      api_key: null,
    });
    await organizationOf(id).directoryChanged(organizationState(id, { version: 100 }), []);
    expect(await reasonOf(second.key)).toBeNull();
    expect((await ask('DELETE', `/v1/organizations/${id}`, owner)).status).toBe(204);
    expect(await reasonOf(second.key)).toBe('invalid_token');
  });

  it('is of one realm, and no key of a user is one of an organization', async () => {
    const realm = `lko-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const { owner, id } = await team(5, realm);
    const { key } = await keyOf(id, owner);
    expect(await reasonOf(key, {}, realm)).toBeNull();
    expect(await reasonOf(key)).toBe('invalid_token');
    const own = await userKey({ access_token: owner.token } as never, {}, realm);
    expect(await reasonOf(own.key.replace('lku_', 'lko_'), {}, realm)).toBe('invalid_token');
    expect(await reasonOf(key.replace('lko_', 'lku_'), {}, realm)).toBe('invalid_token');
  });
});
