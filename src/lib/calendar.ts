import { DAY } from './time.ts';

/** The UTC date of a moment, `YYYY-MM-DD`. */
export function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The UTC month of a moment, `YYYY-MM`. */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** When the UTC day, or month, of a moment is over; Unix milliseconds. */
export function endOf(period: 'day' | 'month', at: number): number {
  const date = new Date(at);
  return period === 'day'
    ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1)
    : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** The same moment of the UTC month after; the last day of that where it has no such day. */
export function monthAfter(at: number): number {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const last = new Date(Date.UTC(year, month + 2, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), last);
  return Date.UTC(year, month + 1, day) + (at - Date.UTC(year, month, date.getUTCDate()));
}

/** The dates of the last so many days, oldest first, today included. */
export function lastDates(days: number, now: number): string[] {
  return Array.from({ length: days }, (_, index) => dateOf(now - (days - 1 - index) * DAY));
}
