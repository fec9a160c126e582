import { and, asc, desc, eq, gt, inArray, isNull, lt, lte, notInArray, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { insertIf } from '../db/insert-if.ts';
import { DEFAULT_PLAN, ORGANIZATION_PLAN } from '../directory/state.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import {
  billingErasures,
  billingPrices,
  type CustomerRow,
  PAYER_KINDS,
  type PayerTables,
  type PriceRow,
  planRevenue,
  type SubscriptionRow,
  tablesOf,
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

/** As SQL: where Stripe writes to about paying, of the payer whose id is given. */
export function billingAddressOf({ owner }: Pick<PayerTables, 'owner'>, id: SQL): SQL {
  // By names of their own: the id may be a column of the same tables outside.
  if (owner === 'user_id') return sql`(SELECT own.email FROM users AS own WHERE own.id = ${id})`;
  return sql`coalesce((SELECT own.billing_email FROM organizations AS own WHERE own.id = ${id}), ${ownerAddressOf(id)})`;
}

/** As SQL: the address of the owner who has been in an organization longest. */
export function ownerAddressOf(id: SQL): SQL {
  return sql`(SELECT theirs.email FROM organization_members AS owners JOIN users AS theirs ON theirs.id = owners.user_id
     WHERE owners.organization_id = ${id} AND owners.role = 'owner' ORDER BY owners.joined_at, theirs.id LIMIT 1)`;
}

/** A payer's customer, or that of such an id. */
export async function findCustomer(
  db: Database,
  by: { payerId: string } | { customerId: string },
): Promise<CustomerRow | null> {
  if ('payerId' in by) {
    const { customers } = tablesOf(by.payerId);
    return (await db.select().from(customers).where(eq(customers.payerId, by.payerId)).get()) ?? null;
  }
  const ofKind = ({ customers }: (typeof PAYER_KINDS)[number]) =>
    db.select().from(customers).where(eq(customers.customerId, by.customerId));
  const [ofUsers, ofOrganizations] = await db.batch([ofKind(PAYER_KINDS[0]), ofKind(PAYER_KINDS[1])]);
  return ofUsers[0] ?? ofOrganizations[0] ?? null;
}

/** As SQL: the realm of the payer whose customer that is; null for nobody's. */
export function realmOfCustomer(customerId: string | null): SQL {
  return sql`coalesce((SELECT realm_id FROM billing_customers WHERE customer_id = ${customerId}),
    (SELECT realm_id FROM organization_customers WHERE customer_id = ${customerId}))`;
}

/**
 * Gives a payer a customer unless they have one, which it then is. A customer that was made in vain is left to be
 * deleted. Null when the payer is no more.
 */
export async function keepCustomer(
  db: Database,
  row: { payerId: string; realmId: string; customerId: string; createdAt: number },
): Promise<CustomerRow | null> {
  const { payerId, customerId } = row;
  const { customers } = tablesOf(payerId);
  const isSuperfluous = sql`NOT EXISTS (SELECT 1 FROM ${customers} WHERE customer_id = ${customerId})`;
  const [, , kept] = await db.batch([
    insertIf(db, customers, row, payerExists(payerId)).onConflictDoNothing(),
    insertIf(db, billingErasures, { customerId, leftAt: row.createdAt }, isSuperfluous).onConflictDoNothing(),
    db.select().from(customers).where(eq(customers.payerId, payerId)),
  ]);
  return kept[0] ?? null;
}

/** Whose a customer is, with the name of the table: within a query of another it would be another's column. */
function payerColumn({ customers, owner }: PayerTables): SQL {
  return sql`${customers}.${sql.identifier(owner)}`;
}

/** Customers of whom Stripe is to be told that their address is another, and that address. */
export async function listAddressesDue(
  db: Database,
  now: number,
  limit: number,
): Promise<{ payerId: string; customerId: string; attempts: number; email: string | null }[]> {
  const due = (tables: (typeof PAYER_KINDS)[number]) => {
    const { payerId, customerId, addressAttempts: attempts, addressDue, realmId } = tables.customers;
    const email = sql<string | null>`${billingAddressOf(tables, payerColumn(tables))}`;
    return db
      .select({ payerId, customerId, attempts, email })
      .from(tables.customers)
      .where(and(lte(addressDue, now), sql`${realmId} NOT IN ${FROZEN_REALMS}`))
      .limit(limit);
  };
  return (await db.batch([due(PAYER_KINDS[0]), due(PAYER_KINDS[1])])).flat();
}

/** Notes that Stripe knows an address, unless it was changed meanwhile. */
export async function settleAddress(db: Database, payerId: string, email: string): Promise<void> {
  const tables = tablesOf(payerId);
  await db
    .update(tables.customers)
    .set({ addressDue: null, addressAttempts: 0 })
    .where(
      and(
        eq(tables.customers.payerId, payerId),
        sql`${billingAddressOf(tables, payerColumn(tables))} = ${email}`,
      ),
    );
}

export async function postponeAddress(db: Database, payerId: string, until: number): Promise<void> {
  const { customers } = tablesOf(payerId);
  await db
    .update(customers)
    .set({ addressDue: until, addressAttempts: sql`${customers.addressAttempts} + 1` })
    .where(eq(customers.payerId, payerId));
}

export async function dropCustomer(db: Database, payerId: string, customerId: string): Promise<void> {
  const { customers } = tablesOf(payerId);
  await db.delete(customers).where(and(eq(customers.payerId, payerId), eq(customers.customerId, customerId)));
}

/** Lets one at a time change a payer's subscription: whether it is the caller. */
export async function seize(db: Database, payerId: string, now: number, until: number): Promise<boolean> {
  const { customers } = tablesOf(payerId);
  const taken = await db
    .update(customers)
    .set({ busyUntil: until, heldSeats: null })
    .where(and(eq(customers.payerId, payerId), lte(customers.busyUntil, now)))
    .returning({ payerId: customers.payerId });
  return taken.length > 0;
}

/**
 * Lets no more than so many join while the lease lasts, or no more than there are; gives how many that is. Null when more have joined, or
 * the lease is over.
 */
export async function holdSeats(
  db: Database,
  organizationId: string,
  lease: number,
  wanted: number | undefined,
): Promise<number | null> {
  const { customers } = tablesOf(organizationId);
  const count = sql`(SELECT count(*) FROM organization_members WHERE organization_id = ${organizationId})`;
  const held = sql<number>`coalesce(${wanted ?? null}, ${count})`;
  const [row] = await db
    .update(customers)
    .set({ heldSeats: held })
    .where(
      and(eq(customers.payerId, organizationId), eq(customers.busyUntil, lease), sql`${held} >= ${count}`),
    )
    .returning({ seats: customers.heldSeats });
  return row?.seats ?? null;
}

export async function release(db: Database, payerId: string, until: number): Promise<void> {
  const { customers } = tablesOf(payerId);
  await db
    .update(customers)
    .set({ busyUntil: 0 })
    .where(and(eq(customers.payerId, payerId), eq(customers.busyUntil, until)));
}

/** A subscription, of whichever payer. */
export async function findSubscription(db: Database, id: string): Promise<SubscriptionRow | null> {
  const ofKind = ({ subscriptions }: (typeof PAYER_KINDS)[number]) =>
    db.select().from(subscriptions).where(eq(subscriptions.id, id));
  const [ofUsers, ofOrganizations] = await db.batch([ofKind(PAYER_KINDS[0]), ofKind(PAYER_KINDS[1])]);
  return ofUsers[0] ?? ofOrganizations[0] ?? null;
}

/** A payer's subscriptions, those that have ended too, newest first. */
export function listSubscriptions(db: Database, payerId: string): Promise<SubscriptionRow[]> {
  const { subscriptions } = tablesOf(payerId);
  return db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.payerId, payerId))
    .orderBy(desc(subscriptions.createdAt), desc(subscriptions.id));
}

/** Subscriptions that have not been looked at since a time, and are not over. */
export async function listUnseen(db: Database, before: number, limit: number): Promise<{ id: string }[]> {
  const unseen = ({ subscriptions, parent }: (typeof PAYER_KINDS)[number]) => {
    const { id, fetchedAt, status, payerId } = subscriptions;
    const isOver = sql`(SELECT realm_id FROM ${parent} WHERE id = ${payerId})`;
    return db
      .select({ id })
      .from(subscriptions)
      .where(and(lt(fetchedAt, before), notInArray(status, ENDED), sql`${isOver} NOT IN ${FROZEN_REALMS}`))
      .orderBy(asc(fetchedAt))
      .limit(limit);
  };
  return (await db.batch([unseen(PAYER_KINDS[0]), unseen(PAYER_KINDS[1])])).flat();
}

/** What the newest subscription that holds gives a payer, as an expression. */
function held(payerId: string, value: SQL, now: number): SQL {
  const { subscriptions, owner } = tablesOf(payerId);
  return sql`(SELECT ${value} FROM ${subscriptions}
    WHERE ${sql.identifier(owner)} = ${payerId} AND holds_until > ${now} ORDER BY created_at DESC, id DESC LIMIT 1)`;
}

function payerExists(payerId: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${tablesOf(payerId).parent} WHERE id = ${payerId})`;
}

/** What a payer has by subscriptions, and the statements that write one and what they come to. */
export interface PlanWrite {
  set: { plan: SQL; planExpiresAt: SQL; subscribed: SQL; meters: SQL };
  /** How many seats they pay for, where that is a limit: of organizations alone. */
  paidSeats: SQL;
  guard: SQL;
  before: () => BatchItem<'sqlite'>[];
  after: () => BatchItem<'sqlite'>[];
}

/**
 * The change of a payer that writes a subscription over the revision that was read before it was fetched (0: there was
 * none), and gives them the plan that their subscriptions now come to, if that is another than they came to before.
 * The first result is empty when somebody else wrote meanwhile.
 */
export function subscriptionChange(db: Database, row: SubscriptionRow, now: number): PlanWrite {
  const { payerId, id, revision } = row;
  const { customers, subscriptions, owner, parent } = tablesOf(payerId);
  const [plan, until] = [held(payerId, sql`plan`, now), held(payerId, sql`holds_until`, now)];
  const paidSeats = held(payerId, sql`CASE WHEN seats = 'paid' THEN quantity END`, now);
  const meters = held(payerId, sql`meters`, now);
  const saved = { revision: subscriptions.revision };
  const isOrganization = isOrganizationId(payerId);
  const otherSeats = isOrganization
    ? sql`OR (SELECT paid_seats FROM organizations WHERE id = ${payerId}) IS NOT ${paidSeats}`
    : sql``;
  return {
    set: {
      plan: sql`coalesce(${plan}, ${isOrganization ? ORGANIZATION_PLAN : DEFAULT_PLAN})`,
      planExpiresAt: sql`${until}`,
      subscribed: sql`${plan} IS NOT NULL`,
      meters: sql`${meters}`,
    },
    paidSeats,
    guard: sql`EXISTS (SELECT 1 FROM ${customers} AS before WHERE before.${sql.identifier(owner)} = ${payerId}
      AND (before.plan IS NOT ${plan} OR before.plan_expires_at IS NOT ${until} ${otherSeats}
        OR (SELECT meters FROM ${parent} WHERE id = ${payerId}) IS NOT ${meters}))`,
    before: () => [
      revision === 1
        ? insertIf(db, subscriptions, row, payerExists(payerId)).onConflictDoNothing().returning(saved)
        : db
            .update(subscriptions)
            .set(row)
            .where(and(eq(subscriptions.id, id), eq(subscriptions.revision, revision - 1)))
            .returning(saved),
    ],
    after: () => [
      db
        .update(customers)
        .set({ plan: sql`${plan}`, planExpiresAt: sql`${until}` })
        .where(eq(customers.payerId, payerId)),
    ],
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

/**
 * Customers that are due to be deleted at Stripe; but for those of whose payer a payment was begun that nobody has found yet: by them it is
 * looked for.
 */
export function listErasures(db: Database, now: number, limit: number) {
  const isLookedFor = sql`EXISTS (SELECT 1 FROM stray_payments
    WHERE stray_payments.customer_id = ${billingErasures.customerId} AND payment_id IS NULL AND stray_payments.settled_at IS NULL)`;
  return db
    .select()
    .from(billingErasures)
    .where(
      and(
        isNull(billingErasures.settledAt),
        lte(billingErasures.nextAttemptAt, now),
        sql`NOT ${isLookedFor}`,
      ),
    )
    .limit(limit);
}

/** Notes that a customer is deleted at Stripe; whose it was stays known for a while. */
export async function settleErasure(db: Database, customerId: string, settledAt: number): Promise<void> {
  await db
    .update(billingErasures)
    .set({ settledAt, lastError: null })
    .where(eq(billingErasures.customerId, customerId));
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
