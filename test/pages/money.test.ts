import { expect, it } from 'vitest';
import { formatMoney } from '../../src/pages/kit/format.ts';
import type { View } from '../../src/pages/kit/view.ts';

const reader = (locale: string) => ({ locale, language: 'en' }) as unknown as View;

// Stripe's smallest units: https://docs.stripe.com/currencies
it.each([
  ['eur', 1999, 'en-GB', '€19.99'],
  ['eur', 1999, 'de-DE', '19,99 €'],
  ['eur', -500, 'en-GB', '-€5.00'],
  ['jpy', 500, 'en-GB', 'JP¥500'],
  ['isk', 50_000, 'en-GB', 'ISK 500'],
  ['ugx', 50_000, 'en-GB', 'UGX 500'],
  ['mga', 500, 'en-GB', 'MGA 500'],
  ['kwd', 1500, 'en-GB', 'KWD 1.500'],
  ['huf', 50_000, 'en-GB', 'HUF 500'],
  ['huf', 50_050, 'en-GB', 'HUF 500.50'],
  ['idr', 1_000_000, 'en-GB', 'IDR 10,000'],
  ['iqd', 50_000, 'en-GB', 'IQD 500'],
  ['krw', 500, 'en-GB', '₩500'],
  ['xof', 500, 'en-GB', 'F CFA 500'],
  ['tnd', 1500, 'en-GB', 'TND 1.500'],
  ['usd', 1050, 'en-GB', 'US$10.50'],
])('%s %i is shown to a reader of %s as %s', (currency, amount, locale, shown) => {
  expect(formatMoney(reader(locale), amount, currency).replaceAll(/[\u00a0\u202f]/g, ' ')).toBe(shown);
});
