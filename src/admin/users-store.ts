import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { oneTimeTokens } from '../directory/link-tables.ts';
import { type Link, storeLink } from '../directory/links.ts';
import { uniqueViolation } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { outbox } from '../outbox/tables.ts';
import { passwords } from '../passwords/tables.ts';

type Mail = typeof outbox.$inferInsert;
type Statement = BatchItem<'sqlite'>;

/** A user of the realm, and whether they have a password; null when there is none. */
export async function findUser(
  db: Database,
  realmId: string,
  userId: string,
): Promise<{ user: UserRow; hasPassword: boolean } | null> {
  const found = await db
    .select({ user: users, hash: passwords.userId })
    .from(users)
    .leftJoin(passwords, eq(passwords.userId, users.id))
    .where(and(eq(users.id, userId), eq(users.realmId, realmId)))
    .get();
  return found ? { user: found.user, hasPassword: found.hash !== null } : null;
}

/** A link to set a password, and the mail that brings it. */
export interface PasswordLink {
  link: Link;
  mail: Mail;
}

/** Adds a user. Throws `user_exists`, `username_taken`. */
export async function insertUser(
  db: Database,
  user: typeof users.$inferInsert,
  given: { hash: string | null; invitation: PasswordLink | null; entry: AuditEntry },
): Promise<UserRow> {
  const { hash, invitation, entry } = given;
  const more: Statement[] = [];
  if (hash) more.push(db.insert(passwords).values({ userId: user.id, hash, updatedAt: user.createdAt }));
  if (invitation) {
    more.push(storeLink(db, invitation.link, user.id, user.email));
    more.push(db.insert(outbox).values(invitation.mail));
  }
  const [inserted] = await refusing(
    db.batch([db.insert(users).values(user).returning(), ...more, writeAuditIf(db, entry, sql`TRUE`)]),
  );
  return inserted[0] as UserRow;
}

/** What becomes of a user's row, and what goes with it. */
export interface UserChange {
  set: SQLiteUpdateSetSource<typeof users>;
  entry: AuditEntry;
  /** Sessions that are open end, and the password, if there is one, opens none. */
  reset?: PasswordLink;
  /** Links that were mailed stop working. */
  dropLinks?: boolean;
}

/**
 * Changes a user who is as they were read, and writes who did it; null when they were changed meanwhile. Throws
 * `user_exists`, `username_taken`, `last_owner`.
 */
export async function changeUser(db: Database, user: UserRow, change: UserChange): Promise<UserRow | null> {
  const { set, entry, reset, dropLinks } = change;
  const asRead = and(
    eq(users.id, user.id),
    eq(users.version, user.version),
    eq(users.updatedAt, user.updatedAt),
  );
  const stands = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${asRead})`;
  const before: Statement[] = [];
  if (reset || dropLinks) before.push(dropLinksIf(db, user.id, stands));
  if (reset) before.push(...resetIf(db, user, reset, stands));
  const bump = sql`version + 1`;
  const results = await refusing(
    db.batch([
      writeAuditIf(db, entry, stands),
      ...before,
      db
        .update(users)
        .set({ ...set, version: bump, ...(reset && { credentialVersion: bump }), updatedAt: entry.at })
        .where(asRead)
        .returning(),
    ]),
  );
  return (results.at(-1) as unknown as UserRow[])[0] ?? null;
}

function resetIf(db: Database, user: UserRow, { link, mail }: PasswordLink, stands: SQL): Statement[] {
  const { purpose, hash, expiresAt } = link;
  return [
    db.delete(passwords).where(and(eq(passwords.userId, user.id), stands)),
    insertIf(db, oneTimeTokens, { userId: user.id, purpose, hash, email: user.email, expiresAt }, stands),
    insertIf(db, outbox, mail, stands),
  ];
}

function dropLinksIf(db: Database, userId: string, stands: SQL): Statement {
  return db.delete(oneTimeTokens).where(and(eq(oneTimeTokens.userId, userId), stands));
}

async function refusing<T>(written: Promise<T>): Promise<T> {
  try {
    return await written;
  } catch (error) {
    throw uniqueViolation(error) ?? error;
  }
}
