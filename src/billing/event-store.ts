import { and, asc, count, desc, eq, exists, inArray, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import type { HeardHint } from './port.ts';
import { realmOfCustomer } from './store.ts';
import { billingEvents, billingProgress, type EventRow } from './tables.ts';

/** Stores events of Stripe that are not known yet. */
export async function storeEvents(db: Database, hints: HeardHint[], now: number): Promise<void> {
  const [first, ...rest] = hints.map(({ id, type, subject, customerId, createdAt }) =>
    db
      .insert(billingEvents)
      .values({
        id,
        type,
        subject,
        customerId,
        realmId: realmOfCustomer(customerId),
        nextAttemptAt: now,
        createdAt,
        receivedAt: now,
      })
      .onConflictDoNothing({ target: billingEvents.id }),
  );
  if (first) await db.batch([first, ...rest]);
}

/** Which of these events are known. */
export async function knownEvents(db: Database, ids: string[]): Promise<Set<string>> {
  const rows = await db
    .select({ id: billingEvents.id })
    .from(billingEvents)
    .where(sql`id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
  return new Set(rows.map(({ id }) => id));
}

/** Takes an event to handle it, unless it is handled or being handled; the number of attempts names the lease. */
export async function claimEvent(
  db: Database,
  id: string,
  now: number,
  leasedUntil: number,
): Promise<EventRow | null> {
  const [row] = await db
    .update(billingEvents)
    .set({ leasedUntil, attempts: sql`${billingEvents.attempts} + 1` })
    .where(
      and(
        eq(billingEvents.id, id),
        inArray(billingEvents.status, ['received', 'failed']),
        lte(billingEvents.leasedUntil, now),
      ),
    )
    .returning();
  return row ?? null;
}

/**
 * Writes down what became of an event that was claimed, along with what tells of it; whether it did: somebody else may have claimed it
 * since.
 */
export async function settleEvent(
  db: Database,
  row: EventRow,
  outcome: { status: 'done' | 'ignored' | 'failed'; now: number; error?: string; retryAt?: number },
  along: ((db: Database, stands: SQL) => BatchItem<'sqlite'>[]) | null = null,
): Promise<boolean> {
  const { status, now, error, retryAt } = outcome;
  const isMine = and(eq(billingEvents.id, row.id), eq(billingEvents.attempts, row.attempts));
  const settled = db
    .update(billingEvents)
    .set({
      status,
      lastError: error ?? null,
      leasedUntil: 0,
      realmId: sql`coalesce(${realmOfCustomer(row.customerId)}, realm_id)`,
      ...(status === 'failed' ? { nextAttemptAt: retryAt ?? now } : { settledAt: now }),
    })
    .where(isMine)
    .returning({ id: billingEvents.id });
  if (!along) return (await settled).length > 0;
  const stands = exists(db.select({ one: sql`1` }).from(billingEvents).where(isMine));
  const [changed] = await db.batch([settled, ...along(db, stands)]);
  return changed.length > 0;
}

/** Events that are due to be tried again: nobody came back to say what became of them, or they failed. */
export function dueEvents(db: Database, now: number, maxAttempts: number, limit: number) {
  return db
    .select({ id: billingEvents.id })
    .from(billingEvents)
    .where(
      and(
        inArray(billingEvents.status, ['received', 'failed']),
        lte(billingEvents.nextAttemptAt, now),
        lte(billingEvents.leasedUntil, now),
        lt(billingEvents.attempts, maxAttempts),
        sql`coalesce(${billingEvents.realmId}, '') NOT IN ${FROZEN_REALMS}`,
      ),
    )
    .orderBy(asc(billingEvents.seq))
    .limit(limit);
}

/** Makes an event that has been handled, or given up, due again. False when the realm has none of that id. */
export async function reopenEvent(db: Database, realmId: string, id: string, now: number): Promise<boolean> {
  const reopened = await db
    .update(billingEvents)
    .set({ status: 'received', attempts: 0, nextAttemptAt: now, leasedUntil: 0, settledAt: null })
    .where(and(eq(billingEvents.id, id), ofRealm(realmId)))
    .returning({ id: billingEvents.id });
  return reopened.length > 0;
}

export async function findEvent(db: Database, id: string): Promise<EventRow | null> {
  return (await db.select().from(billingEvents).where(eq(billingEvents.id, id)).get()) ?? null;
}

/** A realm's events from before a sequence number, newest first, and how many there are. */
export async function listEvents(
  db: Database,
  realmId: string,
  page: { limit: number; before: number | null; status: EventRow['status'] | undefined },
): Promise<{ rows: EventRow[]; total: number }> {
  const { limit, before, status } = page;
  const matching = and(ofRealm(realmId), status && eq(billingEvents.status, status));
  const [rows, [counted]] = await db.batch([
    db
      .select()
      .from(billingEvents)
      .where(and(matching, before === null ? undefined : lt(billingEvents.seq, before)))
      .orderBy(desc(billingEvents.seq))
      .limit(limit),
    db.select({ total: count() }).from(billingEvents).where(matching),
  ]);
  return { rows, total: counted?.total ?? 0 };
}

function ofRealm(realmId: string) {
  const own = eq(billingEvents.realmId, realmId);
  return realmId === DEFAULT_REALM ? or(own, sql`realm_id IS NULL`) : own;
}

/** Up to when Stripe's own list has been compared with what was received; null for never. */
export async function readProgress(db: Database): Promise<number | null> {
  return (await db.select().from(billingProgress).get())?.eventsUntil ?? null;
}

export async function writeProgress(db: Database, eventsUntil: number): Promise<void> {
  await db
    .insert(billingProgress)
    .values({ id: 1, eventsUntil })
    .onConflictDoUpdate({ target: billingProgress.id, set: { eventsUntil } });
}
