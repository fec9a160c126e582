import { fieldError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { IdempotencyHeader } from '../http/idempotency.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { payerNames, payerOf } from '../plans/payer-schemas.ts';
import {
  AdditionBody,
  BalanceSchema,
  CreditChangeSchema,
  CreditQuery,
  creditChangeShape,
  RefundBody,
  standingShape,
  TransactionListSchema,
  transactionShape,
  UseBody,
  UserTransactionQuery,
} from './schemas.ts';
import type { Credits } from './service.ts';

const NOBODY = ['user_not_found', 'organization_not_found', 'not_a_member'] as const;

/** The credits of users and organizations, for services. */
export function creditServiceRoutes(credits: Credits, levels: Levels) {
  const service = {
    tags: ['Credits'],
    level: levels.service('credits:write'),
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'credits.balance.get',
        method: 'get',
        path: '/v1/credits/balance',
        ...service,
        summary: 'The balance of a user, or of an organization',
        description: 'Needs `credits:write`.',
        request: { query: CreditQuery },
        responses: responses(
          { 200: json(BalanceSchema, 'What can be spent now') },
          { codes: ['validation_failed', ...NOBODY] },
        ),
      }),
      async (c) => {
        const query = c.req.valid('query');
        const standing = await credits.standing(ownerOf(c, query));
        return c.json({ ...payerNames(query), ...standingShape(standing) }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'credits.add',
        method: 'post',
        path: '/v1/credits/add',
        ...service,
        summary: 'Add credits',
        description: 'Once for a reference, which is unique in the ledger. Needs `credits:write`.',
        request: { headers: IdempotencyHeader, ...jsonBody(AdditionBody) },
        responses: responses(
          { 200: json(CreditChangeSchema, 'Added') },
          { body: true, codes: [...NOBODY, 'reference_reused', 'credits_limit'] },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const { type, amount, expires_at } = body;
        const expiresAt = expires_at ? Date.parse(expires_at) : null;
        const change = changeOf(c, body, c.req.valid('header'));
        const answer = await credits.add(ownerOf(c, body), { ...change, type, amount, expiresAt });
        return c.json(creditChangeShape(answer), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'credits.use',
        method: 'post',
        path: '/v1/credits/use',
        ...service,
        summary: 'Use credits',
        description:
          'What expires first is spent first, and then what a plan brought before what was given, and that before what was bought. Once for a reference. Needs `credits:write`.',
        request: { headers: IdempotencyHeader, ...jsonBody(UseBody) },
        responses: responses(
          { 200: json(CreditChangeSchema, 'Used') },
          {
            body: true,
            codes: [
              ...NOBODY,
              'account_suspended',
              'organization_suspended',
              'reference_reused',
              'insufficient_credits',
              'cap_exceeded',
            ],
          },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const change = changeOf(c, body, c.req.valid('header'));
        const answer = await credits.use(ownerOf(c, body), { ...change, amount: body.amount });
        return c.json(creditChangeShape(answer), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'credits.refund',
        method: 'post',
        path: '/v1/credits/refund',
        ...service,
        summary: 'Give back what a use took',
        description:
          'At most what is left of it, to expire when it would have; what has expired meanwhile can be spent for 30 days. Once for a reference. Needs `credits:write`.',
        request: { headers: IdempotencyHeader, ...jsonBody(RefundBody) },
        responses: responses(
          { 200: json(CreditChangeSchema, 'Given back') },
          {
            body: true,
            codes: [
              ...NOBODY,
              'transaction_not_found',
              'refund_exceeds_use',
              'reference_reused',
              'credits_limit',
            ],
          },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const refund = { amount: body.amount ?? null, refundOf: body.refund_of };
        const change = changeOf(c, body, c.req.valid('header'));
        return c.json(
          creditChangeShape(await credits.refund(ownerOf(c, body), { ...change, ...refund })),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        operationId: 'credits.transactions.list',
        method: 'get',
        path: '/v1/credits/transactions',
        ...service,
        summary: 'The ledger of a user, or of an organization',
        description: 'Newest first; exact. Needs `credits:write`.',
        request: { query: UserTransactionQuery },
        responses: responses(
          { 200: json(TransactionListSchema, 'A page') },
          { codes: ['validation_failed', ...NOBODY] },
        ),
      }),
      async (c) => {
        const query = c.req.valid('query');
        const page = await credits.transactions(ownerOf(c, query), query);
        return c.json({ data: page.rows.map(transactionShape), next_cursor: page.nextCursor }, 200);
      },
    );
}

function ownerOf(c: AppContext, named: Parameters<typeof payerOf>[0]) {
  return payerOf(named, c.get('realm').id, c.get('service').keyId);
}

/** What all changes have; throws 422 when nothing makes it happen once. */
function changeOf(
  c: AppContext,
  body: { reference?: string | undefined; description?: string | undefined },
  header: { 'idempotency-key'?: string | undefined },
) {
  const reference = body.reference ?? header['idempotency-key'];
  if (!reference) throw fieldError('reference', 'required', 'Makes the change happen once');
  return { reference, description: body.description ?? null, actor: c.get('service').keyId };
}
