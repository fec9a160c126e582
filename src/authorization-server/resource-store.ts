import { and, asc, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { type ProtectedResourceRow, protectedResources } from './tables.ts';

/** A resource by both ids. */
export interface ResourceRef {
  id: string;
  realmId: string;
}

/** The resources of a realm, in the order in which they were made. */
export function resourcesOf(db: Database, realmId: string): Promise<ProtectedResourceRow[]> {
  return db
    .select()
    .from(protectedResources)
    .where(eq(protectedResources.realmId, realmId))
    .orderBy(asc(protectedResources.id))
    .all();
}

/** Stores a new resource, and who made it, unless the realm has so many; false then. Throws when the identifier is taken. */
export async function insertResource(
  db: Database,
  row: ProtectedResourceRow,
  most: number,
  entry: AuditEntry,
): Promise<boolean> {
  const hasRoom = sql`(SELECT count(*) FROM ${protectedResources} WHERE realm_id = ${row.realmId}) < ${most}`;
  // What is written second sees what the first has written.
  const [inserted] = await db.batch([
    insertIf(db, protectedResources, row, hasRoom).returning({ id: protectedResources.id }),
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${protectedResources} WHERE id = ${row.id})`),
  ]);
  return inserted.length > 0;
}

/** Changes a resource, and writes who did; null when it is not there. */
export async function changeResource(
  db: Database,
  resource: ResourceRef,
  set: Partial<ProtectedResourceRow>,
  entry: AuditEntry,
): Promise<ProtectedResourceRow | null> {
  const where = whereResource(resource);
  const [, [row]] = await db.batch([
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${protectedResources} WHERE ${where})`),
    db.update(protectedResources).set(set).where(where).returning(),
  ]);
  return row ?? null;
}

/** Deletes a resource, and writes who did; false when it was not there. */
export async function deleteResource(
  db: Database,
  resource: ResourceRef,
  entry: AuditEntry,
): Promise<boolean> {
  const where = whereResource(resource);
  const [, deleted] = await db.batch([
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${protectedResources} WHERE ${where})`),
    db.delete(protectedResources).where(where).returning({ id: protectedResources.id }),
  ]);
  return deleted.length > 0;
}

function whereResource({ id, realmId }: ResourceRef) {
  return and(eq(protectedResources.id, id), eq(protectedResources.realmId, realmId));
}
