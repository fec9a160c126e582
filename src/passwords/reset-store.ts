import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { provingChange } from '../directory/address-proof.ts';
import { type Link, linkStands, storeLink, takeLink } from '../directory/links.ts';
import type { UserChange } from '../directory/service.ts';
import { users } from '../directory/tables.ts';
import { outbox } from '../messages/tables.ts';
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

/** The change that sets a password by a reset token, if the token stands, and takes it. */
export function resetChange(
  db: Database,
  reset: { token: string; userId: string; hash: string; endOtherWays: boolean; now: number },
): Omit<UserChange, 'activity' | 'mail'> {
  const { token, userId, hash, endOtherWays, now } = reset;
  const proof = provingChange('reset', userId, now, { endOtherWays });
  // A link that was asked for at an address that is no longer the user's is not theirs to use.
  const email = sql`${db.select({ email: users.email }).from(users).where(eq(users.id, userId))}`;
  return {
    ...proof,
    guard: linkStands(db, { token, userId, purpose: 'reset_password', email }, now),
    before: (db, stands) => [
      ...proof.before(db, stands),
      insertIf(db, passwords, { userId, hash, updatedAt: now }, stands).onConflictDoUpdate({
        target: passwords.userId,
        set: { hash, updatedAt: now },
      }),
    ],
    after: (db) => [takeLink(db, token)],
  };
}
