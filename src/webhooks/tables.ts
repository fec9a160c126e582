import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { EventName } from '../events/catalogue.ts';
import { realms } from '../realms/tables.ts';

/** Where the events of a realm are sent to. */
export const webhookEndpoints = sqliteTable('webhook_endpoints', {
  id: text().primaryKey(),
  realmId: text('realm_id')
    .notNull()
    .references(() => realms.id),
  url: text().notNull(),
  description: text().notNull().default(''),
  /** The names of those that it wants; null for all. */
  events: text({ mode: 'json' }).$type<EventName[]>(),
  /** `WebhookKeys`, sealed. */
  keys: text().notNull(),
  status: text({ enum: ['active', 'disabled'] })
    .notNull()
    .default('active'),
  disabledFor: text('disabled_for', { enum: ['operator', 'failing', 'gone'] }),
  failures: integer().notNull().default(0),
  failingSince: integer('failing_since'),
  retryAt: integer('retry_at').notNull().default(0),
  deliveredAt: integer('delivered_at'),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export type WebhookEndpointRow = typeof webhookEndpoints.$inferSelect;

/** Each try to deliver an event. */
export const webhookAttempts = sqliteTable(
  'webhook_attempts',
  {
    deliveryId: text('delivery_id').notNull(),
    attempt: integer().notNull(),
    realmId: text('realm_id').notNull(),
    at: integer().notNull(),
    duration: integer().notNull(),
    status: integer(),
    error: text(),
    answer: text(),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.attempt] })],
);

export type WebhookAttemptRow = typeof webhookAttempts.$inferSelect;
