import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../migrations');
const files = readdirSync(FOLDER).sort();

/** A database to which the migrations from one to another (not included) were applied. */
function migrate(db: DatabaseSync, from: string, to: string): void {
  for (const file of files.filter((name) => name >= from && name < to)) {
    db.exec(readFileSync(join(FOLDER, file), 'utf8'));
  }
}

it('count the users and the revenue that were there before the roll-ups', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db, '0001', '0010');
  db.exec(`
    INSERT INTO realms (id, name, created_at, updated_at) VALUES ('b', 'B', 1, 1);
    INSERT INTO users (id, realm_id, email, created_at, updated_at)
    VALUES ('usr_1', 'default', '1@x', 1, 1), ('usr_2', 'default', '2@x', 1, 1), ('usr_3', 'b', '3@x', 1, 1);
    INSERT INTO passwords VALUES ('usr_1', 'x', 1), ('usr_2', 'x', 1), ('usr_3', 'x', 1);
    INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
    VALUES ('usr_1', 'default', 'google', 's', 1, '{}', 'x', 1, 1);
    INSERT INTO billing_prices (realm_id, price_id, plan, unit_amount, currency, months, position)
    VALUES ('default', 'price_year', 'pro', 12000, 'usd', 12, 0);
    INSERT INTO billing_subscriptions (id, user_id, price_id, plan, status, period_start, period_end,
      cancel_at_period_end, revision, created_at, fetched_at)
    VALUES ('sub_1', 'usr_1', 'price_year', 'pro', 'active', 1, 2, 0, 1, 1, 1),
      ('sub_2', 'usr_3', 'price_year', 'pro', 'active', 1, 2, 0, 1, 1, 1),
      ('sub_3', 'usr_2', 'price_year', 'pro', 'canceled', 1, 2, 0, 1, 1, 1),
      ('sub_4', 'usr_2', 'price_gone', 'pro', 'active', 1, 2, 0, 1, 1, 1);
  `);
  migrate(db, '0010', '9');
  const all = (sql: string) =>
    db
      .prepare(sql)
      .all()
      .map((row) => Object.values(row));
  expect(all('SELECT * FROM provider_counts ORDER BY 1, 2')).toEqual([
    ['b', 'password', 1],
    ['default', 'google', 1],
    ['default', 'password', 2],
  ]);
  expect(all('SELECT * FROM plan_revenue ORDER BY 1')).toEqual([
    ['b', 'pro', 'usd', 12, 1, 12000],
    ['default', 'pro', 'usd', 12, 1, 12000],
  ]);
  // As D1 does: what hangs on a user goes with them.
  db.exec("PRAGMA foreign_keys = ON; DELETE FROM users WHERE id IN ('usr_1', 'usr_3')");
  expect(all('SELECT users FROM provider_counts ORDER BY realm_id, provider')).toEqual([[0], [0], [1]]);
  expect(all('SELECT subscriptions, amount FROM plan_revenue')).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

it('count who can sign in by passkeys once, however many they have', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db, '0001', '9');
  db.exec(`
    PRAGMA foreign_keys = ON;
    INSERT INTO users (id, realm_id, email, created_at, updated_at)
    VALUES ('usr_1', 'default', '1@x', 1, 1), ('usr_2', 'default', '2@x', 1, 1);
  `);
  const add = (id: string, userId: string) =>
    db.exec(`INSERT INTO passkeys (id, user_id, realm_id, credential_id, public_key, counter, transports, aaguid,
      backup_eligible, backed_up, name, created_at)
      VALUES ('${id}', '${userId}', 'default', '${id}', 'x', 0, '[]', 'x', 0, 0, 'x', 1)`);
  const counted = () =>
    db.prepare("SELECT users FROM provider_counts WHERE provider = 'passkey'").get()?.users;
  add('psk_1', 'usr_1');
  add('psk_2', 'usr_1');
  add('psk_3', 'usr_2');
  expect(counted()).toBe(2);
  db.exec("DELETE FROM passkeys WHERE id = 'psk_1'");
  expect(counted()).toBe(2);
  db.exec("DELETE FROM passkeys WHERE user_id = 'usr_2'");
  expect(counted()).toBe(1);
  add('psk_4', 'usr_1');
  db.exec("DELETE FROM users WHERE id = 'usr_1'");
  expect(counted()).toBe(0);
});

it('count who can sign in by password: who registers with one, and who has one later or none any more', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db, '0001', '9');
  db.exec(`
    PRAGMA foreign_keys = ON;
    INSERT INTO users (id, realm_id, email, created_at, updated_at, with_password)
    VALUES ('usr_1', 'default', '1@x', 1, 1, 1), ('usr_2', 'default', '2@x', 1, 1, 1), ('usr_3', 'default', '3@x', 1, 1, 0);
    INSERT INTO passwords VALUES ('usr_1', 'x', 1), ('usr_2', 'x', 1), ('usr_3', 'x', 1);
  `);
  const counted = () =>
    db
      .prepare(`SELECT (SELECT sum(passwords) FROM user_counts)
        + coalesce((SELECT users FROM provider_counts WHERE provider = 'password'), 0) AS users`)
      .get()?.users;
  expect(counted()).toBe(3);
  expect(db.prepare('SELECT users FROM provider_counts').get()).toEqual({ users: 1 });
  // Another plan is another facet.
  db.exec(
    "UPDATE users SET plan = 'pro' WHERE id = 'usr_1'; UPDATE passwords SET hash = 'y', updated_at = 2",
  );
  expect(counted()).toBe(3);
  db.exec("DELETE FROM passwords WHERE user_id IN ('usr_1', 'usr_2')");
  expect(counted()).toBe(1);
  db.exec("INSERT INTO passwords VALUES ('usr_1', 'x', 3)");
  expect(counted()).toBe(2);
  db.exec("DELETE FROM users WHERE id IN ('usr_1', 'usr_2')");
  expect(counted()).toBe(1);
});
