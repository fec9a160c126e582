import { getCookie } from 'hono/cookie';
import { ApiError } from '../errors.ts';
import type { AppContext, Principal } from '../http/context.ts';
import { sessionCookieName } from '../http/session-cookie.ts';
import type { Sessions } from '../sessions/service.ts';

/** Who is signed in on this browser; null when nobody is any more. */
export async function visitorOf(c: AppContext, sessions: Sessions): Promise<Principal | null> {
  const realmId = c.get('realm').id;
  const cookie = getCookie(c, sessionCookieName(realmId));
  if (!cookie) return null;
  try {
    const principal = await sessions.authenticateCookie(cookie, realmId);
    c.set('principal', principal);
    return principal;
  } catch (error) {
    if (error instanceof ApiError && ['session_ended', 'account_suspended'].includes(error.code)) return null;
    throw error;
  }
}
