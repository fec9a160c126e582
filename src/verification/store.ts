import { and, eq, ne } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { dropLinksIf, type Link, linkStands, storeLink, storeLinkIf, takeLink } from '../directory/links.ts';
import type { UserChange } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { outbox } from '../messages/tables.ts';
import { identities } from '../oauth/tables.ts';
import { passwords } from '../passwords/tables.ts';

type Mail = typeof outbox.$inferInsert;

/** Stores a link and the mail that brings it. */
export async function storeLinkMail(
  db: Database,
  link: Link,
  userId: string,
  email: string,
  mail: Mail,
): Promise<void> {
  await db.batch([storeLink(db, link, userId, email), db.insert(outbox).values(mail)]);
}

type Change = Omit<UserChange, 'activity' | 'mail'>;

/** The change that marks the address that a token was mailed to as verified, if it is still the user's. */
export function addressProof(
  db: Database,
  { token, user, now }: { token: string; user: UserRow; now: number },
): Change {
  return {
    set: { emailVerified: true },
    guard: and(
      eq(users.email, user.email),
      linkStands(db, { token, userId: user.id, purpose: 'verify_email' }, now),
    ),
    after: (db) => [takeLink(db, token)],
    now,
  };
}

/**
 * The change that gives the user the address that a token was mailed to, and the old one a way back, unless the address
 * was changed meanwhile.
 */
export function addressChange(
  db: Database,
  step: { token: string; user: UserRow; email: string; undo: Link; now: number },
): Change {
  const { token, user, email, undo, now } = step;
  return {
    set: { email, emailVerified: true },
    guard: and(
      eq(users.email, user.email),
      linkStands(db, { token, userId: user.id, purpose: 'change_email' }, now),
    ),
    before: (db, stands) => [
      storeLinkIf(db, undo, user.id, user.email, stands),
      dropLinksIf(db, user.id, ['verify_email', 'reset_password'], stands),
    ],
    after: (db) => [takeLink(db, token)],
    now,
  };
}

/**
 * The change that gives the old address back. The person who changed it knew the password and could link accounts of
 * providers and prove a phone number, so those go, with all sessions; a reset link goes to the old address. An account
 * that took the address meanwhile without proving it gives way: the first result has its id.
 */
export function addressUndo(
  db: Database,
  step: { token: string; user: UserRow; email: string; reset: Link; now: number },
): Change {
  const { token, user, email, reset, now } = step;
  return {
    set: { email, emailVerified: true, phoneNumberVerified: false },
    guard: linkStands(db, { token, userId: user.id, purpose: 'undo_email' }, now),
    endsSessions: true,
    forgiveFailures: true,
    before: (db, stands) => [
      db
        .delete(users)
        .where(
          and(
            eq(users.realmId, user.realmId),
            eq(users.email, email),
            eq(users.emailVerified, false),
            ne(users.id, user.id),
            stands,
          ),
        )
        .returning({ id: users.id }),
      db.delete(passwords).where(and(eq(passwords.userId, user.id), stands)),
      db.delete(identities).where(and(eq(identities.userId, user.id), stands)),
      dropLinksIf(db, user.id, ['verify_email', 'change_email'], stands),
      storeLinkIf(db, reset, user.id, email, stands),
    ],
    after: (db) => [takeLink(db, token)],
    now,
  };
}
