import { createMiddleware } from 'hono/factory';
import type { Config } from '../config/config.ts';
import { ApiError } from '../errors.ts';
import { clientKey, siteKey } from '../lib/client-address.ts';
import { SECOND } from '../lib/time.ts';
import { isChallenging } from './challenge.ts';
import { type AppEnv, clientAddress } from './context.ts';
import type { RateLimitResult } from './rate-limiter.ts';

/** Seconds; that of the binding in wrangler.toml too. */
const WINDOW = 60;

/** Part of the general limit that a client may use of one isolate before the binding is asked about every request. */
const UNASKED = 0.1;

/**
 * The general limit. The binding counts near the client and roughly: a prefilter, not a guarantee. Therefore it is
 * asked only about clients that an isolate has seen often this minute; the others are nowhere near the limit.
 */
export function generalRateLimit(binding: RateLimit, config: Config) {
  const policy = `"general";q=${config.RATE_LIMIT_GENERAL};w=${WINDOW}`;
  const take = keyedRateLimit(binding, config);
  return createMiddleware<AppEnv>(async (c, next) => {
    c.header('RateLimit-Policy', policy);
    await take(clientKey(clientAddress(c)));
    await next();
  });
}

/** The same limit for whatever has a key. Its function throws `rate_limited`. */
export function keyedRateLimit(binding: RateLimit, config: Config): (key: string) => Promise<void> {
  const unasked = config.RATE_LIMIT_GENERAL * UNASKED;
  const seen = new Map<string, number>();
  let until = 0;
  const isSeenOften = (client: string) => {
    const now = Date.now();
    if (now >= until) {
      seen.clear();
      until = now + WINDOW * SECOND;
    }
    const times = (seen.get(client) ?? 0) + 1;
    seen.set(client, times);
    return times > unasked;
  };
  return async (key) => {
    if (isSeenOften(key) && !(await binding.limit({ key })).success) {
      throw new ApiError('rate_limited', {
        retryAfter: WINDOW,
        headers: { RateLimit: `"general";r=0;t=${WINDOW}` },
      });
    }
  };
}

/** Part of the limit of sign-ins from which on a client is suspicious. */
const SUSPECT = 0.2;

/** How many clients' worth of sign-ins a whole /48 of IPv6 may make. */
const CLIENTS_PER_SITE = 4;

/** The limit of the endpoints that take a password: exact, one object per client; for IPv6 also one per /48. */
export function signInRateLimit(namespace: DurableObjectNamespace, config: Config) {
  const limit = config.RATE_LIMIT_SIGN_IN;
  return createMiddleware<AppEnv>(async (c, next) => {
    const address = clientAddress(c);
    const limiterOf = (key: string) =>
      namespace.get(namespace.idFromName(`sign_in:${key}`)) as unknown as {
        take(limit: number, windowSeconds: number, suspectFrom?: number): Promise<RateLimitResult>;
      };
    const take = (key: string, most: number) =>
      isChallenging(c.get('realm'))
        ? limiterOf(key).take(most, WINDOW, Math.max(2, most * SUSPECT))
        : limiterOf(key).take(most, WINDOW);
    const { allowed, remaining, reset, suspicious } = await take(clientKey(address), limit);
    c.header('RateLimit-Policy', `"sign_in";q=${limit};w=${WINDOW}`);
    c.header('RateLimit', `"sign_in";r=${remaining};t=${reset}`);
    if (!allowed) throw new ApiError('rate_limited', { retryAfter: reset });
    const site = siteKey(address);
    const shared = site === null ? null : await take(site, limit * CLIENTS_PER_SITE);
    if (shared && !shared.allowed) throw new ApiError('rate_limited', { retryAfter: shared.reset });
    c.set('suspicious', suspicious || shared?.suspicious === true);
    await next();
  });
}
