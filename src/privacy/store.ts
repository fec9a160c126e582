import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { activity, users } from '../accounts/tables.ts';
import { audit } from '../audit/tables.ts';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { outbox } from '../outbox/tables.ts';
import { sessions } from '../sessions/tables.ts';

/** Entries of a user's activity log, newest first, from before a sequence number. */
export function readActivity(
  db: Database,
  userId: string,
  options: { before: number | null; limit: number },
) {
  const { before, limit } = options;
  return db
    .select()
    .from(activity)
    .where(and(eq(activity.userId, userId), before === null ? undefined : lt(activity.seq, before)))
    .orderBy(desc(activity.seq))
    .limit(limit);
}

/** The sessions of a user, also those that have ended. */
export function readSessions(db: Database, userId: string) {
  return db.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(desc(sessions.createdAt));
}

/** What a user has done to the realm, as one of its admins. */
export function readActs(db: Database, userId: string) {
  const { at, action, target, details } = audit;
  return db
    .select({ at, action, target, details })
    .from(audit)
    .where(eq(audit.actor, userId))
    .orderBy(desc(at));
}

/** The messages that went to a user; never what they said, which is gone. */
export function readMessages(db: Database, userId: string) {
  const { channel, template, recipient, status, createdAt, settledAt } = outbox;
  return db
    .select({ channel, template, recipient, status, createdAt, settledAt })
    .from(outbox)
    .where(eq(outbox.userId, userId))
    .orderBy(desc(createdAt));
}

/**
 * Deletes a user with all that hangs on them, and the messages not yet sent; leaves a tombstone without personal data
 * and the last mail. False when there is no such user any more.
 */
export async function deleteUser(
  db: Database,
  user: { id: string; realmId: string },
  mail: typeof outbox.$inferInsert,
  now: number,
): Promise<boolean> {
  const { id, realmId } = user;
  const exists = sql`EXISTS (SELECT 1 FROM users WHERE id = ${id})`;
  const [, , , , deleted] = await db.batch([
    db.delete(outbox).where(eq(outbox.userId, id)),
    db.delete(activity).where(eq(activity.userId, id)),
    insertIf(db, outbox, mail, exists),
    insertIf(db, activity, { userId: id, seq: 0, realmId, at: now, type: 'account_deleted' }, exists),
    db.delete(users).where(eq(users.id, id)).returning({ id: users.id }),
  ]);
  return deleted.length > 0;
}
