import type { HistoryObjects, HistoryRows, UsageDay } from '../account/history-contract.ts';
import { TOKENS } from '../account/metering-contract.ts';
import { nearestReplica } from '../db/client.ts';
import { pageOf } from '../http/paging.ts';
import { lastDates, monthOf } from '../lib/calendar.ts';
import { readTokens, readTopUsers, readUsage, type TokenDay } from './store.ts';

/** Whose: one user, whose object knows it exactly, or a realm, whose sums come a minute later. */
export type Owner = { userId: string } | { realmId: string };

/** Tokens of a day, of a model, or of all. */
export interface TokenSum {
  inputTokens: number;
  outputTokens: number;
  requests: number;
}

/** Which page of a list. */
interface Page {
  limit: number;
  cursor?: string | undefined;
}

/** Users that are named as those who use most, of each resource. */
const TOP = 10;
/** Models that are named as those that are used most. */
const TOP_MODELS = 100;
/** Rows of days that are read at once: more resources or models than that nobody has. */
const DAY_ROWS = 50_000;

/** What was used, day by day. */
export class UsageAnalytics {
  readonly #d1: D1Database;
  readonly #objects: HistoryObjects;
  readonly #resources: string[];

  /** `resources` are shown also where none of them was used. */
  constructor(d1: D1Database, objects: HistoryObjects, resources: string[]) {
    this.#d1 = d1;
    this.#objects = objects;
    this.#resources = resources;
  }

  /** Totals and every one of the last so many UTC days. */
  async usage(owner: Owner, days: number) {
    const dates = lastDates(days, Date.now());
    const rows = await this.#usageDays(owner, dates[0] as string);
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
    const rows = await this.#tokenDays(owner, dates[0] as string);
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
  async history(userId: string, page: Page) {
    return this.#page('uses', userId, page);
  }

  /** Single uses of models, in the same way. */
  async tokenHistory(userId: string, page: Page) {
    return this.#page('token_uses', userId, page);
  }

  async #usageDays(owner: Owner, from: string): Promise<UsageDay[]> {
    if ('realmId' in owner) return readUsage(nearestReplica(this.#d1).db, owner.realmId, from);
    return this.#objects(owner.userId).history('usage_days', { from, after: null, limit: DAY_ROWS });
  }

  async #tokenDays(owner: Owner, from: string): Promise<TokenDay[]> {
    if ('realmId' in owner) return readTokens(nearestReplica(this.#d1).db, owner.realmId, from);
    const rows = await this.#objects(owner.userId).history('token_days', {
      from,
      after: null,
      limit: DAY_ROWS,
    });
    return rows.map(({ input_tokens: inputTokens, output_tokens: outputTokens, ...row }) => ({
      ...row,
      inputTokens,
      outputTokens,
    }));
  }

  async #page<List extends 'uses' | 'token_uses'>(
    list: List,
    userId: string,
    { limit, cursor }: Page,
  ): Promise<{ rows: HistoryRows[List][]; nextCursor: string | null }> {
    const after = cursor === undefined ? null : { seq: Number(cursor) };
    const rows = await this.#objects(userId).history(list, { after: after as never, limit: limit + 1 });
    return pageOf(rows, limit, ({ seq }) => String(seq));
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
