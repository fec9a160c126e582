import { createHash } from 'node:crypto';

/** Characters of the secret of a key that are shown in lists, to tell keys that begin alike apart: 24 bits of 256. */
export const SHOWN_OF_SECRET = 4;

/** The secret of a new key: 256 random bits, base64url. */
export function newSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}

/** What is kept of the secret of a key. It has 256 bits of entropy, so a plain hash will do. */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
