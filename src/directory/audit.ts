import { type SQL, sql } from 'drizzle-orm';
import { type Database, primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { eventOfAudit } from '../events/derived.ts';
import { auditedEvent } from '../events/emit.ts';
import { newId } from '../lib/ids.ts';
import { type AuditAction, audit } from './audit-tables.ts';

/** Something that was done to a realm, and by whom. */
export interface AuditEntry {
  realmId: string;
  /** Unix milliseconds. */
  at: number;
  actor: string;
  action: AuditAction;
  /** The id of what it was done to. */
  target: string;
  /** Nothing secret. */
  details?: Record<string, unknown>;
}

/** Writes an entry if a condition holds: for the batch that does what it tells of. */
export function writeAuditIf(db: Database, entry: AuditEntry, condition: SQL) {
  const event = auditedEvent(eventOfAudit(entry));
  return insertIf(db, audit, { details: {}, ...entry, event, id: newId('aud', entry.at) }, condition);
}

/** Writes an entry of an act that is no write to D1, so that no batch has both. */
export async function noteAct(d1: D1Database, entry: AuditEntry): Promise<void> {
  await writeAuditIf(primary(d1).db, entry, sql`TRUE`);
}
