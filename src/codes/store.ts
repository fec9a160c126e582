import { and, eq, ne, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
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
 * Marks an address as proven by a code that was sent there, and drops what whoever registered it before could get in by:
 * the password, identities, a phone number. Null when it was changed or proven meanwhile.
 */
export async function proveEmailByCode(
  db: Database,
  userId: string,
  email: string,
  now: number,
): Promise<UserRow | null> {
  const bump = sql`version + 1`;
  const unproven = and(eq(users.id, userId), eq(users.email, email), eq(users.emailVerified, false));
  const theirs = db.select({ id: users.id }).from(users).where(unproven);
  const [, , changed] = await db.batch([
    db.delete(passwords).where(sql`${passwords.userId} IN ${theirs}`),
    db.delete(identities).where(sql`${identities.userId} IN ${theirs}`),
    db
      .update(users)
      .set({
        emailVerified: true,
        phoneNumberVerified: false,
        version: bump,
        credentialVersion: bump,
        updatedAt: now,
      })
      .where(unproven)
      .returning(),
  ]);
  return changed[0] ?? null;
}

/**
 * Marks the number in a user's profile as theirs. Numbers change hands: who proved it before has lost it. Null when
 * it is not in the profile.
 */
export async function claimPhoneNumber(
  db: Database,
  userId: string,
  realmId: string,
  phoneNumber: string,
  now: number,
): Promise<UserRow | null> {
  const mine = and(eq(users.id, userId), eq(users.phoneNumber, phoneNumber));
  const [, changed] = await db.batch([
    db
      .update(users)
      .set({ phoneNumberVerified: false, updatedAt: now })
      .where(
        and(
          eq(users.realmId, realmId),
          eq(users.phoneNumber, phoneNumber),
          ne(users.id, userId),
          sql`EXISTS ${db.select({ id: users.id }).from(users).where(mine)}`,
        ),
      ),
    db.update(users).set({ phoneNumberVerified: true, updatedAt: now }).where(mine).returning(),
  ]);
  return changed[0] ?? null;
}
