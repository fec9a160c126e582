import { nearestReplica, primary } from '../db/client.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { Plans } from '../plans/service.ts';
import type { BillingProvider, Price } from './port.ts';
import { readPrices, replacePrices } from './store.ts';
import type { PriceRow } from './tables.ts';

/** What a price shall stand for. */
export type PriceMeaning = { priceId: string } & (
  | { plan: string; seats?: PriceRow['seats'] | undefined }
  | { credits: number }
);

/** A price for a plan. */
export type PlanPrice = PriceRow & { plan: string; months: number };

/** What the prices of Stripe stand for in a realm. */
export class PriceList {
  readonly #d1: D1Database;
  readonly #home: D1Database | null;
  readonly #plans: Plans;

  /** `home` is the database with the realm `default`, where it is another. */
  constructor(d1: D1Database, home: D1Database | null, plans: Plans) {
    this.#d1 = d1;
    this.#home = home;
    this.#plans = plans;
  }

  async of(realmId: string): Promise<PriceRow[]> {
    return this.#read(realmId, nearestReplica);
  }

  #read(realmId: string, open: typeof primary): Promise<PriceRow[]> {
    return readPrices(open(this.#d1).db, realmId, this.#home && open(this.#home).db);
  }

  /** Throws `price_not_found`. */
  async get(realmId: string, priceId: string): Promise<PriceRow> {
    const found = (await this.#read(realmId, primary)).find((row) => row.priceId === priceId);
    if (!found) throw new ApiError('price_not_found');
    return found;
  }

  /** The price for a plan: paid as often as before if there is one, else the first. Throws 422 for a plan without. */
  async forPlan(realmId: string, plan: string, before: string | null): Promise<PlanPrice> {
    const prices = (await this.#read(realmId, primary)).filter(isForPlan);
    const months = prices.find((row) => row.priceId === before)?.months;
    const found = prices.filter((row) => row.plan === plan);
    const chosen = found.find((row) => row.months === months) ?? found[0];
    if (!chosen) throw fieldError('plan', 'unknown', 'There is no such plan to buy');
    return chosen;
  }

  /**
   * Says what prices stand for, in place of all that was said before. Throws 422 for a price that Stripe does not have
   * or that is not such a one, and for a plan that the realm does not have.
   */
  async replace(realmId: string, meanings: PriceMeaning[], stripe: BillingProvider): Promise<PriceRow[]> {
    const { plans } = await this.#plans.terms(realmId);
    const found = await Promise.all(meanings.map(({ priceId }) => stripe.price(priceId)));
    const rows = meanings.map((meaning, position) => {
      const path = `data.${position}`;
      if ('plan' in meaning && !Object.hasOwn(plans, meaning.plan)) {
        throw fieldError(`${path}.plan`, 'unknown', 'The realm has no such plan');
      }
      return rowOf(realmId, meaning, found[position] ?? null, position);
    });
    await replacePrices(primary(this.#d1).db, realmId, rows);
    return rows;
  }
}

function isForPlan(row: PriceRow): row is PlanPrice {
  return row.plan !== null;
}

function rowOf(realmId: string, meaning: PriceMeaning, price: Price | null, position: number): PriceRow {
  const path = `data.${position}.price_id`;
  if (!price?.active) throw fieldError(path, 'unknown', 'Stripe has no such price, or it is archived');
  const isPlan = 'plan' in meaning;
  if (isPlan !== (price.months !== null)) {
    throw fieldError(path, 'mismatch', 'Plans are paid again and again, packs of credits once');
  }
  return {
    realmId,
    priceId: price.id,
    plan: isPlan ? meaning.plan : null,
    credits: isPlan ? null : meaning.credits,
    unitAmount: price.unitAmount,
    currency: price.currency,
    months: price.months,
    seats: isPlan ? (meaning.seats ?? null) : null,
    position,
  };
}
