import { type AnySQLiteColumn, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import { organizations } from '../organizations/tables.ts';
import { realms } from '../realms/tables.ts';

export const billingPrices = sqliteTable(
  'billing_prices',
  {
    realmId: text('realm_id')
      .notNull()
      .references(() => realms.id),
    priceId: text('price_id').notNull(),
    plan: text(),
    credits: integer(),
    unitAmount: integer('unit_amount'),
    currency: text().notNull(),
    months: real(),
    seats: text({ enum: ['members', 'paid'] }),
    metered: text({ mode: 'json' }).$type<string[]>(),
    position: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.priceId] })],
);

export type PriceRow = typeof billingPrices.$inferSelect;

/**
 * What is kept of payers of one kind. Users and organizations have tables of their own, so that their rows go with them; but for whose
 * a row is, their columns are the same, and one code reads and writes both.
 */
function payerTables(prefix: 'billing' | 'organization', owner: string, parent: () => AnySQLiteColumn) {
  const payer = () => text(owner);
  const ofPayer = () => payer().notNull().references(parent, { onDelete: 'cascade' });
  return {
    customers: sqliteTable(`${prefix}_customers`, {
      payerId: payer().primaryKey().references(parent, { onDelete: 'cascade' }),
      realmId: text('realm_id').notNull(),
      customerId: text('customer_id').notNull(),
      plan: text(),
      planExpiresAt: integer('plan_expires_at'),
      busyUntil: integer('busy_until').notNull().default(0),
      heldSeats: integer('held_seats'),
      addressDue: integer('address_due'),
      addressAttempts: integer('address_attempts').notNull().default(0),
      createdAt: integer('created_at').notNull(),
    }),
    subscriptions: sqliteTable(`${prefix}_subscriptions`, {
      id: text().primaryKey(),
      payerId: ofPayer(),
      priceId: text('price_id').notNull(),
      plan: text().notNull(),
      amount: integer(),
      currency: text(),
      months: real(),
      quantity: integer().notNull().default(1),
      seats: text({ enum: ['members', 'paid'] }),
      meters: text({ mode: 'json' }).$type<string[]>(),
      status: text().notNull(),
      periodStart: integer('period_start').notNull(),
      periodEnd: integer('period_end').notNull(),
      cancelAtPeriodEnd: integer('cancel_at_period_end', { mode: 'boolean' }).notNull(),
      cancelAt: integer('cancel_at'),
      trialEnd: integer('trial_end'),
      holdsUntil: integer('holds_until'),
      revision: integer().notNull(),
      createdAt: integer('created_at').notNull(),
      fetchedAt: integer('fetched_at').notNull(),
    }),
    reversals: sqliteTable(`${prefix}_reversals`, {
      reference: text().primaryKey(),
      payerId: ofPayer(),
      realmId: text('realm_id').notNull(),
      credits: integer().notNull(),
      taken: integer().notNull(),
      revision: integer().notNull(),
      updatedAt: integer('updated_at').notNull(),
    }),
    /** By what the lines of an invoice were read when it was first. */
    invoiceRates: sqliteTable(
      `${prefix}_invoice_rates`,
      {
        invoiceId: text('invoice_id').notNull(),
        priceId: text('price_id').notNull(),
        payerId: ofPayer(),
        monthlyCredits: integer('monthly_credits').notNull(),
        months: real().notNull(),
        unitAmount: integer('unit_amount'),
        currency: text().notNull(),
        createdAt: integer('created_at').notNull(),
      },
      (table) => [primaryKey({ columns: [table.invoiceId, table.priceId] })],
    ),
    /** Whose they are. */
    parent: prefix === 'billing' ? users : organizations,
    /** The column that says whose a row is, in SQL. */
    owner,
  };
}

export type PayerTables = ReturnType<typeof payerTables>;

export const userBilling = payerTables('billing', 'user_id', () => users.id);
export const organizationBilling = payerTables('organization', 'organization_id', () => organizations.id);

/** Both kinds, for what is known by an id of Stripe alone. */
export const PAYER_KINDS = [userBilling, organizationBilling] as const;

/** The tables of a payer: of users, or of organizations, as the id says. */
export function tablesOf(payerId: string): PayerTables {
  return isOrganizationId(payerId) ? organizationBilling : userBilling;
}

export type CustomerRow = PayerTables['customers']['$inferSelect'];
export type SubscriptionRow = PayerTables['subscriptions']['$inferSelect'];
export type ReversalRow = PayerTables['reversals']['$inferSelect'];
export type InvoiceRateRow = PayerTables['invoiceRates']['$inferSelect'];

/** Payers whose credits are bought again when few are left. */
export const topUps = sqliteTable('top_ups', {
  payerId: text('payer_id').primaryKey(),
  userId: text('user_id').references(() => users.id, { onDelete: 'cascade' }),
  organizationId: text('organization_id').references(() => organizations.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  below: integer().notNull(),
  priceId: text('price_id').notNull(),
  monthlyLimit: integer('monthly_limit').notNull(),
  currency: text().notNull(),
  status: text({ enum: ['on', 'off', 'stopped'] })
    .notNull()
    .default('on'),
  reason: text({ enum: ['declined', 'authentication_required', 'no_payment_method', 'price_gone'] }),
  counter: integer().notNull().default(0),
  month: text().notNull().default(''),
  spent: integer().notNull().default(0),
  spentElsewhere: text('spent_elsewhere'),
  pendingAmount: integer('pending_amount'),
  pendingCredits: integer('pending_credits'),
  pendingMethod: text('pending_method'),
  pendingSince: integer('pending_since'),
  pendingTries: integer('pending_tries').notNull().default(0),
  falls: integer().notNull().default(0),
  dueAt: integer('due_at'),
  leasedUntil: integer('leased_until').notNull().default(0),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export type TopUpRow = typeof topUps.$inferSelect;

/** What payers have used of an hour that a meter bills, and how much of it Stripe was told. */
export const overageReports = sqliteTable(
  'overage_reports',
  {
    hour: integer().notNull(),
    payerId: text('payer_id').notNull(),
    meter: text().notNull(),
    userId: text('user_id').references(() => users.id, { onDelete: 'cascade' }),
    organizationId: text('organization_id').references(() => organizations.id, { onDelete: 'cascade' }),
    realmId: text('realm_id').notNull(),
    used: integer().notNull(),
    usedAt: integer('used_at').notNull(),
    reported: integer().notNull().default(0),
    customerId: text('customer_id'),
    number: integer().notNull().default(0),
    pending: integer(),
    pendingAt: integer('pending_at'),
    pendingSince: integer('pending_since'),
    attempts: integer().notNull().default(0),
    dueAt: integer('due_at'),
    leasedUntil: integer('leased_until').notNull().default(0),
    lastError: text('last_error'),
    checkAt: integer('check_at'),
    missed: integer(),
    lastValue: integer('last_value'),
    lastValueAt: integer('last_value_at'),
    takenAt: integer('taken_at'),
  },
  (table) => [primaryKey({ columns: [table.hour, table.payerId, table.meter] })],
);

export type OverageReportRow = typeof overageReports.$inferSelect;

/** Organizations whose number of members Stripe is to be told. */
export const seatChanges = sqliteTable('seat_changes', {
  organizationId: text('organization_id')
    .primaryKey()
    .references(() => organizations.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  times: integer().notNull().default(1),
  attempts: integer().notNull().default(0),
  nextAttemptAt: integer('next_attempt_at').notNull().default(0),
});

/** What subscriptions bring that are not over. Kept by triggers on `billing_subscriptions`. */
export const planRevenue = sqliteTable(
  'plan_revenue',
  {
    realmId: text('realm_id').notNull(),
    plan: text().notNull(),
    currency: text().notNull(),
    months: real().notNull(),
    subscriptions: integer().notNull(),
    amount: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.plan, table.currency, table.months] })],
);

export const billingEvents = sqliteTable('billing_events', {
  seq: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull(),
  type: text().notNull(),
  subject: text().notNull(),
  customerId: text('customer_id'),
  realmId: text('realm_id'),
  status: text({ enum: ['received', 'done', 'ignored', 'failed'] })
    .notNull()
    .default('received'),
  attempts: integer().notNull().default(0),
  leasedUntil: integer('leased_until').notNull().default(0),
  nextAttemptAt: integer('next_attempt_at').notNull(),
  lastError: text('last_error'),
  createdAt: integer('created_at').notNull(),
  receivedAt: integer('received_at').notNull(),
  settledAt: integer('settled_at'),
});

export type EventRow = typeof billingEvents.$inferSelect;

export const billingErasures = sqliteTable('billing_erasures', {
  customerId: text('customer_id').primaryKey(),
  attempts: integer().notNull().default(0),
  nextAttemptAt: integer('next_attempt_at').notNull().default(0),
  lastError: text('last_error'),
  settledAt: integer('settled_at'),
  leftAt: integer('left_at'),
});

/** Payments whose payer is gone, to be given back. */
export const strayPayments = sqliteTable('stray_payments', {
  id: text().primaryKey(),
  customerId: text('customer_id').notNull(),
  paymentId: text('payment_id'),
  topUp: integer('top_up'),
  begunAt: integer('begun_at').notNull(),
  foundAt: integer('found_at').notNull(),
  attempts: integer().notNull().default(0),
  nextAttemptAt: integer('next_attempt_at').notNull().default(0),
  lastError: text('last_error'),
  settledAt: integer('settled_at'),
  kept: integer(),
});

export type StrayPaymentRow = typeof strayPayments.$inferSelect;

export const billingProgress = sqliteTable('billing_progress', {
  id: integer().primaryKey(),
  eventsUntil: integer('events_until').notNull(),
});
