import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Database } from '../db/client.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { withFoldedNames } from '../directory/folded-names.ts';
import { dropLinksIf, type Link, storeLink, storeLinkIf } from '../directory/links.ts';
import { refuseViolation, type UserChange } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { userCreated } from '../events/emit.ts';
import { outbox } from '../messages/tables.ts';
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
  const [inserted] = await db
    .batch([
      db.insert(users).values(withFoldedNames(user)).returning(),
      ...more,
      writeAuditIf(db, entry, sql`TRUE`),
      userCreated(db, user, 'admin', entry.actor),
    ])
    .catch(refuseViolation);
  return inserted[0] as UserRow;
}

/** The condition that a user is as they were read. */
export function asRead(user: UserRow): SQL {
  return and(eq(users.version, user.version), eq(users.updatedAt, user.updatedAt)) as SQL;
}

/** The part of a change that takes the password away, ends all sessions and stores a link to set a new one. */
export function passwordTakenAway(
  user: UserRow,
  { link, mail }: PasswordLink,
): Pick<UserChange, 'before' | 'endsSessions' | 'mail'> {
  return {
    endsSessions: true,
    mail,
    before: (db, stands) => [
      dropLinksIf(db, user.id, 'all', stands),
      db.delete(passwords).where(and(eq(passwords.userId, user.id), stands)),
      storeLinkIf(db, link, user.id, user.email, stands),
    ],
  };
}
