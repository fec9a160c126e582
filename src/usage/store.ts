import { and, desc, eq, gte, lt } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import {
  realmTokenDaily,
  realmUsageDaily,
  tokenDaily,
  tokenEvents,
  usageDaily,
  usageEvents,
  usageMonthly,
} from './tables.ts';

/** One day of one resource. */
export interface UsageDay {
  date: string;
  resource: string;
  quantity: number;
}

/** One day of one model. */
export interface TokenDay {
  date: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  requests: number;
}

/** Whose: one user, or a realm. */
export type Owner = { userId: string } | { realmId: string };

/** What was used from a date on. */
export function readUsage(db: Database, owner: Owner, from: string): Promise<UsageDay[]> {
  const table = 'userId' in owner ? usageDaily : realmUsageDaily;
  const { date, resource, quantity } = table;
  const theirs =
    'userId' in owner ? eq(usageDaily.userId, owner.userId) : eq(realmUsageDaily.realmId, owner.realmId);
  return db
    .select({ date, resource, quantity })
    .from(table)
    .where(and(theirs, gte(date, from)));
}

/** What models have used from a date on. */
export function readTokens(db: Database, owner: Owner, from: string): Promise<TokenDay[]> {
  const table = 'userId' in owner ? tokenDaily : realmTokenDaily;
  const { date, model, inputTokens, outputTokens, requests } = table;
  const theirs =
    'userId' in owner ? eq(tokenDaily.userId, owner.userId) : eq(realmTokenDaily.realmId, owner.realmId);
  return db
    .select({ date, model, inputTokens, outputTokens, requests })
    .from(table)
    .where(and(theirs, gte(date, from)));
}

/** Who has used most of a resource in a month. */
export function readTopUsers(
  db: Database,
  realmId: string,
  by: { resource: string; month: string; limit: number },
): Promise<{ userId: string; quantity: number }[]> {
  const { userId, month, resource, quantity } = usageMonthly;
  return db
    .select({ userId, quantity })
    .from(usageMonthly)
    .where(and(eq(usageMonthly.realmId, realmId), eq(month, by.month), eq(resource, by.resource)))
    .orderBy(desc(quantity))
    .limit(by.limit);
}

interface Page {
  before: number | null;
  limit: number;
}

/** Single uses, newest first, from before a sequence number. */
export function readUsageEvents(db: Database, userId: string, { before, limit }: Page) {
  return db
    .select()
    .from(usageEvents)
    .where(and(eq(usageEvents.userId, userId), before === null ? undefined : lt(usageEvents.seq, before)))
    .orderBy(desc(usageEvents.seq))
    .limit(limit);
}

/** Single uses of models, in the same way. */
export function readTokenEvents(db: Database, userId: string, { before, limit }: Page) {
  return db
    .select()
    .from(tokenEvents)
    .where(and(eq(tokenEvents.userId, userId), before === null ? undefined : lt(tokenEvents.seq, before)))
    .orderBy(desc(tokenEvents.seq))
    .limit(limit);
}

/** Sums a day anew. What has gone with deleted users stays counted: sums only rise. */
export async function sumDay(d1: D1Database, date: string): Promise<void> {
  await d1.batch([
    d1
      .prepare(
        `INSERT INTO realm_usage_daily
         SELECT realm_id, date, resource, SUM(quantity) FROM usage_daily WHERE date = ? GROUP BY 1, 2, 3
         ON CONFLICT DO UPDATE SET quantity = MAX(quantity, excluded.quantity)`,
      )
      .bind(date),
    d1
      .prepare(
        `INSERT INTO realm_token_daily
         SELECT realm_id, date, model, SUM(input_tokens), SUM(output_tokens), SUM(requests) FROM token_daily
         WHERE date = ? GROUP BY 1, 2, 3
         ON CONFLICT DO UPDATE SET input_tokens = MAX(input_tokens, excluded.input_tokens),
           output_tokens = MAX(output_tokens, excluded.output_tokens), requests = MAX(requests, excluded.requests)`,
      )
      .bind(date),
  ]);
}
