import type { SessionRow } from './session-row.ts';

/** The session of a registration, which is kept with the account until there is another: many never have one. */
export interface LoneSession {
  session(): SessionRow | null;
  keepSession(row: SessionRow): void;
  dropSession(): void;
}

/**
 * Where the sessions of one user lie: in a table, and before there is a second, with the account. Those that were asked for are
 * kept in memory too. Every method is synchronous.
 */
export class SessionTable {
  readonly #sql: SqlStorage;
  readonly #lone: LoneSession;
  readonly #known = new Map<string, SessionRow>();
  #isThere: boolean | undefined;

  constructor(sql: SqlStorage, lone: LoneSession) {
    this.#sql = sql;
    this.#lone = lone;
  }

  static create(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE sessions (
      id TEXT PRIMARY KEY, salt TEXT NOT NULL, generation INTEGER NOT NULL, rotated_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
      idle_seconds INTEGER NOT NULL, credential_version INTEGER NOT NULL, ip TEXT NOT NULL, country TEXT, city TEXT,
      user_agent TEXT, methods TEXT NOT NULL, impersonator TEXT, authenticated_at INTEGER NOT NULL,
      superseded TEXT NOT NULL, confirmed INTEGER NOT NULL, browser_session TEXT,
      client_id TEXT, scope TEXT, audience TEXT, key_thumbprint TEXT, hears_of_end INTEGER, organization TEXT
    ) STRICT, WITHOUT ROWID`);
  }

  /** Gives the tables of an object that knew no grants of clients the columns for them. */
  static addGrants(sql: SqlStorage): void {
    for (const column of ['client_id', 'scope', 'audience'])
      sql.exec(`ALTER TABLE sessions ADD COLUMN ${column} TEXT`);
    for (const column of ['client_id', 'scope'])
      sql.exec(`ALTER TABLE past_sessions ADD COLUMN ${column} TEXT`);
  }

  /** Gives the tables of an object that knew neither keys of clients nor who hears of the end the columns for them. */
  static addKeys(sql: SqlStorage): void {
    sql.exec('ALTER TABLE sessions ADD COLUMN key_thumbprint TEXT');
    sql.exec('ALTER TABLE sessions ADD COLUMN hears_of_end INTEGER');
  }

  /** Gives the table of an object that knew no grants for an organization the column for that; many objects have no table. */
  static addOrganizations(sql: SqlStorage): void {
    const columns = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('sessions')").toArray();
    const isThere = columns.length > 0 && !columns.some(({ name }) => name === 'organization');
    if (isThere) sql.exec('ALTER TABLE sessions ADD COLUMN organization TEXT');
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#known.clear();
    this.#isThere = undefined;
  }

  /** Sees to it that the table is there. */
  begin(): void {
    if (this.#hasTable()) return;
    const lone = this.#lone.session();
    SessionTable.create(this.#sql);
    this.#isThere = true;
    if (lone) this.insert(lone);
  }

  /** Keeps the session of a registration; false where there is a table. */
  keepLone(row: SessionRow): boolean {
    if (this.#hasTable()) return false;
    this.#lone.keepSession(row);
    this.#known.set(row.id, row);
    return true;
  }

  /** Forgets the copy that was left with the account. */
  tidy(): void {
    if (this.#hasTable()) this.#lone.dropSession();
  }

  insert(row: SessionRow): void {
    this.begin();
    const columns = Object.keys(row);
    this.#sql.exec(
      `INSERT INTO sessions (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      ...Object.values(row),
    );
    this.#known.set(row.id, row);
  }

  /** Writes what has changed of a session. */
  update(row: SessionRow, changed: readonly (keyof SessionRow)[]): SessionRow {
    if (this.keepLone(row)) return row;
    const set = changed.map((column) => `${column} = ?`).join(', ');
    this.#sql.exec(
      `UPDATE sessions SET ${set} WHERE id = ?`,
      ...changed.map((column) => row[column]),
      row.id,
    );
    this.#known.set(row.id, row);
    return row;
  }

  find(id: string): SessionRow | undefined {
    const known = this.#known.get(id);
    if (known) return known;
    const [row] = this.select('id = ?', id);
    if (row) this.#known.set(id, row);
    return row;
  }

  /** The only session, where there is no table, null when there is none; undefined where there is a table. */
  alone(): SessionRow | null | undefined {
    return this.#hasTable() ? undefined : this.#lone.session();
  }

  /** The sessions for which a condition holds; where there is no table, the only one if it has an id that is given. */
  select(where: string, ...bindings: (string | number)[]): SessionRow[] {
    const lone = this.alone();
    if (lone !== undefined) return lone && bindings[0] === lone.id ? [lone] : [];
    return this.#sql.exec<SessionRow>(`SELECT * FROM sessions WHERE ${where}`, ...bindings).toArray();
  }

  /** All, the one seen last first. */
  all(): SessionRow[] {
    const lone = this.alone();
    if (lone !== undefined) return lone ? [lone] : [];
    return this.#sql.exec<SessionRow>('SELECT * FROM sessions ORDER BY last_seen_at DESC, id DESC').toArray();
  }

  /** When the next is over for good, Unix milliseconds. */
  nextExpiry(): number | null {
    const lone = this.alone();
    if (lone !== undefined) return lone?.expires_at ?? null;
    const sql = 'SELECT MIN(expires_at) AS next FROM sessions';
    return this.#sql.exec<{ next: number | null }>(sql).one().next;
  }

  /** Takes away the sessions for which a condition holds. */
  take(where: string, bindings: (string | number)[]): SessionRow[] {
    if (this.alone() === null) return [];
    this.begin();
    const rows = this.#sql
      .exec<SessionRow>(`DELETE FROM sessions WHERE ${where} RETURNING *`, ...bindings)
      .toArray();
    for (const { id } of rows) this.#known.delete(id);
    return rows;
  }

  #hasTable(): boolean {
    this.#isThere ??=
      this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'sessions'").toArray().length > 0;
    return this.#isThere;
  }
}
