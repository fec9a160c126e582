import { and, asc, count, desc, eq, gt, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import { type OverageReportRow, overageReports } from './tables.ts';

type Named = Pick<OverageReportRow, 'hour' | 'payerId' | 'meter'>;

const isMoving = sql`${overageReports.realmId} IN ${FROZEN_REALMS}`;
const isLeft = gt(overageReports.used, overageReports.reported);

/** What Stripe is to be told of by now, the oldest first. */
export function dueReports(db: Database, now: number, limit: number): Promise<OverageReportRow[]> {
  return db
    .select()
    .from(overageReports)
    .where(
      and(lte(overageReports.dueAt, now), lte(overageReports.leasedUntil, now), isLeft, sql`NOT ${isMoving}`),
    )
    .orderBy(overageReports.dueAt)
    .limit(limit);
}

/**
 * Takes one to report it, unless somebody does. A report that nobody knows the end of is begun again as it was; else the next begins, by its
 * number, with all that is new, for that customer.
 */
export async function claimReport(
  db: Database,
  named: Named,
  customerId: string,
  now: number,
  leasedUntil: number,
): Promise<OverageReportRow | null> {
  const { number, pending, pendingAt, pendingSince, used, usedAt, reported } = overageReports;
  const isNew = sql`${pending} IS NULL`;
  const [row] = await db
    .update(overageReports)
    .set({
      leasedUntil,
      number: sql`${number} + (${isNew})`,
      pending: sql`coalesce(${pending}, ${used} - ${reported})`,
      pendingAt: sql`iif(${isNew}, ${usedAt}, ${pendingAt})`,
      pendingSince: sql`coalesce(${pendingSince}, ${now})`,
      customerId: sql`iif(${isNew}, ${customerId}, ${overageReports.customerId})`,
    })
    .where(and(is(named), lte(overageReports.dueAt, now), lte(overageReports.leasedUntil, now), isLeft))
    .returning();
  return row ?? null;
}

/** Notes what Stripe has taken of a report, once; what is left is due then, and what was taken is compared then. */
export async function settleReport(
  db: Database,
  row: OverageReportRow,
  taken: number,
  next: { dueAt: number; checkAt: number; takenAt: number | null },
): Promise<void> {
  const { used, reported } = overageReports;
  await db
    .update(overageReports)
    .set({
      reported: sql`${reported} + ${taken}`,
      // What was told now can be told again by its number.
      lastValue: next.takenAt === null ? null : taken,
      lastValueAt: next.takenAt === null ? null : row.pendingAt,
      takenAt: next.takenAt,
      pending: null,
      pendingAt: null,
      pendingSince: null,
      attempts: 0,
      leasedUntil: 0,
      lastError: null,
      missed: null,
      checkAt: next.checkAt,
      dueAt: sql`iif(${used} > ${reported} + ${taken}, ${next.dueAt}, NULL)`,
    })
    .where(and(is(row), eq(overageReports.number, row.number), isNotNull(overageReports.pending)));
}

/** Notes why a report was not taken, unless it has been since or another was begun, and when to try again; null for never. */
export async function postponeReport(
  db: Database,
  row: OverageReportRow,
  lastError: string,
  dueAt: number | null,
): Promise<void> {
  await db
    .update(overageReports)
    .set({ leasedUntil: 0, lastError, dueAt, attempts: sql`${overageReports.attempts} + 1` })
    .where(
      and(is(row), eq(overageReports.number, row.number), sql`${overageReports.pending} IS ${row.pending}`),
    );
}

/** What is to be compared with what Stripe has counted, by payer and meter; what is being told is compared afterwards. */
export function uncheckedReports(db: Database, now: number, limit: number): Promise<OverageReportRow[]> {
  const { payerId, meter, hour, checkAt } = overageReports;
  return db
    .select()
    .from(overageReports)
    .where(and(lte(checkAt, now), isNull(overageReports.pending), sql`NOT ${isMoving}`))
    .orderBy(asc(payerId), asc(meter), asc(hour))
    .limit(limit);
}

/** Notes what a comparison has shown, of what was reported when it began and has not changed since; whether it had not. */
export async function noteCompared(
  db: Database,
  row: OverageReportRow,
  found: Partial<Pick<OverageReportRow, 'checkAt' | 'missed' | 'lastError' | 'takenAt'>>,
): Promise<boolean> {
  const noted = await db
    .update(overageReports)
    .set(found)
    .where(
      and(
        is(row),
        eq(overageReports.number, row.number),
        eq(overageReports.reported, row.reported),
        isNull(overageReports.pending),
        sql`${overageReports.takenAt} IS ${row.takenAt}`,
      ),
    )
    .returning({ hour: overageReports.hour });
  return noted.length > 0;
}

/** What a payer has to pay for by meters, of each hour, the newest first. */
export function listReports(db: Database, payerId: string): Promise<OverageReportRow[]> {
  const { userId, organizationId, hour } = overageReports;
  const owner = isOrganizationId(payerId) ? organizationId : userId;
  return db.select().from(overageReports).where(eq(owner, payerId)).orderBy(desc(hour));
}

/** What of a realm Stripe has not taken, or has counted otherwise than it was told; the newest first, from before one of them. */
export async function listTroubled(
  db: Database,
  realmId: string,
  page: { limit: number; before: Named | null },
): Promise<{ rows: OverageReportRow[]; total: number }> {
  const { hour, payerId, meter, lastError } = overageReports;
  const troubled = and(eq(overageReports.realmId, realmId), isNotNull(lastError));
  const { before } = page;
  const earlier =
    before && sql`(${hour}, ${payerId}, ${meter}) < (${before.hour}, ${before.payerId}, ${before.meter})`;
  const [rows, [counted]] = await db.batch([
    db
      .select()
      .from(overageReports)
      .where(and(troubled, earlier ?? undefined))
      .orderBy(desc(hour), desc(payerId), desc(meter))
      .limit(page.limit),
    db.select({ total: count() }).from(overageReports).where(troubled),
  ]);
  return { rows, total: counted?.total ?? 0 };
}

function is({ hour, payerId, meter }: Named): SQL {
  return and(
    eq(overageReports.hour, hour),
    eq(overageReports.payerId, payerId),
    eq(overageReports.meter, meter),
  ) as SQL;
}
