import Stripe from 'stripe';
import { ApiError } from '../../errors.ts';
import { SECOND } from '../../lib/time.ts';
import type { BillingProvider, Charge, Hint, Invoice, ProviderSubscription } from '../port.ts';
import { type CheckoutSettings, offered, PLAIN_CHECKOUT, taxed } from './stripe-checkout.ts';
import { explain, isMissing } from './stripe-errors.ts';
import { meteredItems, meters } from './stripe-meters.ts';
import {
  chargeOf,
  checkoutOf,
  creditedOtherwise,
  hintOf,
  invoiceOf,
  namedPriceOf,
  offSessionPaymentOf,
  paymentMethodOf,
  requiredId,
  stripePriceOf,
  subscriptionOf,
} from './stripe-shapes.ts';

/** The version whose shapes the code knows. Webhooks may come in any: only ids are taken from them. */
const API_VERSION = '2026-10-28.endive';
const TIMEOUT = 20 * SECOND;
/** Each with the idempotency key of the first try, which the SDK makes where the caller has none. */
const RETRIES = 2;
/** How long a page waits for what it can do without. */
const SOON = 3 * SECOND;
/** How old a webhook may be (seconds). */
const TOLERANCE = 300;
const PAGE = 100;
/** Of one customer, that are read again: a change of plan each day for more than two years. */
const MAX_INVOICES = 1000;
const MAX_LINES = 1000;

export interface StripeSettings {
  secretKey: string;
  /** The signing secrets that are in force. */
  webhookSecrets: string[];
  apiUrl: string;
  checkout?: CheckoutSettings;
}

/** Stripe's SDK, for the version of its API that the code knows. */
export function stripeClient(secretKey: string, apiUrl: string): Stripe {
  const { protocol, hostname, port } = new URL(apiUrl);
  return new Stripe(secretKey, {
    apiVersion: API_VERSION,
    protocol: protocol === 'https:' ? 'https' : 'http',
    host: hostname,
    port: port || (protocol === 'https:' ? 443 : 80),
    httpClient: Stripe.createFetchHttpClient(),
    timeout: TIMEOUT,
    maxNetworkRetries: RETRIES,
    telemetry: false,
  });
}

/** Stripe, by its own SDK. */
export function createStripe({
  secretKey,
  webhookSecrets,
  apiUrl,
  checkout = PLAIN_CHECKOUT,
}: StripeSettings): BillingProvider {
  const stripe = stripeClient(secretKey, apiUrl);

  async function call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explain(error);
    }
  }

  async function lookUp<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (isMissing(error)) return null;
      throw explain(error);
    }
  }

  async function withLines(invoice: Stripe.Invoice): Promise<Invoice> {
    const { data, has_more: more } = invoice.lines;
    const lines = more
      ? await stripe.invoices
          .listLineItems(requiredId(invoice), { limit: PAGE })
          .autoPagingToArray({ limit: MAX_LINES })
      : data;
    return invoiceOf(invoice, lines);
  }

  async function withDisputes(charge: Stripe.Charge): Promise<Charge> {
    const disputes = charge.disputed
      ? (await stripe.disputes.list({ charge: requiredId(charge), limit: PAGE })).data
      : [];
    return chargeOf(charge, disputes);
  }

  const updated = (id: string, change: Stripe.SubscriptionUpdateParams): Promise<ProviderSubscription> =>
    call(async () =>
      subscriptionOf(await stripe.subscriptions.update(id, { ...change, expand: ['latest_invoice'] })),
    );

  return {
    createCustomer: (customer, idempotencyKey) =>
      call(async () => requiredId(await stripe.customers.create(customer, { idempotencyKey }))),

    async setCustomerEmail(customerId, email) {
      await lookUp(async () => requiredId(await stripe.customers.update(customerId, { email })));
    },

    customerMetadata: (customerId) =>
      lookUp(async () => {
        const customer = await stripe.customers.retrieve(customerId);
        return customer.deleted ? null : customer.metadata;
      }),

    async deleteCustomer(customerId) {
      await lookUp(async () => requiredId(await stripe.customers.del(customerId)));
    },

    async activePrices() {
      try {
        const { data, has_more } = await stripe.prices.list(
          { active: true, limit: PAGE, expand: ['data.product'] },
          { timeout: SOON, maxNetworkRetries: 0 },
        );
        return has_more ? null : data.map(namedPriceOf);
      } catch {
        // Whoever asks has another way to name a price.
        return null;
      }
    },

    price: (priceId) => lookUp(async () => stripePriceOf(await stripe.prices.retrieve(priceId))),

    ...meters(stripe, { call, lookUp }),

    createCheckout: (
      { customerId, priceId, mode, quantity, metered, asksTaxId, successUrl, cancelUrl, metadata },
      idempotencyKey,
    ) =>
      call(async () => {
        const purchase: Stripe.Checkout.SessionCreateParams = {
          customer: customerId,
          mode,
          line_items: [{ price: priceId, quantity }, ...metered.map((price) => ({ price }))],
          success_url: successUrl,
          cancel_url: cancelUrl,
          metadata,
          ...offered({ ...checkout, taxIds: checkout.taxIds || asksTaxId }),
          ...(mode === 'subscription' && { subscription_data: { metadata } }),
          ...(mode === 'payment' && { payment_intent_data: { metadata } }),
        };
        const session = await stripe.checkout.sessions.create(
          purchase,
          idempotencyKey === undefined ? {} : { idempotencyKey },
        );
        if (!session.url) throw new Error('Stripe has answered with a checkout without an address');
        return { id: requiredId(session), url: session.url };
      }),

    checkout: (id) => lookUp(async () => checkoutOf(await stripe.checkout.sessions.retrieve(id))),

    checkoutOfPayment: (paymentIntentId) =>
      call(async () => {
        const { data } = await stripe.checkout.sessions.list({ payment_intent: paymentIntentId, limit: 1 });
        return data[0] ? checkoutOf(data[0]) : null;
      }),

    expireCheckouts: (customerId, which, except) =>
      call(async () => {
        const { data } = await stripe.checkout.sessions.list({
          customer: customerId,
          status: 'open',
          limit: PAGE,
        });
        const isMeant = (mode: string) => which === 'all' || mode === 'subscription';
        const open = data.filter(({ id, mode }) => isMeant(mode) && id !== except);
        // One that is completed at this very moment cannot expire any more.
        await Promise.all(open.map(({ id }) => stripe.checkout.sessions.expire(id).catch(ignoreInvalid)));
      }),

    createPortal: (customerId, returnUrl) =>
      call(async () => {
        const portal = await stripe.billingPortal.sessions.create({
          customer: customerId,
          return_url: returnUrl,
        });
        requiredId(portal);
        return portal.url;
      }),

    createSetupIntent: (customerId) =>
      call(async () => {
        const intent = await stripe.setupIntents.create({
          customer: customerId,
          usage: 'off_session',
          automatic_payment_methods: { enabled: true },
        });
        if (!intent.client_secret)
          throw new Error('Stripe has answered with a setup intent without a secret');
        return { id: requiredId(intent), clientSecret: intent.client_secret };
      }),

    paymentMethods: (customerId) =>
      call(async () => {
        const [customer, { data }] = await Promise.all([
          stripe.customers.retrieve(customerId),
          stripe.paymentMethods.list({ customer: customerId, limit: PAGE }),
        ]);
        const chosen = customer.deleted ? null : customer.invoice_settings?.default_payment_method;
        return { methods: data.map(paymentMethodOf), defaultId: chosen ? requiredId(chosen) : null };
      }),

    paymentMethod: (id) => lookUp(async () => paymentMethodOf(await stripe.paymentMethods.retrieve(id))),

    setDefaultPaymentMethod: (customerId, paymentMethodId) =>
      call(async () => {
        const settings = { default_payment_method: paymentMethodId };
        requiredId(await stripe.customers.update(customerId, { invoice_settings: settings }));
      }),

    detachPaymentMethod: (id) =>
      call(async () => {
        requiredId(await stripe.paymentMethods.detach(id));
      }),

    subscription: (id) =>
      lookUp(async () =>
        subscriptionOf(await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] })),
      ),

    subscriptions: (customerId) =>
      call(async () => {
        // Those that were canceled are left out unless they are asked for.
        const { data } = await stripe.subscriptions.list({
          customer: customerId,
          limit: PAGE,
          expand: ['data.latest_invoice'],
        });
        return data.map(subscriptionOf);
      }),

    createSubscription: (
      { customerId, priceId, quantity, metered, paymentMethodId, metadata },
      idempotencyKey,
    ) =>
      call(async () =>
        subscriptionOf(
          await stripe.subscriptions.create(
            {
              customer: customerId,
              items: [{ price: priceId, quantity }, ...metered.map((price) => ({ price }))],
              default_payment_method: paymentMethodId,
              payment_behavior: 'error_if_incomplete',
              metadata,
              ...taxed(checkout),
              expand: ['latest_invoice'],
            },
            { idempotencyKey },
          ),
        ),
      ),

    changePrice: (subscription, priceId, quantity, metered) =>
      updated(subscription.id, {
        items: [
          { id: subscription.itemId, price: priceId, quantity },
          ...meteredItems(subscription, metered),
        ],
        proration_behavior: 'always_invoice',
        payment_behavior: 'error_if_incomplete',
        ...resumed(subscription),
      }),

    setQuantity: ({ id, itemId }, quantity, billed) =>
      updated(id, {
        items: [{ id: itemId, quantity }],
        ...(billed === 'next'
          ? { proration_behavior: 'create_prorations' }
          : { proration_behavior: 'always_invoice', payment_behavior: 'error_if_incomplete' }),
      }),

    cancelAtPeriodEnd: (id) => updated(id, { cancel_at_period_end: true }),

    resume: (subscription) => updated(subscription.id, resumed(subscription)),

    payOffSession: ({ customerId, paymentMethodId, amount, currency, metadata }, idempotencyKey) =>
      call(async () => {
        try {
          const order = { customer: customerId, payment_method: paymentMethodId, amount, currency, metadata };
          return offSessionPaymentOf(
            await stripe.paymentIntents.create(
              // What needs the customer is refused, and leaves nothing that waits for them.
              { ...order, confirm: true, off_session: true },
              { idempotencyKey },
            ),
          );
        } catch (error) {
          // A payment that was made and declined comes along with the refusal.
          const declined = error instanceof Stripe.errors.StripeCardError ? error.payment_intent : undefined;
          if (declined) return offSessionPaymentOf(declined);
          if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
          // It cannot be made as it was asked for, as with a way to pay that is gone: nothing was.
          explain(error);
          return { id: '', customerId, status: 'failed' as const, reason: 'declined' as const, metadata };
        }
      }),

    async refund(payment_intent, idempotencyKey, kept = 0) {
      try {
        const order: Stripe.RefundCreateParams = { payment_intent };
        if (kept > 0) {
          // By what is left: however often it is asked for, no more goes back.
          const { data } = await stripe.charges.list({ payment_intent, limit: PAGE });
          const paid = data.filter((charge) => charge.paid);
          order.amount = paid.reduce((sum, one) => sum + one.amount - one.amount_refunded, -kept);
          if (order.amount <= 0) return true;
        }
        requiredId(await stripe.refunds.create(order, { idempotencyKey }));
        return true;
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw explain(error);
        if (error.code === 'charge_already_refunded') return true;
        explain(error);
        return false;
      }
    },

    payment: (id) => lookUp(async () => offSessionPaymentOf(await stripe.paymentIntents.retrieve(id))),

    findPayment: (customerId, since, [name, value]) =>
      call(async () => {
        const created = { gte: Math.floor(since / SECOND) };
        const list = stripe.paymentIntents.list({ customer: customerId, created, limit: PAGE });
        for await (const intent of list) {
          if (intent.metadata?.[name] === value) return offSessionPaymentOf(intent);
        }
        return null;
      }),

    invoice: (id) => lookUp(async () => withLines(await stripe.invoices.retrieve(id))),

    paidInvoices: (customerId, since) =>
      call(async () => {
        const created = { gte: Math.floor(since / SECOND) };
        const list = stripe.invoices.list({ customer: customerId, status: 'paid', created, limit: PAGE });
        const found: Invoice[] = [];
        for await (const invoice of list) {
          if (invoice.status === 'paid') found.push(await withLines(invoice));
          if (found.length === MAX_INVOICES) break;
        }
        return found.reverse();
      }),

    invoices: (customerId, { limit, after }) =>
      call(async () => {
        const page = await stripe.invoices.list({
          customer: customerId,
          limit,
          ...(after && { starting_after: after }),
        });
        return { invoices: page.data.map((invoice) => invoiceOf(invoice, [])), more: page.has_more };
      }),

    invoiceOfPayment: (paymentIntentId) =>
      call(async () => {
        const payment = { type: 'payment_intent' as const, payment_intent: paymentIntentId };
        const { data } = await stripe.invoicePayments.list({ payment, limit: 1 });
        return data[0] ? requiredId(data[0].invoice) : null;
      }),

    chargesOfInvoice: (id) =>
      call(async () => {
        const { data } = await stripe.invoicePayments.list({ invoice: id, status: 'paid', limit: PAGE });
        const intents = data.map(({ payment }) => payment.payment_intent).filter((one) => one != null);
        const charges = await Promise.all(
          intents.map((one) => stripe.charges.list({ payment_intent: requiredId(one), limit: PAGE })),
        );
        return Promise.all(charges.flatMap((page) => page.data.filter(({ paid }) => paid).map(withDisputes)));
      }),

    creditedOtherwise: (id) =>
      call(async () => {
        const { data } = await stripe.creditNotes.list({ invoice: id, limit: PAGE });
        return data.reduce((sum, note) => sum + creditedOtherwise(note), 0);
      }),

    charge: (id) => lookUp(async () => withDisputes(await stripe.charges.retrieve(id))),

    async readWebhook(body, signature) {
      for (const secret of signature ? webhookSecrets : []) {
        const event = await stripe.webhooks
          .constructEventAsync(body, signature as string, secret, TOLERANCE)
          .catch(() => null);
        const hint = event && hintOf(event);
        if (hint) return hint;
      }
      throw new ApiError('invalid_signature');
    },

    events: (types, since) => eventsSince(stripe, types, since),
  };
}

/** Each of the two ways to cancel is undone by itself; Stripe takes one of them at a time. */
function resumed({ isCancelTimed }: ProviderSubscription): Stripe.SubscriptionUpdateParams {
  return isCancelTimed ? { cancel_at: '' } : { cancel_at_period_end: false };
}

async function* eventsSince(stripe: Stripe, types: readonly string[], since: number): AsyncIterable<Hint> {
  const list = stripe.events.list({
    types: [...types],
    created: { gte: Math.floor(since / SECOND) },
    limit: PAGE,
  });
  try {
    for await (const event of list) {
      const hint = hintOf(event);
      if (hint) yield hint;
    }
  } catch (error) {
    throw explain(error);
  }
}

function ignoreInvalid(error: Error & { type?: string }): null {
  if (error.type === 'StripeInvalidRequestError') return null;
  throw error;
}
