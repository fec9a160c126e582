import { type DatabaseSession, nearestReplica } from '../db/client.ts';
import type { ActivityRow } from '../directory/tables.ts';
import { csvStream } from '../http/csv.ts';
import { countedTotal, cursorAfter, pageOf } from '../http/paging.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { rfc3339 } from '../lib/time.ts';
import {
  type ActivityFilter,
  type ActivityPosition,
  type AuditFilter,
  type AuditRow,
  countActivity,
  countAudit,
  readActivity,
  readAudit,
  readNames,
} from './logs-store.ts';

/** Rows of one query of an export. */
const EXPORTED_AT_ONCE = 1000;

/** A page of a log. */
export interface LogPage<Row> {
  rows: Row[];
  nextCursor: string | null;
  total: number;
  totalIsExact: boolean;
}

/** What happened in a realm: to its users (`activity`), and by its admins (`audit`). Newest first, seconds late. */
export class Logs {
  readonly #d1: D1Database;
  readonly #control: D1Database | null;

  /** `control` is the database with the realms, where it is another: it has what was done to the realm as such. */
  constructor(d1: D1Database, control: D1Database | null = null) {
    this.#d1 = d1;
    this.#control = control;
  }

  async activity(
    realmId: string,
    filter: ActivityFilter,
    page: { after: ActivityPosition | null; limit: number },
  ): Promise<LogPage<ActivityRow>> {
    const { db } = this.#session();
    const [rows, [counted]] = await db.batch([
      readActivity(db, realmId, filter, { ...page, limit: page.limit + 1 }),
      countActivity(db, realmId, filter),
    ]);
    const shown = pageOf(rows, page.limit, (last) => cursorAfter(...positionOf(last)));
    return { ...shown, ...countedTotal(counted?.counted ?? 0) };
  }

  async audit(
    realmId: string,
    filter: AuditFilter,
    page: { after: string | null; limit: number },
  ): Promise<LogPage<AuditRow>> {
    const limit = page.limit + 1;
    const read = await Promise.all(
      this.#auditSessions().map(({ db }) =>
        db.batch([readAudit(db, realmId, filter, { ...page, limit }), countAudit(db, realmId, filter)]),
      ),
    );
    const rows = newestOf(
      read.map(([some]) => some),
      limit,
    );
    const counted = read.reduce((sum, [, [one]]) => sum + (one?.counted ?? 0), 0);
    return { ...pageOf(rows, page.limit, ({ id }) => id), ...countedTotal(counted) };
  }

  /** What users and organizations of a realm are called, by id; who has no name by their address. Others are left out. */
  async names(realmId: string, ids: (string | null)[]): Promise<Map<string, string>> {
    const known = [...new Set(ids)].filter((id) => id !== null);
    if (known.length === 0) return new Map();
    const { db } = this.#session();
    const [users, organizations] = await db.batch(readNames(db, realmId, known));
    const called = users.map(({ id, name, username, email }) => {
      return [id, name ?? username ?? (isPlaceholder(email) ? id : email)] as const;
    });
    return new Map([...called, ...organizations.map(({ id, name }) => [id, name] as const)]);
  }

  /** All entries of the activity log that a filter lets through, as CSV. */
  activityCsv(realmId: string, filter: ActivityFilter): ReadableStream<Uint8Array> {
    const { db } = this.#session();
    const header = ['at', 'user_id', 'type', 'session_id', 'ip', 'country', 'user_agent', 'actor', 'details'];
    return csvStream<ActivityPosition>(header, async (after) => {
      const rows = await readActivity(db, realmId, filter, { after, limit: EXPORTED_AT_ONCE });
      const last = rows.length < EXPORTED_AT_ONCE ? undefined : rows.at(-1);
      return {
        rows: rows.map((row) => [
          rfc3339(row.at),
          row.userId,
          row.type,
          row.sessionId,
          row.ip,
          row.country,
          row.userAgent,
          row.actor,
          row.details,
        ]),
        end: last ? positionOf(last) : null,
      };
    });
  }

  /** All entries of the audit log that a filter lets through, as CSV. */
  auditCsv(realmId: string, filter: AuditFilter): ReadableStream<Uint8Array> {
    const sessions = this.#auditSessions();
    const header = ['at', 'id', 'actor', 'action', 'target', 'details'];
    return csvStream<string>(header, async (after) => {
      const page = { after, limit: EXPORTED_AT_ONCE };
      const read = await Promise.all(sessions.map(({ db }) => readAudit(db, realmId, filter, page)));
      const rows = newestOf(read, EXPORTED_AT_ONCE);
      return {
        rows: rows.map((row) => [rfc3339(row.at), row.id, row.actor, row.action, row.target, row.details]),
        end: rows.length < EXPORTED_AT_ONCE ? null : (rows.at(-1)?.id ?? null),
      };
    });
  }

  #auditSessions(): DatabaseSession[] {
    return [this.#session(), ...(this.#control ? [nearestReplica(this.#control)] : [])];
  }

  #session(): DatabaseSession {
    return nearestReplica(this.#d1);
  }
}

/** The newest of several lists that are newest first. */
function newestOf(lists: AuditRow[][], limit: number): AuditRow[] {
  if (lists.length === 1) return lists[0] as AuditRow[];
  return lists
    .flat()
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, limit);
}

function positionOf({ at, userId, seq }: ActivityRow): ActivityPosition {
  return [at, userId, seq];
}
