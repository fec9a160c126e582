/** A price as the provider has it. `months` is how often it is paid; null for what is paid once. */
export interface Price {
  id: string;
  active: boolean;
  /** In the smallest unit of the currency; null where it depends on how much is bought. */
  unitAmount: number | null;
  currency: string;
  months: number | null;
  /** The meter that says how much is paid, of a price by use. */
  meterId: string | null;
}

/** What Stripe counts use by. */
export interface Meter {
  id: string;
  /** What events are called that it counts; never another. */
  eventName: string;
  /** It takes events, and adds up what they say. */
  addsUp: boolean;
}

/** A price with what it is called at the provider. */
export interface NamedPrice extends Price {
  name: string;
}

/** One thing that a subscription is to. Times, here and below, are Unix milliseconds. */
export interface SubscriptionItem {
  /** What an update names to change the price. */
  itemId: string;
  priceId: string;
  /** The meter that says how much is paid, of what is paid by use. */
  meterId: string | null;
  /** How many are paid: seats. */
  quantity: number;
  /** What each period costs, in the smallest unit of the currency; null where it depends. */
  amount: number | null;
  /** How often it is paid. */
  months: number | null;
  periodStart: number;
  periodEnd: number;
}

/** A subscription as it is now, as far as it is to the item that stands for its plan; to the first, until that is known. */
export interface ProviderSubscription extends SubscriptionItem {
  id: string;
  customerId: string;
  items: SubscriptionItem[];
  currency: string;
  status: string;
  createdAt: number;
  /** It ends with the period, however that was asked for. */
  cancelAtPeriodEnd: boolean;
  /** It was told when to end, and not to end with its period: as the customer portal does it. */
  isCancelTimed: boolean;
  /** When it ends for good, if that is settled. */
  cancelAt: number | null;
  trialEnd: number | null;
  /** When its latest invoice was made. */
  invoicedAt: number | null;
  /** Of the request that began it. */
  reference: string | null;
}

/** A checkout as it is now. */
export interface Checkout {
  id: string;
  customerId: string | null;
  mode: string;
  paid: boolean;
  subscriptionId: string | null;
  /** By what a pack was paid. */
  paymentIntentId: string | null;
  metadata: Record<string, string>;
}

/** What one line of an invoice bills. `amount` is negative where it gives back. */
export interface InvoiceLine {
  priceId: string | null;
  quantity: number;
  amount: number;
  /** For a part of a period that was begun: what a change of plan bills. */
  prorated: boolean;
  /** It gives back what an earlier line has billed, also where that was for nothing. */
  givesBack: boolean;
  periodStart: number;
  periodEnd: number;
}

/** An invoice as it is now. Amounts are in the smallest unit of the currency. */
export interface Invoice {
  id: string;
  customerId: string | null;
  subscriptionId: string | null;
  number: string | null;
  status: string;
  total: number;
  amountPaid: number;
  /** The customer's balance at Stripe before and after it, negative where it is credit; null where it is not known. */
  startingBalance: number | null;
  endingBalance: number | null;
  /** What credit notes have taken from it. */
  credited: number;
  currency: string;
  createdAt: number;
  hostedUrl: string | null;
  pdfUrl: string | null;
  lines: InvoiceLine[];
}

/** A payment as it is now; `lost` is what of it was refunded or is disputed. */
export interface Charge {
  id: string;
  customerId: string | null;
  paymentIntentId: string | null;
  amount: number;
  lost: number;
}

/** A payment that was asked for without anybody at a screen, as it is now. */
export interface OffSessionPayment {
  id: string;
  customerId: string | null;
  /** `failed`: it is not paid, and will not be. */
  status: 'succeeded' | 'processing' | 'failed';
  /** Why it has failed: the bank wants its customer to confirm it, or has declined it. */
  reason: 'authentication_required' | 'declined' | null;
  metadata: Record<string, string>;
}

/** A way to pay. Of a card only what is printed on receipts. */
export interface PaymentMethod {
  id: string;
  customerId: string | null;
  type: string;
  brand: string | null;
  last4: string | null;
  expMonth: number | null;
  expYear: number | null;
  createdAt: number;
}

/** What the provider tells by webhook: a hint that something has changed, never what it is now. */
export interface Hint {
  id: string;
  type: string;
  /** What to fetch; null where there is nothing, as in events about what has no id. */
  subject: string | null;
  customerId: string | null;
  createdAt: number;
}

/** A hint that says what to fetch. */
export type HeardHint = Hint & { subject: string };

/** What is bought. */
export interface Purchase {
  customerId: string;
  priceId: string;
  mode: 'subscription' | 'payment';
  quantity: number;
  /** Prices by use that the subscription has too. */
  metered: string[];
  /** Businesses are asked for their tax id, whatever is asked of others. */
  asksTaxId: boolean;
  successUrl: string;
  cancelUrl: string;
  metadata: Record<string, string>;
}

/**
 * What billing needs of Stripe. What is looked up and not there is null. Throws `service_unavailable` when Stripe does
 * not answer, `payment_failed` when a card is declined, `reference_reused` for an idempotency key of another request.
 */
export interface BillingProvider {
  createCustomer(
    customer: { email: string; name?: string; metadata: Record<string, string> },
    idempotencyKey: string,
  ): Promise<string>;
  /** Sees to it that mails about paying go to that address. One that is gone already is let be. */
  setCustomerEmail(customerId: string, email: string): Promise<void>;
  /** What a customer was made with; null when there is none. */
  customerMetadata(customerId: string): Promise<Record<string, string> | null>;
  /** Ends all their subscriptions too. One that is gone already counts as deleted. */
  deleteCustomer(customerId: string): Promise<void>;
  price(priceId: string): Promise<Price | null>;
  /** The prices that are not archived, the newest first; null where they are more than are asked for at once, or do not come soon. */
  activePrices(): Promise<NamedPrice[] | null>;

  meter(id: string): Promise<Meter | null>;
  /** The meter that counts events of that name. */
  meterNamed(eventName: string): Promise<Meter | null>;
  /**
   * Tells of use at a moment (Unix milliseconds). What was told by the same identifier within a day is told once, and `isKnown` then.
   * `refusal` is Stripe's reason where it was not taken.
   */
  reportUse(report: {
    eventName: string;
    customerId: string;
    value: number;
    identifier: string;
    at: number;
  }): Promise<{ isKnown: boolean; refusal: string | null }>;
  /** What a meter has counted of a customer, by the beginning of each UTC hour, within a range of whole hours. It may be some minutes late. */
  countedByHour(
    meterId: string,
    customerId: string,
    range: { from: number; to: number },
  ): Promise<Map<number, number>>;

  createCheckout(
    purchase: Purchase,
    idempotencyKey: string | undefined,
  ): Promise<{ id: string; url: string }>;
  checkout(id: string): Promise<Checkout | null>;
  checkoutOfPayment(paymentIntentId: string): Promise<Checkout | null>;
  /** Checkouts that are still open, for a subscription or all, but for one, can no longer be completed. */
  expireCheckouts(customerId: string, which: 'subscriptions' | 'all', except?: string): Promise<void>;
  createPortal(customerId: string, returnUrl: string): Promise<string>;

  createSetupIntent(customerId: string): Promise<{ id: string; clientSecret: string }>;
  paymentMethods(customerId: string): Promise<{ methods: PaymentMethod[]; defaultId: string | null }>;
  paymentMethod(id: string): Promise<PaymentMethod | null>;
  setDefaultPaymentMethod(customerId: string, paymentMethodId: string): Promise<void>;
  detachPaymentMethod(id: string): Promise<void>;

  subscription(id: string): Promise<ProviderSubscription | null>;
  /** A customer's subscriptions that are not over, newest first. */
  subscriptions(customerId: string): Promise<ProviderSubscription[]>;
  /** Throws `payment_failed` unless the first invoice is paid at once. */
  createSubscription(
    order: {
      customerId: string;
      priceId: string;
      quantity: number;
      metered: string[];
      paymentMethodId: string;
      metadata: Record<string, string>;
    },
    idempotencyKey: string,
  ): Promise<ProviderSubscription>;
  /** From now on, the difference being billed at once; also undoes a cancellation. What is paid by use goes on at these prices, and at those it had. */
  changePrice(
    subscription: ProviderSubscription,
    priceId: string,
    quantity: number,
    metered: Price[],
  ): Promise<ProviderSubscription>;
  /** From now on; the difference of the period that has begun is billed with the next invoice, or at once. */
  setQuantity(
    subscription: ProviderSubscription,
    quantity: number,
    billed: 'next' | 'now',
  ): Promise<ProviderSubscription>;
  cancelAtPeriodEnd(id: string): Promise<ProviderSubscription>;
  /** Undoes a cancellation, however it was asked for. */
  resume(subscription: ProviderSubscription): Promise<ProviderSubscription>;

  /** Charges a way to pay that is known, whoever sits at a screen; says how that went, also where it was declined. */
  payOffSession(
    order: {
      customerId: string;
      paymentMethodId: string;
      /** In the smallest unit of the currency. */
      amount: number;
      currency: string;
      metadata: Record<string, string>;
    },
    idempotencyKey: string,
  ): Promise<OffSessionPayment>;
  payment(id: string): Promise<OffSessionPayment | null>;
  /** Gives back all of a payment that is left but for what is kept, in the smallest unit of the currency; false where that cannot be, as while it is disputed. One that went back already counts as given back. */
  refund(paymentId: string, idempotencyKey: string, kept?: number): Promise<boolean>;
  /** A customer's payment since a time whose metadata has that, or null. */
  findPayment(
    customerId: string,
    since: number,
    metadata: readonly [name: string, value: string],
  ): Promise<OffSessionPayment | null>;

  invoice(id: string): Promise<Invoice | null>;
  /** The newest first, from after one of them. */
  invoices(
    customerId: string,
    page: { limit: number; after: string | undefined },
  ): Promise<{ invoices: Invoice[]; more: boolean }>;
  /** A customer's invoices that were paid and made since a time, oldest first, with all their lines. */
  paidInvoices(customerId: string, since: number): Promise<Invoice[]>;
  invoiceOfPayment(paymentIntentId: string): Promise<string | null>;
  /** The charges by which an invoice was paid. */
  chargesOfInvoice(invoiceId: string): Promise<Charge[]>;
  /** What credit notes have taken from an invoice otherwise than by refunding a charge. */
  creditedOtherwise(invoiceId: string): Promise<number>;
  charge(id: string): Promise<Charge | null>;

  /** Throws `invalid_signature` for whatever the provider has not signed within the last five minutes. */
  readWebhook(body: string, signature: string | undefined): Promise<Hint>;
  /** The events that webhooks tell of, since a time, newest first. */
  events(types: readonly string[], since: number): AsyncIterable<Hint>;
}
