import { ApiError } from '../errors.ts';
import type { Assurance } from '../lib/assurance.ts';
import { owedStep, type SecondStep } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import { RANK } from './authority.ts';
import type { Principal } from './context.ts';
import { requireMfa } from './second-factor.ts';

/** What a client or a form sent, which nothing has checked. */
export type Sent = Record<string, unknown>;

/**
 * Whether something is so: always, never, or by what was sent; `says` tells readers of the document when. With `byPassword` the password
 * was sent where it is not.
 */
export type Condition = boolean | { when(sent: Sent): boolean; says: string; byPassword?: true };

/** The condition of a form that has the password in it. */
export const BY_PASSWORD = { when: () => false, says: 'instead of the password', byPassword: true } as const;

/** Whether a condition holds for what was sent. */
function holds(condition: Condition, sent: Sent): boolean {
  return typeof condition === 'boolean' ? condition : condition.when(sent);
}

/** What a user must be to do something. One check of it serves routes and pages: `requireLevel`. */
export interface UserLevel {
  /** The least role. The roles above `user` are those of operators, who have a window of their own for proofs. */
  role: Principal['role'];
  /** Whether the e-mail address must be verified. */
  verified: Condition;
  /** Whether an admin who acts as the user may: never where money or ways in change. */
  impersonation: Condition;
  /** Whether it needs a fresh proof of who the user is. */
  fresh: Condition;
  /** Whether it is of those acts that lead to a second factor, which a user may who lacks one that the realm requires. */
  enrols: boolean;
  /** Whether an anonymous user may, who has no address to verify: what leads to a way in, and what is every user's right. */
  anonymous: boolean;
}

/** Scopes by which clients may use Latchkey's own API as the user: to read, and all; the second is for first-party clients. */
export const ACCOUNT_SCOPES = ['account:read', 'account'] as const;

export type AccountScope = (typeof ACCOUNT_SCOPES)[number];

/** What the token of a client must have for an act of a level; null where none will do: for what is the operators'. */
export function clientScopeOf({ role, impersonation }: UserLevel): AccountScope | null {
  if (role !== 'user') return null;
  // Who acts as the user may what reads, whoever it is.
  return impersonation === true ? 'account:read' : 'account';
}

/** Throws `insufficient_scope` for a client that may not act as the user. */
function requireClientScope(level: UserLevel, { client }: Principal, realm: Realm): void {
  if (client === null) return;
  const needed = clientScopeOf(level);
  if (needed !== null && (client.scopes.includes(needed) || client.scopes.includes('account'))) return;
  const scope = needed === null ? '' : `, scope="${needed}"`;
  throw new ApiError('insufficient_scope', {
    detail:
      needed === null ? 'No client may do this.' : `The token of a client needs the scope \`${needed}\`.`,
    headers: { 'WWW-Authenticate': `Bearer realm="${realm.id}", error="insufficient_scope"${scope}` },
  });
}

/** Throws `impersonation_refused` when it is an admin who acts as the user. */
function refuseImpersonation({ impersonator }: Principal): void {
  if (impersonator !== null) throw new ApiError('impersonation_refused');
}

/** Throws `insufficient_scope` for somebody whose role is below another. */
export function requireRole(who: { role: keyof typeof RANK }, role: Principal['role']): void {
  if (RANK[who.role] >= RANK[role]) return;
  throw new ApiError('insufficient_scope', {
    detail: role === 'owner' ? 'This is for owners.' : 'This needs the scope `admin`.',
  });
}

/**
 * Throws what keeps a user from an act of a level: `mfa_required`, `insufficient_scope`, `impersonation_refused`,
 * `email_not_verified`, `reauthentication_required`. `realm` is that of the request.
 */
export function requireLevel(level: UserLevel, principal: Principal, realm: Realm, sent: Sent): void {
  requireClientScope(level, principal, realm);
  // Of an owner who acts in another realm, theirs has been asked.
  if (!level.enrols && principal.realmId === realm.id) requireMfa(principal, realm);
  requireRole(principal, level.role);
  if (!holds(level.impersonation, sent)) refuseImpersonation(principal);
  const mayLack = principal.emailVerified || (level.anonymous && principal.anonymous);
  if (!mayLack && holds(level.verified, sent)) throw new ApiError('email_not_verified');
  const isFresh = holds(level.fresh, sent);
  const isByPassword = typeof level.fresh === 'object' && level.fresh.byPassword === true;
  if (isFresh || isByPassword) requireFresh(level, principal, realm, isFresh);
}

/**
 * Whether a session was opened without the second factor that its account has by now: then nothing else proves who its user is. A
 * stranger whom the factor shall keep out may have been in before it came.
 */
export function owesFactor(principal: Principal, realm: Realm): boolean {
  const isAtHome = principal.realmId === realm.id;
  return isAtHome && owedStep(realm.mfa, principal, principal.factors, Date.now()) === 'sign_in';
}

/**
 * Throws `reauthentication_required` when the user's last proof is older than the realm's policy allows, unless there is another (`ages`
 * is false), or when none would be enough but one by the second factor. An anonymous user has nothing to prove it by: the session is
 * all that there is.
 */
export function requireFresh(
  { role }: Pick<UserLevel, 'role'>,
  principal: Principal,
  realm: Realm,
  ages = true,
): void {
  if (principal.anonymous) return;
  const owes = owesFactor(principal, realm);
  if (!owes && (!ages || Date.now() - principal.authenticatedAt < windowOf(realm, role) * SECOND)) return;
  throw proofNeeded(realm, { role, ...(owes && { detail: BY_FACTOR, acr: 'aal2' }) });
}

/** What is said where nothing else would do. */
export const BY_FACTOR = 'Prove it by the second factor of the account.';

/**
 * The `reauthentication_required` of a realm. `acr` is how sure the proof has to make, and `methods` are those that would; a client that
 * knows the challenge (RFC 9470, 3) knows what to ask the user for.
 */
export function proofNeeded(
  realm: Realm,
  about: { role?: UserLevel['role']; detail?: string; acr?: Assurance; methods?: SecondStep[] },
): ApiError {
  const { role = 'user', detail, acr, methods } = about;
  const better = acr === undefined ? '' : `, acr_values="${acr}"`;
  const challenge = `Bearer realm="${realm.id}", error="insufficient_user_authentication", max_age="${windowOf(realm, role)}"${better}`;
  return new ApiError('reauthentication_required', {
    ...(detail !== undefined && { detail }),
    ...(methods && { methods }),
    headers: { 'WWW-Authenticate': challenge },
  });
}

/** How old the last proof of a user may be (seconds). */
function windowOf({ reauthentication: { seconds, operatorSeconds } }: Realm, role: UserLevel['role']) {
  return role === 'user' ? seconds : operatorSeconds;
}
