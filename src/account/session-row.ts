import { dateOf } from '../lib/calendar.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import type { SessionRecord } from './session-record.ts';

/** One row of the object's `sessions` table. Times are Unix milliseconds. */
export type SessionRow = SessionRecord & {
  salt: string;
  generation: number;
  rotated_at: number;
  /** Until when each earlier token still gives the current one, the latest first, as JSON. */
  superseded: string;
  /** 1 when the client is known to have the current token: it has shown it, as a cookie. */
  confirmed: number;
  idle_seconds: number;
  credential_version: number;
  /** When the user last proved who they are; 0 for an admin who acts as the user, who never does. */
  authenticated_at: number;
  /** The session of the browser in which the user signed in to an app, whose session this is. */
  browser_session: string | null;
  /** Of a client's grant: whom its access tokens are for, as JSON. */
  audience: string | null;
  /** Of a client's grant: the thumbprint of the key without which its tokens are not refreshed. */
  key_thumbprint: string | null;
  /** Of a client's grant: 1 when the client wants to hear of its end. */
  hears_of_end: number | null;
  /** Of a client's grant: the organization that it is for; the lone session of earlier versions lacks it. */
  organization?: string | null;
};

/** A refresh whose answer was lost may be retried for this long (milliseconds), while nobody has used what it gave. */
const LOST_ANSWER = 10 * MINUTE;
/** A client that refreshes more often than this within the grace of one token loses the earliest. */
const MAX_SUPERSEDED = 100;

/** What of a session leaves the object. */
export function sessionRecord(row: SessionRow): SessionRecord {
  const { id, created_at, last_seen_at, expires_at, ip, country, city, user_agent, methods } = row;
  const { impersonator, client_id, scope } = row;
  const about = { ip, country, city, user_agent, methods, impersonator, client_id, scope };
  return { id, created_at, last_seen_at, expires_at, ...about };
}

/** Whether a session is not over yet. */
export function isAlive(row: SessionRow, now: number): boolean {
  return now < row.expires_at && now < row.last_seen_at + row.idle_seconds * SECOND;
}

/** Whether a use now is the first on its day: users are counted by the day. */
export function isNewDay(row: SessionRow, now: number): boolean {
  return dateOf(now) !== dateOf(row.last_seen_at);
}

function supersededUntil(row: SessionRow): number[] {
  return JSON.parse(row.superseded) as number[];
}

/** Whether the token of that generation still stands for the session: the current one, or one that may be retried. */
export function mayStillUse(row: SessionRow, generation: number, now: number): boolean {
  if (generation === row.generation) return true;
  const until = supersededUntil(row)[row.generation - generation - 1];
  if (until !== undefined && now < until) return true;
  const isPrevious = generation === row.generation - 1;
  return isPrevious && row.confirmed === 0 && now < row.rotated_at + LOST_ANSWER;
}

/** The session with its next token, by the rules of `SessionBook.rotate`. */
export function rotated(row: SessionRow, graceSeconds: number, now: number): SessionRow {
  const known = supersededUntil(row);
  // Only the tail goes: a token is found by its place.
  const earlier = known.slice(0, known.findLastIndex((until) => now < until) + 1);
  const superseded = JSON.stringify([now + graceSeconds * SECOND, ...earlier].slice(0, MAX_SUPERSEDED));
  const generation = row.generation + 1;
  return { ...row, last_seen_at: now, generation, rotated_at: now, superseded, confirmed: 0 };
}
