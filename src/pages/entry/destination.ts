import type { UserRow } from '../../directory/tables.ts';
import { ApiError } from '../../errors.ts';
import { type AppContext, clientOf } from '../../http/context.ts';
import { setDeviceCookie } from '../../http/device-cookie.ts';
import { MFA_PAGE } from '../../http/second-factor.ts';
import { setSessionCookie } from '../../http/session-cookie.ts';
import { lacksMfa, owedStep } from '../../lib/mfa.ts';
import type { Realm } from '../../lib/realm.ts';
import { type AuthorizationCodes, appRedirect } from '../../oauth/code-service.ts';
import type { SignedIn } from '../../passwords/service.ts';
import { allowedRedirect } from '../../realms/redirect-service.ts';
import type { Sessions } from '../../sessions/service.ts';
import type { View } from '../kit/view.ts';
import { visitorOf } from '../kit/visit.ts';

/** Where a user goes after signing in. */
export interface Destination {
  /** A path of our own, or the address of the site or app that sent them. */
  href: string;
  /** The origins that a form may redirect to, for the Content-Security-Policy. */
  leadsTo: string[];
  /** For an app that wants a code: its challenge, and the state that it gets back unchanged. */
  app: { challenge: string; state: string | null } | null;
}

/** What takes part when a sign-in is complete. */
export interface SignInCompletion {
  sessions: Sessions;
  authorizationCodes: AuthorizationCodes;
}

/** SHA-256 in base64url: S256 is the only method (RFC 7636, 4.2). */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/**
 * Where a request leads to after signing in: to `redirect_to`, or else to the user's account. Throws `redirect_not_allowed`, and
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
  const leadsTo = [originToLeadTo(url), ...onwardOrigins(realm, url)];
  if (challenge === undefined) {
    // An app can only take a code.
    if (!isWeb) throw new ApiError('invalid_request');
    return { href: url.href, leadsTo, app: null };
  }
  if (method !== 'S256' || !CHALLENGE.test(challenge)) throw new ApiError('invalid_request');
  // Exactly as the app wrote it: the app repeats it to exchange its code (RFC 6749, 4.1.3).
  return { href: target, leadsTo, app: { challenge, state: state ?? null } };
}

/**
 * Where a request of a client goes on to (RFC 6749, 4.1.2) once its user has signed in: a browser that follows the redirects of a form
 * has to be allowed that too. Whether it does go there the authorization endpoint decides.
 */
function onwardOrigins(realm: Realm, url: URL): string[] {
  const endpoint = new URL(`${realm.issuer}/oauth2/authorize`);
  const onward = url.origin === endpoint.origin && url.pathname === endpoint.pathname;
  const target = onward ? URL.parse(url.searchParams.get('redirect_uri') ?? '') : null;
  // An app's own scheme has a dot; nothing else is one that a client can have.
  return target && /^(https?|.*\..*):$/.test(target.protocol) ? [originToLeadTo(target)] : [];
}

/** What a Content-Security-Policy has to allow for a form to end at an address: its origin, or the scheme of an app. */
export function originToLeadTo(url: URL): string {
  return /^https?:$/.test(url.protocol) ? url.origin : url.protocol;
}

/** Ends the browser's former session, keeps the new one in the cookie, and redirects to the destination. */
export async function completeSignIn(
  c: AppContext,
  view: View,
  services: SignInCompletion,
  { user, grant }: SignedIn,
  destination: Destination,
): Promise<Response> {
  const { sessions } = services;
  const before = await visitorOf(c, sessions);
  if (before) await sessions.signOut(before.userId, before.sessionId, { browser: false }, clientOf(c));
  setSessionCookie(c, grant.refreshToken, grant.session.expiresAt);
  setDeviceCookie(c);
  const { sessionId, methods } = grant.session;
  return redirectSignedIn(c, view, services, { user, methods, sessionId }, destination);
}

/**
 * Redirects a signed-in user to the destination; an app gets a code there, to exchange for a session of its own. Who lacks a
 * second factor that the realm requires is led to one first, and who has one shows it before an app gets anything.
 */
export async function redirectSignedIn(
  c: AppContext,
  view: View,
  { authorizationCodes }: SignInCompletion,
  by: { user: UserRow; methods: string[]; sessionId: string },
  { href, app }: Destination,
): Promise<Response> {
  const { realm } = view;
  const { user, methods, sessionId } = by;
  const shown = { role: user.role, methods, impersonator: null, anonymous: user.anonymous };
  if (lacksMfa(realm.mfa, shown, Date.now())) {
    return c.redirect(view.link(MFA_PAGE), 303);
  }
  if (!app) return c.redirect(href, 303);
  const factors = { totp: user.totpCount, passkeys: user.passkeyCount };
  if (owedStep(realm.mfa, shown, factors, Date.now())) {
    return c.redirect(view.link('/login', { prompt: 'login' }), 303);
  }
  const { challenge, state } = app;
  const code = await authorizationCodes.issue(
    { realm, redirectTo: href, challenge },
    { userId: user.id, sessionId },
    clientOf(c),
  );
  return c.redirect(appRedirect(realm, href, state, { code }), 303);
}
