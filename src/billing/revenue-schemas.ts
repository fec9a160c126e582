import { z } from '@hono/zod-openapi';
import type { PlanRevenue } from './revenue-service.ts';

export const RevenueSchema = z
  .object({
    plan: z.string(),
    currency: z.string().openapi({ example: 'usd' }),
    subscriptions: z.int().openapi({ description: 'Active, on trial or past due' }),
    monthly_amount: z.int().openapi({
      description:
        'In the smallest unit of the currency, at their price without discounts and taxes; a year counts as twelve months. What has no fixed price counts as 0.',
    }),
  })
  .openapi('PlanRevenue');

/** What a plan brings, as it goes over the wire. */
export function revenueShape({ plan, currency, subscriptions, monthlyAmount }: PlanRevenue) {
  return { plan, currency, subscriptions, monthly_amount: monthlyAmount };
}
