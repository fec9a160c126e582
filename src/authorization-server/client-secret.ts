import { createHash } from 'node:crypto';
import { equalsInConstantTime } from '../crypto/keys.ts';
import type { OAuthClientRow } from './tables.ts';

/** A new secret, by whose beginning secret scanners know it, and the hash that is kept: it has 256 bits, so a plain one will do. */
export function newClientSecret(): { text: string; hash: string } {
  const text = `lks_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')}`;
  return { text, hash: secretHash(text) };
}

/** Whether a client proves by a secret who it is. */
export function hasSecret(method: OAuthClientRow['authentication']): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/** Whether a text is the secret of a client, or the one before it while that is good. */
export function isClientSecret(
  row: Pick<OAuthClientRow, 'secretHash' | 'previousHash' | 'previousExpiresAt'>,
  text: string,
  now: number,
): boolean {
  const hash = secretHash(text);
  if (row.secretHash !== null && equalsInConstantTime(row.secretHash, hash)) return true;
  const { previousHash, previousExpiresAt } = row;
  return previousHash !== null && now < (previousExpiresAt ?? 0) && equalsInConstantTime(previousHash, hash);
}

function secretHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
