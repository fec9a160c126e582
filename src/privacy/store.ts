import { and, eq, type SQL } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { audit } from '../directory/audit-tables.ts';
import { activity } from '../directory/tables.ts';
import { importedUsers } from '../import/tables.ts';
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
    db.delete(outbox).where(and(eq(outbox.userId, id), stands)),
    // What was done to them stays; what they were called does not.
    db
      .update(audit)
      .set({ details: {} })
      .where(and(eq(audit.realmId, realmId), eq(audit.target, id), stands)),
    db.delete(activity).where(and(eq(activity.userId, id), stands)),
    insertIf(db, activity, { userId: id, seq: 0, realmId, at: now, type: 'account_deleted' }, stands),
  ];
}
