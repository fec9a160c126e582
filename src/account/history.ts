import { dateOf } from '../lib/calendar.ts';
import { DAY } from '../lib/time.ts';
import type { ActivityLog } from './activity-log.ts';
import {
  type HistoryPage,
  type HistoryRows,
  type PastSession,
  SUM_DAYS,
  type UseRow,
} from './history-contract.ts';
import type { MemberSums } from './member-sums.ts';
import type { Metering } from './metering.ts';
import { OVERAGE_KEPT } from './overage-book.ts';
import type { SessionBook } from './session-book.ts';
import { REPEATABLE } from './use-book.ts';

/** For how many days things are kept. */
export interface Retention {
  activity: number;
  uses: number;
}

/** What an object remembers: read in pages, and forgotten in time. */
export class History {
  readonly #activity: ActivityLog;
  readonly #sessions: SessionBook;
  readonly #metering: Metering;
  readonly #keySums: MemberSums;
  readonly #retention: Retention;

  constructor(
    activity: ActivityLog,
    sessions: SessionBook,
    metering: Metering,
    keySums: MemberSums,
    retention: Retention,
  ) {
    this.#activity = activity;
    this.#sessions = sessions;
    this.#metering = metering;
    this.#keySums = keySums;
    this.#retention = retention;
  }

  read<List extends keyof HistoryRows>(
    list: List,
    page: HistoryPage<HistoryRows[List]>,
    now: number,
  ): HistoryRows[List][] {
    const books = this.#metering.books();
    const { limit, from = '' } = page;
    const after = page.after as (Partial<UseRow> & Partial<PastSession>) | null;
    const before = after?.seq ?? Number.MAX_SAFE_INTEGER;
    const since = this.#since(now);
    const day = page.after as { date: string; resource: string; model: string } | null;
    const lists: { [Name in keyof HistoryRows]: () => HistoryRows[Name][] } = {
      activity: () => this.#activity.list(before, since.activity, limit),
      past_sessions: () => this.#sessions.past.list(after?.id ?? null, limit),
      uses: () => books?.usage.uses.list(before, since.uses, limit) ?? [],
      token_uses: () => books?.usage.uses.listTokens(before, since.uses, limit) ?? [],
      credits: () => books?.ledger.list(before, limit) ?? [],
      usage_days: () => books?.usage.quotas.days(from, day, limit) ?? [],
      token_days: () => books?.usage.tokens.days(from, day, limit) ?? [],
    };
    return lists[list]();
  }

  /** Forgets what is too old, if anything is. */
  prune(now: number): void {
    const next = this.nextPruning();
    if (next === null || now < next) return;
    const since = this.#since(now);
    this.#activity.prune(since.activity);
    this.#sessions.prune(now);
    const usage = this.#metering.books()?.usage;
    if (usage) {
      usage.uses.prune(now - this.#usesKept());
      usage.reservations.prune(now);
      usage.quotas.prune(dateOf(now - SUM_DAYS * DAY));
      usage.tokens.prune(dateOf(now - SUM_DAYS * DAY));
      usage.overage.prune(now - OVERAGE_KEPT);
      this.#keySums.prune(dateOf(now - SUM_DAYS * DAY));
    }
  }

  /** When the next is too old, Unix milliseconds; null when nothing is kept that grows old. */
  nextPruning(): number | null {
    const first = this.#activity.oldest();
    const used = this.#metering.books()?.usage.uses.oldest() ?? null;
    const times = [
      first === null ? null : first + this.#retention.activity * DAY,
      used === null ? null : used + this.#usesKept(),
    ].filter((at) => at !== null);
    // Who has been away for long leaves sums and sessions last.
    if (times.length === 0) {
      const day = this.#metering.books()?.usage.quotas.oldest() ?? null;
      const rest = [day === null ? null : Date.parse(day) + SUM_DAYS * DAY, this.#sessions.oldest()];
      times.push(...rest.filter((at) => at !== null));
    }
    // By portions of a day, or each use of a busy account would be forgotten by itself.
    return times.length > 0 ? Math.min(...times) + DAY : null;
  }

  /** A use is what a request that is repeated is known by, too. */
  #usesKept(): number {
    return Math.max(this.#retention.uses * DAY, REPEATABLE);
  }

  #since(now: number): { activity: number; uses: number } {
    const { activity, uses } = this.#retention;
    return { activity: now - activity * DAY, uses: now - uses * DAY };
  }
}
