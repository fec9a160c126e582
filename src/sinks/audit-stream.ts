import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/variable.ts';
import { type ChainHead, chainLine } from '../lib/audit-chain.ts';
import { backoff } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import { log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { MINUTE, rfc3339, SECOND } from '../lib/time.ts';
import { logTransport } from '../logs/transport.ts';

/** Entries of one file, or of one batch of lines. */
const MOST = 1000;
/** How long a file may take to be written (milliseconds), and for how long nobody else may write: more than twice as long. */
const TIMEOUT = 20 * SECOND;
const LEASE = MINUTE;
const LONGEST_WAIT = 30 * MINUTE;
/** Files of one run. */
const FILES = 20;

/** Entries that follow each other, as lines of the chain. */
interface Piece {
  lines: { at: number; line: string }[];
  first: number;
  last: number;
}

/** Takes a piece, whole; resolves when it has. Gives the name of the file, if it is one. */
type AuditSink = (piece: Piece, signal: AbortSignal) => Promise<string | null>;

/** Where the entries of both logs go. */
export interface AuditStream {
  d1: D1Database;
  /** Null where they go nowhere. */
  sink: AuditSink | null;
}

/** Makes what the configuration says. Throws ConfigError for a stream to R2 without a bucket, and to the log without a LOG_SINK. */
export function auditSinkOf(
  config: Pick<Config, 'AUDIT_STREAM' | 'logDestination' | 'ORIGIN' | 'SERVICE_NAME'>,
  bucket: R2Bucket | undefined,
  database: string,
): AuditSink | null {
  const { AUDIT_STREAM, logDestination, ORIGIN, SERVICE_NAME } = config;
  if (AUDIT_STREAM === 'none') return null;
  if (AUDIT_STREAM === 'r2') {
    if (!bucket) throw new ConfigError(['AUDIT_STREAM is r2: bind a bucket as AUDIT']);
    return toBucket(bucket, database);
  }
  if (!logDestination) throw new ConfigError(['AUDIT_STREAM is log: say where to with LOG_SINK']);
  const send = logTransport(logDestination, { service: SERVICE_NAME, host: new URL(ORIGIN).hostname });
  return async ({ lines }, signal) => {
    const event = 'audit';
    await send(
      lines.map(({ at, line }) => ({ at, level: 'info', event, json: line })),
      signal,
    );
    return null;
  };
}

/** A file for each piece, below the hour of its first entry. None is ever written again: its name says which entries it has. */
function toBucket(bucket: R2Bucket, database: string): AuditSink {
  return async ({ lines, first, last }) => {
    const hour = rfc3339(lines[0]?.at ?? 0).slice(0, 13);
    const key = `audit/${database}/${hour}/${numbered(first)}-${numbered(last)}.ndjson`;
    const body = lines.map(({ line }) => `${line}\n`).join('');
    await bucket.put(key, body, { httpMetadata: { contentType: 'application/x-ndjson' } });
    return key;
  };
}

const numbered = (seq: number) => String(seq).padStart(12, '0');

/**
 * Adds the entries of both logs that are new to the chain, in the order in which they were written, and hands them over: as many as the
 * budget allows. One run at a time does so, by a lease; an entry is forgotten here in the batch that says that it was taken. What was
 * taken without being noted is taken again, under the same numbers and hashes.
 */
export async function streamAudit({ d1, sink }: AuditStream, now: number, budget: Budget): Promise<void> {
  if (!sink || !budget.take(1)) return;
  const lease = now + LEASE;
  const held = await d1
    .prepare(
      `UPDATE audit_stream SET is_on = 1, leased_until = ?1 WHERE id = 1 AND leased_until <= ?2 AND retry_at <= ?2
         AND (is_on = 0 OR EXISTS (SELECT 1 FROM audit_queue)) RETURNING seq, hash, attempts`,
    )
    .bind(lease, now)
    .first<ChainHead & { attempts: number }>();
  if (!held) return;
  let head: ChainHead = held;
  let failure: string | null = null;
  // To read them, to hand them over, and three to note it.
  for (let files = 0; files < FILES && budget.take(5); files += 1) {
    const { results } = await d1
      .prepare('SELECT id, at, entry FROM audit_queue ORDER BY id LIMIT ?')
      .bind(MOST)
      .all<{ id: number; at: number; entry: string }>();
    if (results.length === 0) break;
    const first = head.seq + 1;
    let end = head;
    const lines = results.map(({ at, entry }) => {
      const next = chainLine(end, entry);
      end = next;
      return { at, line: next.line };
    });
    const piece = { lines, first, last: end.seq };
    const written = await withDeadline((signal) => sink(piece, signal), TIMEOUT).catch((error: unknown) => {
      failure = error instanceof Error ? error.message : 'unknown';
      return undefined;
    });
    if (written === undefined) break;
    if (
      !(await settle(d1, { from: head, to: end, lease, key: written, through: results.at(-1)?.id ?? 0 }, now))
    )
      return;
    log('info', 'audit_streamed', { seq: end.seq, hash: end.hash });
    head = end;
    if (results.length < MOST) break;
  }
  const attempts = failure === null ? 0 : held.attempts + 1;
  if (failure !== null) log('error', 'audit_stream_failed', { reason: failure });
  await d1
    .prepare(
      `UPDATE audit_stream SET leased_until = 0, attempts = ?2, retry_at = ?3, error = coalesce(?4, error),
         failing_since = iif(?4 IS NULL, NULL, coalesce(failing_since, ?5)) WHERE id = 1 AND leased_until = ?1`,
    )
    .bind(lease, attempts, failure === null ? 0 : now + backoff(attempts, LONGEST_WAIT), failure, now)
    .run();
}

/** Notes that entries were taken, and forgets them; false when the lease has passed to somebody else. */
async function settle(
  d1: D1Database,
  piece: { from: ChainHead; to: ChainHead; lease: number; key: string | null; through: number },
  now: number,
): Promise<boolean> {
  const { from, to, lease, key, through } = piece;
  const isOurs = 'EXISTS (SELECT 1 FROM audit_stream WHERE seq = ?1 AND hash = ?2)';
  const [moved] = await d1.batch([
    d1
      .prepare(
        `UPDATE audit_stream SET seq = ?1, hash = ?2, sent_at = ?3 WHERE id = 1 AND seq = ?4 AND leased_until = ?5`,
      )
      .bind(to.seq, to.hash, now, from.seq, lease),
    d1
      .prepare(
        `INSERT INTO audit_files (first, last, hash, key) SELECT ?3, ?1, ?2, ?4 WHERE ?4 IS NOT NULL AND ${isOurs}
         ON CONFLICT DO NOTHING`,
      )
      .bind(to.seq, to.hash, from.seq + 1, key),
    d1.prepare(`DELETE FROM audit_queue WHERE id <= ?3 AND ${isOurs}`).bind(to.seq, to.hash, through),
  ]);
  return (moved?.meta.changes ?? 0) > 0;
}

/** Keeps no more entries for a stream that goes nowhere any more; once a day suffices. */
export async function endAuditStream({ d1, sink }: AuditStream, budget: Budget): Promise<void> {
  if (sink || !budget.take(2)) return;
  await d1.batch([
    d1.prepare('UPDATE audit_stream SET is_on = 0 WHERE is_on = 1'),
    d1.prepare('DELETE FROM audit_queue'),
  ]);
}

/** How the stream does: since when it fails, and how many entries wait. Null where there is none. */
export async function auditStreamHealth({
  d1,
  sink,
}: AuditStream): Promise<{ failingSince: number | null; error: string | null; waiting: number } | null> {
  if (!sink) return null;
  return d1
    .prepare(
      `SELECT failing_since AS failingSince, error,
         (SELECT count(*) FROM (SELECT 1 FROM audit_queue LIMIT 10001)) AS waiting FROM audit_stream`,
    )
    .first();
}
