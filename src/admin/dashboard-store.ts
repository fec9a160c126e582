import { and, asc, desc, eq, gte, inArray, lte, sql } from 'drizzle-orm';
import { users } from '../accounts/tables.ts';
import type { Database } from '../db/client.ts';
import { realmDaily, sessionCounts } from './tables.ts';

/** What a realm did day by day, from one UTC date (YYYY-MM-DD) to another; days on which nothing was are missing. */
export function readDaily(db: Database, realmId: string, from: string, to: string) {
  const { date, metric, count } = realmDaily;
  return db
    .select({ date, metric, count })
    .from(realmDaily)
    .where(and(eq(realmDaily.realmId, realmId), gte(date, from), lte(date, to)))
    .orderBy(asc(date));
}

/** How many sessions live, to the day: a session that is over since this morning is still among them. */
export function countSessions(db: Database, realmId: string, today: string) {
  return db
    .select({ sessions: sql<number>`coalesce(sum(${sessionCounts.sessions}), 0)` })
    .from(sessionCounts)
    .where(and(eq(sessionCounts.realmId, realmId), gte(sessionCounts.date, today)));
}

/** Who came last. */
export function newestUsers(db: Database, realmId: string, limit: number) {
  return db
    .select()
    .from(users)
    .where(eq(users.realmId, realmId))
    .orderBy(desc(users.createdAt), desc(sql`rowid`))
    .limit(limit);
}

/** What a realm used on a day, by resource. Kept by meters. */
export function usageOn(db: Database, realmId: string, date: string) {
  return db
    .select({ resource: sql<string>`resource`, quantity: sql<number>`quantity` })
    .from(sql`realm_usage_daily`)
    .where(sql`realm_id = ${realmId} AND date = ${date}`);
}

/** Who used most of a resource on a day. */
export function topUsers(db: Database, realmId: string, date: string, resource: string, limit: number) {
  return db
    .select({
      userId: sql<string>`user_id`,
      quantity: sql<number>`quantity`,
    })
    .from(sql`usage_daily`)
    .where(sql`date = ${date} AND realm_id = ${realmId} AND resource = ${resource}`)
    .orderBy(sql`quantity DESC`)
    .limit(limit);
}

/** Users by id, in any order. */
export function usersOf(db: Database, ids: string[]) {
  return db.select().from(users).where(inArray(users.id, ids));
}
