import { COUNTRIES } from '../lib/countries.ts';
import { deviceOf } from '../lib/device.ts';
import { LANGUAGES, type Language } from '../lib/language.ts';
import { rfc3339 } from '../lib/time.ts';
import type { View } from './view.ts';

/** A moment for people and for programs; Unix milliseconds. */
export function timeOf(view: View, at: number): { shown: string; datetime: string } {
  const format = new Intl.DateTimeFormat(view.locale ?? view.language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return { shown: `${format.format(at)} UTC`, datetime: rfc3339(at) };
}

/** A device as its owner recognises it. */
export function deviceName({ text }: View, userAgent: string | null): string {
  const device = deviceOf(userAgent);
  return device ? text.account.devices.device(device) : text.account.devices.unknown;
}

/** Where a client was: `Berlin, Germany`. */
export function placeName(view: View, place: { city?: string | null; country: string | null }): string {
  const { city, country } = place;
  return [city, country && countryName(country, view.language)].filter(Boolean).join(', ');
}

/** Every country with its name, in the order of the language; one of the user's that is not listed comes first. */
export function countryOptions(language: Language, current: string | null): [string, string][] {
  const listed = COUNTRIES.map((code): [string, string] => [code, countryName(code, language)]);
  const { compare } = new Intl.Collator(language);
  listed.sort(([, one], [, other]) => compare(one, other));
  return current && !COUNTRIES.includes(current) ? [[current, current], ...listed] : listed;
}

/** The languages that people are addressed in, by their own names, and the user's if it is another. */
export function languageOptions(current: string | null): [string, string][] {
  const tags = current && !LANGUAGES.some((known) => known === current) ? [current, ...LANGUAGES] : LANGUAGES;
  return tags.map((tag) => [tag, languageName(tag)]);
}

function languageName(tag: string): string {
  // DisplayNames takes no extensions such as `-u-ca-buddhist` (ECMA-402, 12.5.1).
  const name = new Intl.DisplayNames(tag, { type: 'language' }).of(new Intl.Locale(tag).baseName) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}

function countryName(code: string, language: Language): string {
  // The network also says T1 for Tor.
  if (!/^[A-Z]{2}$/.test(code)) return code;
  return new Intl.DisplayNames(language, { type: 'region' }).of(code) ?? code;
}

/** One or two letters that stand for somebody without a picture. */
export function initialsOf(name: string): string {
  const words = name.match(/[\p{L}\p{N}][^\s._-]*/gu) ?? [];
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  const letters = chosen.map((word) => [...new Intl.Segmenter().segment(word ?? '')][0]?.segment ?? '');
  return letters.join('').toLocaleUpperCase();
}
