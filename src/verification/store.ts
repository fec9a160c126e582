import { and, eq, exists, inArray, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { type LinkPurpose, oneTimeTokens } from '../directory/link-tables.ts';
import { hashToken, type Link, storeLink, validToken } from '../directory/links.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { identities } from '../oauth/tables.ts';
import { outbox } from '../outbox/tables.ts';
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

/** The condition that a token of a user stands. Tokens go last in a batch, so that all of it hangs on them. */
function stands(db: Database, token: string, userId: string, purpose: LinkPurpose, now: number): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(oneTimeTokens)
      .where(and(eq(oneTimeTokens.userId, userId), validToken(hashToken(token), [purpose], now))),
  );
}

/** Marks the address that a token was mailed to as verified, if it is still the user's. Null when the token fell. */
export async function verifyEmail(
  db: Database,
  step: { token: string; user: UserRow; now: number },
): Promise<UserRow | null> {
  const { token, user, now } = step;
  const valid = stands(db, token, user.id, 'verify_email', now);
  const [changed] = await db.batch([
    db
      .update(users)
      .set({ emailVerified: true, version: sql`version + 1`, updatedAt: now })
      .where(and(eq(users.id, user.id), eq(users.email, user.email), valid))
      .returning(),
    db.delete(oneTimeTokens).where(eq(oneTimeTokens.hash, hashToken(token))),
  ]);
  return changed[0] ?? null;
}

/**
 * Gives the user the address that a token was mailed to, and the old one a way back. Null when the token fell or the
 * address was changed meanwhile. Throws D1's error when somebody else has the address.
 */
export async function changeEmail(
  db: Database,
  step: { token: string; user: UserRow; email: string; undo: Link; mail: Mail; now: number },
): Promise<UserRow | null> {
  const { token, user, email, undo, mail, now } = step;
  const valid = stands(db, token, user.id, 'change_email', now);
  const [changed] = await db.batch([
    db
      .update(users)
      .set({ email, emailVerified: true, version: sql`version + 1`, updatedAt: now })
      .where(and(eq(users.id, user.id), eq(users.email, user.email), valid))
      .returning(),
    insertLinkIf(db, undo, user.id, user.email, valid),
    insertIf(db, outbox, mail, valid),
    dropLinks(db, user.id, ['verify_email', 'reset_password'], valid),
    db.delete(oneTimeTokens).where(eq(oneTimeTokens.hash, hashToken(token))),
  ]);
  return changed[0] ?? null;
}

/**
 * Gives the old address back. Whoever changed it knew the password and could link accounts of providers and prove a
 * phone number, so those go, with all sessions; a reset link goes to the old address. An account that took the address meanwhile without proving it gives way. Null when the
 * token fell. Throws D1's error when somebody else has proved the address.
 */
export async function undoEmailChange(
  db: Database,
  step: { token: string; user: UserRow; email: string; reset: Link; mail: Mail; now: number },
): Promise<{ user: UserRow; evicted: { id: string }[] } | null> {
  const { token, user, email, reset, mail, now } = step;
  const valid = stands(db, token, user.id, 'undo_email', now);
  const unprovenHolder = and(
    eq(users.realmId, user.realmId),
    eq(users.email, email),
    eq(users.emailVerified, false),
    ne(users.id, user.id),
    valid,
  );
  const bump = sql`version + 1`;
  const [evicted, changed] = await db.batch([
    db.delete(users).where(unprovenHolder).returning({ id: users.id }),
    db
      .update(users)
      .set({
        email,
        emailVerified: true,
        phoneNumberVerified: false,
        version: bump,
        credentialVersion: bump,
        updatedAt: now,
      })
      .where(and(eq(users.id, user.id), valid))
      .returning(),
    db.delete(passwords).where(and(eq(passwords.userId, user.id), valid)),
    db.delete(identities).where(and(eq(identities.userId, user.id), valid)),
    dropLinks(db, user.id, ['verify_email', 'change_email'], valid),
    insertLinkIf(db, reset, user.id, email, valid),
    insertIf(db, outbox, mail, valid),
    db.delete(oneTimeTokens).where(eq(oneTimeTokens.hash, hashToken(token))),
  ]);
  return changed[0] ? { user: changed[0], evicted } : null;
}

function insertLinkIf(db: Database, link: Link, userId: string, email: string, condition: SQL) {
  const { purpose, hash, expiresAt } = link;
  return insertIf(
    db,
    oneTimeTokens,
    { userId, purpose, hash, email, expiresAt },
    condition,
  ).onConflictDoUpdate({
    target: [oneTimeTokens.userId, oneTimeTokens.purpose],
    set: { hash, email, expiresAt },
  });
}

function dropLinks(db: Database, userId: string, purposes: LinkPurpose[], condition: SQL) {
  return db
    .delete(oneTimeTokens)
    .where(and(eq(oneTimeTokens.userId, userId), inArray(oneTimeTokens.purpose, purposes), condition));
}
