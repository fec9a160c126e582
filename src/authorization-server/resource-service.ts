import type { z } from 'zod';
import { nearestReplica, primary } from '../db/client.ts';
import type { Standby } from '../db/standby.ts';
import { isTaken } from '../db/unique.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { Actor } from '../http/service-authentication.ts';
import { newId } from '../lib/ids.ts';
import { Kept } from '../lib/kept.ts';
import { SECOND } from '../lib/time.ts';
import type { NewProtectedResource, ProtectedResourcePatch } from './resource-schemas.ts';
import {
  changeResource,
  deleteResource,
  insertResource,
  type ResourceRef,
  resourcesOf,
} from './resource-store.ts';
import type { OAuthClientRow, ProtectedResourceRow } from './tables.ts';

/** How long an isolate goes by what it read. */
const CACHE = 30 * SECOND;
const CACHED_REALMS = 1000;
/** Resources of a realm: they are read together. */
const MOST = 100;

/** The resources of realms that have a name: what tokens of clients may be for, and what may be asked of them there. */
export class ProtectedResources {
  readonly #d1: D1Database;
  readonly #standby: Standby;
  readonly #kept = new Kept<string, ProtectedResourceRow[]>({ limit: CACHED_REALMS, freshFor: CACHE });

  constructor(d1: D1Database, standby: Standby) {
    this.#d1 = d1;
    this.#standby = standby;
  }

  /** Those of a realm, as an isolate knows them: a change is in force everywhere within 30 seconds. */
  async of(realmId: string): Promise<ProtectedResourceRow[]> {
    const read = () =>
      this.#standby.read(`protected-resources:${realmId}`, () =>
        resourcesOf(nearestReplica(this.#d1).db, realmId),
      );
    return (await this.#kept.get(realmId, read)) ?? [];
  }

  /**
   * What a client may and gets where its tokens are for these resources: open ones it may ask for, and for their scopes, and
   * no token lives longer than each of them allows. Without resources there is nothing to read.
   */
  async forTokens(
    realmId: string,
    client: OAuthClientRow,
    identifiers: readonly string[],
  ): Promise<OAuthClientRow> {
    if (identifiers.length === 0) return client;
    const named = (await this.of(realmId)).filter(({ identifier }) => identifiers.includes(identifier));
    const open = named.filter((one) => one.open);
    const times = [client, ...named].flatMap(({ accessTokenSeconds: seconds }) =>
      seconds === null ? [] : [seconds],
    );
    return {
      ...client,
      audiences: [...client.audiences, ...open.map(({ identifier }) => identifier)],
      scopes: [...new Set([...client.scopes, ...open.flatMap(({ scopes }) => scopes)])],
      accessTokenSeconds: times.length === 0 ? null : Math.min(...times),
    };
  }

  /** Those of a realm as the primary has them. */
  list(realmId: string): Promise<ProtectedResourceRow[]> {
    return resourcesOf(primary(this.#d1).db, realmId);
  }

  /** One of them. Throws `protected_resource_not_found`. */
  async get({ id, realmId }: ResourceRef): Promise<ProtectedResourceRow> {
    const row = (await this.list(realmId)).find((one) => one.id === id);
    if (!row) throw new ApiError('protected_resource_not_found');
    return row;
  }

  /** Names a resource. Throws `protected_resource_exists`, and 422 for one too many. */
  async create(
    realmId: string,
    body: z.output<typeof NewProtectedResource>,
    actor: Pick<Actor, 'id'>,
  ): Promise<ProtectedResourceRow> {
    const now = Date.now();
    const row: ProtectedResourceRow = {
      id: newId('res', now),
      realmId,
      identifier: body.resource,
      name: body.name,
      scopes: body.scopes,
      open: body.open,
      accessTokenSeconds: body.access_token_seconds ?? null,
      createdBy: actor.id,
      createdAt: now,
      updatedAt: now,
    };
    const entry = {
      realmId,
      at: now,
      actor: actor.id,
      action: 'protected_resource_created',
      target: row.id,
      details: { before: null, after: body },
    } as const;
    const isMade = await insertResource(primary(this.#d1).db, row, MOST, entry).catch((error: unknown) => {
      if (isTaken(error)) throw new ApiError('protected_resource_exists');
      throw error;
    });
    if (!isMade) throw fieldError('resource', 'too_big', `A realm has ${MOST} at most`);
    this.#kept.delete(realmId);
    return row;
  }

  /** Changes a resource. Throws `protected_resource_not_found`. */
  async update(
    resource: ResourceRef,
    patch: z.output<typeof ProtectedResourcePatch>,
    actor: Actor,
  ): Promise<ProtectedResourceRow> {
    const before = await this.get(resource);
    const given = {
      name: patch.name,
      scopes: patch.scopes,
      open: patch.open,
      accessTokenSeconds: patch.access_token_seconds,
    };
    const set = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as Partial<ProtectedResourceRow>;
    const now = Date.now();
    const names = Object.keys(set) as (keyof ProtectedResourceRow)[];
    const row = await changeResource(
      primary(this.#d1).db,
      resource,
      { ...set, updatedAt: now },
      {
        realmId: resource.realmId,
        at: now,
        actor: actor.id,
        action: 'protected_resource_changed',
        target: resource.id,
        details: { before: Object.fromEntries(names.map((name) => [name, before[name]])), after: set },
      },
    );
    if (!row) throw new ApiError('protected_resource_not_found');
    this.#kept.delete(resource.realmId);
    return row;
  }

  /** Forgets a resource: no token is made for it any more. Throws `protected_resource_not_found`. */
  async delete(resource: ResourceRef, actor: Actor): Promise<void> {
    const { id, realmId } = resource;
    const entry = {
      realmId,
      at: Date.now(),
      actor: actor.id,
      action: 'protected_resource_deleted',
      target: id,
    } as const;
    if (!(await deleteResource(primary(this.#d1).db, resource, entry))) {
      throw new ApiError('protected_resource_not_found');
    }
    this.#kept.delete(realmId);
  }
}
