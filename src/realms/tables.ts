import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { CONTROL } from '../config/databases.ts';
import { JURISDICTIONS } from '../lib/jurisdiction.ts';
import { type Factor, MFA_MODES } from '../lib/mfa.ts';
import type { RoleBook } from '../lib/organization-roles.ts';
import {
  type Appearance,
  type ClientRegistration,
  DEFAULT_ORGANIZATIONS,
  DEFAULT_OWN_KEYS,
  type Decoys,
} from '../lib/realm.ts';

export const realms = sqliteTable('realms', {
  id: text().primaryKey(),
  name: text().notNull(),
  registration: text({ enum: ['open', 'verify_first', 'closed'] })
    .notNull()
    .default('open'),
  allowedOrigins: text('allowed_origins', { mode: 'json' }).$type<string[]>().notNull().default([]),
  redirectTargets: text('redirect_targets', { mode: 'json' }).$type<string[]>().notNull().default([]),
  color: text().notNull().default('#1d4ed8'),
  logo: text(),
  /** What is not there is as `appearanceOf` says. */
  appearance: text({ mode: 'json' }).$type<Partial<Appearance>>().notNull().default({}),
  audience: text(),
  accessTokenSeconds: integer('access_token_seconds').notNull().default(600),
  /** Whether an operator chose it: else it is the Worker's to say. */
  accessTokenChosen: integer('access_token_chosen', { mode: 'boolean' }).notNull().default(false),
  sessionIdleSeconds: integer('session_idle_seconds').notNull().default(1_209_600),
  sessionAbsoluteSeconds: integer('session_absolute_seconds').notNull().default(2_592_000),
  reauthenticationSeconds: integer('reauthentication_seconds').notNull().default(600),
  operatorReauthenticationSeconds: integer('operator_reauthentication_seconds').notNull().default(3600),
  refreshGraceSeconds: integer('refresh_grace_seconds').notNull().default(30),
  breachedPasswords: text('breached_passwords', { enum: ['refused', 'unchecked'] })
    .notNull()
    .default('refused'),
  anonymousUsers: text('anonymous_users', { enum: ['off', 'on'] })
    .notNull()
    .default('off'),
  challenge: text({ enum: ['off', 'altcha', 'turnstile'] })
    .notNull()
    .default('off'),
  /** Null is the default of the deployment. */
  mfa: text({ enum: MFA_MODES }),
  mfaFactors: text('mfa_factors', { mode: 'json' }).$type<Factor[]>().notNull().default(['totp', 'passkey']),
  mfaFrom: integer('mfa_from'),
  mfaRememberDevice: integer('mfa_remember_device', { mode: 'boolean' }).notNull().default(false),
  clientRegistration: text('client_registration', { mode: 'json' })
    .$type<ClientRegistration[]>()
    .notNull()
    .default([]),
  organizations: text({ enum: ['open', 'closed'] })
    .notNull()
    .default('open'),
  organizationsPerUser: integer('organizations_per_user').notNull().default(DEFAULT_ORGANIZATIONS.perUser),
  membersPerOrganization: integer('members_per_organization')
    .notNull()
    .default(DEFAULT_ORGANIZATIONS.members),
  organizationRoles: text('organization_roles', { mode: 'json' }).$type<RoleBook>().notNull().default({}),
  ownApiKeys: integer('own_api_keys').notNull().default(DEFAULT_OWN_KEYS),
  decoys: text({ mode: 'json' }).$type<Decoys>().notNull().default([]),
  decoysAt: integer('decoys_at').notNull().default(0),
  database: text().notNull().default(CONTROL),
  jurisdiction: text({ enum: JURISDICTIONS }),
  isMoving: integer('is_moving', { mode: 'boolean' }).notNull().default(false),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export type RealmRow = typeof realms.$inferSelect;
