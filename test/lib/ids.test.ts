import { expect, it } from 'vitest';
import { madeAt, newId, timeDigits } from '../../src/lib/ids.ts';

it.each([
  // The example of the ULID specification, and its ends.
  [1_469_918_176_385, '01aryz6s41'],
  [0, '0000000000'],
  [2 ** 48 - 1, '7zzzzzzzzz'],
])('the time %i is written as ULIDs write it', (time, digits) => {
  expect(timeDigits(time)).toBe(digits);
  expect(madeAt(`usr_${digits}0000000000000000`)).toBe(time);
});

it('an id tells when it was made', () => {
  const now = Date.now();
  expect(madeAt(newId('ses', now))).toBe(now);
});

it('no random part is there twice, however many ids are made of one call', () => {
  const parts = Array.from({ length: 5000 }, () => newId('ses').slice(-16));
  expect(new Set(parts).size).toBe(5000);
});

it('every digit is as likely in each place behind the time', () => {
  const ids = Array.from({ length: 3200 }, () => newId('usr').slice(-16));
  for (let place = 0; place < 16; place += 1) {
    const counts = Object.values(Object.groupBy(ids, (id) => id.charAt(place))).map(
      (some) => some?.length ?? 0,
    );
    expect(counts).toHaveLength(32);
    expect(Math.min(...counts)).toBeGreaterThan(45);
  }
});
