import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { MERGED, SHARED, writeDeployment } from './deployment.ts';

/** Where wrangler runs: relative paths in flags are relative to it. */
export const ROOT = join(import.meta.dirname, '../..');

/** The flags by which every command says which database it means. */
export const TARGET_OPTIONS = {
  remote: { type: 'boolean' },
  'persist-to': { type: 'string' },
} as const;

/** Which database: the deployed one, or the local one in its default or another directory. */
export interface DatabaseTarget {
  remote?: boolean;
  'persist-to'?: string;
}

export type D1Row = Record<string, string | number | null>;

/** Starts the project's own wrangler, under the Node that runs this, without telemetry or look-ups of its own. */
export function spawnWrangler(args: string[], stdio: StdioOptions): ChildProcess {
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
    },
  });
}

/** Brings the local database up to the newest migration. Throws with wrangler's output when one fails. */
export async function applyMigrations(target: DatabaseTarget): Promise<void> {
  const { code, output, problem } = await runWrangler([
    ...['d1', 'migrations', 'apply', 'DB'],
    ...(await where(target)),
  ]);
  if (code !== 0) throw new Error(`The migrations could not be applied:\n${output}${problem}`);
}

/** How often to try while a Latchkey that runs on the same local database writes to it. */
const TRIES = 5;

/** Runs SQL statements and returns the rows of each. Throws with what D1 says. */
export async function query(sql: string, target: DatabaseTarget, tries = TRIES): Promise<D1Row[][]> {
  const { code, output, problem } = await runWrangler([
    ...['d1', 'execute', 'DB'],
    ...(await where(target)),
    ...['--json', '--command', sql],
  ]);
  if (code === 0) return (JSON.parse(output) as { results: D1Row[] }[]).map(({ results }) => results);
  const message = errorText(output) ?? `${output}${problem}`;
  // Nothing was done then: the statements are one transaction, which could not begin.
  if (message.includes('SQLITE_BUSY') && tries > 1) return query(sql, target, tries - 1);
  throw new Error(explain(message, target));
}

/** A value as it stands in SQL. Strings hold no control characters, as SQLite ends text at a NUL. */
export function literal(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? 'NULL' : String(value);
  if (/\p{Cc}/u.test(value)) throw new Error('A value may not contain control characters.');
  return `'${value.replaceAll("'", "''")}'`;
}

/** Runs a command to its end; what it throws is shown without a stack, and the exit code is 1. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function where(target: DatabaseTarget): Promise<string[]> {
  if (target.remote) {
    await writeDeployment();
    return ['--config', MERGED, '--remote'];
  }
  const persistTo = target['persist-to'];
  return ['--config', SHARED, '--local', ...(persistTo ? ['--persist-to', persistTo] : [])];
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

function explain(message: string, { remote }: DatabaseTarget): string {
  if (!message.includes('no such table')) return message;
  const remedy = remote ? '`npm run deploy`, which does so' : '`npm start`, which does so';
  return `${message}\nThis database has not been migrated: run ${remedy}.`;
}
