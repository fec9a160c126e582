import { integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import { realms } from '../realms/tables.ts';

export const signingKeys = sqliteTable(
  'signing_keys',
  {
    id: text().primaryKey(),
    realmId: text('realm_id')
      .notNull()
      .references(() => realms.id),
    generation: integer().notNull(),
    publicJwk: text('public_jwk').notNull(),
    privateJwe: text('private_jwe').notNull(),
    createdAt: integer('created_at').notNull(),
    signsFrom: integer('signs_from').notNull(),
    rotateAt: integer('rotate_at').notNull(),
  },
  (table) => [unique().on(table.realmId, table.generation)],
);
