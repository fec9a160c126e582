import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** One purpose, one key: a key leaked by one use says nothing of the others. */
export type KeyPurpose =
  | 'refresh-token'
  | 'signing-keys'
  | 'subjects'
  | 'decoy'
  | 'oauth-flow'
  | 'form-draft'
  | 'challenge'
  | 'authorization-request'
  | 'pushed-request'
  | 'dpop-nonce'
  | 'passkey-flow'
  | 'sign-in-link'
  | 'factors'
  | 'provider-tokens'
  | 'address'
  | 'registration-link'
  | 'webhooks';

/** The keys of one purpose: what is new is made with the first; what is there may be of any. */
export type Keyring = readonly [Buffer, ...Buffer[]];

/** AUTH_SECRET, and those that it has replaced or will. */
export interface Secrets {
  AUTH_SECRET: string;
  AUTH_SECRET_PREVIOUS: readonly string[];
}

const derived = new Map<string, Buffer>();

/** The 256-bit key for one purpose, derived from one secret by HKDF-SHA-256 (RFC 5869). */
export function deriveKey(secret: string, purpose: KeyPurpose): Buffer {
  const id = `${purpose}:${secret}`;
  const known = derived.get(id);
  if (known) return known;
  const key = Buffer.from(hkdfSync('sha256', secret, '', `latchkey/${purpose}/v1`, 32));
  derived.set(id, key);
  return key;
}

/** The keys of one purpose under AUTH_SECRET and under all of AUTH_SECRET_PREVIOUS. */
export function deriveKeyring(secrets: Secrets, purpose: KeyPurpose): Keyring {
  const previous = secrets.AUTH_SECRET_PREVIOUS.filter((secret) => secret !== secrets.AUTH_SECRET);
  return [deriveKey(secrets.AUTH_SECRET, purpose), ...previous.map((secret) => deriveKey(secret, purpose))];
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
