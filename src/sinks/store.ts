import { MINUTE } from '../lib/time.ts';

/** How the sink does, as its one row in D1 says. Times are Unix milliseconds. */
export interface SinkStanding {
  /** The last entry of the audit log that it has; null before the first run. */
  audit_id: string | null;
  /** Tries of the audit log that have failed since the last that did not. */
  attempts: number;
  /** Not before then. */
  retry_at: number;
  /** Since when it fails; null when it does not, as far as anybody knows. */
  failing_since: number | null;
  error: string | null;
  /** When somebody last heard that it works again, or the audit log was sent. */
  sent_at: number | null;
  /** Events that it refused for good, or that were gone before it worked again. */
  dropped: number;
}

/** Reads how the sink does. */
export async function readSinkStanding(d1: D1Database): Promise<SinkStanding> {
  const row = await d1
    .prepare(
      'SELECT audit_id, attempts, retry_at, failing_since, error, sent_at, dropped FROM event_sink WHERE id = 1',
    )
    .first<SinkStanding>();
  return row as SinkStanding;
}

/** Notes that the sink fails, at most once a minute however many say so. */
export function sinkFailure(d1: D1Database, reason: string, now: number): D1PreparedStatement {
  return d1
    .prepare(
      `UPDATE event_sink SET failing_since = COALESCE(failing_since, ?1), failed_at = ?1, error = ?2
       WHERE failing_since IS NULL OR failed_at <= ?1 - ${MINUTE}`,
    )
    .bind(now, reason);
}

/** Notes that the sink works again; writes nothing when nobody thought otherwise. */
export function sinkRecovery(d1: D1Database, now: number): D1PreparedStatement {
  return d1
    .prepare(
      'UPDATE event_sink SET failing_since = NULL, attempts = 0, retry_at = 0, sent_at = ?1 WHERE failing_since IS NOT NULL',
    )
    .bind(now);
}

/** Counts events that the sink will never have. */
export function sinkLoss(d1: D1Database, dropped: number): D1PreparedStatement {
  return d1.prepare('UPDATE event_sink SET dropped = dropped + ?').bind(dropped);
}

/** What the entries of the audit log are found by that the sink does not have: in the order in which they were written. */
export const UNSENT_AUDIT = `rowid > COALESCE((SELECT rowid FROM audit WHERE id = (SELECT audit_id FROM event_sink)), 0)`;
