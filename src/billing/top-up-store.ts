import { and, eq, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { insertIf } from '../db/insert-if.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import type { Payer } from './payer-directory.ts';
import { type TopUpRow, tablesOf, topUps } from './tables.ts';

/** What a payer sets. Amounts are in the smallest unit of the currency. */
export type TopUpSetting = Pick<TopUpRow, 'below' | 'priceId' | 'monthlyLimit' | 'currency'>;

/** A payment to begin. */
export interface TopUpPayment {
  amount: number;
  credits: number;
  method: string;
}

/** Nothing is under way any more. */
const SETTLED = {
  pendingAmount: null,
  pendingCredits: null,
  pendingMethod: null,
  pendingSince: null,
  pendingTries: 0,
  leasedUntil: 0,
};

export async function findTopUp(db: Database, payerId: string): Promise<TopUpRow | null> {
  return (await db.select().from(topUps).where(eq(topUps.payerId, payerId)).get()) ?? null;
}

/**
 * Turns it on, or sets it otherwise; what was spent this month stays, in each currency by itself. Null for a payer who is gone, and while a payment is under way in
 * another currency, whose amount would be asked for in this one.
 */
export async function setTopUp(
  db: Database,
  { payerId, realmId }: Payer,
  setting: TopUpSetting,
  now: number,
): Promise<TopUpRow | null> {
  const own = isOrganizationId(payerId) ? { organizationId: payerId } : { userId: payerId };
  const state = { ...setting, status: 'on' as const, reason: null, dueAt: now, updatedAt: now };
  const exists = sql`EXISTS (SELECT 1 FROM ${tablesOf(payerId).parent} WHERE id = ${payerId})`;
  const [row] = await insertIf(db, topUps, { payerId, ...own, realmId, ...state, createdAt: now }, exists)
    .onConflictDoUpdate({
      target: topUps.payerId,
      set: { ...state, ...spentIn(setting.currency), falls: sql`${topUps.falls} + 1` },
      setWhere: sql`${topUps.pendingAmount} IS NULL OR ${topUps.currency} = ${setting.currency}`,
    })
    .returning();
  return row ?? null;
}

/** As SQL: what was spent of the month in a currency, when the limit is in that from now on; and in others, to go on from when it is again. */
function spentIn(currency: string) {
  const { spent, spentElsewhere } = topUps;
  const isSame = sql`${topUps.currency} = ${currency}`;
  const named = (name: SQL) => sql`'$."' || ${name} || '"'`;
  return {
    spent: sql`iif(${isSame}, ${spent}, coalesce(json_extract(${spentElsewhere}, ${named(sql`${currency}`)}), 0))`,
    spentElsewhere: sql`iif(${isSame}, ${spentElsewhere}, json_set(coalesce(${spentElsewhere}, '{}'), ${named(sql`${topUps.currency}`)}, ${spent}))`,
  };
}

/** Turns it off; a payment that is under way is still settled. */
export async function endTopUp(db: Database, payerId: string, now: number): Promise<void> {
  await db
    .update(topUps)
    .set({ status: 'off', reason: null, updatedAt: now })
    .where(eq(topUps.payerId, payerId));
}

const isWanted = or(eq(topUps.status, 'on'), sql`${topUps.pendingAmount} IS NOT NULL`);

/** Payers to look at: whose balance fell, or who have a payment under way. */
export function dueTopUps(db: Database, now: number, limit: number): Promise<TopUpRow[]> {
  return db
    .select()
    .from(topUps)
    .where(
      and(
        lte(topUps.dueAt, now),
        lte(topUps.leasedUntil, now),
        isWanted,
        sql`${topUps.realmId} NOT IN ${FROZEN_REALMS}`,
      ),
    )
    .orderBy(topUps.dueAt)
    .limit(limit);
}

/** Takes one to work on, unless somebody does; the lease names who. */
export async function claimTopUp(
  db: Database,
  payerId: string,
  now: number,
  leasedUntil: number,
): Promise<TopUpRow | null> {
  const free = and(
    eq(topUps.payerId, payerId),
    lte(topUps.leasedUntil, now),
    lte(topUps.dueAt, now),
    isWanted,
  );
  const [row] = await db.update(topUps).set({ leasedUntil }).where(free).returning();
  return row ?? null;
}

/** Lets go of one that was claimed, to be looked at then, or when the balance falls again; what fell meanwhile stays due. */
export async function releaseTopUp(db: Database, row: TopUpRow, dueAt: number | null): Promise<void> {
  await db
    .update(topUps)
    .set({
      leasedUntil: 0,
      dueAt: sql`CASE WHEN ${topUps.falls} = ${row.falls} THEN ${dueAt} ELSE ${topUps.dueAt} END`,
    })
    .where(and(eq(topUps.payerId, row.payerId), eq(topUps.leasedUntil, row.leasedUntil)));
}

/**
 * Begins a payment, the next by its number: what it costs is spent of the month from here on. Null where it would be more than the month
 * may have, another is under way, or it was set otherwise meanwhile.
 */
export async function beginPayment(
  db: Database,
  row: TopUpRow,
  { amount, credits, method }: TopUpPayment,
  month: string,
  now: number,
): Promise<TopUpRow | null> {
  const spent = sql`CASE WHEN ${topUps.month} = ${month} THEN ${topUps.spent} ELSE 0 END`;
  const [begun] = await db
    .update(topUps)
    .set({
      counter: sql`${topUps.counter} + 1`,
      month,
      spent: sql`${spent} + ${amount}`,
      spentElsewhere: sql`iif(${topUps.month} = ${month}, ${topUps.spentElsewhere}, NULL)`,
      pendingAmount: amount,
      pendingCredits: credits,
      pendingMethod: method,
      pendingSince: now,
      pendingTries: 0,
    })
    .where(
      and(
        eq(topUps.payerId, row.payerId),
        eq(topUps.leasedUntil, row.leasedUntil),
        eq(topUps.status, 'on'),
        eq(topUps.priceId, row.priceId),
        isNull(topUps.pendingAmount),
        sql`${spent} + ${amount} <= ${topUps.monthlyLimit}`,
      ),
    )
    .returning();
  return begun ?? null;
}

/** Notes that nobody knows yet what became of a payment: it is looked at again then. */
export async function postponePayment(db: Database, row: TopUpRow, dueAt: number): Promise<void> {
  await db
    .update(topUps)
    .set({ leasedUntil: 0, dueAt, pendingTries: sql`${topUps.pendingTries} + 1` })
    .where(and(isUnderWay(row), eq(topUps.leasedUntil, row.leasedUntil)));
}

/** Notes that a payment was made, if it is the one under way; the balance is looked at once more. */
export async function settlePayment(
  db: Database,
  row: Pick<TopUpRow, 'payerId' | 'counter'>,
  now: number,
): Promise<void> {
  await db
    .update(topUps)
    .set({ ...SETTLED, dueAt: now })
    .where(isUnderWay(row));
}

/**
 * Stops it: the payment that is under way, if there is one, has failed and is spent no more. What tells of it is written with it. Whether
 * it was not stopped or settled before.
 */
export async function stopTopUp(
  db: Database,
  row: TopUpRow,
  reason: NonNullable<TopUpRow['reason']>,
  now: number,
  along: (db: Database, stopped: SQL) => BatchItem<'sqlite'>[],
): Promise<boolean> {
  const isMine =
    row.pendingAmount === null
      ? and(eq(topUps.payerId, row.payerId), eq(topUps.leasedUntil, row.leasedUntil), eq(topUps.status, 'on'))
      : isUnderWay(row);
  const stands = sql`EXISTS (SELECT 1 FROM ${topUps} WHERE ${isMine})`;
  const results = await db.batch([
    // What tells of it comes first, while it can be seen that it stands.
    db.select({ one: sql`1` }).from(topUps).where(isMine),
    ...along(db, stands),
    db
      .update(topUps)
      .set({
        ...SETTLED,
        status: 'stopped',
        reason,
        dueAt: null,
        spent: sql`${topUps.spent} - coalesce(${topUps.pendingAmount}, 0)`,
        updatedAt: now,
      })
      .where(isMine),
  ]);
  return results[0].length > 0;
}

function isUnderWay({ payerId, counter }: Pick<TopUpRow, 'payerId' | 'counter'>) {
  return and(
    eq(topUps.payerId, payerId),
    eq(topUps.counter, counter),
    sql`${topUps.pendingAmount} IS NOT NULL`,
  );
}
