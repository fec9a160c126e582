import type { Credits } from '../credits/service.ts';
import { primary } from '../db/client.ts';
import { ApiError, fieldError } from '../errors.ts';
import { backoff } from '../lib/backoff.ts';
import { endOf, monthOf } from '../lib/calendar.ts';
import { log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { HOUR, MINUTE } from '../lib/time.ts';
import { type Customers, payerMetadata } from './customers.ts';
import { type Payer, type PayerDirectory, partyOf } from './payer-directory.ts';
import type { BillingProvider, OffSessionPayment } from './port.ts';
import type { PriceList } from './price-list.ts';
import type { CustomerRow, PriceRow, TopUpRow } from './tables.ts';
import {
  beginPayment,
  claimTopUp,
  dueTopUps,
  endTopUp,
  findTopUp,
  postponePayment,
  releaseTopUp,
  setTopUp,
  settlePayment,
  stopTopUp,
} from './top-up-store.ts';

/** Longer than a payment may take, the retries of the SDK included. */
const LEASE = 2 * MINUTE;
const LONGEST_WAIT = HOUR;
const TOP_UPS_PER_RUN = 20;
/** What one takes at most: statements, calls of Stripe and of the object. */
const TOP_UP_CALLS = 20;
/** Stripe repeats the answer to a key that it knows, a failure of its own too: after so many tries a payment that it does not have is new. */
const TRIES_OF_A_KEY = 3;
/** By what a payment of Stripe's says that it is one of these: the number of it. */
export const TOP_UP_NUMBER = 'top_up';

/** What topping up is made of. */
export interface TopUpDependencies {
  d1: D1Database;
  stripe: BillingProvider;
  customers: Customers;
  payers: PayerDirectory;
  prices: PriceList;
  credits: Credits;
}

/**
 * Buys a pack of credits when few are left, one at a time and no more in a month than the payer has set, by a way to pay that is known.
 * A payment is a number of its payer's, written down before Stripe is asked: whatever crashes, it is made once.
 */
export class TopUps {
  readonly #deps: TopUpDependencies;

  constructor(deps: TopUpDependencies) {
    this.#deps = deps;
  }

  /** What a payer has set; null for nothing. */
  find({ payerId }: Payer): Promise<TopUpRow | null> {
    return findTopUp(this.#db, payerId);
  }

  /**
   * Turns it on. Throws `price_not_found`, `payment_required` where no way to pay is known, `conflict` while a payment is under way in
   * another currency, and 422 for what is no pack of credits or costs more than the limit.
   */
  async set(
    payer: Payer,
    wanted: { below: number; priceId: string; monthlyLimit: number },
  ): Promise<TopUpRow> {
    const { customers, payers, prices, credits } = this.#deps;
    const { priceId, monthlyLimit, below } = wanted;
    const row = await payers.findActive(payer);
    const price = await prices.get(payer.realmId, priceId);
    if (!isPack(price))
      throw fieldError('price_id', 'mismatch', 'Must be a pack of credits of a fixed price');
    if (monthlyLimit < price.unitAmount) {
      throw fieldError('monthly_limit', 'too_small', `One pack costs ${price.unitAmount}`);
    }
    const customer = await customers.ensure(row);
    if (!(await this.#methodOf(customer))) {
      throw new ApiError('payment_required', { detail: 'Add a way to pay first.' });
    }
    const setting = { below, priceId, monthlyLimit, currency: price.currency };
    // The object first: whatever falls from now on is told, and finds the setting or is looked for below.
    await credits.watch(partyOf(payer), below);
    const set = await setTopUp(this.#db, payer, setting, Date.now());
    if (set) return set;
    const kept = await this.find(payer);
    if (kept) {
      await credits.watch(partyOf(payer), kept.below);
      throw new ApiError('conflict', { detail: 'A payment in another currency is under way.' });
    }
    throw new ApiError(row.organization === null ? 'user_not_found' : 'organization_not_found');
  }

  /** Turns it off. */
  async end(payer: Payer): Promise<void> {
    await this.#deps.payers.find(payer);
    if (!(await this.find(payer))) return;
    // The object goes on telling of falls, which nobody minds: told to stop, it could miss what is turned on in the same moment.
    await endTopUp(this.#db, payer.payerId, Date.now());
  }

  /** Each minute: pays for whose balance has fallen, and finds out what became of payments that nobody has told of. */
  async run(now: number, budget: Budget): Promise<void> {
    if (!budget.take(1)) return;
    for (const { payerId, realmId } of await dueTopUps(this.#db, now, TOP_UPS_PER_RUN)) {
      if (!budget.take(TOP_UP_CALLS)) return;
      const claimed = await claimTopUp(this.#db, payerId, now, now + LEASE);
      if (!claimed) continue;
      try {
        await this.#handle(claimed, { payerId, realmId }, now);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        log('error', 'top_up_failed', { payer: payerId, code: error.code });
        const dueAt = now + backoff(claimed.pendingTries + 1, LONGEST_WAIT);
        const current = await this.find({ payerId, realmId });
        if (current?.pendingAmount != null)
          await postponePayment(this.#db, { ...current, leasedUntil: claimed.leasedUntil }, dueAt);
        else await releaseTopUp(this.#db, claimed, dueAt);
      }
    }
  }

  /** Somebody has heard of a payment: brings its credits if it was made, stops if it has failed. False when it is none of these. */
  async told(paymentId: string): Promise<boolean> {
    const payment = await this.#deps.stripe.payment(paymentId);
    const owner = payment?.customerId ? await this.#deps.customers.owner(payment.customerId) : null;
    if (!payment || !owner) return false;
    const number = Number(payment.metadata[TOP_UP_NUMBER]);
    if (!Number.isSafeInteger(number)) return false;
    const row = await this.find(owner);
    await this.#conclude(owner, row?.counter === number ? row : null, payment, Date.now());
    return true;
  }

  async #handle(row: TopUpRow, payer: Payer, now: number): Promise<void> {
    const customer = await this.#deps.customers.find(payer.payerId);
    if (row.pendingAmount !== null) {
      // Somebody has deleted the customer at Stripe: nobody can tell what became of it.
      if (!customer) return this.#stop(row, payer, 'no_payment_method', now);
      return this.#resume(row, customer, now);
    }
    const order = await this.#orderOf(row, payer, customer, now);
    if (!order || !customer) return;
    const begun = await beginPayment(this.#db, row, order, monthOf(now), now);
    if (begun) return this.#resume(begun, customer, now);
    // The month has had what it may: the next begins anew.
    await releaseTopUp(this.#db, row, endOf('month', now));
  }

  /** What to buy now; null when there is nothing to buy, or no way to, which is dealt with then. */
  async #orderOf(row: TopUpRow, payer: Payer, customer: CustomerRow | null, now: number) {
    const { credits, payers, prices } = this.#deps;
    const { isActive } = await payers.find(payer);
    const balance = isActive ? await credits.balance(partyOf(payer)) : Number.POSITIVE_INFINITY;
    if (balance >= row.below) {
      // Whoever is suspended may be below it when they are not any more, and the object has told of that.
      await releaseTopUp(this.#db, row, isActive ? null : now + HOUR);
      return null;
    }
    const price = (await prices.of(payer.realmId)).find(({ priceId }) => priceId === row.priceId);
    if (!price || !isPack(price) || price.currency !== row.currency) {
      await this.#stop(row, payer, 'price_gone', now);
      return null;
    }
    const method = customer && (await this.#methodOf(customer));
    if (!method) {
      await this.#stop(row, payer, 'no_payment_method', now);
      return null;
    }
    return { amount: price.unitAmount, credits: price.credits, method };
  }

  /** Makes the payment that is under way, unless Stripe has it. */
  async #resume(row: TopUpRow, customer: CustomerRow, now: number): Promise<void> {
    const { stripe } = this.#deps;
    const { customerId, payerId } = customer;
    const { counter, pendingTries: tries, pendingSince: since } = row;
    const begun = since ?? now;
    // A first try that nobody came back from is made again by the same key, while Stripe is sure to know that.
    const known =
      tries === 0 && now - begun < HOUR
        ? null
        : await stripe.findPayment(customerId, begun - HOUR, [TOP_UP_NUMBER, String(counter)]);
    const key = `top-up:${payerId}:${counter}${tries < TRIES_OF_A_KEY ? '' : `:${tries}`}`;
    const metadata = {
      ...payerMetadata(customer),
      [TOP_UP_NUMBER]: String(counter),
      credits: String(row.pendingCredits),
    };
    const order = {
      customerId,
      paymentMethodId: row.pendingMethod ?? '',
      amount: row.pendingAmount ?? 0,
      currency: row.currency,
      metadata,
    };
    const payment = known ?? (await stripe.payOffSession(order, key));
    await this.#conclude(customer, row, payment, now);
  }

  /** `row` is what has it under way; null when that is known no more. */
  async #conclude(
    owner: CustomerRow,
    row: TopUpRow | null,
    payment: OffSessionPayment,
    now: number,
  ): Promise<void> {
    if (payment.status === 'succeeded') {
      await this.#deps.credits.book(partyOf(owner), {
        type: 'purchase',
        amount: Number(payment.metadata.credits),
        reference: paymentReference(payment.id),
        expiresAt: null,
        description: null,
        actor: 'system',
      });
      if (row) await settlePayment(this.#db, row, now);
    } else if (row && payment.status === 'failed') {
      await this.#stop(row, owner, payment.reason ?? 'declined', now);
    } else if (row) await postponePayment(this.#db, row, now + HOUR);
  }

  async #stop(
    row: TopUpRow,
    { payerId, realmId }: Payer,
    reason: NonNullable<TopUpRow['reason']>,
    now: number,
  ): Promise<void> {
    const { payers } = this.#deps;
    const payer = { payerId, realmId };
    const mail = await payers.mail(payer, ({ name, organization }, link) => ({
      template: 'top_up_stopped',
      data: {
        name,
        organization,
        reason,
        link: link(organization === null ? '/account/billing' : `/account/organizations/${payerId}`),
      },
    }));
    const telling = payers.telling(payer, 'top_up_stopped', { reason }, now);
    const isStopped = await stopTopUp(this.#db, row, reason, now, (db, stopped) => [
      ...(mail ? [payers.mailing(db, mail, stopped)] : []),
      ...telling(db, stopped),
    ]);
    if (!isStopped) return;
    if (mail) payers.send(mail);
    await payers.log(payer, 'top_up_stopped', { reason });
  }

  async #methodOf({ customerId }: CustomerRow): Promise<string | null> {
    const { methods, defaultId } = await this.#deps.stripe.paymentMethods(customerId);
    return defaultId ?? methods[0]?.id ?? null;
  }

  get #db() {
    return primary(this.#deps.d1).db;
  }
}

/** What the ledger calls the credits of a payment. */
export function paymentReference(paymentId: string): string {
  return `payment:${paymentId}`;
}

function isPack(price: PriceRow): price is PriceRow & { credits: number; unitAmount: number } {
  return price.credits !== null && price.unitAmount !== null;
}
