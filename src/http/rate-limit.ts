import { createMiddleware } from 'hono/factory';
import type { Config } from '../env.ts';
import { ApiError } from '../errors.ts';
import { clientKey } from '../lib/client-address.ts';
import { type AppEnv, clientAddress } from './context.ts';
import type { RateLimitResult } from './rate-limiter.ts';

/** Seconds; that of the binding in wrangler.toml too. */
const WINDOW = 60;

/** The general limit. The binding counts near the client and roughly: a prefilter that costs no hop. */
export function generalRateLimit(binding: RateLimit, config: Config) {
  const policy = `"general";q=${config.RATE_LIMIT_GENERAL};w=${WINDOW}`;
  return createMiddleware<AppEnv>(async (c, next) => {
    c.header('RateLimit-Policy', policy);
    const { success } = await binding.limit({ key: clientKey(clientAddress(c)) });
    if (!success) {
      throw new ApiError('rate_limited', {
        retryAfter: WINDOW,
        headers: { RateLimit: `"general";r=0;t=${WINDOW}` },
      });
    }
    await next();
  });
}

/** The limit of the endpoints that take a password: exact, one object per client. */
export function signInRateLimit(namespace: DurableObjectNamespace, config: Config) {
  const limit = config.RATE_LIMIT_SIGN_IN;
  return createMiddleware<AppEnv>(async (c, next) => {
    const id = namespace.idFromName(`sign_in:${clientKey(clientAddress(c))}`);
    const limiter = namespace.get(id) as unknown as {
      take(limit: number, windowSeconds: number): Promise<RateLimitResult>;
    };
    const { allowed, remaining, reset } = await limiter.take(limit, WINDOW);
    c.header('RateLimit-Policy', `"sign_in";q=${limit};w=${WINDOW}`);
    c.header('RateLimit', `"sign_in";r=${remaining};t=${reset}`);
    if (!allowed) throw new ApiError('rate_limited', { retryAfter: reset });
    await next();
  });
}
