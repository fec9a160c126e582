import { deleteCookie, setCookie } from 'hono/cookie';
import { DEFAULT_REALM } from '../lib/realm.ts';
import type { AppContext } from './context.ts';

// __Host-: only this host can set it, only over https (browsers except localhost), for the whole host (RFC 6265bis).
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'Lax' } as const;

/** Realms whose plain name another cookie has. */
const TAKEN = /^(device$|language$|second-step$|oauth-|realm-)/;

/** The session cookie of a realm. Realms share a host, so each has a name of its own. */
export function sessionCookieName(realmId: string): string {
  if (realmId === DEFAULT_REALM) return '__Host-latchkey';
  return `__Host-latchkey-${TAKEN.test(realmId) ? `realm-${realmId}` : realmId}`;
}

/** Puts the session's refresh token where scripts cannot read it. `expiresAt` is Unix milliseconds. */
export function setSessionCookie(c: AppContext, refreshToken: string, expiresAt: number): void {
  setCookie(c, sessionCookieName(c.get('realm').id), refreshToken, {
    ...ATTRIBUTES,
    expires: new Date(expiresAt),
  });
}

/** Makes the browser forget its session. */
export function clearSessionCookie(c: AppContext): void {
  deleteCookie(c, sessionCookieName(c.get('realm').id), ATTRIBUTES);
}
