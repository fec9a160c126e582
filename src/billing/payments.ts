import type { ReversedCredits } from '../account/metering-contract.ts';
import type { Credits } from '../credits/service.ts';
import { primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import { DAY } from '../lib/time.ts';
import type { Plans } from '../plans/service.ts';
import type { Customers } from './customers.ts';
import type { BillingProvider, Invoice, InvoiceLine } from './port.ts';
import type { PriceList } from './price-list.ts';
import { noteReversal } from './reversal-store.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { CustomerRow, PriceRow } from './tables.ts';

/** A month, where part of one is billed (milliseconds). */
const MONTH = (365 * DAY) / 12;
const ACTOR = 'system';
const TRIES = 6;

/** What payments are made of. */
export interface PaymentDependencies {
  d1: D1Database;
  stripe: BillingProvider;
  customers: Customers;
  prices: PriceList;
  subscriptions: Subscriptions;
  credits: Credits;
  plans: Plans;
}

/**
 * What payments bring, and what goes when they are lost again. All of it is fetched and named by what was paid, so that
 * however often and in whatever order it is told, it happens once. Each is false when it is nobody's here.
 */
export class Payments {
  readonly #deps: PaymentDependencies;

  constructor(deps: PaymentDependencies) {
    this.#deps = deps;
  }

  /** A checkout was completed: a pack of credits, or a subscription. */
  async completed(checkoutId: string): Promise<boolean> {
    const { stripe, subscriptions, customers } = this.#deps;
    const checkout = await stripe.checkout(checkoutId);
    const owner = checkout?.customerId ? await customers.owner(checkout.customerId) : null;
    if (!checkout || !owner) return false;
    if (checkout.subscriptionId) return subscriptions.sync(checkout.subscriptionId);
    const amount = Number(checkout.metadata.credits);
    if (!checkout.paid || !Number.isSafeInteger(amount) || amount <= 0) return false;
    await this.#add(owner, { type: 'purchase', amount, reference: purchaseOf(checkout.id), expiresAt: null });
    return true;
  }

  /** An invoice was paid, or could not be: the subscription says which plan there is, what was paid brings credits. */
  async invoiced(invoiceId: string): Promise<boolean> {
    const { stripe, subscriptions, customers } = this.#deps;
    const invoice = await stripe.invoice(invoiceId);
    const owner = invoice?.customerId ? await customers.owner(invoice.customerId) : null;
    if (!invoice?.subscriptionId || !owner) return false;
    await subscriptions.sync(invoice.subscriptionId);
    if (invoice.status === 'paid') await this.#grant(owner, invoice);
    return true;
  }

  /** Part of a charge was refunded or is disputed, or a dispute was won: credits go, or come back, in proportion. */
  async reversed(chargeId: string): Promise<boolean> {
    const { stripe, customers, credits } = this.#deps;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const charge = await stripe.charge(chargeId);
      const owner = charge?.customerId ? await customers.owner(charge.customerId) : null;
      if (!charge?.paymentIntentId || !owner) return false;
      const reference = await this.#paidFor(charge.paymentIntentId);
      if (!reference) return false;
      try {
        const { revision } = await credits.reversed(owner, reference);
        // Once more: what is told has to be newer than the revision.
        const now = await stripe.charge(chargeId);
        if (!now) return false;
        const reversal = { reference, lost: now.lost, paid: now.amount, revision, actor: ACTOR };
        await this.#note(owner, reference, await credits.reverse(owner, reversal));
        return true;
      } catch (error) {
        // It brought no credits, so there are none to take.
        if (error instanceof ApiError && error.code === 'transaction_not_found') return true;
        if (!(error instanceof ApiError && error.code === 'conflict')) throw error;
      }
    }
    throw new ApiError('conflict');
  }

  async #note({ userId, realmId }: CustomerRow, reference: string, reversed: ReversedCredits): Promise<void> {
    const { total: credits, taken, revision } = reversed;
    const row = { reference, userId, realmId, credits, taken, revision, updatedAt: Date.now() };
    await noteReversal(primary(this.#deps.d1).db, row);
  }

  /** The reference of the credits that a payment has brought; whoever tells of the loss first learns of the payment. */
  async #paidFor(paymentIntentId: string): Promise<string | null> {
    const { stripe } = this.#deps;
    const invoiceId = await stripe.invoiceOfPayment(paymentIntentId);
    if (invoiceId) return (await this.invoiced(invoiceId)) ? grantOf(invoiceId) : null;
    const checkout = await stripe.checkoutOfPayment(paymentIntentId);
    return checkout && (await this.completed(checkout.id)) ? purchaseOf(checkout.id) : null;
  }

  async #grant(owner: CustomerRow, invoice: Invoice): Promise<void> {
    const { prices, plans } = this.#deps;
    const [known, terms] = await Promise.all([prices.of(owner.realmId), plans.terms(owner.realmId)]);
    const monthlyCredits = (plan: string | null) => (plan ? (terms.plans[plan]?.monthlyCredits ?? 0) : 0);
    const shares = invoice.lines.map((line) => {
      const price = known.find((row) => row.priceId === line.priceId);
      return price ? monthlyCredits(price.plan) * line.quantity * monthsOf(line, price) : 0;
    });
    const amount = Math.round(shares.reduce((sum, share) => sum + share, 0));
    const expiresAt = Math.max(...invoice.lines.map(({ periodEnd }) => periodEnd));
    // What was paid for a period that is over has nothing left to bring.
    if (amount <= 0 || expiresAt <= Date.now()) return;
    await this.#add(owner, { type: 'grant', amount, reference: grantOf(invoice.id), expiresAt });
  }

  async #add(
    owner: CustomerRow,
    addition: { type: 'purchase' | 'grant'; amount: number; reference: string; expiresAt: number | null },
  ): Promise<void> {
    try {
      await this.#deps.credits.book(owner, { ...addition, description: null, actor: ACTOR });
    } catch (error) {
      // It was added, and since then the plan was changed: what was given is given.
      if (!(error instanceof ApiError && error.code === 'reference_reused')) throw error;
    }
  }
}

const purchaseOf = (checkoutId: string) => `checkout:${checkoutId}`;
const grantOf = (invoiceId: string) => `invoice:${invoiceId}`;

/** How many months a line bills; negative where it gives back, none where nothing is paid, as in a trial. */
function monthsOf(line: InvoiceLine, price: PriceRow): number {
  const months = line.prorated ? (line.periodEnd - line.periodStart) / MONTH : (price.months ?? 0);
  return Math.sign(line.amount) * months;
}
