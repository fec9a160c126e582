import type { Limit } from '../directory/state.ts';
import { dateOf, endOf, monthOf } from '../lib/calendar.ts';
import type { Spent } from './caps-contract.ts';
import type { ProductKey } from './key-contract.ts';

/** Percentages of a quota or a cap at which whoever has it is told. */
const ALERTS = [50, 80, 100];

/** What was reached: of a quota of the plan, or of a cap, which may be that of one member of an organization or of one key. */
export interface SpendingAlert {
  of: 'quota' | 'cap';
  /** Null for credits. */
  resource: string | null;
  percent: number;
  /** When it starts afresh, Unix milliseconds. */
  resetsAt: number;
  member: string | null;
  key: Pick<ProductKey, 'id' | 'name'> | null;
}

/** What was told of limits that are nearly reached: each percentage once, for the same limit in the same period. Every method is atomic. */
export class AlertBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE quota_warnings (
      resource TEXT NOT NULL, period TEXT NOT NULL, quota INTEGER NOT NULL, percent INTEGER NOT NULL,
      PRIMARY KEY (resource, period, quota, percent)
    ) STRICT, WITHOUT ROWID`);
  }

  /**
   * The highest of the percentages that a use has just passed and of which nobody was told yet, with the end of the period it is of.
   * `name` is that of what is limited. What passes none writes nothing.
   */
  passed(
    name: string,
    limit: Limit,
    before: Spent,
    quantity: number,
    at: number,
  ): Pick<SpendingAlert, 'percent' | 'resetsAt'> | null {
    for (const period of ['month', 'day'] as const) {
      const most = limit[period];
      if (!most) continue;
      const used = before[period];
      const reached = ALERTS.filter(
        (percent) => used * 100 < most * percent && (used + quantity) * 100 >= most * percent,
      );
      const named = period === 'day' ? dateOf(at) : monthOf(at);
      const fresh = reached.filter((percent) => this.#once(name, named, most, percent));
      if (fresh.length > 0) return { percent: Math.max(...fresh), resetsAt: endOf(period, at) };
    }
    return null;
  }

  /** Forgets what was told before a month. */
  prune(month: string): void {
    this.#sql.exec('DELETE FROM quota_warnings WHERE period < ?', month);
  }

  #once(name: string, period: string, most: number, percent: number): boolean {
    const sql = 'INSERT OR IGNORE INTO quota_warnings VALUES (?, ?, ?, ?)';
    return this.#sql.exec(sql, name, period, most, percent).rowsWritten > 0;
  }
}
