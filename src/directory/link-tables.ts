import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const oneTimeTokens = sqliteTable(
  'one_time_tokens',
  {
    userId: text('user_id').notNull(),
    purpose: text({ enum: ['verify_email', 'change_email', 'undo_email', 'reset_password'] }).notNull(),
    slot: text().notNull().default(''),
    hash: text().notNull().unique(),
    email: text().notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
  },
  (table) => [primaryKey({ columns: [table.userId, table.purpose, table.slot] })],
);

export type LinkPurpose = typeof oneTimeTokens.$inferSelect.purpose;
