import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { dropLinksIf, type Link, linkStands, storeLink } from '../directory/links.ts';
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

/**
 * The change that sets a password by a reset token, if the token stands, and takes it with every other token of the user.
 * The link came by mail, so the address is proven; a phone number that was proved before it may be that of somebody who
 * registered the address of another.
 */
export function resetChange(
  db: Database,
  reset: { token: string; userId: string; hash: string; now: number },
): Pick<UserChange, 'set' | 'guard' | 'before' | 'after' | 'endsSessions' | 'forgiveFailures' | 'now'> {
  const { token, userId, hash, now } = reset;
  // A link that was asked for at an address that is no longer the user's is not theirs to use.
  const email = sql`${db.select({ email: users.email }).from(users).where(eq(users.id, userId))}`;
  const guard = linkStands(db, { token, userId, purpose: 'reset_password', email }, now);
  return {
    set: {
      emailVerified: true,
      phoneNumberVerified: sql`${users.phoneNumberVerified} AND ${users.emailVerified}`,
    },
    guard,
    endsSessions: true,
    forgiveFailures: true,
    now,
    before: (db, stands) => [
      insertIf(db, passwords, { userId, hash, updatedAt: now }, stands).onConflictDoUpdate({
        target: passwords.userId,
        set: { hash, updatedAt: now },
      }),
    ],
    after: (db) => [dropLinksIf(db, userId, 'all', guard)],
  };
}
