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
/** Looking for a payment, seeing what is left of it, giving that back, and noting each. */
const PAYMENT_CALLS = 5;
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
  async heard(event: EventRow): Promise<boolean> {
    const { customerId, createdAt } = event;
    const gone = customerId === null ? null : await this.#goneOf(customerId);
    // What was paid before was for what they had then, however late it is heard of.
    if (!gone || createdAt < (gone.leftAt ?? 0)) return false;
    const found = await this.#paidBy(event, gone.leftAt ?? 0);
    const now = Date.now();
    for (const { paymentId, kept } of found) {
      const row = { id: paymentId, paymentId, customerId: gone.customerId, kept, begunAt: now, foundAt: now };
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
      const isBack = await this.#stripe.refund(payment.id, `stray:${payment.id}`, row.kept ?? 0);
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

  /** The payments of a checkout for a pack, or of an invoice, and what of each does not go back. */
  async #paidBy({ type, subject }: EventRow, leftAt: number): Promise<{ paymentId: string; kept: number }[]> {
    if (type === 'invoice.paid') {
      const share = await this.#usedShare(subject, leftAt);
      const charges = share < 1 ? await this.#stripe.chargesOfInvoice(subject) : [];
      return charges.flatMap(({ paymentIntentId: paymentId, amount }) =>
        paymentId === null ? [] : [{ paymentId, kept: Math.round(amount * share) }],
      );
    }
    if (!type.startsWith('checkout.session.')) return [];
    const checkout = await this.#stripe.checkout(subject);
    return checkout?.paid && checkout.paymentIntentId
      ? [{ paymentId: checkout.paymentIntentId, kept: 0 }]
      : [];
  }

  /** How much of an invoice pays for what its payer had when they left (0 to 1): what meters have counted, and periods that were over. */
  async #usedShare(invoiceId: string, leftAt: number): Promise<number> {
    const lines = (await this.#stripe.invoice(invoiceId))?.lines ?? [];
    let [all, used] = [0, 0];
    const meters = new Map<string, boolean>();
    for (const { priceId, amount, periodEnd } of lines) {
      if (priceId !== null && !meters.has(priceId))
        meters.set(priceId, (await this.#stripe.price(priceId))?.meterId != null);
      all += amount;
      if (periodEnd <= leftAt || (priceId !== null && meters.get(priceId))) used += amount;
    }
    return all > 0 ? Math.min(Math.max(used / all, 0), 1) : 0;
  }

  async #goneOf(customerId: string) {
    return this.#db.select().from(billingErasures).where(eq(billingErasures.customerId, customerId)).get();
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
