import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { creditTransactions } from '../credits/tables.ts';
import type { Database } from '../db/client.ts';
import { audit } from '../directory/audit-tables.ts';
import type { ActivityRow } from '../directory/tables.ts';
import { pagesOf } from '../http/json-stream.ts';
import { outbox } from '../messages/tables.ts';
import { identities } from '../oauth/tables.ts';
import { passkeys } from '../passkeys/tables.ts';
import { sessions } from '../sessions/tables.ts';
import { tokenDaily, tokenEvents, usageDaily, usageEvents } from '../usage/tables.ts';
import { readUserActivity } from './store.ts';

// Each in the order of an index, page by page: nobody knows how much there is.

/** What comes after, or before, the row with these values; as a row value, for which SQLite begins where the page before ended. */
const following = (
  [one, other]: [SQLiteColumn, SQLiteColumn],
  than: '>' | '<',
  after: [string | number, string | number] | null,
) => (after ? sql`(${one}, ${other}) ${sql.raw(than)} (${after[0]}, ${after[1]})` : undefined);

/** A user's activity log, newest first. */
export const activityPages = (db: Database, userId: string) =>
  pagesOf((after: ActivityRow | null, limit) =>
    readUserActivity(db, userId, { before: after?.seq ?? null, limit }),
  );

/** The sessions of a user, also those that have ended, newest first. */
export const sessionPages = (db: Database, userId: string) =>
  pagesOf((after: typeof sessions.$inferSelect | null, limit) =>
    db
      .select()
      .from(sessions)
      .where(
        and(
          eq(sessions.userId, userId),
          following([sessions.createdAt, sessions.id], '<', after && [after.createdAt, after.id]),
        ),
      )
      .orderBy(desc(sessions.createdAt), desc(sessions.id))
      .limit(limit),
  );

/** What providers have said of a user; never the tokens that they gave. */
export function readUserIdentities(db: Database, userId: string) {
  const { provider, subject, email, emailVerified, profile, createdAt, lastLoginAt } = identities;
  return db
    .select({ provider, subject, email, emailVerified, profile, createdAt, lastLoginAt })
    .from(identities)
    .where(eq(identities.userId, userId));
}

/** The passkeys of a user; never their keys, which are of no use to anybody. */
export function readUserPasskeys(db: Database, userId: string) {
  const { name, aaguid, credentialId, backupEligible, transports, createdAt } = passkeys;
  return db
    .select({ name, aaguid, credentialId, backupEligible, transports, createdAt })
    .from(passkeys)
    .where(eq(passkeys.userId, userId));
}

/** What a user has done to the realm, as one of its admins; of acts on other users not what it was. Newest first. */
export function actPages(db: Database, userId: string) {
  const { id, at, action, target } = audit;
  const details = sql<string>`iif(${target} GLOB 'usr_*', '{}', ${audit.details})`.mapWith(audit.details);
  const select = (after: { at: number; id: string } | null, limit: number) =>
    db
      .select({ id, at, action, target, details })
      .from(audit)
      .where(and(eq(audit.actor, userId), following([at, id], '<', after && [after.at, after.id])))
      .orderBy(desc(at), desc(id))
      .limit(limit);
  return pagesOf<Awaited<ReturnType<typeof select>>[number]>(select);
}

/** The messages that went to a user; never what they said, which is gone. Newest first. */
export function messagePages(db: Database, userId: string) {
  const { id, channel, template, recipient, status, createdAt, settledAt } = outbox;
  const select = (after: { createdAt: number; id: string } | null, limit: number) =>
    db
      .select({ id, channel, template, recipient, status, createdAt, settledAt })
      .from(outbox)
      .where(
        and(eq(outbox.userId, userId), following([createdAt, id], '<', after && [after.createdAt, after.id])),
      )
      .orderBy(desc(createdAt), desc(id))
      .limit(limit);
  return pagesOf<Awaited<ReturnType<typeof select>>[number]>(select);
}

/** What a user has used and paid for, oldest first; single uses for as long as they are kept. */
export function meteringPages(db: Database, userId: string) {
  return {
    usage: pagesOf((after: typeof usageDaily.$inferSelect | null, limit) =>
      db
        .select()
        .from(usageDaily)
        .where(
          and(
            eq(usageDaily.userId, userId),
            following([usageDaily.date, usageDaily.resource], '>', after && [after.date, after.resource]),
          ),
        )
        .orderBy(asc(usageDaily.date), asc(usageDaily.resource))
        .limit(limit),
    ),
    uses: pagesOf((after: typeof usageEvents.$inferSelect | null, limit) =>
      db
        .select()
        .from(usageEvents)
        .where(and(eq(usageEvents.userId, userId), after ? gt(usageEvents.seq, after.seq) : undefined))
        .orderBy(asc(usageEvents.seq))
        .limit(limit),
    ),
    tokens: pagesOf((after: typeof tokenDaily.$inferSelect | null, limit) =>
      db
        .select()
        .from(tokenDaily)
        .where(
          and(
            eq(tokenDaily.userId, userId),
            following([tokenDaily.date, tokenDaily.model], '>', after && [after.date, after.model]),
          ),
        )
        .orderBy(asc(tokenDaily.date), asc(tokenDaily.model))
        .limit(limit),
    ),
    tokenUses: pagesOf((after: typeof tokenEvents.$inferSelect | null, limit) =>
      db
        .select()
        .from(tokenEvents)
        .where(and(eq(tokenEvents.userId, userId), after ? gt(tokenEvents.seq, after.seq) : undefined))
        .orderBy(asc(tokenEvents.seq))
        .limit(limit),
    ),
    credits: pagesOf((after: typeof creditTransactions.$inferSelect | null, limit) =>
      db
        .select()
        .from(creditTransactions)
        .where(
          and(
            eq(creditTransactions.userId, userId),
            after ? gt(creditTransactions.seq, after.seq) : undefined,
          ),
        )
        .orderBy(asc(creditTransactions.seq))
        .limit(limit),
    ),
  };
}
