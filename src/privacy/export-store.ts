import { and, desc, eq, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { HistoryObject, HistoryRows } from '../account/history-contract.ts';
import type { Database } from '../db/client.ts';
import { audit } from '../directory/audit-tables.ts';
import { factors } from '../factors/tables.ts';
import { pagesOf } from '../http/json-stream.ts';
import { outbox } from '../messages/tables.ts';
import { identities } from '../oauth/tables.ts';
import { members, organizations } from '../organizations/tables.ts';
import { passkeys } from '../passkeys/tables.ts';

// Each page by page, in the order of an index: nobody knows how much there is.

/** What comes after, or before, the row with these values; as a row value, for which SQLite begins where the page before ended. */
const following = (
  [one, other]: [SQLiteColumn, SQLiteColumn],
  than: '>' | '<',
  after: [string | number, string | number] | null,
) => (after ? sql`(${one}, ${other}) ${sql.raw(than)} (${after[0]}, ${after[1]})` : undefined);

/** What an object remembers of its user, page by page. */
export const historyPages = <List extends keyof HistoryRows>(object: HistoryObject, list: List) =>
  pagesOf((after: HistoryRows[List] | null, limit) => object.history(list, { after, limit }));

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

/** The organizations that a user is in, and as what; never what is theirs together. */
export function readUserOrganizations(db: Database, userId: string) {
  const { role, joinedAt, organizationId: id } = members;
  return db
    .select({ id, name: organizations.name, role, joinedAt })
    .from(members)
    .innerJoin(organizations, eq(organizations.id, id))
    .where(eq(members.userId, userId));
}

/** The authenticator apps of a user; never their secrets. */
export function readUserFactors(db: Database, userId: string) {
  const { type, name, createdAt, verifiedAt } = factors;
  return db.select({ type, name, createdAt, verifiedAt }).from(factors).where(eq(factors.userId, userId));
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
        and(
          eq(outbox.userId, userId),
          sql`channel <> 'webhook'`,
          following([createdAt, id], '<', after && [after.createdAt, after.id]),
        ),
      )
      .orderBy(desc(createdAt), desc(id))
      .limit(limit);
  return pagesOf<Awaited<ReturnType<typeof select>>[number]>(select);
}
