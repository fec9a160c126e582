import type { Bindings } from './config/config.ts';
import { stubsOf } from './config/stubs.ts';
import type { RateLimitResult } from './http/rate-limiter.ts';
import type { Take } from './messages/budgets.ts';

/** Counts in buckets, each an object of its own. */
export function takeFrom(bindings: Bindings): Take {
  const limiter = stubsOf<{ take(limit: number, windowSeconds: number): Promise<RateLimitResult> }>(
    bindings.RATE_LIMITER,
  );
  return async (name, limit, windowSeconds) => (await limiter(name).take(limit, windowSeconds)).allowed;
}
