import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { argon2Verify } from 'hash-wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localDatabasePath } from '../../src/cli/local-database.ts';

const ROOT = join(import.meta.dirname, '../..');
const state = mkdtempSync(join(tmpdir(), 'latchkey-seed-'));
const ARGS = ['src/cli/seed.ts', '--users', '300', '--days', '40', '--active', '0.1', '--persist-to', state];
let db: DatabaseSync;

beforeAll(() => {
  execFileSync(process.execPath, ARGS, { cwd: ROOT, stdio: 'pipe' });
  db = new DatabaseSync(localDatabasePath(state), { readOnly: true });
});

afterAll(() => {
  db.close();
  rmSync(state, { recursive: true, force: true });
});

const all = (sql: string) => db.prepare(sql).all() as Record<string, unknown>[];

it('makes users in the order of their ids, who can sign in', async () => {
  expect(all('SELECT COUNT(*) AS n FROM users')).toEqual([{ n: 300 }]);
  expect(all('SELECT id FROM users ORDER BY created_at')).toEqual(all('SELECT id FROM users ORDER BY id'));
  const [{ hash } = {}] = all('SELECT hash FROM passwords LIMIT 1');
  expect(await argon2Verify({ password: 'correct horse battery', hash: String(hash) })).toBe(true);
});

it('leaves a database that is whole, with its indexes, and sums that are right', () => {
  expect(all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(all('PRAGMA foreign_key_check')).toEqual([]);
  expect(all("SELECT name FROM sqlite_master WHERE type = 'index' AND name = 'users_by_email'")).toHaveLength(
    1,
  );
  const counted = all('SELECT facet, COUNT(*) AS users FROM users GROUP BY facet ORDER BY facet');
  expect(all('SELECT facet, users FROM user_counts ORDER BY facet')).toEqual(counted);
  const used = all(
    'SELECT date, resource, SUM(quantity) AS quantity FROM usage_daily GROUP BY 1, 2 ORDER BY 1, 2',
  );
  expect(used.length).toBeGreaterThan(60);
  expect(all('SELECT date, resource, quantity FROM realm_usage_daily ORDER BY 1, 2')).toEqual(used);
  const ways = all(
    `SELECT provider, COUNT(*) AS users FROM (
       SELECT 'password' AS provider FROM passwords UNION ALL SELECT provider FROM identities
     ) GROUP BY 1 ORDER BY 1`,
  );
  expect(ways).toHaveLength(4);
  expect(all('SELECT provider, users FROM provider_counts ORDER BY 1')).toEqual(ways);
  const paid = all(
    `SELECT plan, currency, months, COUNT(*) AS subscriptions, SUM(amount) AS amount
     FROM billing_subscriptions GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  );
  expect(paid.length).toBeGreaterThan(2);
  expect(
    all('SELECT plan, currency, months, subscriptions, amount FROM plan_revenue ORDER BY 1, 2, 3'),
  ).toEqual(paid);
  const open = all('SELECT COUNT(*) AS n FROM sessions WHERE ended_at IS NULL');
  expect(open).not.toEqual([{ n: 0 }]);
  expect(all('SELECT SUM(sessions) AS n FROM session_counts')).toEqual(open);
  const months = all('SELECT SUM(quantity) AS n FROM usage_monthly');
  expect(months).toEqual(all('SELECT SUM(quantity) AS n FROM usage_daily'));
});

it('fills no database that has users', () => {
  const { status, stderr } = spawnSync(process.execPath, ARGS, { cwd: ROOT, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/There are users in /);
});
