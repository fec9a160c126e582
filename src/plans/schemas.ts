import { z } from '@hono/zod-openapi';
import type { Plan, UserPlan } from '../account/metering-contract.ts';
import { Reason } from '../directory/audit-schemas.ts';
import type { Limits } from '../directory/state.ts';
import { rfc3339 } from '../lib/time.ts';

/** The name of something that plans limit. A day of usage has its date beside these. */
export const ResourceField = z
  .string()
  .regex(/^(?!date$)[a-z][a-z0-9_]{0,39}$/, 'Must be the name of a resource')
  .openapi({ example: 'images' });

/** The id of a plan. */
export const PlanField = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'Must be the id of a plan')
  .openapi({ example: 'pro' });

const bound = z.int().min(0).max(1e15).nullable().optional();

export const LimitSchema = z
  .strictObject({ day: bound, month: bound })
  .refine(({ day, month }) => day !== undefined || month !== undefined, {
    error: 'Must limit a day or a month',
  })
  .openapi('Limit', {
    description: 'Of a UTC day, a UTC month, or both; null is unlimited',
    example: { day: 20 },
  });

/** Limits by resource. */
export const LimitsSchema = z
  .record(ResourceField, LimitSchema)
  .refine((limits) => Object.keys(limits).length <= 50, { error: 'Must be at most 50' })
  .openapi('Limits', { example: { images: { day: 20 }, tokens: { month: 100_000 } } });

/** The name of the events of a meter. */
export const MeterField = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/, 'Must be the name of the events of a meter')
  .openapi({ example: 'images_beyond' });

/** What may go beyond its limit, for credits or with the invoice. */
const OverageSchema = z
  .record(
    ResourceField,
    z.union([
      z.strictObject({
        credits: z.int().min(1).max(1e9),
        per: z.int().min(1).max(1e9).default(1).openapi({ description: 'For every started so many units' }),
      }),
      z.strictObject({
        meter: MeterField.openapi({
          description:
            '`event_name` of a meter of Stripe’s that bills it, where the subscription has a price by that; else it is refused',
        }),
      }),
    ]),
  )
  .refine((overage) => Object.keys(overage).length <= 50, { error: 'Must be at most 50' })
  .openapi({
    description:
      'What goes beyond the limit of a resource costs these credits, or is billed with the subscription by that meter; what is not here is refused',
    example: { images: { credits: 2, per: 1 } },
  });

const names = (max: number) => z.array(z.string().regex(/^[a-z0-9_*-]{1,40}$/)).max(max);

const planFields = {
  name: z.string().trim().min(1).max(100),
  limits: LimitsSchema,
  model_tiers: names(50).openapi({ example: ['standard'], description: '`*` for all' }),
  monthly_credits: z.int().min(0).max(1e12).openapi({ example: 1000 }),
  rollover_credits: z.int().min(0).max(1e12).nullable().default(0).openapi({
    description:
      'How many of the plan’s credits that expire can be spent for another month; null is all. Those that rolled over before count too.',
    example: 200,
  }),
  overage: OverageSchema.default({}),
  features: names(100).openapi({ example: ['priority_support'] }),
};

export const PlanBody = z.strictObject({ ...planFields, reason: Reason.optional() }).openapi('PlanUpdate');

export const PlanSchema = z.object({ id: PlanField, ...planFields }).openapi('Plan');

export const PlanListSchema = z
  .object({ data: z.array(PlanSchema), next_cursor: z.string().nullable(), total: z.int() })
  .openapi('PlanList');

export const SubscriptionSchema = z
  .object({
    plan: z.string(),
    name: z.string(),
    status: z.enum(['active']),
    current_period_end: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'When the plan lapses; null is never' }),
    limits: LimitsSchema,
    model_tiers: z.array(z.string()),
    monthly_credits: z.int(),
    rollover_credits: z.int().nullable().openapi({ description: 'Null is all' }),
    overage: OverageSchema,
    features: z.array(z.string()),
  })
  .openapi('Subscription');

export const PlanAssignment = z
  .strictObject({
    plan: PlanField,
    expires_at: z.iso.datetime().nullish().openapi({ description: 'When it lapses; never when left out' }),
    reason: Reason.optional(),
  })
  .openapi('PlanAssignment');

export const LimitsAssignment = z
  .strictObject({ limits: LimitsSchema, reason: Reason.optional() })
  .openapi('LimitsAssignment', {
    description: 'In place of the plan’s for these resources; `{}` takes all away',
  });

/** A plan as it comes over the wire, without its reason. */
export function planOf(id: string, body: Omit<z.output<typeof PlanBody>, 'reason'>): Plan {
  const { model_tiers, monthly_credits, rollover_credits, ...same } = body;
  const credits = { monthlyCredits: monthly_credits, rolloverCredits: rollover_credits };
  return { id, ...same, modelTiers: model_tiers, ...credits };
}

/** A plan as it goes over the wire. */
export function planShape({
  modelTiers,
  monthlyCredits,
  rolloverCredits = 0,
  overage = {},
  ...plan
}: Plan): z.infer<typeof PlanSchema> {
  return {
    ...plan,
    limits: limitsShape(plan.limits),
    model_tiers: modelTiers,
    monthly_credits: monthlyCredits,
    rollover_credits: rolloverCredits,
    overage: { ...overage },
  };
}

/** What a user has, as it goes over the wire. */
export function subscriptionShape({ plan, limits, expiresAt }: UserPlan): z.infer<typeof SubscriptionSchema> {
  const { id, name, modelTiers, monthlyCredits, rolloverCredits = 0, overage = {}, features } = plan;
  return {
    plan: id,
    name,
    status: 'active',
    current_period_end: expiresAt === null ? null : rfc3339(expiresAt),
    limits: limitsShape(limits),
    model_tiers: modelTiers,
    monthly_credits: monthlyCredits,
    rollover_credits: rolloverCredits,
    overage: { ...overage },
    features,
  };
}

/** Limits as they go over the wire, without anything else that a row may hold. */
export function limitsShape(limits: Limits): Limits {
  return Object.fromEntries(
    Object.entries(limits).map(([resource, { day, month }]) => [
      resource,
      { ...(day !== undefined && { day }), ...(month !== undefined && { month }) },
    ]),
  );
}
