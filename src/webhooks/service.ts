import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { type Database, primary } from '../db/client.ts';
import type { AuditEntry } from '../directory/audit.ts';
import { ApiError, fieldError } from '../errors.ts';
import { countedTotal, counting, cursorAfter, pageOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import { newId } from '../lib/ids.ts';
import { currentRequestId } from '../lib/request-id.ts';
import { HOUR } from '../lib/time.ts';
import type { Outbox } from '../messages/outbox.ts';
import { isWebhookAddress, type Resolve, resolvesToPublic } from './address.ts';
import { payloadOf } from './payload.ts';
import type { DeliveryQuery, NewWebhook, WebhookPatch, WebhookReplay } from './schemas.ts';
import { outboxStatus } from './schemas.ts';
import { newKeyPair, publicKeyOf, signingPairs, type WebhookKeys } from './signature.ts';
import {
  changeEndpoint,
  deleteEndpoint,
  type EndpointRef,
  endpointsOf,
  findDelivery,
  insertEndpoint,
  insertTest,
  listDeliveries,
  redeliver,
  replay,
} from './store.ts';
import type { WebhookEndpointRow } from './tables.ts';

export { isWebhookAddress, type Resolve, resolvesToPublic } from './address.ts';
export { newKeyPair, publicKeyOf, signedHeaders, signingPairs, type WebhookKeys } from './signature.ts';

/** Endpoints of a realm: each has its own copy of an event. */
const MOST = 20;
/** How often a change looks again when another one was faster. */
const TRIES = 4;

/** An endpoint with the public keys by which its events are verified now. */
export type ShownEndpoint = { row: WebhookEndpointRow; publicKeys: string[] };

/** What endpoints are kept with. */
export interface EndpointDependencies {
  d1: D1Database;
  outbox: Pick<Outbox, 'deliverSoon'>;
  /** Of their secrets. */
  keys: Keyring;
  /** Whether they may be on this machine: only in development. */
  mayBeLocal: boolean;
  resolve: Resolve;
}

/** The endpoints of realms, and what was delivered to them. */
export class WebhookEndpoints {
  readonly #deps: EndpointDependencies;

  constructor(deps: EndpointDependencies) {
    this.#deps = deps;
  }

  /** Those of a realm, in the order in which they were made. */
  async list(realmId: string): Promise<ShownEndpoint[]> {
    return Promise.all((await endpointsOf(this.#db, realmId)).map((row) => this.#shown(row)));
  }

  /** How many of a realm need a hand: nothing gets there, or they were switched off for that. */
  async ailing(realmId: string): Promise<number> {
    const rows = await endpointsOf(this.#db, realmId);
    const needsHand = ({ status, disabledFor, failingSince }: WebhookEndpointRow) =>
      status === 'active' ? failingSince !== null : disabledFor !== 'operator';
    return rows.filter(needsHand).length;
  }

  /** One of them. Throws `webhook_not_found`. */
  async get(ref: EndpointRef): Promise<ShownEndpoint> {
    return this.#shown(await this.#find(ref));
  }

  /** Makes an endpoint. Throws 422 for an address that nothing may be sent to, and for one too many. */
  async create(
    realmId: string,
    body: z.output<typeof NewWebhook>,
    actor: Pick<Actor, 'id'>,
  ): Promise<ShownEndpoint & { secret: string }> {
    await this.#checkAddress(body.url);
    const now = Date.now();
    const current = newKeyPair();
    const row: WebhookEndpointRow = {
      id: newId('whe', now),
      realmId,
      ...body,
      keys: await seal(this.#deps.keys, { current, previous: null } satisfies WebhookKeys),
      status: 'active',
      disabledFor: null,
      failures: 0,
      failingSince: null,
      retryAt: 0,
      deliveredAt: null,
      createdBy: actor.id,
      createdAt: now,
      updatedAt: now,
    };
    const entry = entryOf(row, 'webhook_created', actor, now, { before: null, after: audited(body) });
    if (!(await insertEndpoint(this.#db, row, MOST, entry))) {
      throw fieldError('url', 'too_many', `A realm may have ${MOST} at most`);
    }
    return { ...(await this.#shown(row)), secret: current.secret };
  }

  /**
   * Changes an endpoint; one that is switched on again has no past. Throws `webhook_not_found`, `conflict`, 422 for an address that
   * nothing may be sent to.
   */
  async update(
    ref: EndpointRef,
    patch: z.output<typeof WebhookPatch>,
    actor: Pick<Actor, 'id'>,
  ): Promise<ShownEndpoint> {
    if (patch.url !== undefined) await this.#checkAddress(patch.url);
    const { status, ...same } = patch;
    const row = await this.#change(ref, (read, now) => {
      const switched =
        status === undefined || status === read.status
          ? {}
          : {
              status,
              disabledFor: status === 'disabled' ? ('operator' as const) : null,
              ...{ failures: 0, failingSince: null, retryAt: 0 },
            };
      const details = { before: audited(read), after: audited(patch) };
      return {
        set: { ...same, ...switched, updatedAt: now },
        entry: entryOf(ref, 'webhook_changed', actor, now, details),
      };
    });
    return this.#shown(row);
  }

  /**
   * Signs with a new secret and key from now on, and for some hours with those before too. Throws `webhook_not_found`,
   * `conflict`.
   */
  async rotate(
    ref: EndpointRef,
    { overlap_hours: hours }: { overlap_hours: number },
    actor: Pick<Actor, 'id'>,
  ): Promise<ShownEndpoint & { secret: string }> {
    const current = newKeyPair();
    const row = await this.#change(ref, async (read, now) => {
      const before = await this.#keysOf(read);
      const previous = before && { ...before.current, until: now + hours * HOUR };
      return {
        set: {
          keys: await seal(this.#deps.keys, { current, previous } satisfies WebhookKeys),
          updatedAt: now,
        },
        entry: entryOf(ref, 'webhook_secret_rotated', actor, now, { overlap_hours: hours }),
      };
    });
    return { ...(await this.#shown(row)), secret: current.secret };
  }

  /** Deletes an endpoint, with what was to be delivered to it. Throws `webhook_not_found`. */
  async delete(ref: EndpointRef, actor: Pick<Actor, 'id'>): Promise<void> {
    const entry = entryOf(ref, 'webhook_deleted', actor, Date.now(), {});
    if (!(await deleteEndpoint(this.#db, ref, entry))) throw new ApiError('webhook_not_found');
  }

  /** Sends it an event `webhook.test`. Throws `webhook_not_found`. */
  async test(ref: EndpointRef, actor: Pick<Actor, 'id'>) {
    const now = Date.now();
    const test = { eventId: newId('evt', now), actor: actor.id, requestId: currentRequestId(), now };
    const entry = entryOf(ref, 'webhook_test_sent', actor, now, {});
    const row = await insertTest(this.#db, ref, test, entry);
    if (!row) throw new ApiError('webhook_not_found');
    this.#deps.outbox.deliverSoon();
    return row;
  }

  /** A page of its deliveries, newest first. Throws `webhook_not_found`. */
  async deliveries(ref: EndpointRef, { status, limit, cursor }: z.output<typeof DeliveryQuery>) {
    await this.#find(ref);
    const known = status && outboxStatus(status);
    const db = this.#db;
    const is = sql`channel = 'webhook' AND recipient = ${ref.id}${known ? sql` AND status = ${known}` : sql``}`;
    const [rows, [counted]] = await db.batch([
      listDeliveries(db, ref.id, known, { after: cursor ?? null, limit }),
      counting(db, sql`SELECT 1 FROM outbox WHERE ${is}`),
    ]);
    const page = pageOf(rows, limit, (last) => cursorAfter(last.createdAt, last.id));
    return { ...page, ...countedTotal(counted?.counted ?? 0) };
  }

  /** One of them, with what was posted and what came of each try. Throws `webhook_not_found`, `webhook_delivery_not_found`. */
  async delivery(ref: EndpointRef, deliveryId: string) {
    await this.#find(ref);
    const found = await findDelivery(this.#db, ref.id, deliveryId);
    if (!found) throw new ApiError('webhook_delivery_not_found');
    const { row, event, attempts } = found;
    return { row, payload: event && payloadOf(event), attempts };
  }

  /**
   * Delivers an event again, under the same id. Throws `webhook_not_found`, `webhook_delivery_not_found`, also for one whose event is
   * too old to be kept, and `conflict` while it is being delivered.
   */
  async resend(ref: EndpointRef, deliveryId: string, actor: Pick<Actor, 'id'>) {
    const { payload } = await this.delivery(ref, deliveryId);
    if (!payload) throw new ApiError('webhook_delivery_not_found');
    const now = Date.now();
    const entry = entryOf(ref, 'webhook_delivery_resent', actor, now, { delivery: deliveryId });
    const row = await redeliver(this.#db, ref.id, deliveryId, now, entry);
    if (!row) throw new ApiError('conflict');
    this.#deps.outbox.deliverSoon();
    return row;
  }

  /** Delivers events from a time on again; gives how many. Throws `webhook_not_found`. */
  async replay(
    ref: EndpointRef,
    { since, which }: z.output<typeof WebhookReplay>,
    actor: Pick<Actor, 'id'>,
  ): Promise<number> {
    await this.#find(ref);
    const now = Date.now();
    const asked = { since: Date.parse(since), which, now };
    const entry = entryOf(ref, 'webhook_deliveries_replayed', actor, now, { since, which });
    const count = await replay(this.#db, ref, asked, entry);
    if (count > 0) this.#deps.outbox.deliverSoon();
    return count;
  }

  get #db(): Database {
    return primary(this.#deps.d1).db;
  }

  async #find({ id, realmId }: EndpointRef): Promise<WebhookEndpointRow> {
    const row = (await endpointsOf(this.#db, realmId)).find((one) => one.id === id);
    if (!row) throw new ApiError('webhook_not_found');
    return row;
  }

  async #change(
    ref: EndpointRef,
    plan: (read: WebhookEndpointRow, now: number) => Change | Promise<Change>,
  ): Promise<WebhookEndpointRow> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const read = await this.#find(ref);
      const { set, entry } = await plan(read, Date.now());
      const row = await changeEndpoint(this.#db, read, set, entry);
      if (row) return row;
    }
    throw new ApiError('conflict');
  }

  async #checkAddress(url: string): Promise<void> {
    const { mayBeLocal, resolve } = this.#deps;
    const isAllowed =
      isWebhookAddress(url, mayBeLocal) &&
      (mayBeLocal || (await resolvesToPublic(new URL(url).hostname, resolve, Date.now())));
    if (!isAllowed) throw fieldError('url', 'not_public', 'Must be https, of a host of the public Internet');
  }

  async #shown(row: WebhookEndpointRow): Promise<ShownEndpoint> {
    const keys = await this.#keysOf(row);
    return { row, publicKeys: keys ? signingPairs(keys, Date.now()).map(publicKeyOf) : [] };
  }

  #keysOf({ keys }: WebhookEndpointRow): Promise<WebhookKeys | null> {
    return unseal<WebhookKeys>(this.#deps.keys, keys);
  }
}

interface Change {
  set: Partial<WebhookEndpointRow>;
  entry: AuditEntry;
}

function entryOf(
  { id: target, realmId }: EndpointRef,
  action: AuditEntry['action'],
  actor: Pick<Actor, 'id'>,
  at: number,
  details: Record<string, unknown>,
): AuditEntry {
  return { realmId, at, actor: actor.id, action, target, details };
}

/** What the audit log has of an endpoint. Of its address the host: the rest may be a secret. */
function audited({ url, description, events, status }: z.output<typeof WebhookPatch>) {
  return { host: url && new URL(url).host, description, events, status };
}
