import { type Database, nearestReplica, primary } from '../db/client.ts';
import { noteAct } from '../directory/audit.ts';
import { DEFAULT_PLAN, ORGANIZATION_PLAN } from '../directory/state.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { MoneyAct } from '../http/money-act.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import { billingPageOf, Checkouts, requestKey, type WaysBack } from './checkouts.ts';
import { payerMetadata } from './customers.ts';
import { listReports } from './overage-store.ts';
import type { BillingKit } from './parts.ts';
import type { Payer, PayerRow } from './payer-directory.ts';
import type { Invoice, PaymentMethod, Price, ProviderSubscription } from './port.ts';
import { listReversals } from './reversal-store.ts';
import { quantityOf } from './seats.ts';
import { ENDED, findCustomer, findSubscription, listSubscriptions } from './store.ts';
import type {
  CustomerRow,
  OverageReportRow,
  PriceRow,
  ReversalRow,
  SubscriptionRow,
  TopUpRow,
} from './tables.ts';
import { findTopUp } from './top-up-store.ts';

export type { Payer } from './payer-directory.ts';
export type { Invoice, PaymentMethod } from './port.ts';

/** What to buy: the first price for a plan, or a price. */
export type Choice = { plan: string } | { priceId: string };

/** A subscription to begin. */
interface Order {
  price: PriceRow;
  quantity: number;
  paymentMethodId: string | undefined;
}

/** What can be asked of Stripe: anything else might become another address. */
const IS_ID = /^\w{1,100}$/;

/** What payers do about paying. Everything throws `billing_not_configured` where Stripe has no keys. */
export class Billing {
  readonly #kit: BillingKit;
  readonly #checkouts: Checkouts;

  constructor(kit: BillingKit) {
    this.#kit = kit;
    this.#checkouts = new Checkouts(kit);
  }

  get isConfigured(): boolean {
    return this.#kit.isConfigured;
  }

  /** What can be bought in a realm. */
  offers(realmId: string): Promise<PriceRow[]> {
    return this.#kit.isConfigured ? this.#kit.prices.of(realmId) : Promise.resolve([]);
  }

  /** A payer's newest subscription that is not over, as it was last heard of; needs no Stripe. */
  async subscription(payerId: string, bookmark: string | null): Promise<SubscriptionRow | null> {
    return newest(nearestReplica(this.#kit.deps.d1, bookmark).db, payerId);
  }

  /** A payer, with the plan, and what is paid for it; needs no Stripe. */
  async plan(
    payer: Payer,
    bookmark: string | null,
  ): Promise<{ row: PayerRow; paid: SubscriptionRow | null }> {
    const [row, paid] = await Promise.all([
      this.#kit.payers.find(payer),
      this.subscription(payer.payerId, bookmark),
    ]);
    return { row, paid };
  }

  /** Says where mails about what an organization pays go; null for the address of an owner. Throws `organization_not_found`. */
  async setEmail(payer: Payer, email: string | null, actor: string): Promise<void> {
    await this.#kit.payers.setEmail(payer, email, actor);
  }

  /** Writes into the audit log what somebody else than the payer has done, as the level of a route does. */
  async note({ payerId, realmId }: Payer, action: MoneyAct, actor: string): Promise<void> {
    await noteAct(this.#kit.deps.d1, { realmId, at: Date.now(), actor, action, target: payerId });
  }

  /** What a payer has set about buying credits again; null for nothing. */
  async topUp(payer: Payer): Promise<TopUpRow | null> {
    const { topUps } = this.#kit.parts;
    await this.#kit.payers.find(payer);
    return topUps.find(payer);
  }

  /** As `TopUps.set` says. */
  setTopUp(
    payer: Payer,
    wanted: { below: number; priceId: string; monthlyLimit: number },
  ): Promise<TopUpRow> {
    return this.#kit.parts.topUps.set(payer, wanted);
  }

  /** Buys credits no more by itself. */
  endTopUp(payer: Payer): Promise<void> {
    return this.#kit.parts.topUps.end(payer);
  }

  /**
   * Opens a checkout at Stripe for a plan or a pack of credits; for one `reference` one. Throws `subscription_exists`,
   * `price_not_found`, `reference_reused`, 422 for an address that the realm does not allow, `account_suspended`. `quantity`: packs, or
   * seats of an organization.
   */
  async checkout(
    payer: Payer,
    choice: Choice,
    wanted: number | undefined,
    back: WaysBack,
    reference?: string,
  ): Promise<{ id: string; url: string }> {
    const { customer, row } = await this.#payer(payer);
    const price = await this.#price(payer.realmId, choice);
    if (price.plan === null) return this.#checkouts.open(row, customer, price, wanted ?? 1, back, reference);
    const quantity = await this.#quantity(payer, price, wanted, 'quantity', null);
    const { subscriptions, stripe } = this.#kit.parts;
    return subscriptions.alone(payer.payerId, async () => {
      if (await subscriptions.changeable(customer)) throw new ApiError('subscription_exists');
      const opened = await this.#checkouts.open(row, customer, price, quantity, back, reference);
      // Of two open ones both could be paid.
      await stripe.expireCheckouts(customer.customerId, 'subscriptions', opened.id);
      return opened;
    });
  }

  /** Where the payer sees to all of it at Stripe. Throws 422 for an address that the realm does not allow. */
  async portal(payer: Payer, returnUrl: string | undefined): Promise<string> {
    const { customer, row } = await this.#payer(payer);
    const realm = await this.#kit.deps.realms.get(row.realmId);
    const back = this.#checkouts.wayBack(realm, 'return_url', returnUrl, billingPageOf(row));
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
    const { customerId } = await this.#owner(payer, id);
    const mail = await this.#kit.payers.noticeOf(payer, 'payment_method_changed');
    const set = () => this.#kit.parts.stripe.setDefaultPaymentMethod(customerId, id);
    await (mail ? this.#kit.deps.directory.mailing(mail, set) : set());
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
    const { customer, row } = await this.#payer(payer);
    const price = await this.#planPrice(payer.realmId, choice);
    const { subscriptions } = this.#kit.parts;
    return subscriptions.alone(payer.payerId, async (lease) => {
      const current = await subscriptions.changeable(customer);
      if (!current) {
        const quantity = await this.#quantity(payer, price, undefined, 'seats', lease);
        return this.#begin(row, customer, { price, quantity, paymentMethodId }, { lease, reference });
      }
      if (reference === undefined || current.reference !== reference)
        throw new ApiError('subscription_exists');
      if (current.priceId !== price.priceId) throw new ApiError('reference_reused');
      return (await findSubscription(primary(this.#kit.deps.d1).db, current.id)) as SubscriptionRow;
    });
  }

  /**
   * Brings a payer to a plan: begins, changes or resumes a subscription, or ends it with its period for the plan that costs nothing.
   * `seats`: how many an organization buys, where the plan is paid so. Gives the subscription there is then. Throws as `subscribe` does.
   * A plan that an admin has given is not touched.
   */
  async choosePlan(payer: Payer, choice: Choice, seats?: number): Promise<SubscriptionRow | null> {
    const { subscriptions } = this.#kit.parts;
    const { payerId } = payer;
    const free = isOrganizationId(payerId) ? ORGANIZATION_PLAN : DEFAULT_PLAN;
    if ('plan' in choice && choice.plan === free) {
      const known = await this.#known(payer);
      if (known) await subscriptions.alone(payerId, () => this.#endWithPeriod(known));
    } else {
      const { customer, row } = await this.#payer(payer);
      await subscriptions.alone(payerId, async (lease) => {
        const current = await subscriptions.changeable(customer);
        const price = await this.#planPrice(payer.realmId, choice, current?.priceId);
        // Whoever says no number of seats keeps theirs.
        const before = current?.seats === 'paid' && price.seats === 'paid' ? current.quantity : undefined;
        const quantity = await this.#quantity(payer, price, seats ?? before, 'seats', lease);
        if (current) await this.#change(current, price, quantity);
        else await this.#begin(row, customer, { price, quantity, paymentMethodId: undefined }, { lease });
      });
    }
    return newest(primary(this.#kit.deps.d1).db, payerId);
  }

  /** What is kept about a payer, for their export. */
  async export(payerId: string): Promise<{
    customerId: string | null;
    subscriptions: SubscriptionRow[];
    reversals: ReversalRow[];
    topUp: TopUpRow | null;
    overage: OverageReportRow[];
  }> {
    const { db } = primary(this.#kit.deps.d1);
    const [customer, subscriptions, reversals, topUp, overage] = await Promise.all([
      findCustomer(db, { payerId }),
      listSubscriptions(db, payerId),
      listReversals(db, payerId),
      findTopUp(db, payerId),
      listReports(db, payerId),
    ]);
    return { customerId: customer?.customerId ?? null, subscriptions, reversals, topUp, overage };
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

  async #change(current: ProviderSubscription, price: PriceRow, quantity: number): Promise<void> {
    const { subscriptions, stripe } = this.#kit.parts;
    const metered = await Promise.all((price.metered ?? []).map((id) => stripe.price(id)));
    const wanted = metered.filter((one) => one !== null);
    const has = ({ id }: Price) => current.items.some(({ priceId }) => priceId === id);
    if (current.priceId !== price.priceId || !wanted.every(has)) {
      await stripe.changePrice(current, price.priceId, quantity, wanted);
    } else {
      if (current.cancelAt !== null) await stripe.resume(current);
      if (current.quantity !== quantity) {
        await stripe.setQuantity(current, quantity, price.seats === 'paid' ? 'now' : 'next');
      }
    }
    await subscriptions.sync(current.id);
  }

  async #begin(
    payer: PayerRow,
    customer: CustomerRow,
    { price, quantity, paymentMethodId: wanted }: Order,
    { lease, reference }: { lease: number; reference?: string | undefined },
  ): Promise<SubscriptionRow> {
    const { stripe, subscriptions } = this.#kit.parts;
    const { customerId } = customer;
    const { methods, defaultId } = await stripe.paymentMethods(customerId);
    const chosen = methods.find(({ id }) => id === (wanted ?? defaultId)) ?? (wanted ? null : methods[0]);
    if (!chosen && wanted) throw new ApiError('payment_method_not_found');
    if (!chosen) throw await this.#checkouts.askToPay(payer, customer, price, quantity, 'payment_required');
    const metered = price.metered ?? [];
    const order = { customerId, priceId: price.priceId, quantity, metered, paymentMethodId: chosen.id };
    try {
      // Without a reference one key for one lease: who tries anew wants another answer than the one before.
      const { id } = await stripe.createSubscription(
        { ...order, metadata: { ...payerMetadata(customer), ...(reference && { reference }) } },
        reference ? requestKey(payer, reference) : `lease:${payer.id}:${lease}`,
      );
      await subscriptions.sync(id);
      return (await findSubscription(primary(this.#kit.deps.d1).db, id)) as SubscriptionRow;
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'payment_failed')) throw error;
      throw await this.#checkouts.askToPay(payer, customer, price, quantity, 'payment_failed', error.detail);
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

  #quantity(
    payer: Payer,
    price: PriceRow,
    wanted: number | undefined,
    path: string,
    lease: number | null,
  ): Promise<number> {
    return quantityOf(this.#kit.deps.d1, payer.payerId, price.seats, wanted, path, lease);
  }

  /** A payer's customer, if there is one; says whether there is such a payer. */
  async #known(payer: Payer): Promise<CustomerRow | null> {
    const { customers } = this.#kit.parts;
    await this.#kit.payers.find(payer);
    return customers.find(payer.payerId);
  }

  async #payer(payer: Payer): Promise<{ row: PayerRow; customer: CustomerRow }> {
    const { customers } = this.#kit.parts;
    const row = await this.#kit.payers.findActive(payer);
    return { row, customer: await customers.ensure(row) };
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

async function newest(db: Database, payerId: string): Promise<SubscriptionRow | null> {
  const rows = await listSubscriptions(db, payerId);
  return rows.find(({ status }) => !ENDED.includes(status)) ?? null;
}
