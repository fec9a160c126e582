import { type SQL, sql } from 'drizzle-orm';
import { type MfaPolicy, requiresMfa, type Signer } from '../lib/mfa.ts';
import { users } from './tables.ts';

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

/**
 * The condition on the row of a user that a factor of a kind can go: the realm requires none, or another one is left that counts
 * there. Who removes one writes under it, so that two at once cannot take the last two.
 */
export function otherFactor(
  policy: MfaPolicy,
  role: Signer['role'],
  kind: 'totp' | 'passkey',
): SQL | undefined {
  const takesWeaker = policy.factors.includes('email') || policy.factors.includes('sms');
  if (takesWeaker || !requiresMfa(policy, role, Date.now())) return undefined;
  const counted = (one: typeof kind, count: SQL) => {
    if (!policy.factors.includes(one)) return sql`0`;
    return one === kind ? sql`${count} - 1` : count;
  };
  return sql`(${counted('totp', sql`${users.totpCount}`)} + ${counted('passkey', sql`${users.passkeyCount}`)}) > 0`;
}
