import { z } from '@hono/zod-openapi';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import type { PlanAdmin } from './admin-service.ts';
import {
  LimitsAssignment,
  PlanAssignment,
  PlanBody,
  PlanField,
  PlanListSchema,
  PlanSchema,
  planOf,
  planShape,
  SubscriptionSchema,
  subscriptionShape,
} from './schemas.ts';

const UserId = z.object({ id: z.string() });

/** `/v1/admin/plans`, and the plan and limits of one user. */
export function planAdminRoutes(admin: PlanAdmin, levels: Levels) {
  const common = { tags: ['Plans'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.plans.list',
        method: 'get',
        path: '/v1/admin/plans',
        ...common,
        summary: 'The plans of the realm',
        description: 'With the limits that are in force, those set by variables included.',
        responses: responses({ 200: json(PlanListSchema, 'All plans') }, {}),
      }),
      async (c) => {
        const plans = await admin.list(c.get('realm').id);
        return c.json({ data: plans.map(planShape), next_cursor: null, total: plans.length }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.plans.set',
        method: 'put',
        path: '/v1/admin/plans/{id}',
        ...common,
        summary: 'Change or add a plan',
        description:
          'In force everywhere within 30 seconds. A realm that had the shared plans so far gets copies of its own.',
        request: { params: z.object({ id: PlanField }), ...jsonBody(PlanBody) },
        responses: responses({ 200: json(PlanSchema, 'The plan, as it is in force') }, { body: true }),
      }),
      async (c) => {
        const { reason, ...body } = c.req.valid('json');
        const plan = planOf(c.req.valid('param').id, body);
        return c.json(planShape(await admin.save(c.get('realm').id, plan, actorOf(c), reason)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.setPlan',
        method: 'put',
        path: '/v1/admin/users/{id}/plan',
        ...common,
        level: levels.admin({ authority: true }),
        summary: 'Give a user a plan',
        description: 'At once. When it lapses, the plan is `free` again.',
        request: { params: UserId, ...jsonBody(PlanAssignment) },
        responses: responses(
          { 200: json(SubscriptionSchema, 'What the user has now') },
          { body: true, codes: ['user_not_found'] },
        ),
      }),
      async (c) => {
        const { plan, expires_at, reason } = c.req.valid('json');
        const user = { userId: c.req.valid('param').id, realmId: c.get('realm').id };
        const expiresAt = expires_at ? Date.parse(expires_at) : null;
        const assigned = await admin.assign(user, { plan, expiresAt }, actorOf(c), reason);
        return c.json(subscriptionShape(assigned), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.setLimits',
        method: 'put',
        path: '/v1/admin/users/{id}/limits',
        ...common,
        level: levels.admin({ authority: true }),
        summary: 'Limits of one user',
        description: 'Replaces the limits that were set for this user before.',
        request: { params: UserId, ...jsonBody(LimitsAssignment) },
        responses: responses(
          { 200: json(SubscriptionSchema, 'What the user has now') },
          { body: true, codes: ['user_not_found'] },
        ),
      }),
      async (c) => {
        const user = { userId: c.req.valid('param').id, realmId: c.get('realm').id };
        const { limits, reason } = c.req.valid('json');
        return c.json(subscriptionShape(await admin.limit(user, limits, actorOf(c), reason)), 200);
      },
    );
}
