import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { realms } from '../realms/tables.ts';
import type { Limits } from './state.ts';

export const users = sqliteTable('users', {
  id: text().primaryKey(),
  realmId: text('realm_id')
    .notNull()
    .references(() => realms.id),
  email: text().notNull(),
  emailVerified: integer('email_verified', { mode: 'boolean' }).notNull().default(false),
  emailProvenAt: integer('email_proven_at'),
  /** Whether nothing opens the account but its sessions. */
  anonymous: integer({ mode: 'boolean' }).notNull().default(false),
  username: text(),
  wantedUsername: text('wanted_username'),
  name: text(),
  givenName: text('given_name'),
  familyName: text('family_name'),
  picture: text(),
  bio: text(),
  phoneNumber: text('phone_number'),
  phoneNumberVerified: integer('phone_number_verified', { mode: 'boolean' }).notNull().default(false),
  phoneAddedUnproven: integer('phone_added_unproven', { mode: 'boolean' }).notNull().default(false),
  phoneProvenApart: integer('phone_proven_apart', { mode: 'boolean' }).notNull().default(false),
  country: text(),
  locale: text(),
  role: text({ enum: ['user', 'admin', 'owner'] })
    .notNull()
    .default('user'),
  plan: text().notNull().default('free'),
  planExpiresAt: integer('plan_expires_at'),
  customLimits: text('custom_limits', { mode: 'json' }).$type<Limits>().notNull().default({}),
  grantedMonth: text('granted_month').notNull().default(''),
  subscribed: integer({ mode: 'boolean' }).notNull().default(false),
  meters: text({ mode: 'json' }).$type<string[]>(),
  openingCredits: integer('opening_credits').notNull().default(0),
  status: text({ enum: ['active', 'suspended'] })
    .notNull()
    .default('active'),
  version: integer().notNull().default(1),
  credentialVersion: integer('credential_version').notNull().default(1),
  createdAt: integer('created_at').notNull(),
  madeIn: text('made_in'),
  madeWith: text('made_with'),
  updatedAt: integer('updated_at').notNull(),
  lastLoginAt: integer('last_login_at'),
  lastActiveOn: text('last_active_on'),
  liveSessions: text('sessions').notNull().default('{}'),
  told: integer().notNull().default(0),
  withPassword: integer('with_password', { mode: 'boolean' }).notNull().default(false),
  totpCount: integer('totp_count').notNull().default(0),
  passkeyCount: integer('passkey_count').notNull().default(0),
  hasPast: integer('has_past', { mode: 'boolean' }).notNull().default(false),
  metadata: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull().default({}),
  foldedName: text('folded_name'),
  foldedFamilyName: text('folded_family_name'),
});

export type UserRow = typeof users.$inferSelect;

/** Users in whom something is yet to be brought into the form that is written today. */
export const usersToFold = sqliteTable('users_to_fold', { userId: text('user_id').primaryKey() });

/** The activity log. Without a foreign key: it outlives the account. */
export const activity = sqliteTable(
  'activity',
  {
    userId: text('user_id').notNull(),
    seq: integer().notNull(),
    realmId: text('realm_id').notNull(),
    at: integer().notNull(),
    type: text().notNull(),
    sessionId: text('session_id'),
    ip: text(),
    country: text(),
    userAgent: text('user_agent'),
    actor: text(),
    details: text({ mode: 'json' }).$type<Record<string, unknown>>(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.seq] })],
);

export type ActivityRow = typeof activity.$inferSelect;

export const preferences = sqliteTable('preferences', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  data: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  updatedAt: integer('updated_at').notNull(),
});
