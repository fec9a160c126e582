import { and, asc, desc, eq, gt, gte, lte, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { users } from '../directory/tables.ts';
import { providerCounts, realmDaily, sessionCounts } from './tables.ts';

/** What happened in a realm from one UTC date to another (YYYY-MM-DD); days on which nothing did are missing. */
export function readDaily(db: Database, realmId: string, from: string, to: string) {
  const { date, metric, count } = realmDaily;
  return db
    .select({ date, metric, count })
    .from(realmDaily)
    .where(and(eq(realmDaily.realmId, realmId), gte(date, from), lte(date, to)))
    .orderBy(asc(date));
}

/** How many sessions live, to the day: one that is over since this morning still counts. */
export function countSessions(db: Database, realmId: string, today: string) {
  return db
    .select({ sessions: sql<number>`coalesce(sum(${sessionCounts.sessions}), 0)` })
    .from(sessionCounts)
    .where(and(eq(sessionCounts.realmId, realmId), gte(sessionCounts.date, today)));
}

/** How many users can sign in by what; one who can by several counts for each. */
export function countProviders(db: Database, realmId: string) {
  const { provider, users: count } = providerCounts;
  return db
    .select({ provider, users: count })
    .from(providerCounts)
    .where(and(eq(providerCounts.realmId, realmId), gt(count, 0)));
}

/** Who came last. */
export function newestUsers(db: Database, realmId: string, limit: number) {
  return db
    .select()
    .from(users)
    .where(eq(users.realmId, realmId))
    .orderBy(desc(users.createdAt))
    .limit(limit);
}

/** What users are called; no more than D1 takes in one text. */
export function namesOf(db: Database, ids: string[]) {
  const { id, email, username, name } = users;
  return db
    .select({ id, email, username, name })
    .from(users)
    .where(sql`${id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}
