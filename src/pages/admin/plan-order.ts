import type { PriceRow } from '../../billing/tables.ts';
import { DEFAULT_PLAN } from '../../directory/state.ts';

/** Plans from the cheapest on: the free one first, and those that have no price last. */
export function byPrice<P extends { id: string }>(plans: P[], prices: PriceRow[]): P[] {
  const costs = new Map(
    [...Map.groupBy(prices, ({ plan }) => plan)].map(([plan, ofOne]) => [
      plan,
      Math.min(...ofOne.map(monthly)),
    ]),
  );
  const costOf = ({ id }: P) => (id === DEFAULT_PLAN ? -1 : (costs.get(id) ?? Number.MAX_VALUE));
  return plans.toSorted((one, other) => costOf(one) - costOf(other));
}

function monthly({ unitAmount, months }: PriceRow): number {
  return unitAmount === null ? Number.MAX_VALUE : unitAmount / (months ?? 1);
}
