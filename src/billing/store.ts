import { and, asc, desc, eq, gt, inArray, lt, lte, notInArray, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { insertIf } from '../db/insert-if.ts';
import type { UserChange } from '../directory/service.ts';
import { DEFAULT_PLAN } from '../directory/state.ts';
import { users } from '../directory/tables.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import {
  billingCustomers,
  billingErasures,
  billingPrices,
  billingSubscriptions,
  type CustomerRow,
  type PriceRow,
  planRevenue,
  type SubscriptionRow,
} from './tables.ts';

/** States that a subscription never leaves. */
export const ENDED = ['canceled', 'incomplete_expired'];

/** The prices that hold in a realm, in their order. Those of the realm `default` are in `home`, where that is another database. */
export async function readPrices(
  db: Database,
  realmId: string,
  home: Database | null = null,
): Promise<PriceRow[]> {
  const rows = await db
    .select()
    .from(billingPrices)
    .where(inArray(billingPrices.realmId, home ? [realmId] : [realmId, DEFAULT_REALM]))
    .orderBy(asc(billingPrices.position));
  const own = rows.filter((row) => row.realmId === realmId);
  if (home && own.length === 0) return readPrices(home, DEFAULT_REALM);
  return own.length > 0 ? own : rows;
}

/** Replaces a realm's own prices. */
export async function replacePrices(db: Database, realmId: string, rows: PriceRow[]): Promise<void> {
  await db.batch([
    db.delete(billingPrices).where(eq(billingPrices.realmId, realmId)),
    ...rows.map((row) => db.insert(billingPrices).values(row)),
  ]);
}

export async function findCustomer(
  db: Database,
  by: { userId: string } | { customerId: string },
): Promise<CustomerRow | null> {
  const condition =
    'userId' in by ? eq(billingCustomers.userId, by.userId) : eq(billingCustomers.customerId, by.customerId);
  return (await db.select().from(billingCustomers).where(condition).get()) ?? null;
}

/**
 * Gives a user a customer unless they have one, which it then is. A customer that was made in vain is left to be
 * deleted. Null when the user is no more.
 */
export async function keepCustomer(
  db: Database,
  row: { userId: string; realmId: string; customerId: string; createdAt: number },
): Promise<CustomerRow | null> {
  const { userId, customerId } = row;
  const userExists = sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId})`;
  const isSuperfluous = sql`NOT EXISTS (SELECT 1 FROM billing_customers WHERE customer_id = ${customerId})`;
  const [, , kept] = await db.batch([
    insertIf(db, billingCustomers, row, userExists).onConflictDoNothing(),
    insertIf(db, billingErasures, { customerId }, isSuperfluous).onConflictDoNothing(),
    db.select().from(billingCustomers).where(eq(billingCustomers.userId, userId)),
  ]);
  return kept[0] ?? null;
}

/** Customers of whom Stripe is to be told that their address is another, and that address. */
export function listAddressesDue(db: Database, now: number, limit: number) {
  const { userId, customerId, addressAttempts: attempts } = billingCustomers;
  return db
    .select({ userId, customerId, attempts, email: users.email })
    .from(billingCustomers)
    .innerJoin(users, eq(users.id, userId))
    .where(
      and(lte(billingCustomers.addressDue, now), sql`${billingCustomers.realmId} NOT IN ${FROZEN_REALMS}`),
    )
    .limit(limit);
}

/** Notes that Stripe knows an address, unless it was changed meanwhile. */
export async function settleAddress(db: Database, userId: string, email: string): Promise<void> {
  await db
    .update(billingCustomers)
    .set({ addressDue: null, addressAttempts: 0 })
    .where(
      and(
        eq(billingCustomers.userId, userId),
        sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND email = ${email})`,
      ),
    );
}

export async function postponeAddress(db: Database, userId: string, until: number): Promise<void> {
  await db
    .update(billingCustomers)
    .set({ addressDue: until, addressAttempts: sql`${billingCustomers.addressAttempts} + 1` })
    .where(eq(billingCustomers.userId, userId));
}

export async function dropCustomer(db: Database, userId: string, customerId: string): Promise<void> {
  await db
    .delete(billingCustomers)
    .where(and(eq(billingCustomers.userId, userId), eq(billingCustomers.customerId, customerId)));
}

/** Lets one at a time change a user's subscription: whether it is the caller. */
export async function seize(db: Database, userId: string, now: number, until: number): Promise<boolean> {
  const taken = await db
    .update(billingCustomers)
    .set({ busyUntil: until })
    .where(and(eq(billingCustomers.userId, userId), lte(billingCustomers.busyUntil, now)))
    .returning({ userId: billingCustomers.userId });
  return taken.length > 0;
}

export async function release(db: Database, userId: string, until: number): Promise<void> {
  await db
    .update(billingCustomers)
    .set({ busyUntil: 0 })
    .where(and(eq(billingCustomers.userId, userId), eq(billingCustomers.busyUntil, until)));
}

export async function findSubscription(db: Database, id: string): Promise<SubscriptionRow | null> {
  return (await db.select().from(billingSubscriptions).where(eq(billingSubscriptions.id, id)).get()) ?? null;
}

/** A user's subscriptions, those that have ended too, newest first. */
export function listSubscriptions(db: Database, userId: string): Promise<SubscriptionRow[]> {
  return db
    .select()
    .from(billingSubscriptions)
    .where(eq(billingSubscriptions.userId, userId))
    .orderBy(desc(billingSubscriptions.createdAt), desc(billingSubscriptions.id));
}

/** Subscriptions that have not been looked at since a time, and are not over. */
export function listUnseen(db: Database, before: number, limit: number): Promise<{ id: string }[]> {
  return db
    .select({ id: billingSubscriptions.id })
    .from(billingSubscriptions)
    .where(
      and(
        lt(billingSubscriptions.fetchedAt, before),
        notInArray(billingSubscriptions.status, ENDED),
        sql`(SELECT realm_id FROM users WHERE id = ${billingSubscriptions.userId}) NOT IN ${FROZEN_REALMS}`,
      ),
    )
    .orderBy(asc(billingSubscriptions.fetchedAt))
    .limit(limit);
}

/** What the newest subscription that holds gives a user, as an expression. */
function held(userId: string, column: 'plan' | 'holds_until', now: number): SQL {
  return sql`(SELECT ${sql.raw(column)} FROM billing_subscriptions
    WHERE user_id = ${userId} AND holds_until > ${now} ORDER BY created_at DESC, id DESC LIMIT 1)`;
}

/**
 * The change of a user that writes a subscription over the revision that was read before it was fetched (0: there was
 * none), and gives the user the plan that their subscriptions now come to, if that is another than they came to before.
 * The first result is empty when somebody else wrote meanwhile.
 */
export function subscriptionChange(
  db: Database,
  row: SubscriptionRow,
  now: number,
): Pick<UserChange, 'set' | 'guard' | 'before' | 'after' | 'now'> {
  const { userId, id, revision } = row;
  const [plan, until] = [held(userId, 'plan', now), held(userId, 'holds_until', now)];
  const saved = { revision: billingSubscriptions.revision };
  const userExists = sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId})`;
  return {
    set: {
      plan: sql`coalesce(${plan}, ${DEFAULT_PLAN})`,
      planExpiresAt: sql`${until}`,
      subscribed: sql`${plan} IS NOT NULL`,
    },
    guard: sql`EXISTS (SELECT 1 FROM billing_customers AS before WHERE before.user_id = ${userId}
      AND (before.plan IS NOT ${plan} OR before.plan_expires_at IS NOT ${until}))`,
    before: () => [
      revision === 1
        ? insertIf(db, billingSubscriptions, row, userExists).onConflictDoNothing().returning(saved)
        : db
            .update(billingSubscriptions)
            .set(row)
            .where(and(eq(billingSubscriptions.id, id), eq(billingSubscriptions.revision, revision - 1)))
            .returning(saved),
    ],
    after: () => [
      db
        .update(billingCustomers)
        .set({ plan: sql`${plan}`, planExpiresAt: sql`${until}` })
        .where(eq(billingCustomers.userId, userId)),
    ],
    now,
  };
}

/** What subscriptions bring in a realm, by plan, currency and how often it is paid. */
export function readRevenue(db: Database, realmId: string) {
  const { plan, currency, months, subscriptions, amount } = planRevenue;
  return db
    .select({ plan, currency, months, subscriptions, amount })
    .from(planRevenue)
    .where(and(eq(planRevenue.realmId, realmId), gt(subscriptions, 0)));
}

/** Customers that are due to be deleted at Stripe. */
export function listErasures(db: Database, now: number, limit: number) {
  return db.select().from(billingErasures).where(lte(billingErasures.nextAttemptAt, now)).limit(limit);
}

export async function dropErasure(db: Database, customerId: string): Promise<void> {
  await db.delete(billingErasures).where(eq(billingErasures.customerId, customerId));
}

export async function postponeErasure(
  db: Database,
  customerId: string,
  nextAttemptAt: number,
  lastError: string,
): Promise<void> {
  await db
    .update(billingErasures)
    .set({ attempts: sql`${billingErasures.attempts} + 1`, nextAttemptAt, lastError })
    .where(eq(billingErasures.customerId, customerId));
}
