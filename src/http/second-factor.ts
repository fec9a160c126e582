import { ApiError } from '../errors.ts';
import { lacksMfa } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import type { Principal } from './context.ts';

/** The page that leads a user to a second factor. */
export const MFA_PAGE = '/account/two-step';

/** Throws `mfa_required` when the realm that a user is of requires a second factor, and the session has none. */
export function requireMfa(principal: Principal, home: Realm): void {
  if (!lacksMfa(home.mfa, principal, Date.now())) return;
  throw new ApiError('mfa_required', {
    detail: `Add one, or prove who you are by one: ${home.issuer}${MFA_PAGE}`,
    page: `${home.issuer}${MFA_PAGE}`,
  });
}
