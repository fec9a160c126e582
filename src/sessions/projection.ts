import type { Fact } from '../accounts/port.ts';
import type { SessionRow } from './session-book.ts';

export type EndReason = 'signed_out' | 'revoked' | 'evicted' | 'reused' | 'password_changed' | 'suspended';

/** A session as it stands at the time of the fact; never its salt. */
export interface SessionData {
  row: Omit<
    SessionRow,
    'salt' | 'generation' | 'rotated_at' | 'told_at' | 'idle_seconds' | 'credential_version'
  >;
  endReason: EndReason | null;
}

/** What of a session's row leaves the object. */
export function sessionData(row: SessionRow, endReason: EndReason | null = null): SessionData {
  const { id, created_at, last_seen_at, expires_at, ip, country, city, user_agent, methods } = row;
  return {
    row: { id, created_at, last_seen_at, expires_at, ip, country, city, user_agent, methods },
    endReason,
  };
}

/** Writes a session's present state to D1. An older fact never overwrites a newer one; repeating changes nothing. */
export function projectSession(db: D1Database, userId: string, fact: Fact): D1PreparedStatement[] {
  const { row, endReason } = fact.data as SessionData;
  return [
    db
      .prepare(
        `INSERT INTO sessions (id, user_id, seq, created_at, last_seen_at, expires_at, ended_at, end_reason, ip,
           country, city, user_agent, methods)
         SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 FROM users WHERE id = ?2
         ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, last_seen_at = excluded.last_seen_at,
           ended_at = excluded.ended_at, end_reason = excluded.end_reason
         WHERE excluded.seq > sessions.seq`,
      )
      .bind(
        row.id,
        userId,
        fact.seq,
        row.created_at,
        row.last_seen_at,
        row.expires_at,
        endReason ? fact.at : null,
        endReason,
        row.ip,
        row.country,
        row.city,
        row.user_agent,
        row.methods,
      ),
  ];
}
