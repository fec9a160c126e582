import { and, eq, ne } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import type { UserChange } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { identities } from '../oauth/tables.ts';
import { passwords } from '../passwords/tables.ts';

/** The user who has proved that number, or null. */
export async function findByVerifiedPhone(
  db: Database,
  realmId: string,
  phoneNumber: string,
): Promise<UserRow | null> {
  const found = await db
    .select()
    .from(users)
    .where(
      and(
        eq(users.realmId, realmId),
        eq(users.phoneNumber, phoneNumber),
        eq(users.phoneNumberVerified, true),
      ),
    )
    .get();
  return found ?? null;
}

/**
 * The change that marks an address as proven by a code that was sent there, unless it was changed or proven meanwhile. It
 * drops what the person who registered the address before could get in by: the password, identities, a phone number.
 */
export function addressProofByCode(userId: string, email: string): Omit<UserChange, 'activity'> {
  return {
    set: { emailVerified: true, phoneNumberVerified: false },
    guard: and(eq(users.email, email), eq(users.emailVerified, false)),
    endsSessions: true,
    before: (db, stands) => [
      db.delete(passwords).where(and(eq(passwords.userId, userId), stands)),
      db.delete(identities).where(and(eq(identities.userId, userId), stands)),
    ],
  };
}

/**
 * The change that marks the number in a user's profile as theirs, if it is still there. Numbers change hands: the user
 * who proved it before has lost it.
 */
export function phoneProof(
  userId: string,
  realmId: string,
  phoneNumber: string,
): Omit<UserChange, 'activity'> {
  const now = Date.now();
  return {
    set: { phoneNumberVerified: true },
    guard: eq(users.phoneNumber, phoneNumber),
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
