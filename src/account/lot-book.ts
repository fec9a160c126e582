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
  /** What `nextExpiry` found, until a lot comes or goes; the object is the only writer. */
  #next: number | null | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE credit_lots (
      expires_at INTEGER NOT NULL, seq INTEGER NOT NULL, remaining INTEGER NOT NULL CHECK (remaining > 0),
      PRIMARY KEY (expires_at, seq)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Puts credits into a lot, which may have been used up meanwhile. */
  put(seq: number, amount: number, expiresAt: number | null): void {
    this.#next = undefined;
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
      this.#reduce(lot, taken);
      parts.push(partOf({ ...lot, remaining: taken }));
      wanted -= taken;
    }
    return parts;
  }

  /** Takes that many, first from the lot of a row, then what expires first. There must be as many. */
  takeBack(amount: number, seq: number | undefined): void {
    const [own] = this.#sql
      .exec<Row>('SELECT * FROM credit_lots WHERE seq = ? ORDER BY expires_at LIMIT 1', seq ?? -1)
      .toArray();
    const first = Math.min(amount, own?.remaining ?? 0);
    if (own) this.#reduce(own, first);
    this.take(amount - first);
  }

  /** Takes as many as there are, and that many at most, of what came by such rows, the newest first; gives how many. */
  takeWhatIsLeft(amount: number, prefix: string): number {
    const lots = this.#sql
      .exec<Row>(
        `SELECT credit_lots.* FROM credit_lots JOIN credit_transactions USING (seq)
         WHERE request IS NULL AND reference GLOB ? ORDER BY seq DESC`,
        `${prefix}*`,
      )
      .toArray();
    let wanted = amount;
    for (const lot of lots) {
      const taken = Math.min(wanted, lot.remaining);
      if (taken > 0) this.#reduce(lot, taken);
      wanted -= taken;
    }
    return amount - wanted;
  }

  /** Takes all that has expired by then. */
  takeExpired(now: number): Part[] {
    const next = this.nextExpiry();
    if (next === null || now < next) return [];
    this.#next = undefined;
    return this.#sql
      .exec<Row>('DELETE FROM credit_lots WHERE expires_at <= ? RETURNING *', now)
      .toArray()
      .map(partOf);
  }

  /** When something expires next; null when nothing does. */
  nextExpiry(): number | null {
    if (this.#next === undefined) this.#next = this.#firstExpiry();
    return this.#next;
  }

  #reduce({ expires_at, seq, remaining }: Row, taken: number): void {
    const lot = 'expires_at = ?1 AND seq = ?2';
    if (taken < remaining) {
      this.#sql.exec(
        `UPDATE credit_lots SET remaining = remaining - ?3 WHERE ${lot}`,
        expires_at,
        seq,
        taken,
      );
    } else {
      this.#next = undefined;
      this.#sql.exec(`DELETE FROM credit_lots WHERE ${lot}`, expires_at, seq);
    }
  }

  #firstExpiry(): number | null {
    const first = this.#sql
      .exec<{ expires_at: number }>('SELECT expires_at FROM credit_lots ORDER BY expires_at LIMIT 1')
      .toArray()[0];
    return first && first.expires_at < NEVER ? first.expires_at : null;
  }
}

function partOf({ seq, remaining, expires_at }: Row): Part {
  return { seq, amount: remaining, expiresAt: expires_at === NEVER ? null : expires_at };
}
