import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';

/** Projected from the account objects; the object decides, these rows follow. */
export const sessions = sqliteTable('sessions', {
  id: text().primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  seq: integer().notNull(),
  createdAt: integer('created_at').notNull(),
  lastSeenAt: integer('last_seen_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  endedAt: integer('ended_at'),
  endReason: text('end_reason'),
  ip: text(),
  country: text(),
  city: text(),
  userAgent: text('user_agent'),
  methods: text().notNull(),
  realmId: text('realm_id'),
  aliveUntil: integer('alive_until'),
  impersonator: text(),
});
