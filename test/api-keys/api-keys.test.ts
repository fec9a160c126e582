import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import type { SessionObjects } from '../../src/account/contract.ts';
import { ApiKeys } from '../../src/api-keys/service.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { responsesAreOver } from '../support/after-response.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  ORIGIN,
  PASSWORD,
  register,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { PATIENCE } from '../support/patience.ts';
import { NO_STANDBY } from '../support/standby.ts';

const objects = accountOf as unknown as SessionObjects;
const { directory } = createServices(env as unknown as Bindings);

const PATH = '/v1/admin/api-keys';

/** Whether a key is accepted, by an endpoint that any key with `users:read` may ask. */
async function accepts(key: string, realm?: string): Promise<boolean> {
  const answer = await call('GET', '/v1/users/usr_nobody', { headers: { 'x-api-key': key }, realm });
  if (answer.status === 401) expectProblem(answer, 401, 'invalid_api_key');
  else expectProblem(answer, 404, 'user_not_found');
  return answer.status !== 401;
}

/** As another isolate sees it: with nothing read yet. */
const elsewhere = () => new ApiKeys(env.DB, NO_STANDBY, env.INTERNAL_API_KEY, objects, directory);

async function audited(target: string) {
  const { results } = await env.DB.prepare(
    'SELECT realm_id, actor, action, details FROM audit WHERE target = ? ORDER BY id',
  )
    .bind(target)
    .all<Record<string, string>>();
  return results.map(
    (row): Record<string, unknown> => ({
      ...row,
      details: JSON.parse(row.details as string),
    }),
  );
}

async function registerAdmin(role: 'admin' | 'owner' = 'admin', realm?: string) {
  const admin = await register({}, { realm });
  await changeDirectory(admin.user.id, { role });
  return admin;
}

describe('a new key', () => {
  it('is shown once, by a text that scanners know, and works', async () => {
    const body = { name: ' image service ', scopes: ['users:read', 'usage:write', 'users:read'] };
    const { status, body: made } = await call('POST', PATH, { headers: INTERNAL, body });
    expect(status).toBe(201);
    expect(made).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
      name: 'image service',
      prefix: made.key.slice(0, 35),
      scopes: ['users:read', 'usage:write'],
      created_by: 'internal',
      keeper: 'internal',
      suspended: false,
      created_at: expect.any(String),
      last_used_at: null,
      expires_at: null,
      revoked_at: null,
      previous_expires_at: null,
      key: expect.stringMatching(/^lkk_[0-9a-z]{26}_[\w-]{43}$/),
    });
    expect(await accepts(made.key)).toBe(true);
    const { key, ...shown } = made;
    const list = await call('GET', PATH, { headers: INTERNAL });
    expect(list.body.data[0]).toEqual({ ...shown, last_used_at: null });
    const stored = JSON.stringify(await env.DB.prepare('SELECT * FROM api_keys').all());
    expect(stored).toContain(made.id);
    expect(stored).not.toContain(key.slice(35));
    expect(JSON.stringify(list.body)).not.toContain(key.slice(35));
    expect(await audited(made.id)).toEqual([
      {
        realm_id: 'default',
        actor: 'internal',
        action: 'api_key_created',
        details: { name: 'image service', scopes: ['users:read', 'usage:write'] },
      },
    ]);
  });

  it('is looked for again where somebody asked for it before it was made', async () => {
    const { key, id } = await createApiKey(['users:read']);
    const keys = elsewhere();
    advance(0);
    const rename = (from: string, to: string) =>
      env.DB.prepare('UPDATE api_keys SET id = ? WHERE id = ?').bind(to, from).run();
    await rename(id, 'key_later');
    await expect(keys.authenticateKey(key, 'default')).rejects.toThrow('invalid_api_key');
    await rename('key_later', id);
    advance(5_000);
    expect(await keys.authenticateKey(key, 'default')).toMatchObject({ keyId: id });
  });

  it.each([
    ['no name', { scopes: ['admin'] }, 'name'],
    ['an empty name', { name: ' ', scopes: ['admin'] }, 'name'],
    ['no scope', { name: 'x', scopes: [] }, 'scopes'],
    ['a scope that does not exist', { name: 'x', scopes: ['root'] }, 'scopes.0'],
    [
      'an end that is past',
      { name: 'x', scopes: ['admin'], expires_at: '2020-01-01T00:00:00Z' },
      'expires_at',
    ],
    ['an end that is no time', { name: 'x', scopes: ['admin'], expires_at: 'tomorrow' }, 'expires_at'],
    ['an unknown field', { name: 'x', scopes: ['admin'], realm: 'other' }, 'realm'],
  ])('with %s is refused', async (_, body, path) => {
    const answer = await call('POST', PATH, { headers: INTERNAL, body });
    expectProblem(answer, 422, 'validation_failed');
    expect(answer.body.errors[0].path).toBe(path);
  });

  it('has no scope that its maker does not have', async () => {
    const actor = {
      id: 'key_x',
      scopes: ['users:read', 'usage:write'] as const,
      role: 'service' as const,
      sessionId: null,
    };
    const make = (scopes: ('users:read' | 'credits:write' | 'admin')[]) =>
      elsewhere().create('default', { name: 'x', scopes, expiresAt: null }, actor);
    await expect(make(['users:read', 'credits:write'])).rejects.toThrow('insufficient_scope');
    await expect(make(['admin'])).rejects.toThrow('insufficient_scope');
    const { row } = await make(['users:read']);
    expect(row.createdBy).toBe('key_x');
    const { id } = await createApiKey(['credits:write']);
    const key = { id, realmId: 'default' };
    await expect(elsewhere().rotate(key, 0, actor)).rejects.toThrow('insufficient_scope');
  });

  it('ends when it was said to', async () => {
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const { key, id } = await createApiKey(['users:read'], { expires_at });
    expect(await accepts(key)).toBe(true);
    advance(60_000);
    expect(await accepts(key)).toBe(false);
    const rotated = await call('POST', `${PATH}/${id}/rotate`, { headers: INTERNAL });
    expectProblem(rotated, 404, 'api_key_not_found');
  });
});

describe('rotation', () => {
  it('gives a new secret, and lets the old one work for the overlap', async () => {
    const { key, id } = await createApiKey(['users:read']);
    expect(await accepts(key)).toBe(true);
    const keys = elsewhere();
    await keys.authenticateKey(key, 'default');
    advance(0);
    const body = { overlap_seconds: 120 };
    const rotated = await call('POST', `${PATH}/${id}/rotate`, { headers: INTERNAL, body });
    expect(rotated.status).toBe(200);
    expect(rotated.body).toMatchObject({ id, revoked_at: null });
    expect(Date.parse(rotated.body.previous_expires_at) - Date.now()).toBe(120_000);
    expect(rotated.body.key).not.toBe(key);
    expect(await accepts(key)).toBe(true);
    expect(await accepts(rotated.body.key)).toBe(true);
    // An isolate that has the row of before asks anew.
    expect(await keys.authenticateKey(rotated.body.key, 'default')).toMatchObject({ keyId: id });
    advance(120_000);
    expect(await accepts(key)).toBe(false);
    await expect(keys.authenticateKey(key, 'default')).rejects.toThrow('invalid_api_key');
    expect(await accepts(rotated.body.key)).toBe(true);
    expect((await audited(id)).map(({ action, details }) => [action, details])).toEqual([
      ['api_key_created', expect.anything()],
      ['api_key_rotated', { overlap_seconds: 120 }],
    ]);
  });

  it('overlaps a day unless told, and not at all when told so; only the last secret but one works on', async () => {
    const { key, id } = await createApiKey(['users:read']);
    advance(0);
    const second = await call('POST', `${PATH}/${id}/rotate`, { headers: INTERNAL });
    expect(Date.parse(second.body.previous_expires_at) - Date.now()).toBe(86_400_000);
    const third = await call('POST', `${PATH}/${id}/rotate`, { headers: INTERNAL, body: {} });
    expect(await accepts(key)).toBe(false);
    expect(await accepts(second.body.key)).toBe(true);
    const body = { overlap_seconds: 0 };
    const fourth = await call('POST', `${PATH}/${id}/rotate`, { headers: INTERNAL, body });
    expect(await accepts(second.body.key)).toBe(false);
    expect(await accepts(third.body.key)).toBe(false);
    expect(await accepts(fourth.body.key)).toBe(true);
  });

  it.each([-1, 2_592_001, 1.5, '60', null])('refuses an overlap of %s', async (overlap_seconds) => {
    const body = { overlap_seconds };
    const answer = await call('POST', `${PATH}/key_x/rotate`, { headers: INTERNAL, body });
    expectProblem(answer, 422, 'validation_failed');
  });
});

describe('revocation', () => {
  it('is at once here and within 30 seconds elsewhere, and happens once', async () => {
    const { key, id } = await createApiKey(['users:read']);
    const keys = elsewhere();
    expect(await accepts(key)).toBe(true);
    advance(0);
    await keys.authenticateKey(key, 'default');
    expect((await call('DELETE', `${PATH}/${id}`, { headers: INTERNAL })).status).toBe(204);
    expect(await accepts(key)).toBe(false);
    expect(await keys.authenticateKey(key, 'default')).toMatchObject({ keyId: id });
    advance(30_000);
    await expect(keys.authenticateKey(key, 'default')).rejects.toThrow('invalid_api_key');
    expectProblem(await call('DELETE', `${PATH}/${id}`, { headers: INTERNAL }), 404, 'api_key_not_found');
    const rotated = await call('POST', `${PATH}/${id}/rotate`, { headers: INTERNAL });
    expectProblem(rotated, 404, 'api_key_not_found');
    expect((await audited(id)).map(({ action }) => action)).toEqual(['api_key_created', 'api_key_revoked']);
    const { body } = await call('GET', PATH, { headers: INTERNAL });
    expect(body.data.find((one: any) => one.id === id).revoked_at).not.toBeNull();
  });

  it('is decided once when many ask', async () => {
    const { id } = await createApiKey(['users:read']);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('DELETE', `${PATH}/${id}`, { headers: INTERNAL })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404, 404]);
    expect(await audited(id)).toHaveLength(2);
  });
});

describe('the look-up of a key', () => {
  /** The service over a database that counts its queries. */
  function counting() {
    let queries = 0;
    const count = (d1: any): any =>
      new Proxy(d1, {
        get(target, name) {
          if (name === 'prepare') queries += 1;
          const value = Reflect.get(target, name);
          if (name === 'withSession') return (from: string) => count(target.withSession(from));
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const keys = new ApiKeys(count(env.DB), NO_STANDBY, undefined, objects, directory);
    return { keys, queries: () => queries };
  }

  it('asks the database once in half a minute', async () => {
    const { key } = await createApiKey(['users:read']);
    // Its use was noted by another isolate.
    await env.DB.prepare('UPDATE api_keys SET last_used_at = ?').bind(Date.now()).run();
    const { keys, queries } = counting();
    advance(0);
    for (let n = 0; n < 20; n += 1) await keys.authenticateKey(key, 'default');
    expect(queries()).toBe(1);
    advance(30_000);
    await keys.authenticateKey(key, 'default');
    expect(queries()).toBe(2);
  });

  it('is not moved by wrong secrets or unknown ids to ask each time', async () => {
    const { key } = await createApiKey(['users:read']);
    const { keys, queries } = counting();
    const ask = (text: string) => keys.authenticateKey(text, 'default').catch(() => null);
    advance(0);
    for (let n = 0; n < 20; n += 1) await ask(`${key.slice(0, -5)}aaaaa`);
    expect(queries()).toBe(2);
    const unknown = `lkk_${'0'.repeat(26)}_${'a'.repeat(43)}`;
    for (let n = 0; n < 20; n += 1) await ask(unknown);
    expect(queries()).toBe(4);
    for (const nonsense of ['', 'lkk_', `${unknown}a`, unknown.toUpperCase(), `x${unknown}`])
      await ask(nonsense);
    expect(queries()).toBe(4);
  });

  it('forgets no key for ids that do not exist, and keeps a bounded number of those', async () => {
    const { key } = await createApiKey(['users:read']);
    await env.DB.prepare('UPDATE api_keys SET last_used_at = ?').bind(Date.now()).run();
    const { keys, queries } = counting();
    advance(0);
    await keys.authenticateKey(key, 'default');
    const unknown = (n: number) => `lkk_${String(n).padStart(26, '0')}_${'a'.repeat(43)}`;
    const ask = (n: number) => keys.authenticateKey(unknown(n), 'default').catch(() => null);
    for (let n = 0; n < 1001; n += 1) await ask(n);
    const before = queries();
    await keys.authenticateKey(key, 'default');
    await ask(1000);
    expect(queries()).toBe(before);
    await ask(0);
    expect(queries()).toBe(before + 2);
  });
});

it('notes the last use, at most once an hour, after the answer', async () => {
  const { key, id } = await createApiKey(['users:read']);
  const lastUsed = async () =>
    (
      await env.DB.prepare('SELECT last_used_at FROM api_keys WHERE id = ?')
        .bind(id)
        .first<{ last_used_at: number | null }>()
    )?.last_used_at;
  const start = Date.now();
  advance(0);
  await accepts(key);
  await vi.waitFor(async () => expect(await lastUsed()).toBeGreaterThanOrEqual(start), PATIENCE);
  const first = await lastUsed();
  advance(3_590_000);
  await accepts(key);
  await responsesAreOver();
  expect(await lastUsed()).toBe(first);
  advance(10_000);
  await accepts(key);
  await vi.waitFor(
    async () => expect(await lastUsed()).toBeGreaterThanOrEqual((first as number) + 3_600_000),
    PATIENCE,
  );
});

describe('the keys of a realm', () => {
  it('are good, seen and changed in that realm only', async () => {
    await createRealm('keys-a');
    await createRealm('keys-b');
    const { key, id, headers } = await createApiKey(['admin'], { realm: 'keys-a' });
    expect(await accepts(key, 'keys-a')).toBe(true);
    expect(await accepts(key, 'keys-b')).toBe(false);
    expect(await accepts(key)).toBe(false);
    const ask = (method: string, path: string, realm: string, by: Record<string, string>) =>
      call(method, path, { realm, headers: by });
    expect((await ask('GET', PATH, 'keys-a', headers)).body).toMatchObject({ total: 1, data: [{ id }] });
    expect((await ask('GET', PATH, 'keys-b', INTERNAL)).body).toEqual({
      data: [],
      next_cursor: null,
      total: 0,
    });
    const { headers: theirs } = await createApiKey(['admin'], { realm: 'keys-b' });
    for (const by of [theirs, INTERNAL]) {
      expectProblem(await ask('DELETE', `${PATH}/${id}`, 'keys-b', by), 404, 'api_key_not_found');
      expectProblem(await ask('POST', `${PATH}/${id}/rotate`, 'keys-b', by), 404, 'api_key_not_found');
    }
    expect(await audited(id)).toHaveLength(1);
    expect(await accepts(key, 'keys-a')).toBe(true);
  });

  it('come in pages, newest first', async () => {
    const realm = 'keys-pages';
    await createRealm(realm);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      ids.unshift((await createApiKey(['users:read'], { realm })).id);
      await scheduler.wait(2);
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor ? `&cursor=${cursor}` : '';
      const { body } = await call('GET', `${PATH}?limit=2${query}`, { realm, headers: INTERNAL });
      expect(body.total).toBe(5);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor;
    } while (cursor);
    expect(seen).toEqual(ids);
    for (const query of ['limit=0', 'limit=101', 'cursor=x']) {
      const answer = await call('GET', `${PATH}?${query}`, { realm, headers: INTERNAL });
      expectProblem(answer, 422, 'validation_failed');
    }
  });

  it('that lead to other providers are given by an owner', async () => {
    const make = async (role: 'admin' | 'owner') => {
      const { access_token: token } = await registerAdmin(role);
      return call('POST', PATH, { token, body: { name: 'vault', scopes: ['provider-tokens:read'] } });
    };
    expectProblem(await make('admin'), 403, 'insufficient_scope');
    expect((await make('owner')).status).toBe(201);
  });

  it('are for admins and owners, and no more once they are neither', async () => {
    // The last one stays.
    await registerAdmin('owner');
    for (const role of ['admin', 'owner'] as const) {
      const { access_token: token, user } = await registerAdmin(role);
      expect((await call('GET', PATH, { token })).status).toBe(200);
      const body = { name: role, scopes: ['users:read'] };
      const made = await call('POST', PATH, { token, body });
      expect(made.body.created_by).toBe(user.id);
      expect(await audited(made.body.id)).toMatchObject([{ actor: user.id }]);
      await changeDirectory(user.id, { role: 'user' });
      expectProblem(await call('GET', PATH, { token }), 403, 'insufficient_scope');
      await changeDirectory(user.id, { role, status: 'suspended' });
      expectProblem(await call('DELETE', `${PATH}/${made.body.id}`, { token }), 403, 'account_suspended');
      // What they made belongs to the realm.
      expect(await accepts(made.body.key)).toBe(true);
    }
    const { access_token: token } = await register();
    const body = { name: 'x', scopes: ['users:read'] };
    for (const [method, path] of [
      ['GET', PATH],
      ['POST', PATH],
      ['DELETE', `${PATH}/x`],
      ['POST', `${PATH}/x/rotate`],
    ] as const) {
      const answer = await call(method, path, {
        token,
        body: path === PATH && method === 'POST' ? body : undefined,
      });
      expectProblem(answer, 403, 'insufficient_scope');
    }
  });

  it("are not for another realm's admin", async () => {
    await createRealm('keys-foreign');
    const { access_token: token } = await registerAdmin('owner', 'keys-foreign');
    expect((await call('GET', PATH, { token, realm: 'keys-foreign' })).status).toBe(200);
    expectProblem(await call('GET', PATH, { token }), 401, 'invalid_token');
  });

  it('are not for pages of other origins that hold an admin’s cookie', async () => {
    const admin = await registerAdmin();
    const { headers } = await call('POST', '/v1/auth/login', {
      headers: { origin: ORIGIN },
      body: { identifier: admin.user.email, password: PASSWORD, session_cookie: true },
    });
    const cookie = (headers.get('set-cookie') as string).split(';')[0] as string;
    const body = { name: 'x', scopes: ['admin'] };
    const send = (more: Record<string, string>) => call('POST', PATH, { body, headers: { cookie, ...more } });
    expectProblem(await send({}), 403, 'origin_not_allowed');
    expectProblem(await send({ origin: 'https://evil.test' }), 403, 'origin_not_allowed');
    expect((await send({ origin: ORIGIN })).status).toBe(201);
  });
});
