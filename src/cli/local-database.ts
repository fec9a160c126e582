import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ROOT } from './root.ts';

/** Where wrangler keeps local D1 databases, below a `--persist-to`. */
const LAYOUT = 'v3/d1/miniflare-D1DatabaseObject';

/** The file of the local database, which has been migrated. Throws when there is none, or more than one. */
export function localDatabasePath(persistTo?: string): string {
  const directory = join(persistTo ?? join(ROOT, '.wrangler/state'), LAYOUT);
  const files = existsSync(directory) ? readdirSync(directory) : [];
  const paths = files
    .filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
    .map((name) => join(directory, name));
  const ours = paths.filter(isOurs);
  if (ours.length !== 1) throw new Error(`There are ${ours.length} databases of Latchkey in ${directory}.`);
  return ours[0] as string;
}

function isOurs(path: string): boolean {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'realms'").get() !== undefined;
  } finally {
    db.close();
  }
}
