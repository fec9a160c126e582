import { z } from '@hono/zod-openapi';
import type { PlanBook } from '../account/metering-contract.ts';
import { EmailField } from '../directory/schemas.ts';
import { DEFAULT_PLAN } from '../directory/state.ts';
import { monthOf } from '../lib/calendar.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import { rfc3339 } from '../lib/time.ts';
import { PlanField, PlanSchema, planShape, SubscriptionSchema } from '../plans/schemas.ts';
import type { PayerRow } from './payer-directory.ts';
import type { Invoice, PaymentMethod } from './port.ts';
import type { Billing } from './service.ts';
import type { OverageReportRow, PriceRow, ReversalRow, SubscriptionRow, TopUpRow } from './tables.ts';

const time = (at: number | null) => (at === null ? null : rfc3339(at));

const UserIdField = z.string().max(60).optional().openapi({
  description: 'Whom this is about; for services and admins. With an organization, the member who acts',
});

const payerNames = {
  user_id: UserIdField,
  organization_id: z.string().max(100).optional().openapi({
    description: 'The organization that pays, for its members who may, services and admins',
  }),
};

export const PriceIdField = z
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
    quantity: z.int().min(1).max(10_000).optional().openapi({
      description:
        'Packs of credits: 1 unless it is said. Of a plan that an organization pays by seat: how many seats, as many as it has members unless it is said',
    }),
    success_url: AddressField,
    cancel_url: AddressField,
    ...payerNames,
  })
  .refine(isOneChoice, oneChoice)
  .openapi('Checkout');

export const PortalBody = z
  .strictObject({ return_url: AddressField, ...payerNames })
  .openapi('BillingPortal');

export const PayerBody = z.strictObject(payerNames).openapi('Payer');

export const SubscribeBody = z
  .strictObject({ ...choice, payment_method_id: PaymentMethodIdField.optional(), ...payerNames })
  .refine(isOneChoice, oneChoice)
  .openapi('NewSubscription');

export const PlanChoice = z.strictObject({ plan: PlanField }).openapi('PlanChoice');

export const PayerPlanBody = z
  .strictObject({
    ...payerNames,
    plan: PlanField,
    seats: z.int().min(1).max(10_000).optional().openapi({
      description: 'Of a plan that is paid by bought seats: how many, at least as many as there are members',
    }),
  })
  .openapi('PayerPlanUpdate');

export const BillingEmailBody = z
  .strictObject({
    organization_id: z.string().max(100),
    email: EmailField.nullable().openapi({
      description: 'Null for the address of the owner who has been in it longest',
    }),
  })
  .openapi('BillingEmailUpdate');

export const PayerQuery = z.object(payerNames);

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
    amount: z.int().nullable().openapi({
      description: 'Of a period, in the smallest unit of the currency; null where it depends',
    }),
    currency: z.string().nullable(),
    months: z.number().nullable().openapi({ description: 'How often it is paid' }),
    quantity: z.int().openapi({ description: 'How many seats are paid; 1 where it is not paid by seat' }),
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

/** What is set about buying credits again. */
export const TopUpFields = z.strictObject({
  below: z.int().min(1).max(1e12).openapi({ description: 'Credits: with fewer, the pack is bought' }),
  price_id: PriceIdField,
  monthly_limit: z.int().min(1).max(1e9).openapi({
    description: 'The most that is spent in a UTC month, in the smallest unit of the currency of the price',
  }),
});

export const TopUpBody = TopUpFields.extend(payerNames).openapi('TopUpUpdate');

export const TopUpSchema = z
  .object({
    status: z.enum(['on', 'off', 'stopped']).openapi({
      description: '`stopped`: a payment has failed; it is set again to turn it on',
    }),
    reason: z
      .enum(['declined', 'authentication_required', 'no_payment_method', 'price_gone'])
      .nullable()
      .openapi({ description: 'Why it is stopped' }),
    below: z.int().nullable(),
    price_id: z.string().nullable(),
    monthly_limit: z.int().nullable(),
    spent: z.int().openapi({ description: 'In this UTC month, a payment that is under way included' }),
    currency: z.string().nullable(),
    is_paying: z.boolean().openapi({ description: 'A payment is under way' }),
  })
  .openapi('TopUp');

export const PayerPlanSchema = z
  .object({
    user_id: z.string().optional(),
    organization_id: z.string().optional(),
    plan: z.string(),
    current_period_end: z.iso.datetime().nullable().openapi({ description: 'When the plan lapses' }),
    paid: PaidSubscriptionSchema.nullable().openapi({ description: 'Null for a plan that nobody pays for' }),
    members: z.int().optional().openapi({ description: 'Of an organization' }),
    paid_seats: z.int().nullable().optional().openapi({
      description: 'How many members an organization pays for, where no more may join',
    }),
    billing_email: z.string().nullable().optional().openapi({
      description: 'Where Stripe writes to about what an organization pays; null for an owner’s address',
    }),
  })
  .openapi('PayerPlan');

const OfferSchema = PlanSchema.extend({
  prices: z
    .array(
      z.object({
        price_id: z.string(),
        unit_amount: z
          .int()
          .nullable()
          .openapi({ description: 'In the smallest unit of the currency; null where Stripe reckons it' }),
        currency: z.string().openapi({ example: 'eur' }),
        months: z.number().nullable().openapi({ description: 'How often it is paid' }),
      }),
    )
    .openapi({ description: 'In the order to show them; none for the plan that costs nothing' }),
}).openapi('PlanOffer');

export const OfferListSchema = z
  .object({ data: z.array(OfferSchema), next_cursor: z.null() })
  .openapi('PlanOfferList');

/** What of a UTC hour was beyond limits and billed by a meter. */
const OverageHourSchema = z.object({
  meter: z.string().openapi({ description: 'The name of its events', example: 'images_beyond' }),
  hour: z.iso.datetime().openapi({ description: 'When it began' }),
  used: z.int(),
  reported: z.int().openapi({ description: 'What of it Stripe was told' }),
});

export const OverageListSchema = z
  .object({
    data: z.array(
      OverageHourSchema.extend({
        user_id: z.string().optional(),
        organization_id: z.string().optional(),
        reason: z.string().openapi({
          description:
            '`missing`: taken, and not counted; it was told again. `less`: less is counted than was told, as after a correction at Stripe; nothing is told again. `surplus`: more was counted than was told. `lost`: of a customer or by a meter that is no more. `too_old`: given up after 34 days. Else why it was not taken, which is tried again',
        }),
        next_attempt_at: z.iso.datetime().nullable(),
      }).openapi('TroubledOverage'),
    ),
    next_cursor: z.string().nullable(),
    total: z.int(),
  })
  .openapi('TroubledOverageList');

/** What is kept of a payer's paying; invoices and cards are Stripe's. */
export const PaidSchema = z.object({
  customer_id: z.string().nullable().openapi({ description: 'By which Stripe knows the payer' }),
  subscriptions: z.array(PaidSubscriptionSchema),
  reversals: z.array(z.record(z.string(), z.unknown())),
  top_up: z.union([TopUpSchema, z.null()]).openapi({ description: 'Null where none was ever set' }),
  overage: z.array(OverageHourSchema).openapi({ description: 'Use beyond limits that meters bill, by hour' }),
});

export const ReceivedSchema = z.object({ received: z.literal(true) }).openapi('ReceivedWebhook');

/** The plan that costs nothing, and those that have a price, in the order of their prices. */
export function offerShapes(plans: PlanBook, prices: PriceRow[]): z.infer<typeof OfferSchema>[] {
  const ids = new Set([DEFAULT_PLAN, ...prices.map(({ plan }) => plan)]);
  return [...ids].flatMap((id) => {
    const plan = id === null ? undefined : plans[id];
    if (!plan) return [];
    const own = prices.filter((price) => price.plan === id);
    return {
      ...planShape(plan),
      prices: own.map(({ priceId, unitAmount, currency, months }) => ({
        price_id: priceId,
        unit_amount: unitAmount,
        currency,
        months,
      })),
    };
  });
}

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

/** What is set about buying credits again, as it goes over the wire. */
export function topUpShape(row: TopUpRow | null): z.infer<typeof TopUpSchema> {
  return {
    status: row?.status ?? 'off',
    reason: row?.reason ?? null,
    below: row?.below ?? null,
    price_id: row?.priceId ?? null,
    monthly_limit: row?.monthlyLimit ?? null,
    spent: row && row.month === monthOf(Date.now()) ? row.spent : 0,
    currency: row?.currency ?? null,
    is_paying: row?.pendingAmount != null,
  };
}

/** A payer's plan as it goes over the wire. */
export function payerPlanShape(
  { id, plan, planExpiresAt, organization, members, paidSeats, billingEmail }: PayerRow,
  paid: SubscriptionRow | null,
): z.infer<typeof PayerPlanSchema> {
  const own = { plan, current_period_end: time(planExpiresAt), paid: paid && paidSubscriptionShape(paid) };
  if (organization === null) return { user_id: id, ...own };
  return { organization_id: id, ...own, members, paid_seats: paidSeats, billing_email: billingEmail };
}

/** A subscription as it goes over the wire. */
export function paidSubscriptionShape(row: SubscriptionRow): z.infer<typeof PaidSubscriptionSchema> {
  return {
    id: row.id,
    plan: row.plan,
    price_id: row.priceId,
    amount: row.amount,
    currency: row.currency,
    months: row.months,
    quantity: row.quantity,
    status: row.status,
    current_period_start: rfc3339(row.periodStart),
    current_period_end: rfc3339(row.periodEnd),
    cancel_at_period_end: row.cancelAtPeriodEnd,
    cancel_at: time(row.cancelAt),
    trial_end: time(row.trialEnd),
    created_at: rfc3339(row.createdAt),
  };
}

export function paidShape({
  customerId,
  subscriptions,
  reversals,
  topUp,
  overage,
}: Awaited<ReturnType<Billing['export']>>): z.infer<typeof PaidSchema> {
  return {
    customer_id: customerId,
    subscriptions: subscriptions.map(paidSubscriptionShape),
    reversals: reversals.map(shortfallShape),
    top_up: topUp && topUpShape(topUp),
    overage: overage.map(overageHourShape),
  };
}

export function shortfallShape({ payerId, reference, credits, taken, updatedAt }: ReversalRow) {
  const amounts = { credits, taken, shortfall: credits - taken };
  const payer = isOrganizationId(payerId) ? { organization_id: payerId } : { user_id: payerId };
  return { ...payer, reference, ...amounts, updated_at: rfc3339(updatedAt) };
}

function overageHourShape({ meter, hour, used, reported }: OverageReportRow) {
  return { meter, hour: rfc3339(hour), used, reported };
}

/** Use beyond limits that Stripe has not taken or counted as it was, as it goes over the wire. */
export function troubledOverageShape(row: OverageReportRow) {
  const { payerId, lastError, dueAt } = row;
  return {
    ...(isOrganizationId(payerId) ? { organization_id: payerId } : { user_id: payerId }),
    ...overageHourShape(row),
    reason: lastError ?? '',
    next_attempt_at: dueAt === null ? null : rfc3339(dueAt),
  };
}
