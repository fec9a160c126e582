import type { CreditReversal, InvoiceCredits, NamedReversal } from '../account/metering-contract.ts';
import type { Credits } from '../credits/service.ts';
import { primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import { DAY } from '../lib/time.ts';
import type { Plans } from '../plans/service.ts';
import type { Customers } from './customers.ts';
import {
  billedUntil,
  lossesOf,
  paidFromBalance,
  type Reading,
  standsAlone,
  worths,
} from './invoice-credits.ts';
import { partyOf } from './payer-directory.ts';
import type { BillingProvider, Invoice } from './port.ts';
import type { PriceList } from './price-list.ts';
import { keepInvoiceRates, readInvoiceRates } from './rate-store.ts';
import { noteReversal } from './reversal-store.ts';
import { findSubscription } from './store.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { CustomerRow } from './tables.ts';
import { paymentReference, type TopUps } from './top-ups.ts';

/** How far back invoices are read again: longer than the longest period, by which what a line gives back was billed. */
const HISTORY = 400 * DAY;
/** So much of what was billed was lost, in the smallest unit of the currency; more than all where money was given back twice. */
interface Loss {
  lost: number;
  paid: number;
}
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
  topUps: TopUps;
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
    if (!invoice || !owner) return false;
    const rates = await this.#ratesOf(owner);
    const isOfPlan = invoice.lines.some(
      ({ priceId }) => priceId !== null && rates(priceId, invoiceId) !== null,
    );
    if (!invoice.subscriptionId && !isOfPlan) return false;
    if (invoice.subscriptionId) await subscriptions.sync(invoice.subscriptionId);
    if (invoice.status !== 'paid') return true;
    await this.#settle(owner, invoice, rates, null);
    if (invoice.credited > 0) await this.#settle(owner, invoice, rates, () => this.#lossOf(invoiceId, null));
    return true;
  }

  /** An invoice was credited, or is not any more: credits go as the money did. */
  async credited(invoiceId: string): Promise<boolean> {
    const { stripe, customers } = this.#deps;
    if (!(await this.invoiced(invoiceId))) return false;
    const invoice = await stripe.invoice(invoiceId);
    const owner = invoice?.customerId ? await customers.owner(invoice.customerId) : null;
    if (!invoice || !owner) return false;
    if (invoice.status !== 'paid' || invoice.credited > 0) return true;
    await this.#settle(owner, invoice, await this.#ratesOf(owner), () => this.#lossOf(invoiceId, null));
    return true;
  }

  /** Part of a charge was refunded or is disputed, or a dispute was won: credits go, or come back, in proportion. */
  async reversed(chargeId: string): Promise<boolean> {
    const { stripe, customers } = this.#deps;
    const charge = await stripe.charge(chargeId);
    const owner = charge?.customerId ? await customers.owner(charge.customerId) : null;
    if (!charge?.paymentIntentId || !owner) return false;
    const invoiceId = await stripe.invoiceOfPayment(charge.paymentIntentId);
    if (!invoiceId) return this.#takePackBack(owner, charge.paymentIntentId, chargeId);
    // Whoever tells of the loss first learns of the payment.
    if (!(await this.invoiced(invoiceId))) return false;
    const invoice = await stripe.invoice(invoiceId);
    if (!invoice) return false;
    const rates = await this.#ratesOf(owner);
    await this.#settle(owner, invoice, rates, () => this.#lossOf(invoiceId, chargeId));
    return true;
  }

  /** Whose money goes back must not be charged again because their credits go. `share`: what of it was known to be lost before. */
  async #endTopUp(owner: CustomerRow, { lost, paid }: Loss, share: number): Promise<void> {
    if (lost / paid > share) await this.#deps.topUps.end(owner);
  }

  async #takePackBack(owner: CustomerRow, paymentIntentId: string, chargeId: string): Promise<boolean> {
    const { stripe, credits, topUps } = this.#deps;
    const checkout = await stripe.checkoutOfPayment(paymentIntentId);
    // Whoever tells of the loss first learns of the payment.
    if (!(await (checkout ? this.completed(checkout.id) : topUps.told(paymentIntentId)))) return false;
    const reference = checkout ? purchaseOf(checkout.id) : paymentReference(paymentIntentId);
    return this.#unlessConflict(async () => {
      const { revision, share } = await credits.reversed(partyOf(owner), reference);
      // Once more: what is told has to be newer than the revision.
      const charge = await stripe.charge(chargeId);
      if (!charge) return false;
      const { lost, amount: paid } = charge;
      await this.#endTopUp(owner, { lost, paid }, share);
      const reversal = { reference, lost, paid, credits: null, revision, actor: ACTOR };
      await this.#note(owner, { reference, ...(await credits.reverse(partyOf(owner), reversal)) });
      return true;
    });
  }

  /**
   * Books what an invoice brings or gives back. If that depends on those before it, they are booked first, and what was lost
   * of any is reckoned anew, for the money that was lost may have moved on. `findLoss` looks up what was lost of this one;
   * null when nothing is known to be.
   */
  async #settle(
    owner: CustomerRow,
    invoice: Invoice,
    rateOf: Reading['rateOf'],
    findLoss: (() => Promise<Loss>) | null,
  ): Promise<void> {
    const { credits } = this.#deps;
    await this.#keepRates(owner, invoice, rateOf);
    await this.#unlessConflict(async () => {
      if (!findLoss && standsAlone(invoice)) {
        const reading = { rateOf, period: null };
        await credits.settle(partyOf(owner), { invoices: bookingsOf([invoice], reading), losses: [] });
        return true;
      }
      const known = await credits.settle(partyOf(owner), { invoices: [], losses: [] });
      const loss = findLoss && (await findLoss());
      const invoices = await this.#until(invoice);
      const reading = { rateOf, period: await this.#periodOf(invoice) };
      const losses = reversalsOf(invoices, reading, known, loss && { ...loss, id: invoice.id });
      const own = ({ reference }: { reference: string }) => reference === grantOf(invoice.id);
      // Of what brought no credits none go.
      const taken = losses.find((one) => own(one) && (one.credits?.total ?? 0) > 0);
      if (taken) await this.#endTopUp(owner, taken, known.find(own)?.share ?? 0);
      const settled = await credits.settle(partyOf(owner), {
        invoices: bookingsOf(invoices, reading),
        losses,
      });
      for (const reversal of settled) {
        const before = known.find(({ reference }) => reference === reversal.reference);
        const isNews = before?.revision !== reversal.revision || own(reversal);
        if (isNews || reversal.taken < reversal.total) await this.#note(owner, reversal);
      }
      return true;
    });
  }

  /** The customer's invoices up to one of them, as far back as one can still matter. */
  async #until(invoice: Invoice): Promise<Invoice[]> {
    const { customerId, createdAt, currency } = invoice;
    const all = await this.#deps.stripe.paidInvoices(customerId as string, createdAt - HISTORY);
    const others = all.filter(({ id }) => id !== invoice.id);
    const at = all.findIndex(({ id }) => id === invoice.id);
    const found = at === -1 ? [...others, invoice] : [...all.slice(0, at), invoice, ...all.slice(at + 1)];
    return found.filter((one) => one.currency === currency);
  }

  async #periodOf({ subscriptionId }: Invoice): Promise<Reading['period']> {
    const row = subscriptionId && (await findSubscription(primary(this.#deps.d1).db, subscriptionId));
    return row ? { start: row.periodStart, end: row.periodEnd } : null;
  }

  /** What was lost of an invoice: of its charges, of which one may be known to have paid all, and by credit notes. */
  async #lossOf(invoiceId: string, chargeId: string | null): Promise<Loss> {
    const { stripe } = this.#deps;
    const [invoice, charge] = await Promise.all([
      stripe.invoice(invoiceId),
      chargeId === null ? null : stripe.charge(chargeId),
    ]);
    if (!invoice) return { lost: 0, paid: 1 };
    const isAlone = charge && charge.amount >= invoice.amountPaid;
    const charges = isAlone ? [charge] : await stripe.chargesOfInvoice(invoiceId);
    const otherwise = invoice.credited > 0 ? await stripe.creditedOtherwise(invoiceId) : 0;
    const lost = charges.reduce((sum, one) => sum + one.lost, otherwise);
    return { lost, paid: Math.max(1, invoice.total) };
  }

  async #note({ payerId, realmId }: CustomerRow, reversed: NamedReversal): Promise<void> {
    const { reference, total: credits, taken, revision } = reversed;
    const row = { reference, payerId, realmId, credits, taken, revision, updatedAt: Date.now() };
    await noteReversal(primary(this.#deps.d1).db, row);
  }

  /** Tries again what somebody else has come between. Throws `conflict` when somebody always does. */
  async #unlessConflict(work: () => Promise<boolean>): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      try {
        return await work();
      } catch (error) {
        // It brought no credits, so there are none to take.
        if (error instanceof ApiError && error.code === 'transaction_not_found') return true;
        if (!(error instanceof ApiError && error.code === 'conflict')) throw error;
      }
    }
    throw new ApiError('conflict');
  }

  /**
   * What prices bring: by an invoice what they did when it was first read, whatever plans bring since; else what they do now;
   * and for a price that was taken off the list, which goes on for those who have it, what it brought last.
   */
  async #ratesOf({ payerId, realmId }: CustomerRow): Promise<Reading['rateOf']> {
    const { d1, prices, plans } = this.#deps;
    const [known, terms, kept] = await Promise.all([
      prices.of(realmId),
      plans.terms(realmId),
      readInvoiceRates(primary(d1).db, payerId),
    ]);
    return (priceId, invoiceId) => {
      const before = kept.find((row) => row.invoiceId === invoiceId && row.priceId === priceId);
      if (before) return before;
      const price = known.find((row) => row.priceId === priceId);
      if (!price) return kept.findLast((row) => row.priceId === priceId) ?? null;
      if (!price.plan) return null;
      const { months, unitAmount, currency } = price;
      const monthlyCredits = terms.plans[price.plan]?.monthlyCredits ?? 0;
      return { monthlyCredits, months: months ?? 0, unitAmount, currency };
    };
  }

  /** Remembers by what an invoice is read, the first time. */
  async #keepRates(
    { payerId }: CustomerRow,
    { id: invoiceId, createdAt, lines }: Invoice,
    rateOf: Reading['rateOf'],
  ): Promise<void> {
    const prices = new Set(lines.map(({ priceId }) => priceId).filter((priceId) => priceId !== null));
    const rows = [...prices].flatMap((priceId) => {
      const rate = rateOf(priceId, invoiceId);
      if (!rate) return [];
      const { monthlyCredits, months, unitAmount, currency } = rate;
      return [{ invoiceId, priceId, payerId, monthlyCredits, months, unitAmount, currency, createdAt }];
    });
    await keepInvoiceRates(primary(this.#deps.d1).db, rows);
  }

  async #add(
    owner: CustomerRow,
    addition: { type: 'purchase' | 'grant'; amount: number; reference: string; expiresAt: number | null },
  ): Promise<void> {
    try {
      await this.#deps.credits.book(partyOf(owner), { ...addition, description: null, actor: ACTOR });
    } catch (error) {
      // It was added, and since then the plan was changed: what was given is given.
      if (!(error instanceof ApiError && error.code === 'reference_reused')) throw error;
    }
  }
}

const purchaseOf = (checkoutId: string) => `checkout:${checkoutId}`;
const grantOf = (invoiceId: string) => `invoice:${invoiceId}`;

/** What is to be booked of invoices, oldest first: what of a period is over has nothing left to bring or to give back. */
function bookingsOf(invoices: Invoice[], reading: Reading): InvoiceCredits[] {
  const now = Date.now();
  const found = worths(invoices, reading, () => 0, now);
  return invoices
    .filter((invoice) => billedUntil(invoice) > now)
    .map((invoice) => {
      const amount = Math.round(found.get(invoice.id)?.credits ?? 0);
      const expiresAt =
        billedUntil(invoice, ({ givesBack }) => givesBack === amount < 0) || billedUntil(invoice);
      return {
        reference: grantOf(invoice.id),
        amount,
        expiresAt,
        paidFromBalance: paidFromBalance(invoice),
        actor: ACTOR,
      };
    })
    .filter(({ amount }) => amount !== 0);
}

/** What is to be taken of invoices of which something was lost, as far as is known. */
function reversalsOf(
  invoices: Invoice[],
  reading: Reading,
  known: NamedReversal[],
  fresh: (Loss & { id: string }) | null,
): CreditReversal[] {
  const now = Date.now();
  const before = new Map(known.map((one) => [one.reference, one]));
  const shares = new Map(
    invoices
      .map(({ id }) => [id, before.get(grantOf(id))?.share ?? 0] as const)
      .filter(([, share]) => share > 0),
  );
  if (fresh) shares.set(fresh.id, fresh.lost / fresh.paid);
  const sound = worths(invoices, reading, () => 0, now);
  return [...lossesOf(invoices, reading, shares, now)].map(([id, { credits, running }]) => {
    // What an invoice gives back by itself it goes on giving back.
    const givenBack = Math.max(0, -Math.round(sound.get(id)?.credits ?? 0));
    const share = shares.get(id) ?? 0;
    const { lost, paid } = fresh?.id === id ? fresh : { lost: share, paid: 1 };
    return {
      reference: grantOf(id),
      lost,
      paid,
      credits: { total: givenBack + Math.round(credits), running: givenBack + Math.round(running) },
      revision: before.get(grantOf(id))?.revision ?? 0,
      actor: ACTOR,
    };
  });
}
