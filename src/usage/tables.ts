import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';

// Projected from the account objects; the objects decide, these rows follow. Triggers sum the daily rows by realm.

const userId = () =>
  text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' });
const tokens = () => ({
  inputTokens: integer('input_tokens').notNull(),
  outputTokens: integer('output_tokens').notNull(),
});

export const usageEvents = sqliteTable(
  'usage_events',
  {
    userId: userId(),
    seq: integer().notNull(),
    at: integer().notNull(),
    resource: text().notNull(),
    quantity: integer().notNull(),
    reference: text(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.seq] })],
);

export const usageDaily = sqliteTable(
  'usage_daily',
  {
    userId: userId(),
    date: text().notNull(),
    resource: text().notNull(),
    realmId: text('realm_id').notNull(),
    seq: integer().notNull(),
    quantity: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.date, table.resource] })],
);

export const usageMonthly = sqliteTable(
  'usage_monthly',
  {
    userId: userId(),
    month: text().notNull(),
    resource: text().notNull(),
    realmId: text('realm_id').notNull(),
    seq: integer().notNull(),
    quantity: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.month, table.resource] })],
);

export const tokenEvents = sqliteTable(
  'token_events',
  {
    userId: userId(),
    seq: integer().notNull(),
    at: integer().notNull(),
    model: text().notNull(),
    ...tokens(),
    requestId: text('request_id'),
  },
  (table) => [primaryKey({ columns: [table.userId, table.seq] })],
);

export const tokenDaily = sqliteTable(
  'token_daily',
  {
    userId: userId(),
    date: text().notNull(),
    model: text().notNull(),
    realmId: text('realm_id').notNull(),
    seq: integer().notNull(),
    ...tokens(),
    requests: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.date, table.model] })],
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
