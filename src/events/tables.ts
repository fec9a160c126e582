import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** What happened, of what some endpoint wants to hear. */
export const events = sqliteTable('events', {
  id: text().primaryKey(),
  realmId: text('realm_id').notNull(),
  seq: integer().notNull(),
  userId: text('user_id'),
  type: text().notNull(),
  at: integer().notNull(),
  actor: text(),
  requestId: text('request_id'),
  data: text().notNull(),
});
