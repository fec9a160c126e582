import { UserIdParams } from '../directory/schemas.ts';
import { clientOf } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { CapsBody } from '../plans/caps-schemas.ts';
import { OperatorCapsBody, SpendingCapsSchema, spendingCapsShape } from './spending-schemas.ts';
import type { Spending } from './spending-service.ts';

/** How much a user may spend: what the user says, and what an operator says. */
export function spendingCapRoutes(spending: Spending, levels: Levels) {
  const operator = { tags: ['Admin: users'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.spending.get',
        method: 'get',
        path: '/v1/me/spending',
        tags: ['Plan and usage'],
        level: levels.user({ impersonation: true }),
        summary: 'How much I may spend, and have spent',
        responses: responses({ 200: json(SpendingCapsSchema, 'The caps; exact') }, {}),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        const report = await spending.report({ userId, realmId: c.get('realm').id });
        return c.json(spendingCapsShape(report), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.spending.set',
        method: 'put',
        path: '/v1/me/spending',
        tags: ['Plan and usage'],
        level: levels.verified(),
        summary: 'Set how much I may spend',
        description:
          'Credits and resources, by UTC day and month; it replaces what was set before. What goes beyond is refused with `cap_exceeded`, from the next charge on. Where an operator has set a cap, the lower of both holds.',
        request: jsonBody(CapsBody),
        responses: responses({ 200: json(SpendingCapsSchema, 'The caps') }, { body: true }),
      }),
      async (c) => {
        const { userId, sessionId } = c.get('principal');
        const by = { sessionId, client: clientOf(c) };
        const report = await spending.setOwn({ userId, realmId: c.get('realm').id }, c.req.valid('json'), by);
        return c.json(spendingCapsShape(report), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.spending.get',
        method: 'get',
        path: '/v1/admin/users/{id}/spending',
        ...operator,
        summary: 'How much a user may spend, and has spent',
        request: { params: UserIdParams },
        responses: responses(
          { 200: json(SpendingCapsSchema, 'The caps; exact') },
          { codes: ['user_not_found'] },
        ),
      }),
      async (c) => {
        const user = { userId: c.req.valid('param').id, realmId: c.get('realm').id };
        return c.json(spendingCapsShape(await spending.report(user)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.spending.set',
        method: 'put',
        path: '/v1/admin/users/{id}/spending',
        ...operator,
        level: levels.admin({ authority: true }),
        summary: 'Set beyond what a user cannot go',
        description:
          'Caps that the user can lower, and not exceed; they replace those that an operator has set before. In force from the next charge on.',
        request: { params: UserIdParams, ...jsonBody(OperatorCapsBody) },
        responses: responses(
          { 200: json(SpendingCapsSchema, 'The caps') },
          { body: true, codes: ['user_not_found'] },
        ),
      }),
      async (c) => {
        const user = { userId: c.req.valid('param').id, realmId: c.get('realm').id };
        const { reason, ...caps } = c.req.valid('json');
        return c.json(spendingCapsShape(await spending.setForUser(user, caps, actorOf(c), reason)), 200);
      },
    );
}
