import { type Database, nearestReplica, primary } from '../db/client.ts';
import { DEFAULT_PLAN } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import { Checkouts, metadataOf, requestKey, type WaysBack } from './checkouts.ts';
import type { BillingKit } from './parts.ts';
import type { Invoice, PaymentMethod, ProviderSubscription } from './port.ts';
import { listReversals } from './reversal-store.ts';
import { ENDED, findCustomer, findSubscription, listSubscriptions } from './store.ts';
import type { CustomerRow, PriceRow, ReversalRow, SubscriptionRow } from './tables.ts';

export type { Invoice, PaymentMethod } from './port.ts';

/** Whose billing. */
export interface Payer {
  userId: string;
  realmId: string;
}

/** What to buy: the first price for a plan, or a price. */
export type Choice = { plan: string } | { priceId: string };

/** What can be asked of Stripe: anything else might become another address. */
const IS_ID = /^\w{1,100}$/;

/** What users do about paying. Everything throws `billing_not_configured` where Stripe has no keys. */
export class Billing {
  readonly #kit: BillingKit;
  readonly #checkouts: Checkouts;

  constructor(kit: BillingKit) {
    this.#kit = kit;
    this.#checkouts = new Checkouts(kit);
  }

  /** What can be bought in a realm. */
  offers(realmId: string): Promise<PriceRow[]> {
    return this.#kit.isConfigured ? this.#kit.prices.of(realmId) : Promise.resolve([]);
  }

  /** A user's newest subscription that is not over, as it was last heard of; needs no Stripe. */
  async subscription(userId: string, bookmark: string | null): Promise<SubscriptionRow | null> {
    return newest(nearestReplica(this.#kit.deps.d1, bookmark).db, userId);
  }

  /**
   * Opens a checkout at Stripe for a plan or a pack of credits; for one `reference` one. Throws `subscription_exists`,
   * `price_not_found`, `reference_reused`, 422 for an address that the realm does not allow, `account_suspended`.
   */
  async checkout(
    payer: Payer,
    choice: Choice,
    quantity: number,
    back: WaysBack,
    reference?: string,
  ): Promise<{ id: string; url: string }> {
    const { customer, user } = await this.#payer(payer);
    const price = await this.#price(payer.realmId, choice);
    if (price.plan === null) return this.#checkouts.open(user, customer, price, quantity, back, reference);
    if (quantity !== 1) throw fieldError('quantity', 'invalid', 'A plan is bought once');
    const { subscriptions, stripe } = this.#kit.parts;
    return subscriptions.alone(payer.userId, async () => {
      if (await subscriptions.changeable(customer)) throw new ApiError('subscription_exists');
      const opened = await this.#checkouts.open(user, customer, price, 1, back, reference);
      // Of two open ones both could be paid.
      await stripe.expireCheckouts(customer.customerId, opened.id);
      return opened;
    });
  }

  /** Where the user sees to all of it at Stripe. Throws 422 for an address that the realm does not allow. */
  async portal(payer: Payer, returnUrl: string | undefined): Promise<string> {
    const { customer, user } = await this.#payer(payer);
    const realm = await this.#kit.deps.realms.get(user.realmId);
    const back = this.#checkouts.wayBack(realm, 'return_url', returnUrl, '');
    return this.#kit.parts.stripe.createPortal(customer.customerId, back);
  }

  /** By whose secret the browser gives Stripe a way to pay, which never comes here. */
  async setupIntent(payer: Payer): Promise<{ id: string; clientSecret: string }> {
    const { customer } = await this.#payer(payer);
    return this.#kit.parts.stripe.createSetupIntent(customer.customerId);
  }

  async paymentMethods(payer: Payer): Promise<{ methods: PaymentMethod[]; defaultId: string | null }> {
    const customer = await this.#known(payer);
    if (!customer) return { methods: [], defaultId: null };
    return this.#kit.parts.stripe.paymentMethods(customer.customerId);
  }

  /** Throws `payment_method_not_found`. */
  async setDefaultPaymentMethod(payer: Payer, id: string): Promise<void> {
    const { directory } = this.#kit.deps;
    const { customerId } = await this.#owner(payer, id);
    const user = await directory.find(payer.realmId, { userId: payer.userId }, null);
    const notice = { change: 'payment_method_changed', about: null, client: null } as const;
    await directory.notifying(user, notice, () =>
      this.#kit.parts.stripe.setDefaultPaymentMethod(customerId, id),
    );
  }

  /** Throws `payment_method_not_found`. */
  async detachPaymentMethod(payer: Payer, id: string): Promise<void> {
    await this.#owner(payer, id);
    await this.#kit.parts.stripe.detachPaymentMethod(id);
  }

  async invoices(
    payer: Payer,
    page: { limit: number; cursor: string | undefined },
  ): Promise<{ invoices: Invoice[]; nextCursor: string | null }> {
    const customer = await this.#known(payer);
    if (!customer) return { invoices: [], nextCursor: null };
    const { limit, cursor: after } = page;
    const { stripe } = this.#kit.parts;
    if (after !== undefined && (await stripe.invoice(after))?.customerId !== customer.customerId) {
      throw fieldError('cursor', 'unknown', 'Must be `next_cursor` of a page before');
    }
    const { invoices, more } = await stripe.invoices(customer.customerId, { limit, after });
    return { invoices, nextCursor: more ? (invoices.at(-1)?.id ?? null) : null };
  }

  /**
   * Begins a subscription with a way to pay that is known. Throws `subscription_exists`, `conflict`, `payment_failed`,
   * `payment_method_not_found`, `price_not_found`, `reference_reused`, and `payment_required` with a checkout when no way
   * is known. Asked again with the same `reference`, it gives the subscription that was begun.
   */
  async subscribe(
    payer: Payer,
    choice: Choice,
    paymentMethodId: string | undefined,
    reference?: string,
  ): Promise<SubscriptionRow> {
    const { customer, user } = await this.#payer(payer);
    const price = await this.#planPrice(payer.realmId, choice);
    const { subscriptions } = this.#kit.parts;
    return subscriptions.alone(payer.userId, async (lease) => {
      const current = await subscriptions.changeable(customer);
      if (!current) return this.#begin(user, customer, price, paymentMethodId, { lease, reference });
      if (reference === undefined || current.reference !== reference)
        throw new ApiError('subscription_exists');
      if (current.priceId !== price.priceId) throw new ApiError('reference_reused');
      return (await findSubscription(primary(this.#kit.deps.d1).db, current.id)) as SubscriptionRow;
    });
  }

  /**
   * Brings a user to a plan: begins, changes or resumes a subscription, or ends it with its period for the plan `free`.
   * Gives the subscription there is then. Throws as `subscribe` does. A plan that an admin has given is not touched.
   */
  async choosePlan(payer: Payer, choice: Choice): Promise<SubscriptionRow | null> {
    const { subscriptions } = this.#kit.parts;
    if ('plan' in choice && choice.plan === DEFAULT_PLAN) {
      const known = await this.#known(payer);
      if (known) await subscriptions.alone(payer.userId, () => this.#endWithPeriod(known));
    } else {
      const { customer, user } = await this.#payer(payer);
      await subscriptions.alone(payer.userId, async (lease) => {
        const current = await subscriptions.changeable(customer);
        const price = await this.#planPrice(payer.realmId, choice, current?.priceId);
        if (current) await this.#change(current, price);
        else await this.#begin(user, customer, price, undefined, { lease });
      });
    }
    return newest(primary(this.#kit.deps.d1).db, payer.userId);
  }

  /** What is kept about a user, for their export. */
  async export(userId: string): Promise<{
    customerId: string | null;
    subscriptions: SubscriptionRow[];
    reversals: ReversalRow[];
  }> {
    const { db } = primary(this.#kit.deps.d1);
    const [customer, subscriptions, reversals] = await Promise.all([
      findCustomer(db, { userId }),
      listSubscriptions(db, userId),
      listReversals(db, userId),
    ]);
    return { customerId: customer?.customerId ?? null, subscriptions, reversals };
  }

  async #endWithPeriod(customer: CustomerRow): Promise<void> {
    const { subscriptions, stripe } = this.#kit.parts;
    const current = await subscriptions.changeable(customer);
    if (!current) return;
    // What ends sooner is left to end so.
    const ends = current.cancelAt !== null && current.cancelAt <= current.periodEnd;
    if (!ends) await stripe.cancelAtPeriodEnd(current.id);
    await subscriptions.sync(current.id);
  }

  async #change(current: ProviderSubscription, price: PriceRow): Promise<void> {
    const { subscriptions, stripe } = this.#kit.parts;
    if (current.priceId !== price.priceId) await stripe.changePrice(current, price.priceId);
    else if (current.cancelAt !== null) await stripe.resume(current);
    await subscriptions.sync(current.id);
  }

  async #begin(
    user: UserRow,
    customer: CustomerRow,
    price: PriceRow,
    wanted: string | undefined,
    { lease, reference }: { lease: number; reference?: string | undefined },
  ): Promise<SubscriptionRow> {
    const { stripe, subscriptions } = this.#kit.parts;
    const { customerId } = customer;
    const { methods, defaultId } = await stripe.paymentMethods(customerId);
    const chosen = methods.find(({ id }) => id === (wanted ?? defaultId)) ?? (wanted ? null : methods[0]);
    if (!chosen && wanted) throw new ApiError('payment_method_not_found');
    if (!chosen) throw await this.#checkouts.askToPay(user, customer, price, 'payment_required');
    const order = { customerId, priceId: price.priceId, paymentMethodId: chosen.id };
    try {
      // Without a reference one key for one lease: who tries anew wants another answer than the one before.
      const { id } = await stripe.createSubscription(
        { ...order, metadata: { ...metadataOf(user), ...(reference && { reference }) } },
        reference ? requestKey(user, reference) : `lease:${user.id}:${lease}`,
      );
      await subscriptions.sync(id);
      return (await findSubscription(primary(this.#kit.deps.d1).db, id)) as SubscriptionRow;
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'payment_failed')) throw error;
      throw await this.#checkouts.askToPay(user, customer, price, 'payment_failed', error.detail);
    }
  }

  async #planPrice(realmId: string, choice: Choice, before?: string): Promise<PriceRow> {
    const price = await this.#price(realmId, choice, before);
    if (price.plan === null) throw fieldError('price_id', 'mismatch', 'Credits are bought by a checkout');
    return price;
  }

  async #price(realmId: string, choice: Choice, before: string | null = null): Promise<PriceRow> {
    const { prices } = this.#kit;
    if ('plan' in choice) return prices.forPlan(realmId, choice.plan, before);
    return prices.get(realmId, choice.priceId);
  }

  /** A payer's customer, if there is one; says whether there is such a user. */
  async #known({ userId, realmId }: Payer): Promise<CustomerRow | null> {
    const { customers } = this.#kit.parts;
    await this.#kit.deps.directory.find(realmId, { userId }, null);
    return customers.find(userId);
  }

  async #payer({ userId, realmId }: Payer): Promise<{ user: UserRow; customer: CustomerRow }> {
    const { customers } = this.#kit.parts;
    const user = await this.#kit.deps.directory.find(realmId, { userId }, null);
    if (user.status !== 'active') throw new ApiError('account_suspended');
    return { user, customer: await customers.ensure(user) };
  }

  /** The customer whose way to pay that is. Throws `payment_method_not_found`, also for somebody else's. */
  async #owner(payer: Payer, id: string): Promise<CustomerRow> {
    const customer = await this.#known(payer);
    const method = customer && IS_ID.test(id) ? await this.#kit.parts.stripe.paymentMethod(id) : null;
    if (!customer || method?.customerId !== customer.customerId)
      throw new ApiError('payment_method_not_found');
    return customer;
  }
}

async function newest(db: Database, userId: string): Promise<SubscriptionRow | null> {
  const rows = await listSubscriptions(db, userId);
  return rows.find(({ status }) => !ENDED.includes(status)) ?? null;
}
