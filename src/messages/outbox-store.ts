import { and, asc, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { type OutboxRow, outbox } from './tables.ts';

/**
 * Takes due messages for the caller: until the lease ends nobody else gets them. It counts the try at the same time, so
 * that `attempts` identifies the lease and a crash counts as a try.
 */
export function claim(
  db: Database,
  options: { ids: string[] | null; now: number; leasedUntil: number; limit: number },
): Promise<OutboxRow[]> {
  const { ids, now, leasedUntil, limit } = options;
  const due = db
    .select({ id: outbox.id })
    .from(outbox)
    .where(
      and(
        eq(outbox.status, 'pending'),
        lte(outbox.nextAttemptAt, now),
        lte(outbox.leasedUntil, now),
        ids ? inArray(outbox.id, ids) : undefined,
      ),
    )
    .orderBy(asc(outbox.nextAttemptAt))
    .limit(limit);
  return db
    .update(outbox)
    .set({ leasedUntil, attempts: sql`${outbox.attempts} + 1` })
    .where(inArray(outbox.id, due))
    .returning();
}

/**
 * Records the outcome of a try, unless the lease has passed to another caller. A message that was sent keeps no secret;
 * a dead letter keeps its data only while it can be sent again. A message without a user keeps no address.
 */
export async function settle(
  db: Database,
  row: OutboxRow,
  outcome: { status: 'sent' | 'dead' | 'pending'; now: number; reason?: string; retryAt?: number },
): Promise<void> {
  const { status, now, reason, retryAt } = outcome;
  const settled = status !== 'pending';
  const isRetriable =
    status === 'dead' && row.userId !== null && (row.expiresAt === null || row.expiresAt > now);
  await db
    .update(outbox)
    .set({
      status,
      lastError: reason ?? null,
      leasedUntil: 0,
      ...(settled
        ? {
            settledAt: now,
            ...(!isRetriable && { data: '{}' }),
            ...(row.userId === null && { recipient: '' }),
          }
        : { nextAttemptAt: Math.ceil(retryAt ?? now) }),
    })
    .where(and(eq(outbox.id, row.id), eq(outbox.attempts, row.attempts), eq(outbox.status, 'pending')));
}
