import { dateOf, monthOf } from '../lib/calendar.ts';
import { DAY } from '../lib/time.ts';
import type { Spent } from './caps-contract.ts';

/**
 * What was used of credits by UTC day, without what was given back, which is taken off the day of its use. The ledger says it: nothing
 * more is written. Every method is atomic.
 */
export class SpentCredits {
  readonly #sql: SqlStorage;
  /** The days of a month, once somebody has asked for it. */
  #known: { month: string; days: Map<string, number> } | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Counts what was used at a moment; less than zero is given back. */
  add(amount: number, at: number): void {
    const { days, month } = this.#known ?? {};
    const day = dateOf(at);
    if (month !== undefined && day.startsWith(month)) days?.set(day, (days.get(day) ?? 0) + amount);
  }

  /** What was used in the day and the month of a moment. */
  of(now: number): Spent {
    const month = monthOf(now);
    if (this.#known?.month !== month) this.#known = { month, days: this.#read(month) };
    const { days } = this.#known;
    const sum = [...days.values()].reduce((one, other) => one + other, 0);
    return { day: days.get(dateOf(now)) ?? 0, month: sum };
  }

  #read(month: string): Map<string, number> {
    const first = Date.parse(`${month}-01`);
    const rows = this.#sql
      .exec<{ day: string; used: number }>(
        `SELECT date(created_at / 1000, 'unixepoch') AS day, SUM(-amount - refunded) AS used FROM credit_transactions
         WHERE seq >= ? AND type = 'used' AND created_at >= ? AND created_at < ? GROUP BY 1`,
        // Clocks of machines differ by less than that: rows come in the order of time, but for so much.
        this.#firstSince(first - DAY),
        first,
        first + 31 * DAY,
      )
      .toArray();
    return new Map(rows.filter(({ day }) => day.startsWith(month)).map(({ day, used }) => [day, used]));
  }

  /** The number of the first row since a moment. Numbers follow each other, and none is ever taken away. */
  #firstSince(at: number): number {
    let [low, high] = [1, this.#last() + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#at(middle) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #last(): number {
    return (
      this.#sql.exec<{ seq: number | null }>('SELECT MAX(seq) AS seq FROM credit_transactions').one().seq ?? 0
    );
  }

  #at(seq: number): number {
    return this.#sql
      .exec<{ at: number }>('SELECT created_at AS at FROM credit_transactions WHERE seq = ?', seq)
      .one().at;
  }
}
