import type Stripe from 'stripe';
import { SECOND } from '../../lib/time.ts';
import type {
  Charge,
  Checkout,
  Hint,
  Invoice,
  InvoiceLine,
  NamedPrice,
  OffSessionPayment,
  PaymentMethod,
  Price,
  ProviderSubscription,
  SubscriptionItem,
} from '../port.ts';

/** How many months a period of Stripe's has. */
const MONTHS = { day: 12 / 365, week: 84 / 365, month: 1, year: 12 } as Record<string, number>;
/** Disputes in which the money has left. */
const LOST = ['needs_response', 'under_review', 'lost', 'appeal_needs_response', 'appeal_under_review'];

const at = (seconds: number) => seconds * SECOND;
const atOrNull = (seconds: number | null | undefined) => (seconds == null ? null : at(seconds));

/** The id of what Stripe gives as an id or, expanded, as an object. */
function idOf(value: string | { id: string } | null | undefined): string | null {
  return typeof value === 'string' ? value : (value?.id ?? null);
}

/** An id that has to be there: a server that is not Stripe's answers 200 without one. */
export function requiredId(value: string | { id: string } | null | undefined): string {
  const id = idOf(value);
  if (!id) throw new Error('Stripe has answered with an object without an id');
  return id;
}

export function stripePriceOf(price: Stripe.Price): Price {
  const { recurring } = price;
  return {
    id: requiredId(price),
    active: price.active,
    unitAmount: price.unit_amount,
    currency: price.currency,
    meterId: recurring?.meter ?? null,
    months: recurring ? (MONTHS[recurring.interval] ?? 1) * recurring.interval_count : null,
  };
}

/** The price by its own name, or else that of its product. */
export function namedPriceOf(price: Stripe.Price): NamedPrice {
  const { product, nickname } = price;
  const called = typeof product === 'object' && !product.deleted ? product.name : null;
  return { ...stripePriceOf(price), name: nickname ?? called ?? price.id };
}

export function subscriptionOf(subscription: Stripe.Subscription): ProviderSubscription {
  const items = (subscription.items?.data ?? []).map((item) => itemOf(item, subscription.currency));
  const [first] = items;
  if (!first) throw new Error('Stripe has answered with a subscription to nothing');
  const invoice = subscription.latest_invoice;
  const withPeriod = subscription.cancel_at_period_end;
  const cancelAt = withPeriod ? first.periodEnd : atOrNull(subscription.cancel_at);
  return {
    ...first,
    id: requiredId(subscription),
    customerId: requiredId(subscription.customer),
    items,
    currency: subscription.currency,
    status: subscription.status,
    createdAt: at(subscription.created),
    cancelAtPeriodEnd: withPeriod || cancelAt === first.periodEnd,
    isCancelTimed: !withPeriod && cancelAt !== null,
    cancelAt,
    trialEnd: atOrNull(subscription.trial_end),
    invoicedAt: invoice && typeof invoice === 'object' ? at(invoice.created) : null,
    reference: subscription.metadata?.reference ?? null,
  };
}

function itemOf(item: Stripe.SubscriptionItem, ownCurrency: string): SubscriptionItem {
  const { id: priceId, unitAmount, currency, months, meterId } = stripePriceOf(item.price);
  // A price of several currencies tells its amount in one of them.
  const amount = currency === ownCurrency && unitAmount !== null ? unitAmount * (item.quantity ?? 1) : null;
  return {
    itemId: item.id,
    priceId,
    meterId,
    quantity: item.quantity ?? 1,
    amount,
    months,
    periodStart: at(item.current_period_start),
    periodEnd: at(item.current_period_end),
  };
}

export function checkoutOf(session: Stripe.Checkout.Session): Checkout {
  return {
    id: requiredId(session),
    customerId: idOf(session.customer),
    mode: session.mode,
    paid: session.payment_status === 'paid' || session.payment_status === 'no_payment_required',
    subscriptionId: idOf(session.subscription),
    paymentIntentId: idOf(session.payment_intent),
    metadata: session.metadata ?? {},
  };
}

export function invoiceOf(invoice: Stripe.Invoice, lines: Stripe.InvoiceLineItem[]): Invoice {
  return {
    id: requiredId(invoice),
    customerId: idOf(invoice.customer),
    subscriptionId: idOf(invoice.parent?.subscription_details?.subscription),
    number: invoice.number,
    status: invoice.status ?? 'draft',
    total: invoice.total,
    amountPaid: invoice.amount_paid,
    startingBalance: invoice.starting_balance ?? null,
    endingBalance: invoice.ending_balance ?? null,
    credited:
      (invoice.pre_payment_credit_notes_amount ?? 0) + (invoice.post_payment_credit_notes_amount ?? 0),
    currency: invoice.currency,
    createdAt: at(invoice.created),
    hostedUrl: invoice.hosted_invoice_url ?? null,
    pdfUrl: invoice.invoice_pdf ?? null,
    lines: lines.map(lineOf),
  };
}

function lineOf(line: Stripe.InvoiceLineItem): InvoiceLine {
  const { parent } = line;
  const details = parent?.subscription_item_details ?? parent?.invoice_item_details;
  return {
    priceId: idOf(line.pricing?.price_details?.price),
    quantity: line.quantity ?? 1,
    amount: line.amount,
    prorated: details?.proration ?? false,
    givesBack: line.amount < 0 || details?.proration_details?.credited_items != null,
    periodStart: at(line.period.start),
    periodEnd: at(line.period.end),
  };
}

/** What a credit note has given back otherwise than by a refund, which the charge tells of. */
export function creditedOtherwise({ status, amount, refunds }: Stripe.CreditNote): number {
  if (status === 'void') return 0;
  return amount - (refunds ?? []).reduce((sum, { amount_refunded: refunded }) => sum + refunded, 0);
}

export function chargeOf(charge: Stripe.Charge, disputes: Stripe.Dispute[]): Charge {
  const disputed = disputes.filter(({ status }) => LOST.includes(status));
  const lost = disputed.reduce((sum, { amount }) => sum + amount, charge.amount_refunded);
  return {
    id: requiredId(charge),
    customerId: idOf(charge.customer),
    paymentIntentId: idOf(charge.payment_intent),
    amount: charge.amount,
    lost: Math.min(lost, charge.amount),
  };
}

export function offSessionPaymentOf(intent: Stripe.PaymentIntent): OffSessionPayment {
  const { status, last_payment_error: failure } = intent;
  const isUnderWay = status === 'processing' || status === 'requires_capture';
  return {
    id: requiredId(intent),
    customerId: idOf(intent.customer),
    status: status === 'succeeded' ? 'succeeded' : isUnderWay ? 'processing' : 'failed',
    reason:
      status === 'succeeded' || isUnderWay
        ? null
        : failure?.code === 'authentication_required' || status === 'requires_action'
          ? 'authentication_required'
          : 'declined',
    metadata: intent.metadata ?? {},
  };
}

export function paymentMethodOf(method: Stripe.PaymentMethod): PaymentMethod {
  const { card } = method;
  return {
    id: requiredId(method),
    customerId: idOf(method.customer),
    type: method.type,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? null,
    expMonth: card?.exp_month ?? null,
    expYear: card?.exp_year ?? null,
    createdAt: at(method.created),
  };
}

interface EventObject {
  id?: unknown;
  object?: unknown;
  customer?: unknown;
  charge?: unknown;
  invoice?: unknown;
}

/**
 * What an event is about; null when it is not an event of Stripe's. Disputes and refunds are about their charge, credit
 * notes about their invoice.
 */
export function hintOf(event: Partial<Stripe.Event> | null): Hint | null {
  const object = event?.data?.object as EventObject | undefined;
  const before = event?.data?.previous_attributes as EventObject | undefined;
  const isOfCharge = object?.object === 'dispute' || object?.object === 'refund';
  // A method that was detached has no customer any more.
  const customer = (object?.object === 'customer' ? object.id : object?.customer) ?? before?.customer;
  const { id, type, created } = event ?? {};
  if (!isText(id) || !isText(type) || !Number.isSafeInteger(created)) return null;
  return {
    id,
    type,
    subject: textOrNull(
      isOfCharge ? object.charge : object?.object === 'credit_note' ? object.invoice : object?.id,
    ),
    customerId: textOrNull(customer),
    createdAt: at(created as number),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255;
}

const textOrNull = (value: unknown) => (isText(value) ? value : null);
