import {
  AdjustmentBody,
  adjustmentOf,
  LedgerQuery,
  ledgerShape,
  OrganizationLedgerSchema,
} from '../credits/admin-schemas.ts';
import type { CreditAdmin } from '../credits/admin-service.ts';
import { CreditChangeSchema, creditChangeShape } from '../credits/schemas.ts';
import type { AppContext } from '../http/context.ts';
import { IdempotencyHeader } from '../http/idempotency.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { OrganizationParams } from './schemas.ts';

/** `/v1/admin/organizations/{id}/credits`: the ledger of one organization. */
export function organizationCreditRoutes(credits: CreditAdmin, levels: Levels) {
  const admin = { tags: ['Admin: organizations'], level: levels.admin() };
  const payer = (c: AppContext, organizationId: string) => ({
    ...{ organizationId, realmId: c.get('realm').id },
    ...{ userId: null, actor: actorOf(c).id },
  });
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.organizations.credits.get',
        method: 'get',
        path: '/v1/admin/organizations/{id}/credits',
        ...admin,
        summary: 'The credits of an organization',
        description: 'The balance, and the ledger, newest first; exact.',
        request: { params: OrganizationParams, query: LedgerQuery },
        responses: responses(
          { 200: json(OrganizationLedgerSchema, 'A page') },
          { codes: ['organization_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const { limit, cursor } = c.req.valid('query');
        const page = await credits.view(payer(c, id), { limit, cursor });
        return c.json({ organization_id: id, ...ledgerShape(page) }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.credits.adjust',
        method: 'post',
        path: '/v1/admin/organizations/{id}/credits',
        ...admin,
        summary: 'Give an organization credits, or take some',
        description: 'Once for a reference, which is unique in the ledger of the organization.',
        request: { params: OrganizationParams, headers: IdempotencyHeader, ...jsonBody(AdjustmentBody) },
        responses: responses(
          { 200: json(CreditChangeSchema, 'Adjusted') },
          {
            codes: [
              'organization_not_found',
              'insufficient_credits',
              'reference_reused',
              'credits_limit',
              'organization_suspended',
            ],
            body: true,
          },
        ),
      }),
      async (c) => {
        const adjustment = adjustmentOf(c.req.valid('json'), c.req.valid('header'));
        const change = await credits.adjust(payer(c, c.req.valid('param').id), adjustment, actorOf(c));
        return c.json(creditChangeShape(change), 200);
      },
    );
}
