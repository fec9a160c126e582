import { and, desc, eq, exists, or, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { FirstSession, SessionLifetimes } from '../account/contract.ts';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { preparedOnce } from '../db/prepared.ts';
import { withFoldedNames } from '../directory/folded-names.ts';
import { dropLinksIf } from '../directory/links.ts';
import { refuseViolation, type UserChange, WITH_FIRST_ENTRY } from '../directory/service.ts';
import { type SpentRow, spentStatement } from '../directory/spent-before.ts';
import { FIRST_ENTRY } from '../directory/state.ts';
import { activity, type UserRow, users } from '../directory/tables.ts';
import { eventOfActivity } from '../events/derived.ts';
import { tellOf, userCreated } from '../events/emit.ts';
import { dateOf } from '../lib/calendar.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import { outbox } from '../messages/tables.ts';
import type { Identifier } from './identifier.ts';
import { passwords, shadowPasswords } from './tables.ts';

/** A user and the hash of their password, if they have one. */
export interface UserWithHash {
  user: UserRow;
  hash: string | null;
  /** Of the password that was given last by who registered with the address again. */
  shadow: string | null;
}

/** Look-ups by what an identifier can be; `any` is 1 where also accounts count that have not proven their address. */
const BY = { email: by(users.email), username: by(users.username), phone_number: by(users.phoneNumber) };

function by(column: SQLiteColumn) {
  return preparedOnce((db) =>
    db
      .select({ user: users, hash: passwords.hash, shadow: shadowPasswords.hash })
      .from(users)
      .leftJoin(passwords, eq(passwords.userId, users.id))
      .leftJoin(shadowPasswords, eq(shadowPasswords.userId, users.id))
      .where(
        and(
          eq(users.realmId, sql.placeholder('realmId')),
          eq(column, sql.placeholder('value')),
          or(eq(users.emailVerified, true), sql`${sql.placeholder('any')}`),
        ),
      )
      .orderBy(desc(users.phoneNumberVerified))
      .limit(2),
  );
}

const withPassword = preparedOnce((db) =>
  db
    .select({ user: users, hash: passwords.hash })
    .from(users)
    .innerJoin(passwords, eq(passwords.userId, users.id))
    .where(eq(users.id, sql.placeholder('userId'))),
);

/**
 * The user an identifier names. A phone number names the one who proved it; one that nobody proved names a user only
 * when it stands in a single profile. Where addresses are verified first, an account that has not proven its address goes
 * by that alone.
 */
export async function findByIdentifier(
  db: Database,
  realm: Pick<Realm, 'id' | 'registration'>,
  identifier: Identifier,
): Promise<UserWithHash | null> {
  if (identifier.kind === 'nobody') return null;
  const hides = realm.registration === 'verify_first' && identifier.kind !== 'email';
  const [first, second] = await BY[identifier.kind](db).all({
    realmId: realm.id,
    value: identifier.value,
    any: hides ? 0 : 1,
  });
  if (!first || (second && !first.user.phoneNumberVerified)) return null;
  return first;
}

/** A user who has a password, or null. */
export async function findPassword(
  db: Database,
  userId: string,
): Promise<{ user: UserRow; hash: string } | null> {
  return (await withPassword(db).get({ userId })) ?? null;
}

/** Whether a username is taken in a realm. */
export async function usernameExists(db: Database, realmId: string, username: string): Promise<boolean> {
  const found = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.realmId, realmId), eq(users.username, username)))
    .get();
  return found !== undefined;
}

/**
 * Keeps what was given as a password with a known address, by its hash: signing in with it is answered as it would be if the
 * account had just been made.
 */
export async function storeShadow(db: Database, realmId: string, email: string, hash: string): Promise<void> {
  const user = and(eq(users.realmId, realmId), eq(users.email, email));
  await db
    .insert(shadowPasswords)
    .select(sql`SELECT ${users.id}, ${hash} FROM ${users} WHERE ${user}`)
    .onConflictDoUpdate({ target: shadowPasswords.userId, set: { hash } });
}

/** Keeps the hash of a password that an anonymous user has registered with, until their address is proven; if a condition holds. */
export function storeShadowIf(db: Database, userId: string, hash: string, condition: SQL) {
  return insertIf(db, shadowPasswords, { userId, hash }, condition).onConflictDoUpdate({
    target: shadowPasswords.userId,
    set: { hash },
  });
}

/** Makes a password of that, if a condition holds, of a user who has none. */
export function takeShadowIf(db: Database, userId: string, now: number, condition: SQL) {
  const mine = and(eq(shadowPasswords.userId, userId), condition);
  return [
    db
      .insert(passwords)
      .select(sql`SELECT user_id, hash, ${now} FROM ${shadowPasswords} WHERE ${mine}`)
      .onConflictDoNothing(),
    dropShadowIf(db, userId, condition),
  ];
}

/** Forgets it, if a condition holds. */
export function dropShadowIf(db: Database, userId: string, condition: SQL) {
  return db.delete(shadowPasswords).where(and(eq(shadowPasswords.userId, userId), condition));
}

/** Writes by what a user who registers will sign in. `now` is Unix milliseconds. */
export type Proof = (db: Database, now: number) => BatchItem<'sqlite'>;

/** The session that a registration opens, and from where. */
export interface Opened {
  first: Pick<FirstSession, 'id' | 'at'>;
  lifetimes: SessionLifetimes;
  client: Client;
}

/** How an account stands that has this session: what its object would tell a second later. */
function standingOf({ first, lifetimes }: Opened) {
  const lives = Math.min(lifetimes.absoluteSeconds, lifetimes.idleSeconds) * SECOND;
  return {
    liveSessions: JSON.stringify({ [dateOf(first.at + lives)]: 1 }),
    lastActiveOn: dateOf(first.at),
    lastLoginAt: first.at,
    told: WITH_FIRST_ENTRY,
  };
}

function firstEntry(db: Database, user: typeof users.$inferInsert, { first, client }: Opened) {
  const entry = { type: 'registered', sessionId: first.id } as const;
  const { ip, country, userAgent } = client;
  const event = eventOfActivity(entry);
  return [
    db.insert(activity).values({
      ...entry,
      userId: user.id,
      seq: FIRST_ENTRY,
      realmId: user.realmId,
      at: first.at,
      ip,
      country,
      userAgent,
    }),
    ...(event ? [tellOf(db, event, { actor: null, now: first.at }, sql`users.id = ${user.id}`)] : []),
  ];
}

/**
 * Adds a user with by what they will sign in, and the mail with the link that proves their address, unless their inbox has had enough: all
 * or nothing.
 * A unique index decides who came first. Throws `user_exists`, `username_taken`.
 */
export async function insertRegistration(
  db: Database,
  user: typeof users.$inferInsert,
  proof: Proof,
  welcome: { mail: typeof outbox.$inferInsert | null; addressNames: string[] },
  opened: Opened | null,
): Promise<{ user: UserRow; spent: SpentRow[] }> {
  const [inserted, spent] = await db
    .batch([
      db
        .insert(users)
        .values({ ...withFoldedNames(user), ...(opened && standingOf(opened)) })
        .returning(),
      spentStatement(db, welcome.addressNames, user.createdAt),
      proof(db, user.createdAt),
      userCreated(db, user, 'registration'),
      ...(opened ? firstEntry(db, user, opened) : []),
      ...(welcome.mail ? [db.insert(outbox).values(welcome.mail)] : []),
    ])
    .catch(refuseViolation);
  return { user: inserted[0] as UserRow, spent };
}

/**
 * The change that replaces a password, unless it was replaced meanwhile; links that were mailed stop working. The object
 * has been told when the hash was made.
 */
export function passwordReplacement(
  db: Database,
  password: { userId: string; from: string; to: string; now: number },
): Pick<UserChange, 'set' | 'guard' | 'before' | 'after' | 'endsSessions' | 'announced' | 'now'> {
  const { userId, from, to, now } = password;
  const current = and(eq(passwords.userId, userId), eq(passwords.hash, from));
  return {
    set: {},
    guard: exists(db.select({ one: sql`1` }).from(passwords).where(current)),
    endsSessions: true,
    announced: true,
    now,
    before: (db, stands) => [dropLinksIf(db, userId, 'all', stands)],
    after: (db) => [db.update(passwords).set({ hash: to, updatedAt: now }).where(current)],
  };
}
