import { asc, eq, gt, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { CONTROL, type DatabaseSetting } from '../config/databases.ts';
import { primary } from '../db/client.ts';
import type { Databases } from '../db/databases.ts';
import { writeAuditIf } from '../directory/audit.ts';
import { ApiError, fieldError } from '../errors.ts';
import { pageOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import { type RealmPicture, realmPicturePrefix } from '../images/picture-key.ts';
import type { PictureStore } from '../images/picture-store.ts';
import type { Jurisdiction } from '../lib/jurisdiction.ts';
import { describeFailure, log } from '../lib/log.ts';
import { type Appearance, DEFAULT_REALM, withAppearance } from '../lib/realm.ts';
import type { NewRealm, RealmPatch } from './admin-schemas.ts';
import type { Realms } from './service.ts';
import { type RealmRow, realms } from './tables.ts';

/** Realms, as operators handle them: an owner all, an admin their own. */
export class RealmAdmin {
  readonly #databases: Databases;
  readonly #realms: Realms;
  readonly #pictures: PictureStore;

  constructor(databases: Databases, known: Realms, pictures: PictureStore) {
    this.#databases = databases;
    this.#realms = known;
    this.#pictures = pictures;
  }

  /** The databases that realms may live in. Throws `insufficient_scope`. */
  databases(actor: Actor): readonly DatabaseSetting[] {
    requireOwner(actor);
    return this.#databases.settings;
  }

  /** A page of all realms, by id. Throws `insufficient_scope`. */
  async list(actor: Actor, page: { after: string | null; limit: number }) {
    requireOwner(actor);
    const { db } = primary(this.#databases.control);
    const [rows, [counted]] = await db.batch([
      db
        .select()
        .from(realms)
        .where(page.after === null ? undefined : gt(realms.id, page.after))
        .orderBy(asc(realms.id))
        .limit(page.limit + 1),
      db.select({ total: sql<number>`count(*)` }).from(realms),
    ]);
    const shown = pageOf(rows, page.limit, ({ id }) => id);
    return {
      ...shown,
      rows: shown.rows.map((row) => this.#inForce(row)),
      total: counted?.total ?? 0,
      totalIsExact: true,
    };
  }

  /** A realm. Throws `realm_not_found`, `insufficient_scope` for another than the admin's own. */
  async get(id: string, actor: Actor, own: string): Promise<RealmRow> {
    if (id !== own) requireOwner(actor);
    const row = await primary(this.#databases.control)
      .db.select()
      .from(realms)
      .where(eq(realms.id, id))
      .get();
    if (!row) throw new ApiError('realm_not_found');
    return this.#inForce(row);
  }

  /**
   * Makes a realm, in the database that is named; else in `DB`, or for a jurisdiction in the first database that was made in it.
   * Throws `insufficient_scope`, `realm_exists`, and 422 for a database that is not bound or is not of the jurisdiction.
   */
  async create(body: z.output<typeof NewRealm>, actor: Actor): Promise<RealmRow> {
    requireOwner(actor);
    const now = Date.now();
    const { id, jurisdiction = null, database: named = null, ...policy } = body;
    const database = this.#placeFor(named, jurisdiction);
    const set = { ...columnsOf(policy, {}), database, jurisdiction };
    const name = body.name ?? id;
    // First what the realm's rows will refer to there: of a realm that is not made in the end it does no harm.
    await this.#mirror(database, { id, name, ...set, createdAt: now, updatedAt: now });
    const { db } = primary(this.#databases.control);
    const isNew = sql`NOT EXISTS (SELECT 1 FROM realms WHERE id = ${id})`;
    const [, [row]] = await db.batch([
      writeAuditIf(
        db,
        {
          realmId: id,
          at: now,
          actor: actor.id,
          action: 'realm_created',
          target: id,
          details: { before: null, after: body },
        },
        isNew,
      ),
      db
        .insert(realms)
        .values({ ...set, ...choiceIn(set), id, name, createdAt: now, updatedAt: now })
        .onConflictDoNothing()
        .returning(),
    ]);
    if (!row) throw new ApiError('realm_exists');
    return this.#inForce(row);
  }

  /**
   * Changes the policy of a realm; in force at once in this isolate, everywhere within 30 seconds. Throws
   * `realm_not_found`, `insufficient_scope`, `conflict`.
   */
  async update(id: string, patch: z.output<typeof RealmPatch>, actor: Actor, own: string): Promise<RealmRow> {
    const read = await this.get(id, actor, own);
    return this.#change(read, columnsOf(patch, read.appearance), actor);
  }

  /**
   * Puts a picture up that stands for the realm's name or covers the ground of its pages; the one before is deleted. Throws as `update`
   * does, and `validation_failed` for what is no picture.
   */
  async putPicture(
    id: string,
    picture: RealmPicture,
    bytes: Uint8Array,
    actor: Actor,
    own: string,
  ): Promise<RealmRow> {
    const read = await this.get(id, actor, own);
    const prefix = realmPicturePrefix(id, picture);
    const address = await this.#pictures.put(prefix, bytes);
    try {
      const row = await this.#change(
        read,
        picture === 'logo' ? { logo: address } : { appearance: { ...read.appearance, picture: address } },
        actor,
      );
      await this.#pictures.sweep(prefix, address, 'under way');
      return row;
    } catch (error) {
      if (error instanceof ApiError) await this.#pictures.delete(prefix, address);
      throw error;
    }
  }

  /** Writes columns of a realm that is still as it was read. Throws `conflict`. */
  async #change(read: RealmRow, set: Partial<RealmRow>, actor: Actor): Promise<RealmRow> {
    const { id } = read;
    const { db } = primary(this.#databases.control);
    const names = Object.keys(set) as (keyof typeof set)[];
    const before = Object.fromEntries(names.map((name) => [name, read[name]]));
    // A name for the state that was read: two changes of one millisecond have two.
    const now = Math.max(Date.now(), read.updatedAt + 1);
    const asRead = sql`id = ${id} AND updated_at = ${read.updatedAt}`;
    const entry = {
      realmId: id,
      at: now,
      actor: actor.id,
      action: 'realm_changed',
      target: id,
      details: { before, after: set },
    } as const;
    const [, [row]] = await db.batch([
      writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM realms WHERE ${asRead})`),
      db
        .update(realms)
        .set({ ...set, ...choiceIn(set), updatedAt: now })
        .where(asRead)
        .returning(),
    ]);
    if (!row) throw new ApiError('conflict');
    this.#realms.forget(id);
    // Everywhere: mails that go out elsewhere look like the realm of the owners.
    for (const database of id === DEFAULT_REALM ? this.#databases.names : [row.database]) {
      await this.#mirror(database, row);
    }
    await this.#deleteReplaced(read, row);
    return this.#inForce(row);
  }

  /** Deletes pictures that a realm had and has no more. What fails is swept away with the next picture. */
  async #deleteReplaced(before: RealmRow, after: RealmRow): Promise<void> {
    const gone: [RealmPicture, string | null][] = [];
    if (before.logo !== after.logo) gone.push(['logo', before.logo]);
    const { picture = null } = before.appearance;
    if (picture !== (after.appearance.picture ?? null)) gone.push(['background', picture]);
    for (const [kind, address] of gone) {
      await this.#pictures.delete(realmPicturePrefix(after.id, kind), address).catch((error) => {
        log('error', 'realm_picture_kept', { realm: after.id, error: describeFailure(error) });
      });
    }
  }

  /** Where a realm is to live. */
  #placeFor(database: string | null, jurisdiction: Jurisdiction | null): string {
    const { settings } = this.#databases;
    if (database === null) {
      if (jurisdiction === null) return CONTROL;
      const found = settings.find((one) => one.jurisdiction === jurisdiction);
      if (found) return found.name;
      throw fieldError(
        'jurisdiction',
        'no_database',
        `No database of the jurisdiction ${jurisdiction} is bound`,
      );
    }
    const found = settings.find(({ name }) => name === database);
    if (!found) throw unknownDatabase('database', settings);
    requireJurisdiction('database', found, jurisdiction);
    return database;
  }

  /** Writes into a realm's own database what its rows there refer to. */
  async #mirror(database: string, row: typeof realms.$inferInsert): Promise<void> {
    if (database === CONTROL) return;
    const { name, color } = row;
    await primary(this.#databases.get(database))
      .db.insert(realms)
      .values(row)
      .onConflictDoUpdate({
        target: realms.id,
        set: { name, database: row.database, ...(color && { color }) },
      });
  }

  /** The policy of a realm as it is in force. */
  #inForce(row: RealmRow): RealmRow {
    const mfa = this.#realms.mfaOf(row);
    return { ...row, accessTokenSeconds: this.#realms.accessTokenSecondsOf(row), mfa };
  }
}

/** What is thrown for a database that is not bound. */
export function unknownDatabase(path: string, settings: readonly DatabaseSetting[]): ApiError {
  const names = settings.map(({ name }) => name).join(', ');
  return fieldError(path, 'unknown', `No such database is bound; there is ${names}`);
}

/** Throws 422 for a database that was made outside of a realm's jurisdiction. */
export function requireJurisdiction(
  path: string,
  database: DatabaseSetting,
  jurisdiction: Jurisdiction | null,
): void {
  if (jurisdiction === null || database.jurisdiction === jurisdiction) return;
  const message = `${database.name} is not said to be of the jurisdiction ${jurisdiction}: see DATABASES`;
  throw fieldError(path, 'jurisdiction', message);
}

/** Throws `insufficient_scope` for who is no owner. */
export function requireOwner(actor: Actor): void {
  if (actor.role !== 'owner') {
    throw new ApiError('insufficient_scope', { detail: 'Realms are for owners.' });
  }
}

/** What else is written where an operator says how long access tokens live. */
function choiceIn(set: Partial<RealmRow>): Partial<RealmRow> {
  return set.accessTokenSeconds === undefined ? {} : { accessTokenChosen: true };
}

/** What was sent, by the columns it sets; `looks` is how pages look so far. */
function columnsOf(
  body: Omit<z.output<typeof RealmPatch>, 'database' | 'jurisdiction'>,
  looks: Partial<Appearance>,
) {
  const given = {
    name: body.name,
    color: body.color,
    logo: body.logo,
    appearance: body.appearance && withAppearance(looks, body.appearance),
    registration: body.registration,
    breachedPasswords: body.breached_passwords,
    challenge: body.challenge,
    anonymousUsers: body.anonymous_users,
    allowedOrigins: body.allowed_origins,
    redirectTargets: body.redirect_targets,
    audience: body.audience,
    accessTokenSeconds: body.access_token_seconds,
    sessionIdleSeconds: body.session_idle_seconds,
    sessionAbsoluteSeconds: body.session_absolute_seconds,
    reauthenticationSeconds: body.reauthentication_seconds,
    operatorReauthenticationSeconds: body.operator_reauthentication_seconds,
    refreshGraceSeconds: body.refresh_grace_seconds,
    mfa: body.mfa,
    mfaFactors: body.mfa_factors,
    mfaFrom: typeof body.mfa_from === 'string' ? Date.parse(body.mfa_from) : body.mfa_from,
    mfaRememberDevice: body.mfa_remember_device,
    clientRegistration: body.client_registration,
    organizations: body.organizations,
    organizationsPerUser: body.organizations_per_user,
    membersPerOrganization: body.members_per_organization,
    organizationRoles: body.organization_roles,
    ownApiKeys: body.own_api_keys,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<RealmRow>;
}
