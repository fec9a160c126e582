import { HOUR, MINUTE } from '../lib/time.ts';

/** What the cron does within a minute is late by then, and what has an hour to be done by then (milliseconds). */
const LATE = 5 * MINUTE;
const KEYS_LATE = HOUR;

/** What needs a hand: each is 1 or 0. */
export interface Attention {
  /** Messages were given up that can still be sent. */
  messages: number;
  /** Webhooks get nothing, or were switched off for that. */
  webhooks: number;
  /** Stripe's events could not be handled. */
  billing: number;
  /** What the cron should have done waits: it does not run, or comes to nothing. */
  cron: number;
  /** Signing keys should have changed. */
  keys: number;
  /** The stream of audits is not taken. */
  audit: number;
}

/** Asks a database what needs a hand, in a realm or, with null, in all that live there. `now` is Unix milliseconds. */
export async function needsHand(d1: D1Database, realmId: string | null, now: number): Promise<Attention> {
  const own = '(?1 IS NULL OR realm_id = ?1)';
  const found = await d1
    .prepare(
      `SELECT
        EXISTS (SELECT 1 FROM outbox WHERE status = 'dead' AND data <> '{}' AND ${own}) AS messages,
        EXISTS (SELECT 1 FROM webhook_endpoints WHERE (failing_since IS NOT NULL OR disabled_for IN ('failing', 'gone')) AND ${own})
          AS webhooks,
        EXISTS (SELECT 1 FROM billing_events WHERE status IN ('received', 'failed') AND status = 'failed' AND ${own}) AS billing,
        EXISTS (SELECT 1 FROM outbox WHERE status = 'pending' AND channel <> 'webhook' AND next_attempt_at <= ?2
          AND leased_until <= ?2) AS cron,
        EXISTS (SELECT 1 FROM signing_keys AS k WHERE rotate_at <= ?3 AND ${own} AND generation =
          (SELECT max(generation) FROM signing_keys WHERE realm_id = k.realm_id)) AS keys,
        (SELECT failing_since IS NOT NULL AND is_on FROM audit_stream) AS audit`,
    )
    .bind(realmId, now - LATE, now - KEYS_LATE)
    .first<Attention>();
  return found as Attention;
}
