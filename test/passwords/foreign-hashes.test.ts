import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeHash, verifyForeign } from '../../src/crypto/foreign-hashes.ts';

const ASCII = 'correct horse';
const UNICODE = 'Gruß, Ωμέγα 🔑';

// Each made once by the software named, of random salts.
const VECTORS: [maker: string, scheme: string, hashes: { [password: string]: string }][] = [
  [
    'argon2-cffi 25.1',
    'argon2id',
    {
      [ASCII]:
        '$argon2id$v=19$m=256,t=2,p=2$OYmmyYT7wUaqKM2B8Q8wRA$ZxVVldlfo+Pz3i4zrOivH3aQ7OHB/Iyqiw0QsDrcwTU',
      [UNICODE]:
        '$argon2id$v=19$m=256,t=2,p=2$FWqFN7CUIhxnkfDgO8N/KQ$63sp0qjmzyiG/DV0mJy04hNgP/kbArO1roeY2jRLX5U',
    },
  ],
  [
    'argon2-cffi 25.1',
    'argon2i',
    {
      [ASCII]:
        '$argon2i$v=19$m=256,t=2,p=2$fCVMUcnxd8UHoJMrISir/w$tWLGtX5gkL7eIl2sSrYMbnD9ugDwSBIeyS8Q+L15GEw',
      [UNICODE]:
        '$argon2i$v=19$m=256,t=2,p=2$IljVsDVUaC4NoHPFIhtINw$vsi6y/9Y4GrubjpJ3gRG9l6+5e0uCvyZPf9YFW076CE',
    },
  ],
  [
    'argon2-cffi 25.1',
    'argon2d',
    {
      [ASCII]:
        '$argon2d$v=19$m=256,t=2,p=2$nm3ZT1EQS6U5cXQaFilhAw$0MrhosEKUMTwlKeOkVGIltmIFE8LxPfoocOuuITxSr0',
      [UNICODE]:
        '$argon2d$v=19$m=256,t=2,p=2$FIKH1Wni8deA9nPcy5qgIw$1CVeWHGbzhjczHOpkyJMlCy5rArqbHEP/gemlQrJCWU',
    },
  ],
  [
    'argon2-cffi 25.1, Argon2 1.0',
    'argon2i',
    {
      [ASCII]: '$argon2i$v=16$m=64,t=3,p=1$eh2nzkAUEz5p+urXILWOYA$rC3Co89htMSCxv/MfaBF1g',
      // As Argon2 1.0 itself wrote it, without the version.
      [UNICODE]: '$argon2i$m=64,t=3,p=1$Bubx0MSiVmPCKZAr32PlmQ$nUq6Y2U7f9g/3do1ezXCRA',
    },
  ],
  [
    'bcrypt 5.0 of Python, $2b$',
    'bcrypt',
    {
      [ASCII]: '$2b$04$/z0iqvRvDYUfwVA51FU1TOfzg5Z.Q5fF.NcjQAzCJcmW3i.3ji//W',
      [UNICODE]: '$2b$04$UJbUHb4xn..T2nEScnj60ejzYsIHqBLLeXDZLTHCgy4NHVzTjrK0K',
      // bcrypt reads no more than 72 bytes.
      ['a'.repeat(80)]: '$2b$04$xHDlh97szGeXJnxB5lV8Ee1Yor83CThhIhXy/5dbdJ6N2ipQOhgVa',
    },
  ],
  [
    'bcrypt 5.0 of Python, $2a$',
    'bcrypt',
    {
      [ASCII]: '$2a$04$qywUQIbymw3V3A6/PymzFue/APs7VkdKBWCLuAVkyZoJoKXRz1FfW',
      [UNICODE]: '$2a$04$COe6eXcRyxGqhJ.3pnZ9R.nlamOh.H0evnlTk9zY.22RL2cHM95ia',
    },
  ],
  [
    'crypt(3) of libxcrypt, as PHP writes it',
    'bcrypt',
    {
      [ASCII]: '$2y$04$LatchkeyTestSaltABCDEuyDPF6mL1MMDrWtfOTke/ixlF4mZF.Dq',
      [UNICODE]: '$2y$04$LatchkeyTestSaltABCDEu8uxUbZyNLE2Ol6DQpnaqksfgxwnXpEy',
    },
  ],
  [
    'hash-wasm 4.13',
    'bcrypt',
    {
      [ASCII]: '$2a$05$C2HEp/sdW8rFvPd5IoCD8.WTa6.8FOC/BymIxnPZ3l8PQ6dwUpIcy',
      [UNICODE]: '$2a$05$AD0gmt6rtXmCoIHxmavoEut2C0v7G1EeC1zX6N3/qAZJC4Jv7Kuyu',
    },
  ],
  [
    'passlib 1.7.4',
    'pbkdf2-sha1',
    {
      [ASCII]: '$pbkdf2$1000$oDQmxBiD8D7n/J8TYgyhFA$ucHeNdsxh1.PzxhkuQ19ua.y7tY',
      [UNICODE]: '$pbkdf2$1000$0BqjtHYuJQTAWGtNSanV.g$F2cMavu828wbjeMvORDUa1TPvD0',
    },
  ],
  [
    'passlib 1.7.4',
    'pbkdf2-sha256',
    {
      [ASCII]: '$pbkdf2-sha256$29000$JUQIQcj5Xyvl3BvDWAuhtA$ZbsETunyCtVuBp7piqEKmTGrrbw2KZOMpYCJ.ldv2Z0',
      [UNICODE]: '$pbkdf2-sha256$1000$BQAA4Py/9763FuJcCwHA.A$WOEkBJ7T8QVSzES0KEJ2ZvnMnEZsoxcJrz/5IPZbMQc',
    },
  ],
  [
    'passlib 1.7.4',
    'pbkdf2-sha512',
    {
      [ASCII]:
        '$pbkdf2-sha512$1000$.R/jPIewFuJcK0WIUYqRMg$qmfYEzPgSBrX2m3vb4cs/aSCg/SusQb0SNBN2WJTxUxw.AwXGN2QIGUxRlPZJH9uu9R9.XFOzPe6iwGQunPB4g',
      [UNICODE]:
        '$pbkdf2-sha512$1000$H6M05hxD6D0nZExpjbF27g$AcVJBCJzjDTnlAJLNEEnQyAjuWaiC1j1m/pmJtPZH0/4Q1d3EmrB/pBzV1w2ZU2Sel7USsIbn3MJtMPuJw0xOg',
    },
  ],
  [
    'Node 24, PHC string, two blocks of output',
    'pbkdf2-sha256',
    {
      [ASCII]:
        '$pbkdf2-sha256$i=1000,l=64$E4JGrBufY+tHxRf7KqEF+A$ykElrwg8qQsyvC6Yk8W22k16XgcP6P5ypjoeTtqwTcv8GFiHH3Tby58kE4B/VtpVF4Zpz1uj0ekpxtJU+waX3A',
      [UNICODE]:
        '$pbkdf2-sha256$i=1000,l=64$CF2iov8tvZoEqKJzocxqGw$0hMvMby2oCjenS/fSZGW4d3rmMOONyFYAdRb0toYibdciSEPasZmppusUeBeA7ZNp86PYFYw65wewV5tZlb7AQ',
    },
  ],
  [
    'Node 24, PHC string, output cut short',
    'pbkdf2-sha512',
    {
      [ASCII]:
        '$pbkdf2-sha512$i=1000,l=32$E4JGrBufY+tHxRf7KqEF+A$NNRvW+6jVFr4bm6qv7gpa2BVSYFUv2TjHUC3AmMIZ6E',
      [UNICODE]:
        '$pbkdf2-sha512$i=1000,l=32$CF2iov8tvZoEqKJzocxqGw$KO3Ipp88drS7LeHiknEqM4+kfMozwK8SVpzs4+Qhkwc',
    },
  ],
  [
    'Node 24, PHC string without a length',
    'pbkdf2-sha1',
    {
      [ASCII]: '$pbkdf2-sha1$i=1000$E4JGrBufY+tHxRf7KqEF+A$HWFx55BYl5+kTILr8k3UAq3KIz0',
      [UNICODE]: '$pbkdf2-sha1$i=1000$CF2iov8tvZoEqKJzocxqGw$I+ExnuvuWXh35/KoP1bI8ZjtlPA',
    },
  ],
  [
    'Django 5.2',
    'pbkdf2-sha256',
    {
      [ASCII]: 'pbkdf2_sha256$1000$kjVJaVz6qsnJabcdefghij$YPm3RNIQazE9uD9tFIS4Q9YjlGkObvQg73uBz6RFUcw=',
      [UNICODE]: 'pbkdf2_sha256$1000$kjVJaVz6qsnJabcdefghij$tzpv9ygMinYPIBpsdfGzuuZfvWg6CsV1AIOAtQiB2ks=',
    },
  ],
  [
    'Django 5.2',
    'pbkdf2-sha1',
    {
      [ASCII]: 'pbkdf2_sha1$1000$wz5B6WkasRoF$D73bhUDrWCmMVrwJ+LR6WmGHVXY=',
      [UNICODE]: 'pbkdf2_sha1$1000$wz5B6WkasRoF$DBEa3x/NTHq4qFS7r5a78+jzbqU=',
    },
  ],
  [
    'passlib 1.7.4',
    'scrypt',
    {
      [ASCII]: '$scrypt$ln=10,r=8,p=1$HyOktFZK6Z0zJiQk5Lx3rg$WLkLXAIPqhth09uZVaphnr9oJHiNNkqMXOlA16XS7RM',
      [UNICODE]: '$scrypt$ln=10,r=8,p=1$ohRCKEVIqbUW4tyb09obIw$l5yBIBFALaQKQVik847McWcyaIqWojiYrUr0XKDsu68',
    },
  ],
  [
    'Node 24',
    'scrypt',
    {
      [ASCII]:
        '$scrypt$ln=8,r=4,p=3$E4JGrBufY+tHxRf7KqEF+A$V86fn+Upc0ctmreYK1C+xluOQCff48yD21Q5C7aX7oEVXly40DWDqYwMFXTU0rV0Mb2EMlBFjKU3zn44JU7Sbw',
      [UNICODE]:
        '$scrypt$ln=8,r=4,p=3$CF2iov8tvZoEqKJzocxqGw$GAHwoScAJ1wngybfMg7HyRdCkv26H2ASiHV7HbgC17VyYfmBquvzdawSnkfi6BC8xof89KS6Uwu68JIDKHjUJA',
    },
  ],
  [
    'hashlib of Python 3.11, salt first',
    'sha256',
    {
      [ASCII]: '$sha256$o=sp$3A+6erssJ3ds99Lk$VmZeH0wZiEiyHntiBs4HOnIgyJYxZINH7G6I+j9GLyk=',
      [UNICODE]: '$sha256$o=sp$wbVMp3/p+l0fzCLo$zaN8E/j298SAaKxnPkO/7WYFEOtlyJKL1muhlytaCbM=',
    },
  ],
  [
    'hashlib of Python 3.11, password first',
    'sha256',
    {
      [ASCII]: '$sha256$o=ps$3A+6erssJ3ds99Lk$MXCI9AiWd7x14SL2Eh5IoNrBq4tisidd7MEqxIxWUpk=',
      [UNICODE]: '$sha256$o=ps$wbVMp3/p+l0fzCLo$T2a75dYcasgL/37NYg9w03MFBHHebXAF4rzxtlIboBg=',
    },
  ],
];

const hashes = VECTORS.flatMap(([, , byPassword]) => Object.values(byPassword));

describe.each(VECTORS)('a hash of %s: %s', (_maker, scheme, byPassword) => {
  it.each(Object.entries(byPassword))('of %s is of that password alone', (password, hash) => {
    expect(describeHash(hash)).toBe(scheme);
    expect(verifyForeign(hash, password)).toBe(true);
    expect(verifyForeign(hash, `!${password}`)).toBe(false);
    expect(verifyForeign(hash, '')).toBe(false);
  });

  it.each(Object.entries(byPassword))('of %s is not one with another digest', (password, hash) => {
    const at = hash.length - 6;
    const other = hash.slice(0, at) + (hash[at] === 'A' ? 'B' : 'A') + hash.slice(at + 1);
    expect(verifyForeign(other, password)).toBe(false);
  });
});

it('takes a bcrypt salt with spare bits set, as old implementations made them', () => {
  const hash = '$2b$04$/z0iqvRvDYUfwVA51FU1TOfzg5Z.Q5fF.NcjQAzCJcmW3i.3ji//W';
  expect(verifyForeign(`${hash.slice(0, 28)}P${hash.slice(29)}`, ASCII)).toBe(true);
});

it('hashes the password as typed, not its NFKC form', () => {
  // hashlib of Python 3.11
  const hash = '$sha256$o=sp$wbVMp3/p+l0fzCLo$tNQEAIDIgSTx3SvEfvx4+p5+QCttsNmYBC+rdWcIytU=';
  expect(verifyForeign(hash, 'ﬁancée²')).toBe(true);
  expect(verifyForeign(hash, 'ﬁancée²'.normalize('NFKC'))).toBe(false);
});

const SALT = 'AAAAAAAAAAAAAAAAAAAAAA';
const DIGEST = 'A'.repeat(43);
const LONG = 'A'.repeat(86);
const TAIL = `${SALT}$${DIGEST}`;

describe('the ceilings', () => {
  it.each([
    [`$argon2id$v=19$m=65536,t=10,p=4$${TAIL}`, `$argon2id$v=19$m=65537,t=1,p=1$${TAIL}`],
    [`$argon2id$v=19$m=8,t=10,p=1$${TAIL}`, `$argon2id$v=19$m=8,t=11,p=1$${TAIL}`],
    [`$argon2id$v=19$m=32,t=1,p=4$${TAIL}`, `$argon2id$v=19$m=32,t=1,p=5$${TAIL}`],
    [`$2y$14$${SALT}${'A'.repeat(31)}`, `$2y$15$${SALT}${'A'.repeat(31)}`],
    [`$2y$04$${SALT}${'A'.repeat(31)}`, `$2y$03$${SALT}${'A'.repeat(31)}`],
    [`$pbkdf2-sha256$2000000$${TAIL}`, `$pbkdf2-sha256$2000001$${TAIL}`],
    [`$pbkdf2-sha256$1000000$${SALT}$${LONG}`, `$pbkdf2-sha256$1000001$${SALT}$${LONG}`],
    [`pbkdf2_sha256$2000000$salt$${DIGEST}=`, `pbkdf2_sha256$2000001$salt$${DIGEST}=`],
    [`$scrypt$ln=16,r=8,p=4$${TAIL}`, `$scrypt$ln=17,r=8,p=1$${TAIL}`],
    [`$scrypt$ln=16,r=8,p=1$${TAIL}`, `$scrypt$ln=16,r=9,p=1$${TAIL}`],
    [`$scrypt$ln=16,r=8,p=4$${TAIL}`, `$scrypt$ln=16,r=8,p=5$${TAIL}`],
    [`$scrypt$ln=1,r=32,p=32$${TAIL}`, `$scrypt$ln=1,r=33,p=1$${TAIL}`],
    [`$scrypt$ln=1,r=32,p=32$${TAIL}`, `$scrypt$ln=1,r=1,p=33$${TAIL}`],
    [`$sha256$o=sp$${TAIL}`, `$sha256$o=sp$${'A'.repeat(500)}$${DIGEST}`],
  ])('%s is below, %s above', (below, above) => {
    expect(describeHash(below)).not.toBeNull();
    expect(describeHash(above)).toBeNull();
    expect(verifyForeign(above, ASCII)).toBe(false);
  });
});

describe('a malformed hash', () => {
  it.each([
    '',
    '!',
    'password',
    '$',
    '$$$$',
    `$argon2id$v=18$m=64,t=1,p=1$${TAIL}`,
    `$argon2id$v=19$m=64,t=0,p=1$${TAIL}`,
    `$argon2id$v=19$m=64,t=1,p=0$${TAIL}`,
    `$argon2id$v=19$m=0,t=1,p=0$${TAIL}`,
    `$argon2id$v=19$m=-64,t=1,p=1$${TAIL}`,
    `$argon2id$v=19$m=6e1,t=1,p=1$${TAIL}`,
    `$argon2id$v=19$m=64,t=1,p=1$AAAA$${DIGEST}`,
    `$argon2id$v=19$m=64,t=1,p=1$${SALT}$AAAA`,
    `$argon2id$v=19$m=64,t=1,p=1$${SALT}$${LONG}A`,
    `$argon2id$v=19$m=64,t=1,p=1$${SALT}$`,
    `$argon2id$v=19$m=64,t=1,p=1$$${DIGEST}`,
    `$argon2id$v=19$m=64,t=1,p=1$${TAIL}\n`,
    `$argon2x$v=19$m=64,t=1,p=1$${TAIL}`,
    `$2x$04$${SALT}${'A'.repeat(31)}`,
    `$2b$4$${SALT}${'A'.repeat(31)}`,
    `$2b$04$${SALT}${'A'.repeat(30)}`,
    `$2b$04$${SALT}${'A'.repeat(32)}`,
    `$pbkdf2-md5$1000$${TAIL}`,
    `$pbkdf2-sha256$0$${TAIL}`,
    `$pbkdf2-sha256$i=1000,l=31$${TAIL}`,
    `$pbkdf2-sha256$1000$${SALT}$AAAA`,
    `pbkdf2_sha256$1000$$${DIGEST}`,
    `pbkdf2_sha256$0$salt$${DIGEST}`,
    `$scrypt$ln=0,r=8,p=1$${TAIL}`,
    `$scrypt$ln=99,r=8,p=1$${TAIL}`,
    `$scrypt$ln=4,r=0,p=1$${TAIL}`,
    `$scrypt$ln=4,r=8,p=0$${TAIL}`,
    `$scrypt$ln=4,r=8,p=1$${SALT}$AAAA`,
    `$sha256$o=xx$${TAIL}`,
    `$sha256$o=sp$${SALT}$${LONG}`,
  ])('%j is of no password', (hash) => {
    expect(describeHash(hash)).toBeNull();
    expect(verifyForeign(hash, ASCII)).toBe(false);
  });

  it('is of no password, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string()), fc.string(), (hash, password) => {
        expect(verifyForeign(hash, password)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is of no other password, however a true one was damaged', () => {
    const cheap = hashes.filter((hash) => !/29000|ln=10|^\$2/.test(hash));
    const damaged = fc
      .tuple(
        fc.constantFrom(...cheap),
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.string({ unit: 'binary', maxLength: 2 }),
      )
      // No digit is put in, for it could make the hash a thousand times as dear.
      .map(([hash, place, cut, text]) => {
        const at = place % hash.length;
        return hash.slice(0, at) + text.replace(/\d/g, '$') + hash.slice(at + cut);
      });
    fc.assert(
      fc.property(damaged, (hash) => {
        expect(verifyForeign(hash, 'another password')).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused for parameters of any size, or verifies nothing', () => {
    const size = fc.oneof(fc.nat({ max: 9 }), fc.integer({ min: 70_000 }), fc.constant(-1));
    fc.assert(
      fc.property(size, size, size, (a, b, c) => {
        for (const hash of [
          `$argon2id$v=19$m=${a},t=${b},p=${c}$${TAIL}`,
          `$scrypt$ln=${a},r=${b},p=${c}$${TAIL}`,
          `$pbkdf2-sha256$i=${a > 9 ? a * 100 : a},l=${b}$${TAIL}`,
        ]) {
          expect(verifyForeign(hash, ASCII)).toBe(false);
        }
      }),
    );
  });
});
