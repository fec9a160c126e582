import { and, count, desc, eq, lt, sql } from 'drizzle-orm';
import type { SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { type OAuthClientRow, oauthClients, usedAssertions } from './tables.ts';

/** A client by both ids. */
export interface ClientRef {
  id: string;
  realmId: string;
}

/** The client of that id, or null. */
export async function findClient(db: Database, id: string): Promise<OAuthClientRow | null> {
  return (await db.select().from(oauthClients).where(eq(oauthClients.id, id)).get()) ?? null;
}

/** A page of a realm's clients, newest first, and how many there are. */
export async function listClients(
  db: Database,
  realmId: string,
  page: { limit: number; before: string | undefined },
): Promise<{ clients: OAuthClientRow[]; total: number }> {
  const ofRealm = eq(oauthClients.realmId, realmId);
  const [clients, [counted]] = await db.batch([
    db
      .select()
      .from(oauthClients)
      .where(and(ofRealm, page.before === undefined ? undefined : lt(oauthClients.id, page.before)))
      .orderBy(desc(oauthClients.id))
      .limit(page.limit),
    db.select({ total: count() }).from(oauthClients).where(ofRealm),
  ]);
  return { clients, total: counted?.total ?? 0 };
}

/** Stores a new client, and who made it. */
export async function insertClient(db: Database, row: OAuthClientRow, entry: AuditEntry): Promise<void> {
  await db.batch([db.insert(oauthClients).values(row), writeAuditIf(db, entry, sql`TRUE`)]);
}

/** Stores a client that registers itself, unless the realm has so many; false then. */
export async function insertRegistered(
  db: Database,
  row: OAuthClientRow,
  most: number,
  entry: AuditEntry,
): Promise<boolean> {
  const hasRoom = sql`(SELECT count(*) FROM ${oauthClients} WHERE realm_id = ${row.realmId} AND registration_hash IS NOT NULL) < ${most}`;
  const [inserted] = await db.batch([
    insertIf(db, oauthClients, row, hasRoom).returning({ id: oauthClients.id }),
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${oauthClients} WHERE id = ${row.id})`),
  ]);
  return inserted.length > 0;
}

/** Notes that a client got a token, unless that was noted since then. */
export async function noteClientUse(db: Database, id: string, now: number, since: number): Promise<void> {
  await db
    .update(oauthClients)
    .set({ usedAt: now })
    .where(and(eq(oauthClients.id, id), sql`coalesce(used_at, 0) < ${since}`));
}

/** Changes a client, if it is as it was read when that is said, and writes who did; null when it is not there (any more). */
export async function changeClient(
  db: Database,
  client: ClientRef & { updatedAt?: number },
  set: SQLiteUpdateSetSource<typeof oauthClients>,
  entry: AuditEntry,
): Promise<OAuthClientRow | null> {
  const where = whereClient(client);
  const [, [row]] = await db.batch([
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${oauthClients} WHERE ${where})`),
    db.update(oauthClients).set(set).where(where).returning(),
  ]);
  return row ?? null;
}

/** Deletes a client, and writes who did; false when it was not there. */
export async function deleteClient(db: Database, client: ClientRef, entry: AuditEntry): Promise<boolean> {
  const where = whereClient(client);
  const [, deleted] = await db.batch([
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${oauthClients} WHERE ${where})`),
    db.delete(oauthClients).where(where).returning({ id: oauthClients.id }),
  ]);
  return deleted.length > 0;
}

/** Takes an assertion, by a hash of what makes it one: of all who present it, one may. */
export async function takeAssertion(
  db: Database,
  assertion: typeof usedAssertions.$inferInsert,
): Promise<boolean> {
  const taken = await db
    .insert(usedAssertions)
    .values(assertion)
    .onConflictDoNothing()
    .returning({ hash: usedAssertions.hash });
  return taken.length > 0;
}

function whereClient({ id, realmId, updatedAt }: ClientRef & { updatedAt?: number }) {
  return and(
    eq(oauthClients.id, id),
    eq(oauthClients.realmId, realmId),
    updatedAt === undefined ? undefined : eq(oauthClients.updatedAt, updatedAt),
  );
}
