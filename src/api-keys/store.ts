import { and, count, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import type { Database } from '../db/client.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { type ApiKeyRow, apiKeys } from './tables.ts';

/** The key of that id, in whatever state, or null. */
export async function findKey(db: Database, id: string): Promise<ApiKeyRow | null> {
  return (await db.select().from(apiKeys).where(eq(apiKeys.id, id)).get()) ?? null;
}

/** A page of a realm's keys, newest first, and how many there are. */
export async function listKeys(
  db: Database,
  realmId: string,
  page: { limit: number; before: string | undefined },
): Promise<{ rows: ApiKeyRow[]; total: number }> {
  const ofRealm = eq(apiKeys.realmId, realmId);
  const [rows, [counted]] = await db.batch([
    db
      .select()
      .from(apiKeys)
      .where(and(ofRealm, page.before === undefined ? undefined : lt(apiKeys.id, page.before)))
      .orderBy(desc(apiKeys.id))
      .limit(page.limit),
    db.select({ total: count() }).from(apiKeys).where(ofRealm),
  ]);
  return { rows, total: counted?.total ?? 0 };
}

/** Stores a new key, and that it was made. */
export async function insertKey(db: Database, row: ApiKeyRow, entry: AuditEntry): Promise<void> {
  await db.batch([db.insert(apiKeys).values(row), writeAuditIf(db, entry, sql`TRUE`)]);
}

/** Changes a key of the realm that is in force, and writes who did; null when there is no such key (any more). */
export async function changeKey(
  db: Database,
  key: { id: string; realmId: string },
  set: SQLiteUpdateSetSource<typeof apiKeys>,
  entry: AuditEntry,
): Promise<ApiKeyRow | null> {
  const inForce = and(
    eq(apiKeys.id, key.id),
    eq(apiKeys.realmId, key.realmId),
    isNull(apiKeys.revokedAt),
    or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, entry.at)),
  );
  const [, [row]] = await db.batch([
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${apiKeys} WHERE ${inForce})`),
    db.update(apiKeys).set(set).where(inForce).returning(),
  ]);
  return row ?? null;
}

/** Notes that a key was used, unless a later use is noted. */
export async function noteUse(db: Database, id: string, at: number): Promise<void> {
  await db
    .update(apiKeys)
    .set({ lastUsedAt: at })
    .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, at))));
}
