import { createHash, createHmac } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ROOT } from './root.ts';

/** Where wrangler keeps local D1 databases, below a `--persist-to`. */
const LAYOUT = 'v3/d1/miniflare-D1DatabaseObject';

/** The file of the only local database; null when there are several. Throws when there is none. */
export function onlyLocalDatabase(persistTo?: string): string | null {
  const { ours, directory } = localDatabases(persistTo);
  if (ours.length === 0) throw new Error(`There are 0 databases of Latchkey in ${directory}.`);
  return ours.length === 1 ? (ours[0] as string) : null;
}

/**
 * The file of the local database, which has been migrated: the only one, or that which is called by one of those names. Throws when
 * there is none, or more than one.
 */
export function localDatabasePath(persistTo?: string, names: string[] = []): string {
  const { ours, directory } = localDatabases(persistTo);
  const files = names.map((name) => `${objectIdOf(name)}.sqlite`);
  const wanted = names.length === 0 ? ours : ours.filter((path) => files.includes(basename(path)));
  if (wanted.length !== 1) {
    throw new Error(`There are ${wanted.length} databases of Latchkey in ${directory}.`);
  }
  return wanted[0] as string;
}

/** The file of the local database that is called by one of those names, migrated or not; null where there is none yet. */
export function localDatabaseFile(persistTo: string | undefined, names: string[]): string | null {
  const directory = directoryOf(persistTo);
  const paths = names.map((name) => join(directory, `${objectIdOf(name)}.sqlite`));
  return paths.find((path) => existsSync(path)) ?? null;
}

function directoryOf(persistTo?: string): string {
  return join(persistTo ?? join(ROOT, '.wrangler/state'), LAYOUT);
}

function localDatabases(persistTo?: string): { ours: string[]; directory: string } {
  const directory = directoryOf(persistTo);
  const files = existsSync(directory) ? readdirSync(directory) : [];
  const paths = files
    .filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
    .map((name) => join(directory, name));
  return { ours: paths.filter(isOurs), directory };
}

/** The id of the object in which miniflare keeps a database, by what the configuration calls it. */
function objectIdOf(name: string): string {
  const key = createHash('sha256').update(basename(LAYOUT)).digest();
  const half = (of: string | Buffer) => createHmac('sha256', key).update(of).digest().subarray(0, 16);
  const first = half(name);
  return Buffer.concat([first, half(first)]).toString('hex');
}

function isOurs(path: string): boolean {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'realms'").get() !== undefined;
  } finally {
    db.close();
  }
}
