import type { SpentQuota } from '../directory/spent-before.ts';
import type { Limit } from '../directory/state.ts';
import { dateOf, endOf, monthOf } from '../lib/calendar.ts';
import { AlertBook } from './alert-book.ts';
import type { UsageDay } from './history-contract.ts';
import { type Quota, TOKENS } from './metering-contract.ts';
import type { ReservationBook } from './reservation-book.ts';
import type { Reached, Told } from './told.ts';

type Period = Quota['period'];

/** What was used of a resource, in a day and in its month. */
export interface Totals {
  day: number;
  month: number;
}

/** What is new of days, and the whole of their months. */
export interface UsageSums {
  days: UsageDay[];
  months: { month: string; resource: string; quantity: number }[];
}

type Row = { day_used: number; month_used: number; day_held: number; month_held: number };

/** Uses that are not summed up yet: those after ?1 and, of models, after ?2. */
const UNFOLDED = `SELECT resource, day, quantity FROM uses WHERE seq > ?1 AND resource IS NOT NULL
  UNION ALL SELECT '${TOKENS}', day, input_tokens + output_tokens FROM token_uses WHERE seq > ?2`;

const PERIODS: Period[] = ['day', 'month'];

/**
 * What one user has used, by resource and UTC date: what is summed up, and the uses since. A day starts at zero by itself.
 * Every method is atomic.
 */
export class QuotaBook {
  readonly #sql: SqlStorage;
  readonly #told: Told;
  readonly #reservations: ReservationBook;
  readonly #spentBefore: () => SpentQuota;
  /** The days of a resource, by resource and month, as far as anybody has asked for them. */
  readonly #days = new Map<string, Map<string, number>>();

  /** `spentBefore` is what limits count too, though this user has not used it. */
  constructor(sql: SqlStorage, told: Told, reservations: ReservationBook, spentBefore: () => SpentQuota) {
    this.#sql = sql;
    this.#told = told;
    this.#reservations = reservations;
    this.#spentBefore = spentBefore;
  }

  static createTables(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE quota_days (
      resource TEXT NOT NULL, day TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (resource, day)
    ) STRICT, WITHOUT ROWID`);
    AlertBook.createTable(sql);
  }

  /** How the user stands at a moment; `now` decides which reservations still hold. */
  quota(resource: string, limit: Limit, at: number, now = at): Quota {
    return quotaOf(resource, limit, this.#counted(resource, at, now), at);
  }

  /**
   * Whether so much more may be used, and how much of it is beyond the limits. When not, `retryAt` is when the limit in the way starts afresh; both are Unix
   * milliseconds.
   */
  admit(
    resource: string,
    limit: Limit,
    quantity: number,
    now: number,
  ): { quota: Quota; over: number; retryAt: number | null } {
    const row = this.#counted(resource, now, now);
    const beyond = (period: Period) => {
      const most = limit[period];
      return most == null ? 0 : Math.max(0, row[`${period}_used`] + row[`${period}_held`] + quantity - most);
    };
    const full = PERIODS.filter((period) => beyond(period) > 0);
    const over = Math.min(quantity, Math.max(...PERIODS.map(beyond)));
    const retryAt = full.length > 0 ? Math.max(...full.map((period) => endOf(period, now))) : null;
    return { over, quota: quotaOf(resource, limit, row, now), retryAt };
  }

  /** Counts what is used at a moment; to be called before the use is written down. */
  add(resource: string, quantity: number, at: number): void {
    const days = this.#daysOf(resource, monthOf(at));
    const day = dateOf(at);
    days.set(day, (days.get(day) ?? 0) + quantity);
  }

  /** What was used in the day and the month of a moment. */
  totals(resource: string, at: number): Totals {
    const { day_used, month_used } = this.#read(resource, at, at);
    return { day: day_used, month: month_used };
  }

  /** What this user has used in the day and the month of a moment, with what is held: what caps count. */
  spentOf(resource: string, now: number): Totals {
    const { day_used, month_used, day_held, month_held } = this.#read(resource, now, now);
    return { day: day_used + day_held, month: month_used + month_held };
  }

  /** What was used in the day and the month of a moment, with what limits count though this user has not used it. */
  countedOf(resource: string, at: number): Totals {
    const [totals, before] = [this.totals(resource, at), this.#before(resource, at)];
    return { day: totals.day + before.day, month: totals.month + before.month };
  }

  /** All that was used in the day and the month of a moment, with what was spent before; by period and resource. */
  spent(now: number): SpentQuota {
    const { folded } = this.#told.get();
    const resources = this.#sql
      .exec<{ resource: string }>(
        `SELECT resource FROM quota_days WHERE day >= ?3 UNION SELECT resource FROM (${UNFOLDED})`,
        folded.uses,
        folded.tokens,
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

  /** The days of each resource from a date on, oldest first; up to so many, after one that is known. */
  days(from: string, after: { date: string; resource: string } | null, limit: number): UsageDay[] {
    const { folded } = this.#told.get();
    return this.#sql
      .exec<UsageDay>(
        `SELECT day AS date, resource, SUM(used) AS quantity
         FROM (SELECT resource, day, used FROM quota_days UNION ALL ${UNFOLDED})
         WHERE day >= ?3 AND (day, resource) > (?4, ?5) GROUP BY day, resource ORDER BY day, resource LIMIT ?6`,
        folded.uses,
        folded.tokens,
        from,
        after?.date ?? '',
        after?.resource ?? '',
        limit,
      )
      .toArray();
  }

  /** Sums up the uses since the last time; up to where those go that are not of models. */
  fold(): number {
    const { folded } = this.#told.get();
    this.#sql.exec(
      `INSERT INTO quota_days (resource, day, used)
       SELECT resource, day, SUM(quantity) FROM (${UNFOLDED}) WHERE true GROUP BY 1, 2
       ON CONFLICT DO UPDATE SET used = used + excluded.used`,
      folded.uses,
      folded.tokens,
    );
    const { seq } = this.#sql
      .exec<{ seq: number }>('SELECT COALESCE(MAX(seq), 0) AS seq FROM uses WHERE seq > ?', folded.uses)
      .one();
    return Math.max(seq, folded.uses);
  }

  /** What came to each day between two states of the sums, and what each month has come to with it. */
  sums(from: Reached, to: Reached): UsageSums {
    const days = this.#sql
      .exec<UsageDay>(
        `SELECT day AS date, resource, SUM(quantity) AS quantity FROM (
           SELECT resource, day, quantity FROM uses WHERE seq > ? AND seq <= ? AND resource IS NOT NULL
           UNION ALL SELECT '${TOKENS}', day, input_tokens + output_tokens FROM token_uses WHERE seq > ? AND seq <= ?
         ) GROUP BY 1, 2`,
        ...[from.uses, to.uses, from.tokens, to.tokens],
      )
      .toArray();
    const months = new Map(
      days.map(({ date, resource }) => [
        `${date.slice(0, 7)} ${resource}`,
        { month: date.slice(0, 7), resource },
      ]),
    );
    return { days, months: [...months.values()].map((one) => ({ ...one, quantity: this.#folded(one) })) };
  }

  /** The first day that is still known; null when none is. */
  oldest(): string | null {
    return this.#sql.exec<{ day: string | null }>('SELECT MIN(day) AS day FROM quota_days').one().day;
  }

  /** Forgets days from before a date, and the warnings of their months. */
  prune(date: string): void {
    this.#sql.exec('DELETE FROM quota_days WHERE day < ?', date);
    new AlertBook(this.#sql).prune(date.slice(0, 7));
  }

  #folded({ month, resource }: { month: string; resource: string }): number {
    return this.#sql
      .exec<{ used: number }>(
        `SELECT COALESCE(SUM(used), 0) AS used FROM quota_days
         WHERE resource = ?1 AND day BETWEEN ?2 || '-01' AND ?2 || '-31'`,
        resource,
        month,
      )
      .one().used;
  }

  #read(resource: string, at: number, now: number): Row {
    const [today, month] = [dateOf(at), monthOf(at)];
    const row = { day_used: 0, month_used: 0, day_held: 0, month_held: 0 };
    for (const [day, used] of this.#daysOf(resource, month)) {
      if (day === today) row.day_used += used;
      row.month_used += used;
    }
    for (const [day, held] of this.#reservations.heldOf(resource, now)) {
      if (day === today) row.day_held += held;
      if (day.startsWith(month)) row.month_held += held;
    }
    return row;
  }

  #daysOf(resource: string, month: string): Map<string, number> {
    const key = `${resource} ${month}`;
    const known = this.#days.get(key);
    if (known) return known;
    const { folded } = this.#told.get();
    const rows = this.#sql
      .exec<{ day: string; used: number }>(
        `SELECT day, SUM(used) AS used FROM (
           SELECT day, used FROM quota_days WHERE resource = ?3 AND day BETWEEN ?4 || '-01' AND ?4 || '-31'
           UNION ALL SELECT day, quantity FROM (${UNFOLDED}) WHERE resource = ?3 AND day BETWEEN ?4 || '-01' AND ?4 || '-31'
         ) GROUP BY day`,
        folded.uses,
        folded.tokens,
        resource,
        month,
      )
      .toArray();
    const days = new Map(rows.map(({ day, used }) => [day, used]));
    this.#days.set(key, days);
    return days;
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
