import { type ActivityEntry, FIRST_ENTRY } from '../directory/state.ts';
import type { ToldEvent } from '../events/catalogue.ts';
import { eventOfActivity } from '../events/derived.ts';
import type { ActivityLogRow } from './history-contract.ts';
import type { Told } from './told.ts';

/** The entry of a registration, which is kept with the account until there is another: many never have one. */
export interface FirstEntry {
  entry(): ActivityLogRow | null;
  dropEntry(): void;
}

/**
 * What happened to an account, in the order in which it did. What was before the object knew of it has numbers below 1.
 * Every method is synchronous.
 */
export class ActivityLog {
  readonly #sql: SqlStorage;
  readonly #told: Told;
  readonly #first: FirstEntry;
  #isThere: boolean | undefined;

  constructor(sql: SqlStorage, told: Told, first: FirstEntry) {
    this.#sql = sql;
    this.#told = told;
    this.#first = first;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#isThere = undefined;
  }

  /** Sees to it that the table is there. */
  begin(): void {
    if (this.#hasTable()) return;
    ActivityLog.createTable(this.#sql);
    this.#isThere = true;
    const first = this.#first.entry();
    if (!first) return;
    this.keep([first]);
    this.#first.dropEntry();
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
    this.begin();
    // Of entries that were told some may be gone, and their numbers are not given again.
    const { last } = this.#sql
      .exec<{ last: number }>('SELECT COALESCE(MAX(seq), 0) AS last FROM activity')
      .one();
    this.#insert(
      Math.max(last, this.#told.get().activity) + 1,
      entry,
      isTold ? null : eventOfActivity(entry),
      now,
    );
  }

  /** Adds the entry that the directory has had from the beginning, whatever came since; unless it is kept elsewhere. */
  addFirst(entry: ActivityEntry, at: number): void {
    if (this.#first.entry()) return;
    this.begin();
    this.#insert(FIRST_ENTRY, entry, null, at);
  }

  #insert(seq: number, entry: ActivityEntry, event: ToldEvent | null, at: number): void {
    const { type, sessionId, client, actor, details } = entry;
    this.#sql.exec(
      `INSERT INTO activity (seq, at, type, session_id, ip, country, user_agent, actor, details, event)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      at,
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
    if (rows.length > 0) this.begin();
    for (const { seq, at, type, session_id, ip, country, user_agent, actor, details } of rows) {
      this.#sql.exec(
        'INSERT OR IGNORE INTO activity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)',
        ...[seq, at, type, session_id, ip, country, user_agent, actor, details],
      );
    }
  }

  /** Forgets the entries from before a moment that were told. */
  prune(before: number): void {
    if (!this.#hasTable()) {
      const first = this.#first.entry();
      if (first && first.at < before) this.#first.dropEntry();
      return;
    }
    this.#sql.exec('DELETE FROM activity WHERE at < ? AND seq <= ?', before, this.#told.get().activity);
  }

  /** When the first entry was that is still known, Unix milliseconds; null when none is. */
  oldest(): number | null {
    if (!this.#hasTable()) return this.#first.entry()?.at ?? null;
    return (
      this.#sql.exec<{ at: number }>('SELECT at FROM activity ORDER BY seq LIMIT 1').toArray()[0]?.at ?? null
    );
  }

  /** The entries that follow a number, oldest first. */
  after(seq: number, limit: number): ActivityLogRow[] {
    if (!this.#hasTable()) return this.#alone((first) => first.seq > seq);
    return this.#sql
      .exec<ActivityLogRow>('SELECT * FROM activity WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit)
      .toArray();
  }

  /** The newest entries from before a number, of those since a moment. */
  list(before: number, since: number, limit: number): ActivityLogRow[] {
    if (!this.#hasTable()) return this.#alone((first) => first.seq < before && first.at >= since);
    return this.#sql
      .exec<ActivityLogRow>(
        'SELECT * FROM activity WHERE seq < ? AND at >= ? ORDER BY seq DESC LIMIT ?',
        before,
        since,
        limit,
      )
      .toArray();
  }

  #alone(isWanted: (first: ActivityLogRow) => boolean): ActivityLogRow[] {
    const first = this.#first.entry();
    return first && isWanted(first) ? [first] : [];
  }

  #hasTable(): boolean {
    this.#isThere ??=
      this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'activity'").toArray().length > 0;
    return this.#isThere;
  }
}
