import type { UserRow } from '../directory/tables.ts';
import { ApiError } from '../errors.ts';
import { type AppContext, clientOf } from '../http/context.ts';
import { setSessionCookie } from '../http/session-cookie.ts';
import { type AuthorizationCodes, appRedirect } from '../oauth/code-service.ts';
import type { SignedIn } from '../passwords/service.ts';
import { allowedRedirect } from '../realms/redirect-service.ts';
import type { Realm } from '../realms/service.ts';
import type { Sessions } from '../sessions/service.ts';
import type { View } from './view.ts';
import { visitorOf } from './visitor.ts';

/** Where somebody goes once they are signed in. */
export interface Destination {
  /** A path of our own, or the address of whoever sent them. */
  href: string;
  /** What a browser must be allowed to follow a form to, for a Content-Security-Policy. */
  leadsTo: string[];
  /** For an app that wants a code there: its challenge, and what it gets back as it is. */
  app: { challenge: string; state: string | null } | null;
}

/** Whom an arrival is told to. */
export interface ArrivalServices {
  sessions: Sessions;
  authorizationCodes: AuthorizationCodes;
}

/** SHA-256 in base64url: S256 is the only method (RFC 7636, 4.2). */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/**
 * Where this visit leads to, by its query: the user's account, or `redirect_to`. Throws `redirect_not_allowed`, and
 * `invalid_request` for a challenge that no code could be issued for.
 */
export function destinationOf(c: AppContext, { realm, link }: View, origin: string): Destination {
  const {
    redirect_to: target,
    code_challenge: challenge,
    code_challenge_method: method,
    state,
  } = c.req.query();
  if (target === undefined) {
    if (challenge !== undefined) throw new ApiError('invalid_request');
    return { href: link('/account'), leadsTo: [], app: null };
  }
  const url = allowedRedirect(realm, origin, target);
  if (!url) throw new ApiError('redirect_not_allowed');
  const isWeb = /^https?:$/.test(url.protocol);
  const leadsTo = [isWeb ? url.origin : url.protocol];
  if (challenge === undefined) {
    // Only a code makes sense there.
    if (!isWeb) throw new ApiError('invalid_request');
    return { href: url.href, leadsTo, app: null };
  }
  if (method !== 'S256' || !CHALLENGE.test(challenge)) throw new ApiError('invalid_request');
  // For an app exactly as it was named: it names it again to exchange its code (RFC 6749, 4.1.3).
  return { href: target, leadsTo, app: { challenge, state: state ?? null } };
}

/** Ends the session that this browser had before, keeps the new one in its cookie, and leads on. */
export async function enter(
  c: AppContext,
  { realm }: View,
  services: ArrivalServices,
  { user, grant }: SignedIn,
  methods: string[],
  destination: Destination,
): Promise<Response> {
  const { sessions } = services;
  const before = await visitorOf(c, sessions);
  if (before) await sessions.signOut(before.userId, before.sessionId, false, clientOf(c));
  setSessionCookie(c, grant.refreshToken, grant.session.expiresAt);
  return lead(c, realm, services, { user, methods }, destination);
}

/** Leads on who is signed in; to an app with a code that it exchanges for a session of its own. */
export async function lead(
  c: AppContext,
  realm: Realm,
  { authorizationCodes }: ArrivalServices,
  { user, methods }: { user: UserRow; methods: string[] },
  { href, app }: Destination,
): Promise<Response> {
  if (!app) return c.redirect(href, 303);
  const { challenge, state } = app;
  const code = await authorizationCodes.issue({
    user,
    realmId: realm.id,
    redirectTo: href,
    challenge,
    methods,
  });
  return c.redirect(appRedirect(realm, href, state, { code }), 303);
}
