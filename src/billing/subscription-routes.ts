import { type Authenticator, requireUser, requireVerified } from '../http/authentication.ts';
import type { AppContext } from '../http/context.ts';
import { createRoute, featureRouter, json, jsonBody, responses, USER_SECURITY } from '../http/openapi.ts';
import { subscriptionShape } from '../plans/schemas.ts';
import type { Plans } from '../plans/service.ts';
import { MySubscriptionSchema, PlanChoice, paidSubscriptionShape } from './schemas.ts';
import type { Billing } from './service.ts';
import type { SubscriptionRow } from './tables.ts';

/** `/v1/me/subscription`: the plan of the user who asks, and what is paid for it. */
export function subscriptionRoutes(billing: Billing, plans: Plans, authenticator: Authenticator) {
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
        operationId: 'me.subscription.get',
        method: 'get',
        path: '/v1/me/subscription',
        tags: ['Plan and usage'],
        summary: 'The plan, its period, the limits that hold, and what is paid for it',
        security: USER_SECURITY,
        middleware: [requireUser(authenticator)] as const,
        responses: responses({ 200: json(MySubscriptionSchema, 'The subscription') }, { user: true }),
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
        security: USER_SECURITY,
        middleware: [requireVerified(authenticator)] as const,
        request: jsonBody(PlanChoice),
        responses: responses(
          { 200: json(MySubscriptionSchema, 'The subscription') },
          {
            user: true,
            body: true,
            codes: [
              'email_not_verified',
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
        const paid = await billing.choosePlan({ userId, realmId: c.get('realm').id }, { plan });
        return c.json(await mine(c, paid), 200);
      },
    );
}
