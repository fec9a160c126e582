import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';

// Sums over users, told by the account objects, which hold what each of them has used.

const tokens = () => ({
  inputTokens: integer('input_tokens').notNull(),
  outputTokens: integer('output_tokens').notNull(),
});

export const usageMonthly = sqliteTable(
  'usage_monthly',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    month: text().notNull(),
    resource: text().notNull(),
    realmId: text('realm_id').notNull(),
    seq: integer().notNull(),
    quantity: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.month, table.resource] })],
);

export const realmUsageDaily = sqliteTable(
  'realm_usage_daily',
  {
    realmId: text('realm_id').notNull(),
    date: text().notNull(),
    resource: text().notNull(),
    quantity: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.date, table.resource] })],
);

export const realmTokenDaily = sqliteTable(
  'realm_token_daily',
  {
    realmId: text('realm_id').notNull(),
    date: text().notNull(),
    model: text().notNull(),
    ...tokens(),
    requests: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.date, table.model] })],
);
