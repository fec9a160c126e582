import { createMiddleware } from 'hono/factory';
import { ApiError } from '../errors.ts';
import { isOriginOf } from '../lib/realm-origin.ts';
import type { AppEnv } from './context.ts';

/** What a browser may send, which is all that the OpenAPI document names: a test compares them. */
const REQUEST_HEADERS =
  'Authorization,Challenge-Solution,Content-Type,DPoP,Idempotency-Key,X-API-Key,Stripe-Signature';
/** What its scripts may read of an answer. */
const RESPONSE_HEADERS =
  'X-Request-Id,Retry-After,RateLimit,RateLimit-Policy,WWW-Authenticate,DPoP-Nonce,Content-Disposition';
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What no cookie counts for, and each program of any site may ask: tokens, keys and metadata of the authorization server. */
const FOR_ANY_ORIGIN =
  /^\/(oauth2\/(token|par|device_authorization|register(\/[^/]+)?|userinfo|revoke)|\.well-known\/[^/]+(\/[^/]+)?)$/;

/**
 * CORS by realm (Fetch standard, 3.3): an origin that is not on the realm's list gets no permission to read. Written
 * out because hono/cors builds every response twice, which is felt on each request.
 */
export function corsByRealm() {
  return createMiddleware<AppEnv>(async (c, next) => {
    c.header('Vary', 'Origin');
    const origin = c.req.header('origin');
    const isAllowed = origin !== undefined && isOriginOf(c.get('realm'), origin);
    if (isAllowed || (origin && FOR_ANY_ORIGIN.test(c.req.path))) {
      c.header('Access-Control-Allow-Origin', isAllowed ? origin : '*');
      if (isAllowed) c.header('Access-Control-Allow-Credentials', 'true');
      c.header('Access-Control-Expose-Headers', RESPONSE_HEADERS);
      if (c.req.method === 'OPTIONS') {
        c.header('Access-Control-Allow-Methods', 'GET,POST,PUT,PATCH,DELETE');
        c.header('Access-Control-Allow-Headers', REQUEST_HEADERS);
        c.header('Access-Control-Max-Age', '600');
      }
    }
    if (c.req.method === 'OPTIONS') return c.body(null, 204);
    await next();
  });
}

/**
 * Where a browser posts from any site: the answer of a provider, where state and cookie say whether it was asked, and what
 * a client asks for, which is done by another request (OpenID Connect Core 1.0, 3.1.2.1).
 */
const FROM_OTHER_SITES = /^\/(v1\/oauth\/[^/]+\/callback|oauth2\/(authorize|logout))$/;

/** Refuses requests that change something when a browser sends them from an origin that is not allowed (CSRF). */
export function checkOrigin() {
  return createMiddleware<AppEnv>(async (c, next) => {
    const origin = c.req.header('origin');
    if (FROM_OTHER_SITES.test(c.req.path) || FOR_ANY_ORIGIN.test(c.req.path)) return next();
    if (origin && !SAFE_METHODS.has(c.req.method) && !isOriginOf(c.get('realm'), origin)) {
      throw new ApiError('origin_not_allowed');
    }
    await next();
  });
}

/** A cookie counts for a request that changes something only when the browser says where that comes from. */
export function requireOrigin(method: string, origin: string | undefined): void {
  if (!SAFE_METHODS.has(method) && !origin) {
    throw new ApiError('origin_not_allowed', {
      detail: 'A request with a session cookie needs an Origin header.',
    });
  }
}
