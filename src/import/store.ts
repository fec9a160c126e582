import { and, eq, exists, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Totp } from '../crypto/totp.ts';
import type { Database } from '../db/client.ts';
import { insertRows } from '../db/insert-rows.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { withFoldedNames } from '../directory/folded-names.ts';
import { activity, preferences, users } from '../directory/tables.ts';
import { APP_NAME, factors } from '../factors/tables.ts';
import { newId, newUserId } from '../lib/ids.ts';
import type { Jurisdiction } from '../lib/jurisdiction.ts';
import { identities } from '../oauth/tables.ts';
import { NO_AAGUID, unnamed } from '../passkeys/service.ts';
import { passkeys } from '../passkeys/tables.ts';
import { passwords } from '../passwords/tables.ts';
import type { ImportRow } from './row.ts';
import { importedUsers, imports } from './tables.ts';

/** A row that may become a user. */
export interface NumberedRow {
  /** Its place in the whole import, from 1 on. */
  number: number;
  line: number;
  row: ImportRow;
}

/** Encrypts the secret of an authenticator app. */
export type SealTotp = (totp: Totp) => Promise<string>;

/** Whose rows they are. */
export interface ImportKey {
  realmId: string;
  importId: string;
}

/** An import, and which system the ids in it are of. */
export interface ImportSource extends ImportKey {
  source: string;
}

const ofImport = ({ realmId, importId }: ImportKey) =>
  and(eq(imports.realmId, realmId), eq(imports.id, importId)) as SQL;

/** How far an import has come, or null when it has not begun. */
export async function findImport(db: Database, key: ImportKey): Promise<typeof imports.$inferSelect | null> {
  return (await db.select().from(imports).where(ofImport(key)).get()) ?? null;
}

/**
 * Makes users of rows, each with all that hangs on it or not at all, and notes how far the import has come: in one batch,
 * which does nothing when the import has come to another row than it is said to stand at. The first batch of an import
 * writes the audit entry. Gives the numbers of the rows that became users; null when it did nothing.
 */
export async function importRows(
  db: Database,
  key: ImportSource,
  request: {
    rows: NumberedRow[];
    jurisdiction: Jurisdiction | null;
    standsAt: number;
    throughRow: number;
    now: number;
    audit: AuditEntry;
    sealTotp: SealTotp;
  },
): Promise<Set<number> | null> {
  const { rows, jurisdiction, standsAt, throughRow, now, audit, sealTotp } = request;
  const { realmId, importId, source } = key;
  const made = rows.map(({ number, row }) => ({
    number,
    row,
    id: newUserId(jurisdiction, row.created_at ?? now),
  }));
  const apps = await Promise.all(
    made.flatMap(({ id, row }) =>
      row.totp_secret ? [appOf(id, realmId, row, row.totp_secret, now, sealTotp)] : [],
    ),
  );
  const stands = and(ofImport(key), eq(imports.throughRow, standsAt)) as SQL;
  const isMade = (id: SQL) => sql`EXISTS (SELECT 1 FROM users WHERE id = ${id})`;
  const ofMade = (column: SQLiteColumn) => (field: (column: SQLiteColumn) => SQL) => isMade(field(column));
  const ids = JSON.stringify(made.map(({ id }) => id));

  const [, , , , , , , , , marked, moved] = await db.batch([
    writeAuditIf(
      db,
      audit,
      sql`NOT ${exists(db.select({ id: imports.id }).from(imports).where(ofImport(key)))}`,
    ),
    db
      .insert(imports)
      .values({ realmId, id: importId, createdBy: audit.actor, createdAt: now, updatedAt: now })
      .onConflictDoNothing(),
    insertRows(
      db,
      users,
      made.map(({ id, row }) => withFoldedNames(userOf(id, realmId, row, now))),
      (_, known) => sql`${exists(db.select({ id: imports.id }).from(imports).where(stands))} AND NOT EXISTS (
        SELECT 1 FROM imported_users AS known
        WHERE known.realm_id = ${realmId} AND known.source = ${source} AND known.external_id = ${known} ->> 0)
        AND NOT EXISTS (SELECT 1 FROM json_each(${known}, '$[1]') AS i CROSS JOIN identities AS known
        WHERE known.realm_id = ${realmId} AND known.provider = i.value ->> 0 AND known.subject = i.value ->> 1)
        AND NOT EXISTS (SELECT 1 FROM json_each(${known}, '$[2]') AS i CROSS JOIN passkeys AS known
        WHERE known.realm_id = ${realmId} AND known.credential_id = i.value)`,
      made.map(({ row }) => JSON.stringify([row.external_id ?? null, knownBy(row), credentialsOf(row)])),
    ).onConflictDoNothing(),
    insertRows(
      db,
      passwords,
      made.flatMap(({ id, row: { password_hash: hash } }) =>
        hash === undefined ? [] : [{ userId: id, hash, updatedAt: now }],
      ),
      ofMade(passwords.userId),
    ),
    insertRows(
      db,
      identities,
      made.flatMap(({ id, row }) => identitiesOf(id, realmId, row, now)),
      ofMade(identities.userId),
    ),
    insertRows(db, factors, apps, ofMade(factors.userId)),
    insertRows(
      db,
      passkeys,
      made.flatMap(({ id, row }) => passkeysOf(id, realmId, row, now)),
      ofMade(passkeys.userId),
    ),
    insertRows(
      db,
      preferences,
      made.flatMap(({ id, row: { preferences: data } }) =>
        data ? [{ userId: id, data, updatedAt: now }] : [],
      ),
      ofMade(preferences.userId),
    ),
    insertRows(
      db,
      activity,
      made.flatMap(({ id, row }) => pastSignIns(id, realmId, row)),
      ofMade(activity.userId),
    ),
    insertRows(
      db,
      importedUsers,
      made.map(({ id, number, row }) => ({
        userId: id,
        realmId,
        importId,
        row: number,
        source,
        externalId: row.external_id ?? null,
      })),
      ofMade(importedUsers.userId),
    ).returning({ row: importedUsers.row }),
    db
      .update(imports)
      .set({
        imported: sql`imported + (SELECT COUNT(*) FROM json_each(${ids}) AS j WHERE ${isMade(sql`j.value`)})`,
        throughRow,
        updatedAt: now,
      })
      .where(stands)
      .returning({ throughRow: imports.throughRow }),
  ]);
  return moved.length > 0 ? new Set(marked.map(({ row }) => row)) : null;
}

/** How providers know the user of a row. */
export function knownBy(row: ImportRow): [provider: string, subject: string][] {
  return (row.identities ?? []).map(({ provider, subject }) => [provider, subject]);
}

/** What authenticators call the passkeys of a row. */
export function credentialsOf(row: ImportRow): string[] {
  return (row.passkeys ?? []).map((passkey) => passkey.credential_id);
}

/** Those of an address that was never proven end when its owner proves it, as what a stranger has added does. */
function passkeysOf(
  userId: string,
  realmId: string,
  row: ImportRow,
  now: number,
): (typeof passkeys.$inferInsert)[] {
  return (row.passkeys ?? []).map((passkey) => ({
    id: newId('psk', now),
    ...{ userId, realmId },
    credentialId: passkey.credential_id,
    publicKey: passkey.public_key,
    counter: passkey.counter,
    transports: passkey.transports ?? [],
    aaguid: passkey.aaguid ?? NO_AAGUID,
    backupEligible: passkey.backup_eligible,
    backedUp: passkey.backed_up,
    uvInitialized: passkey.user_verified,
    name: passkey.name ?? unnamed(passkey.aaguid ?? NO_AAGUID),
    addedUnproven: !row.email_verified,
    createdAt: passkey.created_at ?? row.created_at ?? now,
    userHandle: passkey.user_handle ?? '',
  }));
}

/**
 * What else the provider says, and its tokens, come with the first sign-in. None with an address that was never proven:
 * whoever registered it could still get in after its owner had reset the password.
 */
function identitiesOf(
  userId: string,
  realmId: string,
  row: ImportRow,
  now: number,
): (typeof identities.$inferInsert)[] {
  const since = row.created_at ?? now;
  if (!row.email_verified) return [];
  return knownBy(row).map(([provider, subject]) => ({
    ...{ userId, realmId, provider, subject },
    emailVerified: false,
    profile: {},
    tokens: '',
    createdAt: since,
    updatedAt: since,
  }));
}

/** The app counts as one whose code its user has shown: that was there. */
async function appOf(
  userId: string,
  realmId: string,
  row: ImportRow,
  totp: Totp,
  now: number,
  sealTotp: SealTotp,
): Promise<typeof factors.$inferInsert> {
  return {
    id: newId('fac', now),
    ...{ userId, realmId },
    type: 'totp',
    name: APP_NAME,
    secret: await sealTotp(totp),
    addedUnproven: !row.email_verified,
    createdAt: now,
    verifiedAt: now,
  };
}

function userOf(id: string, realmId: string, row: ImportRow, now: number): typeof users.$inferInsert {
  const { email, username, name, picture, bio, country, locale, role, status } = row;
  const { plan, plan_expires_at: planExpiresAt = null } = row;
  const hasLapsed = planExpiresAt !== null && planExpiresAt <= now;
  const lastLoginAt = Math.max(row.last_login_at ?? 0, ...(row.sign_ins ?? []).map(({ at }) => at));
  return {
    ...{ id, realmId, email, username, name, picture, bio, country, locale, role, status },
    ...(hasLapsed ? {} : { plan, planExpiresAt }),
    openingCredits: row.opening_credits,
    emailVerified: row.email_verified,
    givenName: row.given_name,
    familyName: row.family_name,
    phoneNumber: row.phone_number,
    phoneNumberVerified: row.phone_number_verified,
    phoneAddedUnproven: row.phone_number_verified && !row.email_verified,
    createdAt: row.created_at ?? now,
    updatedAt: now,
    lastLoginAt: lastLoginAt || null,
    hasPast: hasSignedIn(row),
    totpCount: row.totp_secret ? 1 : 0,
    passkeyCount: row.passkeys?.filter((passkey) => passkey.user_verified).length ?? 0,
  };
}

function hasSignedIn({ last_login_at: at, sign_ins: signIns = [] }: ImportRow): boolean {
  return at !== undefined || signIns.length > 0;
}

/**
 * Sign-ins at the other system, as entries of the activity log. What the account object tells is numbered from 1 on:
 * what was before is numbered downwards from -1.
 */
function pastSignIns(userId: string, realmId: string, row: ImportRow): (typeof activity.$inferInsert)[] {
  const { last_login_at: at, last_login_ip: ip, last_login_user_agent: user_agent, sign_ins = [] } = row;
  const last = at !== undefined && !sign_ins.some((one) => one.at === at) ? [{ at, ip, user_agent }] : [];
  return [...last, ...sign_ins]
    .sort((a, b) => b.at - a.at)
    .map((one, index) => ({
      userId,
      seq: -1 - index,
      realmId,
      at: one.at,
      type: 'signed_in',
      ip: one.ip ?? null,
      country: ('country' in one && one.country) || null,
      userAgent: one.user_agent ?? null,
    }));
}
