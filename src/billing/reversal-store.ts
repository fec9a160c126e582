import { and, count, desc, eq, lt, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { billingReversals, type ReversalRow } from './tables.ts';

/** Notes what was taken back, unless something newer is noted. */
export async function noteReversal(db: Database, row: ReversalRow): Promise<void> {
  await db
    .insert(billingReversals)
    .values(row)
    .onConflictDoUpdate({
      target: billingReversals.reference,
      set: row,
      setWhere: lt(billingReversals.revision, row.revision),
    });
}

/** A realm's reversals for which there were not enough credits, newest first, and how many there are. */
export async function listShortfalls(
  db: Database,
  realmId: string,
  page: { limit: number; before: number | null },
): Promise<{ rows: ReversalRow[]; total: number }> {
  const { limit, before } = page;
  const short = and(eq(billingReversals.realmId, realmId), sql`credits > taken`);
  const [rows, [counted]] = await db.batch([
    db
      .select()
      .from(billingReversals)
      .where(and(short, before === null ? undefined : lt(billingReversals.updatedAt, before)))
      .orderBy(desc(billingReversals.updatedAt))
      .limit(limit),
    db.select({ total: count() }).from(billingReversals).where(short),
  ]);
  return { rows, total: counted?.total ?? 0 };
}

/** All that was taken back from a user. */
export function listReversals(db: Database, userId: string): Promise<ReversalRow[]> {
  return db.select().from(billingReversals).where(eq(billingReversals.userId, userId));
}
