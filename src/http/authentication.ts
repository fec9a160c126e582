import { getCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import { ApiError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import type { AppContext, AppEnv, Principal } from './context.ts';
import { requireOrigin } from './origin.ts';
import { sessionCookieName } from './session-cookie.ts';

/** Turns what a request presents into a user. Both throw ApiError when it does not hold. */
export interface Authenticator {
  authenticateToken(accessToken: string, realm: Realm): Promise<Principal>;
  authenticateCookie(refreshToken: string, realmId: string): Promise<Principal>;
}

// RFC 6750, 2.1; the scheme is case-insensitive (RFC 9110, 11.1).
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** The user behind a request, by access token or session cookie. Throws when there is none, or it does not hold. */
export async function authenticate(
  c: AppContext,
  authenticator: Authenticator,
  realm = c.get('realm'),
): Promise<Principal> {
  const header = c.req.header('authorization');
  if (header !== undefined) {
    const token = BEARER.exec(header)?.[1];
    if (!token)
      throw new ApiError('authentication_required', { detail: 'Send `Authorization: Bearer TOKEN`.' });
    return authenticator.authenticateToken(token, realm);
  }
  const cookie = getCookie(c, sessionCookieName(realm.id));
  if (!cookie) throw new ApiError('authentication_required');
  requireOrigin(c.req.method, c.req.header('origin'));
  return authenticator.authenticateCookie(cookie, realm.id);
}

/** Level *user*: a valid access token or session cookie, a session that is alive, an account that is active. */
export function requireUser(authenticator: Authenticator) {
  return createMiddleware<AppEnv>(async (c, next) => {
    c.set('principal', await authenticate(c, authenticator));
    await next();
  });
}

/** Throws `impersonation_refused` when it is an admin who acts as the user. */
export function refuseImpersonation({ impersonator }: Principal): void {
  if (impersonator !== null) throw new ApiError('impersonation_refused');
}

/**
 * Level *verified*: a user whose e-mail address is verified, in person: what takes a proven address is also what an
 * admin who acts as the user has no business with.
 */
export function requireVerified(authenticator: Authenticator) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const principal = await authenticate(c, authenticator);
    refuseImpersonation(principal);
    if (!principal.emailVerified) throw new ApiError('email_not_verified');
    c.set('principal', principal);
    await next();
  });
}

/**
 * For routes that do more for a user: a token that is sent must hold, a cookie may be stale, as a browser sends it
 * whether the page wants to or not.
 */
export function optionalUser(authenticator: Authenticator) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.header('authorization') !== undefined) {
      const principal = await authenticate(c, authenticator);
      refuseImpersonation(principal);
      c.set('principal', principal);
    } else if (getCookie(c, sessionCookieName(c.get('realm').id))) {
      const principal = await authenticate(c, authenticator).catch(ignoreStale);
      if (principal) c.set('principal', principal);
    }
    await next();
  });
}

function ignoreStale(error: unknown): null {
  if (error instanceof ApiError && error.code === 'session_ended') return null;
  throw error;
}
