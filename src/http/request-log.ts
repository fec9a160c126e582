import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { newId } from '../lib/ids.ts';
import { log } from '../lib/log.ts';
import { count } from '../lib/metrics.ts';
import { withRequestId } from '../lib/request-id.ts';
import type { AppEnv } from './context.ts';
import { describeTrace, spanOf, traceIdOf } from './trace.ts';

/** The endpoint of an older service by which a request came in, for the log. */
export const askedAs = new WeakMap<Request, string>();

/** What is asked for by nearly every request of a product: its successes may be left out of the log. */
export const ASKED_OFTEN = new Set([
  'GET /v1/auth/session',
  'POST /v1/auth/refresh',
  'POST /v1/authorize',
  'GET /v1/me',
  'GET /v1/me/usage',
  'POST /v1/usage',
  'POST /v1/me/tokens',
  'POST /v1/credits/use',
]);

/** A client may make up others. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Gives each request its id, and the log one JSON line for it. The line has the route's pattern, not the path:
 * paths can carry what must not be logged. Of the successes of what is asked for often it has the part `LOG_SAMPLE` (up to 1).
 */
export const requestLog = ({ LOG_SAMPLE: sample }: { LOG_SAMPLE: number }) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const started = Date.now();
    const via = askedAs.get(c.req.raw);
    if (via !== undefined) c.set('via', via);
    const requestId = newId('req', started);
    c.set('requestId', requestId);
    c.header('X-Request-Id', requestId);
    const span = spanOf(c);
    const traceId = traceIdOf(c, span);
    c.set('traceId', traceId);
    await withRequestId(requestId, next);
    const code = c.get('errorCode');
    const route = matchedRoutes(c).findLast((route) => route.method !== 'ALL')?.path ?? null;
    const { method } = c.req;
    count('requests', {
      method: KNOWN_METHODS.has(method) ? method : 'other',
      route: route ?? 'none',
      status: String(c.res.status),
    });
    if (code) count('errors', { code });
    const realm = c.get('realm')?.id ?? null;
    if (span) {
      describeTrace(c, span, `${method} ${route ?? 'unknown'}`, {
        'http.response.status_code': c.res.status,
        'latchkey.request_id': requestId,
        'latchkey.realm': realm ?? undefined,
        'latchkey.dialect': via,
        'latchkey.decision': c.get('decision'),
        'latchkey.outcome': code ?? (c.res.ok ? 'ok' : 'refused'),
      });
    }
    const isSampled = sample < 1 && c.res.ok && ASKED_OFTEN.has(`${c.req.method} ${route}`);
    if (isSampled && Math.random() >= sample) return;
    log(c.res.status >= 500 ? 'error' : 'info', 'request', {
      request_id: requestId,
      ...(traceId && { trace_id: traceId }),
      method: c.req.method,
      route,
      // So that it can be counted for those that were left out.
      ...(isSampled && { sample }),
      ...(via && { via }),
      status: c.res.status,
      ...(code && { code }),
      ms: Date.now() - started,
      realm,
      user_id: c.get('principal')?.userId ?? null,
      key_id: c.get('service')?.keyId ?? null,
    });
  });
