import { dateOf } from '../lib/calendar.ts';
import type { ActivityLogRow, TokenDayRow } from './history-contract.ts';
import type { UsageSums } from './quota-book.ts';
import type { EndedGrant } from './session-book.ts';
import type { ToldMessage } from './told-messages.ts';

/** How the account stands, of what the directory lists and counts. Dates are UTC days and months. */
export interface AccountStanding {
  /** Live sessions by the day on which they would expire. */
  sessions: Record<string, number>;
  /** The last day on which one was used. */
  activeOn: string | null;
  /** The last month whose credits were given. */
  grantedMonth: string | null;
}

/** A foreign or outdated hash and the one that replaces it, of the same password. */
export interface RehashData {
  from: string;
  to: string;
}

/** What was used, as the directory sums it; `number` rises with each. */
export interface Sums extends UsageSums {
  models: TokenDayRow[];
  number: number;
}

/** Replaces a password hash in D1, unless the password was changed meanwhile. */
export function projectRehash(d1: D1Database, userId: string, message: ToldMessage): D1PreparedStatement[] {
  const { from, to } = message.data as RehashData;
  return [
    d1
      .prepare('UPDATE passwords SET hash = ?, updated_at = ? WHERE user_id = ? AND hash = ?')
      .bind(to, message.at, userId, from),
  ];
}

/** Has a client hear that a session has ended, if it still wants to. Repeating it adds nothing. */
export function projectLogout(d1: D1Database, userId: string, message: ToldMessage): D1PreparedStatement[] {
  const { clientId, sessionId } = message.data as EndedGrant;
  return [
    d1
      .prepare(
        `INSERT INTO logout_notices (id, realm_id, user_id, client_id, session_id, next_attempt_at)
         SELECT ?1, realm_id, ?2, id, ?3, ?4 FROM oauth_clients
         WHERE id = ?5 AND backchannel_logout_uri IS NOT NULL ON CONFLICT DO NOTHING`,
      )
      // It is the `jti` of the token, which a client sees that may not know the id of the user.
      .bind(`lgt_${sessionId}_${message.seq}`, userId, sessionId, message.at, clientId),
  ];
}

/** Writes entries of the activity log to D1. */
export function activityStatement(
  d1: D1Database,
  userId: string,
  entries: ActivityLogRow[],
): D1PreparedStatement {
  return d1
    .prepare(
      `INSERT INTO activity (user_id, seq, realm_id, at, type, session_id, ip, country, user_agent, actor, details)
       SELECT users.id, value ->> 'seq', users.realm_id, value ->> 'at', value ->> 'type', value ->> 'session_id',
         value ->> 'ip', value ->> 'country', value ->> 'user_agent', value ->> 'actor', value ->> 'details'
       FROM users, json_each(?2) WHERE users.id = ?1 ON CONFLICT DO NOTHING`,
    )
    .bind(userId, JSON.stringify(entries));
}

/**
 * Writes to a user's row in D1 what has changed, and nothing else: an index is written for each column that is named. What
 * an object said later stays.
 */
export function standingStatements(
  d1: D1Database,
  userId: string,
  told: {
    before: AccountStanding | null;
    standing: AccountStanding;
    entries: ActivityLogRow[];
    version: number;
  },
): D1PreparedStatement[] {
  const { before, standing, entries, version } = told;
  const login = entries.findLast(({ type }) => type === 'signed_in' || type === 'registered')?.at;
  const set: [string, string | number][] = [];
  const sessions = JSON.stringify(standing.sessions);
  if (sessions !== JSON.stringify(before?.sessions)) set.push(['sessions = ?', sessions]);
  // The session of a sign-in may be over already.
  const activeOn = [standing.activeOn ?? '', login === undefined ? '' : dateOf(login)].sort().at(-1);
  if (activeOn && activeOn !== before?.activeOn)
    set.push(["last_active_on = MAX(COALESCE(last_active_on, ''), ?)", activeOn]);
  if (standing.grantedMonth && standing.grantedMonth !== before?.grantedMonth)
    set.push(['granted_month = MAX(granted_month, ?)', standing.grantedMonth]);
  if (login !== undefined) set.push(['last_login_at = MAX(COALESCE(last_login_at, 0), ?)', login]);
  if (set.length === 0) return [];
  return [
    d1
      .prepare(`UPDATE users SET ${set.map(([one]) => one).join(', ')}, told = ? WHERE id = ? AND told <= ?`)
      .bind(...set.map(([, value]) => value), version, userId, version),
  ];
}

/** Whose sums they are, and the row by which the directory says which it has: it is written in the same batch. */
export interface SumsOf {
  table: 'users' | 'organizations';
  id: string;
  first: { month: string; resource: string; member?: string };
  number: number;
}

/** Adds what was used to the sums of the realm, of a user or an organization: once, for their months say which sums they have. */
export function realmSumStatements(
  d1: D1Database,
  { table, id, first, number }: SumsOf,
  { days, models }: Pick<Sums, 'days' | 'models'>,
): D1PreparedStatement[] {
  const { month, resource, member } = first;
  const months =
    table === 'users'
      ? 'usage_monthly WHERE user_id = ?1'
      : 'organization_usage WHERE organization_id = ?1 AND member = ?6';
  const add = (rows: unknown[], sql: string) =>
    d1
      .prepare(
        sql.replace(
          'FROM whom',
          `FROM ${table} AS whom, json_each(?2) WHERE whom.id = ?1 AND NOT EXISTS (
             SELECT 1 FROM ${months} AND month = ?3 AND resource = ?4 AND seq >= ?5)`,
        ),
      )
      .bind(id, JSON.stringify(rows), month, resource, number, ...(member === undefined ? [] : [member]));
  return [
    add(
      days,
      `INSERT INTO realm_usage_daily
       SELECT whom.realm_id, value ->> 'date', value ->> 'resource', value ->> 'quantity' FROM whom
       ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity`,
    ),
    ...(models.length > 0
      ? [
          add(
            models,
            `INSERT INTO realm_token_daily
             SELECT whom.realm_id, value ->> 'date', value ->> 'model', value ->> 'input_tokens',
               value ->> 'output_tokens', value ->> 'requests' FROM whom
             ON CONFLICT DO UPDATE SET input_tokens = input_tokens + excluded.input_tokens,
               output_tokens = output_tokens + excluded.output_tokens, requests = requests + excluded.requests`,
          ),
        ]
      : []),
  ];
}

/** Adds what was used to the sums of the realm, and puts that of the user's months in place of what was there. */
export function sumStatements(d1: D1Database, userId: string, sums: Sums): D1PreparedStatement[] {
  const { months, number } = sums;
  const [first] = months;
  if (!first) return [];
  return [
    ...realmSumStatements(d1, { table: 'users', id: userId, first, number }, sums),
    d1
      .prepare(
        `INSERT INTO usage_monthly (user_id, month, resource, realm_id, seq, quantity)
         SELECT users.id, value ->> 'month', value ->> 'resource', users.realm_id, ?3, value ->> 'quantity'
         FROM users, json_each(?2) WHERE users.id = ?1
         ON CONFLICT DO UPDATE SET seq = excluded.seq, quantity = excluded.quantity
         WHERE excluded.seq > usage_monthly.seq`,
      )
      .bind(userId, JSON.stringify(months), number),
  ];
}
