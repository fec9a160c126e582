import { and, count, eq, isNull } from 'drizzle-orm';
import { apiKeys } from '../api-keys/tables.ts';
import type { Database } from '../db/client.ts';
import type { oneTimeTokens } from '../directory/link-tables.ts';
import { maskEmail } from '../directory/schemas.ts';
import { users } from '../directory/tables.ts';
import { identities } from '../oauth/tables.ts';
import { passkeys } from '../passkeys/tables.ts';
import { passwords } from '../passwords/tables.ts';

/** What opens an account besides a link in a mail, in words that its owner recognises and that tell others little. */
export type WayIn =
  | { kind: 'password' }
  /** `hint` is the last two digits. */
  | { kind: 'phone'; hint: string; addedUnproven: boolean }
  /** `hint` is the address there, masked. */
  | { kind: 'identity'; provider: string; hint: string | null; addedUnproven: boolean }
  /** `name` is what the user calls it. */
  | { kind: 'passkey'; name: string; addedUnproven: boolean }
  /** What the user made, as an admin of the realm. */
  | { kind: 'api_keys'; count: number };

/** What became of a link that does nothing any more: what it was for is done, or it was used or is over otherwise. */
export type SpentLink = { spent: 'done' | 'over' };

/** What the holder of a link is shown before they use it. Times are Unix milliseconds. */
export interface LinkPreview {
  purpose: typeof oneTimeTokens.$inferSelect.purpose;
  /** When, where and with what the account was made, as far as that is known. */
  made: { at: number; place: string | null; userAgent: string | null };
  ways: WayIn[];
}

/** Reads what a link's holder is shown: what using it would do, or why that does nothing. `now` is Unix milliseconds. */
export async function readPreview(
  db: Database,
  link: Pick<typeof oneTimeTokens.$inferSelect, 'userId' | 'purpose' | 'email' | 'expiresAt' | 'usedAt'>,
  realmId: string,
  now: number,
): Promise<LinkPreview | SpentLink> {
  const { userId, purpose } = link;
  const [[user], [password], linked, known, [keys]] = await db.batch([
    db
      .select()
      .from(users)
      .where(and(eq(users.id, userId), eq(users.realmId, realmId))),
    db.select({ since: passwords.updatedAt }).from(passwords).where(eq(passwords.userId, userId)),
    db.select().from(identities).where(eq(identities.userId, userId)).orderBy(identities.createdAt),
    db.select().from(passkeys).where(eq(passkeys.userId, userId)).orderBy(passkeys.createdAt),
    db
      .select({ made: count() })
      .from(apiKeys)
      .where(and(eq(apiKeys.createdBy, userId), isNull(apiKeys.revokedAt))),
  ]);
  if (!user) return { spent: 'over' };
  const isHis = user.email === link.email;
  const provesAddress = purpose === 'verify_email' || purpose === 'change_email';
  // However it was proven: by this link or another, by a code, by a new password.
  if (provesAddress && isHis && user.emailVerified) return { spent: 'done' };
  // A link to an address that is no longer the user's opens nothing; those for another address are meant to.
  const misses = !isHis && (purpose === 'verify_email' || purpose === 'reset_password');
  if (link.usedAt !== null || link.expiresAt <= now || misses) return { spent: 'over' };
  const { createdAt: at, madeIn: place, madeWith: userAgent, phoneNumber } = user;
  const ways: WayIn[] = [];
  if (password) ways.push({ kind: 'password' });
  if (phoneNumber !== null && user.phoneNumberVerified) {
    const addedUnproven = user.phoneAddedUnproven || !user.emailVerified;
    ways.push({ kind: 'phone', hint: phoneNumber.slice(-2), addedUnproven });
  }
  for (const { provider, email, addedUnproven } of linked) {
    const hint = email === null ? null : maskEmail(email);
    ways.push({ kind: 'identity', provider, hint, addedUnproven: addedUnproven || !user.emailVerified });
  }
  for (const { name, addedUnproven } of known) {
    ways.push({ kind: 'passkey', name, addedUnproven: addedUnproven || !user.emailVerified });
  }
  if (keys && keys.made > 0) ways.push({ kind: 'api_keys', count: keys.made });
  return { purpose, made: { at, place, userAgent }, ways };
}
