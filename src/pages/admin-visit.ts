import { getCookie } from 'hono/cookie';
import type { Admin } from '../admin/service.ts';
import type { ApiKeys } from '../api-keys/service.ts';
import type { BillingAdmin } from '../billing/admin-service.ts';
import type { Credits } from '../credits/service.ts';
import type { Directory } from '../directory/service.ts';
import { ApiError } from '../errors.ts';
import { refuseImpersonation } from '../http/authentication.ts';
import type { AppContext, Principal } from '../http/context.ts';
import { pathOf } from '../http/realm-path.ts';
import { type Actor, actorOf } from '../http/service-authentication.ts';
import { sessionCookieName } from '../http/session-cookie.ts';
import type { Identities } from '../oauth/identity-service.ts';
import type { OAuth } from '../oauth/service.ts';
import type { PlanAdmin } from '../plans/admin-service.ts';
import type { Plans } from '../plans/service.ts';
import type { Profiles } from '../profile/service.ts';
import type { Realms } from '../realms/service.ts';
import type { Sessions } from '../sessions/service.ts';
import type { UsageAnalytics } from '../usage/analytics-service.ts';
import type { Usage } from '../usage/service.ts';
import type { Visit } from './account-visit.ts';
import { viewOf } from './view.ts';
import { visitorOf } from './visitor.ts';

/** What the pages of operators act through. */
export interface AdminServices {
  config: { ORIGIN: string; RESOURCES: string[] };
  realms: Realms;
  sessions: Sessions;
  directory: Directory;
  profiles: Profiles;
  admin: Admin;
  analytics: UsageAnalytics;
  usage: Usage;
  credits: Credits;
  identities: Identities;
  oauth: OAuth;
  plans: Plans;
  planAdmin: PlanAdmin;
  billingAdmin: BillingAdmin;
  apiKeys: ApiKeys;
}

/** An operator who looks at a realm. */
export interface AdminVisit extends Visit {
  actor: Actor;
  /** The realm that is looked at; an owner's own is another. */
  realmId: string;
}

/** The realm whose owners are owners of all. */
const HOME = 'default';

/**
 * A handler for admins of the realm and for owners; who is not signed in is sent to sign in. Throws
 * `insufficient_scope` for everybody else, and `impersonation_refused`.
 */
export function signedInAdmin(
  services: AdminServices,
  handle: (c: AppContext, visit: AdminVisit) => Response | Promise<Response>,
) {
  return async (c: AppContext): Promise<Response> => {
    const { directory, profiles, realms } = services;
    const realmId = c.get('realm').id;
    const realm = await realms.get(realmId);
    const toSignIn = () =>
      c.redirect(viewOf(c, realm).link('/login', { redirect_to: pathOf(c.req.url) }), 303);
    const principal = await operatorOf(c, services.sessions);
    if (!principal) return toSignIn();
    if (principal.role === 'user') throw new ApiError('insufficient_scope');
    refuseImpersonation(principal);
    try {
      const { userId, bookmark } = principal;
      const [user, preferences] = await Promise.all([
        directory.get(userId, bookmark),
        profiles.preferences(userId, bookmark),
      ]);
      const { language, theme } = preferences;
      const view = viewOf(c, realm, typeof language === 'string' ? language : user.locale);
      return await handle(c, {
        principal,
        user,
        preferences,
        actor: actorOf(c),
        realmId,
        view: { ...view, theme: theme === 'light' || theme === 'dark' ? theme : undefined },
      });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'session_ended') return toSignIn();
      throw error;
    }
  };
}

/** Who is signed in to the realm, or else at home as an owner: owners act in every realm. */
async function operatorOf(c: AppContext, sessions: Sessions): Promise<Principal | null> {
  const visitor = await visitorOf(c, sessions);
  const isAdmin = visitor !== null && visitor.role !== 'user';
  const cookie = getCookie(c, sessionCookieName(HOME));
  if (isAdmin || c.get('realm').id === HOME || !cookie) return visitor;
  try {
    const owner = await sessions.authenticateCookie(cookie, HOME);
    if (owner.role !== 'owner') return visitor;
    c.set('principal', owner);
    return owner;
  } catch (error) {
    const codes = ['session_ended', 'account_suspended'];
    if (error instanceof ApiError && codes.includes(error.code)) return visitor;
    throw error;
  }
}
