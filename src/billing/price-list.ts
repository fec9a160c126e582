import { nearestReplica, primary } from '../db/client.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { Plans } from '../plans/service.ts';
import type { BillingProvider, Price } from './port.ts';
import { readPrices, replacePrices } from './store.ts';
import type { PriceRow } from './tables.ts';

/** What a price shall stand for. */
export type PriceMeaning = { priceId: string } & (
  | { plan: string; seats?: PriceRow['seats'] | undefined; metered?: string[] | undefined }
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
    for (const [position, meaning] of meanings.entries()) {
      const price = found[position];
      if (price && 'plan' in meaning && meaning.metered)
        await requireMetered(stripe, price, meaning.metered, `data.${position}.metered`);
    }
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

/** Throws 422 unless they are prices by use that one subscription can have beside a plan's, each by a meter of its own that adds up. */
async function requireMetered(
  stripe: BillingProvider,
  { months, currency }: Price,
  metered: string[],
  path: string,
): Promise<void> {
  const seen = new Set<string>();
  for (const [index, priceId] of metered.entries()) {
    const at = `${path}.${index}`;
    const price = await stripe.price(priceId);
    if (!price?.active) throw fieldError(at, 'unknown', 'Stripe has no such price, or it is archived');
    const meter = price.meterId === null ? null : await stripe.meter(price.meterId);
    if (!meter?.addsUp)
      throw fieldError(
        at,
        'mismatch',
        'Must be a price by use, whose meter is active and adds up single events',
      );
    if (price.months !== months || price.currency !== currency)
      throw fieldError(at, 'mismatch', 'Must be paid as often as the plan, in the same currency');
    if (seen.has(meter.id)) throw fieldError(at, 'mismatch', 'Two prices by one meter would bill use twice');
    seen.add(meter.id);
  }
}

function rowOf(realmId: string, meaning: PriceMeaning, price: Price | null, position: number): PriceRow {
  const path = `data.${position}.price_id`;
  if (!price?.active) throw fieldError(path, 'unknown', 'Stripe has no such price, or it is archived');
  const isPlan = 'plan' in meaning;
  if (price.meterId !== null)
    throw fieldError(path, 'mismatch', 'A price by use goes along with that of a plan');
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
    metered: isPlan && meaning.metered?.length ? meaning.metered : null,
    position,
  };
}
