import { sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Keyring } from '../crypto/keys.ts';
import { unseal } from '../crypto/sealed.ts';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { rawStatement } from '../db/raw.ts';
import { backoff } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import { retryAfterOf } from '../lib/retry-after.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../lib/time.ts';
import { DeliveryError, deliver } from '../messages/delivery.ts';
import type { WebhookChannel } from '../messages/outbox.ts';
import type { ClaimedRow } from '../messages/outbox-store.ts';
import { isWebhookAddress, type Resolve, resolvesToPublic } from './address.ts';
import { type KeptEvent, payloadOf } from './payload.ts';
import { signedHeaders, type WebhookKeys } from './signature.ts';

/** How long an endpoint may take for an answer, and then for the beginning of what it says (milliseconds). */
const TIME_LIMIT = 10 * SECOND;
const ANSWER_LIMIT = SECOND;
/** Of an answer so much is kept. */
const ANSWER_BYTES = 1024;
/** The longest that an endpoint which fails is left alone, unless it asks for more. */
const LONGEST_PAUSE = HOUR;
/** An endpoint that has failed for this long is switched off. */
const PATIENCE = 5 * DAY;

/** A delivery with what it takes: read as it was claimed. */
interface ClaimedDelivery extends ClaimedRow {
  url: string;
  keys: string;
  failures: number;
  event: KeptEvent | null;
}

/** What came of a try. */
interface Try {
  at: number;
  duration: number;
  status: number | null;
  error: string | null;
  answer: string | null;
  retryAfter: number | null;
}

/** What events are delivered with. */
export interface WebhookDependencies {
  /** Of the secrets of endpoints. */
  keys: Keyring;
  /** Whether endpoints may be on this machine: only in development. */
  mayBeLocal: boolean;
  resolve: Resolve;
  /** Below which the pages of realms are. */
  origin: string;
}

/** Delivers events to endpoints, by Standard Webhooks. */
export class Webhooks implements WebhookChannel {
  readonly #deps: WebhookDependencies;
  readonly #tries = new WeakMap<ClaimedRow, Try>();

  constructor(deps: WebhookDependencies) {
    this.#deps = deps;
  }

  async countDue(db: Database, now: number, most: number): Promise<number> {
    const [found] = await db.all<{ due: number }>(sql`SELECT count(*) AS due FROM (
      SELECT 1 FROM webhook_endpoints AS e JOIN outbox ON channel = 'webhook' AND outbox.status = 'pending' AND recipient = e.id
        AND next_attempt_at <= ${now} AND leased_until <= ${now}
      WHERE e.status = 'active' AND retry_at <= ${now} AND e.realm_id NOT IN ${FROZEN_REALMS} LIMIT ${most})`);
    return found?.due ?? 0;
  }

  claim(
    db: Database,
    options: { ids: string[] | null; now: number; leasedUntil: number; limit: number },
  ): Promise<ClaimedRow[]> {
    const { ids, now, leasedUntil, limit } = options;
    const given = ids ? sql`AND id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))` : sql``;
    // The same for each endpoint, so that one that has much to get keeps no other waiting.
    const due = sql`SELECT due.id FROM webhook_endpoints AS e JOIN outbox AS due ON due.id IN (
        SELECT id FROM outbox WHERE channel = 'webhook' AND status = 'pending' AND recipient = e.id
          AND next_attempt_at <= ${now} AND leased_until <= ${now} ${given}
        ORDER BY next_attempt_at LIMIT ${limit})
      WHERE e.status = 'active' AND e.retry_at <= ${now} AND e.realm_id NOT IN ${FROZEN_REALMS}
      ORDER BY row_number() OVER (PARTITION BY e.id ORDER BY due.next_attempt_at) LIMIT ${limit}`;
    return db
      .all<Record<string, unknown>>(
        sql`UPDATE outbox SET leased_until = ${leasedUntil}, attempts = attempts + 1 WHERE id IN (${due})
          RETURNING *, (SELECT json_object('url', url, 'keys', keys, 'failures', failures) FROM webhook_endpoints AS e
            WHERE e.id = outbox.recipient) AS endpoint,
          (SELECT json_object('id', id, 'realmId', realm_id, 'seq', seq, 'userId', user_id, 'type', type, 'at', at,
            'actor', actor, 'requestId', request_id, 'data', data) FROM events WHERE events.id = outbox.event_id) AS event`,
      )
      .then((rows) => rows.map(deliveryOf));
  }

  async deliver(row: ClaimedRow): Promise<void> {
    const at = Date.now();
    const outcome: Try = { at, duration: 0, status: null, error: null, answer: null, retryAfter: null };
    this.#tries.set(row, outcome);
    try {
      await this.#post(row as ClaimedDelivery, outcome);
    } catch (error) {
      const failure =
        error instanceof DeliveryError
          ? error
          : new DeliveryError((error as Error).name, { permanent: false });
      outcome.error = failure.message;
      outcome.retryAfter = failure.retryAfter;
      throw failure;
    } finally {
      outcome.duration = Date.now() - at;
    }
  }

  notes(db: Database, rows: ClaimedRow[], now: number): BatchItem<'sqlite'>[] {
    const tries = rows.flatMap((row) => {
      const outcome = this.#tries.get(row);
      return outcome ? [{ row: row as ClaimedDelivery, outcome }] : [];
    });
    if (tries.length === 0) return [];
    const endpoints = [...Map.groupBy(tries, ({ row }) => row.recipient)].map(([id, of]) =>
      standingOf(id, of, now),
    );
    const mayDisable = endpoints.some(({ works }) => works === 0);
    return [
      logOf(db, tries),
      noteStandings(db, endpoints, now),
      ...(mayDisable ? [tellOperators(db, endpoints, now, this.#deps.origin)] : []),
    ];
  }

  async #post(delivery: ClaimedDelivery, outcome: Try): Promise<void> {
    const { keys, mayBeLocal, resolve } = this.#deps;
    const { url, event } = delivery;
    if (!event) throw new DeliveryError('the event is too old to be kept', { permanent: true });
    const { hostname } = new URL(url);
    // It may have been in order when the endpoint was made.
    const isAllowed =
      isWebhookAddress(url, mayBeLocal) &&
      (mayBeLocal || (await resolvesToPublic(hostname, resolve, Date.now())));
    if (!isAllowed)
      throw new DeliveryError('the address is not of the public Internet', { permanent: false });
    const signing = await unseal<WebhookKeys>(keys, delivery.keys);
    if (!signing) throw new DeliveryError('the secret cannot be read: see AUTH_SECRET', { permanent: false });
    const body = JSON.stringify(payloadOf(event));
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Latchkey-Webhooks/1.0',
      ...signedHeaders(event.id, body, signing, Date.now()),
    };
    const response = await deliver(
      (signal) => fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal }),
      TIME_LIMIT,
    );
    outcome.status = response.status;
    outcome.answer = await beginningOf(response);
    if (response.ok) return;
    const isRedirect = response.status >= 300 && response.status < 400;
    throw new DeliveryError(
      `it answered ${response.status}${isRedirect ? ', and no redirect is followed' : ''}`,
      { permanent: response.status === 410, retryAfter: retryAfterOf(response) },
    );
  }
}

/** The beginning of what an endpoint says, for its log. That it does not come to an end is no failure. */
async function beginningOf({ body }: Response): Promise<string | null> {
  if (!body) return null;
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const read = async () => {
    while (length < ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) return;
      chunks.push(value);
      length += value.byteLength;
    }
  };
  await withDeadline(read, ANSWER_LIMIT).catch(() => {});
  await reader.cancel().catch(() => {});
  const text = Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString('utf8');
  return text.replace(/[^\P{Cc}\n\t]/gu, '') || null;
}

function deliveryOf(row: Record<string, unknown>): ClaimedDelivery {
  const endpoint = JSON.parse(row.endpoint as string) as Pick<ClaimedDelivery, 'url' | 'keys' | 'failures'>;
  return {
    ...endpoint,
    id: row.id as string,
    realmId: row.realm_id as string,
    userId: row.user_id as string | null,
    channel: 'webhook',
    template: row.template as string,
    recipient: row.recipient as string,
    locale: null,
    data: row.data as string,
    status: 'pending',
    attempts: row.attempts as number,
    nextAttemptAt: row.next_attempt_at as number,
    leasedUntil: row.leased_until as number,
    lastError: row.last_error as string | null,
    expiresAt: row.expires_at as number | null,
    createdAt: row.created_at as number,
    settledAt: null,
    eventId: row.event_id as string,
    brandName: '',
    brandColor: '',
    event: row.event === null ? null : (JSON.parse(row.event as string) as KeptEvent),
  };
}

type TriedDelivery = { row: ClaimedDelivery; outcome: Try };

/** How an endpoint does after a round: whether anything got there, and if nothing did when to come back. */
function standingOf(id: string, of: TriedDelivery[], now: number) {
  const works = of.some(({ outcome }) => outcome.error === null);
  const gone = of.some(({ outcome }) => outcome.status === 410);
  const failures = (of[0]?.row.failures ?? 0) + 1;
  const asked = Math.max(0, ...of.map(({ outcome }) => outcome.retryAfter ?? 0));
  const retryAt = works ? 0 : now + Math.max(asked, backoff(failures, LONGEST_PAUSE));
  return { id, works: works ? 1 : 0, gone: gone ? 1 : 0, retryAt };
}

type Standing = ReturnType<typeof standingOf>;

function logOf(db: Database, tries: TriedDelivery[]) {
  const rows = tries.map(({ row, outcome }) => ({ ...outcome, id: row.id, realm: row.realmId }));
  return rawStatement(
    db,
    sql`
    INSERT INTO webhook_attempts (delivery_id, attempt, realm_id, at, duration, status, error, answer)
    SELECT value ->> 'id', 1 + coalesce((SELECT max(attempt) FROM webhook_attempts WHERE delivery_id = value ->> 'id'), 0),
      value ->> 'realm', value ->> 'at', value ->> 'duration', value ->> 'status', value ->> 'error', value ->> 'answer'
    FROM json_each(${JSON.stringify(rows)}) WHERE true ON CONFLICT DO NOTHING`,
  );
}

/** Writes down how endpoints do. Of one that does as before nothing is written but once a minute. */
function noteStandings(db: Database, endpoints: Standing[], now: number) {
  const field = (name: keyof Standing) => sql.raw(`(j.value ->> '${name}')`);
  const [works, gone] = [field('works'), field('gone')];
  const ends = sql`(${gone} = 1 OR (${works} = 0 AND failing_since <= ${now - PATIENCE}))`;
  return rawStatement(
    db,
    sql`
    UPDATE webhook_endpoints SET
      failures = iif(${works}, 0, failures + 1),
      failing_since = iif(${works}, NULL, coalesce(failing_since, ${now})),
      delivered_at = iif(${works}, ${now}, delivered_at),
      retry_at = ${field('retryAt')},
      status = iif(${ends}, 'disabled', status),
      disabled_for = iif(${ends}, iif(${gone} = 1, 'gone', 'failing'), disabled_for),
      updated_at = iif(${ends}, ${now}, updated_at)
    FROM json_each(${JSON.stringify(endpoints)}) AS j
    WHERE webhook_endpoints.id = ${field('id')} AND status = 'active'
      AND (${works} = 0 OR ${gone} = 1 OR failures > 0 OR coalesce(delivered_at, 0) <= ${now - MINUTE})`,
  );
}

/** Mails the admins of a realm that an endpoint was just switched off; where it has none, the owners, if they are at hand. */
function tellOperators(db: Database, endpoints: Standing[], now: number, origin: string) {
  const ids = JSON.stringify(endpoints.map(({ id }) => id));
  return rawStatement(
    db,
    sql`
    INSERT INTO outbox (id, realm_id, user_id, channel, template, recipient, locale, data, next_attempt_at, created_at)
    SELECT 'msg_' || e.id || '_' || users.id || '_' || ${now}, users.realm_id, users.id, 'mail', 'webhook_disabled', users.email,
      users.locale, json_object('name', coalesce(users.name, users.given_name), 'reason', e.disabled_for, 'host',
        substr(e.url, instr(e.url, '//') + 2, coalesce(nullif(instr(substr(e.url, instr(e.url, '//') + 2), '/'), 0) - 1, 200)),
        'link', ${origin} || iif(e.realm_id = 'default', '', '/realms/' || e.realm_id) || '/admin/webhooks'), ${now}, ${now}
    FROM webhook_endpoints AS e JOIN users ON users.status = 'active' AND users.email_verified = 1 AND users.role <> 'user'
      AND users.realm_id = iif(EXISTS (SELECT 1 FROM users AS own WHERE own.realm_id = e.realm_id AND own.role <> 'user'
        AND own.status = 'active' AND own.email_verified = 1), e.realm_id, 'default')
    WHERE e.id IN (SELECT value FROM json_each(${ids})) AND e.status = 'disabled' AND e.updated_at = ${now}
      AND e.disabled_for <> 'operator' ON CONFLICT DO NOTHING`,
  );
}
