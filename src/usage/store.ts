import { and, desc, eq, gte } from 'drizzle-orm';
import type { UsageDay } from '../account/history-contract.ts';
import type { Database } from '../db/client.ts';
import { realmTokenDaily, realmUsageDaily, usageMonthly } from './tables.ts';

/** One day of one model. */
export interface TokenDay {
  date: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  requests: number;
}

/** What a realm has used from a date on. */
export function readUsage(db: Database, realmId: string, from: string): Promise<UsageDay[]> {
  const { date, resource, quantity } = realmUsageDaily;
  return db
    .select({ date, resource, quantity })
    .from(realmUsageDaily)
    .where(and(eq(realmUsageDaily.realmId, realmId), gte(date, from)));
}

/** What models have used in a realm from a date on. */
export function readTokens(db: Database, realmId: string, from: string): Promise<TokenDay[]> {
  const { date, model, inputTokens, outputTokens, requests } = realmTokenDaily;
  return db
    .select({ date, model, inputTokens, outputTokens, requests })
    .from(realmTokenDaily)
    .where(and(eq(realmTokenDaily.realmId, realmId), gte(date, from)));
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
