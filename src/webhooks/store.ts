import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { rawStatement } from '../db/raw.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { events } from '../events/tables.ts';
import { outbox } from '../messages/tables.ts';
import {
  type WebhookAttemptRow,
  type WebhookEndpointRow,
  webhookAttempts,
  webhookEndpoints,
} from './tables.ts';

/** An endpoint of a realm. */
export interface EndpointRef {
  realmId: string;
  id: string;
}

/** Deliveries that one statement makes due. */
const MOST_REPLAYED = 10_000;
/** For how long an event is tried from now on (milliseconds), as the trigger that sends it has it. */
const TRIED = 3 * 24 * 60 * 60 * 1000;

/** The endpoints of a realm, in the order in which they were made. */
export function endpointsOf(db: Database, realmId: string): Promise<WebhookEndpointRow[]> {
  return db
    .select()
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.realmId, realmId))
    .orderBy(asc(webhookEndpoints.id));
}

/** Adds an endpoint, and writes who did; false where the realm has as many as it may. */
export async function insertEndpoint(
  db: Database,
  row: WebhookEndpointRow,
  most: number,
  entry: AuditEntry,
): Promise<boolean> {
  const hasRoom = sql`(SELECT count(*) FROM ${webhookEndpoints} WHERE realm_id = ${row.realmId}) < ${most}`;
  const [inserted] = await db.batch([
    insertIf(db, webhookEndpoints, row, hasRoom).returning({ id: webhookEndpoints.id }),
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${webhookEndpoints} WHERE id = ${row.id})`),
  ]);
  return inserted.length > 0;
}

/** Changes an endpoint as it was read, and writes who did; null when it has changed since. */
export async function changeEndpoint(
  db: Database,
  read: Pick<WebhookEndpointRow, 'id' | 'realmId' | 'keys'>,
  set: Partial<WebhookEndpointRow>,
  entry: AuditEntry,
): Promise<WebhookEndpointRow | null> {
  const where = and(isEndpoint(read), eq(webhookEndpoints.keys, read.keys));
  const [, [row]] = await db.batch([
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${webhookEndpoints} WHERE ${where})`),
    db.update(webhookEndpoints).set(set).where(where).returning(),
  ]);
  return row ?? null;
}

/** Deletes an endpoint with what was to be delivered to it, and writes who did; false when it was not there. */
export async function deleteEndpoint(db: Database, ref: EndpointRef, entry: AuditEntry): Promise<boolean> {
  const where = isEndpoint(ref);
  const is = sql`EXISTS (SELECT 1 FROM ${webhookEndpoints} WHERE ${where})`;
  const [, , deleted] = await db.batch([
    writeAuditIf(db, entry, is),
    db.delete(outbox).where(and(isDeliveryTo(ref.id), is)),
    db.delete(webhookEndpoints).where(where).returning({ id: webhookEndpoints.id }),
  ]);
  return deleted.length > 0;
}

/** A page of what was and is to be delivered to an endpoint, newest first. */
export function listDeliveries(
  db: Database,
  endpointId: string,
  status: 'pending' | 'sent' | 'dead' | undefined,
  page: { after: readonly [at: number, id: string] | null; limit: number },
) {
  const beyond = page.after ? sql`(created_at, id) < (${page.after[0]}, ${page.after[1]})` : undefined;
  return db
    .select()
    .from(outbox)
    .where(and(isDeliveryTo(endpointId), beyond, status && eq(outbox.status, status)))
    .orderBy(desc(outbox.createdAt), desc(outbox.id))
    .limit(page.limit + 1);
}

/** One delivery with its event and what came of each try; null when there is none. */
export async function findDelivery(db: Database, endpointId: string, deliveryId: string) {
  const [[row], [event], attempts] = await db.batch([
    db
      .select()
      .from(outbox)
      .where(and(isDeliveryTo(endpointId), eq(outbox.id, deliveryId))),
    db
      .select()
      .from(events)
      .where(sql`id = (SELECT event_id FROM outbox WHERE id = ${deliveryId} AND channel = 'webhook')`),
    db
      .select()
      .from(webhookAttempts)
      .where(eq(webhookAttempts.deliveryId, deliveryId))
      .orderBy(asc(webhookAttempts.attempt)),
  ]);
  return row ? { row, event: event ?? null, attempts: attempts as WebhookAttemptRow[] } : null;
}

/** Makes a delivery due now, as if it were new; null when there is none that nobody is about to deliver. */
export async function redeliver(
  db: Database,
  endpointId: string,
  deliveryId: string,
  now: number,
  entry: AuditEntry,
) {
  const where = and(
    isDeliveryTo(endpointId),
    eq(outbox.id, deliveryId),
    sql`leased_until <= ${now} AND EXISTS (SELECT 1 FROM events WHERE events.id = outbox.event_id)`,
  );
  const [, [row]] = await db.batch([
    writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${outbox} WHERE ${where})`),
    db.update(outbox).set(dueAt(now)).where(where).returning(),
  ]);
  return row ?? null;
}

/**
 * Makes deliveries due of events from a time on: all, or those that were given up and those that the endpoint wants and was never
 * sent. Gives of how many.
 */
export async function replay(
  db: Database,
  { id, realmId }: EndpointRef,
  { since, which, now }: { since: number; which: 'failed' | 'all'; now: number },
  entry: AuditEntry,
): Promise<number> {
  // While an endpoint is switched off nobody finds out that it is too late.
  const isGivenUp = sql`(status = 'dead' OR (status = 'pending' AND expires_at <= ${now}))`;
  const isWanted = which === 'all' ? sql`(status = 'sent' OR ${isGivenUp})` : isGivenUp;
  const [again, missed] = await db.batch([
    db
      .update(outbox)
      .set(dueAt(now))
      .where(
        sql`id IN (SELECT id FROM outbox WHERE channel = 'webhook' AND recipient = ${id} AND created_at >= ${since}
          AND ${isWanted} AND event_id IN (SELECT id FROM events) ORDER BY created_at LIMIT ${MOST_REPLAYED})`,
      )
      .returning({ id: outbox.id }),
    rawStatement<{ id: string }>(
      db,
      sql`
      INSERT INTO outbox (id, realm_id, user_id, channel, template, recipient, data, next_attempt_at, created_at, expires_at, event_id)
      SELECT 'dlv_' || substr(events.id, 5) || '.' || e.id, events.realm_id, events.user_id, 'webhook', events.type, e.id, '{}',
        ${now}, events.at, ${now + TRIED}, events.id
      FROM webhook_endpoints AS e JOIN events ON events.realm_id = e.realm_id AND events.seq >= ${since} AND events.at >= ${since}
      WHERE e.id = ${id} AND e.realm_id = ${realmId} AND events.type <> 'webhook.test'
        AND (e.events IS NULL OR events.type IN (SELECT value FROM json_each(e.events)))
        AND NOT EXISTS (SELECT 1 FROM outbox AS known WHERE known.id = 'dlv_' || substr(events.id, 5) || '.' || e.id)
      ORDER BY events.seq LIMIT ${MOST_REPLAYED} ON CONFLICT DO NOTHING RETURNING id`,
    ),
    writeAuditIf(db, entry, sql`TRUE`),
  ]);
  return again.length + missed.length;
}

/** Writes a test event for one endpoint; the delivery. */
export async function insertTest(
  db: Database,
  { id, realmId }: EndpointRef,
  test: { eventId: string; actor: string; requestId: string | null; now: number },
  entry: AuditEntry,
) {
  const { eventId, actor, requestId, now } = test;
  const is = sql`EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${id} AND realm_id = ${realmId})`;
  const [, , [row]] = await db.batch([
    writeAuditIf(db, entry, is),
    rawStatement(
      db,
      sql`INSERT INTO events (id, realm_id, seq, type, at, actor, request_id, data)
      SELECT ${eventId}, ${realmId}, max(coalesce((SELECT max(seq) + 1 FROM events WHERE realm_id = ${realmId}), 0), ${now}),
        'webhook.test', ${now}, ${actor}, ${requestId}, '{}' WHERE ${is}`,
    ),
    insertIf(
      db,
      outbox,
      {
        id: `dlv_${eventId.slice(4)}.${id}`,
        realmId,
        channel: 'webhook',
        template: 'webhook.test',
        recipient: id,
        data: '{}',
        nextAttemptAt: now,
        createdAt: now,
        expiresAt: now + TRIED,
        eventId,
      },
      is,
    ).returning(),
  ]);
  return row ?? null;
}

function dueAt(now: number) {
  return {
    status: 'pending' as const,
    attempts: 0,
    nextAttemptAt: now,
    leasedUntil: 0,
    expiresAt: now + TRIED,
    settledAt: null,
  };
}

function isEndpoint({ id, realmId }: EndpointRef): SQL {
  return and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.realmId, realmId)) as SQL;
}

function isDeliveryTo(endpointId: string): SQL {
  return sql`channel = 'webhook' AND recipient = ${endpointId}`;
}
