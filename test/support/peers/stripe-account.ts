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

const realNow = () => Math.floor(Date.now() / 1000);
const newId = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`;

/** The prices that tests map to plans and packs of credits. */
export const PRICES: Json[] = [
  price('price_pro_month', 2000, 'month'),
  price('price_pro_year', 20_000, 'year'),
  price('price_enterprise_month', 10_000, 'month'),
  price('price_enterprise_year', 100_000, 'year'),
  price('price_team_month', 1000, 'month'),
  price('price_seats_month', 800, 'month'),
  price('price_unmapped_month', 100, 'month'),
  price('price_credits_500', 500, null),
  { ...price('price_credits_yen', 700, null), currency: 'jpy' },
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
  /** Lines that wait for the next invoice of a subscription. */
  readonly pending = new Map<string, Json[]>();
  /** Of customers whom one test file alone hears of in the list of events: its name. */
  readonly watchers = new Map<string, string>();
  /** How far the clocks of customers are ahead, in seconds; Stripe calls them test clocks. */
  readonly ahead = new Map<string, number>();

  /** Unix seconds, by the clock of a customer. */
  now(customer: string | undefined): number {
    return realNow() + (this.ahead.get(customer ?? '') ?? 0);
  }

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
    const event = { id: newId('evt'), object: 'event', type, created: realNow(), livemode: false, data };
    this.events.push(event);
    return event;
  }

  put<T extends Json>(prefix: string, object: T): T & { id: string } {
    const made = { id: newId(prefix), livemode: false, created: this.now(object.customer), ...object };
    this.objects.set(made.id, made);
    return made;
  }

  createPrice({ currency, unit_amount: amount, recurring, product_data: product }: Json): Json {
    if (!product?.name) throw invalid('A price is one of a product');
    const fields = price('', Number(amount), recurring?.interval ?? null);
    return this.put('price', { ...fields, id: newId('price'), currency });
  }

  createCustomer({ email, name = null, metadata = {} }: Json): Json {
    const settings = { invoice_settings: { default_payment_method: null } };
    const customer = this.put('cus', { object: 'customer', email, name, metadata, balance: 0, ...settings });
    this.tell('customer.created', customer);
    return customer;
  }

  updateCustomer(id: string, params: Json): Json {
    const customer = this.get(id);
    const previous = Object.fromEntries(Object.keys(params).map((name) => [name, customer[name]]));
    Object.assign(customer, params);
    this.tell('customer.updated', customer, previous);
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
  attach(
    customer: string,
    card: { brand?: string; declines?: boolean; authenticates?: boolean; slow?: boolean } = {},
  ): Json {
    this.get(customer);
    const details = { brand: card.brand ?? 'visa', last4: '4242', exp_month: 12, exp_year: 2031 };
    const { declines = false, authenticates = false, slow = false } = card;
    const extra = { declines, authenticates, slow };
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
    const start = this.now(customer);
    const end = trialDays ? start + trialDays * 86_400 : after(start, wanted);
    const id = newId('sub');
    const items = params.items.map(({ price: given, quantity = 1 }: Json) =>
      itemOf(this.get(given, 'items[0][price]'), quantity, start, end),
    );
    const subscription: Json = this.put('sub', {
      id,
      object: 'subscription',
      customer,
      metadata,
      currency: wanted.currency,
      status: method.declines ? 'incomplete' : trialDays ? 'trialing' : 'active',
      items: { object: 'list', data: items, has_more: false },
      default_payment_method: method.id,
      cancel_at: null,
      cancel_at_period_end: false,
      trial_end: trialDays ? end : null,
      latest_invoice: null,
    });
    this.bill(
      subscription,
      'subscription_create',
      items.map((item: Json) =>
        lineFor(item.price, start, end, trialDays ? 0 : item.price.unit_amount * (item.quantity ?? 0), {
          quantity: item.quantity,
        }),
      ),
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
    for (const change of params.items ?? []) this.changeItem(subscription, change, params.proration_behavior);
    if (params.cancel_at_period_end !== undefined && params.cancel_at !== undefined)
      throw invalid('You may only specify one of these parameters: cancel_at, cancel_at_period_end.');
    if (params.cancel_at_period_end !== undefined) {
      subscription.cancel_at_period_end = String(params.cancel_at_period_end) === 'true';
      subscription.cancel_at = subscription.cancel_at_period_end ? item.current_period_end : null;
    }
    // The portal sets a time alone; it is unset by an empty one.
    if (params.cancel_at !== undefined) {
      subscription.cancel_at = params.cancel_at === '' ? null : Number(params.cancel_at);
      subscription.cancel_at_period_end = false;
    }
    this.tell('customer.subscription.updated', subscription);
    return subscription;
  }

  /**
   * Another price or quantity from now on. The difference is billed at once (`always_invoice`), or with the next invoice
   * (`create_prorations`, which is Stripe's default); another interval begins another period, and is billed at once.
   */
  private changeItem(
    subscription: Json,
    { id: itemId, price: priceId, quantity }: Json,
    behavior: string,
  ): void {
    const item = subscription.items.data.find((one: Json) => one.id === itemId);
    const given = priceId === undefined ? undefined : this.get(priceId);
    if (given?.recurring.usage_type === 'metered') {
      if (quantity !== undefined) throw invalid('What is paid by use has no quantity');
      if (item) item.price = given;
      const { current_period_start: start, current_period_end: end } = subscription.items.data[0];
      if (!item) subscription.items.data.push(itemOf(given, undefined, start, end));
      return;
    }
    if (!item) throw invalid('No such subscription item');
    const wanted = priceId === undefined ? item.price : this.get(priceId);
    const count = quantity === undefined ? item.quantity : Number(quantity);
    if (!Number.isSafeInteger(count) || count < 1) throw invalid('Invalid integer: quantity');
    const before = item.price;
    if (wanted.id === before.id && count === item.quantity) return;
    const isOther = wanted.recurring.interval !== before.recurring.interval;
    const isBilled = behavior === 'always_invoice' || isOther || behavior === undefined;
    if (isBilled && this.get(subscription.default_payment_method).declines) throw declined();
    const back = this.unused(subscription, item, before);
    Object.assign(item, { price: wanted, quantity: count });
    const { interval } = before.recurring;
    const at = this.now(subscription.customer);
    if (interval !== wanted.recurring.interval) {
      Object.assign(item, { current_period_start: at, current_period_end: after(at, wanted) });
    }
    const { current_period_start: start, current_period_end: end } = item;
    const isWhole = at <= start;
    const amount = Math.round((wanted.unit_amount * count * (end - Math.max(at, start))) / (end - start));
    const line = lineFor(wanted, Math.max(at, start), end, amount, {
      proration: !isWhole || interval === wanted.recurring.interval,
      quantity: count,
    });
    if (isBilled) this.bill(subscription, 'subscription_update', [back, line], { pays: true });
    else this.pending.set(subscription.id, [...(this.pending.get(subscription.id) ?? []), back, line]);
  }

  /** A line that gives back what is left of the period. */
  private unused(subscription: Json, item: Json, price = item.price): Json {
    const { current_period_start: start, current_period_end: end } = item;
    const at = Math.max(start, this.now(subscription.customer));
    const amount = Math.round((price.unit_amount * item.quantity * (end - at)) / (end - start));
    return lineFor(price, at, end, -amount, { proration: true, quantity: item.quantity });
  }

  /** A period is over: the next begins, and is paid or not. The customer's clock goes along. */
  renew(id: string, pays: boolean): Json {
    const subscription = this.get(id);
    const { customer } = subscription;
    subscription.status = pays ? 'active' : 'past_due';
    const lines = subscription.items.data.map((item: Json) => {
      item.current_period_start = item.current_period_end;
      item.current_period_end = after(item.current_period_start, item.price);
      const { current_period_start: start, current_period_end: end, price: wanted, quantity } = item;
      return lineFor(wanted, start, end, wanted.unit_amount * (quantity ?? 0), { quantity });
    });
    lines.unshift(...(this.pending.get(id) ?? []));
    this.pending.delete(id);
    const [item] = subscription.items.data;
    if (this.ahead.has(customer)) this.ahead.set(customer, item.current_period_start - realNow());
    this.bill(subscription, 'subscription_cycle', lines, { pays });
    this.tell('customer.subscription.updated', subscription);
    return subscription;
  }

  /** The next invoice has a line for what was used, by a price of a meter. */
  billUse(id: string, priceId: string, amount: number): Json {
    const { current_period_start: start, current_period_end: end } = this.get(id).items.data[0];
    const line = lineFor(this.get(priceId), start, end, amount, {});
    this.pending.set(id, [...(this.pending.get(id) ?? []), line]);
    return line;
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
    Object.assign(subscription, { status: 'canceled', ended_at: this.now(subscription.customer) });
    this.tell('customer.subscription.deleted', subscription);
    return subscription;
  }

  /** It ends at once, and what is left of the period is given back to the customer's balance. */
  cancelWithProration(id: string): Json {
    const subscription = this.get(id);
    const lines = subscription.items.data.map((item: Json) => this.unused(subscription, item));
    this.end(subscription);
    this.bill(subscription, 'subscription_update', lines, { pays: true });
    return subscription;
  }

  /** Credits part of an invoice: before it is paid it costs less, afterwards the money goes to the customer's balance. */
  credit(invoiceId: string, amount: number): Json {
    const invoice = this.get(invoiceId);
    const isPaid = invoice.status === 'paid';
    const name = isPaid ? 'post_payment_credit_notes_amount' : 'pre_payment_credit_notes_amount';
    if (amount > invoice.total - invoice[name]) throw invalid('More than is left');
    invoice[name] += amount;
    if (isPaid) this.get(invoice.customer).balance -= amount;
    const fields = { invoice: invoiceId, customer: invoice.customer, amount, status: 'issued', refunds: [] };
    const note = this.put('cn', { object: 'credit_note', ...fields });
    this.tell('credit_note.created', note);
    return note;
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
        items: [{ price: wanted.price, quantity: wanted.quantity }, ...(wanted.byUse ?? [])],
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

  /** Gives back so much of a payment, else all that is left. */
  refundPayment({ payment_intent: intentId, amount: asked }: Json): Json {
    const charge = this.list('charge', (one) => one.payment_intent === intentId)[0];
    if (!charge) throw invalid('This PaymentIntent does not have a successful charge to refund.');
    const fail = (code: string, message: string) =>
      new StripeRefusal(400, { type: 'invalid_request_error', code, message });
    const left = charge.amount - charge.amount_refunded;
    const amount = asked === undefined ? left : Number(asked);
    if (left === 0) throw fail('charge_already_refunded', `Charge ${charge.id} has already been refunded.`);
    if (charge.disputed) throw fail('charge_disputed', `Charge ${charge.id} has been charged back.`);
    this.refund(charge.id, amount);
    return this.put('re', {
      object: 'refund',
      charge: charge.id,
      payment_intent: intentId,
      amount,
      status: 'succeeded',
    });
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
    const dispute: Json = Object.assign(this.get(id), { status });
    this.get(dispute.charge).lost = status === 'lost';
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
      starting_balance: this.get(customer).balance,
      ending_balance: null,
      pre_payment_credit_notes_amount: 0,
      post_payment_credit_notes_amount: 0,
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
    const customer = this.get(invoice.customer);
    const due = invoice.total - invoice.pre_payment_credit_notes_amount;
    invoice.starting_balance = customer.balance;
    // Credit pays first; what is given back becomes credit.
    const amount = Math.max(0, due + customer.balance);
    customer.balance = Math.min(0, due + customer.balance);
    Object.assign(invoice, { status: 'paid', amount_paid: amount, ending_balance: customer.balance });
    if (amount > 0) {
      const { payment_intent } = this.charge(invoice.customer, amount);
      const payment = { type: 'payment_intent', payment_intent };
      this.put('inpay', { object: 'invoice_payment', invoice: invoice.id, payment, status: 'paid' });
    }
    this.tell('invoice.paid', invoice);
  }

  /**
   * Pays by a card that is known, while nobody is there (`off_session`): what the bank wants to be confirmed, or declines, is refused
   * with the payment that it leaves, which is not paid then.
   */
  payOffSession(params: Json): Json {
    const { customer, payment_method: methodId, amount, currency, metadata = {} } = params;
    const method = this.get(methodId, 'payment_method');
    this.get(customer, 'customer');
    if (method.customer !== customer) throw invalid('The payment method belongs to somebody else');
    if (params.off_session !== 'true' || params.confirm !== 'true')
      throw invalid('off_session needs confirm');
    if (!(Number(amount) > 0)) throw invalid('Invalid positive integer: amount');
    const fields = { object: 'payment_intent', customer, payment_method: methodId, currency, metadata };
    const intent: Json = this.put('pi', { ...fields, amount: Number(amount), last_payment_error: null });
    const code = method.declines ? 'card_declined' : method.authenticates ? 'authentication_required' : null;
    if (code) {
      const failure = {
        type: 'card_error',
        code,
        decline_code: method.declines ? 'insufficient_funds' : 'authentication_required',
        message: 'Your card was declined.',
      };
      Object.assign(intent, { status: 'requires_payment_method', last_payment_error: failure });
      this.tell('payment_intent.payment_failed', intent);
      throw new StripeRefusal(402, { ...failure, payment_intent: structuredClone(intent) });
    }
    if (method.slow) return Object.assign(intent, { status: 'processing' });
    this.charge(customer, intent.amount, intent.id);
    intent.status = 'succeeded';
    this.tell('payment_intent.succeeded', intent);
    return intent;
  }

  /** A payment that took its time, as bank debits do, is made, or is not. */
  settlePayment(id: string, pays: boolean): Json {
    const intent = this.get(id);
    if (pays) this.charge(intent.customer, intent.amount, id);
    intent.status = pays ? 'succeeded' : 'requires_payment_method';
    this.tell(pays ? 'payment_intent.succeeded' : 'payment_intent.payment_failed', intent);
    return intent;
  }

  private charge(customer: string, amount: number, intentId = newId('pi')): Json {
    const charge = {
      object: 'charge',
      customer,
      amount,
      amount_refunded: 0,
      currency: 'usd',
      disputed: false,
    };
    if (!this.objects.has(intentId)) {
      const intent = {
        id: intentId,
        object: 'payment_intent',
        customer,
        amount,
        currency: 'usd',
        metadata: {},
      };
      this.put('pi', { ...intent, status: 'succeeded', last_payment_error: null });
    }
    return this.put('ch', { ...charge, paid: true, status: 'succeeded', payment_intent: intentId });
  }
}

/** An item of a subscription; what is paid by use has no quantity. */
function itemOf(wanted: Json, quantity: unknown, start: number, end: number): Json {
  return {
    id: newId('si'),
    price: wanted,
    ...(wanted.recurring.usage_type !== 'metered' && { quantity: Number(quantity ?? 1) }),
    current_period_start: start,
    current_period_end: end,
  };
}

function lineFor(
  wanted: Json,
  start: number,
  end: number,
  amount: number,
  { proration = false, quantity = 1 } = {},
): Json {
  return {
    id: newId('il'),
    object: 'line_item',
    amount,
    currency: 'usd',
    quantity,
    period: { start, end },
    pricing: { type: 'price_details', price_details: { price: wanted.id, product: 'prod_test' } },
    parent: {
      type: 'subscription_item_details',
      subscription_item_details: { proration },
      invoice_item_details: null,
    },
  };
}

/** A period later, on the same day of the month or the last one. */
function after(start: number, wanted: Json): number {
  const date = new Date(start * 1000);
  const months = wanted.recurring.interval === 'year' ? 12 : 1;
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) / 1000 + (start % 86_400);
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
