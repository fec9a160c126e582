import { DAY } from '../lib/time.ts';
import { PAST_SESSION_DAYS, type PastSession } from './history-contract.ts';

/** How long a session is remembered that is over. */
const KEPT = PAST_SESSION_DAYS * DAY;

/** The sessions of one user that are over, in the storage of the user's account object. */
export class PastSessions {
  readonly #sql: SqlStorage;
  #isThere: boolean | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS past_sessions (
      id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
      ip TEXT, country TEXT, city TEXT, user_agent TEXT, methods TEXT NOT NULL, impersonator TEXT,
      ended_at INTEGER, end_reason TEXT, client_id TEXT, scope TEXT
    ) STRICT, WITHOUT ROWID`);
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#isThere = undefined;
  }

  /** The newest first, from before an id; those whose time was over as far as somebody has noticed. */
  list(before: string | null, limit: number): PastSession[] {
    if (!this.#hasTable()) return [];
    const sql = 'SELECT * FROM past_sessions WHERE id < ? ORDER BY id DESC LIMIT ?';
    return this.#sql.exec<PastSession>(sql, before ?? '~', limit).toArray();
  }

  /** Remembers a session that is over. */
  remember(session: PastSession): void {
    // Many accounts never have one that is over.
    if (!this.#hasTable()) PastSessions.createTable(this.#sql);
    this.#isThere = true;
    const columns = Object.keys(session);
    this.#sql.exec(
      `INSERT OR REPLACE INTO past_sessions (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      ...Object.values(session),
    );
  }

  /** Remembers sessions that were over before the object knew of them. */
  keep(sessions: PastSession[]): void {
    const rows = this.#sql.exec<{ id: string }>('SELECT id FROM sessions').toArray();
    const open = new Set(rows.map(({ id }) => id));
    for (const session of sessions) if (!open.has(session.id)) this.remember(session);
  }

  /** When one of the user's own was opened last by that method (RFC 8176), Unix milliseconds; 0 for none. */
  openedBy(method: string): number {
    if (!this.#hasTable()) return 0;
    const sql = `SELECT MAX(created_at) AS at FROM past_sessions
      WHERE client_id IS NULL AND impersonator IS NULL AND methods ->> 0 = ?`;
    return this.#sql.exec<{ at: number | null }>(sql, method).one().at ?? 0;
  }

  /** When the next is to be forgotten, Unix milliseconds; null when there is none. */
  oldest(): number | null {
    if (!this.#hasTable()) return null;
    const sql = 'SELECT MIN(expires_at) AS over FROM past_sessions';
    const { over } = this.#sql.exec<{ over: number | null }>(sql).one();
    return over === null ? null : over + KEPT;
  }

  /** Forgets those that have been over for long. */
  prune(now: number): void {
    if (this.#hasTable()) this.#sql.exec('DELETE FROM past_sessions WHERE expires_at < ?', now - KEPT);
  }

  #hasTable(): boolean {
    this.#isThere ??=
      this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'past_sessions'").toArray().length > 0;
    return this.#isThere;
  }
}
