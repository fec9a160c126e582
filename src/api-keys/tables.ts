import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Scope } from '../lib/scopes.ts';
import { realms } from '../realms/tables.ts';

export const apiKeys = sqliteTable('api_keys', {
  id: text().primaryKey(),
  realmId: text('realm_id')
    .notNull()
    .references(() => realms.id),
  name: text().notNull(),
  scopes: text({ mode: 'json' }).$type<Scope[]>().notNull(),
  prefix: text().notNull(),
  hash: text().notNull(),
  previousHash: text('previous_hash'),
  previousExpiresAt: integer('previous_expires_at'),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  lastUsedAt: integer('last_used_at'),
  expiresAt: integer('expires_at'),
  revokedAt: integer('revoked_at'),
  keeper: text(),
  suspendedAt: integer('suspended_at'),
});

export type ApiKeyRow = typeof apiKeys.$inferSelect;
