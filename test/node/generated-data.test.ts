import { type MetadataJson, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' };
import whole from 'libphonenumber-js/metadata.min.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { commonPasswords } from '../../src/cli/common-passwords.ts';
import { numberingPlans } from '../../src/cli/numbering-plans.ts';
import { ribbonFilter } from '../../src/cli/ribbon-filter.ts';
import { isProbablyIn } from '../../src/lib/ribbon-filter.ts';
import { checkPassword } from '../../src/passwords/password-policy.ts';

describe('common passwords', () => {
  const list = commonPasswords();

  it('are refused, all of them, in any case', () => {
    expect(list.size).toBeGreaterThan(15_000);
    const accepted = [...list].filter(
      (password) => !checkPassword(password, {}) || !checkPassword(password.toUpperCase(), {}),
    );
    expect(accepted).toEqual([]);
  });

  it('take one in 256 others with them, and none that is longer than they are', () => {
    const others = Array.from({ length: 20_000 }, (_, index) => `unlisted ${index}`).filter(
      (password) => !list.has(password),
    );
    const refused = others.filter((password) => checkPassword(password, {}));
    expect(refused.length / others.length).toBeGreaterThan(0.002);
    expect(refused.length / others.length).toBeLessThan(0.006);
    const longest = Math.max(...[...list].map((password) => password.length));
    expect(others.filter((password) => checkPassword(password.padEnd(longest + 1, '.'), {}))).toEqual([]);
  });

  it('take little more than a byte each', () => {
    const { slots } = ribbonFilter(list);
    expect(Buffer.from(slots, 'base64').length).toBeLessThan(20 * 1024);
  });
});

describe('a filter', () => {
  it.each([0, 1, 2, 100])('of %i texts has them', (count) => {
    const texts = Array.from({ length: count }, (_, index) => `text ${index}`);
    const filter = ribbonFilter(new Set(texts));
    expect(texts.filter((text) => !isProbablyIn(filter, text))).toEqual([]);
  });
});

it('a phone number is the same without how plans write it out', () => {
  const read = (text: string, plans: unknown) => {
    const found = parsePhoneNumberFromString(text, { extract: false }, plans as MetadataJson);
    return found && [found.number, found.isPossible(), found.ext];
  };
  const plans = numberingPlans();
  const codes = new Map(
    Object.entries(whole.countries).map(([country, [code]]) => [country, code as string]),
  );
  let numbers = 0;
  for (const [country, example] of Object.entries(examples)) {
    for (const national of [example, `0${example}`, example.slice(1), `${example}0`, `${example}000`]) {
      const text = `+${codes.get(country)}${national}`;
      expect(read(text, plans), text).toEqual(read(text, whole));
      numbers += 1;
    }
  }
  expect(numbers).toBeGreaterThan(1000);
});
