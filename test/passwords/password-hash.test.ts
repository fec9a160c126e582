import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyForeign } from '../../src/crypto/foreign-hashes.ts';
import { DECOY_HASH, hashPassword, needsRehash, verifyPassword } from '../../src/crypto/password-hash.ts';

const ASCII = 'correct horse';
const UNICODE = 'Gruß, Ωμέγα 🔑';

// Each made once by the software named, of a random salt.
const VECTORS = [
  [
    'hash-wasm 4.13',
    ASCII,
    '$argon2id$v=19$m=19456,t=2,p=1$YOXXvutvGNDv7u+NfuEecQ$lzUmkx/uv7/458LJVUkAbnW2hPgqRSjRev57+lJLdho',
  ],
  [
    'hash-wasm 4.13',
    UNICODE,
    '$argon2id$v=19$m=19456,t=2,p=1$m18ikFp1ZtkTZIqMuoRsSA$CK3kmVmZmEiiE9i67phegaSD2OAyzDKZpEXmqmF6Ox8',
  ],
  [
    'crypto.argon2 of Node 24',
    ASCII,
    '$argon2id$v=19$m=19456,t=2,p=1$qH9eKDu/BgF0aDhc21jkQQ$Y6CzRs8I3b5Px1hb1b0py/xEhW3TwviCnJF5mk7cFOs',
  ],
  [
    'crypto.argon2 of Node 24',
    UNICODE,
    '$argon2id$v=19$m=19456,t=2,p=1$+xahtcMlllw9JAl8nc0bQQ$AdWP21BFGBewDtivzKaSDQF5CysZL0ANVj0yDVClJDY',
  ],
  [
    'argon2-cffi 25.1',
    ASCII,
    '$argon2id$v=19$m=19456,t=2,p=1$X7zOvC1bbqWsmtkR9N6P/Q$gmUIz8fzu+7IBl6t9o2oXHNsKQ+eCTw1spxMOgmXF+Q',
  ],
  [
    'argon2-cffi 25.1',
    UNICODE,
    '$argon2id$v=19$m=19456,t=2,p=1$Ybxunm89jN91cEtMEIvFJg$CLLzjASDxHevWgkHqxkFQ7R8MWhsCfGD4TtVRZ0XZBg',
  ],
] as const;

describe('a hash of the present parameters', () => {
  it.each(VECTORS)('made by %s, of %s, is of that password alone', (_maker, password, phc) => {
    expect(verifyPassword(phc, password)).toBe(true);
    expect(verifyPassword(phc, `!${password}`)).toBe(false);
    expect(verifyPassword(phc, password.slice(0, -1))).toBe(false);
    expect(verifyPassword(phc, '')).toBe(false);
    expect(needsRehash(phc)).toBe(false);
  });

  it.each([ASCII, UNICODE, '', 'a\0b', 'x'.repeat(256)])(
    'of %j is what another implementation makes',
    (password) => {
      const phc = hashPassword(password);
      expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
      expect(verifyForeign(phc, password)).toBe(true);
      expect(verifyPassword(phc, password)).toBe(true);
      expect(needsRehash(phc)).toBe(false);
    },
  );

  it('has its own salt each time', () => {
    expect(hashPassword(ASCII)).not.toBe(hashPassword(ASCII));
  });

  it('covers the last byte of a password whose characters take several', () => {
    const phc = hashPassword('пароль-длинный');
    expect(verifyPassword(phc, 'пароль-длинный')).toBe(true);
    expect(verifyPassword(phc, 'пароль-длинныя')).toBe(false);
    expect(verifyPassword(phc, 'пароль-дXXXXXX')).toBe(false);
  });

  it('is of every password with the same NFKC form', () => {
    const phc = hashPassword('fiance\u0301e 2');
    expect(verifyPassword(phc, 'ﬁancée ２')).toBe(true);
    expect(verifyPassword(phc, 'fiancee 2')).toBe(false);
  });

  it('is of the password as typed when its maker did not normalise', () => {
    // argon2-cffi 25.1, of the bytes as they stand.
    const phc =
      '$argon2id$v=19$m=19456,t=2,p=1$ufH9gkCotX67RwA3P+90zw$heZmjVlTDF5clZkjND9LQn/+j8NrCNTeXRr4QkpPKxg';
    expect(verifyPassword(phc, 'ﬁancée²ﬁancée²')).toBe(true);
    expect(verifyPassword(phc, 'fiancée2fiancée2')).toBe(false);
  });

  it('can be a decoy, which no password opens', () => {
    expect(needsRehash(DECOY_HASH)).toBe(false);
    for (const password of ['', 'password', ASCII]) expect(verifyPassword(DECOY_HASH, password)).toBe(false);
  });
});

describe('a hash that was imported', () => {
  it.each([
    // bcrypt 5.0 of Python, passlib 1.7.4, argon2-cffi 25.1
    '$2b$04$/z0iqvRvDYUfwVA51FU1TOfzg5Z.Q5fF.NcjQAzCJcmW3i.3ji//W',
    '$scrypt$ln=10,r=8,p=1$HyOktFZK6Z0zJiQk5Lx3rg$WLkLXAIPqhth09uZVaphnr9oJHiNNkqMXOlA16XS7RM',
    '$argon2id$v=19$m=256,t=2,p=2$OYmmyYT7wUaqKM2B8Q8wRA$ZxVVldlfo+Pz3i4zrOivH3aQ7OHB/Iyqiw0QsDrcwTU',
  ])('%s verifies and asks to be replaced', (hash) => {
    expect(verifyPassword(hash, ASCII)).toBe(true);
    expect(verifyPassword(hash, UNICODE)).toBe(false);
    expect(needsRehash(hash)).toBe(true);
  });
});

describe('a malformed hash', () => {
  const [, , PHC] = VECTORS[0];

  it.each([
    '',
    '!',
    PHC.slice(0, -1),
    PHC.slice(0, 40),
    `${PHC}A`,
    `${PHC}\n`,
    ` ${PHC}`,
    PHC.replace('$lz', '$!z'),
    PHC.replace('v=19', 'v=16'),
    PHC.replace('m=19456', 'm=19457'),
    PHC.replace('m=19456', 'm=4294967295'),
    PHC.replace('argon2id', 'argon2i'),
  ])('%j is of no password and asks to be replaced', (hash) => {
    expect(verifyPassword(hash, ASCII)).toBe(false);
    expect(needsRehash(hash)).toBe(true);
  });

  it('is of no password, however a true one was damaged', () => {
    const damaged = fc
      .tuple(fc.nat({ max: PHC.length }), fc.nat({ max: 3 }), fc.string({ unit: 'binary', maxLength: 2 }))
      .map(([at, cut, text]) => PHC.slice(0, at) + text.replace(/\d/g, '$') + PHC.slice(at + cut))
      .filter((hash) => hash !== PHC);
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string()), (hash) => {
        expect(verifyPassword(hash, 'another password')).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});
