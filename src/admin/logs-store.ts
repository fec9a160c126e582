import { and, desc, eq, getTableColumns, gte, lt, SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { type AuditAction, audit } from '../directory/audit-tables.ts';
import { activity, users } from '../directory/tables.ts';
import { LOGGED_TYPES } from '../events/derived.ts';
import { counting } from '../http/paging.ts';
import { timeDigits } from '../lib/ids.ts';
import { organizations } from '../organizations/tables.ts';

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
  const keys = page.after?.map((key) => sql`${key}`);
  const is = activityOf(realmId, filter);
  const reached = sql`SELECT user_id, seq FROM activity AS a WHERE ${is}
    AND ${keys ? sql`(at, user_id, seq) < (${sql.join(keys, sql`, `)})` : sql`TRUE`}
    ORDER BY at DESC, user_id DESC, seq DESC LIMIT ${page.limit}`;
  return db
    .select(getTableColumns(activity))
    .from(kindsOf(filter))
    .innerJoin(activity, sql`(activity.user_id, activity.seq) IN (${reached})`)
    .orderBy(desc(at), desc(userId), desc(seq))
    .limit(page.limit);
}

/** How many entries there are, as far as it is counted. */
export function countActivity(db: Database, realmId: string, filter: ActivityFilter) {
  return counting(
    db,
    sql`SELECT 1 FROM ${kindsOf(filter)} CROSS JOIN activity AS a WHERE ${activityOf(realmId, filter)}`,
  );
}

/** Along which entries are walked: all are those of each type, by its index; those of one user or address are not parted. */
function kindsOf({ userId, type, ip }: ActivityFilter): SQL {
  const kinds = userId !== undefined || ip !== undefined ? [''] : type !== undefined ? [type] : LOGGED_TYPES;
  return sql`json_each(${JSON.stringify(kinds)}) AS f`;
}

/** The index that narrows most is the one to go by: a sign keeps SQLite from the others. */
function activityOf(realmId: string, { userId, type, ip, after, before }: ActivityFilter): SQL {
  const isApart = userId !== undefined || ip !== undefined;
  const conditions = [
    userId === undefined ? sql`a.realm_id = ${realmId}` : sql`+a.realm_id = ${realmId}`,
    userId === undefined ? undefined : sql`a.user_id = ${userId}`,
    ip === undefined ? undefined : userId === undefined ? sql`a.ip = ${ip}` : sql`+a.ip = ${ip}`,
    isApart ? type && sql`+a.type = ${type}` : sql`a.type = f.value`,
    after === undefined ? undefined : sql`a.at >= ${after}`,
    before === undefined ? undefined : sql`a.at < ${before}`,
  ];
  return sql.join(
    conditions.filter((one) => one instanceof SQL),
    sql` AND `,
  );
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

/** What users and organizations of a realm are called, by their ids; others are left out. */
export function readNames(db: Database, realmId: string, ids: string[]) {
  const among = sql`IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  const { id, email, username, name } = users;
  return [
    db
      .select({ id, email, username, name })
      .from(users)
      .where(sql`${id} ${among} AND +${users.realmId} = ${realmId}`),
    db
      .select({ id: organizations.id, name: organizations.name })
      .from(organizations)
      .where(sql`${organizations.id} ${among} AND +${organizations.realmId} = ${realmId}`),
  ] as const;
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
