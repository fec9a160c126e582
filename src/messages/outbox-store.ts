import { and, asc, getTableColumns, inArray, lte, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { rawStatement } from '../db/raw.ts';
import { type OutboxRow, outbox } from './tables.ts';

/** Mails and text messages: what is delivered to webhooks is not among them. An index has them so. */
export const IS_MESSAGE = sql`channel <> 'webhook'`;

/** A message to be sent, with what its realm looks like. */
export type ClaimedRow = OutboxRow & { brandName: string; brandColor: string };

/**
 * Takes due messages for the caller: until the lease ends nobody else gets them. It counts the try at the same time, so
 * that `attempts` identifies the lease and a crash counts as a try.
 */
export function claim(
  db: Database,
  options: { ids: string[] | null; now: number; leasedUntil: number; limit: number },
): Promise<ClaimedRow[]> {
  const { ids, now, leasedUntil, limit } = options;
  const due = db
    .select({ id: outbox.id })
    .from(outbox)
    .where(
      and(
        // An index has them by these words.
        sql`status = 'pending'`,
        IS_MESSAGE,
        lte(outbox.nextAttemptAt, now),
        lte(outbox.leasedUntil, now),
        sql`${outbox.realmId} NOT IN ${FROZEN_REALMS}`,
        ids ? inArray(outbox.id, ids) : undefined,
      ),
    )
    .orderBy(asc(outbox.nextAttemptAt))
    .limit(limit);
  return db
    .update(outbox)
    .set({ leasedUntil, attempts: sql`${outbox.attempts} + 1` })
    .where(inArray(outbox.id, due))
    .returning({
      ...getTableColumns(outbox),
      brandName: sql<string>`(SELECT name FROM realms WHERE realms.id = ${outbox.realmId})`,
      brandColor: sql<string>`(SELECT color FROM realms WHERE realms.id = ${outbox.realmId})`,
    });
}

/** What became of a try. `untried` gives the lease back: it counts as no try. */
export type TryOutcome =
  | { status: 'sent' | 'untried' }
  | { status: 'dead'; reason: string }
  | { status: 'pending'; reason: string; retryAt: number };

/**
 * The statement that records what became of messages that were claimed, in one statement, unless the lease of one has passed to another caller.
 * A message that was sent keeps no secret; a dead letter keeps its data only while it can be sent again. A message without
 * a user keeps no address; a delivery to a webhook has nothing to lose.
 */
export function settlement(db: Database, outcomes: [OutboxRow, TryOutcome][], now: number) {
  const settled = outcomes.map(([row, outcome]) => {
    const isOver = outcome.status === 'sent' || outcome.status === 'dead';
    const isRetriable =
      outcome.status === 'dead' && row.userId !== null && (row.expiresAt === null || row.expiresAt > now);
    return {
      id: row.id,
      attempts: row.attempts,
      untried: outcome.status === 'untried' ? 1 : 0,
      status: isOver ? outcome.status : 'pending',
      reason: 'reason' in outcome ? outcome.reason : outcome.status === 'untried' ? row.lastError : null,
      settledAt: isOver ? now : null,
      nextAttemptAt: 'retryAt' in outcome ? Math.ceil(outcome.retryAt) : row.nextAttemptAt,
      keepsData: isOver && !isRetriable ? 0 : 1,
      keepsRecipient: isOver && row.userId === null && row.channel !== 'webhook' ? 0 : 1,
    };
  });
  const field = (name: keyof (typeof settled)[number]) => sql.raw(`(j.value ->> '${name}')`);
  return rawStatement(
    db,
    sql`
    UPDATE "outbox" SET status = ${field('status')}, last_error = ${field('reason')}, leased_until = 0,
      attempts = outbox.attempts - ${field('untried')}, settled_at = ${field('settledAt')},
      next_attempt_at = ${field('nextAttemptAt')}, data = iif(${field('keepsData')}, data, '{}'),
      recipient = iif(${field('keepsRecipient')}, recipient, '')
    FROM json_each(${JSON.stringify(settled)}) AS j
    WHERE outbox.id = ${field('id')} AND outbox.attempts = ${field('attempts')} AND outbox.status = 'pending'`,
  );
}
