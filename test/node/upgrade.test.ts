import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { PREVIOUS_RELEASE } from '../support/previous-release.ts';
import { INTERNAL_API_KEY, WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

// Migrations expand first and contract in a later release: `npm run deploy` applies them while the Worker before still runs.

const FOLDER = join(ROOT, 'migrations');
const files = readdirSync(FOLDER).toSorted();

function migrated(names: string[]): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  for (const name of names) db.exec(readFileSync(join(FOLDER, name), 'utf8'));
  return db;
}

interface Column {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
}

/** The tables of a database, each with its columns by name. */
function tablesOf(db: DatabaseSync): Map<string, Map<string, Column>> {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").all();
  return new Map(
    names.map(({ name }) => {
      const columns = db.prepare(`SELECT * FROM pragma_table_info('${name}')`).all() as unknown as Column[];
      return [String(name), new Map(columns.map((column) => [column.name, column]))];
    }),
  );
}

/** What the newer tables have taken from a Worker that reads and writes the older. */
function taken(older: DatabaseSync, newer: DatabaseSync): string[] {
  const now = tablesOf(newer);
  return [...tablesOf(older)].flatMap(([table, columns]) => {
    const found = now.get(table);
    if (!found) return [`${table} is gone`];
    const gone = [...columns.values()].flatMap(({ name, type }) => {
      const column = found.get(name);
      if (!column) return [`${table}.${name} is gone`];
      return column.type === type ? [] : [`${table}.${name} is another type`];
    });
    // Its INSERTs name only what it knows.
    const wanted = [...found.values()].filter(
      ({ name, notnull, dflt_value: value }) => !columns.has(name) && notnull && value === null,
    );
    return [...gone, ...wanted.map(({ name }) => `${table}.${name} is wanted`)];
  });
}

const before = files.filter((name) => name <= PREVIOUS_RELEASE.migration);

it('the previous release is one of these', () => {
  expect(before.at(-1)).toBe(PREVIOUS_RELEASE.migration);
});

it('migrations since the previous release take nothing from its Worker', () => {
  expect(taken(migrated(before), migrated(files))).toEqual([]);
});

it.each([
  ['DROP TABLE audit_files', ['audit_files is gone']],
  [
    'ALTER TABLE audit_stream RENAME COLUMN hash TO digest',
    expect.arrayContaining(['audit_stream.hash is gone']),
  ],
  ['ALTER TABLE audit_stream ADD COLUMN x TEXT', []],
  ["ALTER TABLE realms ADD COLUMN x TEXT NOT NULL DEFAULT ''", []],
  [
    'CREATE TABLE other (a TEXT); DROP TABLE audit_files; ALTER TABLE other RENAME TO audit_files',
    expect.arrayContaining(['audit_files.key is gone']),
  ],
  [
    'DROP TABLE audit_files; CREATE TABLE audit_files (key TEXT, x TEXT NOT NULL)',
    expect.arrayContaining(['audit_files.x is wanted']),
  ],
])('sees what %s takes', (sql, expected) => {
  const newer = migrated(before);
  newer.exec(sql);
  expect(taken(migrated(before), newer)).toEqual(expected);
});

const { commit } = PREVIOUS_RELEASE;
const isThere = spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT }).status === 0;

// A shallow clone has only the present: there the rule above stands alone.
describe.runIf(isThere)('the Worker of the previous release, on the new tables', () => {
  let folder: string | undefined;
  let latchkey: WranglerDev | undefined;
  afterAll(async () => {
    await latchkey?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('goes on: registers, signs in, refreshes, decides, lists, signs out', async () => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-previous-'));
    const old = join(folder, 'latchkey');
    mkdirSync(old);
    const archive = execFileSync(
      'git',
      ['archive', commit, 'src', 'package.json', 'tsconfig.json', 'wrangler.toml'],
      {
        cwd: ROOT,
        maxBuffer: 1 << 30,
      },
    );
    execFileSync('tar', ['-x', '-C', old], { input: archive });
    cpSync(join(ROOT, 'generated'), join(old, 'generated'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(old, 'node_modules'));
    execFileSync(process.execPath, ['src/cli/generate.ts'], { cwd: old, stdio: 'ignore' });
    // `start` migrates by the migrations of today.
    latchkey = await WranglerDev.start((directory) => [writeConfig(directory, { root: old })]);
    const { origin } = latchkey;
    const call = async (
      method: string,
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ) => {
      const answer = await fetch(`${origin}${path}`, {
        method,
        headers: { 'Content-Type': 'application/json', ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      expect(answer.status, `${method} ${path}: ${text}`).toBeLessThan(300);
      return text ? JSON.parse(text) : null;
    };
    const service = { 'X-API-Key': INTERNAL_API_KEY };
    const password = 'three lighthouses at dusk';
    const registered = await call('POST', '/v1/auth/register', { email: 'ada@acme.dev', password });
    const signedIn = await call('POST', '/v1/auth/login', { identifier: 'ada@acme.dev', password });
    const { access_token: token } = await call('POST', '/v1/auth/refresh', {
      refresh_token: signedIn.refresh_token,
    });
    const user = { Authorization: `Bearer ${token}` };
    await call('GET', '/v1/me', undefined, user);
    await call('GET', '/v1/me/sessions', undefined, user);
    const decided = await call(
      'POST',
      '/v1/authorize',
      { token, resource: 'images', reference: 'a' },
      service,
    );
    expect(decided.allowed).toBe(true);
    const key = await call('POST', '/v1/admin/api-keys', { name: 'k', scopes: ['users:read'] }, service);
    await call('GET', '/v1/users/by-email/ada@acme.dev', undefined, { 'X-API-Key': key.key });
    const { data } = await call('GET', '/v1/admin/users', undefined, service);
    expect(data.map(({ id }: { id: string }) => id)).toContain(registered.user.id);
    await call('POST', '/v1/auth/logout', undefined, user);
    const cron = await fetch(`${origin}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&format=json`);
    expect(await cron.json()).toMatchObject({ outcome: 'ok' });
    const health = await call('GET', '/health?deep=1');
    expect(health).toMatchObject({ status: 'ok' });
  }, 600_000);
});
