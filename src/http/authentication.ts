import { getCookie } from 'hono/cookie';
import { ApiError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import type { AppContext, Principal } from './context.ts';
import { proofIn, type ShownProof } from './dpop.ts';
import { requireOrigin } from './origin.ts';
import { sessionCookieName } from './session-cookie.ts';

/** Turns what a request presents into a user. Both throw ApiError when it does not hold. */
export interface Authenticator {
  /** `proof` is that of a key to which the token is bound; null where it came as a bearer token. */
  authenticateToken(accessToken: string, realm: Realm, proof: ShownProof | null): Promise<Principal>;
  authenticateCookie(refreshToken: string, realmId: string): Promise<Principal>;
}

// RFC 6750, 2.1; RFC 9449, 7.1; the scheme is case-insensitive (RFC 9110, 11.1).
const CREDENTIALS = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;

/** The user behind a request, by access token or session cookie. Throws when there is none, or it does not hold. */
export async function authenticate(
  c: AppContext,
  authenticator: Authenticator,
  realm = c.get('realm'),
): Promise<Principal> {
  const header = c.req.header('authorization');
  if (header !== undefined) {
    const [, scheme, token] = CREDENTIALS.exec(header) ?? [];
    if (!token)
      throw new ApiError('authentication_required', { detail: 'Send `Authorization: Bearer TOKEN`.' });
    return authenticator.authenticateToken(token, realm, /^dpop$/i.test(scheme ?? '') ? proofIn(c) : null);
  }
  const cookie = getCookie(c, sessionCookieName(realm.id));
  if (!cookie) throw new ApiError('authentication_required');
  requireOrigin(c.req.method, c.req.header('origin'));
  return authenticator.authenticateCookie(cookie, realm.id);
}

/**
 * The user behind a request that need not have one: a token that is sent must hold, a cookie may be stale, as a browser
 * sends it whether the page wants to or not.
 */
export async function authenticateIfSent(
  c: AppContext,
  authenticator: Authenticator,
): Promise<Principal | null> {
  if (c.req.header('authorization') !== undefined) return authenticate(c, authenticator);
  if (!getCookie(c, sessionCookieName(c.get('realm').id))) return null;
  return authenticate(c, authenticator).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'session_ended') return null;
    throw error;
  });
}
