import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import { CONTROL } from '../config/databases.ts';
import { type Database, type DatabaseSession, nearestReplica, primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { preparedOnce } from '../db/prepared.ts';
import { ApiError, accepted, CATALOGUE, isRefusal, type Refusal } from '../errors.ts';
import type { ToldEvent } from '../events/catalogue.ts';
import { eventOfChange } from '../events/derived.ts';
import { tellOf } from '../events/emit.ts';
import { type Client, placeOf } from '../lib/client.ts';
import { DEFAULT_REALM, issuerOf } from '../lib/realm.ts';
import { currentRequestId } from '../lib/request-id.ts';
import { MINUTE } from '../lib/time.ts';
import { dropMessage, type Outbox, releaseMessage, storeMessage } from '../messages/outbox.ts';
import { outbox } from '../messages/tables.ts';
import { type AuditEntry, writeAuditIf } from './audit.ts';
import { withFoldedNames } from './folded-names.ts';
import { type Notice, noticeMail } from './notices.ts';
import {
  type ActivityEntry,
  type DirectoryMirrors,
  type DirectoryState,
  opensByPhone,
  type UserRef,
} from './state.ts';
import { type UserRow, users } from './tables.ts';

type Statement = BatchItem<'sqlite'>;

/** After how long a mail about an act elsewhere goes by itself: longer than the act may take (milliseconds). */
const UNREPORTED = 2 * MINUTE;

/** What goes with any change of a user, in one batch with it: all or nothing. */
interface Batched {
  /** What must be so beside the id, when the batch runs: it decides races. Without it the user must only be there. */
  guard?: SQL | undefined;
  /**
   * Statements before the user's row changes. Each must hang on the condition that is given, and must not change what
   * the guard reads.
   */
  before?: (db: Database, stands: SQL) => Statement[];
  audit?: AuditEntry | undefined;
  /** A message that tells of it: sent as soon as the change is written. */
  mail?: typeof outbox.$inferInsert | undefined;
  /** What webhooks are told of it, if that does not follow from the rest. */
  event?: ToldEvent | undefined;
  /** Unix milliseconds. */
  now?: number;
}

/** What one batch writes beside the user's row; `actor` is who did it, if it was not the user. */
type Written = Omit<Batched, 'event'> & { event: ToldEvent | null; actor?: string | undefined };

/** What the activity log says of a change; the session is that which is kept. */
type Told = Omit<ActivityEntry, 'sessionId'>;

/** A change of one user. */
export interface UserChange extends Batched {
  set: SQLiteUpdateSetSource<typeof users>;
  /** Ends the sessions that are open, but for `keepSession`. */
  endsSessions?: boolean;
  keepSession?: string | null;
  /** The user has proved who they are by other means than the password: failures with it are forgiven. */
  forgiveFailures?: boolean;
  /** Statements after the row has changed, which take what the guard reads: each must decide by itself. */
  after?: (db: Database) => Statement[];
  activity?: Told | ((user: UserRow) => Told);
  /** The account object need not be told beforehand: it was, or it comes to the change by itself. */
  announced?: true;
}

/** What the directory is made of. */
export interface DirectoryDependencies {
  d1: D1Database;
  /** The name of the database, which the objects of its users remember; `DB` unless it is said. */
  database?: string;
  objects: DirectoryMirrors;
  outbox: Pick<Outbox, 'sendSoon' | 'deliverByQueue'>;
  /** Below which the realms have their pages. */
  origin: string;
}

/** The users of all realms: looked up, changed, deleted. Nothing else changes a user who is there. */
export class Directory {
  readonly #deps: DirectoryDependencies;

  constructor(deps: DirectoryDependencies) {
    this.#deps = deps;
  }

  /** What of a user's row here their account object must know. */
  stateOf(row: UserRow): DirectoryState {
    return directoryState(row, this.#deps.database);
  }

  /** A user's row, no older than the bookmark. Throws `session_ended` when the user is no more. */
  async get(userId: string, bookmark: string | null): Promise<UserRow> {
    const { d1 } = this.#deps;
    const user =
      (await findById(nearestReplica(d1, bookmark).db, userId)) ?? (await findById(primary(d1).db, userId));
    if (!user) throw new ApiError('session_ended');
    return user;
  }

  /** A user of the realm for somebody else, no older than the bookmark. Throws `user_not_found`. */
  async find(
    realmId: string,
    by: { userId: string } | { email: string },
    bookmark: string | null,
  ): Promise<UserRow> {
    const { d1 } = this.#deps;
    const look = (db: Database) =>
      'userId' in by ? findById(db, by.userId) : findByEmail(db, realmId, by.email);
    const user = (await look(nearestReplica(d1, bookmark).db)) ?? (await look(primary(d1).db));
    if (user?.realmId !== realmId) throw new ApiError('user_not_found');
    return user;
  }

  /** A user of the realm as the primary has them, for what is to be decided about them. Throws `user_not_found`. */
  async current({ realmId, userId }: UserRef): Promise<UserRow> {
    const user = await findById(primary(this.#deps.d1).db, userId);
    if (user?.realmId !== realmId) throw new ApiError('user_not_found');
    return user;
  }

  /**
   * Asks the object of a user; an object that was never told of its user is told first. Throws `user_not_found`, and
   * what the object refuses with.
   */
  async ask<Answer extends object>(
    user: UserRef,
    call: () => Promise<Answer | Refusal>,
  ): Promise<Exclude<Answer, Refusal>> {
    let answer = await call();
    if (isRefusal(answer) && answer.reason === 'user_not_found') {
      const row = await this.current(user);
      const change = { bookmark: null, keepSession: null, forgiveFailures: false, activity: null };
      await this.#deps.objects(row.id).directoryChanged(this.stateOf(row), change);
      answer = await call();
    }
    return accepted(answer) as Exclude<Answer, Refusal>;
  }

  /**
   * Changes a user: announces it to the account object, writes the batch with the next version under the guard, and
   * tells the object. `user` is the row as changed, or null when the guard did not hold; `results` are those of
   * `before`. Throws `user_exists`, `username_taken`, `last_owner`.
   *
   * @example
   * const { user } = await directory.change(userId, {
   *   set: { status: 'suspended' },
   *   guard: eq(users.version, version),
   *   activity: { type: 'suspended', client: null, actor },
   * });
   */
  async change(
    userId: string,
    change: UserChange,
  ): Promise<{ user: UserRow | null; results: readonly unknown[] }> {
    const object = this.#deps.objects(userId);
    if (!change.announced) await object.announceChange();
    const session = primary(this.#deps.d1);
    const { set, endsSessions, keepSession = null, after, activity, now = Date.now() } = change;
    const bump = sql`${users.version} + 1`;
    const entry = typeof activity === 'object' ? { ...activity, sessionId: keepSession } : null;
    const event = change.event ?? eventOfChange({ set: set as Record<string, unknown>, activity: entry });
    const told = { ...change, now, event, actor: entry?.actor };
    const { rows, results } = await this.#write(session, userId, told, (where) => [
      session.db
        .update(users)
        .set({
          ...withFoldedNames(set),
          version: bump,
          ...(endsSessions && { credentialVersion: bump }),
          updatedAt: now,
        })
        .where(where)
        .returning(),
      ...(after?.(session.db) ?? []),
    ]);
    const user = (rows as UserRow[])[0] ?? null;
    if (user) {
      const noted = typeof activity === 'function' ? activity(user) : activity;
      await object.directoryChanged(this.stateOf(user), {
        bookmark: session.bookmark(),
        keepSession,
        forgiveFailures: change.forgiveFailures ?? false,
        activity: noted ? { ...noted, sessionId: keepSession } : null,
      });
      this.#send(change);
      if (event) this.#deps.outbox.deliverByQueue();
    }
    return { user, results };
  }

  /**
   * Deletes a user: as `change`, and the object ends everything at once. False when the guard did not hold or there is
   * no such user. Throws `last_owner`.
   */
  async delete({ id, realmId }: { id: string; realmId: string }, change: Batched): Promise<boolean> {
    const object = this.#deps.objects(id);
    await object.announceDeletion();
    const session = primary(this.#deps.d1);
    const event = { type: 'user.deleted', data: {} } as const;
    const { rows } = await this.#write(session, id, { ...change, event }, (where) => [
      session.db.delete(users).where(where).returning({ id: users.id }),
    ]);
    if (rows.length === 0) return false;
    await object.userDeleted({ userId: id, realmId });
    this.#send(change);
    this.#deps.outbox.deliverByQueue();
    return true;
  }

  /** Tells the object of a user whom another change has deleted along. */
  async toldDeleted(user: UserRef): Promise<void> {
    await this.#deps.objects(user.userId).userDeleted(user);
  }

  /**
   * Writes what the account object does not decide by (a name, a picture, preferences), with the event that it is, where it
   * changes a row; the user's next read sees it. Gives what the write gives.
   */
  async note<Row>(
    userId: string,
    event: ToldEvent | null,
    write: (db: Database) => Statement & PromiseLike<Row>,
  ): Promise<Row> {
    const session = primary(this.#deps.d1);
    const { db } = session;
    const where = sql`users.id = ${userId} AND changes() > 0`;
    const told = event ? [tellOf(db, event, { actor: null, now: Date.now() }, where)] : [];
    const [written] = (await db.batch([write(db), ...told]).catch(refuseViolation)) as unknown as [Row];
    const bookmark = session.bookmark();
    if (bookmark) await this.#deps.objects(userId).noteBookmark(bookmark);
    return written;
  }

  /** Adds an entry to a user's activity log, and no more; `isTold`: webhooks have been told of it. Throws `user_not_found`. */
  async log(
    user: UserRef,
    entry: ActivityEntry,
    { bookmark = null, isTold = false }: { bookmark?: string | null; isTold?: boolean } = {},
  ): Promise<void> {
    const named = { ...entry, requestId: currentRequestId() };
    await this.ask(user, () => this.#deps.objects(user.userId).logActivity(named, bookmark, isTold));
    if (isTold) this.#deps.outbox.deliverByQueue();
  }

  /** The mail that tells a user of a change, for the batch that makes it. */
  noticeMail(user: UserRow, notice: Notice, now = Date.now()): typeof outbox.$inferInsert {
    return noticeMail(user, issuerOf(this.#deps.origin, user.realmId), notice, now);
  }

  /** The user of that id as the primary has them, or null. */
  findUser(userId: string): Promise<UserRow | null> {
    return findById(primary(this.#deps.d1).db, userId);
  }

  /** The active owners, by id: users of the realm `default`. */
  async owners(): Promise<string[]> {
    const { db } = primary(this.#deps.d1);
    const rows = await db
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.realmId, DEFAULT_REALM), sql`role = 'owner'`, eq(users.status, 'active')));
    return rows.map(({ id }) => id);
  }

  /** Sends a message that another batch than `change` has written. */
  send(mail: typeof outbox.$inferInsert): void {
    this.#deps.outbox.sendSoon([mail]);
  }

  /**
   * Does what changes something elsewhere than in D1, and tells the user of it by mail. No batch can have both, so the mail
   * is written first, to go by itself should nobody come back; it is dropped when the act is refused. An act that failed
   * otherwise may have been done: then the user had rather hear of it.
   */
  notifying<Done>(user: UserRow, notice: Notice, act: () => Promise<Done>): Promise<Done> {
    return this.mailing(this.noticeMail(user, notice), act);
  }

  /** As `notifying`, by any mail that tells somebody of it. */
  async mailing<Done>(mail: typeof outbox.$inferInsert, act: () => Promise<Done>): Promise<Done> {
    const { d1, outbox } = this.#deps;
    const { db } = primary(d1);
    await storeMessage(db, { ...mail, nextAttemptAt: Date.now() + UNREPORTED });
    try {
      const done = await act();
      await releaseMessage(db, mail.id, Date.now());
      outbox.sendSoon([mail]);
      return done;
    } catch (error) {
      if (error instanceof ApiError && CATALOGUE[error.code].status < 500) await dropMessage(db, mail.id);
      throw error;
    }
  }

  async #write(
    { db }: DatabaseSession,
    userId: string,
    { guard, before, audit, mail, event, actor, now = Date.now() }: Written,
    write: (where: SQL) => [Statement, ...Statement[]],
  ): Promise<{ rows: unknown[]; results: unknown[] }> {
    const where = and(eq(users.id, userId), guard) as SQL;
    const stands = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${where})`;
    const first = [
      ...(before?.(db, stands) ?? []),
      ...(audit ? [writeAuditIf(db, audit, stands)] : []),
      ...(mail ? [insertIf(db, outbox, mail, stands)] : []),
      ...(event ? [tellOf(db, event, { actor: actor ?? audit?.actor ?? null, now }, where)] : []),
    ];
    const batch = [...first, ...write(where)] as unknown as [Statement, ...Statement[]];
    const results = (await db.batch(batch).catch(refuseViolation)) as unknown[];
    return { rows: results[first.length] as unknown[], results };
  }

  #send({ mail }: Batched): void {
    if (mail) this.#deps.outbox.sendSoon([mail]);
  }
}

const byId = preparedOnce((db) =>
  db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('userId'))),
);

/** The user of that id, or null. */
export async function findById(db: Database, userId: string): Promise<UserRow | null> {
  return (await byId(db).get({ userId })) ?? null;
}

/** The user with that address, or null. */
export async function findByEmail(db: Database, realmId: string, email: string): Promise<UserRow | null> {
  const found = await db
    .select()
    .from(users)
    .where(and(eq(users.realmId, realmId), eq(users.email, email)))
    .get();
  return found ?? null;
}

/** Where from and with what an account is made: what its owner is shown before they confirm its address. */
export function madeBy(client: Client): { madeIn: string | null; madeWith: string | null } {
  return { madeIn: placeOf(client), madeWith: client.userAgent };
}

/**
 * What `told` says of a row that was written with the first entry of the log and the first session. What an object tells after it
 * has the number of its time.
 */
export const WITH_FIRST_ENTRY = 1;

/** What of a user's row in a database its account object must know. */
export function directoryState(row: UserRow, database = CONTROL): DirectoryState {
  return {
    ...(database !== CONTROL && { database }),
    userId: row.id,
    realmId: row.realmId,
    role: row.role,
    plan: row.plan,
    planExpiresAt: row.planExpiresAt,
    customLimits: row.customLimits,
    subscribed: row.subscribed,
    ...(row.meters && { meters: row.meters }),
    openingCredits: row.openingCredits,
    hasPast: row.hasPast,
    ...(row.told === WITH_FIRST_ENTRY && { hasFirstEntry: true }),
    status: row.status,
    emailVerified: row.emailVerified,
    anonymous: row.anonymous,
    username: row.username,
    factors: { totp: row.totpCount, passkeys: row.passkeyCount },
    phone: row.phoneNumber !== null && opensByPhone(row),
    version: row.version,
    credentialVersion: row.credentialVersion,
  };
}

/**
 * Throws the error to answer with when a failed write broke a rule of `users` (what is unique, that there is an owner, that
 * the user is there, that an organization of theirs keeps an owner): `user_exists`, `username_taken`, `last_owner`, `last_organization_owner`,
 * `session_ended`; any other failure as it is.
 */
export function refuseViolation(thrown: unknown): never {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const message = cause instanceof Error ? cause.message : '';
  if (message.includes('FOREIGN KEY constraint failed')) throw new ApiError('session_ended');
  if (message.includes('last_organization_owner')) throw new ApiError('last_organization_owner');
  if (message.includes('last_owner')) throw new ApiError('last_owner');
  if (message.includes('UNIQUE constraint failed')) {
    if (message.includes('users.email')) throw new ApiError('user_exists');
    if (message.includes('users.username')) throw new ApiError('username_taken');
  }
  throw thrown;
}
