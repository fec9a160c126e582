import { createHash, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { unstable_splitSqlQuery as splitSql } from 'wrangler';

type Json = Record<string, any>;

/** Bytes of a statement, at most. */
const LONGEST = 100_000;

/**
 * Whole databases as files of SQL, in the shapes of Cloudflare's reference: an export is polled until it is there, a file is uploaded, ingested and
 * polled until it has run. Files come and go by signed addresses, which take no token.
 */
export class D1Files {
  /** What a statement of an import says where it shall fail; nothing. */
  failing: RegExp | null = null;
  readonly #files = new Map<string, Buffer>();
  /** What has been begun, by the bookmark by which it is polled. */
  readonly #begun = new Map<string, () => Json>();
  readonly #origin: () => string;

  constructor(origin: () => string) {
    this.#origin = origin;
  }

  /** `POST …/export`. */
  export(database: DatabaseSync, { output_format, current_bookmark: bookmark }: Json): Json {
    if (output_format !== 'polling') return { success: false, error: 'There is no other format.' };
    if (bookmark) return this.#poll('export', bookmark);
    // It is that of one moment, whenever it is fetched.
    const sql = Buffer.from(`${[...statementsOf(database)].join('\n')}\n`);
    return this.#begin('export', () => {
      const filename = `${randomUUID()}.sql`;
      this.#files.set(filename, sql);
      return { filename, signed_url: this.#addressOf(filename) };
    });
  }

  /** `POST …/import`. */
  import(database: DatabaseSync, { action, etag, filename, current_bookmark: bookmark }: Json): Json {
    if (action === 'poll') return this.#poll('import', bookmark);
    const known = [...this.#files].find(([, content]) => md5(content) === etag);
    if (action === 'init' && !known) {
      const name = `${randomUUID()}.sql`;
      return {
        success: true,
        type: 'import',
        messages: [],
        filename: name,
        upload_url: this.#addressOf(name),
      };
    }
    if (action === 'ingest' && known?.[0] !== filename) {
      return { success: false, type: 'import', messages: [], error: 'The file is not what was said.' };
    }
    const sql = String(known?.[1]);
    return this.#begin('import', () => {
      const count = this.#run(database, sql);
      const meta = { duration: 1, rows_read: 0, rows_written: count, size_after: 1e6, changed_db: true };
      return { final_bookmark: randomUUID(), num_queries: count, meta };
    });
  }

  /** `GET` of a signed address: the file. */
  read(name: string): Buffer | undefined {
    return this.#files.get(name);
  }

  /** `PUT` to a signed address; gives the file's tag. */
  write(name: string, content: Buffer): string {
    this.#files.set(name, content);
    return `"${md5(content)}"`;
  }

  /** All of it or nothing. */
  #run(database: DatabaseSync, sql: string): number {
    const statements = splitSql(sql);
    database.exec('BEGIN');
    try {
      for (const statement of statements) {
        if (/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b/i.test(statement)) throw new Error('not authorized');
        if (Buffer.byteLength(statement) > LONGEST) throw new Error('statement too long: SQLITE_TOOBIG');
        if (this.failing?.test(statement)) throw new Error('D1_RESET_DO');
        database.exec(statement);
      }
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
    return statements.length;
  }

  #begin(type: string, finish: () => Json): Json {
    const bookmark = randomUUID();
    this.#begun.set(`${type} ${bookmark}`, finish);
    return { success: true, type, status: 'active', at_bookmark: bookmark, messages: [`Uploaded part 1`] };
  }

  /** What has become of it; once, as it is forgotten then. */
  #poll(type: string, bookmark: string): Json {
    const key = `${type} ${bookmark}`;
    const finish = this.#begun.get(key);
    if (!finish) return { success: false, type, messages: [], error: 'not currently importing anything' };
    this.#begun.delete(key);
    const answer = { success: true, type, at_bookmark: bookmark, messages: [] };
    try {
      return { ...answer, status: 'complete', result: finish() };
    } catch (error) {
      const { message } = error as Error;
      return { ...answer, status: 'error', error: message, errors: [message] };
    }
  }

  #addressOf(name: string): string {
    return `${this.#origin()}/signed/${name}?X-Amz-Signature=${randomUUID()}`;
  }
}

const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex');

/** A database as D1 exports it: tables with their rows, then indexes, triggers and views. */
function* statementsOf(db: DatabaseSync): Generator<string> {
  const all = (sql: string) => db.prepare(sql).all() as { name: string; sql: string }[];
  yield 'PRAGMA defer_foreign_keys=TRUE;';
  const tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL";
  for (const { name, sql } of all(`${tables} ORDER BY tbl_name = 'sqlite_sequence', rowid`)) {
    if (name === 'sqlite_sequence') yield 'DELETE FROM sqlite_sequence;';
    else if (/^(_cf_|sqlite_)/.test(name)) continue;
    else yield `${sql.replace(/^CREATE TABLE (?=['"])/, 'CREATE TABLE IF NOT EXISTS ')};`;
    const columns = all(`PRAGMA table_info("${name}")`)
      .map((column) => `"${column.name}"`)
      .join(',');
    for (const row of db.prepare(`SELECT ${columns} FROM "${name}"`).all()) {
      yield `INSERT INTO "${name}" (${columns}) VALUES(${Object.values(row).map(written).join(',')});`;
    }
  }
  const others =
    "SELECT name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND sql NOT NULL";
  for (const { sql } of all(`${others} ORDER BY type`)) yield `${sql};`;
}

function written(cell: unknown): string {
  if (cell === null) return 'NULL';
  if (cell instanceof Uint8Array) return `X'${Buffer.from(cell).toString('hex')}'`;
  if (typeof cell !== 'string') return String(cell);
  const quoted = `'${cell.replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
  const returned = cell.includes('\r') ? `replace(${quoted},'\\r',char(13))` : quoted;
  return cell.includes('\n') ? `replace(${returned},'\\n',char(10))` : returned;
}
