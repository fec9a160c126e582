import { and, eq, type SQL, sql } from 'drizzle-orm';
import { equalsInConstantTime, hmac, type Keyring } from '../crypto/keys.ts';
import type { Database } from '../db/client.ts';
import { oneTimeTokens } from './link-tables.ts';
import { LINK_LIFETIME, type Link, linkTo } from './links.ts';
import { type UserRow, users } from './tables.ts';

/** The condition that nothing has come after the link: neither other credentials than the first nor another link. */
const IS_FIRST = and(
  eq(users.credentialVersion, 1),
  sql`NOT EXISTS (SELECT 1 FROM ${oneTimeTokens} WHERE user_id = ${users.id} AND purpose = 'verify_email')`,
);
const FORM = /^(usr_[0-9a-z_]+)\.([0-9a-z]{1,9})\.([\w-]{43})$/;

/**
 * The link by which a user proves the address that they register with. It is signed in place of being stored: what makes it stop
 * working is in the directory anyway. It works until the address is proven or replaced, the password changed, or another such link
 * asked for, which is stored.
 */
export function registrationLink(
  keys: Keyring,
  issuer: string,
  user: Pick<UserRow, 'id' | 'email'>,
  now: number,
): Pick<Link, 'url' | 'expiresAt'> {
  const expiresAt = now + LINK_LIFETIME.verify_email;
  const token = `${user.id}.${expiresAt.toString(36)}.${signature(keys[0], user, expiresAt)}`;
  return { url: linkTo(issuer, 'verify_email', token), expiresAt };
}

/** What such a token stands for, or stood for, and whose it is; null for any other. */
export async function findRegistrationLink(
  db: Database,
  keys: Keyring,
  token: string,
): Promise<{ user: UserRow; link: Omit<typeof oneTimeTokens.$inferSelect, 'hash' | 'slot'> } | null> {
  const [, userId = '', digits = '', signed = ''] = FORM.exec(token) ?? [];
  const user = userId
    ? await db
        .select()
        .from(users)
        .where(and(eq(users.id, userId), IS_FIRST))
        .get()
    : null;
  if (!user) return null;
  const expiresAt = Number.parseInt(digits, 36);
  if (!keys.some((key) => equalsInConstantTime(signed, signature(key, user, expiresAt)))) return null;
  const link = { userId, purpose: 'verify_email', email: user.email, expiresAt } as const;
  return { user, link: { ...link, usedAt: user.emailVerified ? user.updatedAt : null } };
}

/** Whether a token is in the form of those. */
export function isRegistrationToken(token: string): boolean {
  return FORM.test(token);
}

/**
 * The condition that such a link stands, on the row of its user as `findRegistrationLink` gave it: of two requests with one link
 * the first proves the address.
 */
export function registrationLinkStands(email: string): SQL {
  return and(eq(users.email, email), eq(users.emailVerified, false), IS_FIRST) as SQL;
}

function signature(key: Buffer, { id, email }: Pick<UserRow, 'id' | 'email'>, expiresAt: number): string {
  return hmac(key, JSON.stringify([id, email, expiresAt]));
}
