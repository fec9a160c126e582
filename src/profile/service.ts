import { eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { nearestReplica } from '../db/client.ts';
import { withFoldedNames } from '../directory/folded-names.ts';
import { MAX_PREFERENCES, type ProfilePatch } from '../directory/schemas.ts';
import type { Directory, UserChange } from '../directory/service.ts';
import { preferences, type UserRow, users } from '../directory/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { ToldEvent } from '../events/catalogue.ts';
import { eventOfChange } from '../events/derived.ts';
import type { Client } from '../lib/client.ts';

const PREFERENCES_UPDATED: ToldEvent = { type: 'user.preferences_updated', data: {} };

/** What users say of themselves, and what apps keep about them. */
export class Profiles {
  readonly #d1: D1Database;
  readonly #directory: Directory;

  constructor(d1: D1Database, directory: Directory) {
    this.#d1 = d1;
    this.#directory = directory;
  }

  /**
   * Changes what a user says of themselves; a new phone number is unproven. Throws `username_taken`, `session_ended` when
   * the user is no more.
   */
  async update(userId: string, patch: z.output<typeof ProfilePatch>, client: Client): Promise<UserRow> {
    const { given_name, family_name, phone_number, ...same } = patch;
    const phone =
      phone_number === undefined
        ? {}
        : {
            phoneNumber: phone_number,
            // Writing the same number again proves nothing and loses nothing.
            phoneNumberVerified: sql`${users.phoneNumberVerified} AND ${users.phoneNumber} IS ${phone_number}`,
          };
    const set = { ...same, ...phone, givenName: given_name, familyName: family_name };
    if (phone_number !== undefined) return this.#setWithNumber(userId, set, phone_number, client);
    // The username is in access tokens, so the account object has to know it; of the rest it knows nothing.
    if (patch.username === undefined) return this.#set(userId, set);
    const { user } = await this.#directory.change(userId, { set });
    if (!user) throw new ApiError('session_ended');
    return user;
  }

  /** Shows another picture, or none. Throws `session_ended` when the user is no more. */
  replacePicture(userId: string, picture: string | null): Promise<UserRow> {
    return this.#set(userId, { picture });
  }

  /** What an app keeps about a user; an empty object to begin with. */
  async preferences(userId: string, bookmark: string | null): Promise<Record<string, unknown>> {
    const { db } = nearestReplica(this.#d1, bookmark);
    const found = await db.select().from(preferences).where(eq(preferences.userId, userId)).get();
    return found?.data ?? {};
  }

  /** Replaces all of it. Throws `session_ended` when the user is no more. */
  async replacePreferences(userId: string, data: Record<string, unknown>): Promise<void> {
    const updatedAt = Date.now();
    await this.#directory.note(userId, PREFERENCES_UPDATED, (db) =>
      db
        .insert(preferences)
        .values({ userId, data, updatedAt })
        .onConflictDoUpdate({ target: preferences.userId, set: { data, updatedAt } }),
    );
  }

  /**
   * Changes some of it and leaves the rest (JSON Merge Patch, RFC 7396: null removes); gives all of it. Throws
   * `validation_failed` when it would have more than 16 KiB.
   */
  async patchPreferences(userId: string, patch: Record<string, unknown>): Promise<Record<string, unknown>> {
    const [updatedAt, json] = [Date.now(), JSON.stringify(patch)];
    const merged = sql`json_patch(${preferences.data}, ${json})`;
    const [kept] = await this.#directory.note(userId, PREFERENCES_UPDATED, (db) =>
      db
        .insert(preferences)
        .values({ userId, data: sql`json_patch('{}', ${json})`, updatedAt })
        .onConflictDoUpdate({
          target: preferences.userId,
          set: { data: merged, updatedAt },
          setWhere: sql`length(CAST(${merged} AS BLOB)) <= ${MAX_PREFERENCES}`,
        })
        .returning({ data: preferences.data }),
    );
    if (!kept) throw fieldError('', 'preferences_too_large', 'Must have at most 16 KiB');
    return kept.data;
  }

  /** Changes the number too: one by which the user could sign in until now is told of by mail. */
  async #setWithNumber(
    userId: string,
    set: UserChange['set'],
    phoneNumber: string | null,
    client: Client,
  ): Promise<UserRow> {
    const before = await this.#directory.get(userId, null);
    const { phoneNumber: number, phoneNumberVerified } = before;
    const isLost = phoneNumberVerified && number !== phoneNumber;
    const notice = { change: 'phone_number_removed', about: number, client } as const;
    const { user } = await this.#directory.change(userId, {
      set,
      mail: isLost ? this.#directory.noticeMail(before, notice) : undefined,
    });
    if (!user) throw new ApiError('session_ended');
    return user;
  }

  async #set(userId: string, set: UserChange['set']): Promise<UserRow> {
    const [user] = await this.#directory.note(userId, eventOfChange({ set }), (db) =>
      db
        .update(users)
        .set({ ...withFoldedNames(set), updatedAt: Date.now() })
        .where(eq(users.id, userId))
        .returning(),
    );
    if (!user) throw new ApiError('session_ended');
    return user;
  }
}
