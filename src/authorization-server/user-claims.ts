import type { UserRow } from '../directory/tables.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { SECOND } from '../lib/time.ts';

type Claims = Record<string, (user: UserRow) => unknown>;

/** The claims that each scope gives (OpenID Connect Core 1.0, 5.4); null is what the user does not have. */
const CLAIMS: Record<string, Claims> = {
  profile: {
    name: (user) => user.name,
    given_name: (user) => user.givenName,
    family_name: (user) => user.familyName,
    preferred_username: (user) => user.username,
    picture: (user) => user.picture,
    locale: (user) => user.locale,
    updated_at: (user) => Math.floor(user.updatedAt / SECOND),
  },
  // A user who has no address has no such claims.
  email: {
    email: ({ email }) => (isPlaceholder(email) ? null : email),
    email_verified: ({ email, emailVerified }) => (isPlaceholder(email) ? null : emailVerified),
  },
  phone: {
    phone_number: (user) => user.phoneNumber,
    phone_number_verified: (user) => (user.phoneNumber === null ? null : user.phoneNumberVerified),
  },
  address: { address: ({ country }) => (country === null ? null : { country }) },
};

/** Names of all claims of a user. */
export const USER_CLAIMS = Object.values(CLAIMS).flatMap(Object.keys);

/** Whether one of those scopes gives a claim. */
export function canGive(name: string, scopes: readonly string[]): boolean {
  return claimsOf(scopes).some(([known]) => known === name);
}

/** What those scopes say of a user; what the user does not have is left out (5.3.2). */
export function userClaims(user: UserRow, scopes: readonly string[]): Record<string, unknown> {
  const claims = claimsOf(scopes).map(([name, of]) => [name, of(user)]);
  return { ...Object.fromEntries(claims.filter(([, value]) => value !== null)) };
}

function claimsOf(scopes: readonly string[]): [string, Claims[string]][] {
  return scopes.flatMap((scope) => (Object.hasOwn(CLAIMS, scope) ? Object.entries(CLAIMS[scope] ?? {}) : []));
}
