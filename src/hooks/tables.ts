import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { HOOK_NAMES } from '../lib/realm.ts';
import { realms } from '../realms/tables.ts';

/** Whom realms ask before they act, or have act in their place. In `DB` alone. */
export const hooks = sqliteTable(
  'hooks',
  {
    realmId: text('realm_id')
      .notNull()
      .references(() => realms.id),
    name: text({ enum: HOOK_NAMES }).notNull(),
    url: text(),
    binding: text(),
    onFailure: text('on_failure', { enum: ['allow', 'refuse'] }).notNull(),
    namespace: text(),
    /** `WebhookKeys`, sealed. */
    keys: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.name] })],
);

export type HookRow = typeof hooks.$inferSelect;
