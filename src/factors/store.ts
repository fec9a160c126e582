import { and, asc, eq, gt, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { addsUnproven } from '../directory/address-proof.ts';
import type { UserChange } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { HOUR } from '../lib/time.ts';
import { passkeys } from '../passkeys/tables.ts';
import { type FactorRow, factors } from './tables.ts';

/** As many authenticator apps as a user can have. */
const MAX_FACTORS = 5;

/** How long a factor waits for its first code (milliseconds). */
const UNVERIFIED = HOUR;

/** The session of the user who adds a factor. */
type By = { userId: string; sessionId: string; credentialVersion: number };

/** The authenticator apps of a user, oldest first. */
export function readFactors(db: Database, userId: string): Promise<FactorRow[]> {
  return db
    .select()
    .from(factors)
    .where(and(eq(factors.userId, userId), isNotNull(factors.verifiedAt)))
    .orderBy(asc(factors.createdAt));
}

/** The factor of that id that waits for its first code, or null. */
export async function findUnverified(
  db: Database,
  { userId, id }: { userId: string; id: string },
  now: number,
): Promise<FactorRow | null> {
  return (
    (await db
      .select()
      .from(factors)
      .where(isWaiting(userId, id, now))
      .get()) ?? null
  );
}

/**
 * Adds a factor that waits for its first code, in place of any other that does, if the account is still that of the session and
 * has room for one more. False when not.
 */
export async function insertUnverified(
  db: Database,
  row: Omit<FactorRow, 'addedUnproven' | 'verifiedAt'>,
  by: By,
): Promise<boolean> {
  const stands = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${and(isOf(by), hasRoom)})`;
  const addedUnproven = sql<boolean>`(SELECT ${addsUnproven(by.sessionId)} FROM ${users} WHERE ${eq(users.id, by.userId)})`;
  const [, inserted] = await db.batch([
    db.delete(factors).where(and(eq(factors.userId, by.userId), isNull(factors.verifiedAt), stands)),
    insertIf(db, factors, { ...row, addedUnproven, verifiedAt: null }, stands).returning({ id: factors.id }),
  ]);
  return inserted.length > 0;
}

/**
 * The change of a user that makes a factor count, if the account is still that of the session and has room for it. Its first
 * result is empty when the factor does not wait any more.
 */
export function verification(
  { id, by }: { id: string; by: By },
  now: number,
): Pick<UserChange, 'set' | 'guard' | 'before' | 'now'> {
  return {
    set: { totpCount: countOf(by.userId) },
    guard: and(isOf(by), hasRoom),
    before: (db, stands) => [
      db
        .update(factors)
        .set({ verifiedAt: now })
        .where(and(isWaiting(by.userId, id, now), stands))
        .returning({ id: factors.id }),
    ],
    now,
  };
}

/**
 * The change of a user that removes a factor, under a condition on their row. Its first result is empty when the factor was gone
 * already.
 */
export function factorRemoval(
  { userId, id }: { userId: string; id: string },
  condition: SQL | undefined,
): Pick<UserChange, 'set' | 'guard' | 'before'> {
  const theirs = and(eq(factors.userId, userId), eq(factors.id, id), isNotNull(factors.verifiedAt));
  return {
    set: { totpCount: countOf(userId) },
    guard: condition,
    before: (db, stands) => [db.delete(factors).where(and(theirs, stands)).returning({ id: factors.id })],
  };
}

/** The change of a user that removes all factors, while their role is as it was read. */
export function removalOfAll({ id, role }: UserRow): Pick<UserChange, 'set' | 'guard' | 'before'> {
  return {
    set: { totpCount: 0, passkeyCount: 0 },
    guard: eq(users.role, role),
    before: (db, stands) =>
      [factors, passkeys].map((table) => db.delete(table).where(and(eq(table.userId, id), stands))),
  };
}

/** How many count: in a batch, after what it has changed. */
function countOf(userId: string): SQL<number> {
  return sql`(SELECT count(*) FROM factors WHERE user_id = ${userId} AND verified_at IS NOT NULL)`;
}

const hasRoom = sql`${users.totpCount} < ${MAX_FACTORS}`;

/** Whether a user has as many authenticator apps as they can have. */
export function hasAllFactors({ totpCount }: { totpCount: number }): boolean {
  return totpCount >= MAX_FACTORS;
}

function isOf({ userId, credentialVersion }: By): SQL {
  return and(eq(users.id, userId), eq(users.credentialVersion, credentialVersion)) as SQL;
}

function isWaiting(userId: string, id: string, now: number): SQL {
  const isRecent = gt(factors.createdAt, now - UNVERIFIED);
  return and(eq(factors.userId, userId), eq(factors.id, id), isNull(factors.verifiedAt), isRecent) as SQL;
}
