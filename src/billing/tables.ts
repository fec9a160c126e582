import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';
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
    position: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.priceId] })],
);

export type PriceRow = typeof billingPrices.$inferSelect;

export const billingCustomers = sqliteTable('billing_customers', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  customerId: text('customer_id').notNull(),
  plan: text(),
  planExpiresAt: integer('plan_expires_at'),
  busyUntil: integer('busy_until').notNull().default(0),
  addressDue: integer('address_due'),
  addressAttempts: integer('address_attempts').notNull().default(0),
  createdAt: integer('created_at').notNull(),
});

export type CustomerRow = typeof billingCustomers.$inferSelect;

export const billingSubscriptions = sqliteTable('billing_subscriptions', {
  id: text().primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  priceId: text('price_id').notNull(),
  plan: text().notNull(),
  amount: integer(),
  currency: text(),
  months: real(),
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
});

export type SubscriptionRow = typeof billingSubscriptions.$inferSelect;

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

export const billingReversals = sqliteTable('billing_reversals', {
  reference: text().primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  credits: integer().notNull(),
  taken: integer().notNull(),
  revision: integer().notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export type ReversalRow = typeof billingReversals.$inferSelect;

/** By what the lines of an invoice were read when it was first. */
export const billingInvoiceRates = sqliteTable(
  'billing_invoice_rates',
  {
    invoiceId: text('invoice_id').notNull(),
    priceId: text('price_id').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    monthlyCredits: integer('monthly_credits').notNull(),
    months: real().notNull(),
    unitAmount: integer('unit_amount'),
    currency: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.invoiceId, table.priceId] })],
);

export type InvoiceRateRow = typeof billingInvoiceRates.$inferSelect;

export const billingErasures = sqliteTable('billing_erasures', {
  customerId: text('customer_id').primaryKey(),
  attempts: integer().notNull().default(0),
  nextAttemptAt: integer('next_attempt_at').notNull().default(0),
  lastError: text('last_error'),
});

export const billingProgress = sqliteTable('billing_progress', {
  id: integer().primaryKey(),
  eventsUntil: integer('events_until').notNull(),
});
