import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';

/** What was given last as a password with an address that is known already, by its hash. */
export const shadowPasswords = sqliteTable('shadow_passwords', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  hash: text().notNull(),
});

export const passwords = sqliteTable('passwords', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  hash: text().notNull(),
  updatedAt: integer('updated_at').notNull(),
});
