import { z } from '@hono/zod-openapi';
import type { Quota, QuotaReport, Reservation } from '../account/metering-contract.ts';
import { ReferenceField } from '../http/idempotency.ts';
import { rfc3339 } from '../lib/time.ts';
import { NAMES_PAYER, payerFields, payerShape } from '../plans/payer-schemas.ts';
import { ResourceField } from '../plans/schemas.ts';
import type { CountedUse } from './service.ts';

/** How much of a resource, at a time. */
export const QuantityField = z.int().min(1).max(1e9);

const standing = {
  limit: z.int().nullable().openapi({ description: 'Null is unlimited' }),
  used: z.int(),
  remaining: z.int().nullable().openapi({ description: 'Takes off what is reserved; null is unlimited' }),
  period: z.enum(['day', 'month']).openapi({ description: 'The one that leaves least, if both are limited' }),
  resets_at: z.iso.datetime(),
};

/** What of a use was beyond the limit. */
export const OverageField = z
  .object({
    quantity: z.int(),
    credits: z.int(),
    meter: z.string().optional().openapi({ description: 'By what meter it is billed instead' }),
  })
  .optional()
  .openapi({ description: 'What was beyond the limit, and its credits; not there where nothing was' });

export const QuotaSchema = z.object({ resource: z.string(), ...standing }).openapi('Quota');

export const QuotaReportSchema = z
  .object({
    plan: z.string(),
    resources: z.record(
      z.string(),
      z.object({
        ...standing,
        billed: z.int().optional().openapi({
          description:
            'What of this UTC month was beyond the limit and is billed by a meter; not there where nothing was',
        }),
      }),
    ),
  })
  .openapi('QuotaReport');

export const ConsumeBody = z
  .strictObject({
    ...payerFields,
    resource: ResourceField,
    quantity: QuantityField.default(1),
    reference: ReferenceField.optional(),
  })
  .refine(...NAMES_PAYER)
  .openapi('Consumption');

export const ConsumedSchema = z
  .object({ ...payerShape, quota: QuotaSchema, overage: OverageField })
  .openapi('Consumed');

export const ReserveBody = z
  .strictObject({
    ...payerFields,
    resource: ResourceField,
    quantity: QuantityField.default(1),
    reference: ReferenceField.optional(),
    expires_in: z.int().min(1).max(86_400).optional().openapi({ description: 'Seconds' }),
  })
  .refine(...NAMES_PAYER)
  .openapi('NewReservation');

export const CommitBody = z
  .strictObject({
    ...payerFields,
    quantity: QuantityField.optional().openapi({ description: 'What was used, if less than was reserved' }),
  })
  .refine(...NAMES_PAYER)
  .openapi('ReservationCommit');

export const ReleaseBody = z
  .strictObject(payerFields)
  .refine(...NAMES_PAYER)
  .openapi('ReservationRelease');

export const ReservationSchema = z
  .object({
    reservation: z
      .object({
        reference: z.string(),
        resource: z.string(),
        quantity: z.int(),
        status: z.enum(['held', 'committed', 'released', 'expired']),
        expires_at: z.iso.datetime(),
        overage: OverageField,
      })
      .openapi('Reservation'),
    quota: QuotaSchema,
  })
  .openapi('ReservationAnswer');

const tokenCount = z.int().min(0).max(1e9);

export const TokenUseBody = z
  .strictObject({
    model: z
      .string()
      .regex(/^[!-~]{1,100}$/, 'Must be the name of a model')
      .openapi({ example: 'gpt-4o-mini' }),
    input_tokens: tokenCount,
    output_tokens: tokenCount,
    request_id: ReferenceField.optional().openapi({ description: 'Makes it count once' }),
    organization_id: payerFields.organization_id.openapi({
      description:
        'The organization of which they are used, for roles with `usage:record`; the user’s own when left out',
    }),
  })
  .refine(({ input_tokens, output_tokens }) => input_tokens + output_tokens > 0, {
    error: 'Must be at least 1 together',
    path: ['input_tokens'],
  })
  .openapi('TokenUse');

export const TokensRecordedSchema = z
  .object({ quota: QuotaSchema, overage: OverageField })
  .openapi('TokensRecorded');

function standingShape({ limit, used, remaining, period, resetsAt }: Omit<Quota, 'resource'>) {
  return { limit, used, remaining, period, resets_at: rfc3339(resetsAt) };
}

/** A quota as it goes over the wire. */
export function quotaShape({ resource, ...quota }: Quota): z.infer<typeof QuotaSchema> {
  return { resource, ...standingShape(quota) };
}

/** What was counted as it goes over the wire. */
export function countedShape({ quota, overage }: CountedUse) {
  return { quota: quotaShape(quota), ...(overage && { overage }) };
}

/** All quotas of a user as they go over the wire. */
export function quotaReportShape({ plan, resources }: QuotaReport): z.infer<typeof QuotaReportSchema> {
  return {
    plan,
    resources: Object.fromEntries(
      Object.entries(resources).map(([resource, { billed, ...quota }]) => [
        resource,
        { ...standingShape(quota), ...(billed !== undefined && { billed }) },
      ]),
    ),
  };
}

/** A reservation as it goes over the wire. */
export function reservationShape(answer: {
  reservation: Reservation;
  quota: Quota;
}): z.infer<typeof ReservationSchema> {
  const { expiresAt, ...reservation } = answer.reservation;
  return {
    reservation: { ...reservation, expires_at: rfc3339(expiresAt) },
    quota: quotaShape(answer.quota),
  };
}
