import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OWN_KEYS } from '../../src/lib/realm.ts';
import { asAdmin } from '../support/admin.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  INTERNAL,
  register,
  registerVerified,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { operationsOf, readDocument } from '../support/contract.ts';
import { mailTo } from '../support/mail.ts';
import { authorizeBy, payingUser, secretOf, userKey } from '../support/product-keys.ts';
import { activityOf, project } from '../support/projection.ts';
import { ageProofs } from '../support/stale-proof.ts';

const HOUR = 3_600_000;

const NOBODY = {
  allowed: false,
  user_id: null,
  session_id: null,
  api_key: null,
  client_id: null,
  act: null,
  cnf: null,
  organization_id: null,
  role: null,
  plan: null,
  quota: null,
  balance: null,
  retry_after: null,
  reference: null,
};
const refusal = (reason: string, more: object = {}) => ({ ...NOBODY, reason, ...more });

const list = (token: string) => call('GET', '/v1/me/api-keys', { token });
const change = (token: string, id: string, body: object) =>
  call('PATCH', `/v1/me/api-keys/${id}`, { token, body });
const revoke = (token: string, id: string) => call('DELETE', `/v1/me/api-keys/${id}`, { token });

describe('/v1/me/api-keys', () => {
  it('makes a key, shows it once, lists it, changes it and revokes it', async () => {
    const user = await registerVerified();
    const token = user.access_token;
    const made = await call('POST', '/v1/me/api-keys', {
      token,
      body: {
        name: ' Nightly export ',
        scopes: ['images:write', 'images:write', 'images:read'],
        expires_in: 3600,
        caps: { credits: { day: 10 } },
        requests_per_minute: 5,
      },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const { key, ...shown } = made.body;
    expect(key).toMatch(/^lku_[0-9a-z]{26}_[\w-]{49}$/);
    expect(shown).toEqual({
      id: expect.stringMatching(/^apk_[0-9a-z]{26}$/),
      name: 'Nightly export',
      prefix: key.slice(0, -45),
      scopes: ['images:write', 'images:read'],
      caps: { credits: { day: 10 }, resources: {} },
      requests_per_minute: 5,
      created_by: user.user.id,
      created_at: expect.any(String),
      last_used_at: null,
      expires_at: expect.any(String),
      used: [],
    });
    const second = await userKey(user, { name: 'Second' });
    const listed = await list(token);
    expect(listed.body.data.map(({ name }: { name: string }) => name)).toEqual(['Second', 'Nightly export']);
    expect(listed.body.data[1]).toEqual(shown);
    expect(JSON.stringify(listed.body)).not.toContain(key.slice(-20));
    const changed = await change(token, second.id, { name: 'Other', caps: null, requests_per_minute: 7 });
    expect(changed.body).toMatchObject({ id: second.id, name: 'Other', requests_per_minute: 7, scopes: [] });
    expect((await revoke(token, second.id)).status).toBe(204);
    expectProblem(await revoke(token, second.id), 404, 'api_key_not_found');
    expectProblem(await change(token, second.id, { name: 'x' }), 404, 'api_key_not_found');
    expect((await list(token)).body.data).toHaveLength(1);
    expect((await activityOf(user.user.id)).filter((type) => type.startsWith('api_key'))).toEqual([
      'api_key_created',
      'api_key_created',
      'api_key_changed',
      'api_key_revoked',
    ]);
  });

  it('keeps no secret, only its hash', async () => {
    const user = await registerVerified();
    const { key } = await userKey(user);
    const kept = await runInDurableObject(accountOf(user.user.id), (_, { storage }) =>
      JSON.stringify([...storage.kv.list()]),
    );
    expect(kept).toContain('product_key:apk_');
    expect(kept).not.toContain(secretOf(key).slice(4));
  });

  it('is for a verified user in person with a fresh proof, and for their own keys', async () => {
    const user = await registerVerified();
    const { id } = await userKey(user);
    const body = { name: 'x' };
    const unverified = await register();
    expectProblem(
      await call('POST', '/v1/me/api-keys', { token: unverified.access_token, body }),
      403,
      'email_not_verified',
    );
    const anonymous = await call('POST', '/v1/auth/anonymous');
    if (anonymous.status === 201) {
      const token = anonymous.body.access_token;
      expectProblem(await call('POST', '/v1/me/api-keys', { token, body }), 403, 'email_not_verified');
    }
    const other = await registerVerified();
    expectProblem(await change(other.access_token, id, body), 404, 'api_key_not_found');
    expectProblem(await revoke(other.access_token, id), 404, 'api_key_not_found');
    expectProblem(await call('POST', '/v1/me/api-keys', { body }), 401, 'authentication_required');
    const acting = await asAdmin('POST', `/users/${user.user.id}/impersonate`, {
      body: { reason: 'support' },
    });
    expect(acting.status, JSON.stringify(acting.body)).toBe(201);
    const admin = acting.body.access_token;
    expect((await list(admin)).body.data).toHaveLength(1);
    for (const refused of [
      await call('POST', '/v1/me/api-keys', { token: admin, body }),
      await change(admin, id, body),
      await revoke(admin, id),
    ]) {
      expectProblem(refused, 403, 'impersonation_refused');
    }
    await ageProofs(user.user.id, 11 * 60_000);
    const token = user.access_token;
    expectProblem(await call('POST', '/v1/me/api-keys', { token, body }), 401, 'reauthentication_required');
    expectProblem(await change(token, id, body), 401, 'reauthentication_required');
    // Whoever finds that a key has leaked must not have to look for the password.
    expect((await revoke(token, id)).status).toBe(204);
  });

  it('has no more keys than there may be, whoever asks at once', async () => {
    const user = await registerVerified();
    const make = () => call('POST', '/v1/me/api-keys', { token: user.access_token, body: { name: 'x' } });
    const made = await Promise.all(Array.from({ length: DEFAULT_OWN_KEYS + 5 }, make));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(DEFAULT_OWN_KEYS);
    expectProblem(await make(), 409, 'too_many_api_keys');
    const realm = `none-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm, { own_api_keys: 0 });
    const { access_token: token } = await registerVerified({}, { realm });
    const none = await call('POST', '/v1/me/api-keys', { token, realm, body: { name: 'x' } });
    expectProblem(none, 409, 'too_many_api_keys');
  });

  it('are told of by mail, to whoever should know of one that they did not make', async () => {
    const { access_token: token, user } = await registerVerified();
    const made = await call('POST', '/v1/me/api-keys', { token, body: { name: 'Nightly export' } });
    await project(user.id);
    const mail = await mailTo(user.email, /^A new API key was made/);
    expect(mail.text).toContain('A new API key was made: Nightly export');
    expect(mail.text).toContain('/account/api-keys');
    expect(mail.text).not.toContain(made.body.key);
  });

  it('refuses what no key can be', async () => {
    const { access_token: token } = await registerVerified();
    for (const body of [
      {},
      { name: '' },
      { name: 'x', scopes: ['a b'] },
      { name: 'x', scopes: Array.from({ length: 33 }, (_, n) => `s${n}`) },
      { name: 'x', expires_at: '2020-01-01T00:00:00Z' },
      { name: 'x', expires_in: 1 },
      { name: 'x', expires_at: '9999-12-31T23:59:59-23:59' },
      { name: 'two\nlines' },
      { name: 'nul\0' },
      { name: 'x', expires_in: 60, expires_at: '2040-01-01T00:00:00Z' },
      { name: 'x', caps: { resources: { Images: { day: 1 } } } },
      { name: 'x', caps: { credits: {} } },
      { name: 'x', requests_per_minute: 0 },
      { name: 'x', requests_per_minute: 1e9 },
      { name: 'x', more: 1 },
    ]) {
      expectProblem(await call('POST', '/v1/me/api-keys', { token, body }), 422, 'validation_failed');
    }
    expectProblem(await change(token, 'apk_none', {}), 422, 'validation_failed');
    expectProblem(await revoke(token, 'x'.repeat(101)), 422, 'validation_failed');
  });
});

describe('authorize by a key of a user', () => {
  it('decides as for its owner, and says by which key', async () => {
    const user = await payingUser(10);
    const { key, id } = await userKey(user, { scopes: ['images:write'] });
    const ask = { resource: 'images', quantity: 2, credits: 4, reference: 'job', scope: 'images:write' };
    const answer = await authorizeBy(key, ask);
    expect(answer.body, JSON.stringify(answer.body)).toEqual({
      allowed: true,
      reason: null,
      user_id: user.user.id,
      session_id: null,
      api_key: { id, name: 'a key', scopes: ['images:write'] },
      client_id: null,
      act: null,
      cnf: null,
      organization_id: null,
      role: null,
      plan: 'free',
      quota: {
        resource: 'images',
        limit: 20,
        used: 2,
        remaining: 18,
        period: 'day',
        resets_at: expect.any(String),
      },
      balance: 6,
      retry_after: null,
      reference: 'job',
    });
    expect((await authorizeBy(key, ask)).body).toEqual(answer.body);
    const quota = await call('GET', '/v1/me/quota', { token: user.access_token });
    expect(quota.body.resources.images.used).toBe(2);
    const [shown] = (await list(user.access_token)).body.data;
    expect(shown).toMatchObject({
      last_used_at: expect.any(String),
      used: [
        { resource: null, day: 4, month: 4 },
        { resource: 'images', day: 2, month: 2 },
      ],
    });
    // Who asked for it is in the ledger, and by which key.
    const { body } = await call('GET', '/v1/me/credits/transactions', { token: user.access_token });
    expect(body.data[0]).toMatchObject({ amount: -4, member: id });
    expect(
      (await authorizeBy(key, { resource: 'images', quantity: 19, scope: 'images:write' })).body,
    ).toMatchObject({
      allowed: false,
      reason: 'quota_exceeded',
      user_id: user.user.id,
      retry_after: expect.any(Number),
    });
  });

  it('is one request for a reference, of one key', async () => {
    const user = await payingUser(10);
    const [first, second] = [await userKey(user), await userKey(user)];
    const ask = { credits: 1, reference: 'same' };
    expect((await authorizeBy(first.key, ask)).body).toMatchObject({ allowed: true, balance: 9 });
    for (const other of [second.key, user.access_token])
      expectProblem(await authorizeBy(other, ask), 409, 'reference_reused');
    const used = { resource: 'images', reference: 'by-token' };
    expect((await authorizeBy(user.access_token, used)).body.allowed).toBe(true);
    expectProblem(await authorizeBy(first.key, used), 409, 'reference_reused');
  });

  it('refuses a key that is revoked at the next decision, and says no more than of one that never was', async () => {
    const user = await payingUser();
    const { key, id } = await userKey(user);
    const expiring = await userKey(user, { expires_in: 3600 });
    expect((await authorizeBy(key)).body.allowed).toBe(true);
    expect((await authorizeBy(expiring.key)).body.allowed).toBe(true);
    await revoke(user.access_token, id);
    advance(HOUR);
    const never = `lku_${'0'.repeat(26)}_${'A'.repeat(43)}`;
    const other = `${key.slice(0, -49)}${'A'.repeat(43)}`;
    for (const none of [key, expiring.key, never, other, `${other}${key.slice(-6)}`, `${key}x`, 'lku_'])
      expect((await authorizeBy(none)).body).toEqual(refusal('invalid_token'));
    // Nobody's object is made by asking for a key.
    const made = await runInDurableObject(accountOf(`usr_${'0'.repeat(26)}`), (_, { storage }) => [
      ...storage.kv.list(),
    ]);
    expect(made).toEqual([]);
  });

  it('asks for its scopes, and takes no proof, permission or organization for granted', async () => {
    const user = await payingUser();
    const { key } = await userKey(user, { scopes: ['a:read', 'billing:manage'] });
    const reason = async (body: object) => (await authorizeBy(key, body)).body.reason;
    expect(await reason({ scope: 'a:read' })).toBeNull();
    expect((await authorizeBy(key, { scope: 'a:write' })).body).toEqual(refusal('insufficient_scope'));
    expect(await reason({ permission: 'billing:manage' })).toBe('insufficient_permission');
    expect(await reason({ max_age: 600 })).toBe('reauthentication_required');
    expect(await reason({ acr: 'aal1' })).toBe('reauthentication_required');
    expect(await reason({ organization_id: `org_${'0'.repeat(26)}` })).toBe('not_a_member');
    expect(await reason({ scope: 'a:read', organization_id: null })).toBeNull();
    // It is for its scopes alone: a service that asks for none does not have it.
    expect((await authorizeBy(key)).body).toEqual(refusal('insufficient_scope'));
  });

  it('works no more when its owner is suspended, deleted, or asked for in another realm', async () => {
    const user = await payingUser();
    const { key } = await userKey(user);
    await changeDirectory(user.user.id, { status: 'suspended' });
    expect((await authorizeBy(key)).body).toEqual(refusal('account_suspended'));
    await changeDirectory(user.user.id, { status: 'active' });
    expect((await authorizeBy(key)).body.allowed).toBe(true);
    const realm = `keys-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    expect((await authorizeBy(key, {}, realm)).body).toEqual(refusal('invalid_token'));
    const elsewhere = await payingUser(0, realm);
    const theirs = await userKey(elsewhere, {}, realm);
    expect((await authorizeBy(theirs.key, {}, realm)).body.allowed).toBe(true);
    expect((await authorizeBy(theirs.key)).body).toEqual(refusal('invalid_token'));
    const login = await call('POST', '/v1/auth/login', {
      body: { identifier: user.user.email, password: 'three lighthouses at dusk' },
    });
    const gone = await call('DELETE', '/v1/me', {
      token: login.body.access_token,
      body: { password: 'three lighthouses at dusk' },
    });
    expect(gone.status, JSON.stringify(gone.body)).toBe(204);
    expect((await authorizeBy(key)).body).toEqual(refusal('invalid_token'));
    const kept = await runInDurableObject(accountOf(user.user.id), (_, { storage }) =>
      [...storage.kv.list()].map(([name]) => name),
    );
    expect(kept.filter((name) => name.startsWith('product_key') || name === 'member_sums')).toEqual([]);
  });

  it('never uses more than its caps, for 200 at once', async () => {
    const user = await payingUser(1_000);
    const { key, id } = await userKey(user, {
      caps: { credits: { day: 30 }, resources: { images: { month: 7 } } },
    });
    const burst = (body: object) =>
      Promise.all(Array.from({ length: 200 }, async () => (await authorizeBy(key, body)).body));
    const charged = await burst({ credits: 4 });
    expect(charged.filter(({ allowed }) => allowed)).toHaveLength(7);
    expect(charged.find(({ allowed }) => !allowed)).toMatchObject({
      reason: 'cap_exceeded',
      retry_after: expect.any(Number),
      balance: 972,
    });
    const used = await burst({ resource: 'images' });
    expect(used.filter(({ allowed }) => allowed)).toHaveLength(7);
    const [{ used: sums }] = (await list(user.access_token)).body.data;
    expect(sums).toEqual([
      { resource: null, day: 28, month: 28 },
      { resource: 'images', day: 7, month: 7 },
    ]);
    // The owner is held to none of it.
    expect((await authorizeBy(user.access_token, { credits: 100, resource: 'images' })).body.allowed).toBe(
      true,
    );
    // What is given back can be used again, and what is summed up counts on.
    const { body } = await call('GET', '/v1/me/credits/transactions', { token: user.access_token });
    const row = body.data.find(({ member }: { member?: string }) => member === id);
    await call('POST', '/v1/credits/refund', {
      headers: INTERNAL,
      body: { user_id: user.user.id, refund_of: row.reference, reference: 'back' },
    });
    await activityOf(user.user.id);
    await evictDurableObject(accountOf(user.user.id));
    expect((await authorizeBy(key, { resource: 'images' })).body.reason).toBe('cap_exceeded');
    expect((await authorizeBy(key, { credits: 7 })).body.reason).toBe('cap_exceeded');
    expect((await authorizeBy(key, { credits: 6 })).body.allowed).toBe(true);
    expect((await authorizeBy(key, { credits: 1 })).body.reason).toBe('cap_exceeded');
    await change(user.access_token, id, { caps: null });
    expect((await authorizeBy(key, { credits: 100, resource: 'images' })).body.allowed).toBe(true);
  });

  it('begins a new day with a cap that is whole', async () => {
    const user = await payingUser(100);
    const { key } = await userKey(user, { caps: { credits: { day: 5, month: 12 } } });
    const ask = async (credits: number) => (await authorizeBy(key, { credits })).body.reason;
    const start = new Date();
    // The first of a month, at noon.
    advance(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1, 12) - Date.now());
    expect(await ask(5)).toBeNull();
    expect(await ask(1)).toBe('cap_exceeded');
    advance(24 * HOUR);
    expect(await ask(5)).toBeNull();
    advance(24 * HOUR);
    expect(await ask(3)).toBe('cap_exceeded');
    expect(await ask(2)).toBeNull();
  });

  it('is presented no more often than it may, and says when again', async () => {
    const user = await payingUser();
    const { key, id } = await userKey(user, { requests_per_minute: 3 });
    advance(0);
    const answers = await Promise.all(Array.from({ length: 20 }, () => authorizeBy(key)));
    expect(answers.filter(({ body }) => body.allowed)).toHaveLength(3);
    expect(answers.find(({ body }) => !body.allowed)?.body).toMatchObject({
      reason: 'rate_limited',
      retry_after: 60,
      user_id: user.user.id,
      api_key: { id },
    });
    advance(59_999);
    expect((await authorizeBy(key)).body.retry_after).toBe(1);
    advance(1);
    expect((await authorizeBy(key)).body.allowed).toBe(true);
    await change(user.access_token, id, { requests_per_minute: null });
    for (let n = 0; n < 5; n += 1) expect((await authorizeBy(key)).body.allowed).toBe(true);
  });

  it('counts for an account that was in use before it had a key', async () => {
    const user = await payingUser(50);
    const token = user.access_token;
    expect((await authorizeBy(token, { resource: 'images', credits: 3, reference: 'a' })).body.allowed).toBe(
      true,
    );
    await activityOf(user.user.id);
    expect((await authorizeBy(token, { resource: 'images', credits: 3, reference: 'b' })).body.allowed).toBe(
      true,
    );
    const { key } = await userKey(user, { caps: { credits: { day: 5 }, resources: {} } });
    const answer = await authorizeBy(key, { resource: 'images', credits: 5, reference: 'c' });
    expect(answer.body).toMatchObject({ allowed: true, quota: { used: 3 }, balance: 39 });
    await activityOf(user.user.id);
    await evictDurableObject(accountOf(user.user.id));
    const more = await authorizeBy(key, { credits: 1 });
    expect(more.body).toMatchObject({ allowed: false, reason: 'cap_exceeded', balance: 39 });
    // What the owner does themselves is nobody's, and what is repeated is the same.
    expect((await authorizeBy(token, { resource: 'images', credits: 3, reference: 'b' })).body.allowed).toBe(
      true,
    );
    const reserved = { user_id: user.user.id, resource: 'images', quantity: 1, reference: 'r' };
    expect(
      (await call('POST', '/v1/usage/reservations', { headers: INTERNAL, body: reserved })).status,
    ).toBeLessThan(300);
  });
});

it('opens nothing: a walk over all operations with a key as bearer and as API key', async () => {
  const user = await payingUser();
  const { key } = await userKey(user);
  const opened: string[] = [];
  for (const operation of operationsOf(await readDocument())) {
    const { operationId, 'x-level': level } = operation.definition;
    if (level?.users === 'anybody') continue;
    const path = operation.path.replaceAll(/\{[^}]*\}/g, 'x');
    const asKey = level?.users === 'optional' ? [] : [{ headers: { 'x-api-key': key } }];
    for (const options of [{ token: key }, ...asKey]) {
      const body = ['GET', 'DELETE'].includes(operation.method) ? {} : { body: {} };
      const { status } = await call(operation.method, path, { ...options, ...body });
      if (status !== 401) opened.push(`${operationId} ${Object.keys(options)[0]} ${status}`);
    }
  }
  expect(opened).toEqual([]);
});
