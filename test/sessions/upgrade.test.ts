import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { accountOf, call, login, register } from '../support/api.ts';
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
