import { equalsInConstantTime, hmac, type Keyring } from '../crypto/keys.ts';
import { USER_ID } from '../lib/jurisdiction.ts';

/**
 * A refresh token reads `lkr.{user}.{session}.{generation}.{tag}`. It names its account object, so that no directory
 * is asked where it belongs. The tag is an HMAC over the rest and over a salt that only the session's row holds:
 * nothing that is stored can be turned into a token without AUTH_SECRET, nor AUTH_SECRET without the row. The same
 * generation always gives the same token, which is how a retry within the grace window gets the current one again,
 * and an old token can be told from a forged one for as long as the session lives.
 */
export interface RefreshTokenClaims {
  userId: string;
  sessionId: string;
  /** How often the session's tokens were rotated, counted from 1. */
  generation: number;
}

/** What is shown to go on: a refresh token, or what an access token says whose signature was found good. */
export type Presented = string | RefreshTokenClaims;

const FORM = new RegExp(`^lkr\\.(${USER_ID})\\.(ses_[0-9a-z]{26})\\.(\\d{1,9})\\.([A-Za-z0-9_-]{43})$`);

/** What a refresh token claims to be, or null when it is none. Says nothing of its truth. */
export function parseRefreshToken(token: string): RefreshTokenClaims | null {
  const match = FORM.exec(token);
  if (!match) return null;
  return { userId: match[1] as string, sessionId: match[2] as string, generation: Number(match[3]) };
}

/** Makes the token of one generation of a session. */
export function makeRefreshToken(key: Buffer, claims: RefreshTokenClaims, salt: string): string {
  const body = `lkr.${claims.userId}.${claims.sessionId}.${claims.generation}`;
  return `${body}.${hmac(key, `${body}.${salt}`)}`;
}

/** Whether this very service made the token, which claims to be that of that session, under any of its keys. */
export function isGenuine(keys: Keyring, token: string, claims: RefreshTokenClaims, salt: string): boolean {
  return keys.some((key) => equalsInConstantTime(makeRefreshToken(key, claims, salt), token));
}
