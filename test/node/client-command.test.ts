import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { isClientSecret } from '../../src/authorization-server/client-secret.ts';
import { ROOT } from '../../src/cli/root.ts';

const state = mkdtempSync(join(tmpdir(), 'latchkey-'));
const folder = join(state, 'v3/d1/miniflare-D1DatabaseObject');
mkdirSync(folder, { recursive: true });
const db = new DatabaseSync(join(folder, `${'a'.repeat(64)}.sqlite`));
for (const file of readdirSync(join(ROOT, 'migrations')).sort()) {
  db.exec(readFileSync(join(ROOT, 'migrations', file), 'utf8'));
}
afterAll(() => {
  db.close();
  rmSync(state, { recursive: true });
});

const run = (...args: string[]) =>
  execFileSync(process.execPath, ['src/cli/client.ts', ...args, '--persist-to', state], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const idIn = (output: string) => /cli_[0-9a-z]{26}/.exec(output)?.[0] as string;
const secretIn = (output: string) => /lks_[\w-]{43}/.exec(output)?.[0] as string;
const rowOf = (id: string) =>
  db.prepare('SELECT * FROM oauth_clients WHERE id = ?').get(id) as Record<string, any>;
const opens = (id: string, secret: string) => {
  const {
    secret_hash: secretHash,
    previous_hash: previousHash,
    previous_expires_at: previousExpiresAt,
  } = rowOf(id);
  return isClientSecret({ secretHash, previousHash, previousExpiresAt }, secret, Date.now());
};

it('registers a client, rotates its secret, changes it and deletes it', () => {
  const made = run('create', '--name', 'Printer', '--redirect', 'https://printer.example/cb');
  const [id, secret] = [idIn(made), secretIn(made)];
  expect(rowOf(id)).toMatchObject({
    realm_id: 'default',
    first_party: 0,
    authentication: 'client_secret_basic',
  });
  expect(opens(id, secret)).toBe(true);
  const next = secretIn(run('rotate', id, '--overlap', '1'));
  expect([opens(id, secret), opens(id, next)]).toEqual([true, true]);
  const last = secretIn(run('rotate', id, '--overlap', '0'));
  expect([opens(id, secret), opens(id, next), opens(id, last)]).toEqual([false, false, true]);
  expect(run('update', id, '--authentication', 'none', '--first-party', '--scope', 'account')).not.toContain(
    last,
  );
  expect(rowOf(id)).toMatchObject({
    first_party: 1,
    authentication: 'none',
    secret_hash: null,
    scopes: '["account"]',
  });
  expect(() => run('update', id, '--third-party')).toThrow(/first-party/);
  expect(() => run('update', id, '--redirect', 'http://printer.example/')).toThrow(/https/);
  expect(run('list')).toContain(id);
  run('delete', id);
  expect(rowOf(id)).toBeUndefined();
  const acts = db.prepare('SELECT action FROM audit WHERE target = ? ORDER BY rowid').all(id);
  expect(acts.map(({ action }) => action)).toEqual([
    'client_created',
    'client_secret_rotated',
    'client_secret_rotated',
    'client_changed',
    'client_deleted',
  ]);
});

it('names a protected resource, changes it and removes it', () => {
  const resource = (...args: string[]) =>
    execFileSync(process.execPath, ['src/cli/resource.ts', ...args, '--persist-to', state], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const url = 'https://notes.example.com/mcp';
  const making = ['create', '--name', 'Notes', '--resource', url];
  const made = resource(...making, '--scope', 'notes:write', '--open');
  const id = /res_[0-9a-z]{26}/.exec(made)?.[0] as string;
  const row = () => db.prepare('SELECT * FROM protected_resources WHERE id = ?').get(id) as any;
  expect(row()).toMatchObject({ identifier: url, scopes: '["notes:write"]', open: 1, realm_id: 'default' });
  expect(() => resource(...making)).toThrow();
  expect(() => resource('create', '--name', 'x', '--resource', 'http://notes.example.com/')).toThrow();
  resource('update', id, '--closed', '--access-token-seconds', '120');
  expect(row()).toMatchObject({ open: 0, access_token_seconds: 120, name: 'Notes' });
  expect(() => resource('show', id, '--realm', 'user1')).toThrow();
  resource('delete', id);
  expect(row()).toBeUndefined();
  const actions = db.prepare('SELECT action FROM audit WHERE target = ? ORDER BY at').all(id) as any[];
  expect(actions.map(({ action }) => action)).toEqual([
    'protected_resource_created',
    'protected_resource_changed',
    'protected_resource_deleted',
  ]);
});
