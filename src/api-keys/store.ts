import { and, count, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { outbox } from '../messages/tables.ts';
import { type ApiKeyRow, apiKeys } from './tables.ts';

type Mail = typeof outbox.$inferInsert;

/** The key of that id, in whatever state, or null. */
export async function findKey(db: Database, id: string): Promise<ApiKeyRow | null> {
  return (await db.select().from(apiKeys).where(eq(apiKeys.id, id)).get()) ?? null;
}

/** The keeper of the keys that the bootstrap key makes or takes over: whoever runs the deployment. */
export const INTERNAL = 'internal';

/** A key, and whether its keeper is an operator of its realm. */
export interface KnownKey {
  row: ApiKeyRow;
  isKept: boolean;
}

/** Whether a key is refused because nobody keeps it: it could make operators of its own. */
export function isSuspended({ row, isKept }: KnownKey): boolean {
  return !isKept && row.scopes.includes('admin');
}

/**
 * Whether a key's keeper is an active owner, or an admin of its realm, and was so ever since they answer for it: the
 * keeper's account object decides, this lists.
 */
const keptHere = sql`${apiKeys.suspendedAt} IS NULL AND (${apiKeys.keeper} = ${INTERNAL} OR EXISTS (SELECT 1 FROM users
  WHERE users.id = ${apiKeys.keeper} AND users.status = 'active'
  AND (users.role = 'owner' OR (users.role = 'admin' AND users.realm_id = ${apiKeys.realmId}))))`;

/** The same, also by owners who are users of another database. */
const keptBy = (owners: string[] | null) =>
  owners === null
    ? sql<number>`${keptHere}`
    : sql<number>`${keptHere} OR (${apiKeys.suspendedAt} IS NULL
      AND ${apiKeys.keeper} IN (SELECT value FROM json_each(${JSON.stringify(owners)})))`;

/** A page of a realm's keys, newest first, and how many there are. */
export async function listKeys(
  db: Database,
  realmId: string,
  page: { limit: number; before: string | undefined; kept: boolean | undefined; owners: string[] | null },
): Promise<{ keys: KnownKey[]; total: number }> {
  const isKept = keptBy(page.owners);
  const narrowed = page.kept === undefined ? undefined : sql`coalesce(${isKept}, 0) = ${Number(page.kept)}`;
  const ofRealm = and(eq(apiKeys.realmId, realmId), narrowed);
  const [rows, [counted]] = await db.batch([
    db
      .select({ row: apiKeys, isKept })
      .from(apiKeys)
      .where(and(ofRealm, page.before === undefined ? undefined : lt(apiKeys.id, page.before)))
      .orderBy(desc(apiKeys.id))
      .limit(page.limit),
    db.select({ total: count() }).from(apiKeys).where(ofRealm),
  ]);
  return { keys: rows.map(({ row, isKept }) => ({ row, isKept: isKept === 1 })), total: counted?.total ?? 0 };
}

/** Stores a new key, that it was made, and the mail that tells of it. */
export async function insertKey(
  db: Database,
  row: ApiKeyRow,
  entry: AuditEntry,
  mail: Mail | null,
): Promise<void> {
  await db.batch([
    db.insert(apiKeys).values(row),
    writeAuditIf(db, entry, sql`TRUE`),
    ...(mail ? [db.insert(outbox).values(mail)] : []),
  ]);
}

/**
 * Changes a key of the realm that is in force, and still that of a keeper if one is named, and writes who did; null when
 * there is no such key (any more).
 */
export async function changeKey(
  db: Database,
  key: { id: string; realmId: string; keeper?: string | null },
  set: SQLiteUpdateSetSource<typeof apiKeys>,
  entry: AuditEntry,
  mail: Mail | null,
): Promise<ApiKeyRow | null> {
  const inForce = and(
    eq(apiKeys.id, key.id),
    eq(apiKeys.realmId, key.realmId),
    isNull(apiKeys.revokedAt),
    or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, entry.at)),
    key.keeper === undefined ? undefined : sql`${apiKeys.keeper} IS ${key.keeper}`,
  );
  const stands = sql`EXISTS (SELECT 1 FROM ${apiKeys} WHERE ${inForce})`;
  const told = mail ? [insertIf(db, outbox, mail, stands)] : [];
  const results = await db.batch([
    writeAuditIf(db, entry, stands),
    ...told,
    db.update(apiKeys).set(set).where(inForce).returning(),
  ]);
  return (results.at(-1) as ApiKeyRow[])[0] ?? null;
}

/** Notes that a key was used, unless a later use is noted. */
export async function noteUse(db: Database, id: string, at: number): Promise<void> {
  await db
    .update(apiKeys)
    .set({ lastUsedAt: at })
    .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, at))));
}
