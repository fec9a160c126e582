import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPassword } from '../../src/passwords/password-policy.ts';

const OWNER = { email: 'Ada.Lovelace@Example.com', username: 'countess_ada', name: 'Ada Lovelace' };

describe('a password that is accepted', () => {
  it.each([
    ['eight characters', 'kT9zq-wv'],
    ['eight digits that are not common', '83920174'],
    ['spaces and words', 'correct horse battery'],
    ['256 characters', 'ab'.repeat(128)],
    ['eight characters outside the BMP', '🔑🗝️🔒🔓🚪🏠🏡'],
    ['a common password within a longer one', 'password123-and-more-than-that'],
    ['the start of a common password', 'absolutel'],
    ['the end of a common password', 'bsolutely'],
    ['line ends', 'one\ntwo\nthree'],
    ['a part of the e-mail address', 'Example.com'],
  ])('has %s', (_what, password) => {
    expect(checkPassword(password, OWNER)).toBeNull();
  });
});

describe('the length', () => {
  it.each([
    ['', 'password_too_short'],
    ['kT9zq-w', 'password_too_short'],
    ['ab'.repeat(129), 'password_too_long'],
    [`a${'ab'.repeat(128)}`, 'password_too_long'],
    // Seven characters, fourteen UTF-16 units.
    ['🔑🗝🔒🔓🚪🏠🏡', 'password_too_short'],
    // Eight code points that NFKC composes to seven.
    ['kT9zqwe\u0301', 'password_too_short'],
  ])('of %j is refused', (password, problem) => {
    expect(checkPassword(password, OWNER)).toBe(problem);
  });

  it('is counted after NFKC, which makes two letters of a ligature', () => {
    expect(checkPassword('kT9zq-ﬁ', OWNER)).toBeNull();
  });

  it('is counted in code points for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (password) => {
        const length = [...password.normalize('NFKC')].length;
        const expected = length < 8 ? 'password_too_short' : length > 256 ? 'password_too_long' : null;
        expect([expected, expected ?? 'password_too_common']).toContain(checkPassword(password, {}));
      }),
    );
  });
});

describe('a password that is too common', () => {
  it.each([
    ['is in the list', 'password1'],
    ['is in the list, in other case', 'PassWord1'],
    ['is in the list, in full width', 'ｐａｓｓｗｏｒｄ１'],
    ['is the first of the list', '!qaz2wsx'],
    ['is the last of the list', 'zzzzzzz1'],
    ['is one character repeated', 'gggggggggggg'],
    ['is one emoji repeated', '🔑'.repeat(12)],
  ])('%s', (_what, password) => {
    expect(checkPassword(password, OWNER)).toBe('password_too_common');
  });
});

describe('a password that is too personal', () => {
  it.each([
    ['is the e-mail address', 'ada.lovelace@example.com'],
    ['is its local part', 'ADA.LOVELACE'],
    ['is the username', 'Countess_Ada'],
    ['is the name', 'ada lovelace'],
    ['is the name and a year', 'Lovelace1815!'],
    ['is the name twice', 'AdaLovelaceLovelaceAda'],
    ['is the name in full width', 'ＡｄａＬｏｖｅｌａｃｅ'],
    ['is the product', 'latchkey2026'],
    ['is the realm', 'Analytical-Engine-42'],
    ['is a part of the name of the realm', 'engineengine'],
  ])('%s', (_what, password) => {
    const owner = { ...OWNER, service: 'Analytical Engine' };
    expect(checkPassword(password, owner)).toBe('password_too_personal');
  });

  it.each(['ada keeps three lighthouses', 'latchkey over the hill', 'stepladder.9'])(
    'is not %j',
    (password) => {
      expect(checkPassword(password, OWNER)).toBeNull();
    },
  );

  it('is not the missing name of an owner without one', () => {
    expect(checkPassword('ada.lovelace', { email: null, username: null })).toBeNull();
  });
});
