import type { AuditEntry } from '../directory/audit.ts';
import { eventOfAudit } from '../events/derived.ts';
import { newId } from '../lib/ids.ts';
import type { ToldMessage } from './told-messages.ts';

/** An entry of the audit log that an object has made, in the transaction that did what it tells of. */
export interface AuditNote {
  /** That of the entry: telling it again changes nothing. */
  id: string;
  realmId: string;
  actor: string;
  action: string;
  target: string;
  details: object;
  /** What webhooks are told of it; null for nothing. */
  event: object | null;
}

/** Makes an entry of an act. `requestId` is that of the request by which somebody has asked for it. */
export function auditNoteOf(entry: AuditEntry, requestId: string | null): AuditNote {
  const { realmId, at, actor, action, target, details = {} } = entry;
  const event = eventOfAudit(entry);
  return {
    ...{ id: newId('aud', at), realmId, actor, action, target, details },
    event: event && { ...event, request_id: requestId },
  };
}

/** Writes an entry to the audit log. Repeating it adds nothing. */
export function projectAudit(d1: D1Database, { at, data }: ToldMessage): D1PreparedStatement {
  const { id, realmId, actor, action, target, details, event } = data as AuditNote;
  return d1
    .prepare(
      `INSERT INTO audit (id, realm_id, at, actor, action, target, details, event)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING`,
    )
    .bind(
      ...[id, realmId, at, actor, action, target, JSON.stringify(details)],
      event === null ? null : JSON.stringify(event),
    );
}
