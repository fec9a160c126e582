import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { afterAll, expect, it, vi } from 'vitest';
import { dumpDatabase, loadDatabase } from '../../src/cli/database-dump.ts';
import { localDatabasePath } from '../../src/cli/local-database.ts';
import { ROOT } from '../../src/cli/root.ts';
import { PATIENCE } from '../support/patience.ts';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-dump-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A local database, opened: with all tables, or with none but the one by which it is known. */
function database(name: string, isMigrated: boolean): { db: DatabaseSync; target: { 'persist-to': string } } {
  const target = { 'persist-to': join(folder, name) };
  const place = join(target['persist-to'], 'v3/d1/miniflare-D1DatabaseObject');
  mkdirSync(place, { recursive: true });
  const db = new DatabaseSync(join(place, `${'0'.repeat(64)}.sqlite`));
  if (!isMigrated) db.exec('CREATE TABLE realms (id TEXT)');
  const migrations = join(ROOT, 'migrations');
  for (const file of isMigrated ? readdirSync(migrations).sort() : []) {
    if (file.endsWith('.sql')) db.exec(readFileSync(join(migrations, file), 'utf8'));
  }
  return { db, target };
}

it('gives back what is in any column of any table, and all triggers and indexes', async () => {
  const from = database('from', true);
  const odd = ["a;\n'b';\n", "it's; -- \n';\n", 'nul\0;\n', '-- x', ';\n'];
  const insert = from.db.prepare(
    `INSERT INTO billing_customers (user_id, realm_id, customer_id, created_at) VALUES (?, 'default', ?, 1)`,
  );
  const user = from.db.prepare(
    "INSERT INTO users (id, realm_id, email, created_at, updated_at) VALUES (?, 'default', ?, 1, 1)",
  );
  for (const [n, value] of odd.entries()) {
    user.run(value, `${n}@example.com`);
    insert.run(value, value);
  }
  from.db.exec('CREATE TABLE zoo (id INTEGER PRIMARY KEY AUTOINCREMENT, value, twice AS (id * 2))');
  const values = [
    2n ** 62n,
    0.5,
    1e300,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    new Uint8Array([0, 39, 59, 10]),
    ...odd,
  ];
  for (const value of values) from.db.prepare('INSERT INTO zoo (value) VALUES (?)').run(value);
  from.db.exec('DELETE FROM zoo WHERE id = 3');
  let sql = '';
  await dumpDatabase('DB', from.target, async (stream) => {
    for await (const text of stream) sql += text;
  });
  const to = database('to', false);
  to.db.close();
  // As it comes from a file: in pieces that end anywhere.
  await loadDatabase('DB', to.target, Readable.from(sql.match(/.{1,777}/gs) ?? []), []);
  const back = new DatabaseSync(localDatabasePath(to.target['persist-to']));
  const everything = (db: DatabaseSync) => {
    const made = db
      .prepare(
        "SELECT type, name, sql FROM sqlite_master WHERE name <> 'sqlite_sequence' ORDER BY type, name",
      )
      .all() as { type: string; name: string }[];
    const tables = made.filter(({ type }) => type === 'table');
    return {
      made,
      rows: tables.map(({ name }) => {
        const read = db.prepare(`SELECT * FROM "${name}"`);
        read.setReadBigInts(true);
        return [name, read.all()];
      }),
    };
  };
  expect(everything(back)).toEqual(everything(from.db));
  back.close();
  from.db.close();
});

it('leaves nothing in the clear when it is stopped', async () => {
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  const { db, target } = database('stopped', false);
  db.close();
  const script = `
    import { Readable } from 'node:stream';
    import { loadDatabase } from ${JSON.stringify(join(ROOT, 'src/cli/database-dump.ts'))};
    const never = async function* () { yield 'secret'; await new Promise(() => setInterval(() => {}, 1000)); };
    await loadDatabase('DB', ${JSON.stringify(target)}, Readable.from(never()), []);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await vi.waitFor(
    () => expect(readdirSync(temporary, { recursive: true }).join()).toContain('database.sql'),
    PATIENCE,
  );
  child.kill('SIGINT');
  await vi.waitFor(() => expect(child.exitCode).toBe(130), PATIENCE);
  expect(readdirSync(temporary)).toEqual([]);
});
