import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { CopyOutcome } from '../../src/account/copy-contract.ts';
import { hashOfSecret } from '../../src/crypto/key-secret.ts';
import { newId } from '../../src/lib/ids.ts';
import { accountOf, call, createRealm, INTERNAL } from '../support/api.ts';
import { TERMS } from '../support/object-scene.ts';
import { authorizeBy, payingUser, secretOf, userKey } from '../support/product-keys.ts';

const CAPS = { credits: { day: 5 }, resources: {} };

it('a key comes back with its account from a backup, and what was used by it', async () => {
  const user = await payingUser(100);
  const { key, id } = await userKey(user, { caps: CAPS });
  expect((await authorizeBy(key, { credits: 4 })).body.allowed).toBe(true);
  const bytes = await new Response(await accountOf(user.user.id).copy()).arrayBuffer();
  const lines = gunzipSync(Buffer.from(bytes)).toString().trimEnd().split('\n');
  const other = newId('usr');
  const put = (await accountOf(other).putBack({
    backupId: 'bak_00000000000000000000000001',
    lines: lines.map((line) => JSON.parse(line)),
    withSessions: true,
    toldActivity: null,
    database: 'DB',
    reconcileAt: Date.now() + 1e10,
  })) as CopyOutcome;
  expect(put.result).toBe('whole');
  await evictDurableObject(accountOf(other));
  const ask = (credits: number) =>
    accountOf(other).authorizeKey(TERMS, {
      hash: hashOfSecret(secretOf(key)),
      use: null,
      credits,
      reference: null,
      actor: 'key_test',
      scope: null,
      permission: null,
    });
  expect(await ask(2)).toMatchObject({ decision: { allowed: false, reason: 'cap_exceeded' }, key: { id } });
  expect(await ask(1)).toMatchObject({ decision: { allowed: true } });
});

it('a key works on where its realm is moved to another database', async () => {
  const realm = `moved-${crypto.randomUUID().slice(0, 8)}`;
  await createRealm(realm);
  const user = await payingUser(0, realm);
  const { key } = await userKey(user, {}, realm);
  const move = (act = '', body?: object) =>
    call('POST', `/v1/admin/realms/${realm}/move${act}`, { headers: INTERNAL, ...(body && { body }) });
  expect((await move('', { database: 'DB_2' })).status).toBe(201);
  for (let steps = 0, state = 'copying'; state !== 'moved'; steps += 1) {
    expect(steps).toBeLessThan(200);
    const { status, body } = await move('/step');
    expect(status, JSON.stringify(body)).toBe(200);
    ({ state } = body);
    expect((await authorizeBy(key, {}, realm)).body.reason).toBeNull();
    if (body.waits)
      await env.DB.prepare(
        'UPDATE realm_moves SET started_at = started_at - 60000, switched_at = switched_at - 60000 WHERE realm_id = ?',
      )
        .bind(realm)
        .run();
  }
  expect((await authorizeBy(key, { resource: 'images' }, realm)).body.allowed).toBe(true);
});

it('the export of a user lists their keys, without what they are known by', async () => {
  const user = await payingUser();
  const { key, id } = await userKey(user, { scopes: ['images:write'] });
  const { body } = await call('GET', '/v1/me/export', { token: user.access_token });
  expect(body.api_keys).toMatchObject([{ id, name: 'a key', scopes: ['images:write'] }]);
  const text = JSON.stringify(body);
  expect(text).not.toContain(secretOf(key).slice(4));
  expect(text).not.toContain(hashOfSecret(secretOf(key)));
});

it('a binding decides by a key, and takes none for somebody who is signed in', async () => {
  const user = await payingUser(10);
  const { key, id } = await userKey(user);
  const binding: any = exports.Auth({ props: { scopes: ['usage:write', 'credits:write'] } as never });
  expect(await binding.verify(key)).toMatchObject({ ok: false, error: { code: 'invalid_token' } });
  expect(await binding.authorize({ token: key, credits: 1 })).toMatchObject({
    ok: true,
    value: { allowed: true, user_id: user.user.id, session_id: null, api_key: { id }, balance: 9 },
  });
});

it('an account with tables of before gets what it needs for its first key, and no other does', async () => {
  const user = await payingUser(5);
  const named = () =>
    runInDurableObject(accountOf(user.user.id), (_, { storage }) =>
      storage.sql.exec("SELECT 1 FROM pragma_table_info('uses') WHERE name = 'member'").toArray(),
    );
  expect(await named()).toEqual([]);
  await userKey(user);
  expect(await named()).toHaveLength(1);
  await userKey(user);
  expect(await named()).toHaveLength(1);
});
