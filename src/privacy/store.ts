import { and, eq, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { insertIf } from '../db/insert-if.ts';
import { audit } from '../directory/audit-tables.ts';
import { activity, type UserRow, users } from '../directory/tables.ts';
import { importedUsers } from '../import/tables.ts';
import { dateOf } from '../lib/calendar.ts';
import { outbox } from '../messages/tables.ts';

/** What the other system called a user who was imported, or null. */
export async function readExternalId(db: Database, userId: string): Promise<string | null> {
  const { externalId } = importedUsers;
  const found = await db
    .select({ externalId })
    .from(importedUsers)
    .where(eq(importedUsers.userId, userId))
    .get();
  return found?.externalId ?? null;
}

/** Realms of a database that have anonymous users. */
export async function realmsWithAnonymous(db: Database): Promise<string[]> {
  const rows = await db.all<{ realm_id: string }>(
    sql`SELECT DISTINCT realm_id FROM user_counts
      WHERE users > 0 AND facet LIKE '% 1' AND realm_id NOT IN ${FROZEN_REALMS}`,
  );
  return rows.map(({ realm_id }) => realm_id);
}

/** Users whom one run deletes of a realm, at most. */
const PIECE = 50;

/** Anonymous users of a realm who were last there before a time (Unix milliseconds). */
export function unusedAnonymous(db: Database, realmId: string, before: number): Promise<UserRow[]> {
  const { anonymous, createdAt, lastActiveOn } = users;
  const isUnused = or(lt(lastActiveOn, dateOf(before)), and(isNull(lastActiveOn), lt(createdAt, before)));
  return db
    .select()
    .from(users)
    .where(and(eq(users.realmId, realmId), sql`${anonymous} = 1`, isUnused))
    .limit(PIECE);
}

/**
 * The statements that go with the deletion of a user, on the condition given: messages not yet sent go, and a tombstone
 * without personal data stays. All else hangs on the user's row.
 */
export function erasure(
  db: Database,
  { id, realmId }: { id: string; realmId: string },
  now: number,
  stands: SQL,
) {
  return [
    // What webhooks are told has ids only.
    db.delete(outbox).where(and(eq(outbox.userId, id), sql`channel <> 'webhook'`, stands)),
    // What was done to them stays; what they were called does not.
    db
      .update(audit)
      .set({ details: {} })
      .where(and(eq(audit.realmId, realmId), eq(audit.target, id), stands)),
    db.delete(activity).where(and(eq(activity.userId, id), stands)),
    insertIf(db, activity, { userId: id, seq: 0, realmId, at: now, type: 'account_deleted' }, stands),
  ];
}
