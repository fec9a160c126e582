import { and, eq, exists, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { oneTimeTokens } from '../directory/link-tables.ts';
import { hashToken, type Link, storeLink, validToken } from '../directory/links.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { outbox } from '../outbox/tables.ts';
import { passwords } from './tables.ts';

/** Stores a reset link and the mail that brings it. */
export async function storeReset(
  db: Database,
  user: { id: string; email: string },
  link: Link,
  mail: typeof outbox.$inferInsert,
): Promise<void> {
  await db.batch([storeLink(db, link, user.id, user.email), db.insert(outbox).values(mail)]);
}

/**
 * Sets a password by a reset token, takes the token and every other of the user, and queues the mail about it, if the
 * token stands: else null. Two resets with one token are decided here. The link came by mail, so the address is proven;
 * a phone number that was proved before it may be that of somebody who registered the address of another.
 */
export async function resetPassword(
  db: Database,
  reset: { token: string; userId: string; hash: string; now: number; mail: typeof outbox.$inferInsert },
): Promise<UserRow | null> {
  const { token, userId, hash, now, mail } = reset;
  const stands = exists(
    db
      .select({ one: sql`1` })
      .from(oneTimeTokens)
      .where(
        and(
          eq(oneTimeTokens.userId, userId),
          validToken(hashToken(token), ['reset_password'], now),
          // Asked for at an address that is the user's no more: then it is not theirs to use.
          eq(oneTimeTokens.email, db.select({ email: users.email }).from(users).where(eq(users.id, userId))),
        ),
      ),
  );
  const [changed] = await db.batch([
    db
      .update(users)
      .set({
        version: sql`version + 1`,
        credentialVersion: sql`version + 1`,
        emailVerified: true,
        phoneNumberVerified: sql`${users.phoneNumberVerified} AND ${users.emailVerified}`,
        updatedAt: now,
      })
      .where(and(eq(users.id, userId), stands))
      .returning(),
    insertIf(db, passwords, { userId, hash, updatedAt: now }, stands).onConflictDoUpdate({
      target: passwords.userId,
      set: { hash, updatedAt: now },
    }),
    insertIf(db, outbox, mail, stands),
    db.delete(oneTimeTokens).where(and(eq(oneTimeTokens.userId, userId), stands)),
  ]);
  return changed[0] ?? null;
}
