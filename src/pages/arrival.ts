import { ApiError } from '../errors.ts';
import { type AppContext, clientOf } from '../http/context.ts';
import { setSessionCookie } from '../http/session-cookie.ts';
import { allowedRedirect } from '../realms/redirect-service.ts';
import type { Grant, Sessions } from '../sessions/service.ts';
import type { View } from './view.ts';
import { visitorOf } from './visitor.ts';

/** Where somebody goes once they are signed in. */
export interface Destination {
  /** A path of our own, or the address of whoever sent them. */
  href: string;
  /** What a browser must be allowed to follow a form to, for a Content-Security-Policy. */
  leadsTo: string[];
  /** What an app wants to take a code there for (RFC 7636). */
  app: { codeChallenge: string; state: string | null; redirectUri: string } | null;
}

/** SHA-256 in base64url: S256 is the only method (RFC 7636, 4.2). */
const CODE_CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/**
 * Where this visit leads to, by its query: the user's account, or `redirect_to`. Throws `redirect_not_allowed`, and
 * `invalid_request` for a challenge that no code could be issued for.
 */
export function destinationOf(c: AppContext, { realm, link }: View, origin: string): Destination {
  const { redirect_to: target, code_challenge: codeChallenge, code_challenge_method: method } = c.req.query();
  if (target === undefined) {
    if (codeChallenge !== undefined) throw new ApiError('invalid_request');
    return { href: link('/account'), leadsTo: [], app: null };
  }
  const url = allowedRedirect(realm, origin, target);
  if (!url) throw new ApiError('redirect_not_allowed');
  // The scheme of an app has no origin.
  const leadsTo = [url.origin === 'null' ? url.protocol : url.origin];
  if (codeChallenge === undefined) return { href: url.href, leadsTo, app: null };
  if (method !== 'S256' || !CODE_CHALLENGE.test(codeChallenge)) throw new ApiError('invalid_request');
  const state = c.req.query('state') ?? null;
  return { href: url.href, leadsTo, app: { codeChallenge, state, redirectUri: target } };
}

/** Ends the session that this browser had before, keeps the new one in its cookie, and leads on. */
export async function enter(
  c: AppContext,
  sessions: Sessions,
  grant: Grant,
  destination: Destination,
): Promise<Response> {
  const before = await visitorOf(c, sessions);
  if (before) await sessions.signOut(before.userId, before.sessionId, false, clientOf(c));
  setSessionCookie(c, grant.refreshToken, grant.session.expiresAt);
  return c.redirect(destination.href, 303);
}
