import { integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import { realms } from '../realms/tables.ts';

/** RFC 7518, 3.4. The only algorithm of access tokens. */
export const ALGORITHM = 'ES256';
/** What ID tokens can be signed by: clients that know no other have the second (OpenID Connect Core 1.0, 15.1). */
export const ID_TOKEN_ALGORITHMS = [ALGORITHM, 'RS256'] as const;

export type SigningAlgorithm = (typeof ID_TOKEN_ALGORITHMS)[number];

const keyTable = (name: string) =>
  sqliteTable(
    name,
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

/** Those of ES256. */
export const signingKeys = keyTable('signing_keys');

/** What pairwise subjects of a realm are made with. */
export const subjectKeys = sqliteTable('subject_keys', {
  realmId: text('realm_id')
    .primaryKey()
    .references(() => realms.id),
  keyJwe: text('key_jwe').notNull(),
});

/** Those of RS256: apart, for a Worker of an earlier version reads the others. */
export const rsaSigningKeys = keyTable('rsa_signing_keys');
