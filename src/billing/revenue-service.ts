import { nearestReplica } from '../db/client.ts';
import { readRevenue } from './store.ts';

/** What a plan brings in one currency. */
export interface PlanRevenue {
  plan: string;
  /** ISO 4217, lower case. */
  currency: string;
  subscriptions: number;
  /** In a month, in the smallest unit of the currency. */
  monthlyAmount: number;
}

/** What comes in by subscriptions, from a roll-up. Needs no Stripe: without it nothing comes in. */
export class Revenue {
  readonly #d1: D1Database;

  constructor(d1: D1Database) {
    this.#d1 = d1;
  }

  /**
   * Monthly recurring revenue of a realm: of subscriptions that are active, on trial or past due, at their price without
   * discounts and taxes. By currency, the plan first that brings most.
   */
  async byPlan(realmId: string): Promise<PlanRevenue[]> {
    const rows = await readRevenue(nearestReplica(this.#d1).db, realmId);
    const groups = Map.groupBy(rows, ({ plan, currency }) => `${plan} ${currency}`);
    return [...groups.values()].map(revenueOf).sort(byCurrencyAndAmount);
  }
}

type Row = Awaited<ReturnType<typeof readRevenue>>[number];

function revenueOf(rows: Row[]): PlanRevenue {
  const [{ plan, currency }] = rows as [Row];
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    plan,
    currency,
    subscriptions: sum(({ subscriptions }) => subscriptions),
    // Rounded once: what is paid yearly or weekly has parts of a cent a month.
    monthlyAmount: Math.round(sum(({ amount, months }) => amount / months)),
  };
}

function byCurrencyAndAmount(a: PlanRevenue, b: PlanRevenue): number {
  return a.currency.localeCompare(b.currency) || b.monthlyAmount - a.monthlyAmount;
}
