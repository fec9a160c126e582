import { randomBytes } from 'node:crypto';

type Json = Record<string, any>;

/** What Stripe answers with instead of an object. */
export class StripeRefusal extends Error {
  readonly status: number;
  readonly error: Json;

  constructor(status: number, error: Json) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

const MONTH = 30 * 86_400;
const now = () => Math.floor(Date.now() / 1000);
const newId = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`;

/** The prices that tests map to plans and packs of credits. */
export const PRICES: Json[] = [
  price('price_pro_month', 2000, 'month'),
  price('price_pro_year', 20_000, 'year'),
  price('price_enterprise_month', 10_000, 'month'),
  price('price_unmapped_month', 100, 'month'),
  price('price_credits_500', 500, null),
  { ...price('price_retired', 500, null), active: false },
];

function price(id: string, unitAmount: number, interval: string | null): Json {
  return {
    id,
    object: 'price',
    active: true,
    currency: 'usd',
    unit_amount: unitAmount,
    type: interval ? 'recurring' : 'one_time',
    recurring: interval ? { interval, interval_count: 1, usage_type: 'licensed' } : null,
  };
}

/**
 * The objects of a Stripe account and what becomes of them, from the API reference of version 2026-10-28: as much of it
 * as billing goes by. Every change leaves an event.
 */
export class StripeAccount {
  readonly objects = new Map<string, Json>(PRICES.map((one) => [one.id, one]));
  readonly events: Json[] = [];

  list(type: string, matches: (object: Json) => boolean = () => true): Json[] {
    return [...this.objects.values()].filter((one) => one.object === type && matches(one)).toReversed();
  }

  get(id: string | undefined, param = 'id'): Json {
    const found = id === undefined ? undefined : this.objects.get(id);
    if (found) return found;
    const message = `No such object: '${id}'`;
    throw new StripeRefusal(404, { type: 'invalid_request_error', code: 'resource_missing', message, param });
  }

  tell(type: string, object: Json, previous?: Json): Json {
    const data = { object: structuredClone(object), ...(previous && { previous_attributes: previous }) };
    const event = { id: newId('evt'), object: 'event', type, created: now(), livemode: false, data };
    this.events.push(event);
    return event;
  }

  put<T extends Json>(prefix: string, object: T): T & { id: string } {
    const made = { id: newId(prefix), livemode: false, created: now(), ...object };
    this.objects.set(made.id, made);
    return made;
  }

  createCustomer({ email, metadata = {} }: Json): Json {
    const settings = { invoice_settings: { default_payment_method: null } };
    const customer = this.put('cus', { object: 'customer', email, metadata, ...settings });
    this.tell('customer.created', customer);
    return customer;
  }

  deleteCustomer(id: string): Json {
    const customer = this.get(id);
    this.objects.delete(id);
    for (const subscription of this.list('subscription', (one) => one.customer === id)) {
      if (subscription.status !== 'canceled') this.end(subscription);
    }
    this.tell('customer.deleted', customer);
    return { id, object: 'customer', deleted: true };
  }

  /** What the browser does with a setup intent: Stripe gets the card, never Latchkey. */
  attach(customer: string, card: { brand?: string; declines?: boolean } = {}): Json {
    this.get(customer);
    const details = { brand: card.brand ?? 'visa', last4: '4242', exp_month: 12, exp_year: 2031 };
    const extra = { declines: card.declines ?? false };
    const method = this.put('pm', {
      object: 'payment_method',
      type: 'card',
      customer,
      card: details,
      ...extra,
    });
    this.tell('payment_method.attached', method);
    return method;
  }

  detach(id: string): Json {
    const method = this.get(id);
    if (!method.customer) throw invalid('The payment method is not attached to a customer');
    const { customer } = method;
    const owner = this.get(customer);
    if (owner.invoice_settings.default_payment_method === id)
      owner.invoice_settings.default_payment_method = null;
    method.customer = null;
    this.tell('payment_method.detached', method, { customer });
    return method;
  }

  createSubscription(params: Json): Json {
    const { customer, metadata = {}, payment_behavior: behavior, trial_days: trialDays } = params;
    const wanted = this.get(params.items?.[0]?.price, 'items[0][price]');
    const method = this.get(params.default_payment_method, 'default_payment_method');
    if (method.customer !== customer) throw invalid('The payment method belongs to somebody else');
    if (method.declines && behavior === 'error_if_incomplete') throw declined();
    const start = now();
    const end = start + (trialDays ? trialDays * 86_400 : lengthOf(wanted));
    const id = newId('sub');
    const item = {
      id: newId('si'),
      price: wanted,
      quantity: 1,
      current_period_start: start,
      current_period_end: end,
    };
    const subscription: Json = this.put('sub', {
      id,
      object: 'subscription',
      customer,
      metadata,
      currency: wanted.currency,
      status: method.declines ? 'incomplete' : trialDays ? 'trialing' : 'active',
      items: { object: 'list', data: [item], has_more: false },
      default_payment_method: method.id,
      cancel_at: null,
      cancel_at_period_end: false,
      trial_end: trialDays ? end : null,
      latest_invoice: null,
    });
    this.bill(
      subscription,
      'subscription_create',
      [lineFor(wanted, start, end, trialDays ? 0 : wanted.unit_amount)],
      {
        pays: !method.declines,
      },
    );
    this.tell('customer.subscription.created', subscription);
    return subscription;
  }

  updateSubscription(id: string, params: Json): Json {
    const subscription = this.get(id);
    if (subscription.status === 'canceled')
      throw invalid('A canceled subscription can only update its metadata');
    const [item] = subscription.items.data;
    const wanted = params.items?.[0]?.price;
    if (wanted && wanted !== item.price.id) {
      if (params.items[0].id !== item.id) throw invalid('No such subscription item');
      if (this.get(subscription.default_payment_method).declines) throw declined();
      const [before, after] = [item.price, this.get(wanted)];
      item.price = after;
      const { current_period_start: start, current_period_end: end } = item;
      const left = (end - now()) / (end - start);
      this.bill(
        subscription,
        'subscription_update',
        [
          lineFor(before, now(), end, -Math.round(before.unit_amount * left), true),
          lineFor(after, now(), end, Math.round(after.unit_amount * left), true),
        ],
        { pays: true },
      );
    }
    if (params.cancel_at_period_end !== undefined) {
      subscription.cancel_at_period_end = String(params.cancel_at_period_end) === 'true';
      subscription.cancel_at = subscription.cancel_at_period_end ? item.current_period_end : null;
    }
    this.tell('customer.subscription.updated', subscription);
    return subscription;
  }

  /** A period is over: the next begins, and is paid or not. */
  renew(id: string, pays: boolean): Json {
    const subscription = this.get(id);
    const [item] = subscription.items.data;
    item.current_period_start = item.current_period_end;
    item.current_period_end += lengthOf(item.price);
    subscription.status = pays ? 'active' : 'past_due';
    const { current_period_start: start, current_period_end: end, price: wanted } = item;
    this.bill(subscription, 'subscription_cycle', [lineFor(wanted, start, end, wanted.unit_amount)], {
      pays,
    });
    this.tell('customer.subscription.updated', subscription);
    return subscription;
  }

  /** The invoice that was not paid is. */
  payLatest(id: string): Json {
    const subscription = this.get(id);
    this.pay(this.get(subscription.latest_invoice));
    subscription.status = 'active';
    this.tell('customer.subscription.updated', subscription);
    return subscription;
  }

  end(subscription: Json): Json {
    Object.assign(subscription, { status: 'canceled', ended_at: now() });
    this.tell('customer.subscription.deleted', subscription);
    return subscription;
  }

  /** The customer fills in Checkout. */
  complete(id: string): Json {
    const session = this.get(id);
    if (session.status !== 'open') throw invalid('This checkout is not open');
    Object.assign(session, { status: 'complete', payment_status: 'paid' });
    const { customer, wanted, metadata } = session;
    if (session.mode === 'subscription') {
      const method = this.attach(customer);
      const order = {
        customer,
        items: [{ price: wanted.price }],
        default_payment_method: method.id,
        metadata,
      };
      session.subscription = this.createSubscription(order).id;
    } else {
      const amount = this.get(wanted.price).unit_amount * wanted.quantity;
      session.payment_intent = this.charge(customer, amount).payment_intent;
    }
    this.tell('checkout.session.completed', session);
    return session;
  }

  refund(chargeId: string, amount: number): Json {
    const charge = this.get(chargeId);
    if (amount > charge.amount - charge.amount_refunded) throw invalid('More than is left');
    charge.amount_refunded += amount;
    this.tell('charge.refunded', charge);
    return charge;
  }

  dispute(chargeId: string): Json {
    const charge = this.get(chargeId);
    charge.disputed = true;
    const { amount, payment_intent } = charge;
    const fields = { charge: chargeId, payment_intent, amount, status: 'needs_response' };
    const dispute = this.put('du', { object: 'dispute', ...fields });
    this.tell('charge.dispute.created', dispute);
    return dispute;
  }

  closeDispute(id: string, status: 'won' | 'lost'): Json {
    const dispute = Object.assign(this.get(id), { status });
    this.tell('charge.dispute.closed', dispute);
    return dispute;
  }

  private bill(subscription: Json, reason: string, lines: Json[], { pays }: { pays: boolean }): void {
    const { customer, id, metadata } = subscription;
    const total = lines.reduce((sum, { amount }) => sum + amount, 0);
    const invoice: Json = this.put('in', {
      object: 'invoice',
      customer,
      number: `LK-${this.objects.size}`,
      status: 'open',
      billing_reason: reason,
      currency: 'usd',
      total,
      amount_paid: 0,
      hosted_invoice_url: 'https://invoice.stripe.com/i/test',
      invoice_pdf: 'https://pay.stripe.com/invoice/test/pdf',
      parent: { type: 'subscription_details', subscription_details: { subscription: id, metadata } },
      lines: { object: 'list', data: lines, has_more: false },
    });
    subscription.latest_invoice = invoice.id;
    if (pays) this.pay(invoice);
    else this.tell('invoice.payment_failed', invoice);
  }

  private pay(invoice: Json): void {
    const amount = Math.max(0, invoice.total);
    Object.assign(invoice, { status: 'paid', amount_paid: amount });
    if (amount > 0) {
      const { payment_intent } = this.charge(invoice.customer, amount);
      const payment = { type: 'payment_intent', payment_intent };
      this.put('inpay', { object: 'invoice_payment', invoice: invoice.id, payment, status: 'paid' });
    }
    this.tell('invoice.paid', invoice);
  }

  private charge(customer: string, amount: number): Json {
    const paid = { object: 'charge', customer, amount, amount_refunded: 0, currency: 'usd', disputed: false };
    return this.put('ch', { ...paid, status: 'succeeded', payment_intent: newId('pi') });
  }
}

function lineFor(wanted: Json, start: number, end: number, amount: number, proration = false): Json {
  return {
    id: newId('il'),
    object: 'line_item',
    amount,
    currency: 'usd',
    quantity: 1,
    period: { start, end },
    pricing: { type: 'price_details', price_details: { price: wanted.id, product: 'prod_test' } },
    parent: {
      type: 'subscription_item_details',
      subscription_item_details: { proration },
      invoice_item_details: null,
    },
  };
}

function lengthOf(wanted: Json): number {
  return wanted.recurring.interval === 'year' ? 12 * MONTH : MONTH;
}

export function invalid(message: string): StripeRefusal {
  return new StripeRefusal(400, { type: 'invalid_request_error', message });
}

function declined(): StripeRefusal {
  const message = 'Your card was declined.';
  return new StripeRefusal(402, {
    type: 'card_error',
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    message,
  });
}
