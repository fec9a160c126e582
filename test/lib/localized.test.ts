import { describe, expect, it } from 'vitest';
import { localized } from '../../src/lib/localized.ts';

describe('a formatter', () => {
  const day = { dateStyle: 'medium', timeZone: 'UTC' } as const;

  it('is made once for a tag and options', () => {
    const german = localized(Intl.DateTimeFormat, 'de', day);
    expect(german.format(0)).toBe('01.01.1970');
    expect(localized(Intl.DateTimeFormat, 'de', { ...day })).toBe(german);
  });

  it('is another for each tag, kind and options', () => {
    const made = [
      localized(Intl.DateTimeFormat, 'en', day),
      localized(Intl.DateTimeFormat, 'de', day),
      localized(Intl.DateTimeFormat, 'de', { timeZone: 'UTC' }),
      localized(Intl.NumberFormat, 'de', {}),
      localized(Intl.PluralRules, 'de', {}),
      localized(Intl.DisplayNames, 'de', { type: 'region' }),
      localized(Intl.DisplayNames, 'de', { type: 'language' }),
    ];
    expect(new Set(made).size).toBe(made.length);
  });

  it('is forgotten when strangers choose hundreds of tags', () => {
    const first = localized(Intl.NumberFormat, 'fr', {});
    for (let at = 0; at < 300; at += 1) localized(Intl.NumberFormat, `de-x-a${at}`, {});
    expect(localized(Intl.NumberFormat, 'fr', {})).not.toBe(first);
  });

  it('is refused for what is no tag', () => {
    expect(() => localized(Intl.NumberFormat, 'not a tag', {})).toThrow(RangeError);
  });
});
