import { type Attention, needsHand } from '../admin/service.ts';
import type { Bindings } from '../config/config.ts';
import type { Databases } from '../db/databases.ts';
import { describeFailure, log } from '../lib/log.ts';
import type { AuditFeed } from '../sinks/audit-job.ts';
import { sinkHealth } from '../sinks/health.ts';

type Part = 'ok' | 'failed';

/** How the parts of the platform do that a request may need. */
interface Parts {
  /** `failed` when one of the databases has. */
  d1: Part;
  durable_objects: Part;
  r2: Part;
  /** Each database by the name of its binding, where there are several. */
  databases?: Record<string, Part>;
}

/** Asks each part of the platform that a request may need. The reasons of a failure go to the log only. */
export async function checkParts(
  bindings: Bindings,
  databases: Pick<Databases, 'names' | 'raw'>,
): Promise<Parts> {
  const limiter = bindings.RATE_LIMITER.get(bindings.RATE_LIMITER.idFromName('health')) as unknown as {
    ping(): Promise<void>;
  };
  const { names } = databases;
  const [asked, durableObjects, r2] = await Promise.all([
    Promise.all(
      names.map((name) =>
        check(`d1 ${name}`, () => databases.raw(name).withSession().prepare('SELECT 1').first()),
      ),
    ),
    check('durable_objects', () => limiter.ping()),
    check('r2', () => bindings.AVATARS.head('health')),
  ]);
  const byName = Object.fromEntries(names.map((name, index) => [name, asked[index] as Part]));
  return {
    d1: asked.includes('failed') ? 'failed' : 'ok',
    durable_objects: durableObjects,
    r2,
    ...(names.length > 1 && { databases: byName }),
  };
}

/** Whether the sink of events takes them; undefined where there is none, or nobody can say. No request needs it. */
export async function checkSink(
  feed: AuditFeed,
  databases: Pick<Databases, 'names' | 'raw'>,
): Promise<Part | undefined> {
  const health = await sinkHealth(feed, databases).catch(() => null);
  return health ? (health.failingSince === null ? 'ok' : 'failed') : undefined;
}

/** What needs a hand in any of the databases; none where nobody can say. */
export async function checkHands(databases: Pick<Databases, 'names' | 'raw'>): Promise<(keyof Attention)[]> {
  const asked = databases.names.map((name) =>
    needsHand(databases.raw(name), null, Date.now()).catch(() => null),
  );
  const found = (await Promise.all(asked)).filter((one) => one !== null);
  const names: (keyof Attention)[] = ['messages', 'webhooks', 'billing', 'cron', 'keys', 'audit'];
  return names.filter((name) => found.some((one) => one[name] === 1));
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
