import type { Config } from '../config/config.ts';
import { dateOf, monthOf } from '../lib/calendar.ts';
import { DAY } from '../lib/time.ts';

// Days that things are kept after they are over.
/** So long the page of a link can say what became of it. */
const LINK_DAYS = 7;
const OUTBOX_DAYS = 30;
const SESSION_DAYS = 90;
const API_KEY_DAYS = 90;
/** Sums of each day and user; those of a realm are kept for good. */
const USAGE_SUM_DAYS = 400;
const BILLING_EVENT_DAYS = 90;
const DEV_MESSAGE_DAYS = 7;

/** Deletes what is over: expired links and codes, old messages, sessions, API keys, uses, entries of the logs. */
export async function prune(d1: D1Database, config: Config, now: number): Promise<void> {
  const before = (days: number) => now - days * DAY;
  await d1.batch([
    d1.prepare('DELETE FROM one_time_tokens WHERE expires_at <= ?').bind(before(LINK_DAYS)),
    d1.prepare('DELETE FROM authorization_codes WHERE expires_at <= ?').bind(now),
    d1.prepare('DELETE FROM spent_quota WHERE expires_at <= ?').bind(now),
    d1.prepare('DELETE FROM oauth_flows WHERE expires_at <= ?').bind(now),
    d1.prepare('DELETE FROM outbox WHERE settled_at < ?').bind(before(OUTBOX_DAYS)),
    d1
      .prepare("UPDATE outbox SET data = '{}' WHERE status = 'dead' AND data <> '{}' AND expires_at <= ?")
      .bind(now),
    d1.prepare('DELETE FROM sessions WHERE expires_at < ?').bind(before(SESSION_DAYS)),
    d1.prepare('DELETE FROM activity WHERE at < ?').bind(before(config.ACTIVITY_DAYS)),
    d1.prepare('DELETE FROM audit WHERE at < ?').bind(before(config.ACTIVITY_DAYS)),
    d1.prepare('DELETE FROM api_keys WHERE coalesce(revoked_at, expires_at) < ?').bind(before(API_KEY_DAYS)),
    d1.prepare('DELETE FROM usage_events WHERE at < ?').bind(before(config.USAGE_EVENT_DAYS)),
    d1.prepare('DELETE FROM token_events WHERE at < ?').bind(before(config.USAGE_EVENT_DAYS)),
    d1.prepare('DELETE FROM usage_daily WHERE date < ?').bind(dateOf(before(USAGE_SUM_DAYS))),
    d1.prepare('DELETE FROM token_daily WHERE date < ?').bind(dateOf(before(USAGE_SUM_DAYS))),
    d1.prepare('DELETE FROM usage_monthly WHERE month < ?').bind(monthOf(before(USAGE_SUM_DAYS))),
    d1.prepare('DELETE FROM billing_events WHERE received_at < ?').bind(before(BILLING_EVENT_DAYS)),
    d1.prepare('DELETE FROM dev_messages WHERE created_at < ?').bind(before(DEV_MESSAGE_DAYS)),
  ]);
}
