import { COUNTRIES } from '../lib/countries.ts';
import { localized } from '../lib/localized.ts';

let codes: Map<string, string> | undefined;

/** The code (ISO 3166-1) of a country that is given by its code or English name; null for anything else. */
export function countryCode(country: string): string | null {
  if (COUNTRIES.includes(country.toUpperCase())) return country.toUpperCase();
  if (!codes) {
    const names = localized(Intl.DisplayNames, 'en', { type: 'region' });
    codes = new Map(COUNTRIES.map((code) => [`${names.of(code)}`.toLowerCase(), code]));
  }
  return codes.get(country.toLowerCase()) ?? null;
}
