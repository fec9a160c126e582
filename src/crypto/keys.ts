import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** One purpose, one key: a key leaked by one use says nothing of the others. */
export type KeyPurpose =
  | 'refresh-token'
  | 'signing-keys'
  | 'decoy'
  | 'oauth-flow'
  | 'form-draft'
  | 'provider-tokens';

const derived = new Map<string, Buffer>();

/** The 256-bit key for one purpose, derived from AUTH_SECRET by HKDF-SHA-256 (RFC 5869). */
export function deriveKey(secret: string, purpose: KeyPurpose): Buffer {
  const id = `${purpose}:${secret}`;
  const known = derived.get(id);
  if (known) return known;
  const key = Buffer.from(hkdfSync('sha256', secret, '', `latchkey/${purpose}/v1`, 32));
  derived.set(id, key);
  return key;
}

/** HMAC-SHA-256 (RFC 2104), base64url without padding. */
export function hmac(key: Buffer, message: string): string {
  return createHmac('sha256', key).update(message).digest('base64url');
}

/** Compares two strings in a time that depends on their lengths only. */
export function equalsInConstantTime(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
