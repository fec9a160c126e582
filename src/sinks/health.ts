import type { Databases } from '../db/databases.ts';
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

/**
 * Reads how the sink does, by what each database was told: what waits is summed, and one that fails anywhere fails. Null where
 * events go nowhere.
 */
export async function sinkHealth(
  { sender }: Pick<AuditFeed, 'sender'>,
  databases: Pick<Databases, 'names' | 'raw'>,
): Promise<SinkHealth | null> {
  if (!sender) return null;
  const found = await Promise.all(
    databases.names.map((name) =>
      databases
        .raw(name)
        .prepare(
          `SELECT failing_since AS failingSince, error, dropped, (
             SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE audit_id IS NOT NULL AND ${UNSENT_AUDIT} LIMIT ${COUNTED + 1})
           ) AS waiting FROM event_sink WHERE id = 1`,
        )
        .first<Omit<SinkHealth, 'sink'>>(),
    ),
  );
  const [first, ...others] = found
    .filter((row) => row !== null)
    .toSorted((a, b) => (a.failingSince ?? Infinity) - (b.failingSince ?? Infinity));
  if (!first) return null;
  const all: SinkHealth = { sink: sender.name, ...first };
  for (const { error, waiting, dropped } of others) {
    all.error ??= error;
    all.waiting += waiting;
    all.dropped += dropped;
  }
  return all;
}
