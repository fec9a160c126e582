import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aboveFloor, aboveHash, median, quantile, type Sample, sum, summarise } from '../bench/statistics.ts';

/** A sample of ten requests that took `cpu` each. */
function sample(cpu: number, floor: number): Sample {
  return { floor, slice: { requests: 10, seconds: 2, cpu: cpu * 10, cpuAfter: 5 } };
}

it('finds the middle, and any other quantile', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([10, 0], 0.25)).toBe(2.5);
  expect(() => median([])).toThrow();
});

it('a quantile lies between the extremes, whatever the order', () => {
  const values = fc.array(fc.nat(), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const found = quantile(list, share);
      expect(found).toBeGreaterThanOrEqual(Math.min(...list));
      expect(found).toBeLessThanOrEqual(Math.max(...list));
      expect(quantile(list.toReversed(), share)).toBe(found);
    }),
  );
});

it('adds slices up', () => {
  const part = { requests: 1, seconds: 2, cpu: 3, cpuAfter: 4 };
  expect(sum([part, part])).toEqual({ requests: 2, seconds: 4, cpu: 6, cpuAfter: 8 });
});

it('compares with the floor of the same round, so that a slow machine changes no ratio', () => {
  const rounds = [sample(0.5, 0.2), sample(5, 2), sample(0.25, 0.1)];
  const summary = summarise(rounds);
  expect(summary.ratio).toBeCloseTo(2.5);
  for (const ratio of summary.ratios) expect(ratio).toBeCloseTo(2.5);
  expect(summary.cpu).toBeCloseTo(0.5);
  expect(summary).toMatchObject({ requestsPerSecond: 5, cpuAfter: 0.5 });
  expect(aboveFloor(rounds)).toBeCloseTo(0.3);
});

it('one disturbed round changes little', () => {
  expect(summarise([sample(2, 1), sample(90, 1), sample(2.2, 1)]).ratio).toBeCloseTo(2.2);
});

it('takes the hash out of sign-in, but not the call to the object', () => {
  const signIn = [sample(32, 0.2), sample(34, 0.2)];
  const hash = [sample(28.5, 0.2), sample(30.5, 0.2)];
  const object = [sample(0.4, 0.2), sample(0.4, 0.2)];
  // 0.2 floor + 0.2 call + 28.1 hash; sign-in has 3.7 more than floor and hash.
  for (const above of aboveHash(signIn, hash, object)) expect(above).toBeCloseTo(3.7);
  expect(() => aboveHash(signIn, [], object)).toThrow();
});
