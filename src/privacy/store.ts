import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm';
import { creditTransactions } from '../credits/tables.ts';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { audit } from '../directory/audit-tables.ts';
import { activity } from '../directory/tables.ts';
import { importedUsers } from '../import/tables.ts';
import { outbox } from '../messages/tables.ts';
import { identities } from '../oauth/tables.ts';
import { sessions } from '../sessions/tables.ts';
import { tokenDaily, tokenEvents, usageDaily, usageEvents } from '../usage/tables.ts';

/** Entries of a user's activity log, newest first, from before a sequence number. */
export function readUserActivity(
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

/** The sessions of a user, also those that have ended. */
export function readSessions(db: Database, userId: string) {
  return db.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(desc(sessions.createdAt));
}

/** What providers have said of a user; never the tokens that they gave. */
export function readUserIdentities(db: Database, userId: string) {
  const { provider, subject, email, emailVerified, profile, createdAt, lastLoginAt } = identities;
  return db
    .select({ provider, subject, email, emailVerified, profile, createdAt, lastLoginAt })
    .from(identities)
    .where(eq(identities.userId, userId));
}

/** What a user has done to the realm, as one of its admins; of acts on other users not what it was. */
export function readActs(db: Database, userId: string) {
  const { at, action, target } = audit;
  const details = sql<string>`iif(${target} GLOB 'usr_*', '{}', ${audit.details})`.mapWith(audit.details);
  return db
    .select({ at, action, target, details })
    .from(audit)
    .where(eq(audit.actor, userId))
    .orderBy(desc(at));
}

/** The messages that went to a user; never what they said, which is gone. */
export function readUserMessages(db: Database, userId: string) {
  const { channel, template, recipient, status, createdAt, settledAt } = outbox;
  return db
    .select({ channel, template, recipient, status, createdAt, settledAt })
    .from(outbox)
    .where(eq(outbox.userId, userId))
    .orderBy(desc(createdAt));
}

/** What a user has used and paid for; single uses for as long as they are kept. */
export async function readMetering(db: Database, userId: string) {
  const [usage, uses, tokens, tokenUses, credits] = await db.batch([
    db.select().from(usageDaily).where(eq(usageDaily.userId, userId)),
    db.select().from(usageEvents).where(eq(usageEvents.userId, userId)),
    db.select().from(tokenDaily).where(eq(tokenDaily.userId, userId)),
    db.select().from(tokenEvents).where(eq(tokenEvents.userId, userId)),
    db.select().from(creditTransactions).where(eq(creditTransactions.userId, userId)),
  ]);
  return { usage, uses, tokens, tokenUses, credits };
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
