import type { Keyring } from '../crypto/keys.ts';
import { dateOf } from '../lib/calendar.ts';
import type { Client } from '../lib/client.ts';
import { newId } from '../lib/ids.ts';
import { HOUR, SECOND } from '../lib/time.ts';
import type { EndReason, SessionLifetimes } from './contract.ts';
import type { ClientAccess } from './grant-contract.ts';
import { PastSessions } from './past-sessions.ts';
import { isGenuine, makeRefreshToken, type Presented, parseRefreshToken } from './refresh-token.ts';
import type { SessionGrant } from './session-record.ts';
import { isAlive, isNewDay, mayStillUse, rotated, type SessionRow, sessionRecord } from './session-row.ts';
import { type LoneSession, SessionTable } from './session-table.ts';

/** A session that is alive. `confirms` when its client has shown, for the first time, that it has the current token. */
export interface FoundSession {
  row: SessionRow;
  confirms: boolean;
}

/** What a client hears has ended. */
export interface EndedGrant {
  clientId: string;
  sessionId: string;
}

/** More sessions than this end the one that was used least recently: of the user's own, of those of clients, and of one client. */
const MAX_SESSIONS = 100;
const MAX_GRANTS = 100;
const MAX_GRANTS_OF_ONE = 20;
/** `last_seen_at` is exact to this (milliseconds), and to a part of the time that the session may idle: a check need not write. */
const SEEN_PRECISION = HOUR;
const SEEN_PART = 1 / 24;
/** What a rotation changes. */
const ROTATED = ['generation', 'rotated_at', 'superseded', 'confirmed', 'last_seen_at'] as const;

/**
 * The sessions of one user, in the storage of the user's account object. Every method is synchronous: atomic. What is alive
 * is kept in memory too, for checks.
 */
export class SessionBook {
  /** Those that are over. */
  readonly past: PastSessions;
  readonly #table: SessionTable;
  readonly #keys: Keyring;
  readonly #onEnd: (ended: EndedGrant) => void;

  /** `onEnd` is told of what clients want to hear of, in the transaction of the end. */
  constructor(sql: SqlStorage, keys: Keyring, lone: LoneSession, onEnd: (ended: EndedGrant) => void) {
    this.past = new PastSessions(sql);
    this.#table = new SessionTable(sql, lone);
    this.#keys = keys;
    this.#onEnd = onEnd;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#table.reload();
    this.past.reload();
  }

  /** Opens a session; those that were used least recently end to make room. `methods` are RFC 8176 values. */
  open(
    session: {
      credentialVersion: number;
      client: Client;
      methods: string[];
      lifetimes: SessionLifetimes;
      impersonator: string | null;
      authenticatedAt: number;
      browserSession?: string | null | undefined;
      id?: string | undefined;
      grant?: SessionGrant | undefined;
    },
    now: number,
  ): SessionRow {
    const { grant } = session;
    const row: SessionRow = {
      id: session.id ?? newId('ses', now),
      salt: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
      generation: 1,
      rotated_at: now,
      superseded: '[]',
      confirmed: 0,
      created_at: now,
      last_seen_at: now,
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
      client_id: grant?.clientId ?? null,
      scope: grant?.scope ?? null,
      audience: grant ? JSON.stringify(grant.audience) : null,
      key_thumbprint: grant?.key ?? null,
      hears_of_end: grant?.hearsOfEnd ? 1 : null,
      organization: grant?.organizationId ?? null,
    };
    if (session.id !== undefined && this.#table.keepLone(row)) return row;
    this.dropExpired(now);
    // No client pushes out a session of the user's own, nor all of another's.
    if (grant) {
      this.#makeRoom('client_id = ?', [grant.clientId], MAX_GRANTS_OF_ONE, now);
      this.#makeRoom('client_id IS NOT NULL', [], MAX_GRANTS, now);
    } else this.#makeRoom('client_id IS NULL', [], MAX_SESSIONS, now);
    this.#table.insert(row);
    return row;
  }

  /** The session, when it is alive. */
  find(id: string, now: number): FoundSession | null {
    const row = this.#alive(id, now);
    return row && { row, confirms: false };
  }

  /** Whether a use of a session has to be written: the time of its last use is not exact any more, or it confirms. */
  static hasNews({ row, confirms }: FoundSession, now: number): boolean {
    const exactTo = Math.min(SEEN_PRECISION, row.idle_seconds * SECOND * SEEN_PART);
    return confirms || now - row.last_seen_at >= exactTo || isNewDay(row, now);
  }

  /** Marks a session as seen. */
  see({ row, confirms }: FoundSession, now: number): SessionRow {
    const seen = { ...row, last_seen_at: now, confirmed: confirms ? 1 : row.confirmed };
    return this.#table.update(seen, ['last_seen_at', 'confirmed']);
  }

  /** The session that a refresh token in a browser's cookie stands for now, without rotating it. */
  recognise(token: string, now: number): FoundSession | null {
    const claims = parseRefreshToken(token);
    const row = claims && this.#alive(claims.sessionId, now);
    if (!row || row.impersonator !== null || row.client_id !== null) return null;
    if (!isGenuine(this.#keys, token, claims, row.salt) || !mayStillUse(row, claims.generation, now))
      return null;
    // The first token of a session replaced none, whose retry it could decide.
    const confirms = claims.generation === row.generation && row.generation > 1 && row.confirmed === 0;
    return { row, confirms };
  }

  /** The live session that a refresh token of any generation belongs to: a device that has signed in before has one. */
  ownerOf(token: string, now: number): string | null {
    const row = this.#madeFor(token, now);
    return row?.client_id === null ? row.id : null;
  }

  /** The client's grant that a refresh token belongs to; with `usable` only if it can still be used. */
  grantOf(token: string, now: number, { usable }: { usable: boolean }): SessionRow | null {
    const row = this.#madeFor(token, now);
    if (!row || row.client_id === null) return null;
    const { generation = 0 } = parseRefreshToken(token) ?? {};
    return !usable || mayStillUse(row, generation, now) ? row : null;
  }

  #madeFor(token: string, now: number): SessionRow | null {
    const claims = parseRefreshToken(token);
    const row = claims && this.#alive(claims.sessionId, now);
    return row && isGenuine(this.#keys, token, claims, row.salt) ? row : null;
  }

  /**
   * Rotates: the token of the current generation gives the next. A token that was rotated gives the current one for
   * `graceSeconds` after that, and for ten minutes while nobody has used its successor; a later reuse ends the session
   * (RFC 9700, 4.14.2); one that was never issued changes nothing. `isNewDay` when it is the first use on a day.
   */
  rotate(
    presented: Presented,
    graceSeconds: number,
    now: number,
    { clientId = null, key = null }: { clientId?: string | null; key?: string | null } = {},
  ):
    | { result: 'rotated'; row: SessionRow; token: string; isNewDay: boolean }
    | { result: 'reused'; row: SessionRow }
    | null {
    const claims = typeof presented === 'string' ? parseRefreshToken(presented) : presented;
    const row = claims && this.#alive(claims.sessionId, now);
    // An admin who acts as the user begins anew, in the audit log, when the time is over.
    if (!row || row.impersonator !== null || claims.generation > row.generation) return null;
    // RFC 6749, 6: a refresh token is bound to the client; what is the user's own, to none.
    if (row.client_id !== clientId) return null;
    if (row.key_thumbprint !== null && row.key_thumbprint !== key) return null;
    if (typeof presented === 'string' && !isGenuine(this.#keys, presented, claims, row.salt)) return null;
    if (!mayStillUse(row, claims.generation, now)) {
      this.end(row.id, 'reused', now);
      return { result: 'reused', row };
    }
    if (claims.generation !== row.generation) {
      return { result: 'rotated', row, token: this.tokenOf(claims.userId, row), isNewDay: false };
    }
    const current = this.#table.update(rotated(row, graceSeconds, now), ROTATED);
    const token = this.tokenOf(claims.userId, current);
    return { result: 'rotated', row: current, token, isNewDay: isNewDay(row, now) };
  }

  /** Notes when the user has proved who they are in a session, and the methods that it has from then on. */
  noteProof(id: string, authenticatedAt: number, methods: string[]): void {
    const row = this.#table.find(id);
    if (!row) return;
    const proved = { ...row, authenticated_at: authenticatedAt, methods: JSON.stringify(methods) };
    this.#table.update(proved, ['authenticated_at', 'methods']);
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
    return this.tokenOf(userId, this.#table.find(id) as SessionRow);
  }

  /** The live sessions, the one seen last first. */
  list(now: number): SessionRow[] {
    this.dropExpired(now);
    return this.#table.all();
  }

  /** When a session of the user's own was opened last by that method (RFC 8176), of those that are remembered; null for none. */
  openedBy(method: string): number | null {
    // Methods that were shown later come after that which opened it.
    const own = ({ client_id, impersonator, methods }: SessionRow) =>
      client_id === null && impersonator === null && JSON.parse(methods)[0] === method;
    const live = this.#table.all().filter(own);
    return Math.max(this.past.openedBy(method), ...live.map(({ created_at: at }) => at)) || null;
  }

  /** How many live sessions there are, by the UTC day on which they would expire, and the last day on which one was used. */
  standing(now: number): { sessions: Record<string, number>; activeOn: string | null } {
    const sessions: Record<string, number> = {};
    let lastSeen = 0;
    for (const row of this.list(now)) {
      const date = dateOf(Math.min(row.expires_at, row.last_seen_at + row.idle_seconds * SECOND));
      sessions[date] = (sessions[date] ?? 0) + 1;
      if (row.impersonator === null) lastSeen = Math.max(lastSeen, row.last_seen_at);
    }
    return { sessions, activeOn: lastSeen > 0 ? dateOf(lastSeen) : null };
  }

  /** When the next is over, or is to be forgotten of those that are, Unix milliseconds; null when there is none. */
  oldest(): number | null {
    const live = this.#table.nextExpiry();
    const over = this.past.oldest();
    return over === null ? live : Math.min(over, live ?? Number.POSITIVE_INFINITY);
  }

  /** Ends one session; null when it was not there. */
  end(id: string, reason: EndReason, now: number): SessionRow | null {
    return this.#end('id = ?', [id], { at: now, reason })[0] ?? null;
  }

  /** Ends what a client has. */
  endOfClient({ clientId, organizationId }: ClientAccess, reason: EndReason, now: number): SessionRow[] {
    const end = { at: now, reason };
    if (organizationId === undefined) return this.#end('client_id = ?', [clientId], end);
    const where = "client_id = ? AND IFNULL(organization, '') = ?";
    return this.#end(where, [clientId, organizationId ?? ''], end);
  }

  /** Ends what clients have for an organization. */
  endOfOrganization(organizationId: string, now: number): SessionRow[] {
    return this.#end('organization = ?', [organizationId], { at: now, reason: 'revoked' });
  }

  /** Ends all sessions, but for one if it is named. */
  endAll(except: string | null, reason: EndReason, now: number): void {
    this.#end('id <> ?', [except ?? ''], { at: now, reason });
  }

  /** Ends the sessions that were opened before the password was changed, but for the one that changed it. */
  endOlderThan(credentialVersion: number, except: string | null, now: number): void {
    const kept = except === null ? undefined : this.#table.find(except);
    if (kept) this.#table.update({ ...kept, credential_version: credentialVersion }, ['credential_version']);
    if ((this.#table.alone()?.credential_version ?? 0) >= credentialVersion) return;
    this.#end('credential_version < ?', [credentialVersion], { at: now, reason: 'password_changed' });
  }

  dropExpired(now: number): void {
    const lone = this.#table.alone();
    if (lone && isAlive(lone, now)) return;
    this.#end('expires_at <= ?1 OR last_seen_at + idle_seconds * 1000 <= ?1', [now], {
      at: null,
      reason: null,
    });
  }

  /** Forgets sessions that have been over for long. */
  prune(now: number): void {
    this.dropExpired(now);
    this.#table.tidy();
    this.past.prune(now);
  }

  #alive(id: string, now: number): SessionRow | null {
    const row = this.#table.find(id);
    return row && isAlive(row, now) ? row : null;
  }

  #makeRoom(where: string, bindings: string[], most: number, now: number): void {
    this.#end(
      `id IN (SELECT id FROM sessions WHERE ${where} ORDER BY last_seen_at DESC, id DESC LIMIT -1 OFFSET ?)`,
      [...bindings, most - 1],
      { at: now, reason: 'evicted' },
    );
  }

  #end(
    where: string,
    bindings: (string | number)[],
    end: { at: number | null; reason: EndReason | null },
  ): SessionRow[] {
    const rows = this.#table.take(where, bindings);
    for (const row of rows) {
      this.past.remember({ ...sessionRecord(row), ended_at: end.at, end_reason: end.reason });
      // One whose time is over ends for its client as it was told.
      if (end.reason !== null) this.#tellEnd(row);
    }
    return rows;
  }

  /** Tells the client of a grant that has ended; of the session of a browser, the clients of those that came of it, which go on. */
  #tellEnd(ended: SessionRow): void {
    const grants =
      ended.client_id === null
        ? this.#table.select('browser_session = ? AND hears_of_end = 1', ended.id)
        : [ended];
    for (const { client_id, hears_of_end, id } of grants) {
      if (client_id !== null && hears_of_end === 1) this.#onEnd({ clientId: client_id, sessionId: id });
    }
  }

  /** Of all that is there, what clients want to hear the end of. */
  heard(now: number): EndedGrant[] {
    return this.#table
      .select('hears_of_end = 1 AND expires_at > ?', now)
      .flatMap(({ id, client_id }) => (client_id === null ? [] : [{ clientId: client_id, sessionId: id }]));
  }
}
