import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { runCommand, UsageError, type ValuesOf } from './command.ts';
import { applyMigrations } from './d1.ts';
import { localDatabasePath } from './local-database.ts';
import { hashInNode } from './password.ts';
import { format, Progress } from './progress.ts';
import { RowSeeder, type SeedPlan } from './seed-rows.ts';

// `npm run seed`: fills an empty local database with users and what they did, to see how it does at size. Straight into
// the file of wrangler's D1: the server must not run.

const OPTIONS = {
  'persist-to': {
    type: 'string',
    value: 'DIR',
    about: 'the database to fill, as for npm start; it has to be empty',
  },
  users: { type: 'string', value: 'N', about: '1,000,000 unless told otherwise' },
  days: { type: 'string', value: 'N', about: 'of history; 365 unless told otherwise' },
  active: { type: 'string', value: 'SHARE', about: 'of the users on a day; 0.01 unless told otherwise' },
} as const;

const Options = z.object({
  users: z.coerce.number().int().min(1).max(10_000_000).default(1_000_000),
  days: z.coerce.number().int().min(1).max(3650).default(365),
  active: z.coerce.number().positive().max(1).default(0.01),
});

/** What is filled in order, and what is made of it afterwards; the sums that triggers keep, they keep here too. */
const BULK = [
  'users',
  'passwords',
  'identities',
  'billing_customers',
  'billing_subscriptions',
  'activity',
  'past_sessions',
  'past_usage_days',
  'past_token_days',
  'outbox',
];
const SUMS = [
  `INSERT INTO usage_monthly (user_id, month, resource, realm_id, seq, quantity)
   SELECT user_id, substr(date, 1, 7), resource, realm_id, 0, SUM(quantity) FROM past_usage_days GROUP BY 1, 2, 3`,
  `INSERT INTO realm_usage_daily
   SELECT realm_id, date, resource, SUM(quantity) FROM past_usage_days GROUP BY 1, 2, 3`,
  `INSERT INTO realm_token_daily
   SELECT realm_id, date, model, SUM(input_tokens), SUM(output_tokens), SUM(requests) FROM past_token_days GROUP BY 1, 2, 3`,
  `INSERT INTO realm_days (realm_id, date, active_users)
   SELECT realm_id, date(at / 1000, 'unixepoch'), COUNT(DISTINCT user_id) FROM activity
   WHERE type IN ('registered', 'signed_in') GROUP BY 1, 2
   ON CONFLICT DO UPDATE SET active_users = excluded.active_users`,
  `UPDATE users SET sessions = live.sessions FROM (
     SELECT user_id, json_group_object(date, n) AS sessions FROM (
       SELECT user_id, date(alive_until / 1000, 'unixepoch') AS date, COUNT(*) AS n FROM past_sessions
       WHERE ended_at IS NULL GROUP BY 1, 2) GROUP BY 1) AS live
   WHERE live.user_id = users.id`,
];
const SHOW_EVERY = 2000;
/** The least that a table has to be shown, bytes: those of the plans and keys are nothing. */
const SHOWN_FROM = 100_000;

async function seed(values: ValuesOf<typeof OPTIONS>): Promise<void> {
  const { 'persist-to': persistTo, ...given } = values;
  if (persistTo === undefined) throw new UsageError('Say which database: --persist-to DIR.');
  const parsed = Options.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`--${issue?.path.join('.')}: ${issue?.message}`);
  }
  await applyMigrations({ 'persist-to': persistTo });
  const db = new DatabaseSync(localDatabasePath(persistTo));
  if (db.prepare('SELECT 1 FROM users LIMIT 1').get()) {
    throw new Error(`There are users in ${persistTo}: seeding wants a database of its own.`);
  }
  fill(db, { ...parsed.data, now: Date.now() });
  db.close();
}

function fill(db: DatabaseSync, plan: SeedPlan): void {
  // What a crash leaves is no database; it is told so below.
  db.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF',
  );
  console.error('Until this is done the database is not whole: delete it should this be stopped.');
  const indexes = db
    .prepare(
      `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
       AND tbl_name IN (${BULK.map((table) => `'${table}'`).join(', ')})`,
    )
    .all() as { name: string; sql: string }[];
  // Made afresh at the end they cost a fraction.
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  db.exec('BEGIN');
  const seeder = new RowSeeder(db, plan, hashInNode('correct horse battery'));
  seeder.prices();
  const progress = new Progress(plan.users);
  for (let index = 0; index < plan.users; index += 1) {
    seeder.user(index);
    if ((index + 1) % SHOW_EVERY === 0 || index + 1 === plan.users) progress.show(index + 1, '');
  }
  db.exec('COMMIT');
  for (const sql of SUMS) db.exec(sql);
  for (const { sql } of indexes) db.exec(sql);
  db.exec('PRAGMA optimize = 0x10002; PRAGMA journal_mode = WAL');
  showSizes(db, plan.users);
}

/** How many rows and bytes each table has, its indexes counted, and what that is for each user. */
function showSizes(db: DatabaseSync, users: number): void {
  const sizes = db
    .prepare(
      `SELECT tbl_name AS name, SUM(pgsize) AS bytes FROM dbstat JOIN sqlite_master USING (name)
       GROUP BY 1 HAVING bytes > ? ORDER BY 2 DESC`,
    )
    .all(SHOWN_FROM) as { name: string; bytes: number }[];
  const line = (name: string, rows: string, bytes: number) =>
    `${name.padEnd(24)}${rows.padStart(12)}${format(bytes).padStart(16)}${(bytes / users).toFixed(0).padStart(8)}`;
  console.log(`${'table'.padEnd(24)}${'rows'.padStart(12)}${'bytes'.padStart(16)}${'a user'.padStart(8)}`);
  for (const { name, bytes } of sizes) {
    const { n } = db.prepare(`SELECT COUNT(*) AS n FROM ${name}`).get() as { n: number };
    console.log(line(name, format(n), bytes));
  }
  console.log(
    line(
      'all',
      '',
      sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    ),
  );
}

await runCommand({
  name: 'seed',
  usage: ['--persist-to DIR [options]'],
  about:
    'Fills an empty local database with made-up users. Everybody\'s password is "correct horse battery".',
  options: OPTIONS,
  run: seed,
});
