import type { Bindings } from '../config/config.ts';
import { boundedD1 } from '../db/bounded.ts';
import { describeFailure, log } from '../lib/log.ts';
import type { AuditFeed } from '../sinks/audit-job.ts';
import { sinkHealth } from '../sinks/health.ts';

type Part = 'ok' | 'failed';

/** Asks each part of the platform that a request may need. The reasons of a failure go to the log only. */
export async function checkParts(bindings: Bindings): Promise<{ d1: Part; durable_objects: Part; r2: Part }> {
  const limiter = bindings.RATE_LIMITER.get(bindings.RATE_LIMITER.idFromName('health')) as unknown as {
    ping(): Promise<void>;
  };
  const [d1, durableObjects, r2] = await Promise.all([
    check('d1', () => boundedD1(bindings.DB).withSession().prepare('SELECT 1').first()),
    check('durable_objects', () => limiter.ping()),
    check('r2', () => bindings.AVATARS.head('health')),
  ]);
  return { d1, durable_objects: durableObjects, r2 };
}

/** Whether the sink of events takes them; undefined where there is none, or nobody can say. No request needs it. */
export async function checkSink(feed: AuditFeed): Promise<Part | undefined> {
  const health = await sinkHealth(feed).catch(() => null);
  return health ? (health.failingSince === null ? 'ok' : 'failed') : undefined;
}

async function check(part: string, ask: () => Promise<unknown>): Promise<Part> {
  try {
    await ask();
    return 'ok';
  } catch (error) {
    log('error', 'part_failed', { part, error: describeFailure(error) });
    return 'failed';
  }
}
