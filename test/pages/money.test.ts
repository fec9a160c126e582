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
])('%s %i is shown to a reader of %s as %s', (currency, amount, locale, shown) => {
  expect(formatMoney(reader(locale), amount, currency).replaceAll('\u00a0', ' ')).toBe(shown);
});
