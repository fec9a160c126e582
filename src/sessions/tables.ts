import { integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import { users } from '../accounts/tables.ts';
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

/** Projected from the account objects; the object decides, these rows follow. */
export const sessions = sqliteTable('sessions', {
  id: text().primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  seq: integer().notNull(),
  createdAt: integer('created_at').notNull(),
  lastSeenAt: integer('last_seen_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  endedAt: integer('ended_at'),
  endReason: text('end_reason'),
  ip: text(),
  country: text(),
  city: text(),
  userAgent: text('user_agent'),
  methods: text().notNull(),
  realmId: text('realm_id'),
  aliveUntil: integer('alive_until'),
  impersonator: text(),
});
