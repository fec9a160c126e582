import { and, desc, eq, exists, sql } from 'drizzle-orm';
import type { Database, DatabaseSession } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { oneTimeTokens } from '../directory/link-tables.ts';
import { type Link, storeLink } from '../directory/links.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { outbox } from '../outbox/tables.ts';
import type { Identifier } from './identifier.ts';
import { passwords } from './tables.ts';

/** A user and the hash of their password, if they have one. */
export interface UserWithHash {
  user: UserRow;
  hash: string | null;
}

const COLUMN = { email: users.email, username: users.username, phone_number: users.phoneNumber };

/**
 * The user an identifier names. A phone number names the one who proved it; one that nobody proved names a user only
 * when it stands in a single profile.
 */
export async function findByIdentifier(
  db: Database,
  realmId: string,
  identifier: Identifier,
): Promise<UserWithHash | null> {
  if (identifier.kind === 'nobody') return null;
  const [first, second] = await db
    .select({ user: users, hash: passwords.hash })
    .from(users)
    .leftJoin(passwords, eq(passwords.userId, users.id))
    .where(and(eq(users.realmId, realmId), eq(COLUMN[identifier.kind], identifier.value)))
    .orderBy(desc(users.phoneNumberVerified))
    .limit(2);
  if (!first || (second && !first.user.phoneNumberVerified)) return null;
  return first;
}

/** A user who has a password, or null. */
export async function findPassword(
  db: Database,
  userId: string,
): Promise<{ user: UserRow; hash: string } | null> {
  const row = await db
    .select({ user: users, hash: passwords.hash })
    .from(users)
    .innerJoin(passwords, eq(passwords.userId, users.id))
    .where(eq(users.id, userId))
    .get();
  return row ?? null;
}

/** Whether a username is taken in a realm. */
export async function usernameExists(db: Database, realmId: string, username: string): Promise<boolean> {
  const found = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.realmId, realmId), eq(users.username, username)))
    .get();
  return found !== undefined;
}

/**
 * Adds a user with a password, the link that proves their address, and the mail that brings it: all or nothing. A
 * unique index decides who came first; its error is thrown.
 */
export async function insertUser(
  db: Database,
  user: typeof users.$inferInsert,
  hash: string,
  welcome: { link: Link; mail: typeof outbox.$inferInsert },
): Promise<UserRow> {
  const [inserted] = await db.batch([
    db.insert(users).values(user).returning(),
    db.insert(passwords).values({ userId: user.id, hash, updatedAt: user.createdAt }),
    storeLink(db, welcome.link, user.id, user.email),
    db.insert(outbox).values(welcome.mail),
  ]);
  return inserted[0] as UserRow;
}

/**
 * Replaces a password, unless it was replaced meanwhile: then null. Raises both versions of the user, so that no
 * older row counts any more.
 */
export async function replaceHash(
  { db }: DatabaseSession,
  change: { userId: string; from: string; to: string; now: number; mail: typeof outbox.$inferInsert },
): Promise<UserRow | null> {
  const { userId, from, to, now, mail } = change;
  const replaced = db
    .select({ one: sql`1` })
    .from(passwords)
    .where(and(eq(passwords.userId, userId), eq(passwords.hash, to)));
  const [, changed] = await db.batch([
    db
      .update(passwords)
      .set({ hash: to, updatedAt: now })
      .where(and(eq(passwords.userId, userId), eq(passwords.hash, from))),
    db
      .update(users)
      .set({ version: sql`version + 1`, credentialVersion: sql`version + 1`, updatedAt: now })
      .where(and(eq(users.id, userId), exists(replaced)))
      .returning(),
    db.delete(oneTimeTokens).where(and(eq(oneTimeTokens.userId, userId), exists(replaced))),
    insertIf(db, outbox, mail, exists(replaced)),
  ]);
  return changed[0] ?? null;
}
