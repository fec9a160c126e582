import { DurableObject } from 'cloudflare:workers';
import type { Bindings } from '../env.ts';
import { MINUTE, SECOND } from '../lib/time.ts';

const WINDOW = MINUTE;

export interface RateLimitResult {
  allowed: boolean;
  remaining: number;
  /** Seconds until one more request is allowed, or until all are when none was refused. */
  reset: number;
}

/** Counts the requests of one client to one bucket: never more than the limit in any 60 seconds, across the world. */
export class RateLimiter extends DurableObject<Bindings> {
  /** Counts a request, unless the limit is reached: what is refused does not extend the wait. */
  async take(limit: number): Promise<RateLimitResult> {
    const { kv } = this.ctx.storage;
    const now = Date.now();
    const taken = (kv.get<number[]>('taken') ?? []).filter((at) => at > now - WINDOW);
    const allowed = taken.length < limit;
    if (allowed) {
      if (taken.length === 0) this.ctx.storage.setAlarm(now + 2 * WINDOW);
      taken.push(now);
      kv.put('taken', taken);
    }
    const frees = taken[allowed ? taken.length - 1 : taken.length - limit] ?? now;
    return {
      allowed,
      remaining: Math.max(0, limit - taken.length),
      reset: Math.max(1, Math.ceil((frees + WINDOW - now) / SECOND)),
    };
  }

  /** For the health check: answers, and stores nothing. */
  async ping(): Promise<void> {}

  /** Leaves nothing behind of a client that has gone. */
  override async alarm(): Promise<void> {
    const last = this.ctx.storage.kv.get<number[]>('taken')?.at(-1) ?? 0;
    if (last > Date.now() - WINDOW) await this.ctx.storage.setAlarm(last + 2 * WINDOW);
    else await this.ctx.storage.deleteAll();
  }
}
