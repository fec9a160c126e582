import { and, eq, isNull, lte, sql } from 'drizzle-orm';
import { type Database, primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import { backoff } from '../lib/backoff.ts';
import { log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { HOUR, MINUTE } from '../lib/time.ts';
import type { BillingProvider, OffSessionPayment } from './port.ts';
import { billingErasures, type EventRow, type StrayPaymentRow, strayPayments } from './tables.ts';
import { TOP_UP_NUMBER } from './top-ups.ts';

const LONGEST_WAIT = HOUR;
const PAYMENTS_PER_RUN = 20;
/** Looking for a payment, giving it back, and noting that. */
const PAYMENT_CALLS = 4;
/** Longer than anybody goes on asking for a payment that was begun. */
const BEGUN_UNTIL = HOUR;
const LOOKED_FOR_AGAIN = 5 * MINUTE;

/**
 * Payments whose payer is gone. To refuse that somebody leaves until a bank debit is settled would keep them for days, so the money goes
 * back when it arrives: it buys nothing any more.
 */
export class StrayPayments {
  readonly #db: Database;
  readonly #stripe: BillingProvider;

  constructor(d1: D1Database, stripe: BillingProvider) {
    this.#db = primary(d1).db;
    this.#stripe = stripe;
  }

  /** Takes an event about a customer who is nobody's: whether one whose payer is gone has paid something, which is noted then. */
  async heard({ type, subject, customerId }: EventRow): Promise<boolean> {
    if (customerId === null || !(await this.#isGone(customerId))) return false;
    const found = await this.#paidBy(type, subject);
    const now = Date.now();
    for (const paymentId of found) {
      const row = { id: paymentId, paymentId, customerId, begunAt: now, foundAt: now };
      await this.#db.insert(strayPayments).values(row).onConflictDoNothing();
    }
    return found.length > 0;
  }

  /** Each minute: gives back what has arrived, until it has worked. */
  async run(now: number, budget: Budget): Promise<void> {
    if (!budget.take(1)) return;
    const due = await this.#db
      .select()
      .from(strayPayments)
      .where(and(isNull(strayPayments.settledAt), lte(strayPayments.nextAttemptAt, now)))
      .orderBy(strayPayments.nextAttemptAt)
      .limit(PAYMENTS_PER_RUN);
    for (const row of due) {
      if (!budget.take(PAYMENT_CALLS)) return;
      try {
        await this.#giveBack(row, now);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        await this.#postpone(row, now + backoff(row.attempts + 1, LONGEST_WAIT), error.code);
      }
    }
  }

  async #giveBack(row: StrayPaymentRow, now: number): Promise<void> {
    const payment = await this.#find(row);
    if (!payment) {
      // It may be asked for in this very moment.
      const isOver = row.paymentId !== null || now - row.foundAt > BEGUN_UNTIL;
      return isOver ? this.#settle(row, now) : this.#postpone(row, now + LOOKED_FOR_AGAIN, null);
    }
    // From then on its customer is not needed to find it.
    if (row.paymentId === null)
      await this.#db.update(strayPayments).set({ paymentId: payment.id }).where(eq(strayPayments.id, row.id));
    if (payment.status === 'processing') return this.#postpone(row, now + HOUR, null);
    if (payment.status === 'succeeded') {
      // By one key, however often: the money goes back once.
      const isBack = await this.#stripe.refund(payment.id, `stray:${payment.id}`);
      log(isBack ? 'info' : 'error', isBack ? 'payment_returned' : 'payment_not_returned', {
        payment: payment.id,
        customer: row.customerId,
      });
    }
    await this.#settle(row, now);
  }

  #find({ paymentId, customerId, begunAt, topUp }: StrayPaymentRow): Promise<OffSessionPayment | null> {
    if (paymentId !== null) return this.#stripe.payment(paymentId);
    return this.#stripe.findPayment(customerId, begunAt - HOUR, [TOP_UP_NUMBER, String(topUp)]);
  }

  /** The payments of a checkout for a pack, or of an invoice. */
  async #paidBy(type: string, subject: string): Promise<string[]> {
    if (type === 'invoice.paid') {
      const charges = await this.#stripe.chargesOfInvoice(subject);
      return charges.flatMap(({ paymentIntentId }) => paymentIntentId ?? []);
    }
    if (!type.startsWith('checkout.session.')) return [];
    const checkout = await this.#stripe.checkout(subject);
    return checkout?.paid && checkout.paymentIntentId ? [checkout.paymentIntentId] : [];
  }

  async #isGone(customerId: string): Promise<boolean> {
    return (await this.#db.$count(billingErasures, eq(billingErasures.customerId, customerId))) > 0;
  }

  async #settle({ id }: StrayPaymentRow, settledAt: number): Promise<void> {
    await this.#db.update(strayPayments).set({ settledAt, lastError: null }).where(eq(strayPayments.id, id));
  }

  async #postpone({ id }: StrayPaymentRow, nextAttemptAt: number, lastError: string | null): Promise<void> {
    await this.#db
      .update(strayPayments)
      .set({ nextAttemptAt, lastError, attempts: sql`${strayPayments.attempts} + 1` })
      .where(eq(strayPayments.id, id));
  }
}
