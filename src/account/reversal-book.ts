import type { ReversedCredits } from './metering-contract.ts';

type Row = { total: number; taken: number; revision: number };

/** Which additions were taken back, by their reference. Every method is atomic. */
export class ReversalBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE credit_reversals (
      reference TEXT PRIMARY KEY, total INTEGER NOT NULL, taken INTEGER NOT NULL CHECK (taken BETWEEN 0 AND total),
      revision INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  get(reference: string): ReversedCredits {
    const sql = 'SELECT total, taken, revision FROM credit_reversals WHERE reference = ?';
    return this.#sql.exec<Row>(sql, reference).toArray()[0] ?? { total: 0, taken: 0, revision: 0 };
  }

  put(reference: string, { total, taken, revision }: ReversedCredits): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO credit_reversals VALUES (?, ?, ?, ?)',
      reference,
      total,
      taken,
      revision,
    );
  }
}
