import type { PaymentMethod } from '../../billing/service.ts';
import type { PriceRow } from '../../billing/tables.ts';
import { kitMessages } from '../../languages/messages.ts';
import { dateOf } from '../../lib/calendar.ts';
import { COUNTRIES } from '../../lib/countries.ts';
import { deviceOf } from '../../lib/device.ts';
import { LANGUAGES, type Language } from '../../lib/language.ts';
import { localized } from '../../lib/localized.ts';
import { DAY, HOUR, MINUTE, rfc3339 } from '../../lib/time.ts';
import type { View } from './view.ts';

/** A moment for people and for programs; Unix milliseconds. */
export function formatTime(view: View, at: number): { shown: string; datetime: string } {
  const format = localized(Intl.DateTimeFormat, localeOf(view), {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return { shown: `${format.format(at)} UTC`, datetime: rfc3339(at) };
}

const UNITS = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
] as const;
/** From when on a moment is told by its day. */
const FAR = 30 * DAY;

/** How long ago a moment was, or how long it is until then, and its day where that is long; Unix milliseconds. */
export function formatRelative(view: View, at: number, now: number): string {
  const distance = Math.abs(at - now);
  if (distance >= FAR) return formatDate(view, at).shown;
  if (at <= now && distance < MINUTE) return kitMessages[view.language].justNow;
  const [unit, length] = UNITS.find(([, length]) => distance >= length) ?? ['minute', MINUTE];
  // What is over rounds down, and what is to come rounds up: nothing is told to be sooner than it is.
  const count = at > now ? Math.ceil(distance / length) : -Math.floor(distance / length);
  return localized(Intl.RelativeTimeFormat, localeOf(view), { numeric: 'auto' }).format(count, unit);
}

/** The UTC day of a moment as a headline of what happened on it. */
export function formatDayHeading(view: View, date: string): string {
  const format = {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  } as const;
  return localized(Intl.DateTimeFormat, localeOf(view), format).format(new Date(date));
}

/** The time of day of a moment, in UTC; Unix milliseconds. */
export function formatClock(view: View, at: number): string {
  return localized(Intl.DateTimeFormat, localeOf(view), { timeStyle: 'short', timeZone: 'UTC' }).format(at);
}

/** The UTC day of a moment; Unix milliseconds. */
export function formatDate(view: View, at: number): { shown: string; datetime: string } {
  const format = localized(Intl.DateTimeFormat, localeOf(view), { dateStyle: 'medium', timeZone: 'UTC' });
  return { shown: format.format(at), datetime: dateOf(at) };
}

/** A UTC date without its year. */
export function formatDayMonth(view: View, date: string): string {
  const format = { day: 'numeric', month: 'short', timeZone: 'UTC' } as const;
  return localized(Intl.DateTimeFormat, localeOf(view), format).format(new Date(date));
}

/** A number; a change has a sign before it. */
export function formatNumber(view: View, count: number, isChange = false): string {
  return localized(Intl.NumberFormat, localeOf(view), {
    signDisplay: isChange ? 'exceptZero' : 'auto',
  }).format(count);
}

/** A number as short as it can be said, such as `1.2K`. */
export function formatCompact(view: View, count: number): string {
  return localized(Intl.NumberFormat, localeOf(view), { notation: 'compact' }).format(count);
}

/** Currencies of which Stripe counts whole units, and those of which it counts thousandths; of all others, hundredths. */
const ZERO_DECIMAL = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THREE_DECIMAL = 'bhd jod kwd omr tnd'.split(' ');

/** How many digits an amount of a currency has after its point, as Stripe counts. */
function digitsOf(currency: string): number {
  const code = currency.toLowerCase();
  return ZERO_DECIMAL.includes(code) ? 0 : THREE_DECIMAL.includes(code) ? 3 : 2;
}

/** What was typed as an amount of a currency (`12.50`, `12,50`), in Stripe's smallest unit of it; NaN for what is none. */
export function smallestUnits(typed: string, currency: string): number {
  const digits = digitsOf(currency);
  const [, whole, fraction = ''] = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(typed.trim()) ?? [];
  if (whole === undefined || fraction.length > digits) return Number.NaN;
  return Number(whole + fraction.padEnd(digits, '0'));
}

/** The same the other way, as it is typed. */
export function largeUnits(amount: number, currency: string): string {
  return (amount / 10 ** digitsOf(currency)).toFixed(digitsOf(currency));
}

/** An amount of money, which is given in Stripe's smallest unit of the currency. */
export function formatMoney(view: View, amount: number, currency: string): string {
  const digits = digitsOf(currency);
  const value = amount / 10 ** digits;
  // Where a currency is written without a fraction, one that there is is shown all the same.
  const fraction = Number.isInteger(value) ? {} : { minimumFractionDigits: digits };
  return localized(Intl.NumberFormat, localeOf(view), { style: 'currency', currency, ...fraction }).format(
    value,
  );
}

/** A price, and how often it is paid. */
export function priceText(
  view: View,
  { unitAmount, currency, months }: Pick<PriceRow, 'unitAmount' | 'currency' | 'months'>,
): string {
  const text = kitMessages[view.language].prices;
  if (unitAmount === null) return text.atCheckout;
  const price = formatMoney(view, unitAmount, currency);
  if (months === null) return price;
  if (months === 1) return text.perMonth(price);
  if (months === 12) return text.perYear(price);
  if (Number.isInteger(months)) return text.perMonths(price, months);
  return text.perDays(price, Math.round((months * 365) / 12));
}

/** A payment method in words that its owner recognises. */
export function methodName({ language }: View, { type, brand, last4 }: PaymentMethod): string {
  const name = sentence(brand ?? type);
  return last4 === null ? name : kitMessages[language].endingIn(name, last4);
}

/** What a resource of plans is called. */
export function resourceName({ language }: View, resource: string): string {
  const { resources } = kitMessages[language];
  const known = Object.hasOwn(resources, resource) ? resources[resource] : undefined;
  return known ?? sentence(resource);
}

/** The words of a name such as `render_minutes`. */
function sentence(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}

/** What stands before something that it names, with the colon of the language. */
export function labelOf({ language }: View, name: string): string {
  return kitMessages[language].label(name);
}

function localeOf({ locale, language }: View): string {
  return locale ?? language;
}

/** A device in words that its owner recognises. */
export function deviceName({ language }: View, userAgent: string | null): string {
  const device = deviceOf(userAgent);
  const { device: named, unknownDevice } = kitMessages[language];
  return device ? named(device) : unknownDevice;
}

/** Whether a device is one that its owner carries. */
export function isHandheld(userAgent: string | null): boolean {
  return /android|iphone|ipad|mobile/i.test(userAgent ?? '');
}

/** The place of a client, such as `Berlin, Germany`. */
export function placeName(view: View, place: { city?: string | null; country: string | null }): string {
  const { city, country } = place;
  return [city, country && countryName(country, view.language)].filter(Boolean).join(', ');
}

/** Every country with its name, sorted as the language does. A country of the user that is not listed comes first. */
export function countryOptions(language: Language, current: string | null): [string, string][] {
  const listed = COUNTRIES.map((code): [string, string] => [code, countryName(code, language)]);
  const { compare } = localized(Intl.Collator, language, {});
  listed.sort(([, one], [, other]) => compare(one, other));
  return current && !COUNTRIES.includes(current) ? [[current, current], ...listed] : listed;
}

/** The languages of pages and mails by their own names, and the user's if it is another. */
export function languageOptions(current: string | null): [string, string][] {
  const tags = current && !LANGUAGES.some((known) => known === current) ? [current, ...LANGUAGES] : LANGUAGES;
  return tags.map((tag) => [tag, languageName(tag)]);
}

/** A language by its own name; a BCP 47 tag. */
export function languageName(tag: string): string {
  // DisplayNames takes no extensions such as `-u-ca-buddhist` (ECMA-402, 12.5.1).
  const name =
    localized(Intl.DisplayNames, tag, { type: 'language' }).of(new Intl.Locale(tag).baseName) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}

function countryName(code: string, language: Language): string {
  // Cloudflare also gives codes such as T1, for Tor.
  if (!/^[A-Z]{2}$/.test(code)) return code;
  return localized(Intl.DisplayNames, language, { type: 'region' }).of(code) ?? code;
}

/**
 * One or two letters in place of the picture of a user who has none. Of an address, which stands in for a name, only what is the
 * user's own.
 */
export function initialsOf(name: string): string {
  const words = name.replace(/@.*/, '').match(/[\p{L}\p{N}][^\s._-]*/gu) ?? [];
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  const letters = chosen.map(
    (word) => [...localized(Intl.Segmenter, 'en', {}).segment(word ?? '')][0]?.segment ?? '',
  );
  return letters.join('').toLocaleUpperCase();
}
