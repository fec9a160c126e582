import { and, eq, ne, not } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { addsUnproven, phoneOpens, provingChange } from '../directory/address-proof.ts';
import type { UserChange } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { dropShadowIf } from '../passwords/service.ts';

/** The user whose account that number opens, or null. */
export async function findByVerifiedPhone(
  db: Database,
  realmId: string,
  phoneNumber: string,
): Promise<UserRow | null> {
  const found = await db
    .select()
    .from(users)
    .where(and(eq(users.realmId, realmId), eq(users.phoneNumber, phoneNumber), phoneOpens))
    .get();
  return found ?? null;
}

/** The change that marks an address as proven by a code that was sent there, unless it was changed or proven meanwhile. */
export function addressProofByCode(userId: string, email: string): Omit<UserChange, 'activity'> {
  return {
    ...provingChange('arrived', userId, Date.now()),
    guard: and(eq(users.email, email), eq(users.emailVerified, false)),
  };
}

/** The change that gives a user who has no address one that is proven, unless they got one meanwhile. */
export function addressByCode(user: UserRow, email: string): Omit<UserChange, 'activity'> {
  const proof = provingChange('changed', user.id, Date.now());
  return {
    ...proof,
    set: { ...proof.set, email },
    guard: and(eq(users.email, user.email), eq(users.credentialVersion, user.credentialVersion)),
    before: (db, stands) => [...proof.before(db, stands), dropShadowIf(db, user.id, stands)],
  };
}

/**
 * The change that marks the number in a user's profile as theirs, if it is still there, and nobody has taken the account
 * from the session that proves it.
 */
export function phoneProof(
  by: { userId: string; sessionId: string; credentialVersion: number },
  realmId: string,
  phoneNumber: string,
): Omit<UserChange, 'activity'> {
  const { userId, sessionId, credentialVersion } = by;
  const now = Date.now();
  return {
    set: {
      phoneNumberVerified: true,
      phoneProvenApart: false,
      phoneAddedUnproven: addsUnproven(sessionId),
    },
    guard: and(eq(users.phoneNumber, phoneNumber), eq(users.credentialVersion, credentialVersion)),
    ...taken(userId, realmId, phoneNumber, now),
  };
}

/**
 * The change that marks the number in a profile as proven by somebody who holds it and knows the account, but was not signed
 * in. It opens nothing: who holds a number now need not be who wrote it there.
 */
export function phoneProofApart(user: UserRow, phoneNumber: string): Omit<UserChange, 'activity'> {
  const now = Date.now();
  return {
    set: { phoneNumberVerified: true, phoneProvenApart: true, phoneAddedUnproven: false },
    guard: and(
      eq(users.phoneNumber, phoneNumber),
      eq(users.credentialVersion, user.credentialVersion),
      not(phoneOpens),
    ),
    ...taken(user.id, user.realmId, phoneNumber, now),
  };
}

/** Numbers change hands: the user who proved it before has lost it. */
function taken(
  userId: string,
  realmId: string,
  phoneNumber: string,
  now: number,
): Pick<UserChange, 'before' | 'now'> {
  return {
    before: (db, stands) => [
      db
        .update(users)
        .set({ phoneNumberVerified: false, updatedAt: now })
        .where(
          and(eq(users.realmId, realmId), eq(users.phoneNumber, phoneNumber), ne(users.id, userId), stands),
        ),
    ],
    now,
  };
}
