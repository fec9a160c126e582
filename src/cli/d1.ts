import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { parseEnv } from 'node:util';
import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { CONTROL } from '../config/databases.ts';
import { UsageError } from './command.ts';
import { deployedOrigin, deploymentFiles, SHARED, writeDeployment } from './deployment.ts';
import { localDatabaseFile, localDatabasePath, onlyLocalDatabase } from './local-database.ts';
import { ROOT } from './root.ts';

/** Which database: a deployed one, or the local one in its default or another directory. */
export interface DatabaseTarget {
  remote?: boolean;
  env?: string;
  'persist-to'?: string;
}

export type D1Row = Record<string, string | number | null>;

/** Starts the project's own wrangler, under the Node that runs this, without telemetry or look-ups of its own. */
export function spawnWrangler(
  args: string[],
  stdio: StdioOptions,
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(process.execPath, [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), ...args], {
    cwd: ROOT,
    stdio,
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: 'false',
      // The banner asks the npm registry for a newer version.
      WRANGLER_HIDE_BANNER: 'true',
      // The sample of `request.cf` comes from cloudflare.com; without it there is a placeholder.
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      ...env,
    },
  });
}

/** As wrangler makes it, which goes on with it. */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

/** Brings all databases up to the newest migration, one after another. Throws with what wrangler or the database says when one fails. */
export async function applyMigrations(target: DatabaseTarget): Promise<string[]> {
  const databases = await boundDatabases(target);
  const place = await wranglerPlace(target);
  for (const { binding, ids } of databases) {
    const explained = (why: string) =>
      new Error(`The migrations of ${binding} could not be applied:\n${why}`);
    const wrangler = async (...command: string[]) => {
      const { code, output, problem } = await runWrangler(['d1', ...command, ...place]);
      if (code !== 0) throw explained(`${output}${problem}`);
    };
    if (isDeployed(target)) {
      await wrangler('migrations', 'apply', binding);
      continue;
    }
    const path = () => localDatabaseFile(target['persist-to'], ids);
    if (path() === null) await wrangler('execute', binding, '--command', MIGRATIONS_TABLE);
    try {
      migrateFile(path() as string);
    } catch (error) {
      throw explained((error as Error).message);
    }
  }
  return databases.map(({ binding }) => binding);
}

/** Each migration in a transaction, straight in the file of a local database: wrangler starts the runtime anew for every one. */
function migrateFile(path: string): void {
  const folder = join(ROOT, 'migrations');
  const db = new DatabaseSync(path, { timeout: BUSY });
  try {
    db.exec(MIGRATIONS_TABLE);
    const isApplied = db.prepare('SELECT 1 FROM d1_migrations WHERE name = ?');
    // An editor may keep files of its own there.
    const names = readdirSync(folder).filter((name) => /^[^.].*\.sql$/.test(name));
    for (const name of names.sort()) {
      db.exec('BEGIN IMMEDIATE');
      if (!isApplied.get(name)) {
        db.exec(readFileSync(join(folder, name), 'utf8'));
        db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').run(name);
      }
      db.exec('COMMIT');
    }
  } finally {
    // What was not committed is undone with it.
    db.close();
  }
}

/** The databases that are bound, `DB` first, as the configuration says. */
export async function boundDatabases(target: DatabaseTarget): Promise<{ binding: string; ids: string[] }[]> {
  const { experimental_readRawConfig: readRawConfig } = await import('wrangler');
  const config = isDeployed(target) ? deploymentFiles(target.env).merged : SHARED;
  if (isDeployed(target)) await writeDeployment(target.env);
  const { rawConfig } = readRawConfig({ config: join(ROOT, config) });
  const bound = (rawConfig as WranglerConfig).d1_databases ?? [];
  return bound.map((one) => ({
    binding: one.binding,
    ids: [one.preview_database_id, one.database_id, one.database_name, one.binding].filter(
      (id) => id !== undefined,
    ),
  }));
}

/** The file of one of several local databases: wrangler names it by what the configuration calls the database. */
export async function localPathOf(name: string, target: DatabaseTarget): Promise<string> {
  // Without loading wrangler, which takes a second: where there is one, it is that.
  const only = onlyLocalDatabase(target['persist-to']);
  if (only && name === CONTROL) return only;
  const databases = await boundDatabases(target);
  const found = databases.find(({ binding }) => binding === name);
  if (!found) throw new Error(`${name} is no database that ${SHARED} binds.`);
  return localDatabasePath(target['persist-to'], found.ids);
}

/** How long to wait while a Latchkey that runs on the same local database writes to it. Milliseconds. */
export const BUSY = 30_000;

/**
 * Runs SQL statements in one transaction and returns the rows of each. Throws with what the database says. A local one is read
 * and written straight in its file, which takes a tenth of the time that wrangler needs to start.
 */
export async function query(
  sql: string | string[],
  target: DatabaseTarget,
  database = CONTROL,
): Promise<D1Row[][]> {
  const statements = [sql].flat();
  try {
    return isDeployed(target)
      ? await queryDeployed(statements.join(';\n'), target, database)
      : queryLocal(statements, await localPathOf(database, target));
  } catch (error) {
    throw new Error(explain((error as Error).message, target));
  }
}

function queryLocal(statements: string[], path: string): D1Row[][] {
  const db = new DatabaseSync(path, { timeout: BUSY });
  try {
    db.exec('BEGIN IMMEDIATE');
    const rows = statements.map((statement) => db.prepare(statement).all() as D1Row[]);
    db.exec('COMMIT');
    return rows;
  } finally {
    // What was not committed is undone with it.
    db.close();
  }
}

async function queryDeployed(sql: string, target: DatabaseTarget, database: string): Promise<D1Row[][]> {
  const { code, output, problem } = await runWrangler([
    ...['d1', 'execute', database],
    ...(await wranglerPlace(target)),
    ...['--json', '--command', sql],
  ]);
  if (code !== 0) throw new Error(errorText(output) ?? `${output}${problem}`);
  return (JSON.parse(output) as { results: D1Row[] }[]).map(({ results }) => results);
}

/** A value as it stands in SQL. Strings hold no control characters, as SQLite ends text at a NUL. */
export function literal(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? 'NULL' : String(value);
  if (/\p{Cc}/u.test(value)) throw new Error('A value may not contain control characters.');
  return `'${value.replaceAll("'", "''")}'`;
}

/** The options by which wrangler finds the databases of a target. */
export async function wranglerPlace(target: DatabaseTarget): Promise<string[]> {
  const persistTo = target['persist-to'];
  if (isDeployed(target)) {
    if (persistTo) throw new UsageError('--persist-to names a local database: leave out --remote and --env.');
    await writeDeployment(target.env);
    return ['--config', deploymentFiles(target.env).merged, '--remote'];
  }
  return ['--config', SHARED, '--local', ...(persistTo ? ['--persist-to', persistTo] : [])];
}

/** Where the Latchkey of a database answers, as its configuration says. */
export async function originOf(target: DatabaseTarget): Promise<string> {
  if (isDeployed(target)) return deployedOrigin(target.env);
  const path = join(ROOT, '.dev.vars');
  const { ORIGIN } = existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
  return ORIGIN ?? 'http://localhost:8787';
}

/** Whether a command means a deployed Latchkey. */
export function isDeployed({ remote, env }: Pick<DatabaseTarget, 'remote' | 'env'>): boolean {
  return remote === true || env !== undefined;
}

/** Runs wrangler to its end, without a terminal: it asks nothing. */
export async function runWrangler(
  args: string[],
): Promise<{ code: number; output: string; problem: string }> {
  const child = spawnWrangler(args, ['ignore', 'pipe', 'pipe']);
  const exit = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  const [code, output, problem] = await Promise.all([
    exit,
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ]);
  return { code, output, problem };
}

function errorText(output: string): string | undefined {
  try {
    return JSON.parse(output).error.text;
  } catch {
    return undefined;
  }
}

function explain(message: string, target: DatabaseTarget): string {
  if (!/no such table|There are 0 databases/.test(message)) return message;
  const remedy = isDeployed(target) ? '`npm run deploy`, which does so' : '`npm start`, which does so';
  return `${message}\nThis database has not been migrated: run ${remedy}.`;
}
