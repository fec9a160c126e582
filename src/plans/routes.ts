import { createRoute } from '@hono/zod-openapi';
import { type Authenticator, requireUser } from '../http/authentication.ts';
import { featureRouter, json, responses, USER_SECURITY } from '../http/openapi.ts';
import { SubscriptionSchema, subscriptionShape } from './schemas.ts';
import type { Plans } from './service.ts';

/** What the user who asks has. */
export function planRoutes(plans: Plans, authenticator: Authenticator) {
  return featureRouter().openapi(
    createRoute({
      method: 'get',
      path: '/v1/me/subscription',
      tags: ['Plan and usage'],
      summary: 'The plan, its period, and the limits that hold',
      security: USER_SECURITY,
      middleware: [requireUser(authenticator)] as const,
      responses: responses({ 200: json(SubscriptionSchema, 'The subscription') }, { user: true }),
    }),
    async (c) => {
      const { userId } = c.get('principal');
      const subscription = await plans.subscription({ userId, realmId: c.get('realm').id });
      return c.json(subscriptionShape(subscription), 200);
    },
  );
}
