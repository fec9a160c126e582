import { eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { nearestReplica, primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import type { AccountObjects, DirectoryState } from './port.ts';
import type { ProfilePatch } from './schemas.ts';
import { readUser } from './store.ts';
import { type UserRow, users } from './tables.ts';

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
      (await readUser(nearestReplica(this.#d1, bookmark).db, userId)) ??
      (await readUser(primary(this.#d1).db, userId));
    if (!user) throw new ApiError('session_ended');
    return user;
  }

  /** Changes what a user says of themselves; a new phone number is unproven. Throws `username_taken`. */
  async updateProfile(userId: string, patch: z.output<typeof ProfilePatch>): Promise<UserRow> {
    const session = primary(this.#d1);
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
        .set({ ...same, ...phone, givenName: given_name, familyName: family_name, updatedAt: Date.now() })
        .where(eq(users.id, userId))
        .returning();
      if (!user) throw new ApiError('session_ended');
      const bookmark = session.bookmark();
      if (bookmark) await this.#objects(userId).noteBookmark(bookmark);
      return user;
    } catch (error) {
      throw uniqueViolation(error) ?? error;
    }
  }
}

/** What of a user's row its account object must know. */
export function directoryState(row: UserRow): DirectoryState {
  return {
    userId: row.id,
    realmId: row.realmId,
    role: row.role,
    plan: row.plan,
    status: row.status,
    emailVerified: row.emailVerified,
    version: row.version,
    credentialVersion: row.credentialVersion,
  };
}

/** Which uniqueness of `users` a failed write violated, as the error to answer with; null for any other failure. */
export function uniqueViolation(thrown: unknown): ApiError | null {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (!(cause instanceof Error) || !cause.message.includes('UNIQUE constraint failed')) return null;
  if (cause.message.includes('users.email')) return new ApiError('user_exists');
  if (cause.message.includes('users.username')) return new ApiError('username_taken');
  return null;
}
