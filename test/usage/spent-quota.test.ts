import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { Directory, type DirectoryDependencies } from '../../src/directory/service.ts';
import { prune } from '../../src/privacy/retention.ts';
import { asAdmin } from '../support/admin.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  INTERNAL,
  PASSWORD,
  register,
} from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';

const NOON = Date.UTC(2027, 4, 12, 12);
const DAY = 86_400_000;

const use = async (user_id: string, quantity: number, realm?: string) =>
  call('POST', '/v1/usage', { headers: INTERNAL, body: { user_id, resource: 'images', quantity }, realm });
const imagesOf = async (token: string, realm?: string) =>
  (await call('GET', '/v1/me/quota', { token, realm })).body.resources.images;
async function remove({ user, access_token: token }: Awaited<ReturnType<typeof register>>, realm?: string) {
  await changeDirectory(user.id, { email_verified: 1 });
  const deleted = await call('DELETE', '/v1/me', { token, body: { password: PASSWORD }, realm });
  expect(deleted.status, JSON.stringify(deleted.body)).toBe(204);
}
const kept = async () =>
  (await env.DB.prepare('SELECT * FROM spent_quota ORDER BY period').all<any>()).results;
const at = (time: number) => advance(time - Date.now());

it('deleting and registering anew, as often as one likes, wins no quota of the day back', async () => {
  at(NOON);
  const email = `ada-${crypto.randomUUID()}@example.com`;
  let used = 0;
  for (const address of [email, email.toUpperCase(), email.replace('@', '+again@')]) {
    const user = await register({ email: address });
    expect((await imagesOf(user.access_token)).used).toBe(used);
    expect((await use(user.user.id, 6)).status).toBe(200);
    used += 6;
    await remove(user);
  }
  const last = await register({ email });
  expect(await imagesOf(last.access_token)).toMatchObject({ used: 18, limit: 20, remaining: 2 });
  expect((await use(last.user.id, 3)).status).toBe(429);
  expect((await use(last.user.id, 2)).status).toBe(200);
  await evictDurableObject(accountOf(last.user.id));
  expect((await use(last.user.id, 1)).status).toBe(429);
  // The day that follows begins at zero.
  advance(DAY);
  const { access_token } = (
    await call('POST', '/v1/auth/login', { body: { identifier: email, password: PASSWORD } })
  ).body;
  expect((await imagesOf(access_token)).used).toBe(0);
});

it('has who registers while the account before is just being deleted go on where that one was', async () => {
  at(NOON);
  const email = `swift-${crypto.randomUUID()}@example.com`;
  const { user } = await register({ email });
  expect((await use(user.id, 20)).status).toBe(200);
  let next: Awaited<ReturnType<typeof register>> | undefined;
  const objects = (id: string) => ({
    announceDeletion: () => accountOf(id).announceDeletion(),
    announceChange: () => accountOf(id).announceChange(),
    // The row is gone, and the object has yet to hear of it.
    userDeleted: async (of: { userId: string; realmId: string }) => {
      next = await register({ email });
      await accountOf(id).userDeleted(of);
    },
  });
  const outbox = { sendSoon: () => {}, deliverByQueue: () => {} };
  const parts = { d1: env.DB, objects, outbox, origin: 'https://auth.test' };
  const directory = new Directory(parts as unknown as DirectoryDependencies);
  expect(await directory.delete({ id: user.id, realmId: 'default' }, {})).toBe(true);
  expect((await use(next?.user.id as string, 1)).status).toBe(429);
});

it('counts for the month until it ends', async () => {
  at(NOON);
  const body = { limits: { images: { month: 10 } }, reason: 'a test' };
  const email = `month-${crypto.randomUUID()}@example.com`;
  const begin = async () => {
    const user = await register({ email });
    expect((await asAdmin('PUT', `/users/${user.user.id}/limits`, { body })).status).toBe(200);
    return user;
  };
  const first = await begin();
  expect((await use(first.user.id, 7)).status).toBe(200);
  await remove(first);
  advance(DAY);
  const second = await begin();
  expect(await imagesOf(second.access_token)).toMatchObject({ period: 'month', used: 7, remaining: 3 });
  await remove(second);
  at(Date.UTC(2027, 5, 1));
  expect((await imagesOf((await begin()).access_token)).used).toBe(0);
});

it('keeps a hash and numbers, and those no longer than they count', async () => {
  at(NOON);
  await env.DB.prepare('DELETE FROM spent_quota').run();
  const email = `hash-${crypto.randomUUID()}@example.com`;
  const user = await register({ email });
  await use(user.user.id, 4);
  await remove(user);
  const rows = await kept();
  expect(rows.map(({ period, resource, used }) => [period, resource, used])).toEqual([
    ['2027-05', 'images', 4],
    ['2027-05-12', 'images', 4],
  ]);
  expect(JSON.stringify(rows)).not.toContain('hash-');
  expect(JSON.stringify(rows)).not.toContain(user.user.id);
  const config = parseConfig(env as never);
  await prune(env.DB, config, Date.UTC(2027, 4, 13), PLENTY);
  expect((await kept()).map(({ period }) => period)).toEqual(['2027-05']);
  await prune(env.DB, config, Date.UTC(2027, 5, 1), PLENTY);
  expect(await kept()).toEqual([]);
});

it('keeps nothing of who has used nothing, and gives nothing to another address or realm', async () => {
  at(NOON);
  await env.DB.prepare('DELETE FROM spent_quota').run();
  await createRealm('spent-elsewhere');
  const idle = await register();
  await remove(idle);
  expect(await kept()).toEqual([]);
  const user = await register({ email: `one-${crypto.randomUUID()}@example.com` });
  await use(user.user.id, 5);
  await remove(user);
  const { email } = user.user;
  for (const [address, realm] of [
    [email.replace('one-', 'two-'), undefined],
    [email, 'spent-elsewhere'],
  ] as const) {
    const other = await register({ email: address }, realm ? { realm } : {});
    expect((await imagesOf(other.access_token, realm)).used).toBe(0);
  }
});

it('is kept by the alarm when it could not be kept at once', async () => {
  at(NOON);
  const email = `fault-${crypto.randomUUID()}@example.com`;
  const user = await register({ email });
  await use(user.user.id, 9);
  const object = accountOf(user.user.id);
  await env.DB.prepare('ALTER TABLE spent_quota RENAME TO elsewhere').run();
  await remove(user);
  await env.DB.prepare('ALTER TABLE elsewhere RENAME TO spent_quota').run();
  await abortAllDurableObjects();
  advance(15_000);
  await runDurableObjectAlarm(object);
  const again = await register({ email });
  expect((await imagesOf(again.access_token)).used).toBe(9);
});

it('shows in no statistics: the user has used what they have used', async () => {
  at(NOON);
  const email = `sums-${crypto.randomUUID()}@example.com`;
  const user = await register({ email });
  await use(user.user.id, 5);
  await remove(user);
  const again = await register({ email });
  await use(again.user.id, 1);
  await runDurableObjectAlarm(accountOf(again.user.id));
  const { totals } = (await call('GET', '/v1/me/usage', { token: again.access_token })).body;
  expect(totals.images).toBe(1);
});

it('gives the credits of a month once to an address', async () => {
  at(NOON);
  await createRealm('granting');
  const plan = { name: 'Free', limits: {}, model_tiers: [], monthly_credits: 100, features: [] };
  expect((await asAdmin('PUT', '/plans/free', { body: plan, realm: 'granting' })).status).toBe(200);
  const email = `credits-${crypto.randomUUID()}@example.com`;
  const balance = async (token: string) =>
    (await call('GET', '/v1/me/credits', { token, realm: 'granting' })).body.balance;
  const user = await register({ email }, { realm: 'granting' });
  expect(await balance(user.access_token)).toBe(100);
  await remove(user, 'granting');
  const again = await register({ email }, { realm: 'granting' });
  expect(await balance(again.access_token)).toBe(0);
  advance(31 * DAY);
  const signedIn = await call('POST', '/v1/auth/login', {
    body: { identifier: email, password: PASSWORD },
    realm: 'granting',
  });
  expect(await balance(signedIn.body.access_token)).toBe(100);
});
