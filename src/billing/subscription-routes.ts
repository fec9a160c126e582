import type { AppContext } from '../http/context.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { subscriptionShape } from '../plans/schemas.ts';
import type { Plans } from '../plans/service.ts';
import {
  MySubscriptionSchema,
  OfferListSchema,
  offerShapes,
  PlanChoice,
  paidSubscriptionShape,
} from './schemas.ts';
import type { Billing } from './service.ts';
import type { SubscriptionRow } from './tables.ts';

/** `/v1/plans`: what is on offer; `/v1/me/subscription`: the plan of the user who asks, and what is paid for it. */
export function subscriptionRoutes(billing: Billing, plans: Plans, levels: Levels) {
  async function mine(c: AppContext, paid: SubscriptionRow | null) {
    const { userId } = c.get('principal');
    const subscription = await plans.subscription({ userId, realmId: c.get('realm').id });
    return {
      ...subscriptionShape(subscription),
      status: paid?.status ?? 'active',
      cancel_at_period_end: paid?.cancelAtPeriodEnd ?? false,
      paid: paid && paidSubscriptionShape(paid),
    };
  }

  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'plans.list',
        method: 'get',
        path: '/v1/plans',
        tags: ['Plan and usage'],
        summary: 'The plans on offer, and what they cost',
        description: 'For anybody: the plan that costs nothing, and those that have a price.',
        level: PUBLIC,
        responses: responses({ 200: json(OfferListSchema, 'In the order to show them') }, {}),
      }),
      async (c) => {
        const { id } = c.get('realm');
        const [terms, prices] = await Promise.all([plans.terms(id), billing.offers(id)]);
        return c.json({ data: offerShapes(terms.plans, prices), next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.subscription.get',
        method: 'get',
        path: '/v1/me/subscription',
        tags: ['Plan and usage'],
        summary: 'The plan, its period, the limits that hold, and what is paid for it',
        level: levels.user({ impersonation: true }),
        responses: responses({ 200: json(MySubscriptionSchema, 'The subscription') }, {}),
      }),
      async (c) => {
        const { userId, bookmark } = c.get('principal');
        return c.json(await mine(c, await billing.subscription(userId, bookmark)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.subscription.update',
        method: 'put',
        path: '/v1/me/subscription',
        tags: ['Plan and usage'],
        summary: 'Choose a plan',
        description:
          'A paid plan begins at once, its price in proportion when there is another already; `free` begins when what is paid for ends, until when any plan takes that back. Without a way to pay, or when a payment is declined, a 402 has a `checkout_url`. A plan that an admin has given stays. Needs a verified address.',
        level: levels.verified({ fresh: true }),
        request: jsonBody(PlanChoice),
        responses: responses(
          { 200: json(MySubscriptionSchema, 'The subscription') },
          {
            body: true,
            codes: [
              'payment_required',
              'payment_failed',
              'user_not_found',
              'conflict',
              'billing_not_configured',
            ],
          },
        ),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        const { plan } = c.req.valid('json');
        const paid = await billing.choosePlan({ payerId: userId, realmId: c.get('realm').id }, { plan });
        return c.json(await mine(c, paid), 200);
      },
    );
}
