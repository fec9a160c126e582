import type { NamedReversal, ReversedCredits } from './metering-contract.ts';

type Row = { reference: string; total: number; taken: number; revision: number; share: number };

const NOTHING: ReversedCredits = { share: 0, total: 0, taken: 0, revision: 0 };

/** What was taken back, by the reference of the addition, or of the invoice that gave it back. Every method is atomic. */
export class ReversalBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE credit_reversals (
      reference TEXT PRIMARY KEY, total INTEGER NOT NULL, taken INTEGER NOT NULL CHECK (taken BETWEEN 0 AND total),
      revision INTEGER NOT NULL, share REAL NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`);
  }

  /** Gives the table of an object that was made by an earlier version what it lacks. */
  static upgradeTable(sql: SqlStorage): void {
    sql.exec('ALTER TABLE credit_reversals ADD COLUMN share REAL NOT NULL DEFAULT 0');
    sql.exec(`UPDATE credit_reversals SET share = coalesce(CAST(total AS REAL) / (
      SELECT amount FROM credit_transactions
      WHERE credit_transactions.reference = credit_reversals.reference AND request IS NULL), 0)`);
  }

  get(reference: string): ReversedCredits {
    const sql = 'SELECT share, total, taken, revision FROM credit_reversals WHERE reference = ?';
    return this.#sql.exec<Row>(sql, reference).toArray()[0] ?? NOTHING;
  }

  /** All whose reference begins so. */
  list(prefix: string): NamedReversal[] {
    const sql = 'SELECT * FROM credit_reversals WHERE reference GLOB ? ORDER BY reference';
    return this.#sql.exec<Row>(sql, `${prefix}*`).toArray();
  }

  put(reference: string, { share, total, taken, revision }: ReversedCredits): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO credit_reversals (reference, share, total, taken, revision) VALUES (?, ?, ?, ?, ?)',
      reference,
      share,
      total,
      taken,
      revision,
    );
  }
}
