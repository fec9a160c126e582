import { argon2Sync, randomBytes } from 'node:crypto';
import { ARGON2, ARGON2_PREFIX } from '../crypto/argon2-parameters.ts';

/** As the Worker hashes, with what Node has for it. */
export function hashInNode(password: string): string {
  const nonce = randomBytes(ARGON2.saltBytes);
  const hash = argon2Sync('argon2id', {
    message: password.normalize('NFKC'),
    nonce,
    memory: ARGON2.memoryKiB,
    passes: ARGON2.passes,
    parallelism: ARGON2.lanes,
    tagLength: ARGON2.hashBytes,
  });
  const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `${ARGON2_PREFIX}${encode(nonce)}$${encode(hash)}`;
}
