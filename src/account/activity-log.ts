import type { ActivityEntry } from '../directory/state.ts';
import { eventOfActivity } from '../events/derived.ts';
import type { ActivityLogRow } from './history-contract.ts';
import type { Told } from './told.ts';

/**
 * What happened to an account, in the order in which it did. What was before the object knew of it has numbers below 1.
 * Every method is synchronous.
 */
export class ActivityLog {
  readonly #sql: SqlStorage;
  readonly #told: Told;

  constructor(sql: SqlStorage, told: Told) {
    this.#sql = sql;
    this.#told = told;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE activity (
      seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, session_id TEXT, ip TEXT, country TEXT,
      user_agent TEXT, actor TEXT, details TEXT, event TEXT
    ) STRICT`);
  }

  /** Makes room for what webhooks are told: tables that objects made before had none. */
  static addEvents(sql: SqlStorage): void {
    const [known] = sql.exec("SELECT 1 FROM pragma_table_info('activity') WHERE name = 'event'").toArray();
    if (!known) sql.exec('ALTER TABLE activity ADD COLUMN event TEXT');
  }

  /** Adds an entry. `isTold`: the directory has already told webhooks of it. */
  add(entry: ActivityEntry, isTold: boolean, now: number): void {
    const { type, sessionId, client, actor, details } = entry;
    const event = isTold ? null : eventOfActivity(entry);
    this.#sql.exec(
      // Of entries that were told some may be gone, and their numbers are not given again.
      `INSERT INTO activity (seq, at, type, session_id, ip, country, user_agent, actor, details, event)
       VALUES ((SELECT MAX(COALESCE(MAX(seq), 0), ?1) + 1 FROM activity), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
      this.#told.get().activity,
      now,
      type,
      sessionId,
      client?.ip ?? null,
      client?.country ?? null,
      client?.userAgent ?? null,
      actor ?? null,
      details ? JSON.stringify(details) : null,
      event ? JSON.stringify({ ...event, request_id: client?.requestId ?? entry.requestId ?? null }) : null,
    );
  }

  /** Keeps entries of before, by their numbers, but for those that are there. */
  keep(rows: ActivityLogRow[]): void {
    for (const { seq, at, type, session_id, ip, country, user_agent, actor, details } of rows) {
      this.#sql.exec(
        'INSERT OR IGNORE INTO activity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)',
        ...[seq, at, type, session_id, ip, country, user_agent, actor, details],
      );
    }
  }

  /** Forgets the entries from before a moment that were told. */
  prune(before: number): void {
    this.#sql.exec('DELETE FROM activity WHERE at < ? AND seq <= ?', before, this.#told.get().activity);
  }

  /** When the first entry was that is still known, Unix milliseconds; null when none is. */
  oldest(): number | null {
    return (
      this.#sql.exec<{ at: number }>('SELECT at FROM activity ORDER BY seq LIMIT 1').toArray()[0]?.at ?? null
    );
  }

  /** The entries that follow a number, oldest first. */
  after(seq: number, limit: number): ActivityLogRow[] {
    return this.#sql
      .exec<ActivityLogRow>('SELECT * FROM activity WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit)
      .toArray();
  }

  /** The newest entries from before a number, of those since a moment. */
  list(before: number, since: number, limit: number): ActivityLogRow[] {
    return this.#sql
      .exec<ActivityLogRow>(
        'SELECT * FROM activity WHERE seq < ? AND at >= ? ORDER BY seq DESC LIMIT ?',
        before,
        since,
        limit,
      )
      .toArray();
  }
}
