import { getCookie } from 'hono/cookie';
import type { Directory } from '../../directory/service.ts';
import type { UserRow } from '../../directory/tables.ts';
import { ApiError } from '../../errors.ts';
import type { AppContext, Principal } from '../../http/context.ts';
import { pathOf } from '../../http/realm-path.ts';
import { sessionCookieName } from '../../http/session-cookie.ts';
import type { Profiles } from '../../profile/service.ts';
import type { Sessions } from '../../sessions/service.ts';
import { type View, viewFor } from './view.ts';

/** What is needed to know who visits a page. */
export interface VisitServices {
  sessions: Sessions;
  directory: Directory;
  profiles: Profiles;
  /** Those of the database with the owners, where it is another: in other realms they are only visitors. */
  home: VisitServices | null;
}

/** A signed-in user who looks at a page. */
export interface Visit {
  principal: Principal;
  user: UserRow;
  preferences: Record<string, unknown>;
  view: View;
}

/** The user whom this browser's cookie of a realm signs in; null when nobody is signed in any more. */
export async function cookieHolder(
  c: AppContext,
  sessions: Sessions,
  realmId: string,
): Promise<Principal | null> {
  const cookie = getCookie(c, sessionCookieName(realmId));
  if (!cookie) return null;
  try {
    return await sessions.authenticateCookie(cookie, realmId);
  } catch (error) {
    if (error instanceof ApiError && ['session_ended', 'account_suspended'].includes(error.code)) return null;
    throw error;
  }
}

/** The user who is signed in to the realm on this browser, if any; the request's principal from then on. */
export async function visitorOf(c: AppContext, sessions: Sessions): Promise<Principal | null> {
  const principal = await cookieHolder(c, sessions, c.get('realm').id);
  if (principal) c.set('principal', principal);
  return principal;
}

/** The same where somebody signs in: who has not registered yet may do so as another user. */
export async function registeredVisitor(c: AppContext, sessions: Sessions): Promise<Principal | null> {
  const principal = await visitorOf(c, sessions);
  return principal?.anonymous ? null : principal;
}

/**
 * A handler for a signed-in user, whom `find` gives. Everybody else is sent to sign in, and comes back to this page from
 * there; who lacks a second factor that the realm requires is sent to the page of that.
 */
export function signedIn(
  services: VisitServices,
  find: (c: AppContext) => Promise<Principal | null>,
  handle: (c: AppContext, visit: Visit) => Response | Promise<Response>,
) {
  return async (c: AppContext): Promise<Response> => {
    const toSignIn = () => c.redirect(viewFor(c).link('/login', { redirect_to: pathOf(c.req.url) }), 303);
    try {
      const principal = await find(c);
      if (!principal) return toSignIn();
      const { userId, bookmark } = principal;
      const { directory, profiles } = (principal.role === 'owner' && services.home) || services;
      const [user, preferences] = await Promise.all([
        directory.get(userId, bookmark),
        profiles.preferences(userId, bookmark),
      ]);
      const { language, theme } = preferences;
      const view = viewFor(c, typeof language === 'string' ? language : user.locale);
      view.theme = theme === 'light' || theme === 'dark' ? theme : undefined;
      return await handle(c, { principal, user, preferences, view });
    } catch (error) {
      // Deleted, or signed out from another device, since the request began.
      if (error instanceof ApiError && error.code === 'session_ended') return toSignIn();
      // Only there can they go on.
      if (error instanceof ApiError && error.code === 'mfa_required' && error.page) {
        return c.redirect(error.page, 303);
      }
      throw error;
    }
  };
}
