import { and, asc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { type LogoutNoticeRow, logoutNotices, type OAuthClientRow, oauthClients } from './tables.ts';

/** Whether a notice is due that nobody is sending. */
export async function hasDueNotices(db: Database, now: number): Promise<boolean> {
  return (
    (await db.select({ id: logoutNotices.id }).from(logoutNotices).where(isDue(now)).get()) !== undefined
  );
}

/**
 * Takes notices that are due for the caller: until the lease ends nobody else gets them. It counts the try at the same time, so that
 * `attempts` identifies the lease.
 */
export function claimNotices(
  db: Database,
  { now, leasedUntil, limit }: { now: number; leasedUntil: number; limit: number },
): Promise<LogoutNoticeRow[]> {
  const due = db
    .select({ id: logoutNotices.id })
    .from(logoutNotices)
    .where(isDue(now))
    .orderBy(asc(logoutNotices.nextAttemptAt))
    .limit(limit);
  return db
    .update(logoutNotices)
    .set({ leasedUntil, attempts: sql`${logoutNotices.attempts} + 1` })
    .where(inArray(logoutNotices.id, due))
    .returning();
}

/** The clients of those notices, by id. */
export async function clientsOf(
  db: Database,
  notices: LogoutNoticeRow[],
): Promise<Map<string, OAuthClientRow>> {
  const ids = [...new Set(notices.map(({ clientId }) => clientId))];
  const rows = await db.select().from(oauthClients).where(inArray(oauthClients.id, ids));
  return new Map(rows.map((row) => [row.id, row]));
}

/** Forgets notices that are settled, and says when the others are due again, unless the lease of one has passed to another caller. */
export async function settleNotices(
  db: Database,
  outcomes: [notice: LogoutNoticeRow, retryAt: number | null][],
): Promise<void> {
  const [first, ...others] = outcomes.map(([{ id, attempts }, retryAt]) => {
    const isLeased = and(eq(logoutNotices.id, id), eq(logoutNotices.attempts, attempts));
    return retryAt === null
      ? db.delete(logoutNotices).where(isLeased)
      : db.update(logoutNotices).set({ nextAttemptAt: retryAt, leasedUntil: 0 }).where(isLeased);
  });
  if (first) await db.batch([first, ...others]);
}

function isDue(now: number) {
  return and(
    lte(logoutNotices.nextAttemptAt, now),
    lte(logoutNotices.leasedUntil, now),
    sql`${logoutNotices.realmId} NOT IN ${FROZEN_REALMS}`,
  );
}
