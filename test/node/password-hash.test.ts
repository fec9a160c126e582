import { argon2Sync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { argon2Verify } from 'hash-wasm';
import { expect, it, vi } from 'vitest';
import { hashPassword, verifyPassword } from '../../src/crypto/password-hash.ts';

vi.mock('@phi-ag/argon2/argon2.wasm', async () => {
  const path = createRequire(import.meta.url).resolve('@phi-ag/argon2/argon2.wasm');
  // @ts-expect-error Workers can't compile, and their types say so; Node can.
  return { default: new WebAssembly.Module(await readFile(path)) };
});

const password = fc.string({ unit: 'grapheme', maxLength: 64 });

it('Node and hash-wasm make the same Argon2id hash of any password', async () => {
  await fc.assert(
    fc.asyncProperty(password, async (typed) => {
      const phc = hashPassword(typed);
      const normalised = typed.normalize('NFKC');
      const [salt = '', hash] = phc.split('$').slice(-2);
      const native = argon2Sync('argon2id', {
        message: normalised,
        nonce: Buffer.from(salt, 'base64'),
        memory: 19_456,
        passes: 2,
        parallelism: 1,
        tagLength: 32,
      });
      expect(native.toString('base64')).toBe(`${hash}=`);
      // hash-wasm refuses the empty password.
      if (normalised) expect(await argon2Verify({ password: normalised, hash: phc })).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it('verifies any password, and not one with another last character', () => {
  fc.assert(
    fc.property(password, (typed) => {
      const phc = hashPassword(`${typed}x`);
      expect(verifyPassword(phc, `${typed}x`)).toBe(true);
      expect(verifyPassword(phc, `${typed}y`)).toBe(false);
    }),
    { numRuns: 50 },
  );
});
