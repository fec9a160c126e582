import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { type Limits, ORGANIZATION_PLAN } from '../directory/state.ts';
import { users } from '../directory/tables.ts';
import { realms } from '../realms/tables.ts';

export const organizations = sqliteTable('organizations', {
  id: text().primaryKey(),
  realmId: text('realm_id')
    .notNull()
    .references(() => realms.id),
  name: text().notNull(),
  slug: text().notNull(),
  logo: text(),
  metadata: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull().default({}),
  plan: text().notNull().default(ORGANIZATION_PLAN),
  planExpiresAt: integer('plan_expires_at'),
  customLimits: text('custom_limits', { mode: 'json' }).$type<Limits>().notNull().default({}),
  subscribed: integer({ mode: 'boolean' }).notNull().default(false),
  meters: text({ mode: 'json' }).$type<string[]>(),
  seats: integer(),
  paidSeats: integer('paid_seats'),
  billingEmail: text('billing_email'),
  status: text({ enum: ['active', 'suspended'] })
    .notNull()
    .default('active'),
  version: integer().notNull().default(1),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export type OrganizationRow = typeof organizations.$inferSelect;

export const members = sqliteTable(
  'organization_members',
  {
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    realmId: text('realm_id').notNull(),
    role: text().notNull(),
    version: integer().notNull(),
    invitedBy: text('invited_by'),
    joinedAt: integer('joined_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.userId] })],
);

export type MemberRow = typeof members.$inferSelect;

export const invitations = sqliteTable('organization_invitations', {
  id: text().primaryKey(),
  organizationId: text('organization_id')
    .notNull()
    .references(() => organizations.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  email: text(),
  domain: text(),
  role: text().notNull(),
  tokenHash: text('token_hash').notNull().unique(),
  invitedBy: text('invited_by').notNull(),
  byOperator: integer('by_operator', { mode: 'boolean' }).notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
});

export type InvitationRow = typeof invitations.$inferSelect;

export const domains = sqliteTable('organization_domains', {
  id: text().primaryKey(),
  organizationId: text('organization_id')
    .notNull()
    .references(() => organizations.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  domain: text().notNull(),
  token: text().notNull(),
  verifiedAt: integer('verified_at'),
  joinsAs: text('joins_as'),
  checkedAt: integer('checked_at'),
  missed: integer().notNull().default(0),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
});

export type DomainRow = typeof domains.$inferSelect;
