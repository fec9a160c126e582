import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';

/** As many as a user can have. */
export const MAX_PASSKEYS = 20;

export const passkeys = sqliteTable('passkeys', {
  id: text().primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  credentialId: text('credential_id').notNull(),
  publicKey: text('public_key').notNull(),
  counter: integer().notNull(),
  transports: text({ mode: 'json' }).$type<string[]>().notNull(),
  aaguid: text().notNull(),
  backupEligible: integer('backup_eligible', { mode: 'boolean' }).notNull(),
  backedUp: integer('backed_up', { mode: 'boolean' }).notNull(),
  name: text().notNull(),
  addedUnproven: integer('added_unproven', { mode: 'boolean' }).notNull().default(false),
  createdAt: integer('created_at').notNull(),
  userHandle: text('user_handle'),
  /** Whether it proves two factors: see `methodsOf`. */
  uvInitialized: integer('uv_initialized', { mode: 'boolean' }).notNull().default(true),
});

export type PasskeyRow = typeof passkeys.$inferSelect;
