import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { billingFailures, billingLevel, subjectOf } from './billing-level.ts';
import { PayerQuery, TopUpBody, TopUpSchema, topUpShape } from './schemas.ts';
import type { Billing } from './service.ts';

/** `/v1/billing/top-up`: credits that are bought again when few are left. */
export function topUpRoutes(billing: Billing, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'billing.topUp.get',
        method: 'get',
        path: '/v1/billing/top-up',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'query' }),
        summary: 'Whether and when credits are bought again by themselves',
        request: { query: PayerQuery },
        responses: responses({ 200: json(TopUpSchema, 'What is set') }, billingFailures()),
      }),
      async (c) => c.json(topUpShape(await billing.topUp(subjectOf(c))), 200),
    )
    .openapi(
      createRoute({
        operationId: 'billing.topUp.set',
        method: 'put',
        path: '/v1/billing/top-up',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'body', changes: true, fresh: true, audit: 'top_up_set' }),
        summary: 'Buy credits again by themselves when few are left',
        description:
          'When the balance comes below `below`, one pack is bought by the way to pay that is the default, one at a time and never more in a month than `monthly_limit`. A payment that fails stops it, and a mail says so. What was spent this month stays spent, however often it is set.',
        request: jsonBody(TopUpBody),
        responses: responses(
          { 200: json(TopUpSchema, 'What is set') },
          billingFailures('price_not_found', 'payment_required', 'conflict'),
        ),
      }),
      async (c) => {
        const { below, price_id: priceId, monthly_limit: monthlyLimit } = c.req.valid('json');
        const set = await billing.setTopUp(subjectOf(c), { below, priceId, monthlyLimit });
        return c.json(topUpShape(set), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.topUp.delete',
        method: 'delete',
        path: '/v1/billing/top-up',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'query', changes: true, audit: 'top_up_ended' }),
        summary: 'Buy credits no more by themselves',
        description: 'A payment that is under way is still made.',
        request: { query: PayerQuery },
        responses: responses({ 204: { description: 'It is off' } }, billingFailures()),
      }),
      async (c) => {
        await billing.endTopUp(subjectOf(c));
        return c.body(null, 204);
      },
    );
}
