import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { type AuditAction, audit } from '../directory/audit-tables.ts';
import { activity } from '../directory/tables.ts';
import { counting } from '../http/paging.ts';
import { timeDigits } from '../lib/ids.ts';

/** What the activity log of a realm is narrowed to. Times are Unix milliseconds. */
export interface ActivityFilter {
  userId?: string | undefined;
  type?: string | undefined;
  ip?: string | undefined;
  after?: number | undefined;
  before?: number | undefined;
}

/** The entry that a page comes after: when, whose, which. */
export type ActivityPosition = readonly [at: number, userId: string, seq: number];

/** What the audit log of a realm is narrowed to. Times are Unix milliseconds. */
export interface AuditFilter {
  actor?: string | undefined;
  action?: AuditAction | undefined;
  target?: string | undefined;
  after?: number | undefined;
  before?: number | undefined;
}

export type AuditRow = typeof audit.$inferSelect;

/** Entries of the activity log, newest first. */
export function readActivity(
  db: Database,
  realmId: string,
  filter: ActivityFilter,
  page: { after: ActivityPosition | null; limit: number },
) {
  const { at, userId, seq } = activity;
  const beyond =
    page.after &&
    sql`(${at}, ${userId}, ${seq}) < (${sql.join(
      page.after.map((key) => sql`${key}`),
      sql`, `,
    )})`;
  return db
    .select()
    .from(activity)
    .where(and(activityOf(realmId, filter), beyond ?? undefined))
    .orderBy(desc(at), desc(userId), desc(seq))
    .limit(page.limit);
}

/** How many entries there are, as far as it is counted. */
export function countActivity(db: Database, realmId: string, filter: ActivityFilter) {
  return counting(db, sql`SELECT 1 FROM ${activity} WHERE ${activityOf(realmId, filter)}`);
}

/** The index that narrows most is the one to go by: a sign keeps SQLite from the others. */
function activityOf(realmId: string, { userId, type, ip, after, before }: ActivityFilter): SQL {
  const conditions = [
    userId === undefined ? eq(activity.realmId, realmId) : sql`+realm_id = ${realmId}`,
    userId === undefined ? undefined : eq(activity.userId, userId),
    ip === undefined ? undefined : userId === undefined ? eq(activity.ip, ip) : sql`+ip = ${ip}`,
    type === undefined
      ? undefined
      : userId === undefined && ip === undefined
        ? eq(activity.type, type)
        : sql`+type = ${type}`,
    after === undefined ? undefined : gte(activity.at, after),
    before === undefined ? undefined : lt(activity.at, before),
  ];
  return and(...conditions) as SQL;
}

/** Entries of the audit log, newest first. */
export function readAudit(
  db: Database,
  realmId: string,
  filter: AuditFilter,
  page: { after: string | null; limit: number },
) {
  return db
    .select()
    .from(audit)
    .where(and(auditOf(realmId, filter), page.after === null ? undefined : lt(audit.id, page.after)))
    .orderBy(desc(audit.id))
    .limit(page.limit);
}

/** How many entries there are, as far as it is counted. */
export function countAudit(db: Database, realmId: string, filter: AuditFilter) {
  return counting(db, sql`SELECT 1 FROM ${audit} WHERE ${auditOf(realmId, filter)}`);
}

function auditOf(realmId: string, { actor, action, target, after, before }: AuditFilter): SQL {
  const conditions = [
    eq(audit.realmId, realmId),
    target === undefined ? undefined : eq(audit.target, target),
    actor === undefined ? undefined : target === undefined ? eq(audit.actor, actor) : sql`+actor = ${actor}`,
    action === undefined
      ? undefined
      : target === undefined && actor === undefined
        ? eq(audit.action, action)
        : sql`+action = ${action}`,
    // Ids begin with their time.
    after === undefined ? undefined : gte(audit.id, idAt(after)),
    before === undefined ? undefined : lt(audit.id, idAt(before)),
  ];
  return and(...conditions) as SQL;
}

function idAt(time: number): string {
  return `aud_${timeDigits(Math.max(0, time))}`;
}
