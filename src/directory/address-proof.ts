import { and, eq, isNull, or, type SQL, sql } from 'drizzle-orm';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { placeholderOf } from '../lib/email-address.ts';
import { madeAt } from '../lib/ids.ts';
import { dropLinksIf, type PassingPurpose } from './links.ts';
import type { UserChange } from './service.ts';
import { users } from './tables.ts';

// Of the tables of features only what the rule needs: they lie above the directory.
const passwords = sqliteTable('passwords', { userId: text('user_id') });
const identities = sqliteTable('identities', {
  userId: text('user_id'),
  addedUnproven: integer('added_unproven', { mode: 'boolean' }),
});
const passkeys = sqliteTable('passkeys', {
  userId: text('user_id'),
  addedUnproven: integer('added_unproven', { mode: 'boolean' }),
  uvInitialized: integer('uv_initialized', { mode: 'boolean' }),
});
const factors = sqliteTable('factors', {
  userId: text('user_id'),
  addedUnproven: integer('added_unproven', { mode: 'boolean' }),
});
const apiKeys = sqliteTable('api_keys', {
  id: text(),
  createdBy: text('created_by'),
  revokedAt: integer('revoked_at'),
});

const ownerLosses = sqliteTable('owner_losses', {
  id: integer().primaryKey(),
  userId: text('user_id').notNull(),
  at: integer().notNull(),
  act: text({ enum: ['suspend', 'revoke'] }).notNull(),
});

/**
 * How an address is proven:
 * - `confirmed`: by the link that was mailed there; whoever presses its button says that the account is theirs.
 * - `vouched`: an admin takes it for proven.
 * - `changed`: by the link that was mailed to a new address, which becomes the account's.
 * - `disowned`: by the link, whose holder says that they did not make the account.
 * - `arrived`: its owner signs in by a code that was mailed there, or at a provider that has verified it, to an account
 *   that had never proven it.
 * - `reset`: by the link that sets a new password.
 * - `undone`: by the link that gives an address back.
 */
export type AddressProof = 'confirmed' | 'vouched' | 'changed' | 'disowned' | 'arrived' | 'reset' | 'undone';

/** What becomes of what opens an account. */
interface Consequences {
  /** Sessions, API keys that the user made, and those that these made, codes that are on their way to an app. */
  access: 'kept' | 'ended';
  /** A reset replaces it, in the same batch. */
  password: 'kept' | 'ended';
  /**
   * Phone numbers, accounts at providers, passkeys and authenticator apps. Those that are kept were added before the address was proven, and are
   * remembered as such; `trusted` keeps only what was added afterwards.
   */
  otherWays: 'kept' | 'trusted' | 'ended';
  /** Links that stop working. Those that undo a change of address never do: they can only be used or expire. */
  links: PassingPurpose[];
}

/**
 * The rule of recovery, for every way of proving an address. Confirming signs nobody out, for most who confirm have made
 * the account; whoever comes back by mail gets it without anybody who may have been there before them. A new kind of
 * authenticator joins it in `OTHER_WAYS`.
 */
const CONSEQUENCES: Record<AddressProof, Consequences> = {
  confirmed: { access: 'kept', password: 'kept', otherWays: 'kept', links: [] },
  vouched: { access: 'kept', password: 'kept', otherWays: 'kept', links: [] },
  changed: { access: 'kept', password: 'kept', otherWays: 'kept', links: ['verify_email', 'reset_password'] },
  disowned: {
    access: 'ended',
    password: 'ended',
    otherWays: 'ended',
    links: ['change_email', 'reset_password'],
  },
  arrived: {
    access: 'ended',
    password: 'ended',
    otherWays: 'ended',
    links: ['verify_email', 'change_email', 'reset_password'],
  },
  reset: {
    access: 'ended',
    password: 'kept',
    otherWays: 'trusted',
    links: ['verify_email', 'change_email'],
  },
  undone: {
    access: 'ended',
    password: 'ended',
    otherWays: 'ended',
    links: ['verify_email', 'change_email', 'reset_password'],
  },
};

/** What is asked for as a second factor: one who has come by the address alone must not be able to end it. */
const AUTHENTICATORS = [passkeys, factors];
/** What a user may have several of, and what was added before the address was proven is marked in. */
const OTHER_WAYS = [identities, ...AUTHENTICATORS];

/** The part of a change of a user that proves their address. */
export type ProvingChange = Pick<UserChange, 'endsSessions' | 'forgiveFailures' | 'now'> &
  Required<Pick<UserChange, 'set' | 'before'>>;

/**
 * What a proof of a user's address changes: the address counts as proven, and the rule above is carried out in the batch
 * of the change. The link that proves it stays for the caller to guard by and to take (`linkStands`, `takeLink`).
 * `endOtherWays` ends also phone numbers and accounts at providers that were added after the address was proven. `now` is Unix
 * milliseconds.
 */
export function provingChange(
  proof: AddressProof,
  userId: string,
  now: number,
  { endOtherWays = false } = {},
): ProvingChange {
  const { access, password, otherWays, links } = CONSEQUENCES[proof];
  const areWaysKept = otherWays === 'kept';
  const areAllEnded = otherWays === 'ended' || endOtherWays;
  const ended = access === 'ended';
  return {
    set: {
      emailVerified: true,
      anonymous: false,
      // When all sessions end, none is left of before.
      emailProvenAt: ended ? null : now,
      phoneAddedUnproven: areWaysKept ? sql`${users.phoneNumberVerified}` : false,
      ...(!areWaysKept && {
        phoneNumberVerified: areAllEnded
          ? false
          : sql`${users.phoneNumberVerified} AND ${users.emailVerified} AND NOT ${users.phoneAddedUnproven}`,
      }),
      // Where addresses are verified first, whoever is first to prove theirs gets the username.
      username: sql`CASE WHEN users.wanted_username IS NULL OR EXISTS (
        SELECT 1 FROM users AS other WHERE other.realm_id = users.realm_id AND other.username = users.wanted_username
      ) THEN users.username ELSE users.wanted_username END`,
      wantedUsername: null,
      passkeyCount: sql`(SELECT count(*) FROM passkeys WHERE user_id = users.id AND uv_initialized)`,
      totpCount: sql`(SELECT count(*) FROM factors WHERE user_id = users.id AND verified_at IS NOT NULL)`,
      // Somebody else's number, in an account that somebody else has filled in.
      ...(proof === 'disowned' && { phoneNumber: null }),
    },
    endsSessions: ended,
    forgiveFailures: ended,
    now,
    before: (db, stands) => [
      ...(ended ? endAccessIf(db, userId, now, stands) : []),
      ...(password === 'ended'
        ? [db.delete(passwords).where(and(eq(passwords.userId, userId), stands))]
        : []),
      ...(areWaysKept
        ? markOtherWaysIf(db, userId, stands)
        : endOtherWaysIf(db, userId, { all: areAllEnded, authenticators: otherWays === 'ended' }, stands)),
      ...(links.length > 0 ? [dropLinksIf(db, userId, links, stands)] : []),
    ],
  };
}

function endAccessIf(db: Database, userId: string, now: number, stands: SQL) {
  const isLive = isNull(apiKeys.revokedAt);
  return [
    db
      .update(apiKeys)
      .set({ revokedAt: now })
      .where(and(isMadeBy(userId), isLive, stands)),
    noteOwnerIf(db, userId, now, stands),
  ];
}

/** An owner may have made keys of realms in other databases: see `endOwnersKeys`. */
function noteOwnerIf(db: Database, userId: string, now: number, stands: SQL) {
  const isOwner = sql`${stands} AND EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND role = 'owner')`;
  return insertIf(db, ownerLosses, { userId, at: now, act: 'revoke' }, isOwner);
}

/** Whether a key was made by a user, or by a key that was, and so on: also where one between is revoked. */
function isMadeBy(userId: string): SQL {
  return sql`${apiKeys.id} IN (
    WITH RECURSIVE made (id) AS (
      SELECT id FROM api_keys WHERE created_by = ${userId}
      UNION SELECT api_keys.id FROM api_keys JOIN made ON api_keys.created_by = made.id
    ) SELECT id FROM made)`;
}

function markOtherWaysIf(db: Database, userId: string, stands: SQL) {
  return OTHER_WAYS.map((ways) =>
    db
      .update(ways)
      .set({ addedUnproven: true })
      .where(and(eq(ways.userId, userId), stands)),
  );
}

function endOtherWaysIf(
  db: Database,
  userId: string,
  which: { all: boolean; authenticators: boolean },
  stands: SQL,
) {
  const isProven = sql`(SELECT ${users.emailVerified} FROM ${users} WHERE ${eq(users.id, userId)})`;
  return OTHER_WAYS.map((ways) => {
    const all = ways === identities ? which.all : which.authenticators;
    // One that a browser made unasked is no second factor: it came by the password, and goes with it.
    const byPassword = ways === passkeys ? eq(passkeys.uvInitialized, false) : undefined;
    const chosen = all ? undefined : or(eq(ways.addedUnproven, true), sql`NOT ${isProven}`, byPassword);
    return db.delete(ways).where(and(eq(ways.userId, userId), chosen, stands));
  });
}

/** The condition on a row of `users` that there is an address, and no placeholder. */
export const hasAddress: SQL = sql`${users.email} <> ${users.id} || ${placeholderOf('')}`;

/**
 * Whether what a session adds to its account now is added while the address is unproven, as an expression over a row of
 * `users`: so it is also after the proof, by a session from before it, which may be that of a stranger. Of a user
 * who has no address there is none to prove: the account was theirs from the beginning.
 */
export function addsUnproven(sessionId: string): SQL<boolean> {
  return sql`(${hasAddress} AND (NOT ${users.emailVerified} OR coalesce(${users.emailProvenAt} >= ${madeAt(sessionId)}, 0)))`;
}

/** The condition that a user's proven number opens the account: as `opensByPhone`. */
export const phoneOpens: SQL = and(
  eq(users.phoneNumberVerified, true),
  eq(users.phoneProvenApart, false),
  sql`(${users.emailVerified} OR NOT ${users.phoneAddedUnproven})`,
) as SQL;
