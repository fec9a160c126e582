import type { Limit } from '../directory/state.ts';
import { dateOf, endOf, monthOf } from '../lib/calendar.ts';
import { DAY } from '../lib/time.ts';
import type { Quota } from './metering-contract.ts';
import type { SpentQuota } from './spent-quota.ts';

type Period = Quota['period'];

/** What was used of a resource, in a day and in its month. */
export interface Totals {
  day: number;
  month: number;
}

type Row = { day_used: number; month_used: number; day_held: number; month_held: number };

/** Days of which the object keeps what was used; only those of this month and the last are ever asked for. */
const KEPT = 70 * DAY;
const PERIODS: Period[] = ['day', 'month'];

/** What one user has used, by resource and UTC date: a day starts at zero by itself. Every method is atomic. */
export class QuotaBook {
  readonly #sql: SqlStorage;
  readonly #spentBefore: () => SpentQuota;

  /** `spentBefore` is what limits count too, though this user has not used it. */
  constructor(sql: SqlStorage, spentBefore: () => SpentQuota) {
    this.#sql = sql;
    this.#spentBefore = spentBefore;
  }

  static createTables(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE quota_days (
      resource TEXT NOT NULL, day TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (resource, day)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE quota_warnings (
      resource TEXT NOT NULL, period TEXT NOT NULL, quota INTEGER NOT NULL, percent INTEGER NOT NULL,
      PRIMARY KEY (resource, period, quota, percent)
    ) STRICT, WITHOUT ROWID`);
  }

  /** How the user stands at a moment; `now` decides which reservations still hold. */
  quota(resource: string, limit: Limit, at: number, now = at): Quota {
    return quotaOf(resource, limit, this.#counted(resource, at, now), at);
  }

  /**
   * Whether so much more may be used. When not, `retryAt` is when the limit in the way starts afresh; both are Unix
   * milliseconds.
   */
  admit(
    resource: string,
    limit: Limit,
    quantity: number,
    now: number,
  ): { totals: Totals; quota: Quota; retryAt: number | null } {
    const row = this.#counted(resource, now, now);
    const full = PERIODS.filter((period) => {
      const most = limit[period];
      return most != null && row[`${period}_used`] + row[`${period}_held`] + quantity > most;
    });
    const retryAt = full.length > 0 ? Math.max(...full.map((period) => endOf(period, now))) : null;
    const totals = this.totals(resource, now);
    return { totals, quota: quotaOf(resource, limit, row, now), retryAt };
  }

  /** Counts what was used at a moment. */
  add(resource: string, quantity: number, at: number): void {
    const { used } = this.#sql
      .exec<{ used: number }>(
        `INSERT INTO quota_days VALUES (?, ?, ?)
         ON CONFLICT (resource, day) DO UPDATE SET used = used + excluded.used RETURNING used`,
        resource,
        dateOf(at),
        quantity,
      )
      .one();
    if (used === quantity) this.#forget(resource, at - KEPT);
  }

  /** What was used in the day and the month of a moment. */
  totals(resource: string, at: number): Totals {
    const { day_used, month_used } = this.#read(resource, at, at);
    return { day: day_used, month: month_used };
  }

  /**
   * The highest of the percentages that use has just passed and of which the user was not warned yet, with the end of
   * the period it is of. Once warned, never again for the same limit in the same period.
   */
  passed(
    resource: string,
    limit: Limit,
    before: Totals,
    quantity: number,
    at: number,
    percentages: number[],
  ): { percent: number; resetsAt: number } | null {
    const spent = this.#before(resource, at);
    for (const period of PERIODS.toReversed()) {
      const most = limit[period];
      if (!most) continue;
      const used = before[period] + spent[period];
      const reached = percentages.filter(
        (percent) => used * 100 < most * percent && (used + quantity) * 100 >= most * percent,
      );
      const fresh = reached.filter((percent) => this.#warnOnce(resource, period, most, percent, at));
      if (fresh.length > 0) return { percent: Math.max(...fresh), resetsAt: endOf(period, at) };
    }
    return null;
  }

  /** All that was used in the day and the month of a moment, with what was spent before; by period and resource. */
  spent(now: number): SpentQuota {
    const resources = this.#sql
      .exec<{ resource: string }>(
        'SELECT DISTINCT resource FROM quota_days WHERE day >= ?',
        `${monthOf(now)}-01`,
      )
      .toArray()
      .map(({ resource }) => resource);
    const of = (period: Period, name: string) => {
      const used = resources.map((resource) => [
        resource,
        this.totals(resource, now)[period] + this.#before(resource, now)[period],
      ]);
      return { [name]: { ...this.#spentBefore()[name], ...Object.fromEntries(used) } };
    };
    return { ...of('day', dateOf(now)), ...of('month', monthOf(now)) };
  }

  #before(resource: string, at: number): Totals {
    const spent = this.#spentBefore();
    return { day: spent[dateOf(at)]?.[resource] ?? 0, month: spent[monthOf(at)]?.[resource] ?? 0 };
  }

  #counted(resource: string, at: number, now: number): Row {
    const row = this.#read(resource, at, now);
    const { day, month } = this.#before(resource, at);
    return { ...row, day_used: row.day_used + day, month_used: row.month_used + month };
  }

  #warnOnce(resource: string, period: Period, most: number, percent: number, at: number): boolean {
    const name = period === 'day' ? dateOf(at) : dateOf(at).slice(0, 7);
    const cursor = this.#sql.exec(
      'INSERT OR IGNORE INTO quota_warnings VALUES (?, ?, ?, ?)',
      resource,
      name,
      most,
      percent,
    );
    return cursor.rowsWritten > 0;
  }

  #read(resource: string, at: number, now: number): Row {
    const day = dateOf(at);
    const first = `${day.slice(0, 7)}-01`;
    const last = `${day.slice(0, 7)}-31`;
    return this.#sql
      .exec<Row>(
        `SELECT
           COALESCE((SELECT used FROM quota_days WHERE resource = ?1 AND day = ?2), 0) AS day_used,
           COALESCE((SELECT SUM(used) FROM quota_days WHERE resource = ?1 AND day BETWEEN ?3 AND ?4), 0) AS month_used,
           COALESCE(SUM(quantity) FILTER (WHERE day = ?2), 0) AS day_held, COALESCE(SUM(quantity), 0) AS month_held
         FROM reservations
         WHERE status = 'held' AND resource = ?1 AND day BETWEEN ?3 AND ?4 AND expires_at > ?5`,
        resource,
        day,
        first,
        last,
        now,
      )
      .one();
  }

  #forget(resource: string, before: number): void {
    this.#sql.exec('DELETE FROM quota_days WHERE resource = ? AND day < ?', resource, dateOf(before));
    this.#sql.exec(
      'DELETE FROM quota_warnings WHERE resource = ? AND period < ?',
      resource,
      dateOf(before).slice(0, 7),
    );
  }
}

/** The period that leaves least is the one to show; when both leave nothing, the one that lasts longer. */
function quotaOf(resource: string, limit: Limit, row: Row, at: number): Quota {
  const periods = PERIODS.filter((period) => limit[period] !== undefined);
  const each = (periods.length > 0 ? periods : (['day'] as const)).map((period): Quota => {
    const most = limit[period] ?? null;
    const used = row[`${period}_used`];
    const remaining = most === null ? null : Math.max(0, most - used - row[`${period}_held`]);
    return { resource, limit: most, used, remaining, period, resetsAt: endOf(period, at) };
  });
  const left = ({ remaining }: Quota) => remaining ?? Number.POSITIVE_INFINITY;
  return each.reduce((least, next) => (left(next) <= left(least) && next.limit !== null ? next : least));
}
