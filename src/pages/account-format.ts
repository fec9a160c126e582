import type { PaymentMethod } from '../billing/service.ts';
import type { PriceRow } from '../billing/tables.ts';
import { dateOf } from '../lib/calendar.ts';
import { COUNTRIES } from '../lib/countries.ts';
import { deviceOf } from '../lib/device.ts';
import { LANGUAGES, type Language } from '../lib/language.ts';
import { rfc3339 } from '../lib/time.ts';
import type { View } from './view.ts';

/** A moment for people and for programs; Unix milliseconds. */
export function timeOf(view: View, at: number): { shown: string; datetime: string } {
  const format = new Intl.DateTimeFormat(localeOf(view), {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return { shown: `${format.format(at)} UTC`, datetime: rfc3339(at) };
}

/** The UTC day of a moment; Unix milliseconds. */
export function dayOf(view: View, at: number): { shown: string; datetime: string } {
  const format = new Intl.DateTimeFormat(localeOf(view), { dateStyle: 'medium', timeZone: 'UTC' });
  return { shown: format.format(at), datetime: dateOf(at) };
}

/** A UTC date without its year. */
export function dayMonthOf(view: View, date: string): string {
  const format = { day: 'numeric', month: 'short', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(localeOf(view), format).format(new Date(date));
}

/** A number, with a sign before it if it is a change. */
export function numberOf(view: View, count: number, isChange = false): string {
  return new Intl.NumberFormat(localeOf(view), { signDisplay: isChange ? 'exceptZero' : 'auto' }).format(
    count,
  );
}

/** Currencies of which Stripe counts other units than ISO 4217 has. */
const STRIPE_DIGITS: Record<string, number> = { isk: 2, ugx: 2, mga: 0 };

/** An amount of money, from Stripe's smallest unit of the currency. */
export function moneyOf(view: View, amount: number, currency: string): string {
  const format = new Intl.NumberFormat(localeOf(view), { style: 'currency', currency });
  const digits = STRIPE_DIGITS[currency] ?? format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}

/** What a price is, and how often. */
export function priceOf(view: View, { unitAmount, currency, months }: PriceRow): string {
  const text = view.text.account.billing;
  if (unitAmount === null) return text.priceAtCheckout;
  const price = moneyOf(view, unitAmount, currency);
  if (months === null) return price;
  if (months === 1) return text.perMonth(price);
  if (months === 12) return text.perYear(price);
  if (Number.isInteger(months)) return text.perMonths(price, months);
  return text.perDays(price, Math.round((months * 365) / 12));
}

/** A way to pay as its owner recognises it. */
export function methodName({ text }: View, { type, brand, last4 }: PaymentMethod): string {
  const name = sentence(brand ?? type);
  return last4 === null ? name : text.account.billing.ending4(name, last4);
}

/** What a resource of plans is called. */
export function resourceName({ text }: View, resource: string): string {
  const { resources } = text.account.usage;
  const known = Object.hasOwn(resources, resource) ? resources[resource] : undefined;
  return known ?? sentence(resource);
}

/** A name as programs write it, as words. */
function sentence(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}

function localeOf({ locale, language }: View): string {
  return locale ?? language;
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
