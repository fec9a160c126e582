import { bySource, SOURCE_RANK, sourceOf } from './credit-source.ts';
import type { CreditStanding } from './metering-contract.ts';

/** Credits out of one lot: `seq` is the ledger's row by which they came in. */
export interface Part {
  seq: number;
  amount: number;
  /** Unix milliseconds; null is never. */
  expiresAt: number | null;
  /** The place of its source in CREDIT_SOURCES; earlier versions have not noted it. */
  source?: number;
}

type Row = { expires_at: number; source: number; seq: number; remaining: number };

/** Sorts after every moment there is. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** Expiries of one source that are told: those that come soonest. */
const TOLD_EXPIRIES = 20;

/**
 * What is left of the credits that came in, in the order in which they are spent: what expires first, then by source, then what came
 * first. Every method is atomic.
 */
export class LotBook {
  readonly #sql: SqlStorage;
  /** What `nextExpiry` found, until a lot comes or goes; the object is the only writer. */
  #next: number | null | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE credit_lots (
      expires_at INTEGER NOT NULL, source INTEGER NOT NULL, seq INTEGER NOT NULL,
      remaining INTEGER NOT NULL CHECK (remaining > 0), PRIMARY KEY (expires_at, source, seq)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Gives the table of an object that was made by an earlier version the sources. */
  static addSources(sql: SqlStorage): void {
    sql.exec('ALTER TABLE credit_lots RENAME TO lots_before');
    LotBook.createTable(sql);
    sql.exec(`INSERT INTO credit_lots SELECT lots_before.expires_at, ${SOURCE_RANK}, seq, remaining
      FROM lots_before JOIN credit_transactions USING (seq)`);
    sql.exec('DROP TABLE lots_before');
  }

  /** Puts credits into a lot, which may have been used up meanwhile. */
  put(seq: number, amount: number, expiresAt: number | null): void {
    this.#next = undefined;
    this.#sql.exec(
      `INSERT INTO credit_lots SELECT ?1, ${SOURCE_RANK}, seq, ?3 FROM credit_transactions WHERE seq = ?2
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
      const lot = this.#sql
        .exec<Row>('SELECT * FROM credit_lots ORDER BY expires_at, source, seq LIMIT 1')
        .one();
      const taken = Math.min(wanted, lot.remaining);
      this.#reduce(lot, taken);
      parts.push(partOf({ ...lot, remaining: taken }));
      wanted -= taken;
    }
    return parts;
  }

  /** Takes that many, first from the lot of a row, then what expires first. There must be as many. */
  takeBack(amount: number, seq: number | undefined): Part[] {
    const [own] = this.#sql
      .exec<Row>('SELECT * FROM credit_lots WHERE seq = ? ORDER BY expires_at LIMIT 1', seq ?? -1)
      .toArray();
    const first = Math.min(amount, own?.remaining ?? 0);
    if (own) this.#reduce(own, first);
    const rest = this.take(amount - first);
    return own ? [partOf({ ...own, remaining: first }), ...rest] : rest;
  }

  /** Takes as many as there are, and that many at most, of what came by such rows, the newest first. */
  takeWhatIsLeft(amount: number, prefix: string): Part[] {
    const lots = this.#sql
      .exec<Row>(
        `SELECT credit_lots.* FROM credit_lots JOIN credit_transactions USING (seq)
         WHERE request IS NULL AND reference GLOB ? ORDER BY seq DESC`,
        `${prefix}*`,
      )
      .toArray();
    let wanted = amount;
    const parts: Part[] = [];
    for (const lot of lots) {
      const taken = Math.min(wanted, lot.remaining);
      if (taken === 0) continue;
      this.#reduce(lot, taken);
      parts.push(partOf({ ...lot, remaining: taken }));
      wanted -= taken;
    }
    return parts;
  }

  /** Takes all that has expired by then. */
  takeExpired(now: number): (Part & { isOfPlan: boolean })[] {
    const next = this.nextExpiry();
    if (next === null || now < next) return [];
    this.#next = undefined;
    return this.#sql
      .exec<Row>('DELETE FROM credit_lots WHERE expires_at <= ? RETURNING *', now)
      .toArray()
      .map((lot) => ({ ...partOf(lot), isOfPlan: sourceOf(lot.source) === 'plan' }));
  }

  /** What is left of each source. */
  standing(): CreditStanding['sources'] {
    const lots = this.#sql
      .exec<Omit<Row, 'seq'>>(
        'SELECT source, expires_at, SUM(remaining) AS remaining FROM credit_lots GROUP BY 2, 1 ORDER BY 2, 1',
      )
      .toArray();
    const parts = lots.map(({ source: rank, remaining: amount, expires_at }) => ({
      rank,
      amount,
      expires_at,
    }));
    return bySource(parts).map((part) => ({
      ...part,
      expiring: parts
        .filter(({ rank, expires_at }) => sourceOf(rank) === part.source && expires_at < NEVER)
        .slice(0, TOLD_EXPIRIES)
        .map(({ amount, expires_at: expiresAt }) => ({ expiresAt, amount })),
    }));
  }

  /** When something expires next; null when nothing does. */
  nextExpiry(): number | null {
    if (this.#next === undefined) this.#next = this.#firstExpiry();
    return this.#next;
  }

  #reduce({ expires_at, source, seq, remaining }: Row, taken: number): void {
    const lot = 'expires_at = ?1 AND source = ?2 AND seq = ?3';
    if (taken < remaining) {
      this.#sql.exec(
        `UPDATE credit_lots SET remaining = remaining - ?4 WHERE ${lot}`,
        expires_at,
        source,
        seq,
        taken,
      );
    } else {
      this.#next = undefined;
      this.#sql.exec(`DELETE FROM credit_lots WHERE ${lot}`, expires_at, source, seq);
    }
  }

  #firstExpiry(): number | null {
    const first = this.#sql
      .exec<{ expires_at: number }>('SELECT expires_at FROM credit_lots ORDER BY expires_at LIMIT 1')
      .toArray()[0];
    return first && first.expires_at < NEVER ? first.expires_at : null;
  }
}

function partOf({ seq, remaining, expires_at, source }: Row): Part {
  return { seq, amount: remaining, expiresAt: expires_at === NEVER ? null : expires_at, source };
}
