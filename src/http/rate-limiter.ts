import { DurableObject } from 'cloudflare:workers';
import type { Bindings } from '../config/config.ts';
import { SECOND } from '../lib/time.ts';
import { SUSPICION } from './suspicions.ts';

export interface RateLimitResult {
  allowed: boolean;
  remaining: number;
  /** Seconds until one more request is allowed, or until all are when none was refused. */
  reset: number;
  /** Whether it came near the limit, now or lately, as far as that was asked. */
  suspicious: boolean;
}

/** What ids are kept under. */
const ONCE = 'once:';

/** When something was taken, and for how long it counts (Unix milliseconds, milliseconds). */
interface Taken {
  at: number[];
  window: number;
}

/** Counts what one client does in one bucket: never more than the limit in any window, across the world. */
export class RateLimiter extends DurableObject<Bindings> {
  /** When the alarm comes that forgets ids, as far as it is known to be set. */
  #clearsAt = 0;

  /**
   * Counts one, unless the limit is reached: what is refused does not extend the wait. From `suspectFrom` in a window on, a client
   * is suspicious for an hour.
   */
  async take(
    limit: number,
    windowSeconds: number,
    suspectFrom = Number.POSITIVE_INFINITY,
  ): Promise<RateLimitResult> {
    const { kv } = this.ctx.storage;
    const now = Date.now();
    const window = windowSeconds * SECOND;
    const taken = (kv.get<Taken>('taken')?.at ?? []).filter((at) => at > now - window);
    const allowed = taken.length < limit;
    if (allowed) {
      taken.push(now);
      this.ctx.storage.transactionSync(() => {
        kv.put<Taken>('taken', { at: taken, window });
        if (taken.length > 1) return;
        this.ctx.storage.setAlarm(now + 2 * window);
      });
    }
    const frees = taken[allowed ? taken.length - 1 : taken.length - limit] ?? now;
    return {
      allowed,
      remaining: Math.max(0, limit - taken.length),
      reset: Math.max(1, Math.ceil((frees + window - now) / SECOND)),
      suspicious: Number.isFinite(suspectFrom) && this.#suspects(taken.length >= suspectFrom, now),
    };
  }

  /** Counts so many in a fixed window; gives the seconds until it ends when the limit is reached, else 0. */
  async tally(count: number, limit: number, windowSeconds: number): Promise<number> {
    const { kv } = this.ctx.storage;
    const now = Date.now();
    const length = windowSeconds * SECOND;
    const window = Math.floor(now / length);
    const known = kv.get<{ window: number; counted: number }>('tally');
    const counted = (known?.window === window ? known.counted : 0) + count;
    kv.put('tally', { window, counted });
    if (known?.window !== window) this.ctx.storage.setAlarm(now + 2 * length);
    return counted < limit ? 0 : Math.ceil(((window + 1) * length - now) / SECOND);
  }

  /** Notes an id for so many seconds; whether it was not there. */
  async once(id: string, seconds: number): Promise<boolean> {
    const { kv } = this.ctx.storage;
    const now = Date.now();
    const name = ONCE + id;
    if ((kv.get<number>(name) ?? 0) > now) return false;
    const until = now + seconds * SECOND;
    this.ctx.storage.transactionSync(() => {
      kv.put(name, until);
      if (this.#clearsAt > now) return;
      this.#clearsAt = until;
      this.ctx.storage.setAlarm(until);
    });
    return true;
  }

  /** Forgets the ids whose time is over; when the last of the others goes, or null for none. */
  #forgetIds(now: number): number | null {
    const { kv } = this.ctx.storage;
    let last: number | null = null;
    for (const [name, until] of kv.list<number>({ prefix: ONCE })) {
      if (until > now) last = Math.max(last ?? 0, until);
      else kv.delete(name);
    }
    return last;
  }

  #suspects(comesTooOften: boolean, now: number): boolean {
    const { kv } = this.ctx.storage;
    const until = kv.get<number>('suspectUntil') ?? 0;
    // Not with each request: rows that are written cost.
    if (comesTooOften && until < now + SUSPICION / 2) kv.put('suspectUntil', now + SUSPICION);
    return comesTooOften || until > now;
  }

  /** For the health check: answers, and stores nothing. */
  async ping(): Promise<void> {}

  /** Leaves nothing behind of a client that has gone. */
  override async alarm(): Promise<void> {
    const { kv } = this.ctx.storage;
    const { at = [], window = 0 } = kv.get<Taken>('taken') ?? {};
    const last = at.at(-1) ?? 0;
    const now = Date.now();
    const suspectUntil = kv.get<number>('suspectUntil') ?? 0;
    const idsUntil = this.#forgetIds(now);
    this.#clearsAt = idsUntil ?? 0;
    if (idsUntil !== null) await this.ctx.storage.setAlarm(idsUntil);
    else if (last > now - window) await this.ctx.storage.setAlarm(last + 2 * window);
    else if (suspectUntil > now) await this.ctx.storage.setAlarm(suspectUntil);
    else await this.ctx.storage.deleteAll();
  }
}
