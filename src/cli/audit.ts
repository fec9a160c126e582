import type { AuditAction } from '../directory/audit-tables.ts';
import { eventOfAudit } from '../events/derived.ts';
import { auditedEvent } from '../events/emit.ts';
import { newId } from '../lib/ids.ts';
import { type D1Row, literal } from './d1.ts';

/** The statement that writes a row. */
export function insert(table: string, row: D1Row): string {
  return `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(literal).join(', ')})`;
}

/** The beginning of a statement that writes what a command does to the audit log. To be followed by a condition. */
export function auditFrom(
  entry: { realm_id: string; at: number; action: AuditAction; target: string },
  details: object,
): string {
  const event = auditedEvent(eventOfAudit(entry));
  const row = {
    ...{ id: newId('aud', entry.at), actor: 'cli', ...entry, details: JSON.stringify(details) },
    event: event && JSON.stringify(event),
  };
  return `INSERT INTO audit (${Object.keys(row).join(', ')}) SELECT ${Object.values(row).map(literal).join(', ')}`;
}
