import type { ActivityData, Fact } from './fact.ts';

/** Writes one entry of the activity log to D1. Running it again changes nothing. */
export function projectActivity(db: D1Database, userId: string, fact: Fact): D1PreparedStatement[] {
  const { realmId, type, sessionId, client, actor, details } = fact.data as ActivityData;
  const statements = [
    db
      .prepare(
        `INSERT INTO activity (user_id, seq, realm_id, at, type, session_id, ip, country, user_agent, actor, details)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .bind(
        userId,
        fact.seq,
        realmId,
        fact.at,
        type,
        sessionId,
        client?.ip ?? null,
        client?.country ?? null,
        client?.userAgent ?? null,
        actor ?? null,
        details ? JSON.stringify(details) : null,
      ),
  ];
  if (type === 'signed_in' || type === 'registered') {
    statements.push(
      db
        .prepare('UPDATE users SET last_login_at = MAX(COALESCE(last_login_at, 0), ?) WHERE id = ?')
        .bind(fact.at, userId),
    );
  }
  return statements;
}
