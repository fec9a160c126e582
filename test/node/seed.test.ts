import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { argon2Verify } from 'hash-wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localDatabasePath } from '../../src/cli/local-database.ts';
import { Project } from '../support/cli-project.ts';

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
    'SELECT date, resource, SUM(quantity) AS quantity FROM past_usage_days GROUP BY 1, 2 ORDER BY 1, 2',
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
  const open = all('SELECT COUNT(*) AS n FROM past_sessions WHERE ended_at IS NULL');
  expect(open).not.toEqual([{ n: 0 }]);
  expect(all('SELECT SUM(sessions) AS n FROM session_counts')).toEqual(open);
  const months = all('SELECT SUM(quantity) AS n FROM usage_monthly');
  expect(months).toEqual(all('SELECT SUM(quantity) AS n FROM past_usage_days'));
});

it('fills no database that has users', () => {
  const { status, stderr } = spawnSync(process.execPath, ARGS, { cwd: ROOT, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/There are users in /);
});

it('uses no more than a plan allows, and counts the tokens of models as the resource', () => {
  const above = all(
    `SELECT users.plan, resource, quantity FROM past_usage_days
     JOIN users ON users.id = user_id JOIN plans ON plans.realm_id = users.realm_id AND plans.id = users.plan
     WHERE quantity > json_extract(limits, '$.' || resource || '.day')
     UNION ALL SELECT users.plan, resource, quantity FROM usage_monthly
     JOIN users ON users.id = user_id JOIN plans ON plans.realm_id = users.realm_id AND plans.id = users.plan
     WHERE quantity > json_extract(limits, '$.' || resource || '.month')`,
  );
  expect(above).toEqual([]);
  const tokens = all(
    'SELECT user_id, date, SUM(input_tokens + output_tokens) AS quantity FROM past_token_days GROUP BY 1, 2 ORDER BY 1, 2',
  );
  expect(tokens.length).toBeGreaterThan(60);
  expect(
    all("SELECT user_id, date, quantity FROM past_usage_days WHERE resource = 'tokens' ORDER BY 1, 2"),
  ).toEqual(tokens);
});

it('has a subscription for each user of a paid plan, and a ledger that comes to what they brought along', () => {
  const paying = all("SELECT id, plan FROM users WHERE plan <> 'free' ORDER BY id");
  expect(paying.length).toBeGreaterThan(10);
  for (const table of ['billing_subscriptions', 'billing_customers']) {
    expect(all(`SELECT user_id AS id, plan FROM ${table} ORDER BY user_id`), table).toEqual(paying);
  }
  expect(
    all('SELECT id, plan, plan_expires_at AS until FROM users WHERE subscribed = 1 ORDER BY id'),
  ).toEqual(all('SELECT user_id AS id, plan, holds_until AS until FROM billing_subscriptions ORDER BY 1'));
  expect(all("SELECT id FROM users WHERE opening_credits > 0 AND plan = 'free' LIMIT 1")).toEqual([]);
});

it('each sum that operators see is that of its parts, and is what the database has', async () => {
  const project = await Project.create();
  try {
    const seeded = await project.cli('seed', [...ARGS.slice(1, -2), ...project.state]);
    expect(seeded.code, seeded.stderr).toBe(0);
    const file = localDatabasePath(project.state[1] as string);
    const database = new DatabaseSync(file, { readOnly: true });
    const one = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];
    await project.start();
    const [, key = ''] =
      /^INTERNAL_API_KEY=(.*)$/m.exec(readFileSync(join(project.folder, '.dev.vars'), 'utf8')) ?? [];
    const ask = async (path: string): Promise<any> => {
      const answer = await fetch(`${project.origin}/v1/admin/${path}`, { headers: { 'X-API-Key': key } });
      expect(answer.status, path).toBe(200);
      return answer.json();
    };
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0);

    const board = await ask('dashboard');
    expect(board.total_users).toBe(300);
    for (const by of ['by_status', 'by_role', 'by_plan']) {
      expect(sum(Object.values<number>(board[by])), by).toBe(300);
    }
    for (const filter of ['plan=pro', 'plan=enterprise', 'status=suspended', 'role=admin']) {
      const [by = '', value = ''] = filter.split('=');
      expect((await ask(`users?${filter}`)).total, filter).toBe(board[`by_${by}`][value]);
    }
    expect(board.verified_users).toBe((await ask('users?email_verified=true')).total);
    for (const plan of ['pro', 'enterprise']) {
      const subscriptions = board.revenue_by_plan
        .filter((revenue: any) => revenue.plan === plan)
        .map((revenue: any) => revenue.subscriptions);
      expect(sum(subscriptions), plan).toBe(board.by_plan[plan]);
    }

    const statistics = await ask('statistics?days=60');
    for (const metric of ['sign_ups', 'sign_ins']) {
      const days = statistics.daily.map((day: any) => day[metric]);
      expect(statistics.totals[metric], metric).toBe(sum(days));
    }
    expect(statistics.totals.sign_ups).toBe(300);
    expect(statistics.totals.sign_ins).toBe(
      one("SELECT COUNT(*) FROM activity WHERE type IN ('registered', 'signed_in')"),
    );
    const today = statistics.daily.at(-1);
    expect([board.new_users_today, board.sign_ins_today, board.active_users_today]).toEqual([
      today.sign_ups,
      today.sign_ins,
      today.active_users,
    ]);

    const usage = await ask('usage?days=60');
    expect(Object.keys(usage.totals).sort()).toEqual(['images', 'messages', 'tokens', 'videos']);
    for (const [resource, total] of Object.entries<number>(usage.totals)) {
      expect(sum(usage.daily.map((day: any) => day[resource] ?? 0)), resource).toBe(total);
      expect(one(`SELECT SUM(quantity) FROM past_usage_days WHERE resource = '${resource}'`)).toBe(total);
      expect(usage.daily.at(-1)[resource] ?? 0).toBe(board.usage_today[resource] ?? 0);
    }
    const tokens = await ask('tokens?days=60');
    for (const part of ['input_tokens', 'output_tokens', 'total_tokens', 'requests']) {
      for (const parts of [tokens.models, tokens.daily]) {
        expect(sum(parts.map((row: any) => row[part])), part).toBe(tokens.totals[part]);
      }
    }
    expect(tokens.totals.total_tokens).toBe(usage.totals.tokens);

    // The account object, which was never asked before, says the same as the rows.
    const { user_id, amount } = database
      .prepare('SELECT id AS user_id, opening_credits AS amount FROM users WHERE opening_credits > 0 LIMIT 1')
      .get() as Record<string, string | number>;
    const ledger = await ask(`users/${user_id}/credits`);
    expect(ledger).toMatchObject({ balance: amount, total: 1, data: [{ amount, balance_after: amount }] });
    const own = await ask(`users/${user_id}/usage?days=60`);
    for (const [resource, total] of Object.entries<number>(own.totals)) {
      expect(sum(own.daily.map((day: any) => day[resource] ?? 0)), resource).toBe(total);
    }
    database.close();
  } finally {
    project.remove();
  }
});
