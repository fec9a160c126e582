import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { newId } from '../lib/ids.ts';
import { log } from '../lib/log.ts';
import type { AppEnv } from './context.ts';

/** The endpoint of an older service by which a request came in, for the log. */
export const askedAs = new WeakMap<Request, string>();

/**
 * Gives each request its id, and the log one JSON line for it. The line has the route's pattern, not the path:
 * paths can carry what must not be logged.
 */
export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const started = Date.now();
  const via = askedAs.get(c.req.raw);
  if (via !== undefined) c.set('via', via);
  const requestId = newId('req', started);
  c.set('requestId', requestId);
  c.header('X-Request-Id', requestId);
  await next();
  const code = c.get('errorCode');
  log(c.res.status >= 500 ? 'error' : 'info', 'request', {
    request_id: requestId,
    method: c.req.method,
    route: matchedRoutes(c).findLast((route) => route.method !== 'ALL')?.path ?? null,
    ...(via && { via }),
    status: c.res.status,
    ...(code && { code }),
    ms: Date.now() - started,
    realm: c.get('realm')?.id ?? null,
    user_id: c.get('principal')?.userId ?? null,
    key_id: c.get('service')?.keyId ?? null,
  });
});
