import { CompactEncrypt, compactDecrypt } from 'jose';
import type { Keyring } from './keys.ts';

/** Encrypts a value so that only who has the keys can read or make one (JWE, RFC 7516; A256GCM). */
export function seal([key]: Keyring, value: unknown): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(key);
}

/** What was sealed with one of those keys, or null. */
export async function unseal<T>(keys: Keyring, sealed: string): Promise<T | null> {
  for (const key of keys) {
    const plaintext = await decrypt(key, sealed);
    if (plaintext) return JSON.parse(new TextDecoder().decode(plaintext)) as T;
  }
  return null;
}

/**
 * The same value under the first of the keys: as it is when it was sealed with that, null when none of them has sealed it.
 */
export async function reseal(keys: Keyring, sealed: string): Promise<string | null> {
  if (await decrypt(keys[0], sealed)) return sealed;
  const value = await unseal(keys, sealed);
  return value === null ? null : seal(keys, value);
}

async function decrypt(key: Buffer, sealed: string): Promise<Uint8Array | null> {
  const decrypted = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  }).catch(() => null);
  return decrypted?.plaintext ?? null;
}
