import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { needsHand } from '../../src/admin/attention.ts';
import { call, changeDirectory, createRealm } from '../support/api.ts';
import { cookieOf, open, type Visitor, visitor } from '../support/visitor.ts';

const realm = `hands-${crypto.randomUUID().slice(0, 8)}`;
const NOW = Date.now();
const HOUR = 3_600_000;
let admin: Visitor;

beforeAll(async () => {
  await createRealm(realm);
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role: 'admin' });
  admin = { ...who, cookie: await cookieOf(who.user, { realm }) };
});

const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();

it('nothing needs a hand where nothing has failed', async () => {
  expect(await needsHand(env.DB, realm, NOW)).toMatchObject({
    messages: 0,
    webhooks: 0,
    billing: 0,
    keys: 0,
    audit: 0,
  });
});

it.each([
  [
    'billing',
    () =>
      run(
        `INSERT INTO billing_events (id, type, subject, realm_id, status, next_attempt_at, created_at, received_at)
         VALUES ('evt_hand', 'x', 'y', ?, 'failed', 1, 1, 1)`,
        realm,
      ),
    () => run("DELETE FROM billing_events WHERE id = 'evt_hand'"),
    'Stripe events failed',
  ],
  [
    'cron',
    () =>
      run(
        `INSERT INTO outbox (id, realm_id, channel, template, recipient, data, next_attempt_at, created_at)
         VALUES ('msg_hand', ?, 'mail', 'account_deleted', 'a@example.com', '{}', ?, 1)`,
        realm,
        NOW - HOUR,
      ),
    () => run("DELETE FROM outbox WHERE id = 'msg_hand'"),
    'Scheduled work is minutes late',
  ],
  [
    'keys',
    () => run('UPDATE signing_keys SET rotate_at = ? WHERE realm_id = ?', NOW - 2 * HOUR, realm),
    () => run('UPDATE signing_keys SET rotate_at = ? WHERE realm_id = ?', NOW + HOUR, realm),
    'A signing key is overdue',
  ],
  [
    'audit',
    () => run('UPDATE audit_stream SET is_on = 1, failing_since = 1'),
    () => run('UPDATE audit_stream SET is_on = 0, failing_since = NULL'),
    'The audit stream is not accepted',
  ],
] as const)(
  '%s: the first page and the health say so, with the way to mend it',
  async (name, breaks, mends, says) => {
    await breaks();
    try {
      expect((await needsHand(env.DB, realm, NOW))[name]).toBe(1);
      expect((await open('/admin', admin)).body).toContain(says);
      const { status, body } = await call('GET', '/health?deep=1');
      expect([status, body.status]).toEqual([200, 'ok']);
      expect(body.parts.needs_hand).toContain(name);
    } finally {
      await mends();
    }
    expect((await open('/admin', admin)).body).not.toContain(says);
  },
);
