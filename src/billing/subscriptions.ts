import { primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY, MINUTE } from '../lib/time.ts';
import type { Customers } from './customers.ts';
import type { PayerDirectory } from './payer-directory.ts';
import type { BillingProvider, ProviderSubscription } from './port.ts';
import type { PriceList } from './price-list.ts';
import { ENDED, findSubscription, listSubscriptions, listUnseen, release, seize } from './store.ts';
import { asTo } from './subscription-item.ts';
import type { CustomerRow, SubscriptionRow } from './tables.ts';

/** How often somebody else may write between reading and writing before it is left to a later try. */
const TRIES = 6;
/** Longer than changing a subscription may take, the retries of the SDK included. */
const LEASE = 2 * MINUTE;
/** Subscriptions are looked at anew at least this often, whatever webhooks say. */
const UNSEEN = DAY;
const UNSEEN_PER_RUN = 40;
/** What bringing a subscription to what it is takes at most: statements, calls of Stripe and of the object. */
const SYNC_CALLS = 20;
/** States in which a subscription can be changed. */
const CHANGEABLE = ['active', 'trialing', 'past_due', 'unpaid', 'paused'];

/** What subscriptions are made of. */
export interface SubscriptionDependencies {
  d1: D1Database;
  stripe: BillingProvider;
  customers: Customers;
  prices: PriceList;
  payers: PayerDirectory;
  /** How long a plan lasts on without a payment (milliseconds). */
  grace: number;
}

/** Subscriptions as Stripe has them, and the plans that payers have by them. */
export class Subscriptions {
  readonly #deps: SubscriptionDependencies;

  constructor(deps: SubscriptionDependencies) {
    this.#deps = deps;
  }

  /**
   * Brings a subscription here to what it is at Stripe, and the payer's plan with it. What is written was fetched after
   * what it replaces was written, so the order in which anybody heard of changes does not matter. False when it is
   * nobody's here. Throws `price_not_found` for a price that stands for nothing, `conflict`.
   */
  async sync(id: string): Promise<boolean> {
    const { d1, stripe, customers } = this.#deps;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const before = await findSubscription(primary(d1).db, id);
      const subscription = await stripe.subscription(id);
      const owner = subscription && (await customers.owner(subscription.customerId));
      if (!owner) return false;
      if (await this.#save(subscription, owner, before)) return true;
    }
    throw new ApiError('conflict');
  }

  /** The same for all of a payer's subscriptions that are not known to be over. */
  async syncAll(payerId: string): Promise<void> {
    for (const { id, status } of await listSubscriptions(primary(this.#deps.d1).db, payerId)) {
      if (!ENDED.includes(status)) await this.sync(id);
    }
  }

  /** The subscription that a customer can change, as Stripe has it; null when there is none. */
  async changeable({
    customerId,
    realmId,
    payerId,
  }: CustomerRow): Promise<(ProviderSubscription & Pick<SubscriptionRow, 'seats'>) | null> {
    const found = await this.#deps.stripe.subscriptions(customerId);
    const current = found.find(({ status }) => CHANGEABLE.includes(status));
    if (!current) return null;
    const known = await listSubscriptions(primary(this.#deps.d1).db, payerId);
    const before = known.find(({ id }) => id === current.id) ?? null;
    const { subscription, seats } = await this.#standing(current, realmId, before);
    return { ...subscription, seats };
  }

  /** Does what changes a payer's subscription while nobody else does. Throws `conflict` when somebody else does. */
  async alone<T>(payerId: string, work: (lease: number) => Promise<T>): Promise<T> {
    const { db } = primary(this.#deps.d1);
    const now = Date.now();
    const lease = now + LEASE;
    if (!(await seize(db, payerId, now, lease))) throw new ApiError('conflict');
    try {
      return await work(lease);
    } finally {
      await release(db, payerId, lease);
    }
  }

  /** Looks at subscriptions that nobody has told of for long. */
  async syncUnseen(now: number, budget: Budget): Promise<void> {
    if (!budget.take(1)) return;
    for (const { id } of await listUnseen(primary(this.#deps.d1).db, now - UNSEEN, UNSEEN_PER_RUN)) {
      if (!budget.take(SYNC_CALLS)) return;
      await this.sync(id);
    }
  }

  async #save(
    found: ProviderSubscription,
    owner: CustomerRow,
    before: SubscriptionRow | null,
  ): Promise<boolean> {
    const { payers, grace } = this.#deps;
    const now = Date.now();
    const { subscription, plan, seats } = await this.#standing(found, owner.realmId, before);
    if (plan === null) throw new ApiError('price_not_found');
    const { itemId, meterId, customerId, invoicedAt, reference, items, isCancelTimed, ...fields } =
      subscription;
    const row: SubscriptionRow = {
      ...fields,
      payerId: owner.payerId,
      plan,
      seats,
      meters: await this.#metersOf(subscription),
      holdsUntil: holdsUntil(subscription, grace),
      revision: (before?.revision ?? 0) + 1,
      fetchedAt: now,
    };
    return payers.holdPlan(owner.realmId, row, now);
  }

  /** The meters by which a subscription pays: names of their events, which never change. */
  async #metersOf({ items }: ProviderSubscription): Promise<string[] | null> {
    const ids = new Set(items.flatMap(({ meterId }) => (meterId === null ? [] : [meterId])));
    const found = await Promise.all([...ids].map((id) => this.#deps.stripe.meter(id)));
    const names = found.flatMap((meter) => (meter?.addsUp ? [meter.eventName] : []));
    return names.length > 0 ? names.sort() : null;
  }

  /**
   * A subscription as it is to the item that stands for a plan, and that plan, null when none does, and what its seats are. A price that
   * stands for nothing any more goes on standing for what it did for those who have it.
   */
  async #standing(
    subscription: ProviderSubscription,
    realmId: string,
    before: SubscriptionRow | null,
  ): Promise<
    { subscription: ProviderSubscription } & Pick<SubscriptionRow, 'seats'> & { plan: string | null }
  > {
    const prices = await this.#deps.prices.of(realmId);
    const meaningOf = (priceId: string) => prices.find((row) => row.priceId === priceId && row.plan !== null);
    const current = asTo(subscription, (priceId) => meaningOf(priceId) !== undefined);
    const { plan = null, seats = null } = meaningOf(current.priceId) ?? {};
    if (plan !== null || !before) return { subscription: current, plan, seats };
    const unchanged = asTo(subscription, (priceId) => priceId === before.priceId);
    if (unchanged.priceId !== before.priceId) return { subscription: unchanged, plan: null, seats: null };
    return { subscription: unchanged, plan: before.plan, seats: before.seats };
  }
}

/**
 * Until when a subscription gives its plan (Unix milliseconds), or null. Longer than it is paid for by the grace: while
 * a renewal is being paid, when a payment fails, and when nobody hears of Stripe; then it lapses by itself.
 */
export function holdsUntil(subscription: ProviderSubscription, grace: number): number | null {
  const { status, periodStart, periodEnd, cancelAt, invoicedAt } = subscription;
  const ends = cancelAt ?? Number.POSITIVE_INFINITY;
  if (status === 'active' || status === 'trialing') return Math.min(periodEnd + grace, ends);
  // The unpaid invoice has already begun the next period.
  if (status === 'past_due') return Math.min((invoicedAt ?? periodStart) + grace, ends);
  return null;
}
