import type { UserRow } from '../directory/tables.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { SECOND } from '../lib/time.ts';

/** The claims that each scope gives (OpenID Connect Core 1.0, 5.4), of what the user has. */
const CLAIMS: Record<string, (user: UserRow) => Record<string, unknown>> = {
  profile: (user) => ({
    name: user.name,
    given_name: user.givenName,
    family_name: user.familyName,
    preferred_username: user.username,
    picture: user.picture,
    locale: user.locale,
    updated_at: Math.floor(user.updatedAt / SECOND),
  }),
  // A user who has no address has no such claims.
  email: ({ email, emailVerified }) => (isPlaceholder(email) ? {} : { email, email_verified: emailVerified }),
  phone: ({ phoneNumber, phoneNumberVerified }) =>
    phoneNumber === null ? {} : { phone_number: phoneNumber, phone_number_verified: phoneNumberVerified },
  address: ({ country }) => (country === null ? {} : { address: { country } }),
};

/** What those scopes say of a user; what the user does not have is left out (5.3.2). */
export function userClaims(user: UserRow, scopes: readonly string[]): Record<string, unknown> {
  const claims = scopes.flatMap((scope) =>
    Object.hasOwn(CLAIMS, scope) ? Object.entries(CLAIMS[scope]?.(user) ?? {}) : [],
  );
  return { sub: user.id, ...Object.fromEntries(claims.filter(([, value]) => value !== null)) };
}
