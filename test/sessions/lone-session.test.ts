import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { accountOf, call, expectProblem, login, register } from '../support/api.ts';
import { advance } from '../support/clock.ts';

const HOUR = 3_600_000;
const tablesOf = (userId: string) =>
  runInDurableObject(accountOf(userId), (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_schema WHERE name = 'sessions'")
      .toArray()
      .map(({ name }) => name),
  );
const session = (token: string) => call('GET', '/v1/auth/session', { token });
const refresh = (refresh_token: string) => call<any>('POST', '/v1/auth/refresh', { body: { refresh_token } });

it('the session of a registration has no table, is seen, refreshed and listed, and ends by a reuse', async () => {
  const { user, refresh_token: first } = await register();
  advance(2 * HOUR);
  const second = (await refresh(first)).body;
  await evictDurableObject(accountOf(user.id));
  expect((await session(second.access_token)).status).toBe(200);
  const listed = (await call('GET', '/v1/me/sessions', { token: second.access_token })).body.data;
  expect(listed).toHaveLength(1);
  expect(Date.parse(listed[0].last_seen_at) - Date.parse(listed[0].created_at)).toBeGreaterThanOrEqual(
    2 * HOUR,
  );
  expect(await tablesOf(user.id)).toEqual([]);
  const third = (await refresh(second.refresh_token)).body;
  expect((await refresh(third.refresh_token)).status).toBe(200);
  advance(HOUR / 4);
  expectProblem(await refresh(first), 401, 'session_ended');
  await evictDurableObject(accountOf(user.id));
  expectProblem(await refresh(third.refresh_token), 401, 'invalid_token');
});

it('goes to the table with the second, and ends there', async () => {
  const { user, access_token: token } = await register();
  const other = (await login(user.email)).body;
  expect(await tablesOf(user.id)).toEqual(['sessions']);
  await evictDurableObject(accountOf(user.id));
  expect((await call('GET', '/v1/me/sessions', { token })).body.data).toHaveLength(2);
  expect((await call('POST', '/v1/auth/logout', { token })).status).toBe(204);
  await evictDurableObject(accountOf(user.id));
  // The copy that was left with the account is none.
  expectProblem(await session(token), 401, 'session_ended');
  expect((await session(other.access_token)).status).toBe(200);
});

it('is over when its time is, and is remembered then', async () => {
  const { user, refresh_token } = await register();
  advance(400 * 24 * HOUR);
  expectProblem(await refresh(refresh_token), 401, 'invalid_token');
  const next = (await login(user.email)).body;
  const { data } = (await call('GET', '/v1/me/sessions', { token: next.access_token })).body;
  expect(data).toHaveLength(1);
});
