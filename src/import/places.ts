import { COUNTRIES } from '../lib/countries.ts';

let codes: Map<string, string> | undefined;

/** The code (ISO 3166-1) of a country that is given by its code or English name; null for anything else. */
export function countryCode(country: string): string | null {
  if (COUNTRIES.includes(country.toUpperCase())) return country.toUpperCase();
  if (!codes) {
    const names = new Intl.DisplayNames('en', { type: 'region' });
    codes = new Map(COUNTRIES.map((code) => [`${names.of(code)}`.toLowerCase(), code]));
  }
  return codes.get(country.toLowerCase()) ?? null;
}

/** A number in international form (E.164), of one that may be national beside its calling code; may be no number. */
export function internationalNumber(number: string, callingCode: string): string {
  const digits = number.replace(/[\s().-]/g, '');
  if (digits.startsWith('+')) return digits;
  if (digits.startsWith('00')) return `+${digits.slice(2)}`;
  const [, code] = /^\+?([1-9]\d{0,3})$/.exec(callingCode) ?? [];
  return code ? `+${code}${digits.replace(/^0/, '')}` : digits;
}
