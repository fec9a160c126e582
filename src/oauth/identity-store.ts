import { and, asc, eq, exists, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { addsUnproven, provingChange } from '../directory/address-proof.ts';
import { withFoldedNames } from '../directory/folded-names.ts';
import type { UserChange } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { otherWayIn } from '../directory/ways-in.ts';
import { tellOf, userCreated } from '../events/emit.ts';
import { outbox } from '../messages/tables.ts';
import { dropShadowIf } from '../passwords/service.ts';
import { type IdentityRow, identities } from './tables.ts';

/** A row of `identities` yet without its user. */
export type NewIdentity = Omit<typeof identities.$inferInsert, 'userId'>;

/** The identity of that subject at a provider, or null. */
export async function findIdentity(
  db: Database,
  realmId: string,
  provider: string,
  subject: string,
): Promise<IdentityRow | null> {
  const found = await db
    .select()
    .from(identities)
    .where(
      and(
        eq(identities.realmId, realmId),
        eq(identities.provider, provider),
        eq(identities.subject, subject),
      ),
    )
    .get();
  return found ?? null;
}

/** The identities of a user, oldest first. */
export function readIdentities(db: Database, userId: string): Promise<IdentityRow[]> {
  return db.select().from(identities).where(eq(identities.userId, userId)).orderBy(asc(identities.createdAt));
}

/** Keeps what the provider said this time, if the tokens are those that were read: false when they are others. The link itself stays as it is. */
export async function refreshIdentity(
  db: Database,
  known: Pick<IdentityRow, 'userId' | 'provider' | 'tokens'>,
  said: Partial<NewIdentity>,
): Promise<boolean> {
  const changed = await db
    .update(identities)
    .set(said)
    .where(withTokens(known))
    .returning({ provider: identities.provider });
  return changed.length > 0;
}

/** Which account at a provider. */
export type IdentityRef = Pick<IdentityRow, 'userId' | 'provider'>;

/** A user, and their account at a provider; null where there is none. */
export async function readLinked(
  db: Database,
  { userId, provider }: IdentityRef,
): Promise<{ user: UserRow | null; row: IdentityRow | null }> {
  const [[user = null], [row = null]] = await db.batch([
    db.select().from(users).where(eq(users.id, userId)),
    db
      .select()
      .from(identities)
      .where(and(eq(identities.userId, userId), eq(identities.provider, provider))),
  ]);
  return { user, row };
}

/** Gives one of all who ask the right to refresh the tokens that were read, until a time (Unix milliseconds). */
export async function leaseRefresh(
  db: Database,
  known: IdentityRef & Pick<IdentityRow, 'tokens'>,
  { now, until }: { now: number; until: number },
): Promise<boolean> {
  const leased = await db
    .update(identities)
    .set({ refreshingUntil: until })
    .where(and(withTokens(known), lt(identities.refreshingUntil, now)))
    .returning({ provider: identities.provider });
  return leased.length > 0;
}

/**
 * Puts tokens in the place of those that were read, and gives up the right to refresh them that lasts until that time; false when there
 * are others by now. The right of somebody else who has it since stays theirs.
 */
export async function replaceTokens(
  db: Database,
  known: IdentityRef & Pick<IdentityRow, 'tokens'>,
  { tokens, until }: { tokens: string; until: number },
): Promise<boolean> {
  const { refreshingUntil } = identities;
  const changed = await db
    .update(identities)
    .set({ tokens, refreshingUntil: sql`iif(${refreshingUntil} = ${until}, 0, ${refreshingUntil})` })
    .where(withTokens(known))
    .returning({ provider: identities.provider });
  return changed.length > 0;
}

/** Gives up the right to refresh that lasts until that time, if nobody else has it since. */
export async function releaseRefresh(
  db: Database,
  { userId, provider }: IdentityRef,
  until: number,
): Promise<void> {
  await db
    .update(identities)
    .set({ refreshingUntil: 0 })
    .where(
      and(
        eq(identities.userId, userId),
        eq(identities.provider, provider),
        eq(identities.refreshingUntil, until),
      ),
    );
}

function withTokens({
  userId,
  provider,
  tokens,
}: IdentityRef & Pick<IdentityRow, 'tokens'>): SQL | undefined {
  return and(eq(identities.userId, userId), eq(identities.provider, provider), eq(identities.tokens, tokens));
}

/** Adds a user whom a provider has vouched for, with their identity: all or nothing. A unique index decides races. */
export async function insertUserWithIdentity(
  db: Database,
  user: typeof users.$inferInsert,
  identity: NewIdentity,
  welcome: typeof outbox.$inferInsert,
): Promise<UserRow> {
  const [inserted] = await db.batch([
    db.insert(users).values(withFoldedNames(user)).returning(),
    db.insert(identities).values({ ...identity, userId: user.id }),
    db.insert(outbox).values(welcome),
    userCreated(db, user, 'provider'),
  ]);
  return inserted[0] as UserRow;
}

/** Who links an identity: the user in a session of theirs, or the owner of the proven address, for whom a provider vouches. */
export type Linking = { sessionId: string; credentialVersion: number } | { email: string };

/**
 * Links an identity to a user, and queues the mail about it, if the account is still that of who links it. False when it is
 * not, or the user is no more. Throws D1's error when the identity or the user's place for this provider is taken.
 */
export async function insertIdentity(
  db: Database,
  userId: string,
  link: { identity: NewIdentity; by: Linking; mail: typeof outbox.$inferInsert },
): Promise<boolean> {
  const { identity, by, mail } = link;
  const owner = and(
    eq(users.id, userId),
    'email' in by
      ? and(eq(users.email, by.email), eq(users.emailVerified, true))
      : eq(users.credentialVersion, by.credentialVersion),
  ) as SQL;
  const stands = existsUser(db, owner);
  const addedUnproven =
    'email' in by
      ? false
      : sql<boolean>`(SELECT ${addsUnproven(by.sessionId)} FROM ${users} WHERE ${eq(users.id, userId)})`;
  const [inserted] = await db.batch([
    insertIf(db, identities, { ...identity, userId, addedUnproven }, stands).returning({
      userId: identities.userId,
    }),
    insertIf(db, outbox, mail, stands),
    tellOf(
      db,
      { type: 'identity.linked', data: { provider: identity.provider } },
      { actor: null, now: identity.createdAt },
      owner,
    ),
  ]);
  return inserted.length > 0;
}

/**
 * The change that gives an account whose address was never proven to the owner of the address, unless it was proven or
 * changed meanwhile, and links the identity that they came with.
 */
export function takeover(user: UserRow, identity: NewIdentity, now: number): Omit<UserChange, 'activity'> {
  const { id } = user;
  const proof = provingChange('arrived', id, now);
  return {
    ...proof,
    guard: and(eq(users.email, user.email), eq(users.emailVerified, false)),
    before: (db, stands) => [
      ...proof.before(db, stands),
      insertIf(db, identities, { ...identity, userId: id }, stands),
    ],
  };
}

/**
 * The change that links an identity to an anonymous user, who has registered by it: with the address that the provider has
 * verified, if one is given. It throws D1's error when the identity is taken, `user_exists` for the address.
 */
export function registrationByIdentity(
  userId: string,
  { identity, by, email }: { identity: NewIdentity; by: { credentialVersion: number }; email: string | null },
  now: number,
): Omit<UserChange, 'activity'> {
  const proof = email === null ? null : provingChange('changed', userId, now);
  return {
    ...proof,
    set: { ...proof?.set, anonymous: false, ...(email !== null && { email }) },
    guard: and(eq(users.anonymous, true), eq(users.credentialVersion, by.credentialVersion)),
    before: (db, stands) => [
      ...(proof?.before(db, stands) ?? []),
      dropShadowIf(db, userId, stands),
      insertIf(db, identities, { ...identity, userId, addedUnproven: false }, stands),
    ],
    now,
  };
}

/**
 * Unlinks, and queues the mail about it, unless it is the user's last way in. Two at once cannot take the last two: each looks
 * as it deletes.
 */
export async function deleteIdentity(
  db: Database,
  userId: string,
  provider: string,
  mail: typeof outbox.$inferInsert,
): Promise<boolean> {
  const chosen = and(
    eq(identities.userId, userId),
    eq(identities.provider, provider),
    otherWayIn(userId, { provider }),
  );
  const stands = exists(db.select({ one: sql`1` }).from(identities).where(chosen));
  const event = { type: 'identity.unlinked', data: { provider } } as const;
  const [, , deleted] = await db.batch([
    insertIf(db, outbox, mail, stands),
    tellOf(db, event, { actor: null, now: Date.now() }, sql`users.id = ${userId} AND ${stands}`),
    db.delete(identities).where(chosen).returning({ provider: identities.provider }),
  ]);
  return deleted.length > 0;
}

function existsUser(db: Database, condition: SQL): SQL {
  return exists(db.select({ one: sql`1` }).from(users).where(condition));
}
