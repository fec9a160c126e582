import { asc, eq, getTableColumns, sql } from 'drizzle-orm';
import { nearestReplica, primary } from '../db/client.ts';
import type { Standby } from '../db/standby.ts';
import { ApiError } from '../errors.ts';
import { Kept } from '../lib/kept.ts';
import type { MfaMode } from '../lib/mfa.ts';
import {
  appearanceOf,
  DEFAULT_ORGANIZATIONS,
  DEFAULT_OWN_KEYS,
  type HookSetting,
  issuerOf,
  type Realm,
} from '../lib/realm.ts';
import { ANY_PORT } from '../lib/realm-origin.ts';
import { SECOND } from '../lib/time.ts';
import { type RealmRow, realms } from './tables.ts';

/** A changed policy is in force everywhere after this long (milliseconds). */
const CACHE = 30 * SECOND;
const CACHED_REALMS = 1000;
const ID = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Realms that are named together, at most. */
const NAMED_REALMS = 50;

/** Whom a realm asks, as JSON: read along with it, so that nobody who is asked for nothing costs a query. */
const HOOKS = sql<string>`(SELECT json_group_array(json_object('name', name, 'url', url, 'binding', binding, 'onFailure', on_failure,
  'namespace', namespace, 'keys', keys, 'updatedAt', updated_at)) FROM hooks WHERE hooks.realm_id = realms.id)`;

/** A realm's row, with its hooks; a copy that an earlier version has kept lacks them. */
type ReadRealm = RealmRow & { hooks?: string };

/** The realms, from D1; each isolate keeps what it read for half a minute, and for as long as D1 does not answer. */
export class Realms {
  readonly #d1: D1Database;
  readonly #standby: Standby;
  readonly #origin: string;
  readonly #accessTokenSeconds: number | null;
  readonly #trusted: readonly string[];
  readonly #mfa: MfaMode;
  readonly #kept = new Kept<string, Realm>({ limit: CACHED_REALMS, freshFor: CACHE });
  readonly #names = new Kept<'all', { id: string; name: string }[]>({ limit: 1, freshFor: CACHE });
  /** Those that are changing their database, which are read anew at each use. */
  readonly #moving = new Set<string>();

  /**
   * `accessTokenSeconds` is how long access tokens live in realms for which no operator chose; null for the usual time.
   * `trusted` are loopback origins of every realm, besides its own, that may call and be led back to at any port. `mfa` is for realms for which no operator chose.
   */
  constructor(
    d1: D1Database,
    standby: Standby,
    origin: string,
    accessTokenSeconds: number | null = null,
    trusted: readonly string[] = [],
    mfa: MfaMode = 'required_for_admins',
  ) {
    this.#mfa = mfa;
    this.#trusted = trusted;
    this.#d1 = d1;
    this.#standby = standby;
    this.#origin = origin;
    this.#accessTokenSeconds = accessTokenSeconds;
  }

  /** How long access tokens of a realm live (seconds). */
  accessTokenSecondsOf(row: Pick<RealmRow, 'accessTokenChosen' | 'accessTokenSeconds'>): number {
    return row.accessTokenChosen
      ? row.accessTokenSeconds
      : (this.#accessTokenSeconds ?? row.accessTokenSeconds);
  }

  /** Whether sign-ins of a realm take two factors. */
  mfaOf(row: Pick<RealmRow, 'mfa'>): MfaMode {
    return row.mfa ?? this.#mfa;
  }

  /** The realm of that id. Throws `realm_not_found`. */
  async get(id: string): Promise<Realm> {
    let realm = ID.test(id) ? await this.#kept.get(id, () => this.#read(id)) : null;
    // It may be in another database by now.
    if (realm && this.#moving.has(id)) {
      realm = await this.#read(id, 'primary');
      if (realm) this.#kept.set(id, realm);
    }
    if (!realm) throw new ApiError('realm_not_found');
    return realm;
  }

  /** The web apps of all realms that may call from browsers, each once. */
  async webOrigins(): Promise<string[]> {
    const rows = await nearestReplica(this.#d1).db.select({ origins: realms.allowedOrigins }).from(realms);
    return [...new Set(rows.flatMap(({ origins }) => origins))].sort();
  }

  /** What the realms are called, by id: the first fifty. Half a minute old at most. */
  async names(): Promise<{ id: string; name: string }[]> {
    const { db } = nearestReplica(this.#d1);
    const { id, name } = realms;
    const read = () => db.select({ id, name }).from(realms).orderBy(asc(id)).limit(NAMED_REALMS);
    return (await this.#names.get('all', read)) ?? [];
  }

  /** To be read anew at its next use: it was changed in this isolate. */
  forget(id: string): void {
    this.#kept.delete(id);
    this.#names.delete('all');
  }

  async #read(id: string, from: 'replica' | 'primary' = 'replica'): Promise<Realm | null> {
    const row = await this.#standby.read(`realm:${id}`, () => this.#row(id, from));
    if (row?.isMoving) this.#moving.add(id);
    else this.#moving.delete(id);
    if (!row) return null;
    const issuer = issuerOf(this.#origin, id);
    return {
      id,
      database: row.database,
      jurisdiction: row.jurisdiction,
      name: row.name,
      color: row.color,
      logo: row.logo,
      appearance: appearanceOf(row.appearance),
      issuer,
      audience: row.audience ?? issuer,
      registration: row.registration,
      breachedPasswords: row.breachedPasswords,
      challenge: row.challenge,
      anonymousUsers: row.anonymousUsers,
      allowedOrigins: [...row.allowedOrigins, ...this.#trusted.map((origin) => origin + ANY_PORT)],
      redirectTargets: [...row.redirectTargets, ...this.#trusted],
      decoys: row.decoys,
      accessTokenSeconds: this.accessTokenSecondsOf(row),
      refreshGraceSeconds: row.refreshGraceSeconds,
      lifetimes: {
        idleSeconds: row.sessionIdleSeconds,
        absoluteSeconds: row.sessionAbsoluteSeconds,
      },
      mfa: {
        mode: this.mfaOf(row),
        factors: row.mfaFactors,
        from: row.mfaFrom,
        rememberDevice: row.mfaRememberDevice,
      },
      clientRegistration: row.clientRegistration ?? [],
      organizations: {
        creation: row.organizations ?? DEFAULT_ORGANIZATIONS.creation,
        perUser: row.organizationsPerUser ?? DEFAULT_ORGANIZATIONS.perUser,
        members: row.membersPerOrganization ?? DEFAULT_ORGANIZATIONS.members,
        roles: row.organizationRoles ?? {},
      },
      ownApiKeys: row.ownApiKeys ?? DEFAULT_OWN_KEYS,
      hooks: JSON.parse(row.hooks ?? '[]') as HookSetting[],
      reauthentication: {
        seconds: row.reauthenticationSeconds,
        operatorSeconds: row.operatorReauthenticationSeconds,
      },
    };
  }

  async #row(id: string, from: 'replica' | 'primary'): Promise<ReadRealm | null> {
    const open = from === 'primary' ? [primary] : [nearestReplica, primary];
    for (const { db } of open.map((at) => at(this.#d1))) {
      const columns = { ...getTableColumns(realms), hooks: HOOKS };
      const row = await db.select(columns).from(realms).where(eq(realms.id, id)).get();
      if (row) return row;
    }
    return null;
  }
}
