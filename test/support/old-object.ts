import { beginSessions } from './begun-sessions.ts';

/** Gives the storage of an account object, which has books, the empty tables that version 0.2.0 had. */
export function makeOld(storage: DurableObjectStorage): void {
  const { sql, kv } = storage;
  beginSessions(storage);
  for (const table of ['uses', 'token_uses', 'reservations', 'activity', 'past_sessions']) {
    sql.exec(`DROP TABLE IF EXISTS ${table}`);
  }
  sql.exec(`CREATE TABLE IF NOT EXISTS facts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL
  ) STRICT`);
  sql.exec(`CREATE TABLE requests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, reference TEXT NOT NULL, at INTEGER NOT NULL,
    parameters TEXT NOT NULL, result TEXT NOT NULL, UNIQUE (kind, reference)
  ) STRICT`);
  sql.exec(`CREATE TABLE reservations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE, resource TEXT NOT NULL,
    quantity INTEGER NOT NULL, asked INTEGER NOT NULL, day TEXT NOT NULL, at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, status TEXT NOT NULL
  ) STRICT`);
  sql.exec(`CREATE INDEX reservations_held ON reservations (resource, day) WHERE status = 'held'`);
  sql.exec(`CREATE TABLE old_sessions (
    id TEXT PRIMARY KEY, salt TEXT NOT NULL, generation INTEGER NOT NULL, rotated_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, told_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    idle_seconds INTEGER NOT NULL, credential_version INTEGER NOT NULL, ip TEXT NOT NULL, country TEXT, city TEXT,
    user_agent TEXT, methods TEXT NOT NULL, impersonator TEXT, authenticated_at INTEGER NOT NULL DEFAULT 0
  ) STRICT`);
  sql.exec(`INSERT INTO old_sessions SELECT id, salt, generation, rotated_at, created_at, last_seen_at, created_at,
    expires_at, idle_seconds, credential_version, ip, country, city, user_agent, methods, impersonator, authenticated_at
    FROM sessions`);
  sql.exec('DROP TABLE sessions');
  sql.exec('ALTER TABLE old_sessions RENAME TO sessions');
  // Who has no books yet has none of credits either.
  const hasLots = sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'credit_lots'").toArray().length > 0;
  if (hasLots) {
    sql.exec(`CREATE TABLE old_lots (
      expires_at INTEGER NOT NULL, seq INTEGER NOT NULL, remaining INTEGER NOT NULL CHECK (remaining > 0),
      PRIMARY KEY (expires_at, seq)
    ) STRICT, WITHOUT ROWID`);
    sql.exec('INSERT INTO old_lots SELECT expires_at, seq, remaining FROM credit_lots');
    sql.exec('DROP TABLE credit_lots');
    sql.exec('ALTER TABLE old_lots RENAME TO credit_lots');
  }
  kv.delete('told');
  kv.put('due', { project: Date.now() });
  kv.delete('metering');
  const { tables: _, ...state } = kv.get<any>('state');
  kv.put('state', state);
}
