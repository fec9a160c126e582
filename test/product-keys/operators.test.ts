import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import { call, createApiKey, createRealm, expectProblem, INTERNAL, register } from '../support/api.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';
import { authorizeBy, payingUser, userKey } from '../support/product-keys.ts';
import { activityOf } from '../support/projection.ts';
import { organizationOf, organizationState } from '../support/wallet.ts';

const ofUser = (id: string, key = '') => `/users/${id}/api-keys${key && `/${key}`}`;
const ofOrganization = (id: string, key = '') => `/organizations/${id}/api-keys${key && `/${key}`}`;
const REVOKED = 'own_key_revoked';

/** What mails say to somebody of changes of their account. */
async function noticesTo(userId: string): Promise<object[]> {
  const sql = "SELECT data FROM outbox WHERE user_id = ? AND template = 'account_changed'";
  const { results } = await env.DB.prepare(sql).bind(userId).all<{ data: string }>();
  return results.map(({ data }) => JSON.parse(data));
}

const tellOf = (id: string) => runDurableObjectAlarm(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)));

const reasonOf = async (token: string) => (await authorizeBy(token)).body.reason;

async function keyOf(id: string, who: TestMember, body: object = {}) {
  const path = `/v1/organizations/${id}/api-keys`;
  const made = await call('POST', path, {
    token: who.token,
    realm: who.realm,
    body: { name: 'a key', ...body },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body as { id: string; key: string };
}

/** Whoever may not, of a realm in which something has keys at a path. */
async function refusals(path: string, target: string, absent: ErrorCode, acting: string | undefined) {
  await createRealm('key-operators').catch(() => {});
  const elsewhere = { realm: 'key-operators' };
  const [user, usage, admin] = [
    await register(),
    await createApiKey(['usage:write', 'users:read']),
    await createApiKey(['admin'], elsewhere),
  ];
  for (const method of ['GET', 'DELETE']) {
    const where = method === 'GET' ? path.replace(/\/apk_\w+$/, '') : path;
    const send = (options: object) => call(method, where, options);
    expectProblem(await send({}), 401, 'authentication_required');
    expectProblem(await send({ token: user.access_token }), 403, 'insufficient_scope');
    expectProblem(await send({ headers: usage.headers }), 403, 'insufficient_scope');
    expectProblem(await send({ headers: admin.headers }), 401, 'invalid_api_key');
    expectProblem(await send({ ...elsewhere, headers: admin.headers }), 404, absent);
    expectProblem(await send({ ...elsewhere, headers: INTERNAL }), 404, absent);
    if (acting) expectProblem(await send({ token: acting }), 403, 'insufficient_scope');
  }
  expect((await auditOf(target)).filter(({ action }) => action.endsWith('key_revoked'))).toEqual([]);
}

describe('/v1/admin/users/{id}/api-keys', () => {
  it('lists the keys of a user without their text, and revokes one: it is in both logs, and the user gets a mail', async () => {
    const user = await payingUser(10);
    const { id } = user.user;
    const [first, second] = [await userKey(user, { name: 'First' }), await userKey(user, { name: 'Second' })];
    await authorizeBy(first.key, { credits: 3, reference: 'r' });
    const listed = await asAdmin('GET', ofUser(id));
    expect(listed.body).toMatchObject({
      data: [{ name: 'Second' }, { name: 'First', used: [{ resource: null, day: 3, month: 3 }] }],
      next_cursor: null,
    });
    for (const { key } of [first, second]) expect(JSON.stringify(listed.body)).not.toContain(key.slice(-20));
    const revoked = await asAdmin('DELETE', ofUser(id, first.id), { body: { reason: 'Ticket 4711' } });
    expect(revoked.status, JSON.stringify(revoked.body)).toBe(204);
    expect(await reasonOf(first.key)).toBe('invalid_token');
    expect(await reasonOf(second.key)).toBeNull();
    expectProblem(await asAdmin('DELETE', ofUser(id, first.id)), 404, 'api_key_not_found');
    expect((await activityOf(id)).filter((type) => type === 'api_key_revoked')).toHaveLength(1);
    expect((await auditOf(id)).filter(({ action }) => action === 'user_key_revoked')).toMatchObject([
      {
        actor: 'internal',
        details: { api_key_id: first.id, name: 'First', reason: 'Ticket 4711' },
      },
    ]);
    const log = await call('GET', '/v1/me/activity', { token: user.access_token });
    expect(log.body.data[0]).toMatchObject({ type: 'api_key_revoked', session_id: null });
    expect(await noticesTo(id)).toContainEqual(
      expect.objectContaining({ change: REVOKED, about: 'First', device: null }),
    );
  });

  it('is there for whom the object knows nothing of, and for who is suspended', async () => {
    const user = await payingUser();
    const { id, key } = await userKey(user);
    await asAdmin('PUT', `/users/${user.user.id}/status`, { body: { status: 'suspended' } });
    expect((await asAdmin('GET', ofUser(user.user.id))).body.data).toHaveLength(1);
    expect((await asAdmin('DELETE', ofUser(user.user.id, id))).status).toBe(204);
    await asAdmin('PUT', `/users/${user.user.id}/status`, { body: { status: 'active' } });
    expect(await reasonOf(key)).toBe('invalid_token');
    const made = await asAdmin('POST', '/users', { body: { email: `k-${crypto.randomUUID()}@example.com` } });
    expect((await asAdmin('GET', ofUser(made.body.id))).body).toEqual({
      data: [],
      next_cursor: null,
      total: 0,
    });
    expectProblem(await asAdmin('GET', ofUser('usr_none')), 404, 'user_not_found');
    expectProblem(await asAdmin('DELETE', ofUser(made.body.id, id)), 404, 'api_key_not_found');
  });

  it('is for operators of the realm, in person or by a key, and for those above alone', async () => {
    const user = await payingUser();
    const { id } = await userKey(user);
    const acting = await asAdmin('POST', `/users/${user.user.id}/impersonate`, { body: { reason: 'help' } });
    await refusals(
      `/v1/admin${ofUser(user.user.id, id)}`,
      user.user.id,
      'user_not_found',
      acting.body.access_token,
    );
    const [owner, admin] = [await registerRole('owner'), await registerRole('admin')];
    const other = await payingUser();
    const key = await userKey(other);
    await asAdmin('PUT', `/users/${other.user.id}/role`, { body: { role: 'owner' } });
    const revoke = (token: string) => asAdmin('DELETE', ofUser(other.user.id, key.id), { token });
    expectProblem(await revoke(admin.access_token), 403, 'insufficient_scope');
    expect((await revoke(owner.access_token)).status).toBe(204);
  });
});

describe('/v1/admin/organizations/{id}/api-keys', () => {
  it('lists the keys, and revokes one: it is in the audit log, and those who manage keys get a mail', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const [admin, member] = [await join(id, owner, 'admin'), await join(id, owner, 'member')];
    const made = await keyOf(id, admin, { name: 'Shared' });
    const listed = await asAdmin('GET', ofOrganization(id));
    expect(listed.body.data).toMatchObject([{ id: made.id, name: 'Shared', created_by: admin.id }]);
    expect(JSON.stringify(listed.body)).not.toContain(made.key.slice(-20));
    const revoked = await asAdmin('DELETE', ofOrganization(id, made.id), { body: { reason: 'leaked' } });
    expect(revoked.status, JSON.stringify(revoked.body)).toBe(204);
    expect(await reasonOf(made.key)).toBe('invalid_token');
    expectProblem(await asAdmin('DELETE', ofOrganization(id, made.id)), 404, 'api_key_not_found');
    await tellOf(id);
    expect((await auditOf(id)).filter(({ action }) => action === 'organization_key_revoked')).toMatchObject([
      { actor: 'internal', details: { api_key_id: made.id, name: 'Shared', reason: 'leaked' } },
    ]);
    const said = { change: REVOKED, about: 'Shared', organization: 'Analytical Engines' };
    expect(await noticesTo(owner.id)).toMatchObject([said]);
    expect(await noticesTo(admin.id)).toMatchObject([said]);
    expect(await noticesTo(member.id)).toEqual([]);
  });

  it('revokes one of an organization that is suspended', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const { id: keyId } = await keyOf(id, owner);
    await asAdmin('PATCH', `/organizations/${id}`, { body: { status: 'suspended' } });
    expect((await asAdmin('DELETE', ofOrganization(id, keyId))).status).toBe(204);
    expect((await asAdmin('GET', ofOrganization(id))).body.data).toEqual([]);
  });

  it('is for operators of the realm', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const { id: keyId } = await keyOf(id, owner);
    await refusals(`/v1/admin${ofOrganization(id, keyId)}`, id, 'organization_not_found', owner.token);
    expect((await asAdmin('GET', ofOrganization(id))).body.data).toHaveLength(1);
  });
});

describe('the log of keys of an organization', () => {
  it('has what happened, and nothing that was refused', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const admin = await join(id, owner, 'admin');
    const { id: keyId } = await keyOf(id, admin);
    const acts = async () => {
      await tellOf(id);
      return (await auditOf(id)).map(({ action }) => action).filter((action) => action.includes('_key_'));
    };
    const path = `/v1/organizations/${id}/api-keys`;
    const ask = (method: string, where: string, body?: object) =>
      call(method, where, { token: admin.token, body });
    // The directory has let the admin in who is none any more by the time that the object is asked.
    await organizationOf(id).directoryChanged(organizationState(id, { version: 90 }), [
      { userId: admin.id, role: 'member', version: 90 },
    ]);
    for (const refused of [
      await ask('POST', path, { name: 'late' }),
      await ask('PATCH', `${path}/${keyId}`, { name: 'late' }),
      await ask('DELETE', `${path}/${keyId}`),
    ]) {
      expectProblem(refused, 409, 'conflict');
    }
    expect(await acts()).toEqual(['organization_key_created']);
    // Two revoke at once: one did.
    const both = await Promise.all(
      [1, 2].map(() => call('DELETE', `${path}/${keyId}`, { token: owner.token })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([204, 404]);
    expect(await acts()).toEqual(['organization_key_created', 'organization_key_revoked']);
  });
});
