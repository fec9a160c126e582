import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { JWK } from 'jose';
import { realms } from '../realms/tables.ts';
import { ID_TOKEN_ALGORITHMS } from '../signing-keys/tables.ts';

/** How a client can prove who it is (RFC 8414, 2; RFC 7523, 2.2). */
export const CLIENT_AUTHENTICATIONS = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const;

/** RFC 8628, 3.4. */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** How a client can get tokens, as requests name it. */
export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_GRANT,
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const;

/** By what clients know users (OpenID Connect Core 1.0, 8). */
export const SUBJECT_TYPES = ['public', 'pairwise'] as const;

export type GrantType = (typeof GRANT_TYPES)[number];

const list = (name: string) => text(name, { mode: 'json' }).$type<string[]>().notNull();

export const oauthClients = sqliteTable('oauth_clients', {
  id: text().primaryKey(),
  realmId: text('realm_id')
    .notNull()
    .references(() => realms.id),
  name: text().notNull(),
  firstParty: integer('first_party', { mode: 'boolean' }).notNull(),
  authentication: text({ enum: CLIENT_AUTHENTICATIONS }).notNull(),
  secretHash: text('secret_hash'),
  previousHash: text('previous_hash'),
  previousExpiresAt: integer('previous_expires_at'),
  idTokenAlgorithm: text('id_token_algorithm', { enum: ID_TOKEN_ALGORITHMS }).notNull().default('ES256'),
  dpopBound: integer('dpop_bound', { mode: 'boolean' }).notNull().default(false),
  jwks: text({ mode: 'json' }).$type<{ keys: JWK[] }>(),
  jwksUri: text('jwks_uri'),
  subjectType: text('subject_type', { enum: SUBJECT_TYPES }).notNull().default('public'),
  sectorIdentifierUri: text('sector_identifier_uri'),
  redirectUris: list('redirect_uris'),
  postLogoutRedirectUris: list('post_logout_redirect_uris'),
  grantTypes: text('grant_types', { mode: 'json' }).$type<GrantType[]>().notNull(),
  scopes: list('scopes'),
  audiences: list('audiences'),
  backchannelLogoutUri: text('backchannel_logout_uri'),
  logoUri: text('logo_uri'),
  clientUri: text('client_uri'),
  policyUri: text('policy_uri'),
  tosUri: text('tos_uri'),
  accessTokenSeconds: integer('access_token_seconds'),
  refreshTokenSeconds: integer('refresh_token_seconds'),
  /** Of one that registered itself (RFC 7592), and when it got a token last. */
  registrationHash: text('registration_hash'),
  usedAt: integer('used_at'),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export type OAuthClientRow = typeof oauthClients.$inferSelect;

export const protectedResources = sqliteTable('protected_resources', {
  id: text().primaryKey(),
  realmId: text('realm_id')
    .notNull()
    .references(() => realms.id),
  identifier: text().notNull(),
  name: text().notNull(),
  scopes: list('scopes'),
  open: integer({ mode: 'boolean' }).notNull(),
  accessTokenSeconds: integer('access_token_seconds'),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export type ProtectedResourceRow = typeof protectedResources.$inferSelect;
export const logoutNotices = sqliteTable('logout_notices', {
  id: text().primaryKey(),
  realmId: text('realm_id').notNull(),
  userId: text('user_id').notNull(),
  clientId: text('client_id').notNull(),
  sessionId: text('session_id').notNull(),
  attempts: integer().notNull().default(0),
  nextAttemptAt: integer('next_attempt_at').notNull(),
  leasedUntil: integer('leased_until').notNull().default(0),
});

export type LogoutNoticeRow = typeof logoutNotices.$inferSelect;

export const usedAssertions = sqliteTable('used_assertions', {
  hash: text().primaryKey(),
  realmId: text('realm_id').notNull(),
  expiresAt: integer('expires_at').notNull(),
});
