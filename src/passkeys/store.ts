import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { addsUnproven } from '../directory/address-proof.ts';
import type { UserChange } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { otherWayIn } from '../directory/ways-in.ts';
import { MAX_PASSKEYS, type PasskeyRow, passkeys } from './tables.ts';

/** A passkey that is added, and the session of the user who adds it. */
export interface AddedPasskey {
  row: Omit<PasskeyRow, 'addedUnproven' | 'userHandle'>;
  by: { sessionId: string; credentialVersion: number };
}

/** The passkey of a realm that an authenticator calls so, with its user; null when there is none. */
export async function findPasskey(
  db: Database,
  realmId: string,
  credentialId: string,
): Promise<{ passkey: PasskeyRow; user: UserRow } | null> {
  const found = await db
    .select({ passkey: passkeys, user: users })
    .from(passkeys)
    .innerJoin(users, eq(users.id, passkeys.userId))
    .where(and(eq(passkeys.realmId, realmId), eq(passkeys.credentialId, credentialId)))
    .get();
  return found ?? null;
}

/** The passkeys of a user, oldest first. */
export function readPasskeys(db: Database, userId: string): Promise<PasskeyRow[]> {
  return db.select().from(passkeys).where(eq(passkeys.userId, userId)).orderBy(asc(passkeys.createdAt));
}

/**
 * The change of a user that adds a passkey, if the account is still that of the session and has room for one more: of several
 * at once, as many as fit, and of those that are made unasked the first if there is no other. It throws D1's error when the passkey is there already.
 */
export function addition({ row, by }: AddedPasskey): Pick<UserChange, 'set' | 'guard' | 'after'> {
  const { userId } = row;
  const stands = sql`${isUnrecovered(userId, by)}
    AND (SELECT count(*) FROM passkeys WHERE user_id = ${userId}) < ${mostFor(row)}`;
  const addedUnproven = sql<boolean>`(SELECT ${addsUnproven(by.sessionId)} FROM ${users} WHERE ${eq(users.id, userId)})`;
  return {
    // Who was anonymous can come back by it from now on.
    set: { passkeyCount: sql`${users.passkeyCount} + ${Number(row.uvInitialized)}`, anonymous: false },
    guard: stands,
    after: (db) => [insertIf(db, passkeys, { ...row, addedUnproven }, stands)],
  };
}

/**
 * The change of a user that has a passkey count as a factor from then on, if the account is still that of the session. Its result is
 * no user when it is not, or when the passkey was gone or confirmed already.
 */
export function confirmation(
  { userId, id }: { userId: string; id: string },
  by: AddedPasskey['by'],
): Pick<UserChange, 'set' | 'guard' | 'after'> {
  const isWaiting = and(isTheirs(userId, id), eq(passkeys.uvInitialized, false));
  const stands = isUnrecovered(userId, by);
  return {
    set: { passkeyCount: sql`${users.passkeyCount} + 1` },
    guard: and(sql`EXISTS (SELECT 1 FROM ${passkeys} WHERE ${isWaiting})`, stands),
    after: (db) => [db.update(passkeys).set({ uvInitialized: true }).where(and(isWaiting, stands))],
  };
}

/** Whether a user has as many passkeys as they can have for that one to be added. */
export async function hasAllPasskeys(db: Database, row: AddedPasskey['row']): Promise<boolean> {
  return (await readPasskeys(db, row.userId)).length >= mostFor(row);
}

/** A browser makes one unasked for nobody who has one. */
function mostFor({ uvInitialized }: Pick<PasskeyRow, 'uvInitialized'>): number {
  return uvInitialized ? MAX_PASSKEYS : 1;
}

/** Gives a passkey another name; null when the user has none of that id. */
export async function renamePasskey(
  db: Database,
  { userId, id }: { userId: string; id: string },
  name: string,
): Promise<PasskeyRow | null> {
  const [renamed] = await db.update(passkeys).set({ name }).where(isTheirs(userId, id)).returning();
  return renamed ?? null;
}

/**
 * The change of a user that removes a passkey, unless it is their last way in; and under a condition on their row. Its first
 * result is empty when the passkey was gone already, or was confirmed meanwhile.
 */
export function removal(
  { userId, id, uvInitialized }: Pick<PasskeyRow, 'userId' | 'id' | 'uvInitialized'>,
  condition: SQL | undefined,
): Pick<UserChange, 'set' | 'guard' | 'before'> {
  return {
    set: { passkeyCount: sql`(SELECT count(*) FROM passkeys WHERE user_id = ${userId} AND uv_initialized)` },
    guard: and(otherWayIn(userId, { passkeyId: id }), condition),
    before: (db, stands) => [
      db
        .delete(passkeys)
        .where(and(isTheirs(userId, id), eq(passkeys.uvInitialized, uvInitialized), stands))
        .returning({ id: passkeys.id }),
    ],
  };
}

/** That the account is still the one which a session was opened to. */
function isUnrecovered(userId: string, { credentialVersion }: AddedPasskey['by']): SQL {
  return sql`EXISTS (SELECT 1 FROM ${users}
    WHERE ${and(eq(users.id, userId), eq(users.credentialVersion, credentialVersion))})`;
}

function isTheirs(userId: string, id: string): SQL {
  return and(eq(passkeys.userId, userId), eq(passkeys.id, id)) as SQL;
}
