import { monthOf } from '../lib/calendar.ts';
import { DAY, HOUR } from '../lib/time.ts';
import { TOKENS } from './metering-contract.ts';
import type { Told } from './told.ts';

/** What of one UTC hour a meter bills, as a whole. `hour` is when it began and `usedAt` when the last of it was, Unix milliseconds. */
export interface OverageHour {
  meter: string;
  hour: number;
  used: number;
  usedAt: number;
}

/** How long an hour is known: longer than a month, and than a report may come late. */
export const OVERAGE_KEPT = 62 * DAY;

const TABLE = 'overage_hours';

/** What was billed after two numbers: of uses and of models. */
const SINCE = `SELECT resource, billed FROM uses WHERE seq > ?1 AND billed IS NOT NULL
  UNION ALL SELECT '${TOKENS}', billed FROM token_uses WHERE seq > ?2 AND billed IS NOT NULL`;

/**
 * What is beyond limits and billed by meters, summed up by hour: what the directory is told are hours as a whole, so that telling it twice, or
 * late, comes to the same. Every method is atomic.
 */
export class OverageBook {
  readonly #sql: SqlStorage;
  readonly #told: Told;
  #isThere = false;

  constructor(sql: SqlStorage, told: Told) {
    this.#sql = sql;
    this.#told = told;
  }

  /** Has all be told again that is known, for a directory that may lack some of it: it keeps the higher. */
  static tellAgain(sql: SqlStorage): void {
    const isThere = sql.exec('SELECT 1 FROM sqlite_schema WHERE name = ?', TABLE).toArray().length > 0;
    if (isThere) sql.exec(`UPDATE ${TABLE} SET told = 0`);
  }

  /** Sums up what was used since the last time; to be called before the books move on. */
  fold(): void {
    const after = this.#after();
    if (this.#sql.exec(`SELECT 1 FROM (${SINCE}) LIMIT 1`, ...after).toArray().length === 0) return;
    this.#create();
    this.#sql.exec(
      `INSERT INTO ${TABLE} (meter, hour, resource, used, used_at)
       SELECT billed ->> 'meter', (billed ->> 'at') - (billed ->> 'at') % ${HOUR}, resource, SUM(billed ->> 'quantity'), MAX(billed ->> 'at')
       FROM (${SINCE}) WHERE true GROUP BY 1, 2, 3
       ON CONFLICT DO UPDATE SET used = used + excluded.used, used_at = MAX(used_at, excluded.used_at)`,
      ...after,
    );
  }

  /** The hours of which the directory knows less than is summed up, as a whole; null when there are none. */
  unsent(): OverageHour[] | null {
    if (!this.#exists()) return null;
    const hours = this.#sql
      .exec<{ meter: string; hour: number; used: number; usedAt: number }>(
        `SELECT meter, hour, SUM(used) AS used, MAX(used_at) AS usedAt FROM ${TABLE}
         GROUP BY meter, hour HAVING SUM(used) > SUM(told) ORDER BY hour, meter`,
      )
      .toArray();
    return hours.length > 0 ? hours : null;
  }

  /** The directory has them. What came to one since is told again, as a whole. */
  noteSent(hours: OverageHour[]): void {
    for (const { meter, hour, used } of hours)
      this.#sql.exec(
        `UPDATE ${TABLE} SET told = used WHERE meter = ?1 AND hour = ?2 AND told < used
           AND (SELECT SUM(used) FROM ${TABLE} WHERE meter = ?1 AND hour = ?2) = ?3`,
        meter,
        hour,
        used,
      );
  }

  /** What of the month of a moment is billed, by resource. */
  ofMonth(now: number): Map<string, number> {
    const month = monthOf(now);
    const from = Date.parse(`${month}-01`);
    const folded = this.#exists() ? `SELECT resource, used FROM ${TABLE} WHERE hour >= ?3 UNION ALL` : '';
    return new Map(
      this.#sql
        .exec<{ resource: string; used: number }>(
          `SELECT resource, SUM(used) AS used FROM (
             ${folded} SELECT resource, billed ->> 'quantity' AS used FROM (${SINCE}) WHERE billed ->> 'at' >= ?3) GROUP BY 1`,
          ...this.#after(),
          from,
        )
        .toArray()
        .map(({ resource, used }) => [resource, used]),
    );
  }

  /** Forgets hours from before a moment that the directory knows. */
  prune(before: number): void {
    if (this.#exists()) this.#sql.exec(`DELETE FROM ${TABLE} WHERE hour < ? AND told = used`, before);
  }

  #after(): [number, number] {
    const { uses, tokens } = this.#told.get().folded;
    return [uses, tokens];
  }

  #create(): void {
    if (this.#exists()) return;
    this.#sql.exec(`CREATE TABLE ${TABLE} (
      meter TEXT NOT NULL, hour INTEGER NOT NULL, resource TEXT NOT NULL, used INTEGER NOT NULL, used_at INTEGER NOT NULL,
      told INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (meter, hour, resource)
    ) STRICT, WITHOUT ROWID`);
    this.#isThere = true;
  }

  #exists(): boolean {
    this.#isThere ||=
      this.#sql.exec('SELECT 1 FROM sqlite_schema WHERE name = ?', TABLE).toArray().length > 0;
    return this.#isThere;
  }
}
