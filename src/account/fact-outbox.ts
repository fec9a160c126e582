import type { Fact } from './fact.ts';

type FactRow = { seq: number; at: number; kind: string; data: string };

/**
 * The object's facts that D1 does not have yet. `seq` is never used twice, so that a projection keyed by
 * (user, seq) may run again without writing again.
 */
export class FactOutbox {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE facts (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL
    ) STRICT`);
  }

  append(kind: string, data: unknown, at: number): void {
    this.#sql.exec('INSERT INTO facts (at, kind, data) VALUES (?, ?, ?)', at, kind, JSON.stringify(data));
  }

  isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM facts LIMIT 1').toArray().length === 0;
  }

  /** The oldest facts, in order. */
  take(limit: number): Fact[] {
    return this.#sql
      .exec<FactRow>('SELECT seq, at, kind, data FROM facts ORDER BY seq LIMIT ?', limit)
      .toArray()
      .map((row) => ({ ...row, data: JSON.parse(row.data) }));
  }

  /** Forgets the facts that D1 has. */
  dropThrough(seq: number): void {
    this.#sql.exec('DELETE FROM facts WHERE seq <= ?', seq);
  }
}
