import { CompactEncrypt, compactDecrypt } from 'jose';

/** Encrypts a value so that only who has the key can read or make one (JWE, RFC 7516; A256GCM). */
export function seal(key: Buffer, value: unknown): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(key);
}

/** What was sealed with that key, or null. */
export async function unseal<T>(key: Buffer, sealed: string): Promise<T | null> {
  try {
    const { plaintext } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return JSON.parse(new TextDecoder().decode(plaintext)) as T;
  } catch {
    return null;
  }
}
