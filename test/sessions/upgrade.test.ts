import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { accountOf, call, login, register } from '../support/api.ts';
import { codeOf, connected, post, redeem } from '../support/oauth-client.ts';
import { makeOld } from '../support/old-object.ts';

it('an object whose tables an earlier version made goes on with its sessions', async () => {
  const { user, access_token: token, refresh_token } = await register();
  const object = accountOf(user.id);
  const before = (await call('GET', '/v1/auth/session', { token })).body;
  await runInDurableObject(object, (_, { storage }) => {
    makeOld(storage);
    for (const column of ['authenticated_at', 'impersonator']) {
      storage.sql.exec(`ALTER TABLE sessions DROP COLUMN ${column}`);
    }
  });
  await evictDurableObject(object);
  const after = await call('GET', '/v1/auth/session', { token });
  expect(after.status).toBe(200);
  // The sign-in was the last proof.
  expect(after.body.authenticated_at).toBe(before.authenticated_at);
  const body = { refresh_token };
  const refreshed = await call('POST', '/v1/auth/refresh', { body });
  expect((await call('POST', '/v1/auth/refresh', { body })).body.refresh_token).toBe(
    refreshed.body.refresh_token,
  );
  expect((await login(user.email)).status).toBe(200);
  expect((await call('GET', '/v1/me/sessions', { token })).body.data).toHaveLength(2);
});

it('an object that knew no keys of clients goes on with their grants', async () => {
  const { client, tokens, who } = await connected();
  const object = accountOf(who.user.user.id);
  await runInDurableObject(object, (_, { storage: { kv, sql } }) => {
    for (const column of ['key_thumbprint', 'hears_of_end'])
      sql.exec(`ALTER TABLE sessions DROP COLUMN ${column}`);
    kv.put('state', { ...kv.get<any>('state'), tables: 3 });
  });
  await evictDurableObject(object);
  const { refresh_token } = tokens;
  const refreshed = await post('token', {
    grant_type: 'refresh_token',
    refresh_token,
    client_id: client.client_id,
  });
  expect(refreshed.status).toBe(200);
  expect((await redeem(client, await codeOf(client, who))).status).toBe(200);
});
