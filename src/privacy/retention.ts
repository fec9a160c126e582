import { PAST_SESSION_DAYS, SUM_DAYS } from '../account/history-contract.ts';
import type { Config } from '../config/config.ts';
import { FROZEN_SQL } from '../db/frozen.ts';
import { LOGGED_TYPES } from '../events/derived.ts';
import { dateOf, monthOf } from '../lib/calendar.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY } from '../lib/time.ts';
import { MOVED_TABLES, realmOfRow } from '../realms/move-tables.ts';

// Days that things are kept after they are over.
/** So long the page of a link can say what became of it. */
const LINK_DAYS = 7;
const OUTBOX_DAYS = 30;
const API_KEY_DAYS = 90;
const BILLING_EVENT_DAYS = 90;
/** Longer than Stripe takes what was used. */
const OVERAGE_DAYS = 100;
/** Longer than a bank debit takes. */
const GONE_CUSTOMER_DAYS = 90;
const DEV_MESSAGE_DAYS = 7;
/** Of clients that registered themselves: since they got a token last, and since they registered and never got one. */
const UNUSED_CLIENT_DAYS = 90;
const NEVER_USED_CLIENT_DAYS = 1;

/** Rows that one statement deletes: it takes some ten milliseconds, during which the database does nothing else. */
const PIECE = 1000;

/** What of a table is over: a condition with one parameter, which an index finds, and what the parameter is. */
interface Over {
  table: string;
  /** The primary key. */
  key: string;
  where: string;
  before: number | string;
  /** What is done to the rows, if they are not deleted. It has to end the condition. */
  set?: string;
}

function overAt(config: Pick<Config, 'ACTIVITY_DAYS' | 'USAGE_EVENT_DAYS'>, now: number): Over[] {
  const before = (days: number) => now - days * DAY;
  const sums = before(SUM_DAYS);
  return [
    {
      table: 'one_time_tokens',
      key: 'user_id, purpose, slot',
      where: 'expires_at <= ?',
      before: before(LINK_DAYS),
    },
    { table: 'spent_quota', key: 'address_key, period, resource', where: 'expires_at <= ?', before: now },
    { table: 'organization_invitations', key: 'id', where: 'expires_at <= ?', before: before(LINK_DAYS) },
    { table: 'used_assertions', key: 'hash', where: 'expires_at <= ?', before: now },
    {
      table: 'oauth_clients',
      key: 'id',
      where: 'registration_hash IS NOT NULL AND used_at < ?',
      before: before(UNUSED_CLIENT_DAYS),
    },
    {
      table: 'oauth_clients',
      key: 'id',
      where: 'registration_hash IS NOT NULL AND used_at IS NULL AND created_at < ?',
      before: before(NEVER_USED_CLIENT_DAYS),
    },
    { table: 'oauth_flows', key: 'state_hash', where: 'expires_at <= ?', before: now },
    { table: 'outbox', key: 'id', where: 'settled_at < ?', before: before(OUTBOX_DAYS) },
    // Their numbers are no less than their times.
    {
      table: 'events',
      key: 'id',
      where: 'realm_id IN (SELECT id FROM realms) AND seq < ?',
      before: before(OUTBOX_DAYS),
    },
    {
      table: 'outbox',
      key: 'id',
      where: "status = 'dead' AND data <> '{}' AND expires_at <= ?",
      before: now,
      set: "data = '{}'",
    },
    { table: 'past_sessions', key: 'id', where: 'expires_at < ?', before: before(PAST_SESSION_DAYS) },
    {
      table: 'activity',
      key: 'user_id, seq',
      where: `realm_id IN (SELECT id FROM realms) AND type IN (${LOGGED_TYPES.map((type) => `'${type}'`).join(', ')}) AND at < ?`,
      before: before(config.ACTIVITY_DAYS),
    },
    { table: 'audit', key: 'id', where: 'at < ?', before: before(config.ACTIVITY_DAYS) },
    {
      table: 'api_keys',
      key: 'id',
      where: 'coalesce(revoked_at, expires_at) < ?',
      before: before(API_KEY_DAYS),
    },
    { table: 'past_uses', key: 'user_id, seq', where: 'at < ?', before: before(config.USAGE_EVENT_DAYS) },
    {
      table: 'past_token_uses',
      key: 'user_id, seq',
      where: 'at < ?',
      before: before(config.USAGE_EVENT_DAYS),
    },
    { table: 'past_usage_days', key: 'user_id, date, resource', where: 'date < ?', before: dateOf(sums) },
    { table: 'past_token_days', key: 'user_id, date, model', where: 'date < ?', before: dateOf(sums) },
    { table: 'usage_monthly', key: 'user_id, month, resource', where: 'month < ?', before: monthOf(sums) },
    { table: 'billing_events', key: 'seq', where: 'received_at < ?', before: before(BILLING_EVENT_DAYS) },
    {
      table: 'overage_reports',
      key: 'hour, payer_id, meter',
      where: 'hour < ?',
      before: before(OVERAGE_DAYS),
    },
    ...['billing_erasures', 'stray_payments'].map((table) => ({
      table,
      key: table === 'stray_payments' ? 'id' : 'customer_id',
      where: 'settled_at < ?',
      before: before(GONE_CUSTOMER_DAYS),
    })),
    { table: 'dev_messages', key: 'id', where: 'created_at < ?', before: before(DEV_MESSAGE_DAYS) },
  ];
}

/**
 * Deletes what was over at `now` (Unix milliseconds): expired links and codes, old messages, sessions, API keys, uses, entries
 * of the logs. It does so by pieces, each a statement of its own, as many as the budget allows; another call goes on with the
 * rest. One that has nothing to do is a single statement.
 */
export async function prune(
  d1: D1Database,
  config: Pick<Config, 'ACTIVITY_DAYS' | 'USAGE_EVENT_DAYS'>,
  now: number,
  budget: Budget,
): Promise<void> {
  if (!budget.take(1)) return;
  const over = overAt(config, now);
  const asked = over.map(({ table, where }) => `EXISTS (SELECT 1 FROM ${table} WHERE ${where})`);
  const isFrozen = `EXISTS ${FROZEN_SQL}`;
  const [has] = await d1
    .prepare(`SELECT json_array(${[...asked, isFrozen].join(', ')})`)
    .bind(...over.map(({ before }) => before))
    .raw<[string]>();
  const isDue = JSON.parse(has?.[0] ?? '[]') as number[];
  const keepsFrozen = isDue.at(-1) === 1;
  for (const [index, one] of over.entries()) {
    if (isDue[index] !== 1) continue;
    for (let written = PIECE; written >= PIECE; ) {
      if (!budget.take(1)) return;
      written = await writePiece(
        d1,
        keepsFrozen ? { ...one, where: `${one.where} AND ${notFrozen(one.table)}` } : one,
      );
    }
  }
}

/** Whether a row is none of a realm that lives elsewhere, whose rows there are pruned there. */
function notFrozen(table: string): string {
  const moved = MOVED_TABLES.find(({ name }) => name === table);
  if (!moved) return 'true';
  return `coalesce(${realmOfRow(moved, table)}, '') NOT IN ${FROZEN_SQL}`;
}

/** Gives how many rows it has written. */
async function writePiece(d1: D1Database, { table, key, where, before, set }: Over): Promise<number> {
  const act = set ? `UPDATE ${table} SET ${set}` : `DELETE FROM ${table}`;
  const piece = `SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${PIECE}`;
  // What triggers write may be counted with it: then one more statement finds nothing.
  const { meta } = await d1.prepare(`${act} WHERE (${key}) IN (${piece})`).bind(before).run();
  return meta.changes;
}
