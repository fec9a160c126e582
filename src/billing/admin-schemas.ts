import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../lib/time.ts';
import { PlanField } from '../plans/schemas.ts';
import { PriceIdField } from './schemas.ts';
import type { EventRow, PriceRow } from './tables.ts';

const PriceMeaningSchema = z
  .strictObject({
    price_id: PriceIdField,
    plan: PlanField.optional(),
    credits: z.int().min(1).max(1e12).optional(),
    seats: z.enum(['members', 'paid']).optional().openapi({
      description:
        'Where an organization pays by seat: for as many as it has members (`members`), or for so many as it has bought, no more of whom can join (`paid`)',
    }),
    metered: z.array(PriceIdField).max(10).optional().openapi({
      description:
        'Prices by use that a subscription to this one has too: each by a meter of its own, and paid as often',
    }),
  })
  .refine(({ plan, metered }) => metered === undefined || plan !== undefined, {
    error: 'Only plans have prices by use beside them',
    path: ['metered'],
  })
  .refine(({ plan, seats }) => seats === undefined || plan !== undefined, {
    error: 'Only plans have seats',
    path: ['seats'],
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
          seats: z.enum(['members', 'paid']).nullable(),
          metered: z
            .array(z.string())
            .openapi({ description: 'Prices by use that a subscription to this one has too' }),
        })
        .openapi('Price'),
    ),
    next_cursor: z.null(),
    total: z.int(),
  })
  .openapi('PriceList');

const STATUSES = ['received', 'done', 'ignored', 'failed'] as const;

export const BillingEventQuery = z.object({
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

export const ShortfallQuery = BillingEventQuery.omit({ status: true });

export const OverageQuery = ShortfallQuery.extend({
  cursor: z
    .string()
    .regex(/^\d{1,15}:[a-z0-9_-]{1,100}:[A-Za-z_][A-Za-z0-9_.-]{0,99}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

export const ShortfallListSchema = z
  .object({
    data: z.array(
      z
        .object({
          user_id: z.string().optional(),
          organization_id: z.string().optional(),
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

export function priceShape(row: PriceRow) {
  const { priceId, plan, credits, unitAmount, currency, months, seats, metered } = row;
  const same = { plan, credits, currency, months, seats, metered: metered ?? [] };
  return { price_id: priceId, unit_amount: unitAmount, ...same };
}

export function eventShape(row: EventRow): z.infer<typeof EventSchema> {
  const { id, type, subject, customerId, status, attempts, lastError, createdAt, receivedAt, settledAt } =
    row;
  return {
    ...{ id, type, subject, customer_id: customerId, status, attempts, last_error: lastError },
    created_at: rfc3339(createdAt),
    received_at: rfc3339(receivedAt),
    settled_at: settledAt === null ? null : rfc3339(settledAt),
  };
}
