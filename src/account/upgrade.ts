import { ActivityLog } from './activity-log.ts';
import type { ActivityLogRow } from './history-contract.ts';
import { SessionTable } from './session-table.ts';
import type { Told } from './told.ts';

/** Columns that tables of earlier versions may lack, and what stands for them. */
const ADDED: Record<string, string> = {
  impersonator: 'NULL',
  authenticated_at: 'iif(impersonator IS NULL, created_at, 0)',
  superseded: "'[]'",
  confirmed: '0',
  browser_session: 'NULL',
  client_id: 'NULL',
  scope: 'NULL',
  audience: 'NULL',
  key_thumbprint: 'NULL',
  hears_of_end: 'NULL',
  organization: 'NULL',
};

/** What earlier versions had yet to tell of the activity log, as JSON. */
interface WaitingEntry {
  type: string;
  sessionId: string | null;
  client: { ip: string; country: string | null; userAgent: string | null } | null;
  actor?: string;
  details?: object;
}

/**
 * Gives the tables of sessions and of the log of an object that was made by an earlier version the form that they have now.
 * What was to be told is told: the log goes on with the numbers that it had.
 */
export function upgradeTables(sql: SqlStorage, told: Told): void {
  const known = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('sessions')").toArray();
  const has = new Set(known.map(({ name }) => name));
  sql.exec('ALTER TABLE sessions RENAME TO sessions_before');
  SessionTable.create(sql);
  const columns = sql
    .exec<{ name: string }>("SELECT name FROM pragma_table_info('sessions')")
    .toArray()
    .map(({ name }) => name);
  const impersonator = has.has('impersonator') ? 'impersonator' : 'NULL';
  const values = columns.map((name) =>
    has.has(name) ? name : (ADDED[name] as string).replace('impersonator', impersonator),
  );
  sql.exec(`INSERT INTO sessions (${columns.join(', ')}) SELECT ${values.join(', ')} FROM sessions_before`);
  sql.exec('DROP TABLE sessions_before');
  ActivityLog.createTable(sql);
  const { seq: last } = sql
    .exec<{ seq: number }>("INSERT INTO facts (at, kind, data) VALUES (0, 'session', '{}') RETURNING seq")
    .one();
  const waiting = sql
    .exec<{ seq: number; at: number; data: string }>(
      "SELECT * FROM facts WHERE kind = 'activity' ORDER BY seq",
    )
    .toArray()
    .map(({ seq, at, data }) => rowOf(seq, at, JSON.parse(data)));
  told.put({ activity: (waiting[0]?.seq ?? last + 1) - 1, base: last });
  new ActivityLog(sql, told, { entry: () => null, dropEntry: () => {} }).keep(waiting);
  // Entries that are to come follow all numbers that there were.
  if (waiting.length === 0) told.put({ activity: last });
  sql.exec("DELETE FROM facts WHERE kind IN ('activity', 'session')");
}

function rowOf(seq: number, at: number, entry: WaitingEntry): ActivityLogRow {
  return {
    seq,
    at,
    type: entry.type,
    session_id: entry.sessionId,
    ip: entry.client?.ip ?? null,
    country: entry.client?.country ?? null,
    user_agent: entry.client?.userAgent ?? null,
    actor: entry.actor ?? null,
    details: entry.details ? JSON.stringify(entry.details) : null,
  };
}
