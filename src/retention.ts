import type { Config } from './env.ts';
import { DAY } from './lib/time.ts';

/** Days that things are kept after they are over. */
const OUTBOX_DAYS = 30;
const SESSION_DAYS = 90;
const API_KEY_DAYS = 90;
const DEV_MESSAGE_DAYS = 7;

/** Deletes what is over: expired links, old messages, sessions, API keys and entries of the logs. */
export async function prune(d1: D1Database, config: Config, now: number): Promise<void> {
  const before = (days: number) => now - days * DAY;
  await d1.batch([
    d1.prepare('DELETE FROM one_time_tokens WHERE expires_at <= ?').bind(now),
    d1.prepare('DELETE FROM outbox WHERE settled_at < ?').bind(before(OUTBOX_DAYS)),
    d1
      .prepare("UPDATE outbox SET data = '{}' WHERE status = 'dead' AND data <> '{}' AND expires_at <= ?")
      .bind(now),
    d1.prepare('DELETE FROM sessions WHERE expires_at < ?').bind(before(SESSION_DAYS)),
    d1.prepare('DELETE FROM activity WHERE at < ?').bind(before(config.ACTIVITY_DAYS)),
    d1.prepare('DELETE FROM audit WHERE at < ?').bind(before(config.ACTIVITY_DAYS)),
    d1.prepare('DELETE FROM api_keys WHERE coalesce(revoked_at, expires_at) < ?').bind(before(API_KEY_DAYS)),
    d1.prepare('DELETE FROM dev_messages WHERE created_at < ?').bind(before(DEV_MESSAGE_DAYS)),
  ]);
}
