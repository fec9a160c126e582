import type { Keyring } from '../crypto/keys.ts';
import { dateOf } from '../lib/calendar.ts';
import type { Client } from '../lib/client.ts';
import { newId } from '../lib/ids.ts';
import { HOUR, MINUTE, SECOND } from '../lib/time.ts';
import type { SessionLifetimes, SessionRecord } from './contract.ts';
import { isGenuine, makeRefreshToken, type Presented, parseRefreshToken } from './refresh-token.ts';

/** One row of the object's `sessions` table. Times are Unix milliseconds. */
export type SessionRow = SessionRecord & {
  salt: string;
  generation: number;
  rotated_at: number;
  /** Until when each earlier token still gives the current one, the latest first, as JSON. */
  superseded: string;
  /** 1 when the client is known to have the current token: it has shown it, as a cookie. */
  confirmed: number;
  told_at: number;
  idle_seconds: number;
  credential_version: number;
  /** When the user last proved who they are; 0 for an admin who acts as the user, who never does. */
  authenticated_at: number;
  /** The session of the browser in which the user signed in to an app, whose session this is. */
  browser_session: string | null;
};

/** A session that is alive. `confirms` when its client has shown, for the first time, that it has the current token. */
export interface FoundSession {
  row: SessionRow;
  confirms: boolean;
}

/** A refresh whose answer was lost may be retried for this long (milliseconds), while nobody has used what it gave. */
const LOST_ANSWER = 10 * MINUTE;
/** A client that refreshes more often than this within the grace of one token loses the earliest. */
const MAX_SUPERSEDED = 100;
/** More sessions than this end the one that was used least recently. */
const MAX_SESSIONS = 100;
/** `last_seen_at` is exact to this (milliseconds): a check need not write. */
const SEEN_PRECISION = MINUTE;
/** The directory hears that a session was used this often at most (milliseconds), and on every new day. */
const SEEN_PROJECTION = HOUR;

/** The sessions of one user, in the storage of the user's account object. Every method is synchronous: atomic. */
export class SessionBook {
  readonly #sql: SqlStorage;
  readonly #keys: Keyring;

  constructor(sql: SqlStorage, keys: Keyring) {
    this.#sql = sql;
    this.#keys = keys;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE sessions (
      id TEXT PRIMARY KEY, salt TEXT NOT NULL, generation INTEGER NOT NULL, rotated_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, told_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
      idle_seconds INTEGER NOT NULL, credential_version INTEGER NOT NULL, ip TEXT NOT NULL, country TEXT, city TEXT,
      user_agent TEXT, methods TEXT NOT NULL, ${Object.entries(ADDED_COLUMNS)
        .map((column) => column.join(' '))
        .join(', ')}
    ) STRICT`);
  }

  /** Gives a table of an object that was made by an earlier version what it lacks. */
  static upgradeTable(sql: SqlStorage): void {
    const columns = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('sessions')").toArray();
    for (const [added, type] of Object.entries(ADDED_COLUMNS)) {
      if (columns.some(({ name }) => name === added)) continue;
      sql.exec(`ALTER TABLE sessions ADD COLUMN ${added} ${type}`);
      // The sign-in was the last proof.
      if (added === 'authenticated_at')
        sql.exec('UPDATE sessions SET authenticated_at = created_at WHERE impersonator IS NULL');
    }
  }

  /** Opens a session; gives the rows that had to end to make room. `methods` are RFC 8176 values. */
  open(
    session: {
      credentialVersion: number;
      client: Client;
      methods: string[];
      lifetimes: SessionLifetimes;
      impersonator: string | null;
      authenticatedAt: number;
      browserSession?: string | null | undefined;
    },
    now: number,
  ): { row: SessionRow; ended: SessionRow[] } {
    const row: SessionRow = {
      id: newId('ses', now),
      salt: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
      generation: 1,
      rotated_at: now,
      superseded: '[]',
      confirmed: 0,
      created_at: now,
      last_seen_at: now,
      told_at: now,
      expires_at: now + session.lifetimes.absoluteSeconds * SECOND,
      idle_seconds: session.lifetimes.idleSeconds,
      credential_version: session.credentialVersion,
      ip: session.client.ip,
      country: session.client.country,
      city: session.client.city,
      user_agent: session.client.userAgent,
      methods: JSON.stringify(session.methods),
      impersonator: session.impersonator,
      authenticated_at: session.impersonator === null ? session.authenticatedAt : 0,
      browser_session: session.browserSession ?? null,
    };
    this.dropExpired(now);
    const ended = this.#delete(
      'id IN (SELECT id FROM sessions ORDER BY last_seen_at DESC, id DESC LIMIT -1 OFFSET ?)',
      MAX_SESSIONS - 1,
    );
    this.#sql.exec(
      `INSERT INTO sessions (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
        .map(() => '?')
        .join(', ')})`,
      ...Object.values(row),
    );
    return { row, ended };
  }

  /** The session, when it is alive. */
  find(id: string, now: number): FoundSession | null {
    const row = this.#alive(id, now);
    return row && { row, confirms: false };
  }

  /** Whether a use of a session has to be written: the time of its last use is not exact any more, or it confirms. */
  static hasNews({ row, confirms }: FoundSession, now: number): boolean {
    return confirms || now - row.last_seen_at >= SEEN_PRECISION;
  }

  /** Marks a session as seen. `tell` when the directory should hear of that again. */
  see({ row, confirms }: FoundSession, now: number): { row: SessionRow; tell: boolean } {
    const { seen, tell } = seenAt(row, now);
    const confirmed = confirms ? 1 : row.confirmed;
    this.#sql.exec(
      'UPDATE sessions SET last_seen_at = ?, told_at = ?, confirmed = ? WHERE id = ?',
      now,
      seen.told_at,
      confirmed,
      row.id,
    );
    return { row: { ...seen, confirmed }, tell };
  }

  /** The session that a refresh token in a browser's cookie stands for now, without rotating it. */
  recognise(token: string, now: number): FoundSession | null {
    const claims = parseRefreshToken(token);
    const row = claims && this.#alive(claims.sessionId, now);
    if (!row || row.impersonator !== null || !isGenuine(this.#keys, token, claims, row.salt)) return null;
    if (!mayStillUse(row, claims.generation, now)) return null;
    // The first token of a session replaced none, whose retry it could decide.
    const confirms = claims.generation === row.generation && row.generation > 1 && row.confirmed === 0;
    return { row, confirms };
  }

  /** The live session that a refresh token of any generation belongs to: a device that has signed in before has one. */
  ownerOf(token: string, now: number): string | null {
    const claims = parseRefreshToken(token);
    const row = claims && this.#alive(claims.sessionId, now);
    return row && isGenuine(this.#keys, token, claims, row.salt) ? row.id : null;
  }

  /**
   * Rotates: the token of the current generation gives the next. A token that was rotated gives the current one for
   * `graceSeconds` after that, and for ten minutes while nobody has used its successor; a later reuse ends the session
   * (RFC 9700, 4.14.2); one that was never issued changes nothing. `tell` when the directory should hear that the session
   * was used.
   */
  rotate(
    presented: Presented,
    graceSeconds: number,
    now: number,
  ):
    | { result: 'rotated'; row: SessionRow; token: string; tell: boolean }
    | { result: 'reused'; row: SessionRow }
    | null {
    const claims = typeof presented === 'string' ? parseRefreshToken(presented) : presented;
    const row = claims && this.#alive(claims.sessionId, now);
    // An admin who acts as the user begins anew, in the audit log, when the time is over.
    if (!row || row.impersonator !== null || claims.generation > row.generation) return null;
    if (typeof presented === 'string' && !isGenuine(this.#keys, presented, claims, row.salt)) return null;
    if (!mayStillUse(row, claims.generation, now)) {
      this.end(row.id);
      return { result: 'reused', row };
    }
    if (claims.generation !== row.generation) {
      return { result: 'rotated', row, token: this.tokenOf(claims.userId, row), tell: false };
    }
    const { seen, tell } = seenAt(row, now);
    const known = supersededUntil(row);
    // Only the tail goes: a token is found by its place.
    const earlier = known.slice(0, known.findLastIndex((until) => now < until) + 1);
    const superseded = JSON.stringify([now + graceSeconds * SECOND, ...earlier].slice(0, MAX_SUPERSEDED));
    const current = { ...seen, generation: row.generation + 1, rotated_at: now, superseded, confirmed: 0 };
    this.#sql.exec(
      `UPDATE sessions SET generation = ?, rotated_at = ?, superseded = ?, confirmed = 0, last_seen_at = ?, told_at = ?
       WHERE id = ?`,
      current.generation,
      now,
      superseded,
      now,
      current.told_at,
      row.id,
    );
    return { result: 'rotated', row: current, token: this.tokenOf(claims.userId, current), tell };
  }

  /** Notes that the user has proved who they are, now and in this session. */
  noteProof(id: string, now: number): void {
    this.#sql.exec('UPDATE sessions SET authenticated_at = ? WHERE id = ?', now, id);
  }

  /** The refresh token of the session's current generation. */
  tokenOf(userId: string, row: SessionRow): string {
    return makeRefreshToken(
      this.#keys[0],
      { userId, sessionId: row.id, generation: row.generation },
      row.salt,
    );
  }

  /** The refresh token of the current generation of a session that is there. */
  currentToken(userId: string, id: string): string {
    return this.tokenOf(userId, this.#sql.exec<SessionRow>('SELECT * FROM sessions WHERE id = ?', id).one());
  }

  /** The live sessions, the one seen last first. */
  list(now: number): SessionRow[] {
    this.dropExpired(now);
    return this.#sql.exec<SessionRow>('SELECT * FROM sessions ORDER BY last_seen_at DESC, id DESC').toArray();
  }

  /** Ends one session; null when it was not there. */
  end(id: string): SessionRow | null {
    return this.#delete('id = ?', id)[0] ?? null;
  }

  /** Ends all sessions, but for one if it is named. */
  endAll(except: string | null): SessionRow[] {
    return this.#delete('id <> ?', except ?? '');
  }

  /** Ends the sessions that were opened before the password was changed, but for the one that changed it. */
  endOlderThan(credentialVersion: number, except: string | null): SessionRow[] {
    if (except)
      this.#sql.exec('UPDATE sessions SET credential_version = ? WHERE id = ?', credentialVersion, except);
    return this.#delete('credential_version < ?', credentialVersion);
  }

  dropExpired(now: number): void {
    this.#sql.exec(
      'DELETE FROM sessions WHERE expires_at <= ?1 OR last_seen_at + idle_seconds * 1000 <= ?1',
      now,
    );
  }

  #alive(id: string, now: number): SessionRow | null {
    const row = this.#sql.exec<SessionRow>('SELECT * FROM sessions WHERE id = ?', id).toArray()[0];
    if (!row || now >= row.expires_at || now >= row.last_seen_at + row.idle_seconds * SECOND) return null;
    return row;
  }

  #delete(where: string, ...bindings: (string | number)[]): SessionRow[] {
    return this.#sql
      .exec<SessionRow>(`DELETE FROM sessions WHERE ${where} RETURNING *`, ...bindings)
      .toArray();
  }
}

/** What tables of earlier versions lack, by name. */
const ADDED_COLUMNS = {
  impersonator: 'TEXT',
  authenticated_at: 'INTEGER NOT NULL DEFAULT 0',
  superseded: "TEXT NOT NULL DEFAULT '[]'",
  confirmed: 'INTEGER NOT NULL DEFAULT 0',
  browser_session: 'TEXT',
};

function supersededUntil(row: SessionRow): number[] {
  return JSON.parse(row.superseded) as number[];
}

/** Whether the token of that generation still stands for the session: the current one, or one that may be retried. */
function mayStillUse(row: SessionRow, generation: number, now: number): boolean {
  if (generation === row.generation) return true;
  const until = supersededUntil(row)[row.generation - generation - 1];
  if (until !== undefined && now < until) return true;
  const isPrevious = generation === row.generation - 1;
  return isPrevious && row.confirmed === 0 && now < row.rotated_at + LOST_ANSWER;
}

/** A row that is used now, and whether the directory should hear of that: users are counted by the day. */
function seenAt(row: SessionRow, now: number): { seen: SessionRow; tell: boolean } {
  const tell = now - row.told_at >= SEEN_PROJECTION || dateOf(now) !== dateOf(row.told_at);
  return { seen: { ...row, last_seen_at: now, told_at: tell ? now : row.told_at }, tell };
}
