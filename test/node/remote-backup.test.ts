import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { Project } from '../support/cli-project.ts';
import { CloudflareApi } from '../support/peers/cloudflare.ts';

// The databases of a deployed Latchkey, out and in by wrangler: it is the real one, and Cloudflare is a stand-in. What becomes of accounts,
// test/node/backup.test.ts says.

const ODD = ["it's; -- ", 'two\nlines;\n', 'two\r\nlines', '–“”𝄞', 'x'.repeat(90_000)];

let project: Project;
let api: CloudflareApi;
let folder: string;
const posted: string[] = [];

beforeAll(async () => {
  [project, api] = [await Project.create(), await CloudflareApi.start()];
  folder = join(project.folder, 'backup');
  project.write('deployment.toml', '[vars]\nORIGIN = "https://auth.acme.dev"\n');
  api.databases.set('latchkey', migrated());
  api.app = (request, body) => {
    if (request === 'GET /v1/admin/backup') {
      const lines = [
        { account: 'usr_0', values: {}, sums: {} },
        { next: null, accounts: 1 },
      ];
      return gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    }
    if (request !== 'POST /v1/admin/backup') return undefined;
    posted.push(body.toString());
    return JSON.stringify({ restored: 1, rows: 0, pictures: 0, used: [], unknown: [] });
  };
});

afterAll(() => {
  api.stop();
  project.remove();
});

/** A database with all tables and nobody in it. */
function migrated(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  const migrations = join(ROOT, 'migrations');
  for (const file of readdirSync(migrations).sort()) {
    if (file.endsWith('.sql')) db.exec(readFileSync(join(migrations, file), 'utf8'));
  }
  return db;
}

/** All that is in it, but for what a restored one says of itself. */
function everything(db: DatabaseSync) {
  const made = db
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY type, name",
    )
    .all() as { type: string; name: string }[];
  const tables = made.filter(({ type, name }) => type === 'table' && name !== 'audit');
  return { made, rows: tables.map(({ name }) => [name, db.prepare(`SELECT * FROM "${name}"`).all()]) };
}

const run = (command: string, ...args: string[]) =>
  project.cli(command, [folder, '--remote', ...args], {
    ...api.variables,
    HOME: project.folder,
    LATCHKEY_API_KEY: 'key',
    LATCHKEY_BACKUP_PASSPHRASE: 'seven quiet harbours',
  });
const database = () => api.databases.get('latchkey') as DatabaseSync;
const asked = (of: string) =>
  api.requests.filter((request) => request === `POST /d1/database/id-of-latchkey/${of}`);

it('gives a deployed database back as it was, into one that has nobody', async () => {
  const from = database();
  const user = from.prepare(
    `INSERT INTO users (id, realm_id, email, name, version, created_at, updated_at) VALUES (?, 'default', ?, ?, 3, 1, 1)`,
  );
  for (const [n, name] of ODD.entries()) user.run(`usr_${n}`, `user${n}@example.com`, name);
  const made = await run('backup');
  expect(made, made.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('1 account.') });
  expect(asked('export')).toHaveLength(2);
  for (const name of readdirSync(folder)) {
    expect(readFileSync(join(folder, name), 'latin1')).not.toContain('user0@example.com');
  }

  // What has users is left alone.
  const refused = await run('restore');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('DB has users') });
  expect(asked('import')).toEqual([]);

  api.databases.set('latchkey', migrated());
  // Cloudflare gives up in the middle: nothing is left of it, and it can be run again.
  const empty = everything(database());
  api.files.failing = /usr_3/;
  const broken = await run('restore');
  expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('could not be restored') });
  expect(broken.stderr).toContain('D1_RESET_DO');
  expect(everything(database())).toEqual(empty);
  expect(posted).toEqual([]);

  api.files.failing = null;
  api.requests.length = 0;
  const restored = await run('restore');
  expect(restored, restored.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 accounts of 1 are back'),
  });
  expect(asked('import')).toHaveLength(3);
  // Accounts were copied after the databases, and must not take these for older.
  from.exec('UPDATE users SET version = version + 1000');
  expect(everything(database())).toEqual(everything(from));
  expect(database().prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(database().prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  expect(posted.map((lines) => JSON.parse(lines).account)).toEqual(['usr_0']);

  // Again it leaves the database as it is.
  api.requests.length = 0;
  expect(await run('restore')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('is there already'),
  });
  expect(asked('import')).toEqual([]);
});
