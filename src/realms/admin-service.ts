import { asc, eq, gt, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { primary } from '../db/client.ts';
import { writeAuditIf } from '../directory/audit.ts';
import { ApiError } from '../errors.ts';
import { pageOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import type { NewRealm, RealmPatch } from './admin-schemas.ts';
import type { Realms } from './service.ts';
import { type RealmRow, realms } from './tables.ts';

/** Realms, as operators handle them: an owner all, an admin their own. */
export class RealmAdmin {
  readonly #d1: D1Database;
  readonly #realms: Realms;

  constructor(d1: D1Database, known: Realms) {
    this.#d1 = d1;
    this.#realms = known;
  }

  /** A page of all realms, by id. Throws `insufficient_scope`. */
  async list(actor: Actor, page: { after: string | null; limit: number }) {
    requireOwner(actor);
    const { db } = primary(this.#d1);
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
    const row = await primary(this.#d1).db.select().from(realms).where(eq(realms.id, id)).get();
    if (!row) throw new ApiError('realm_not_found');
    return this.#inForce(row);
  }

  /** Makes a realm. Throws `insufficient_scope`, `realm_exists`. */
  async create(body: z.output<typeof NewRealm>, actor: Actor): Promise<RealmRow> {
    requireOwner(actor);
    const { db } = primary(this.#d1);
    const now = Date.now();
    const { id } = body;
    const set = columnsOf(body);
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
        .values({ ...set, ...choiceIn(set), id, name: body.name ?? id, createdAt: now, updatedAt: now })
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
    const { db } = primary(this.#d1);
    const set = columnsOf(patch);
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
    return this.#inForce(row);
  }

  /** The policy of a realm as it is in force. */
  #inForce(row: RealmRow): RealmRow {
    const mfa = this.#realms.mfaOf(row);
    return { ...row, accessTokenSeconds: this.#realms.accessTokenSecondsOf(row), mfa };
  }
}

function requireOwner(actor: Actor): void {
  if (actor.role !== 'owner') {
    throw new ApiError('insufficient_scope', { detail: 'Realms are for owners.' });
  }
}

/** What else is written where an operator says how long access tokens live. */
function choiceIn(set: Partial<RealmRow>): Partial<RealmRow> {
  return set.accessTokenSeconds === undefined ? {} : { accessTokenChosen: true };
}

/** What was sent, by the columns it sets. */
function columnsOf(body: z.output<typeof RealmPatch>) {
  const given = {
    name: body.name,
    color: body.color,
    logo: body.logo,
    registration: body.registration,
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
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<RealmRow>;
}
