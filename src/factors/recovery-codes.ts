import { createHash } from 'node:crypto';
import { toBase32 } from '../crypto/totp.ts';

const CODES = 10;
/** 120 bits: enough for a plain hash (ASVS 5.0, 6.5.2). */
const BYTES = 15;

/** Ten new recovery codes, as their user keeps them: `k3wq-7h2m-…`, six groups of four. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: CODES }, () =>
    toBase32(crypto.getRandomValues(new Uint8Array(BYTES)))
      .toLowerCase()
      .replace(/(.{4})(?=.)/g, '$1-'),
  );
}

/** What is kept of a recovery code, however it was typed. */
export function recoveryCodeHash(code: string): string {
  const plain = code.normalize('NFKC').replace(/[\s\p{Pd}]/gu, '');
  return createHash('sha256').update(plain.toLowerCase()).digest('base64url');
}
