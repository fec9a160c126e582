import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describeFailure, log } from '../lib/log.ts';
import type { Atomically } from './atomic.ts';
import type { CopiedValue, CopyLine, CopyOutcome, CopyPart, TableSum } from './copy-contract.ts';
import { OverageBook } from './overage-book.ts';
import type { SessionRow } from './session-row.ts';
import type { ToldRecord } from './told.ts';

/** Rows a line. */
const ROWS = 200;
/** Characters that are compressed at once. */
const CHUNK = 1024 * 1024;
/** What the platform and SQLite keep for themselves. */
const OWN = "name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_cf!_%' ESCAPE '!'";
/** Which backup the account came from. */
const CAME_FROM = 'put_back';
/** Which backup is being put back, and whether with sessions: there is no account yet. */
const COMING = 'coming_back';

type Storage = Pick<DurableObjectStorage, 'sql' | 'kv'>;

/**
 * The whole of an account at one moment: it is read without letting anything else in, and compressed meanwhile, so that what is held is a
 * tenth of it.
 */
export function copyOf({ sql, kv }: Storage, account: string): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let text = '';
  const flush = () => {
    if (text) chunks.push(gzipSync(text));
    text = '';
  };
  const write = (line: CopyLine) => {
    text += `${JSON.stringify(line)}\n`;
    if (text.length >= CHUNK) flush();
  };
  const tables = tablesOf(sql);
  write({
    account,
    tables: tables.map((name) => ({ name, made: statementsOf(sql, name), last: lastOf(sql, name) })),
  });
  for (const table of tables) {
    const cursor = sql.exec(`SELECT * FROM "${table}"`);
    const columns = cursor.columnNames;
    let rows: CopiedValue[][] = [];
    for (const row of cursor.raw()) {
      rows.push(row.map(copiedOf));
      if (rows.length === ROWS) write({ account, table, columns, rows });
      if (rows.length === ROWS) rows = [];
    }
    if (rows.length > 0) write({ account, table, columns, rows });
  }
  const sums = Object.fromEntries(tables.map((table) => [table, sumOf(sql, table)]));
  write({ account, values: Object.fromEntries(kv.list()), sums });
  flush();
  return chunks;
}

/** Whether lines of this backup were all put back before. */
export function cameFrom({ kv }: Storage, backupId: string): boolean {
  return kv.get(CAME_FROM) === backupId;
}

/**
 * Puts lines back, in the order in which they were written; whether those were the last. What an earlier backup has left half-way goes.
 * Throws for lines that no copy has.
 */
export function putBack({ sql, kv }: Storage, part: CopyPart, now: number): boolean {
  const { backupId, lines, withSessions } = part;
  const coming = `${backupId}:${withSessions}`;
  for (const line of lines) {
    if ('tables' in line) {
      if (kv.get(COMING) !== coming) dropHalf({ sql, kv });
      kv.put(COMING, coming);
      for (const { name, made, last } of line.tables) makeTable(sql, name, made, last);
    } else if (kv.get(COMING) !== coming) {
      throw new Error('its beginning is not there');
    } else if ('table' in line) {
      if (withSessions || line.table !== 'sessions') insertRows(sql, line);
    } else {
      for (const [table, sum] of Object.entries(line.sums)) {
        const isLeft = table === 'sessions' && !withSessions;
        const { rows, hash } = isLeft ? sum : sumOf(sql, table);
        if (rows !== sum.rows || hash !== sum.hash) throw new Error(`the copy is not whole: ${table}`);
      }
      for (const [key, value] of Object.entries(line.values)) kv.put(key, value);
      kv.put(CAME_FROM, backupId);
      kv.delete(COMING);
      settle({ sql, kv }, part, now);
      return true;
    }
  }
  return false;
}

/** The object that a copy is put back into. */
export interface CopyTarget {
  storage: Storage;
  atomically: Atomically;
  /** Whether somebody has used it. */
  isUsed(): boolean;
  /** All of it is there: takes it over. Throws where it is the copy of nobody. */
  takeOver(): void;
}

/** Puts lines of a backup back, into an object that nobody has used, all of them or none. */
export function putBackInto(
  { storage, atomically, isUsed, takeOver }: CopyTarget,
  part: CopyPart,
): CopyOutcome {
  try {
    return atomically(() => {
      if (!cameFrom(storage, part.backupId)) {
        if (isUsed()) return { result: 'used' };
        if (!putBack(storage, part, Date.now())) return { result: 'part' };
        takeOver();
      }
      return { result: 'whole', rows: countRows(storage) };
    });
  } catch (error) {
    log('error', 'copy_refused', { error: describeFailure(error) });
    return { result: 'broken' };
  }
}

/** Drops what was put back of an account of which the rest has not come. */
export function dropHalf({ sql, kv }: Storage): void {
  if (kv.get(COMING) === undefined) return;
  for (const name of tablesOf(sql)) sql.exec(`DROP TABLE "${name}"`);
  kv.delete(COMING);
}

/** Rows that an account has, in all tables. */
export function countRows({ sql }: Storage): number {
  return tablesOf(sql).reduce(
    (sum, name) => sum + sql.exec<{ n: number }>(`SELECT count(*) AS n FROM "${name}"`).one().n,
    0,
  );
}

/** What is of another time or place than what was copied. */
function settle(
  { sql, kv }: Storage,
  { toldActivity, reconcileAt, withSessions }: CopyPart,
  now: number,
): void {
  const state = kv.get<{ beginning?: { session?: SessionRow } }>('state');
  if (state) {
    const { beginning, ...rest } = state;
    const { session, ...begun } = beginning ?? {};
    const kept = { ...begun, ...(session && withSessions && { session }) };
    // A bookmark is of the database that there was.
    kv.put('state', { ...rest, ...(beginning && { beginning: kept }), bookmark: null });
  }
  const told = kv.get<ToldRecord>('told');
  if (told) {
    // The directory was copied before: what it was told meanwhile it has to hear again.
    const activity = Math.min(told.activity, toldActivity ?? told.activity);
    kv.put('told', { ...told, activity, standing: null, version: Math.max(told.version, now) });
  }
  OverageBook.tellAgain(sql);
  const due = kv.get<Record<string, number>>('due') ?? {};
  kv.put('due', { ...due, reconcile: Math.min(due.reconcile ?? reconcileAt, reconcileAt) });
}

function sumOf(sql: SqlStorage, table: string): TableSum {
  let [rows, hash] = [0, 0];
  for (const row of sql.exec(`SELECT * FROM "${table}"`).raw()) {
    rows += 1;
    const bytes = createHash('sha256')
      .update(JSON.stringify(row.map(copiedOf)))
      .digest();
    hash = (hash + bytes.readUIntBE(0, 6)) % 2 ** 48;
  }
  return { rows, hash };
}

function tablesOf(sql: SqlStorage): string[] {
  return sql
    .exec<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' AND ${OWN} ORDER BY name`)
    .toArray()
    .map(({ name }) => name);
}

/** By what a table and its indexes are made. */
function statementsOf(sql: SqlStorage, table: string): string[] {
  return sql
    .exec<{ sql: string }>(
      "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index', name",
      table,
    )
    .toArray()
    .map((row) => row.sql);
}

/** The last number that a table has given that gives none twice; null for others. */
function lastOf(sql: SqlStorage, table: string): number | null {
  if (!numbersItself(sql, table)) return null;
  const [row] = sql.exec<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', table).toArray();
  return row?.seq ?? null;
}

function numbersItself(sql: SqlStorage, table: string): boolean {
  return statementsOf(sql, table).some((statement) => /\bAUTOINCREMENT\b/i.test(statement));
}

function makeTable(sql: SqlStorage, name: string, made: string[], last: number | null): void {
  if (tablesOf(sql).includes(name)) return;
  for (const statement of made) {
    if (!/^CREATE (UNIQUE )?(TABLE|INDEX) "?\w+"?[^;]*$/i.test(statement))
      throw new Error('no such copy is made');
    sql.exec(statement);
  }
  if (last === null) return;
  const changed = sql.exec('UPDATE sqlite_sequence SET seq = ? WHERE name = ?', last, name).rowsWritten;
  if (changed === 0) sql.exec('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', name, last);
}

function insertRows(
  sql: SqlStorage,
  { table, columns, rows }: { table: string; columns: string[]; rows: CopiedValue[][] },
): void {
  const isSafe = tablesOf(sql).includes(table) && columns.every((name) => /^\w+$/.test(name));
  if (!isSafe) throw new Error('no such copy is made');
  const names = columns.map((name) => `"${name}"`).join(', ');
  const places = columns.map(() => '?').join(', ');
  const statement = `INSERT OR REPLACE INTO "${table}" (${names}) VALUES (${places})`;
  for (const row of rows) sql.exec(statement, ...row.map(storedOf));
}

function copiedOf(value: SqlStorageValue): CopiedValue {
  return value instanceof ArrayBuffer ? { bytes: Buffer.from(value).toString('base64') } : value;
}

function storedOf(value: CopiedValue): SqlStorageValue {
  if (typeof value !== 'object' || value === null) return value;
  return Uint8Array.from(Buffer.from(value.bytes, 'base64')).buffer;
}
