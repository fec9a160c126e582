import { backoff } from '../lib/backoff.ts';
import { log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY } from '../lib/time.ts';
import { sinkEvent } from './events.ts';
import { CALLS_PER_RUN, type EventSender, LONGEST_WAIT, type SentEvents } from './sender.ts';
import { readSinkStanding, type SinkStanding, UNSENT_AUDIT } from './store.ts';

type AuditRow = { id: string; realm_id: string; at: number; actor: string; action: string; target: string };

/** What the audit log is sent with. `source` is the origin of the deployment. */
export interface AuditFeed {
  d1: D1Database;
  /** Null where events go nowhere. */
  sender: EventSender | null;
  source: string;
}

/**
 * Sends the entries of the audit log that the sink does not have, in the order in which they were written, by a cursor: as many
 * as the budget allows. A sink that is new gets those of the last day. Two runs at once send an entry twice, under one id.
 */
export async function sendAudit(
  { d1, sender, source }: AuditFeed,
  now: number,
  budget: Budget,
): Promise<void> {
  if (!sender || !budget.take(1)) return;
  let standing = await readSinkStanding(d1);
  if (now < standing.retry_at) return;
  if (standing.audit_id === null) {
    if (!budget.take(2)) return;
    await begin(d1, now);
    standing = await readSinkStanding(d1);
  }
  let calls = 0;
  // To read them, for one call at least, and to note what came of it.
  while (calls < CALLS_PER_RUN && budget.take(3)) {
    const { results } = await d1
      .prepare(
        `SELECT id, realm_id, at, actor, action, target FROM audit WHERE ${UNSENT_AUDIT} ORDER BY rowid LIMIT ?`,
      )
      .bind(sender.perCall)
      .all<AuditRow>();
    if (results.length === 0) return;
    const events = results.map(({ id, realm_id: realm, at, actor, action, target }) =>
      sinkEvent('latchkey.audit', { id, source, subject: target, realm, at }, { action, actor, target }),
    );
    let isPaid = true;
    const take = () => {
      if (calls === CALLS_PER_RUN || !(isPaid || budget.take(1))) return false;
      isPaid = false;
      calls += 1;
      return true;
    };
    const sent = await sender.send(events, { take });
    if (sent.failure)
      log('error', 'sink_failed', { sink: sender.name, of: 'audit', reason: sent.failure.reason });
    const auditId = results[sent.done - 1]?.id ?? standing.audit_id;
    const isOurs = await note(d1, standing, { ...sent, auditId }, now);
    // Another run may have come further meanwhile.
    if (sent.failure || !isOurs) return;
    standing = { ...standing, audit_id: auditId, attempts: 0 };
  }
}

/** Begins before the entries of the last day. */
async function begin(d1: D1Database, now: number): Promise<void> {
  await d1
    .prepare(
      `UPDATE event_sink SET audit_id = COALESCE((SELECT id FROM audit WHERE at < ? ORDER BY at DESC LIMIT 1), '')
       WHERE audit_id IS NULL`,
    )
    .bind(now - DAY)
    .run();
}

/** Notes up to where the sink has come, unless somebody else has. */
async function note(
  d1: D1Database,
  before: SinkStanding,
  { auditId, refused, failure }: SentEvents & { auditId: string | null },
  now: number,
): Promise<boolean> {
  const attempts = failure ? before.attempts + 1 : 0;
  const retryAt = failure ? now + (failure.retryAfter ?? backoff(attempts, LONGEST_WAIT)) : 0;
  const standing = failure
    ? 'failing_since = COALESCE(failing_since, ?4), failed_at = ?4, error = ?7'
    : 'failing_since = NULL, sent_at = ?4, error = COALESCE(?7, error)';
  const { meta } = await d1
    .prepare(
      `UPDATE event_sink SET audit_id = ?1, attempts = ?2, retry_at = ?3, dropped = dropped + ?6, ${standing}
       WHERE audit_id IS ?5`,
    )
    .bind(auditId, attempts, retryAt, now, before.audit_id, refused, failure?.reason ?? null)
    .run();
  return meta.changes > 0;
}
