import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { localDatabasePath } from '../../src/cli/local-database.ts';
import { Project } from '../support/cli-project.ts';
import { PATIENCE } from '../support/patience.ts';

const PASSPHRASE = 'seven quiet harbours';
const ENV = { LATCHKEY_BACKUP_PASSPHRASE: PASSPHRASE };
const USERS = 2000;
const AT_ONCE = 20;
let project: Project;
let key: string;
let folder: string;

beforeAll(async () => {
  project = await Project.create();
  const config = readFileSync(join(project.folder, 'wrangler.toml'), 'utf8');
  // One address makes more calls here than people do.
  project.write('wrangler.toml', config.replace('limit = 1000', 'limit = 1000000'));
  await project.start();
  folder = join(project.folder, 'backup');
  key = /INTERNAL_API_KEY=(.+)/.exec(readFileSync(join(project.folder, '.dev.vars'), 'utf8'))?.[1] as string;
});

afterAll(() => project.remove());

async function call(method: string, path: string, body?: unknown): Promise<any> {
  const response = await fetch(`${project.origin}${path}`, {
    method,
    headers: { 'X-API-Key': key, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  expect(response.ok, `${method} ${path} ${response.status}`).toBe(true);
  return response.json();
}

function database(): DatabaseSync {
  return new DatabaseSync(localDatabasePath(join(project.folder, 'state')), { readOnly: true });
}

function idsOf(): string[] {
  const db = database();
  const ids = db
    .prepare('SELECT id FROM users ORDER BY id')
    .all()
    .map(({ id }) => String(id));
  db.close();
  return ids;
}

async function eachOf<Value, Result>(values: Value[], act: (value: Value, n: number) => Promise<Result>) {
  const results: Result[] = [];
  for (let first = 0; first < values.length; first += AT_ONCE) {
    const some = values.slice(first, first + AT_ONCE);
    results.push(...(await Promise.all(some.map((value, n) => act(value, first + n)))));
  }
  return results;
}

/** What a user has and has left. */
async function standingOf(id: string): Promise<unknown> {
  const [credits, quota, ledger] = await Promise.all([
    call('GET', `/v1/credits/balance?user_id=${id}`),
    call('GET', `/v1/users/${id}/quota`),
    call('GET', `/v1/credits/transactions?user_id=${id}&limit=5`),
  ]);
  return { credits, quota, ledger: ledger.data };
}

const run = (command: string, args: string[], env: Record<string, string> = ENV) =>
  project.cli(command, [folder, '--url', project.origin, ...project.state, ...args], env);

async function restart(): Promise<void> {
  project.server?.kill('SIGTERM');
  await vi.waitFor(() => expect(project.server?.exitCode).toBe(143), PATIENCE);
  await project.start();
}

it('gives 2,000 users back as they were, into a Latchkey that has nobody', async () => {
  const rows = Array.from({ length: USERS }, (_, n) => JSON.stringify({ email: `user${n}@example.com` }));
  const file = project.write('users.ndjson', rows.join('\n'));
  expect(await project.cli('import', [file, '--url', project.origin])).toMatchObject({ code: 0 });
  const ids = idsOf();
  expect(ids).toHaveLength(USERS);
  await eachOf(ids, async (user_id, n) => {
    if (n % 3 > 0) return;
    await call('POST', '/v1/credits/add', { user_id, amount: (n % 90) + 1, reference: `gift-${n}` });
    if (n % 6 === 0) await call('POST', '/v1/credits/use', { user_id, amount: 1, reference: `used-${n}` });
    if (n % 4 === 0) await call('POST', '/v1/usage', { user_id, resource: 'images', quantity: 2 });
  });
  const password = 'three lighthouses at dusk';
  const ada = (await project.call('POST', '/v1/auth/register', { email: 'ada@example.com', password })).body;
  const some = ids.filter((_, n) => n % 12 === 0);
  const before = await eachOf(some, standingOf);

  const made = await run('backup', []);
  expect(made, made.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('668 accounts') });
  // Nothing of it can be read, and nobody else may.
  const files = readdirSync(folder);
  expect(files.sort()).toEqual([
    'DB.sql.gz.age',
    'accounts-00001.ndjson.gz.age',
    'backup.json',
    'identity.age',
  ]);
  for (const name of files)
    expect(readFileSync(join(folder, name), 'latin1')).not.toContain('ada@example.com');

  // What has users is left alone.
  const refused = await run('restore', []);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('DB has users') });
  expect(await run('restore', [], { LATCHKEY_BACKUP_PASSPHRASE: 'another passphrase' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not the passphrase'),
  });

  project.server?.kill('SIGTERM');
  await vi.waitFor(() => expect(project.server?.exitCode).toBe(143), PATIENCE);
  rmSync(join(project.folder, 'state'), { recursive: true });
  await project.start();
  expect(idsOf()).toEqual([]);
  const restored = await run('restore', ['--with-sessions']);
  expect(restored, restored.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^668 accounts of 668 are back/),
  });
  // Again it does nothing.
  expect(await run('restore', ['--with-sessions'])).toMatchObject({ code: 0 });
  await restart();

  expect(idsOf()).toHaveLength(USERS + 1);
  expect(await eachOf(some, standingOf)).toEqual(before);
  const balances = await eachOf(ids, (id) => call('GET', `/v1/credits/balance?user_id=${id}`));
  expect(balances.map(({ balance }) => balance)).toEqual(
    ids.map((_, n) => (n % 3 > 0 ? 0 : (n % 90) + 1 - (n % 6 === 0 ? 1 : 0))),
  );
  expect((await project.call('GET', '/v1/auth/session', undefined, ada.access_token)).status).toBe(200);
  const login = { identifier: 'ada@example.com', password };
  expect((await project.call('POST', '/v1/auth/login', login)).status).toBe(200);
  const db = database();
  expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(db.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  db.close();
});

it('goes on where it was stopped, and takes nothing that was changed or is missing', async () => {
  const other = `${folder}-2`;
  const again = (command: string, env = ENV) =>
    project.cli(command, [other, '--url', project.origin, ...project.state], env);
  const first = await again('backup', {} as typeof ENV);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Passphrase: \S{35}\n/) });
  const own = { LATCHKEY_BACKUP_PASSPHRASE: /^Passphrase: (\S+)/.exec(first.stdout)?.[1] as string };
  const manifest = JSON.parse(readFileSync(join(other, 'backup.json'), 'utf8'));
  // As if it had been stopped after the database.
  const stopped = { ...manifest, finished_at: null, cursor: null, parts: manifest.parts.slice(0, 1) };
  writeFileSync(join(other, 'backup.json'), JSON.stringify(stopped));
  expect(await again('restore')).toMatchObject({ code: 1, stderr: expect.stringContaining('not whole') });
  // What would be added could not be opened by another passphrase.
  const refused = { code: 1, stderr: expect.stringContaining('not the passphrase of this backup') };
  expect(await again('backup')).toMatchObject(refused);
  expect(JSON.parse(readFileSync(join(other, 'backup.json'), 'utf8'))).toEqual(stopped);
  const gone = await again('backup', own);
  expect(gone, gone.stderr).toMatchObject({ code: 0, stderr: expect.not.stringContaining('database') });
  const whole = { code: 0, stderr: 'It is whole already.\n' };
  expect(await again('backup', {} as typeof ENV)).toMatchObject(whole);
  expect(await again('backup')).toMatchObject(refused);
  const part = join(other, manifest.parts.at(-1).file);
  const bytes = readFileSync(part);
  bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
  writeFileSync(part, bytes);
  expect(await again('restore')).toMatchObject({ code: 1, stderr: expect.stringContaining('was changed') });
  expect(await project.cli('restore', [join(other, 'nothing')], ENV)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no backup'),
  });
});

it('goes to a bucket, and comes from there as it was', async () => {
  const [sent, fetched] = [`${folder}-sent`, `${folder}-fetched`];
  const user = { email: 'bea@example.com', password: 'three lighthouses at dusk' };
  expect((await project.call('POST', '/v1/auth/register', user)).status).toBe(201);
  const command = (name: string, args: string[]) =>
    project.cli(name, [...args, '--url', project.origin, ...project.state], ENV);
  const made = await command('backup', [sent, '--bucket', 'copies']);
  const [, id = ''] = /under (bak_\w+)\//.exec(made.stdout) ?? [];
  expect(made, made.stderr).toMatchObject({ code: 0 });
  // There are users here: but the folder is there before anybody looks.
  const restored = await command('restore', [fetched, '--bucket', `copies/${id}`]);
  expect(restored).toMatchObject({ code: 1, stderr: expect.stringContaining('DB has users') });
  const files = readdirSync(sent).sort();
  expect(readdirSync(fetched).sort()).toEqual(files);
  for (const name of files) {
    expect(readFileSync(join(fetched, name)).equals(readFileSync(join(sent, name)))).toBe(true);
  }
  expect(await command('restore', [fetched, '--bucket', 'copies'])).toMatchObject({ code: 1 });
});
