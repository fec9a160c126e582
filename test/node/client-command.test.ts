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
