import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { realms } from '../realms/tables.ts';

export const outbox = sqliteTable('outbox', {
  id: text().primaryKey(),
  realmId: text('realm_id')
    .notNull()
    .references(() => realms.id),
  userId: text('user_id'),
  channel: text({ enum: ['mail', 'sms', 'webhook'] }).notNull(),
  template: text().notNull(),
  recipient: text().notNull(),
  locale: text(),
  data: text().notNull(),
  status: text({ enum: ['pending', 'sent', 'dead', 'void'] })
    .notNull()
    .default('pending'),
  attempts: integer().notNull().default(0),
  nextAttemptAt: integer('next_attempt_at').notNull(),
  leasedUntil: integer('leased_until').notNull().default(0),
  lastError: text('last_error'),
  expiresAt: integer('expires_at'),
  createdAt: integer('created_at').notNull(),
  settledAt: integer('settled_at'),
  /** What is delivered, of the channel `webhook`: to the endpoint that is the recipient. */
  eventId: text('event_id'),
});

export type OutboxRow = typeof outbox.$inferSelect;
