/** What goes out by way of the directory. `data` is that of its kind; `seq` is never given twice. */
export interface ToldMessage {
  seq: number;
  at: number;
  kind: 'mail' | 'rehash' | 'logout' | 'audit';
  data: unknown;
}

/** Earlier versions kept others there. */
const KINDS = "kind IN ('mail', 'rehash', 'logout', 'audit')";

/** Messages that wait until the directory has them. Most objects never have one. */
export class ToldMessages {
  readonly #sql: SqlStorage;
  #isThere: boolean | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#isThere = undefined;
  }

  add(kind: ToldMessage['kind'], data: unknown): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS facts (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL
    ) STRICT`);
    const sql = 'INSERT INTO facts (at, kind, data) VALUES (?, ?, ?)';
    this.#sql.exec(sql, Date.now(), kind, JSON.stringify(data));
    this.#isThere = true;
  }

  /** The oldest that wait. */
  list(limit: number): ToldMessage[] {
    this.#isThere ??= this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'facts'").toArray().length > 0;
    if (!this.#isThere) return [];
    return this.#sql
      .exec<Omit<ToldMessage, 'data'> & { data: string }>(
        `SELECT seq, at, kind, data FROM facts WHERE ${KINDS} ORDER BY seq LIMIT ?`,
        limit,
      )
      .toArray()
      .map((row) => ({ ...row, data: JSON.parse(row.data) }));
  }

  /** Forgets those up to a number: the directory has them. */
  drop(seq: number): void {
    this.#sql.exec(`DELETE FROM facts WHERE ${KINDS} AND seq <= ?`, seq);
  }

  erase(): void {
    this.#sql.exec('DROP TABLE IF EXISTS facts');
    this.reload();
  }
}
