import type {
  ActivityLogRow,
  PastSession,
  TokenDayRow,
  TokenUseRow,
  UsageDay,
  UseRow,
} from './history-contract.ts';

/** Rows of each kind that are fetched at once. */
const PORTION = 1000;
/** What was before has numbers below all that the object gives. */
const BEFORE = 2 ** 40;

/** A portion of what the directory has kept of a user. */
export interface Past {
  activity: ActivityLogRow[];
  uses: UseRow[];
  tokenUses: TokenUseRow[];
  days: UsageDay[];
  tokenDays: TokenDayRow[];
  sessions: PastSession[];
}

const NOTHING: Past = { activity: [], uses: [], tokenUses: [], days: [], tokenDays: [], sessions: [] };

/**
 * Fetches what the directory still holds of one user's past: of earlier versions, and what was brought along from elsewhere.
 * `keep` writes a portion into the object; only then it goes from the directory. What was fetched and not yet deleted comes
 * again, and is known by its numbers.
 */
export async function fetchPast(d1: D1Database, userId: string, keep: (past: Past) => void): Promise<void> {
  for (let after = -Number.MAX_SAFE_INTEGER; ; ) {
    const { results } = await d1
      .prepare(
        `SELECT seq, at, type, session_id, ip, country, user_agent, actor, details FROM activity
         WHERE user_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
      )
      .bind(userId, after, PORTION)
      .all<ActivityLogRow>();
    keep({ ...NOTHING, activity: results });
    if (results.length < PORTION) break;
    after = (results.at(-1) as ActivityLogRow).seq;
  }
  for (let left = true; left; ) {
    const of = (columns: string, table: string) =>
      d1.prepare(`SELECT ${columns} FROM ${table} WHERE user_id = ? LIMIT ${PORTION}`).bind(userId);
    const [uses, tokenUses, days, tokenDays, sessions] = (
      await d1.batch([
        of('seq, at, resource, quantity, reference', 'past_uses'),
        of('seq, at, model, input_tokens, output_tokens, request_id', 'past_token_uses'),
        of('date, resource, quantity', 'past_usage_days'),
        of('date, model, input_tokens, output_tokens, requests', 'past_token_days'),
        of(
          'id, created_at, last_seen_at, expires_at, ip, country, city, user_agent, methods, impersonator, ended_at, end_reason',
          'past_sessions',
        ),
      ])
    ).map(({ results }) => results) as [UseRow[], TokenUseRow[], UsageDay[], TokenDayRow[], PastSession[]];
    keep({ ...NOTHING, uses, tokenUses, days, tokenDays, sessions });
    const gone = (table: string, key: string, rows: object[]) =>
      d1
        .prepare(
          `DELETE FROM ${table} WHERE user_id = ?1 AND (${key}) IN (
             SELECT ${key
               .split(', ')
               .map((column) => `value ->> '${column}'`)
               .join(', ')} FROM json_each(?2))`,
        )
        .bind(userId, JSON.stringify(rows));
    await d1.batch([
      gone('past_uses', 'seq', uses),
      gone('past_token_uses', 'seq', tokenUses),
      gone('past_usage_days', 'date, resource', days),
      gone('past_token_days', 'date, model', tokenDays),
      gone('past_sessions', 'id', sessions),
    ]);
    left = [uses, tokenUses, days, tokenDays, sessions].some((rows) => rows.length === PORTION);
  }
  await d1.prepare('UPDATE users SET has_past = 0 WHERE id = ?').bind(userId).run();
}

/** Writes a portion of the past into the tables of metering, but for what is there already. */
export function keepPastUses(sql: SqlStorage, { uses, tokenUses, days, tokenDays }: Past): void {
  for (const { seq, at, resource, quantity, reference } of uses) {
    sql.exec(
      `INSERT OR IGNORE INTO uses (seq, kind, reference, at, day, resource, quantity, credits)
       SELECT ?1 - ${BEFORE}, 'consume', ?2, ?3, date(?3 / 1000, 'unixepoch'), ?4, ?5, 0
       WHERE NOT EXISTS (SELECT 1 FROM uses WHERE reference = ?2 AND result IS NOT NULL)`,
      seq,
      reference,
      at,
      resource,
      quantity,
    );
  }
  for (const { seq, at, model, input_tokens, output_tokens, request_id } of tokenUses) {
    sql.exec(
      `INSERT OR IGNORE INTO token_uses (seq, request_id, at, day, model, counted_as, input_tokens, output_tokens)
       SELECT ?1 - ${BEFORE}, ?2, ?3, date(?3 / 1000, 'unixepoch'), ?4, ?4, ?5, ?6
       WHERE NOT EXISTS (SELECT 1 FROM token_uses WHERE request_id = ?2 AND result IS NOT NULL)`,
      seq,
      request_id,
      at,
      model,
      input_tokens,
      output_tokens,
    );
  }
  for (const { date, resource, quantity } of days) {
    sql.exec(
      'INSERT OR IGNORE INTO quota_days (resource, day, used) VALUES (?, ?, ?)',
      resource,
      date,
      quantity,
    );
  }
  for (const { date, model, input_tokens, output_tokens, requests } of tokenDays) {
    sql.exec(
      'INSERT OR IGNORE INTO token_days VALUES (?, ?, ?, ?, ?)',
      date,
      model,
      input_tokens,
      output_tokens,
      requests,
    );
  }
}
