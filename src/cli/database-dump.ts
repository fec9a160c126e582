import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  BUSY,
  type DatabaseTarget,
  isDeployed,
  localPathOf,
  query,
  runWrangler,
  wranglerPlace,
} from './d1.ts';

// A database as SQL, out and in again: a deployed one by `wrangler d1 export` and `execute`, a local one straight from its file.

/** What neither SQLite nor D1 keep for themselves. */
const OURS = "name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_cf!_%' ESCAPE '!'";

/** By what a command is stopped. */
const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Hands a database over as SQL that makes it anew, as it was at one moment. A deployed one answers nobody while Cloudflare exports it. What is
 * written on this machine meanwhile goes when `take` has ended. Throws with what wrangler says.
 */
export async function dumpDatabase(
  name: string,
  target: DatabaseTarget,
  take: (sql: Readable) => Promise<void>,
): Promise<void> {
  if (!isDeployed(target)) {
    const path = await localPathOf(name, target);
    return take(Readable.from(statementsOf(path)));
  }
  await withFile(async (file) => {
    await succeed(`${name} could not be exported`, [
      ...['d1', 'export', name, '--output', file, '--skip-confirmation'],
      ...(await wranglerPlace(target)),
    ]);
    await take(createReadStream(file));
  });
}

/**
 * Makes a database anew by such SQL; `last` are statements to be run after it. Whatever tables there are go. All of it is done or nothing.
 * Throws for a database that has users, and with what the database says.
 */
export async function loadDatabase(
  name: string,
  target: DatabaseTarget,
  sql: Readable,
  last: string[],
): Promise<void> {
  const first = ['PRAGMA defer_foreign_keys = TRUE', ...(await dropsOf(name, target))];
  const end = (statements: string[]) => statements.map((statement) => `${statement};\n`).join('');
  await withFile(async (file) => {
    const whole = async function* () {
      yield end(first);
      yield* sql;
      yield `\n${end(last)}`;
    };
    await pipeline(Readable.from(whole()), createWriteStream(file, { mode: 0o600 }));
    if (isDeployed(target)) {
      await succeed(`${name} could not be restored`, [
        ...['d1', 'execute', name, '--file', file, '--yes'],
        ...(await wranglerPlace(target)),
      ]);
    } else await runFile(file, await localPathOf(name, target));
  });
}

/** The statements by which everything goes that is in a database without users. */
async function dropsOf(name: string, target: DatabaseTarget): Promise<string[]> {
  const [found = []] = await query(
    `SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view', 'trigger') AND ${OURS}
     ORDER BY type = 'table', name`,
    target,
    name,
  );
  if (found.some((one) => one.name === 'users')) {
    const [[users] = []] = await query('SELECT 1 AS one FROM users LIMIT 1', target, name);
    if (users) throw new Error(`${name} has users: restore into a Latchkey that has none.`);
  }
  return found.map((one) => `DROP ${one.type} "${one.name}"`);
}

async function withFile(act: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-database-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Nothing is left of what lies there in the clear, however it ends.
  const stop = (_: string, signal: number) => {
    remove();
    process.exit(128 + signal);
  };
  for (const signal of STOPS) process.on(signal, stop);
  try {
    await act(join(folder, 'database.sql'));
  } finally {
    for (const signal of STOPS) process.off(signal, stop);
    remove();
  }
}

async function succeed(what: string, args: string[]): Promise<void> {
  const { code, output, problem } = await runWrangler(args);
  if (code !== 0) throw new Error(`${what}:\n${output}${problem}`);
}

/** Statement by statement: a database may be larger than a string. */
async function runFile(file: string, path: string): Promise<void> {
  const db = new DatabaseSync(path, { timeout: BUSY });
  try {
    db.exec('BEGIN IMMEDIATE');
    let statement = '';
    for await (const text of createReadStream(file, 'utf8')) {
      const pieces = (statement + text).split(/(?<=;\n)/);
      statement = '';
      for (const piece of pieces) {
        statement += piece;
        if (!isWhole(statement)) continue;
        db.exec(statement);
        statement = '';
      }
    }
    db.exec(statement);
    db.exec('COMMIT');
  } finally {
    // What was not committed is undone with it.
    db.close();
  }
}

/** Whether statements end here: not within a text that has such an end, nor in a trigger. */
function isWhole(statement: string): boolean {
  if (!statement.endsWith(';\n')) return false;
  // Of a table the database keeps the comments too, and those have apostrophes.
  const text = statement.replace(/'(?:[^']|'')*'|--[^\n]*/g, '');
  if (text.includes("'")) return false;
  return !/^\s*CREATE\s+(TEMP\s+)?TRIGGER\b/i.test(text) || /\bEND;\n$/i.test(text);
}

function* statementsOf(path: string): Generator<string> {
  const db = new DatabaseSync(path, { timeout: BUSY, readOnly: true });
  try {
    db.exec('BEGIN');
    yield 'PRAGMA defer_foreign_keys = TRUE;\n';
    const made = db
      .prepare(
        `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND ${OURS} ORDER BY type = 'table' DESC, rowid`,
      )
      .all() as { type: string; name: string; sql: string }[];
    for (const { type, name, sql } of made) {
      if (type !== 'table') continue;
      yield `${sql};\n`;
      yield* rowsOf(db, name);
    }
    const numbered = db.prepare("SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'").get();
    if (numbered) {
      yield 'DELETE FROM sqlite_sequence;\n';
      yield* rowsOf(db, 'sqlite_sequence');
    }
    for (const { type, sql } of made) if (type !== 'table') yield `${sql};\n`;
  } finally {
    db.close();
  }
}

function* rowsOf(db: DatabaseSync, table: string): Generator<string> {
  const columns = db
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all()
    .map(({ name }) => `"${name}"`)
    .join(', ');
  const read = db.prepare(`SELECT ${columns} FROM "${table}"`);
  read.setReadBigInts(true);
  read.setReturnArrays(true);
  for (const row of read.iterate() as Iterable<unknown>) {
    yield `INSERT INTO "${table}" (${columns}) VALUES (${(row as unknown[]).map(written).join(', ')});\n`;
  }
}

/** A value as SQL has it. A text ends at NUL there, and `isWhole` looks for quotes only. */
function written(value: unknown): string {
  if (value === null) return 'NULL';
  if (typeof value === 'bigint') return String(value);
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    return value > 0 ? '9e999' : '-9e999';
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value);
  if (typeof value !== 'string') return `X'${Buffer.from(value as Uint8Array).toString('hex')}'`;
  if (!value.includes('\0')) return `'${value.replaceAll("'", "''")}'`;
  return `CAST(X'${Buffer.from(value).toString('hex')}' AS TEXT)`;
}
