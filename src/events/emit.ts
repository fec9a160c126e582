import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { rawStatement } from '../db/raw.ts';
import { newId } from '../lib/ids.ts';
import { currentRequestId } from '../lib/request-id.ts';
import type { ToldEvent } from './catalogue.ts';

/** As SQL: whether an endpoint of a realm wants an event of a type that happened then. Each argument is an expression. */
function isWanted(realmId: string, type: string, at: string): string {
  return `EXISTS (SELECT 1 FROM webhook_endpoints AS wanting WHERE wanting.realm_id = ${realmId} AND wanting.created_at <= ${at}
    AND (wanting.events IS NULL OR ${type} IN (SELECT value FROM json_each(wanting.events))))`;
}

/** As SQL: the number of the next event of a realm. */
function nextSeq(realmId: string, at: string): string {
  return `max(coalesce((SELECT max(seq) + 1 FROM events WHERE realm_id = ${realmId}), 0), ${at})`;
}

const COLUMNS = 'id, realm_id, seq, user_id, type, at, actor, request_id, data';

/**
 * Writes an event of the users whom a condition finds: for the batch that does what it tells of. Where nobody wants to hear of it
 * nothing is written. The endpoints get it by a trigger.
 */
export function tellOf(
  db: Database,
  { type, data }: ToldEvent,
  { actor, now }: { actor: string | null; now: number },
  where: SQL,
) {
  const wanted = sql.raw(isWanted('users.realm_id', 'told.type', 'told.at'));
  const seq = sql.raw(nextSeq('users.realm_id', 'told.at'));
  return rawStatement(
    db,
    sql`INSERT INTO events (${sql.raw(COLUMNS)})
    SELECT ${newId('evt', now)}, users.realm_id, ${seq}, users.id, told.type, told.at, coalesce(${actor}, users.id),
      ${currentRequestId()}, ${JSON.stringify(data)}
    FROM users, (SELECT ${type} AS type, ${now} AS at) AS told WHERE ${where} AND ${wanted}`,
  );
}

/** Writes that there is a user more: for the batch that adds them. `actor` is who did it, if it was not the user. */
export function userCreated(
  db: Database,
  { id, createdAt: now }: { id: string; createdAt: number },
  by: Extract<ToldEvent, { type: 'user.created' }>['data']['by'],
  actor: string | null = null,
) {
  return tellOf(
    db,
    { type: 'user.created', data: { by } },
    { actor, now: Math.max(now, Date.now()) },
    sql`users.id = ${id}`,
  );
}

/** An event that an object has made. */
export interface ObjectEvent {
  /** No other event of this user has it. */
  key: string;
  at: number;
  type: string;
  actor: string | null;
  request_id: string | null;
  data: object;
}

/** Writes events that the object of a user or an organization has made, in their order. Writing them again changes nothing. */
export function objectEventsStatement(
  d1: D1Database,
  { table, id }: { table: 'users' | 'organizations'; id: string },
  events: ObjectEvent[],
  now: number,
): D1PreparedStatement {
  const type = "j.value ->> 'type'";
  const at = "j.value ->> 'at'";
  // What is of an organization is no single user's.
  const userId = table === 'users' ? 'whose.id' : 'NULL';
  return d1
    .prepare(
      `INSERT INTO events (${COLUMNS})
       SELECT 'evt_' || substr(whose.id, 5) || '_' || (j.value ->> 'key'), whose.realm_id, ${nextSeq('whose.realm_id', '?3')} + j.key,
         ${userId}, ${type}, ${at}, j.value ->> 'actor', j.value ->> 'request_id', j.value -> 'data'
       FROM ${table} AS whose, json_each(?2) AS j WHERE whose.id = ?1 AND ${isWanted('whose.realm_id', type, at)} ORDER BY j.key
       ON CONFLICT (id) DO NOTHING`,
    )
    .bind(id, JSON.stringify(events), now);
}

/** Whether webhooks of a realm want to hear of rows of the ledger. */
export async function wantsCredits(d1: D1Database, realmId: string): Promise<boolean> {
  const found = await d1
    .prepare(
      `SELECT 1 FROM webhook_endpoints WHERE realm_id = ?
       AND (events IS NULL OR EXISTS (SELECT 1 FROM json_each(events) WHERE value IN ('credits.changed', 'credits.low')))`,
    )
    .bind(realmId)
    .first();
  return found !== null;
}

/** What the audit log keeps of an event, for a trigger to tell; null for none. */
export function auditedEvent(event: ToldEvent | null): Record<string, unknown> | null {
  return event && { ...event, request_id: currentRequestId() };
}
