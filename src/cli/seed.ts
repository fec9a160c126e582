import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { applyMigrations, runCommand } from './d1.ts';
import { localDatabasePath } from './local-database.ts';
import { hashInNode } from './password.ts';
import { format, Progress } from './progress.ts';
import { RowSeeder, type SeedPlan } from './seed-rows.ts';

// `npm run seed`: fills an empty local database with users and what they did, to see how it does at size. Straight into
// the file of wrangler's D1: the server must not run.

const USAGE = `Usage:
  npm run seed -- [--users N] [--days N] [--active SHARE] --persist-to DIR

1,000,000 users, 365 days, and 0.01 of the users on a day unless told otherwise. Everybody's password is
"correct horse battery".`;

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
  'sessions',
  'usage_daily',
  'token_daily',
  'credit_transactions',
  'outbox',
];
const SUMS = [
  `INSERT INTO usage_monthly (user_id, month, resource, realm_id, seq, quantity)
   SELECT user_id, substr(date, 1, 7), resource, realm_id, MAX(seq), SUM(quantity) FROM usage_daily GROUP BY 1, 2, 3`,
  `INSERT INTO realm_daily
   SELECT realm_id, date(at / 1000, 'unixepoch'), 'active_users', COUNT(DISTINCT user_id) FROM activity GROUP BY 1, 2`,
];
const SHOW_EVERY = 2000;

async function seed(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      users: { type: 'string' },
      days: { type: 'string' },
      active: { type: 'string' },
      'persist-to': { type: 'string' },
    },
  });
  const parsed = Options.safeParse(values);
  const persistTo = values['persist-to'];
  if (!parsed.success || persistTo === undefined) throw new Error(USAGE);
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
  for (const table of [...BULK, 'usage_monthly']) {
    const { n } = db.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get() as { n: number };
    console.log(`${table.padEnd(22)}${format(n)}`);
  }
}

await runCommand(() => seed(process.argv.slice(2)));
