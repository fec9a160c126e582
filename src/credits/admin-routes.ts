import { UserIdParams } from '../directory/schemas.ts';
import { IdempotencyHeader } from '../http/idempotency.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import {
  AdjustmentBody,
  AdminLedgerSchema,
  adjustmentOf,
  LedgerQuery,
  ledgerShape,
} from './admin-schemas.ts';
import type { CreditAdmin } from './admin-service.ts';
import { CreditChangeSchema, creditChangeShape } from './schemas.ts';

/** `/v1/admin/users/{id}/credits`: the ledger of one user. */
export function creditAdminRoutes(credits: CreditAdmin, levels: Levels) {
  const admin = { tags: ['Admin: users'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.users.credits.get',
        method: 'get',
        path: '/v1/admin/users/{id}/credits',
        ...admin,
        summary: 'The credits of a user',
        description: 'The balance, and the ledger, newest first; exact.',
        request: { params: UserIdParams, query: LedgerQuery },
        responses: responses(
          { 200: json(AdminLedgerSchema, 'A page') },
          { codes: ['user_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        const { limit, cursor } = c.req.valid('query');
        const page = await credits.view(target, { limit, cursor });
        return c.json({ user_id: target.userId, ...ledgerShape(page) }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.credits.adjust',
        method: 'post',
        path: '/v1/admin/users/{id}/credits',
        ...admin,
        level: levels.admin({ authority: true }),
        summary: 'Give a user credits, or take some',
        description: 'Once for a reference, which is unique in the ledger of the user.',
        request: { params: UserIdParams, headers: IdempotencyHeader, ...jsonBody(AdjustmentBody) },
        responses: responses(
          { 200: json(CreditChangeSchema, 'Adjusted') },
          {
            codes: [
              'user_not_found',
              'insufficient_credits',
              'reference_reused',
              'credits_limit',
              'account_suspended',
            ],
            body: true,
          },
        ),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        const adjustment = adjustmentOf(c.req.valid('json'), c.req.valid('header'));
        const change = await credits.adjust(target, adjustment, actorOf(c));
        return c.json(creditChangeShape(change), 200);
      },
    );
}
