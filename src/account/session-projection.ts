import { rfc3339, SECOND } from '../lib/time.ts';
import type { EndReason, SessionData } from './contract.ts';
import type { Fact } from './fact.ts';
import type { SessionRow } from './session-book.ts';

/** What of a session's row leaves the object. */
export function sessionData(row: SessionRow, endReason: EndReason | null = null): SessionData {
  const { id, created_at, last_seen_at, expires_at, ip, country, city, user_agent, methods, impersonator } =
    row;
  return {
    row: { id, created_at, last_seen_at, expires_at, ip, country, city, user_agent, methods, impersonator },
    endReason,
    aliveUntil: Math.min(expires_at, last_seen_at + row.idle_seconds * SECOND),
  };
}

/** Writes a session's present state to D1. An older fact never overwrites a newer one; repeating changes nothing. */
export function projectSession(db: D1Database, userId: string, fact: Fact): D1PreparedStatement[] {
  const { row, endReason, aliveUntil } = fact.data as SessionData;
  const statements = [
    db
      .prepare(
        `INSERT INTO sessions (id, user_id, seq, created_at, last_seen_at, expires_at, ended_at, end_reason, ip,
           country, city, user_agent, methods, impersonator, realm_id, alive_until)
         SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, realm_id, ?15 FROM users WHERE id = ?2
         ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, last_seen_at = excluded.last_seen_at,
           ended_at = excluded.ended_at, end_reason = excluded.end_reason, alive_until = excluded.alive_until
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
        row.impersonator ?? null,
        aliveUntil ?? row.expires_at,
      ),
  ];
  if (!row.impersonator) {
    statements.push(
      db
        .prepare(
          'UPDATE users SET last_active_on = ?1 WHERE id = ?2 AND (last_active_on IS NULL OR last_active_on < ?1)',
        )
        .bind(rfc3339(row.last_seen_at).slice(0, 10), userId),
    );
  }
  return statements;
}
