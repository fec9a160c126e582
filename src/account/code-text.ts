import { createHash } from 'node:crypto';
import { USER_ID } from '../lib/jurisdiction.ts';
import { MINUTE } from '../lib/time.ts';

/** How long a client has to redeem an authorization code (milliseconds). */
export const AUTHORIZATION_CODE_LIFETIME = MINUTE;

/** A code names its account object, so that no directory is asked where it belongs; the rest has 256 bits. */
const CODE = new RegExp(`^lkc\\.(${USER_ID})\\.[\\w-]{43}$`);

/** A new authorization code, of which only the hash is kept. */
export function newCodeText(userId: string): { text: string; hash: string } {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const text = `lkc.${userId}.${secret}`;
  return { text, hash: sha256(text) };
}

/** The user that a code names and its hash; null when the text is no code. */
export function parseCodeText(text: string): { userId: string; hash: string } | null {
  const userId = CODE.exec(text)?.[1];
  return userId === undefined ? null : { userId, hash: sha256(text) };
}

/** The PKCE challenge of a verifier by S256 (RFC 7636, 4.2). */
export function challengeOf(verifier: string): string {
  return sha256(verifier);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
