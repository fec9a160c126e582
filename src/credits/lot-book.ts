/** Credits out of one lot: `seq` is the ledger's row by which they came in. */
export interface Part {
  seq: number;
  amount: number;
  /** Unix milliseconds; null is never. */
  expiresAt: number | null;
}

type Row = { expires_at: number; seq: number; remaining: number };

/** Sorts after every moment there is. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** What is left of the credits that came in, in the order in which they are spent. Every method is atomic. */
export class LotBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS credit_lots (
      expires_at INTEGER NOT NULL, seq INTEGER NOT NULL, remaining INTEGER NOT NULL CHECK (remaining > 0),
      PRIMARY KEY (expires_at, seq)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Puts credits into a lot, which may have been used up meanwhile. */
  put(seq: number, amount: number, expiresAt: number | null): void {
    this.#sql.exec(
      `INSERT INTO credit_lots VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET remaining = remaining + excluded.remaining`,
      expiresAt ?? NEVER,
      seq,
      amount,
    );
  }

  /** Takes that many, first what expires first. There must be as many. */
  take(amount: number): Part[] {
    const parts: Part[] = [];
    for (let wanted = amount; wanted > 0; ) {
      const lot = this.#sql.exec<Row>('SELECT * FROM credit_lots ORDER BY expires_at, seq LIMIT 1').one();
      const taken = Math.min(wanted, lot.remaining);
      const sql =
        taken === lot.remaining
          ? 'DELETE FROM credit_lots WHERE expires_at = ?2 AND seq = ?3 AND remaining = ?1'
          : 'UPDATE credit_lots SET remaining = remaining - ?1 WHERE expires_at = ?2 AND seq = ?3';
      this.#sql.exec(sql, taken, lot.expires_at, lot.seq);
      parts.push(partOf({ ...lot, remaining: taken }));
      wanted -= taken;
    }
    return parts;
  }

  /** Takes all that has expired by then. */
  takeExpired(now: number): Part[] {
    const next = this.nextExpiry();
    if (next === null || now < next) return [];
    return this.#sql
      .exec<Row>('DELETE FROM credit_lots WHERE expires_at <= ? RETURNING *', now)
      .toArray()
      .map(partOf);
  }

  /** When something expires next; null when nothing does. */
  nextExpiry(): number | null {
    const first = this.#sql
      .exec<{ expires_at: number }>('SELECT expires_at FROM credit_lots ORDER BY expires_at LIMIT 1')
      .toArray()[0];
    return first && first.expires_at < NEVER ? first.expires_at : null;
  }
}

function partOf({ seq, remaining, expires_at }: Row): Part {
  return { seq, amount: remaining, expiresAt: expires_at === NEVER ? null : expires_at };
}
