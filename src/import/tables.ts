import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { users } from '../directory/tables.ts';
import { realms } from '../realms/tables.ts';

/** Moves of users from other systems; the rows up to `throughRow` are done. */
export const imports = sqliteTable(
  'imports',
  {
    realmId: text('realm_id')
      .notNull()
      .references(() => realms.id),
    id: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    throughRow: integer('through_row').notNull().default(0),
    imported: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.id] })],
);

/** Where an imported user comes from. */
export const importedUsers = sqliteTable('imported_users', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  realmId: text('realm_id').notNull(),
  importId: text('import_id').notNull(),
  row: integer().notNull(),
  /** Which system, or '': `external_id` is one of its ids. */
  source: text().notNull().default(''),
  externalId: text('external_id'),
});
