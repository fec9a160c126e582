import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Users by what admins filter by: `status role plan email_verified anonymous`. Kept by triggers on `users`. */
export const userCounts = sqliteTable(
  'user_counts',
  {
    realmId: text('realm_id').notNull(),
    facet: text().notNull(),
    users: integer().notNull(),
    passwords: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.facet] })],
);

/**
 * How many users can sign in by what: `password`, or the id of a provider. Kept by triggers. Who has registered with a password is
 * counted in `user_counts`, and lessens this when they have none any more.
 */
export const providerCounts = sqliteTable(
  'provider_counts',
  {
    realmId: text('realm_id').notNull(),
    provider: text().notNull(),
    users: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.provider] })],
);

/** What happened in a realm on a UTC day (YYYY-MM-DD). Kept by triggers. */
export const realmDays = sqliteTable(
  'realm_days',
  {
    realmId: text('realm_id').notNull(),
    date: text().notNull(),
    signUps: integer('sign_ups').notNull().default(0),
    signIns: integer('sign_ins').notNull().default(0),
    activeUsers: integer('active_users').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.date] })],
);

/** Sessions that nobody has ended, by the UTC day on which they would expire. Kept by triggers on `sessions`. */
export const sessionCounts = sqliteTable(
  'session_counts',
  {
    realmId: text('realm_id').notNull(),
    date: text().notNull(),
    sessions: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.date] })],
);
