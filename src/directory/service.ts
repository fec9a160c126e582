import { and, eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { type Database, type DatabaseSession, nearestReplica, primary } from '../db/client.ts';
import type { Refusal } from '../errors.ts';
import { ApiError, fieldError } from '../errors.ts';
import { MAX_PREFERENCES, type ProfilePatch } from './schemas.ts';
import type { AccountObjects, DirectoryState } from './state.ts';
import { preferences, type UserRow, users } from './tables.ts';

/** The directory of users. */
export class Accounts {
  readonly #d1: D1Database;
  readonly #objects: AccountObjects;

  constructor(d1: D1Database, objects: AccountObjects) {
    this.#d1 = d1;
    this.#objects = objects;
  }

  /** A user's row, no older than the bookmark. Throws `session_ended` when the user is no more. */
  async get(userId: string, bookmark: string | null): Promise<UserRow> {
    const user =
      (await findById(nearestReplica(this.#d1, bookmark).db, userId)) ??
      (await findById(primary(this.#d1).db, userId));
    if (!user) throw new ApiError('session_ended');
    return user;
  }

  /** A user of the realm for somebody else, no older than the bookmark. Throws `user_not_found`. */
  async find(
    realmId: string,
    by: { userId: string } | { email: string },
    bookmark: string | null,
  ): Promise<UserRow> {
    const look = (db: Database) =>
      'userId' in by ? findById(db, by.userId) : findByEmail(db, realmId, by.email);
    const user = (await look(nearestReplica(this.#d1, bookmark).db)) ?? (await look(primary(this.#d1).db));
    if (user?.realmId !== realmId) throw new ApiError('user_not_found');
    return user;
  }

  /**
   * Asks the object of a user; one that was never told whom it stands for is told first. Throws `user_not_found`, and
   * what the object refuses with.
   */
  async ask<Answer extends { result: string }>(
    user: { userId: string; realmId: string },
    call: () => Promise<Answer | Refusal>,
  ): Promise<Exclude<Answer, Refusal>> {
    let answer = await call();
    if (isRefusal(answer) && answer.reason === 'user_not_found') {
      const row = await findById(primary(this.#d1).db, user.userId);
      if (row?.realmId !== user.realmId) throw new ApiError('user_not_found');
      const change = { bookmark: null, keepSession: null, client: null };
      await this.#objects(row.id).directoryChanged(directoryState(row), change);
      answer = await call();
    }
    if (isRefusal(answer)) throw refusalError(answer);
    return answer as Exclude<Answer, Refusal>;
  }

  /**
   * Changes what a user says of themselves; a new phone number is unproven. The account object is told of a username
   * alone: it is in access tokens. Throws `username_taken`.
   */
  async updateProfile(userId: string, patch: z.output<typeof ProfilePatch>): Promise<UserRow> {
    const session = primary(this.#d1);
    const object = this.#objects(userId);
    const renames = patch.username !== undefined;
    if (renames) await object.announceChange();
    const { given_name, family_name, phone_number, ...same } = patch;
    const phone =
      phone_number === undefined
        ? {}
        : {
            phoneNumber: phone_number,
            // Writing the same number again proves nothing and loses nothing.
            phoneNumberVerified: sql`${users.phoneNumberVerified} AND ${users.phoneNumber} IS ${phone_number}`,
          };
    try {
      const [user] = await session.db
        .update(users)
        .set({
          ...same,
          ...phone,
          givenName: given_name,
          familyName: family_name,
          updatedAt: Date.now(),
          ...(renames && { version: sql`version + 1` }),
        })
        .where(eq(users.id, userId))
        .returning();
      if (!user) throw new ApiError('session_ended');
      if (renames) {
        const bookmark = session.bookmark();
        await object.directoryChanged(directoryState(user), { bookmark, keepSession: null, client: null });
      } else await this.#noteBookmark(userId, session);
      return user;
    } catch (error) {
      throw uniqueViolation(error) ?? error;
    }
  }

  /** What an app keeps about a user; an empty object to begin with. */
  async preferences(userId: string, bookmark: string | null): Promise<Record<string, unknown>> {
    const { db } = nearestReplica(this.#d1, bookmark);
    const found = await db.select().from(preferences).where(eq(preferences.userId, userId)).get();
    return found?.data ?? {};
  }

  /** Replaces all of it. Throws `session_ended` when the user is no more. */
  async replacePreferences(userId: string, data: Record<string, unknown>): Promise<void> {
    const session = primary(this.#d1);
    const updatedAt = Date.now();
    await session.db
      .insert(preferences)
      .values({ userId, data, updatedAt })
      .onConflictDoUpdate({ target: preferences.userId, set: { data, updatedAt } });
    await this.#noteBookmark(userId, session);
  }

  /**
   * Changes some of it and leaves the rest (JSON Merge Patch, RFC 7396: null removes); gives all of it. Throws
   * `validation_failed` when it would have more than 16 KiB.
   */
  async patchPreferences(userId: string, patch: Record<string, unknown>): Promise<Record<string, unknown>> {
    const session = primary(this.#d1);
    const [updatedAt, json] = [Date.now(), JSON.stringify(patch)];
    const merged = sql`json_patch(${preferences.data}, ${json})`;
    const [kept] = await session.db
      .insert(preferences)
      .values({ userId, data: sql`json_patch('{}', ${json})`, updatedAt })
      .onConflictDoUpdate({
        target: preferences.userId,
        set: { data: merged, updatedAt },
        setWhere: sql`length(CAST(${merged} AS BLOB)) <= ${MAX_PREFERENCES}`,
      })
      .returning({ data: preferences.data });
    if (!kept) throw fieldError('', 'preferences_too_large', 'Must have at most 16 KiB');
    await this.#noteBookmark(userId, session);
    return kept.data;
  }

  /** Shows another picture, or none; gives the user with the one shown before. Throws `session_ended`. */
  async replacePicture(userId: string, picture: string | null): Promise<UserRow> {
    const session = primary(this.#d1);
    const [user] = await session.db
      .update(users)
      .set({ picture, updatedAt: Date.now() })
      .where(eq(users.id, userId))
      .returning();
    if (!user) throw new ApiError('session_ended');
    await this.#noteBookmark(userId, session);
    return user;
  }

  async #noteBookmark(userId: string, session: DatabaseSession): Promise<void> {
    const bookmark = session.bookmark();
    if (bookmark) await this.#objects(userId).noteBookmark(bookmark);
  }
}

/** The user of that id, or null. */
export async function findById(db: Database, userId: string): Promise<UserRow | null> {
  return (await db.select().from(users).where(eq(users.id, userId)).get()) ?? null;
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

/** What of a user's row its account object must know. */
export function directoryState(row: UserRow): DirectoryState {
  return {
    userId: row.id,
    realmId: row.realmId,
    role: row.role,
    plan: row.plan,
    planExpiresAt: row.planExpiresAt,
    customLimits: row.customLimits,
    subscribed: row.subscribed,
    openingCredits: row.openingCredits,
    status: row.status,
    emailVerified: row.emailVerified,
    username: row.username,
    version: row.version,
    credentialVersion: row.credentialVersion,
  };
}

/**
 * Which rule of `users` a failed write violated (what is unique, that there is an owner), as the error to answer with;
 * null for any other failure.
 */
export function uniqueViolation(thrown: unknown): ApiError | null {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (!(cause instanceof Error)) return null;
  if (cause.message.includes('last_owner')) return new ApiError('last_owner');
  if (!cause.message.includes('UNIQUE constraint failed')) return null;
  if (cause.message.includes('users.email')) return new ApiError('user_exists');
  if (cause.message.includes('users.username')) return new ApiError('username_taken');
  return null;
}

function isRefusal(answer: { result: string }): answer is Refusal {
  return answer.result === 'refused';
}

/** What an account object refused with, as the error to answer with. */
export function refusalError({ reason, retryAfter }: Refusal): ApiError {
  return new ApiError(reason, retryAfter === undefined ? {} : { retryAfter });
}
