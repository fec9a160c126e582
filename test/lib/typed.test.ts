import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OneTimeCodeField } from '../../src/codes/schemas.ts';
import { EmailField } from '../../src/directory/schemas.ts';
import { parseEmailAddress } from '../../src/lib/email-address.ts';
import { fold } from '../../src/lib/fold.ts';
import { parsePhoneNumber } from '../../src/lib/phone-number.ts';
import { parseIdentifier } from '../../src/passwords/identifier.ts';

describe('an e-mail address', () => {
  it.each([
    'r&d@example.com',
    "o'brien@example.com",
    "!#$%&'*+/=?^_`{|}~-@example.com",
    `${'a'.repeat(64)}@example.com`,
    'a@b.co',
  ])('%s is one', (address) => {
    expect(parseEmailAddress(address)).toEqual({ address });
    expect(parseIdentifier(address)).toEqual({ kind: 'email', value: address });
  });

  it.each([
    [' Ada@Example.COM ', 'ada@example.com'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@почта.рф', 'ada@xn--80a1acny.xn--p1ai'],
  ])('%s is kept as %s', (typed, address) => {
    expect(EmailField.parse(typed)).toBe(address);
  });

  it.each([
    'ada',
    '@example.com',
    'a..b@example.com',
    '.a@example.com',
    'a.@example.com',
    'a@b',
    'a@127.0.0.1',
    'a b@example.com',
    '"a"@example.com',
    'a@-b.com',
    'a@b-.com',
    'a,b@example.com',
    'a@b.com\r\nBcc: c@d.com',
  ])('%j is none', (typed) => expect(parseEmailAddress(typed)).toMatchObject({ problem: 'form' }));

  it.each([
    [`${'a'.repeat(65)}@example.com`, /64 characters before|before the @ at most 64/],
    [`a@${'b'.repeat(64)}.com`, /63/],
    [`a@${'b.'.repeat(130)}com`, /254/],
  ])('too long is refused by name', (typed, message) => {
    const [issue] = EmailField.safeParse(typed).error?.issues ?? [];
    expect(issue).toMatchObject({ code: 'too_big', message: expect.stringMatching(message) });
  });
});

describe('a phone number', () => {
  it.each([
    ['+49 (0)151 23456789', '+4915123456789'],
    ['0049 151 23456789', '+4915123456789'],
    ['+490151 23456789', '+4915123456789'],
    ['+44 (0)20 7183-8750', '+442071838750'],
    ['+39 06 1234567', '+39061234567'],
    ['＋４４２０７１８３８７５０', '+442071838750'],
    // As a document has it; no plan does.
    ['+1234567890', '+1234567890'],
  ])('%s is %s', (typed, number) => {
    expect(parsePhoneNumber(typed)).toBe(number);
    expect(parseIdentifier(typed)).toEqual({ kind: 'phone_number', value: number });
  });

  it.each([
    ['0151 23456789', '+49', '+4915123456789'],
    ['020 7183 8750', '44', '+442071838750'],
    ['+442071838750', '49', '+442071838750'],
  ])('%s beside %s is %s', (typed, code, number) => expect(parsePhoneNumber(typed, code)).toBe(number));

  it.each(['', '020 7183 8750', '+44 20 7183 8750 ext. 5', 'call +442071838750', '+12', '+0123456789'])(
    '%j is none',
    (typed) => expect(parsePhoneNumber(typed)).toBeNull(),
  );

  it('stands for itself once it is kept', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 6, maxLength: 15 });
    fc.assert(
      fc.property(digits, (text) => {
        const kept = parsePhoneNumber(`+${text}`);
        if (kept !== null) expect(parsePhoneNumber(kept)).toBe(kept);
      }),
    );
  });
});

it.each(['493817', ' 493 817 ', '493-817', '49–38–17', '４９３８１７', '4 9 3 8 1 7'])(
  'the one-time code %j may be typed so',
  (typed) => expect(OneTimeCodeField.parse(typed)).toBe('493817'),
);
it.each(['49381', '4938170', '49a817', ''])('%j is no one-time code', (typed) =>
  expect(OneTimeCodeField.safeParse(typed).success).toBe(false),
);

describe('a folded text', () => {
  it.each([
    ['Özlem', 'ozlem'],
    ['O\u0308ZLEM', 'ozlem'],
    ['İstanbul', 'istanbul'],
    ['Łukasz Weiß', 'lukasz weiss'],
    ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
    ['Nguyễn Thị', 'nguyen thi'],
    ['김철수', '김철수'],
  ])('of %s is %s', (text, folded) => expect(fold(text)).toBe(folded));

  it('is folded already', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
    );
  });
});
