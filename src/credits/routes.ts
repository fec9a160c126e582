import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import {
  BalanceSchema,
  standingShape,
  TransactionListSchema,
  TransactionQuery,
  transactionShape,
} from './schemas.ts';
import type { Credits } from './service.ts';

/** The credits of the user who asks. */
export function creditRoutes(credits: Credits, levels: Levels) {
  const user = { tags: ['Credits'], level: levels.user({ impersonation: true }) };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.credits.get',
        method: 'get',
        path: '/v1/me/credits',
        ...user,
        summary: 'The balance, by source',
        responses: responses({ 200: json(BalanceSchema, 'What can be spent now') }, {}),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        const standing = await credits.standing({ userId, realmId: c.get('realm').id });
        return c.json({ user_id: userId, ...standingShape(standing) }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.credits.transactions.list',
        method: 'get',
        path: '/v1/me/credits/transactions',
        ...user,
        summary: 'The ledger',
        description: 'Newest first; exact.',
        request: { query: TransactionQuery },
        responses: responses(
          { 200: json(TransactionListSchema, 'A page') },
          { codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        const page = await credits.transactions({ userId, realmId: c.get('realm').id }, c.req.valid('query'));
        return c.json({ data: page.rows.map(transactionShape), next_cursor: page.nextCursor }, 200);
      },
    );
}
