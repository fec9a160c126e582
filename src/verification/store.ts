import { and, eq, exists, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { provingChange } from '../directory/address-proof.ts';
import {
  dropLaterUndosIf,
  type Link,
  linkStands,
  storeLink,
  storeLinkIf,
  takeLink,
} from '../directory/links.ts';
import { isRegistrationToken, registrationLinkStands } from '../directory/registration-links.ts';
import type { UserChange } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { tellOf } from '../events/emit.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { outbox } from '../messages/tables.ts';
import { takeShadowIf } from '../passwords/service.ts';

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

/**
 * Stores the link to a new address and the mail that brings it, unless the user's password was changed since they gave it:
 * then it may not have been they who asked.
 */
export async function storeChangeLink(
  db: Database,
  link: Link,
  user: UserRow,
  email: string,
  mail: Mail,
): Promise<void> {
  const asProven = and(eq(users.id, user.id), eq(users.credentialVersion, user.credentialVersion));
  const stands = exists(db.select({ one: sql`1` }).from(users).where(asProven));
  await db.batch([storeLinkIf(db, link, user.id, email, stands), insertIf(db, outbox, mail, stands)]);
}

type Change = Omit<UserChange, 'activity' | 'mail'>;

/** A link that its holder uses. */
interface UsedLink {
  token: string;
  user: UserRow;
  now: number;
}

/** The change that marks the address that a token was mailed to as verified, if it is still the user's. */
export function addressProof(db: Database, used: UsedLink): Change {
  const { user, now } = used;
  return { ...provingChange('confirmed', user.id, now), ...provedBy(db, used) };
}

/**
 * The change that gives the account to the owner of its address, who did not make it; `reset` is the link by which they set
 * a password.
 */
export function accountDisowned(db: Database, used: UsedLink & { reset: Link }): Change {
  const { user, reset, now } = used;
  const proof = provingChange('disowned', user.id, now);
  return {
    ...proof,
    ...provedBy(db, used),
    before: (db, stands) => [
      ...proof.before(db, stands),
      storeLinkIf(db, reset, user.id, user.email, stands),
    ],
  };
}

/**
 * The change that gives the user the address that a token was mailed to, and the old one a way back, unless the address
 * was changed meanwhile. Of a user who has registered with it, and had none before, the password counts from then on.
 */
export function addressChange(db: Database, used: UsedLink & { email: string; undo: Link }): Change {
  const { token, user, email, undo, now } = used;
  const proof = provingChange('changed', user.id, now);
  return {
    ...proof,
    set: { ...proof.set, email },
    guard: asMailed(db, used, 'change_email'),
    before: (db, stands) => [
      ...proof.before(db, stands),
      ...(isPlaceholder(user.email)
        ? takeShadowIf(db, user.id, now, stands)
        : [storeLinkIf(db, undo, user.id, user.email, stands)]),
    ],
    after: (db) => [takeLink(db, token)],
  };
}

/**
 * The change that gives the old address back; a reset link goes there. An account that took the address meanwhile without
 * proving it gives way: the second result has its id.
 */
export function addressUndo(
  db: Database,
  used: UsedLink & { email: string; expiresAt: number; reset: Link },
): Change {
  const { token, user, email, expiresAt, reset, now } = used;
  const proof = provingChange('undone', user.id, now);
  return {
    ...proof,
    set: { ...proof.set, email },
    guard: linkStands(db, { token, userId: user.id, purpose: 'undo_email' }, now),
    before: (db, stands) => [
      tellOf(
        db,
        { type: 'user.deleted', data: {} },
        { actor: user.id, now },
        and(unproven(user, email), stands) as SQL,
      ),
      db
        .delete(users)
        .where(and(unproven(user, email), stands))
        .returning({ id: users.id }),
      ...proof.before(db, stands),
      dropLaterUndosIf(db, user.id, expiresAt, stands),
      storeLinkIf(db, reset, user.id, email, stands),
    ],
    after: (db) => [takeLink(db, token)],
  };
}

function provedBy(db: Database, used: UsedLink): Pick<Change, 'guard' | 'after'> {
  const { token, user } = used;
  if (isRegistrationToken(token)) return { guard: registrationLinkStands(user.email) };
  return { guard: asMailed(db, used, 'verify_email'), after: (db) => [takeLink(db, token)] };
}

function asMailed(db: Database, { token, user, now }: UsedLink, purpose: 'verify_email' | 'change_email') {
  return and(eq(users.email, user.email), linkStands(db, { token, userId: user.id, purpose }, now));
}

/** Another account of the realm that has an address, and has not proven it. */
function unproven(user: UserRow, email: string) {
  return and(
    eq(users.realmId, user.realmId),
    eq(users.email, email),
    eq(users.emailVerified, false),
    ne(users.id, user.id),
  );
}
