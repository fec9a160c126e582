import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';

export const identities = sqliteTable(
  'identities',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    realmId: text('realm_id').notNull(),
    provider: text().notNull(),
    subject: text().notNull(),
    email: text(),
    emailVerified: integer('email_verified', { mode: 'boolean' }).notNull(),
    name: text(),
    picture: text(),
    profile: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    tokens: text().notNull(),
    addedUnproven: integer('added_unproven', { mode: 'boolean' }).notNull().default(false),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    lastLoginAt: integer('last_login_at'),
    refreshingUntil: integer('refreshing_until').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.userId, table.provider] })],
);

export type IdentityRow = typeof identities.$inferSelect;

/** What came of flows. `outcome` is sealed. */
export const oauthFlows = sqliteTable('oauth_flows', {
  stateHash: text('state_hash').primaryKey(),
  outcome: text(),
  expiresAt: integer('expires_at').notNull(),
  realmId: text('realm_id'),
});
