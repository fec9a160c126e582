import { createHash } from 'node:crypto';
import { and, eq, exists, gt, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { DAY, HOUR } from '../lib/time.ts';
import { type LinkPurpose, oneTimeTokens } from './link-tables.ts';

/** How long a link of each purpose works (milliseconds). */
export const LINK_LIFETIME: Record<LinkPurpose, number> = {
  verify_email: DAY,
  change_email: DAY,
  undo_email: 3 * DAY,
  reset_password: HOUR,
};

const PAGE: Record<LinkPurpose, string> = {
  verify_email: 'verify-email',
  change_email: 'verify-email',
  undo_email: 'undo-email-change',
  reset_password: 'reset-password',
};

/** A link that is yet to be stored and mailed. Only the mail ever has the token itself. */
export interface Link {
  purpose: LinkPurpose;
  hash: string;
  url: string;
  expiresAt: number;
}

/** Under what a one-time token is stored. It has 256 bits of entropy, so a plain hash will do. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** Makes a link of one purpose below an issuer. */
export function newLink(issuer: string, purpose: LinkPurpose, now: number): Link {
  const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  return {
    purpose,
    hash: hashToken(token),
    url: `${issuer}/${PAGE[purpose]}?token=${token}`,
    expiresAt: now + LINK_LIFETIME[purpose],
  };
}

/** Stores a link; an older one of the same purpose stops working. */
export function storeLink(db: Database, link: Link, userId: string, email: string) {
  const { purpose, hash, expiresAt } = link;
  return db
    .insert(oneTimeTokens)
    .values({ userId, purpose, hash, email, expiresAt })
    .onConflictDoUpdate({
      target: [oneTimeTokens.userId, oneTimeTokens.purpose],
      set: { hash, email, expiresAt },
    });
}

/** Stores a link if a condition holds, as `storeLink` does. */
export function storeLinkIf(db: Database, link: Link, userId: string, email: string, condition: SQL) {
  const { purpose, hash, expiresAt } = link;
  return insertIf(
    db,
    oneTimeTokens,
    { userId, purpose, hash, email, expiresAt },
    condition,
  ).onConflictDoUpdate({
    target: [oneTimeTokens.userId, oneTimeTokens.purpose],
    set: { hash, email, expiresAt },
  });
}

/** Makes links of a user stop working if a condition holds: those of some purposes, or all. */
export function dropLinksIf(db: Database, userId: string, purposes: LinkPurpose[] | 'all', condition: SQL) {
  const chosen = purposes === 'all' ? undefined : inArray(oneTimeTokens.purpose, purposes);
  return db.delete(oneTimeTokens).where(and(eq(oneTimeTokens.userId, userId), chosen, condition));
}

/**
 * The condition that a token of a user stands and serves a purpose, and was mailed to that address if one is given. It
 * guards a batch that takes the token last (`takeLink`): two requests with one token are decided there.
 */
export function linkStands(
  db: Database,
  link: { token: string; userId: string; purpose: LinkPurpose; email?: SQL },
  now: number,
): SQL {
  const { token, userId, purpose, email } = link;
  return exists(
    db
      .select({ one: sql`1` })
      .from(oneTimeTokens)
      .where(
        and(
          eq(oneTimeTokens.userId, userId),
          validToken(hashToken(token), [purpose], now),
          email && eq(oneTimeTokens.email, email),
        ),
      ),
  );
}

/** Takes a token: nobody can use it again. */
export function takeLink(db: Database, token: string) {
  return db.delete(oneTimeTokens).where(eq(oneTimeTokens.hash, hashToken(token)));
}

/** The condition that a token, by its hash, stands and serves one of the purposes. */
function validToken(hash: string, purposes: LinkPurpose[], now: number) {
  return and(
    eq(oneTimeTokens.hash, hash),
    inArray(oneTimeTokens.purpose, purposes),
    gt(oneTimeTokens.expiresAt, now),
  );
}

/** What a token stands for, or null. Decides nothing: the batch that acts on it has to take it. */
export async function peekLink(db: Database, token: string, purposes: LinkPurpose[], now: number) {
  const found = await db
    .select()
    .from(oneTimeTokens)
    .where(validToken(hashToken(token), purposes, now))
    .get();
  return found ?? null;
}
