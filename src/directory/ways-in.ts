import { type SQL, sql } from 'drizzle-orm';

/**
 * The condition that a user can still sign in without an account at a provider, or without a passkey: by a password, or by
 * another of those. Who removes one writes under it, so that two at once cannot take the last two.
 */
export function otherWayIn(userId: string, without: { provider: string } | { passkeyId: string }): SQL {
  // No provider and no passkey is called so.
  const { provider = '', passkeyId = '' } = { provider: undefined, passkeyId: undefined, ...without };
  return sql`(EXISTS (SELECT 1 FROM passwords WHERE user_id = ${userId})
    OR EXISTS (SELECT 1 FROM identities WHERE user_id = ${userId} AND provider <> ${provider})
    OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = ${userId} AND id <> ${passkeyId}))`;
}
