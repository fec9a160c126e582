import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { CapsBody } from '../plans/caps-schemas.ts';
import { OperatorCapsBody, SpendingCapsSchema, spendingCapsShape } from '../usage/spending-schemas.ts';
import { OrganizationParams } from './schemas.ts';
import type { Organizations } from './service.ts';
import type { OrganizationSpending } from './spending-service.ts';

const LOOKING = ['organization_not_found', 'validation_failed'] as const;

/** How much all members of an organization may spend together: what it says itself, and what an operator says. */
export function walletCapRoutes(
  { organizations, spending }: { organizations: Organizations; spending: OrganizationSpending },
  levels: Levels,
) {
  const operator = { tags: ['Admin: organizations'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'organizations.spending.get',
        method: 'get',
        path: '/v1/organizations/{id}/spending',
        tags: ['Organizations'],
        level: levels.user({ impersonation: true }),
        summary: 'How much all may spend together, and have spent',
        description: 'Needs the permission `usage:read`.',
        request: { params: OrganizationParams },
        responses: responses(
          { 200: json(SpendingCapsSchema, 'The caps; exact') },
          { codes: [...LOOKING, 'insufficient_permission', 'organization_suspended'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'usage:read');
        return c.json(spendingCapsShape(await spending.wallet(by)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.spending.set',
        method: 'put',
        path: '/v1/organizations/{id}/spending',
        tags: ['Organizations'],
        level: levels.verified(),
        summary: 'Set how much all may spend together',
        description:
          'Credits and resources, by UTC day and month, of all members and services; the caps of members hold beside it. Where an operator has set a cap, the lower of both holds. Needs the permission `caps:manage`.',
        request: { params: OrganizationParams, ...jsonBody(CapsBody) },
        responses: responses(
          { 200: json(SpendingCapsSchema, 'The caps') },
          {
            body: true,
            codes: [
              ...LOOKING,
              'insufficient_permission',
              'organization_suspended',
              'conflict',
              'origin_not_allowed',
            ],
          },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'caps:manage');
        return c.json(spendingCapsShape(await spending.capWallet(by, 'own', c.req.valid('json'))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.spending.get',
        method: 'get',
        path: '/v1/admin/organizations/{id}/spending',
        ...operator,
        summary: 'How much an organization may spend, and has spent',
        request: { params: OrganizationParams },
        responses: responses({ 200: json(SpendingCapsSchema, 'The caps; exact') }, { codes: LOOKING }),
      }),
      async (c) => {
        const by = await organizations.operate(c.get('realm'), c.req.valid('param').id, actorOf(c).id);
        return c.json(spendingCapsShape(await spending.wallet(by)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.spending.set',
        method: 'put',
        path: '/v1/admin/organizations/{id}/spending',
        ...operator,
        summary: 'Set beyond what an organization cannot go',
        description: 'Caps that it can lower, and not exceed. In force from the next charge on.',
        request: { params: OrganizationParams, ...jsonBody(OperatorCapsBody) },
        responses: responses(
          { 200: json(SpendingCapsSchema, 'The caps') },
          { body: true, codes: [...LOOKING, 'conflict'] },
        ),
      }),
      async (c) => {
        const by = await organizations.operate(c.get('realm'), c.req.valid('param').id, actorOf(c).id);
        const { reason, ...caps } = c.req.valid('json');
        return c.json(spendingCapsShape(await spending.capWallet(by, 'operator', caps, reason)), 200);
      },
    );
}
