import { TOKENS } from '../account/metering-contract.ts';
import { nearestReplica } from '../db/client.ts';
import { pageOf } from '../http/paging.ts';
import { lastDates, monthOf } from '../lib/calendar.ts';
import type { Budget } from '../lib/run-budget.ts';
import {
  type Owner,
  readTokenEvents,
  readTokens,
  readTopUsers,
  readUsage,
  readUsageEvents,
  sumDay,
  type TokenDay,
} from './store.ts';

/** Tokens of a day, of a model, or of all. */
export interface TokenSum {
  inputTokens: number;
  outputTokens: number;
  requests: number;
}

/** Users that are named as those who use most, of each resource. */
const TOP = 10;
/** Models that are named as those that are used most. */
const TOP_MODELS = 100;
/** Days whose sums the nightly job checks: a reservation can be made on one day and used on the next. */
const OPEN_DAYS = 3;

/** What was used, day by day, from the roll-ups in D1: the last seconds may be missing. */
export class UsageAnalytics {
  readonly #d1: D1Database;
  readonly #resources: string[];

  /** `resources` are shown also where none of them was used. */
  constructor(d1: D1Database, resources: string[]) {
    this.#d1 = d1;
    this.#resources = resources;
  }

  /** Totals and every one of the last so many UTC days. */
  async usage(owner: Owner, days: number) {
    const dates = lastDates(days, Date.now());
    const rows = await readUsage(nearestReplica(this.#d1).db, owner, dates[0] as string);
    const resources = [...new Set([...this.#resources, ...rows.map(({ resource }) => resource)])];
    const none = () => Object.fromEntries(resources.map((resource) => [resource, 0]));
    const totals: Record<string, number> = none();
    const byDate = new Map(dates.map((date): [string, Record<string, number>] => [date, none()]));
    for (const { date, resource, quantity } of rows) {
      totals[resource] = (totals[resource] ?? 0) + quantity;
      const day = byDate.get(date);
      if (day) day[resource] = quantity;
    }
    return { days, totals, daily: [...byDate].map(([date, used]) => ({ date, used })) };
  }

  /** Tokens in total, by model, and for every one of the last so many UTC days. */
  async tokens(owner: Owner, days: number) {
    const dates = lastDates(days, Date.now());
    const rows = await readTokens(nearestReplica(this.#d1).db, owner, dates[0] as string);
    const byDate = new Map(dates.map((date) => [date, sumOf([])]));
    for (const [date, group] of Map.groupBy(rows, (row) => row.date)) byDate.set(date, sumOf(group));
    const models = [...Map.groupBy(rows, ({ model }) => model)]
      .map(([model, group]) => ({ model, ...sumOf(group) }))
      .sort((a, b) => b.inputTokens + b.outputTokens - a.inputTokens - a.outputTokens);
    return {
      days,
      totals: sumOf(rows),
      models: models.slice(0, TOP_MODELS),
      daily: [...byDate].map(([date, sum]) => ({ date, ...sum })),
    };
  }

  /** Who has used most this month, by resource. */
  async topUsers(realmId: string, resources = this.#resources) {
    const { db } = nearestReplica(this.#d1);
    const month = monthOf(Date.now());
    const tops = await Promise.all(
      resources.map((resource) => readTopUsers(db, realmId, { resource, month, limit: TOP })),
    );
    return Object.fromEntries(resources.map((resource, at) => [resource, tops[at] ?? []]));
  }

  /** Who has had models use most this month. */
  async topTokenUsers(realmId: string) {
    return (await this.topUsers(realmId, [TOKENS]))[TOKENS] ?? [];
  }

  /** Single uses, newest first, for as long as they are kept. */
  async history(userId: string, page: { limit: number; cursor?: string | undefined }) {
    return this.#page(page, (db, rows) => readUsageEvents(db, userId, rows));
  }

  /** Single uses of models, in the same way. */
  async tokenHistory(userId: string, page: { limit: number; cursor?: string | undefined }) {
    return this.#page(page, (db, rows) => readTokenEvents(db, userId, rows));
  }

  /** The final roll-up: checks the sums of the last days. Late, twice or at once comes to the same. */
  async closeDay(now: number, budget: Budget): Promise<void> {
    for (const date of lastDates(OPEN_DAYS, now)) {
      if (!budget.take(2)) return;
      await sumDay(this.#d1, date);
    }
  }

  async #page<Row extends { seq: number }>(
    { limit, cursor }: { limit: number; cursor?: string | undefined },
    read: (
      db: ReturnType<typeof nearestReplica>['db'],
      rows: { before: number | null; limit: number },
    ) => Promise<Row[]>,
  ): Promise<{ rows: Row[]; nextCursor: string | null }> {
    const before = cursor === undefined ? null : Number(cursor);
    const found = await read(nearestReplica(this.#d1).db, { before, limit: limit + 1 });
    return pageOf(found, limit, ({ seq }) => String(seq));
  }
}

function sumOf(rows: Pick<TokenDay, 'inputTokens' | 'outputTokens' | 'requests'>[]): TokenSum {
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    inputTokens: sum((row) => row.inputTokens),
    outputTokens: sum((row) => row.outputTokens),
    requests: sum((row) => row.requests),
  };
}
