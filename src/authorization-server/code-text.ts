import { createHash } from 'node:crypto';
import { USER_ID } from '../lib/jurisdiction.ts';

/** A code names its account object, so that no directory is asked where it belongs; the rest has 256 bits. */
const CODE = new RegExp(`^lkc\\.(${USER_ID})\\.[\\w-]{43}$`);

/** A new authorization code, of which only the hash is kept. */
export function newCodeText(userId: string): { text: string; hash: string } {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const text = `lkc.${userId}.${secret}`;
  return { text, hash: codeHash(text) };
}

/** The user that a code names and its hash; null when the text is no code. */
export function parseCodeText(text: string): { userId: string; hash: string } | null {
  const userId = CODE.exec(text)?.[1];
  return userId === undefined ? null : { userId, hash: codeHash(text) };
}

function codeHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
