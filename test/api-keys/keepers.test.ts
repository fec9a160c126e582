import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import {
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  INTERNAL,
  login,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { tokenTo } from '../support/mail.ts';
import { cookieOf, open, submit } from '../support/visitor.ts';

const PATH = '/v1/admin/api-keys';

let owner: SignedInBody;
let maker: SignedInBody;
beforeEach(async () => {
  owner = await registerRole('owner');
  maker = await registerRole('admin');
});

async function make(scopes: string[], by: object = { token: maker.access_token }) {
  const { status, body } = await call<any>('POST', PATH, { ...by, body: { name: 'a key', scopes } });
  expect(status, JSON.stringify(body)).toBe(201);
  return { ...body, headers: { 'x-api-key': body.key as string } };
}
const isIn = async ({ headers }: { headers: Record<string, string> }, path = '/v1/admin/users') =>
  (await call('GET', path, { headers })).status !== 401;
const listed = async (id: string, query = '') => {
  const { body } = await call('GET', `${PATH}${query}`, { token: owner.access_token });
  return body.data.find((key: { id: string }) => key.id === id);
};
const takeOver = (id: string, token = owner.access_token) =>
  call<any>('POST', `${PATH}/${id}/take-over`, { token });

describe.each([
  ['loses the role', () => changeDirectory(maker.user.id, { role: 'user' })],
  ['is suspended', () => changeDirectory(maker.user.id, { status: 'suspended' })],
  ['is deleted', () => asAdmin('DELETE', `/users/${maker.user.id}`)],
] as [string, () => Promise<unknown>][])('when the maker of a key %s', (_, leave) => {
  it('one with the scope `admin` is suspended at once, until an owner takes it over', async () => {
    const key = await make(['admin']);
    expect(await isIn(key)).toBe(true);
    expect(await listed(key.id)).toMatchObject({ keeper: maker.user.id, suspended: false });
    await leave();
    const refused = await call('GET', '/v1/admin/users', { headers: key.headers });
    expectProblem(refused, 401, 'invalid_api_key');
    expect(refused.body.detail).toContain('An owner can take it over');
    expect(await listed(key.id, '?kept=false')).toMatchObject({ keeper: null, suspended: true });
    expect(await listed(key.id, '?kept=true')).toBeUndefined();

    const taken = await takeOver(key.id);
    expect(taken.body).toMatchObject({ id: key.id, keeper: owner.user.id, suspended: false });
    expect(taken.body).not.toHaveProperty('key');
    expect(await isIn(key)).toBe(true);
    expect((await auditOf(key.id)).at(-1)).toMatchObject({
      actor: owner.user.id,
      action: 'api_key_taken_over',
      details: { before: { keeper: maker.user.id }, after: { keeper: owner.user.id } },
    });
  });

  it('the others go on, and are listed as without a keeper', async () => {
    const key = await make(['users:read']);
    await leave();
    expect(await isIn(key, '/v1/users/usr_x')).toBe(true);
    expect(await listed(key.id, '?kept=false')).toMatchObject({ keeper: null, suspended: false });
    expect((await takeOver(key.id)).status).toBe(200);
    expect(await listed(key.id)).toMatchObject({ keeper: owner.user.id });
  });

  it('keys that the key has made go with it', async () => {
    const first = await make(['admin']);
    const second = await make(['admin'], { headers: first.headers });
    const third = await make(['admin'], { headers: second.headers });
    await leave();
    for (const key of [first, second, third]) expect(await isIn(key)).toBe(false);
    expect((await takeOver(third.id)).status).toBe(200);
    expect(await isIn(third)).toBe(true);
    expect(await isIn(second)).toBe(false);
  });
});

it('makes no admin any more when its maker is none', async () => {
  const key = await make(['admin']);
  const user = await registerVerified();
  await changeDirectory(maker.user.id, { role: 'user' });
  const answer = await call('PUT', `/v1/admin/users/${user.user.id}/role`, {
    headers: key.headers,
    body: { role: 'admin' },
  });
  expectProblem(answer, 401, 'invalid_api_key');
});

describe.each([
  ['the role', { role: 'user' }, { role: 'admin' }],
  ['the account', { status: 'suspended' }, { status: 'active' }],
] as const)('when the maker gets %s back', (_, leave, comeBack) => {
  it('a key with the scope `admin` stays suspended until an owner takes it over, the others are kept again', async () => {
    const [key, other] = [await make(['admin']), await make(['users:read'])];
    await changeDirectory(maker.user.id, leave);
    await changeDirectory(maker.user.id, comeBack);
    expect(await isIn(key)).toBe(false);
    expect(await listed(key.id, '?kept=false')).toMatchObject({ keeper: null, suspended: true });
    expect(await listed(other.id, '?kept=true')).toMatchObject({ keeper: maker.user.id, suspended: false });
    expect((await takeOver(key.id)).status).toBe(200);
    expect(await isIn(key)).toBe(true);
    const again = (await login(maker.user.email)).body;
    expect(await isIn(await make(['admin'], { token: again.access_token }))).toBe(true);
  });
});

it('is refused also where it was never used meanwhile, and to an owner who was one of another realm’s', async () => {
  await createRealm('keepers-elsewhere');
  const visitor = await registerRole('owner');
  const by = { token: visitor.access_token, realm: 'keepers-elsewhere' };
  const key = await make(['admin'], by);
  await changeDirectory(visitor.user.id, { role: 'admin' });
  await changeDirectory(visitor.user.id, { role: 'owner' });
  const used = await call('GET', '/v1/admin/users', { headers: key.headers, realm: 'keepers-elsewhere' });
  expectProblem(used, 401, 'invalid_api_key');
});

describe('the text of a key with the scope `admin`', () => {
  const rotate = (id: string, by: object) => call<any>('POST', `${PATH}/${id}/rotate`, { ...by, body: {} });

  it('is shown again to its keeper and to owners, never to a peer, who would be admin by it for good', async () => {
    const key = await make(['admin']);
    const peer = await registerRole('admin');
    const peers = await make(['admin'], { token: peer.access_token });
    for (const by of [{ token: peer.access_token }, { headers: peers.headers }]) {
      expectProblem(await rotate(key.id, by), 403, 'insufficient_scope');
    }
    expect(await isIn(key)).toBe(true);
    for (const by of [
      { token: maker.access_token },
      { headers: key.headers },
      { token: owner.access_token },
    ]) {
      expect((await rotate(key.id, by)).status).toBe(200);
    }
    const other = await make(['users:read']);
    expect((await rotate(other.id, { token: peer.access_token })).status).toBe(200);
  });

  it('of the bootstrap key’s is no admin’s either', async () => {
    const key = await make(['admin'], { headers: INTERNAL });
    expectProblem(await rotate(key.id, { token: maker.access_token }), 403, 'insufficient_scope');
  });
});

it('ends with all keys that it has made when the account of its maker is recovered', async () => {
  const first = await make(['admin']);
  const second = await make(['admin'], { headers: first.headers });
  const third = await make(['admin'], { headers: second.headers });
  await call('DELETE', `${PATH}/${second.id}`, { headers: third.headers });
  const taken = await make(['admin'], { token: owner.access_token });
  await env.DB.prepare('UPDATE api_keys SET keeper = ? WHERE id = ?').bind(maker.user.id, taken.id).run();
  await call('POST', '/v1/auth/password/forgot', { body: { email: maker.user.email } });
  const token = await tokenTo(maker.user.email, /^Reset your/);
  const reset = await call('POST', '/v1/auth/password/reset', {
    body: { token, password: 'five lighthouses at noon' },
  });
  expect(reset.status, JSON.stringify(reset.body)).toBe(204);
  for (const key of [first, third]) {
    expect((await listed(key.id)).revoked_at, key.id).not.toBeNull();
  }
  // What somebody else has made goes on: production does not stop.
  expect((await listed(taken.id)).revoked_at).toBeNull();
});

it('ends who acts as a user by it', async () => {
  const key = await make(['admin']);
  const user = await registerVerified();
  const path = `/v1/admin/users/${user.user.id}/impersonate`;
  const acting = await call('POST', path, { headers: key.headers, body: { reason: 'a test' } });
  const token = acting.body.access_token;
  expect((await call('GET', '/v1/me', { token })).status).toBe(200);
  await changeDirectory(maker.user.id, { role: 'user' });
  expectProblem(await call('GET', '/v1/me', { token }), 401, 'session_ended');
});

it('is taken over by owners only, in their own realm or another, and not when it is revoked', async () => {
  const key = await make(['admin']);
  const peer = await registerRole('admin');
  expectProblem(await takeOver(key.id, peer.access_token), 403, 'insufficient_scope');
  expectProblem(await takeOver('key_x'), 404, 'api_key_not_found');
  await call('DELETE', `${PATH}/${key.id}`, { token: owner.access_token });
  expectProblem(await takeOver(key.id), 404, 'api_key_not_found');
});

it('in the dashboard says that it is suspended, and an owner takes it over there', async () => {
  const key = await make(['admin']);
  await changeDirectory(maker.user.id, { role: 'user' });
  const peer = await registerRole('admin');
  const asPeer = await open('/admin/keys', { cookie: await cookieOf(peer) });
  expect(asPeer.body).toContain('Suspended');
  expect(asPeer.body).not.toContain('value="take_over"');
  const cookie = await cookieOf(owner);
  expect((await open('/admin/keys', { cookie })).body).toContain('value="take_over"');
  const answer = await submit('/admin/keys', { form: 'take_over', key: key.id }, { cookie });
  expect(answer.headers.get('location')).toBe('/admin/keys?done=taken_over');
  expect(await isIn(key)).toBe(true);
});

it('is kept by whoever began the chain of makers, also in keys from before', async () => {
  const now = Date.now();
  const insert = (id: string, by: string) =>
    env.DB.prepare(
      `INSERT INTO api_keys (id, realm_id, name, scopes, prefix, hash, created_by, created_at)
       VALUES (?, 'default', 'old', '["admin"]', 'x', 'x', ?, ?)`,
    )
      .bind(id, by, now)
      .run();
  const [a, b, c] = ['key_a', 'key_b', 'key_c'].map((id) => `${id}${now}`) as [string, string, string];
  await insert(a, maker.user.id);
  await insert(b, a);
  await insert(c, 'key_that_is_gone');
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name === '0015_levels.sql');
  const backfill = migration?.queries.find((query) => query.includes('UPDATE api_keys')) as string;
  await env.DB.prepare(backfill).run();
  const { results } = await env.DB.prepare(
    'SELECT id, keeper FROM api_keys WHERE id IN (?, ?, ?) ORDER BY id',
  )
    .bind(a, b, c)
    .all();
  expect(results.map(({ keeper }) => keeper)).toEqual([maker.user.id, maker.user.id, null]);
});
