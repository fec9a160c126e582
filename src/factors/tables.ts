import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';

/** What an authenticator app is called that nobody has named. */
export const APP_NAME = 'Authenticator';

export const factors = sqliteTable('factors', {
  id: text().primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  type: text({ enum: ['totp'] }).notNull(),
  name: text().notNull(),
  /** A sealed `Totp`. */
  secret: text().notNull(),
  addedUnproven: integer('added_unproven', { mode: 'boolean' }).notNull().default(false),
  createdAt: integer('created_at').notNull(),
  verifiedAt: integer('verified_at'),
});

export type FactorRow = typeof factors.$inferSelect;
