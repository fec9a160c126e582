import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../lib/time.ts';
import { PlanField, SubscriptionSchema } from '../plans/schemas.ts';
import type { Invoice, PaymentMethod } from './port.ts';
import type { EventRow, PriceRow, ReversalRow, SubscriptionRow } from './tables.ts';

const time = (at: number | null) => (at === null ? null : rfc3339(at));

const UserIdField = z
  .string()
  .max(60)
  .optional()
  .openapi({ description: 'Whom this is about; for services and admins' });

const PriceIdField = z
  .string()
  .regex(/^[\w-]{1,100}$/)
  .openapi({ example: 'price_1Qexample' });
const PaymentMethodIdField = z
  .string()
  .regex(/^\w{1,100}$/)
  .openapi({ example: 'pm_1Qexample' });
const AddressField = z.string().max(2000).optional().openapi({
  description: 'A path or address of Latchkey, or one on the realm’s list',
  example: '/account',
});

const choice = { plan: PlanField.optional(), price_id: PriceIdField.optional() };
const isOneChoice = ({ plan, price_id }: { plan?: string; price_id?: string }) =>
  (plan === undefined) !== (price_id === undefined);
const oneChoice = { error: 'Needs either `plan` or `price_id`', path: ['plan'] };

export const CheckoutBody = z
  .strictObject({
    ...choice,
    quantity: z.int().min(1).max(1000).default(1).openapi({ description: 'Packs of credits' }),
    success_url: AddressField,
    cancel_url: AddressField,
    user_id: UserIdField,
  })
  .refine(isOneChoice, oneChoice)
  .openapi('Checkout');

export const PortalBody = z
  .strictObject({ return_url: AddressField, user_id: UserIdField })
  .openapi('BillingPortal');

export const PayerBody = z.strictObject({ user_id: UserIdField }).openapi('Payer');

export const SubscribeBody = z
  .strictObject({ ...choice, payment_method_id: PaymentMethodIdField.optional(), user_id: UserIdField })
  .refine(isOneChoice, oneChoice)
  .openapi('NewSubscription');

export const PlanChoice = z.strictObject({ plan: PlanField }).openapi('PlanChoice');

export const PayerQuery = z.object({ user_id: UserIdField });

export const InvoiceQuery = PayerQuery.extend({
  limit: z.coerce.number().int().min(1).max(100).default(20).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^\w{1,100}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

export const AddressSchema = z.object({ url: z.url() }).openapi('BillingAddress');

export const OpenedCheckoutSchema = z.object({ id: z.string(), url: z.url() }).openapi('OpenedCheckout');

export const SetupIntentSchema = z
  .object({
    id: z.string(),
    client_secret: z.string().openapi({ description: 'For Stripe.js in the browser' }),
  })
  .openapi('SetupIntent');

export const PaymentMethodListSchema = z
  .object({
    data: z.array(
      z
        .object({
          id: z.string(),
          type: z.string(),
          brand: z.string().nullable(),
          last4: z.string().nullable(),
          exp_month: z.int().nullable(),
          exp_year: z.int().nullable(),
          is_default: z.boolean(),
          created_at: z.iso.datetime(),
        })
        .openapi('PaymentMethod'),
    ),
    next_cursor: z.null(),
  })
  .openapi('PaymentMethodList');

export const InvoiceListSchema = z
  .object({
    data: z.array(
      z
        .object({
          id: z.string(),
          number: z.string().nullable(),
          status: z.string().openapi({ example: 'paid' }),
          total: z.int().openapi({ description: 'In the smallest unit of the currency' }),
          amount_paid: z.int(),
          currency: z.string(),
          created_at: z.iso.datetime(),
          url: z.string().nullable(),
          pdf_url: z.string().nullable(),
        })
        .openapi('Invoice'),
    ),
    next_cursor: z.string().nullable(),
  })
  .openapi('InvoiceList');

export const PaidSubscriptionSchema = z
  .object({
    id: z.string(),
    plan: z.string(),
    price_id: z.string(),
    status: z.string().openapi({ example: 'active' }),
    current_period_start: z.iso.datetime(),
    current_period_end: z.iso.datetime(),
    cancel_at_period_end: z.boolean(),
    cancel_at: z.iso.datetime().nullable(),
    trial_end: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi('PaidSubscription');

export const MySubscriptionSchema = SubscriptionSchema.extend({
  status: z.string().openapi({ example: 'active', description: 'As Stripe says, where Stripe is paid' }),
  cancel_at_period_end: z.boolean(),
  paid: PaidSubscriptionSchema.nullable().openapi({ description: 'Null for a plan that nobody pays for' }),
}).openapi('MySubscription');

const PriceMeaningSchema = z
  .strictObject({
    price_id: PriceIdField,
    plan: PlanField.optional(),
    credits: z.int().min(1).max(1e12).optional(),
  })
  .refine(({ plan, credits }) => (plan === undefined) !== (credits === undefined), {
    error: 'Needs either `plan` or `credits`',
    path: ['plan'],
  });

export const PriceListBody = z
  .strictObject({
    data: z
      .array(PriceMeaningSchema)
      .max(50)
      .refine((list) => new Set(list.map(({ price_id }) => price_id)).size === list.length, {
        error: 'Must name each price once',
      }),
  })
  .openapi('PriceListUpdate');

export const PriceListSchema = z
  .object({
    data: z.array(
      z
        .object({
          price_id: z.string(),
          plan: z.string().nullable(),
          credits: z.int().nullable(),
          unit_amount: z.int().nullable(),
          currency: z.string(),
          months: z.number().nullable().openapi({ description: 'How often a plan is paid' }),
        })
        .openapi('Price'),
    ),
    next_cursor: z.null(),
    total: z.int(),
  })
  .openapi('PriceList');

const STATUSES = ['received', 'done', 'ignored', 'failed'] as const;

export const EventQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
  status: z.enum(STATUSES).optional(),
});

export const EventSchema = z
  .object({
    id: z.string(),
    type: z.string().openapi({ example: 'invoice.paid' }),
    subject: z.string().openapi({ description: 'The id of what it is about' }),
    customer_id: z.string().nullable(),
    status: z.enum(STATUSES),
    attempts: z.int(),
    last_error: z.string().nullable(),
    created_at: z.iso.datetime(),
    received_at: z.iso.datetime(),
    settled_at: z.iso.datetime().nullable(),
  })
  .openapi('BillingEvent');

export const EventListSchema = z
  .object({ data: z.array(EventSchema), next_cursor: z.string().nullable(), total: z.int() })
  .openapi('BillingEventList');

export const ShortfallQuery = EventQuery.omit({ status: true });

export const ShortfallListSchema = z
  .object({
    data: z.array(
      z
        .object({
          user_id: z.string(),
          reference: z.string().openapi({ description: 'Of the credits that came in' }),
          credits: z.int().openapi({ description: 'How many should be gone' }),
          taken: z.int(),
          shortfall: z.int(),
          updated_at: z.iso.datetime(),
        })
        .openapi('Shortfall'),
    ),
    next_cursor: z.string().nullable(),
    total: z.int(),
  })
  .openapi('ShortfallList');

export const ReceivedSchema = z.object({ received: z.literal(true) }).openapi('ReceivedWebhook');

export function paymentMethodShape(method: PaymentMethod, defaultId: string | null) {
  const { id, type, brand, last4, expMonth, expYear, createdAt } = method;
  const printed = { brand, last4, exp_month: expMonth, exp_year: expYear };
  return { id, type, ...printed, is_default: id === defaultId, created_at: rfc3339(createdAt) };
}

export function invoiceShape(invoice: Invoice) {
  const { id, number, status, total, amountPaid, currency, createdAt, hostedUrl, pdfUrl } = invoice;
  const amounts = { total, amount_paid: amountPaid, currency };
  return { id, number, status, ...amounts, created_at: rfc3339(createdAt), url: hostedUrl, pdf_url: pdfUrl };
}

/** A subscription as it goes over the wire. */
export function paidSubscriptionShape(row: SubscriptionRow): z.infer<typeof PaidSubscriptionSchema> {
  return {
    id: row.id,
    plan: row.plan,
    price_id: row.priceId,
    status: row.status,
    current_period_start: rfc3339(row.periodStart),
    current_period_end: rfc3339(row.periodEnd),
    cancel_at_period_end: row.cancelAtPeriodEnd,
    cancel_at: time(row.cancelAt),
    trial_end: time(row.trialEnd),
    created_at: rfc3339(row.createdAt),
  };
}

export function priceShape({ priceId, plan, credits, unitAmount, currency, months }: PriceRow) {
  return { price_id: priceId, plan, credits, unit_amount: unitAmount, currency, months };
}

export function shortfallShape({ userId, reference, credits, taken, updatedAt }: ReversalRow) {
  const amounts = { credits, taken, shortfall: credits - taken };
  return { user_id: userId, reference, ...amounts, updated_at: rfc3339(updatedAt) };
}

export function eventShape(row: EventRow): z.infer<typeof EventSchema> {
  const { id, type, subject, customerId, status, attempts, lastError, createdAt, receivedAt, settledAt } =
    row;
  return {
    ...{ id, type, subject, customer_id: customerId, status, attempts, last_error: lastError },
    created_at: rfc3339(createdAt),
    received_at: rfc3339(receivedAt),
    settled_at: time(settledAt),
  };
}
