import { COUNTED } from '../http/paging.ts';
import type { AuditFeed } from './audit-job.ts';
import { UNSENT_AUDIT } from './store.ts';

/** How the sink does, as far as D1 was told. Times are Unix milliseconds. */
export interface SinkHealth {
  sink: string;
  /** Since when it fails; null when it does not. */
  failingSince: number | null;
  /** Why it failed last; null when it never has. */
  error: string | null;
  /** Entries of the audit log that it does not have, counted no further than COUNTED. */
  waiting: number;
  /** Events that it will never have. */
  dropped: number;
}

/** Reads how the sink does; null where events go nowhere. */
export async function sinkHealth({
  d1,
  sender,
}: Pick<AuditFeed, 'd1' | 'sender'>): Promise<SinkHealth | null> {
  if (!sender) return null;
  const row = await d1
    .prepare(
      `SELECT failing_since AS failingSince, error, dropped, (
         SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE audit_id IS NOT NULL AND ${UNSENT_AUDIT} LIMIT ${COUNTED + 1})
       ) AS waiting FROM event_sink WHERE id = 1`,
    )
    .first<Omit<SinkHealth, 'sink'>>();
  return row && { sink: sender.name, ...row };
}
