import { createHash } from 'node:crypto';
import { and, eq, exists, gt, inArray, isNull, ne, type SQL, sql } from 'drizzle-orm';
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

/**
 * Purposes of links that end when another is asked for, or when the account changes hands. A link that undoes a change of
 * address is no such link: whatever somebody does who may be a thief, it can only be used or expire.
 */
export type PassingPurpose = Exclude<LinkPurpose, 'undo_email'>;

/** A link that is yet to be stored and mailed. The token itself is never stored. */
export interface Link {
  purpose: LinkPurpose;
  token: string;
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
    token,
    hash: hashToken(token),
    url: linkTo(issuer, purpose, token),
    expiresAt: now + LINK_LIFETIME[purpose],
  };
}

/** Where a token of one purpose is used, below an issuer. */
export function linkTo(issuer: string, purpose: LinkPurpose, token: string): string {
  return `${issuer}/${PAGE[purpose]}?token=${token}`;
}

/** Stores a link; an older one of the same purpose stops working, unless it undoes a change of address. */
export function storeLink(db: Database, link: Link, userId: string, email: string) {
  const { row, replacement } = stored(link, userId, email);
  return db.insert(oneTimeTokens).values(row).onConflictDoUpdate(replacement);
}

/** Stores a link if a condition holds, as `storeLink` does. */
export function storeLinkIf(db: Database, link: Link, userId: string, email: string, condition: SQL) {
  const { row, replacement } = stored(link, userId, email);
  return insertIf(db, oneTimeTokens, row, condition).onConflictDoUpdate(replacement);
}

function stored({ purpose, hash, expiresAt }: Link, userId: string, email: string) {
  const slot = purpose === 'undo_email' ? hash : '';
  return {
    row: { userId, purpose, slot, hash, email, expiresAt },
    replacement: {
      target: [oneTimeTokens.userId, oneTimeTokens.purpose, oneTimeTokens.slot],
      set: { hash, email, expiresAt, usedAt: null },
    },
  };
}

/** Makes links of a user stop working if a condition holds: those of some purposes, or all that may end so. */
export function dropLinksIf(
  db: Database,
  userId: string,
  purposes: PassingPurpose[] | 'all',
  condition: SQL,
) {
  const chosen =
    purposes === 'all' ? ne(oneTimeTokens.purpose, 'undo_email') : inArray(oneTimeTokens.purpose, purposes);
  return db.delete(oneTimeTokens).where(and(eq(oneTimeTokens.userId, userId), chosen, condition));
}

/**
 * Makes links that undo later changes of address stop working if a condition holds: when an earlier change is undone, the
 * addresses that came after it were those of whoever made it.
 */
export function dropLaterUndosIf(db: Database, userId: string, expiresAt: number, condition: SQL) {
  const { userId: owner, purpose, expiresAt: end } = oneTimeTokens;
  return db
    .delete(oneTimeTokens)
    .where(and(eq(owner, userId), eq(purpose, 'undo_email'), gt(end, expiresAt), condition));
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

/** Takes a token: nobody can use it again, and its page says so. */
export function takeLink(db: Database, token: string, now = Date.now()) {
  return db
    .update(oneTimeTokens)
    .set({ usedAt: now })
    .where(and(eq(oneTimeTokens.hash, hashToken(token)), isNull(oneTimeTokens.usedAt)));
}

/** The condition that a token, by its hash, stands and serves one of the purposes. */
function validToken(hash: string, purposes: LinkPurpose[], now: number) {
  return and(
    eq(oneTimeTokens.hash, hash),
    inArray(oneTimeTokens.purpose, purposes),
    gt(oneTimeTokens.expiresAt, now),
    isNull(oneTimeTokens.usedAt),
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

/** What a token stands for or stood for, as long as that is remembered; or null. */
export async function rememberedLink(db: Database, token: string, purposes: LinkPurpose[]) {
  const { hash, purpose } = oneTimeTokens;
  const mine = and(eq(hash, hashToken(token)), inArray(purpose, purposes));
  return (await db.select().from(oneTimeTokens).where(mine).get()) ?? null;
}
