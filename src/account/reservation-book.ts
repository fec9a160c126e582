import { dateOf } from '../lib/calendar.ts';
import { DAY } from '../lib/time.ts';
import type { Reservation } from './metering-contract.ts';
import { CREDITS, type Sharing } from './sharing.ts';

/** One row of the object's `reservations` table. `at` is when it was made; times are Unix milliseconds. */
export type ReservationRow = {
  reference: string;
  resource: string;
  quantity: number;
  /** As asked for: what of it was used may be less. */
  asked: number;
  day: string;
  at: number;
  expires_at: number;
  status: 'held' | 'committed' | 'released';
  /** What of it was beyond the limit, and the credits that this costs. */
  over: number;
  credits: number;
  /** By what meter that is billed instead. */
  meter: string | null;
  /** On whose behalf, where several share. */
  member?: string | null;
};

/** How long a reservation that is over is remembered, for those who ask again. */
const KEPT = 35 * DAY;

/** Quota that is held for what is under way. Nothing need be done when a hold expires. Every method is atomic. */
export class ReservationBook {
  readonly #sql: SqlStorage;
  /** What is held, by reference; undefined until somebody asks. */
  #held: Map<string, ReservationRow> | undefined;

  readonly #sharing: Sharing | undefined;

  constructor(sql: SqlStorage, sharing?: Sharing) {
    this.#sql = sql;
    this.#sharing = sharing;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE reservations (
      reference TEXT PRIMARY KEY, resource TEXT NOT NULL, quantity INTEGER NOT NULL, asked INTEGER NOT NULL,
      day TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL, status TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec('CREATE INDEX reservations_by_expiry ON reservations (expires_at)');
    ReservationBook.addOverage(sql);
    ReservationBook.addMeter(sql);
  }

  /** Gives the table of an object that was made by an earlier version what it lacks. */
  static addOverage(sql: SqlStorage): void {
    sql.exec('ALTER TABLE reservations ADD COLUMN over INTEGER NOT NULL DEFAULT 0');
    sql.exec('ALTER TABLE reservations ADD COLUMN credits INTEGER NOT NULL DEFAULT 0');
  }

  /** The same for one that has no meters. */
  static addMeter(sql: SqlStorage): void {
    sql.exec('ALTER TABLE reservations ADD COLUMN meter TEXT');
  }

  find(reference: string): ReservationRow | null {
    return (
      this.#sql
        .exec<ReservationRow>('SELECT * FROM reservations WHERE reference = ?', reference)
        .toArray()[0] ?? null
    );
  }

  hold(
    reservation: Pick<ReservationRow, 'reference' | 'resource' | 'quantity' | 'over' | 'credits' | 'meter'>,
    now: number,
    expiresAt: number,
  ): ReservationRow {
    const { reference, resource, quantity, over, credits, meter } = reservation;
    // Two that are over for each that comes: the table stays as small as it may.
    this.#sql.exec(
      `DELETE FROM reservations WHERE reference IN (
         SELECT reference FROM reservations WHERE expires_at < ? ORDER BY expires_at LIMIT 2)`,
      now - KEPT,
    );
    const row = this.#sql
      .exec<ReservationRow>(
        `INSERT INTO reservations (reference, resource, quantity, asked, day, at, expires_at, status, over, credits, meter${this.#sharing ? ', member' : ''})
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, 'held', ?7, ?8, ?9${this.#sharing ? ', ?10' : ''}) RETURNING *`,
        reference,
        resource,
        quantity,
        dateOf(now),
        now,
        expiresAt,
        over,
        credits,
        meter,
        ...(this.#sharing ? [this.#sharing.who()] : []),
      )
      .one();
    this.#held?.set(reference, row);
    return row;
  }

  /** How much of a resource, or of CREDITS, is held, for each day; with `member` on that one's behalf alone. */
  heldOf(resource: string, now: number, member?: string): Map<string, number> {
    this.#held ??= new Map(
      this.#sql
        .exec<ReservationRow>(`SELECT * FROM reservations WHERE expires_at > ? AND status = 'held'`, now)
        .toArray()
        .map((row) => [row.reference, row]),
    );
    const days = new Map<string, number>();
    for (const row of this.#held.values()) {
      if (row.expires_at <= now) this.#held.delete(row.reference);
      else if (member === undefined || row.member === member) {
        const held = resource === CREDITS ? row.credits : row.resource === resource ? row.quantity : 0;
        if (held > 0) days.set(row.day, (days.get(row.day) ?? 0) + held);
      }
    }
    return days;
  }

  /** Ends a hold, with what of it was used, and what of that was beyond the limit. */
  end(
    reference: string,
    status: 'committed' | 'released',
    { quantity, over, credits }: { quantity: number; over: number; credits: number },
  ): ReservationRow {
    this.#held?.delete(reference);
    return this.#sql
      .exec<ReservationRow>(
        'UPDATE reservations SET status = ?, quantity = ?, over = ?, credits = ? WHERE reference = ? RETURNING *',
        status,
        quantity,
        over,
        credits,
        reference,
      )
      .one();
  }

  /** Forgets those that have been over for long. */
  prune(now: number): void {
    this.#sql.exec('DELETE FROM reservations WHERE expires_at < ?', now - KEPT);
  }
}

/** A reservation as it stands now. */
export function reservationOf(row: ReservationRow, now: number): Reservation {
  const { reference, resource, quantity, over, credits, meter } = row;
  const status = row.status === 'held' && now >= row.expires_at ? 'expired' : row.status;
  const overage = over > 0 && { overage: { quantity: over, credits, ...(meter !== null && { meter }) } };
  return { reference, resource, quantity, status, expiresAt: row.expires_at, ...overage };
}
