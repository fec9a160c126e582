import { eq, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { type ReversalRow, tablesOf } from './tables.ts';

/** Notes what was taken back, unless something newer is noted. */
export async function noteReversal(db: Database, row: ReversalRow): Promise<void> {
  const { reversals } = tablesOf(row.payerId);
  await db
    .insert(reversals)
    .values(row)
    .onConflictDoUpdate({
      target: reversals.reference,
      set: row,
      setWhere: lt(reversals.revision, row.revision),
    });
}

/** A realm's reversals for which there were not enough credits, newest first, and how many there are. */
export async function listShortfalls(
  db: Database,
  realmId: string,
  page: { limit: number; before: number | null },
): Promise<{ rows: ReversalRow[]; total: number }> {
  const { limit, before } = page;
  const columns = sql`reference, realm_id AS realmId, credits, taken, revision, updated_at AS updatedAt`;
  const short = sql`realm_id = ${realmId} AND credits > taken`;
  const both = (wanted: SQL) => sql`
    SELECT user_id AS payerId, ${columns} FROM billing_reversals WHERE ${wanted}
    UNION ALL SELECT organization_id, ${columns} FROM organization_reversals WHERE ${wanted}`;
  const earlier = before === null ? short : sql`${short} AND updated_at < ${before}`;
  const [rows, [counted]] = await Promise.all([
    db.all<ReversalRow>(sql`SELECT * FROM (${both(earlier)}) ORDER BY updatedAt DESC LIMIT ${limit}`),
    db.all<{ total: number }>(sql`SELECT count(*) AS total FROM (${both(short)})`),
  ]);
  return { rows, total: counted?.total ?? 0 };
}

/** All that was taken back from a payer. */
export function listReversals(db: Database, payerId: string): Promise<ReversalRow[]> {
  const { reversals } = tablesOf(payerId);
  return db.select().from(reversals).where(eq(reversals.payerId, payerId));
}
