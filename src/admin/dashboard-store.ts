import { and, asc, desc, eq, getTableColumns, gt, gte, lte, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { users } from '../directory/tables.ts';
import { providerCounts, realmDays, sessionCounts, userCounts } from './tables.ts';

/** What happened in a realm from one UTC date to another (YYYY-MM-DD); days on which nothing did are missing. */
export function readDaily(db: Database, realmId: string, from: string, to: string) {
  const { date, signUps, signIns, activeUsers } = realmDays;
  return db
    .select({ date, signUps, signIns, activeUsers })
    .from(realmDays)
    .where(and(eq(realmDays.realmId, realmId), gte(date, from), lte(date, to)))
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
  const provider = sql<string>`provider`;
  const count = sql<number>`sum(users)`;
  return db
    .select({ provider, users: count })
    .from(
      sql`(SELECT provider, users FROM ${providerCounts} WHERE realm_id = ${realmId}
        UNION ALL SELECT 'password', passwords FROM ${userCounts} WHERE realm_id = ${realmId})`,
    )
    .groupBy(provider)
    .having(gt(count, 0));
}

/** Who came last: of every facet its last. */
export function newestUsers(db: Database, realmId: string, limit: number) {
  const { facet, users: count } = userCounts;
  const last = sql`SELECT c.rowid FROM users AS c WHERE realm_id = ${realmId} AND facet = ${facet}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`;
  return db
    .select(getTableColumns(users))
    .from(userCounts)
    .innerJoin(users, sql`users.rowid IN (${last})`)
    .where(and(eq(userCounts.realmId, realmId), gt(count, 0)))
    .orderBy(desc(users.createdAt), desc(users.id))
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
