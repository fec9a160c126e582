import { ApiError } from '../errors.ts';
import { IdempotencyHeader } from '../http/idempotency.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { grants } from '../lib/scopes.ts';
import { AuthorizeBody, DecisionSchema, decisionShape } from './schemas.ts';
import type { Authorizer } from './service.ts';

/** One question before costly work. */
export function authorizeRoutes(authorizer: Authorizer, levels: Levels) {
  return featureRouter().openapi(
    createRoute({
      operationId: 'authorize',
      method: 'post',
      path: '/v1/authorize',
      tags: ['Usage'],
      summary: 'May this user do it? Then it is counted and charged',
      description:
        'Token, account, plan, quota and credits in one step: all of it or nothing, once for a `reference` (or `Idempotency-Key`). A refusal is an answer, with its reason: `reauthentication_required` where `max_age` or `acr` wants a better proof of who the user is. Needs `usage:write`, and `credits:write` to charge.',
      level: levels.service('usage:write'),
      request: { headers: IdempotencyHeader, ...jsonBody(AuthorizeBody) },
      responses: responses(
        { 200: json(DecisionSchema, 'The decision') },
        { body: true, codes: ['reference_reused'] },
      ),
    }),
    async (c) => {
      const {
        token,
        resource,
        quantity = 1,
        credits = 0,
        reference,
        max_age,
        acr,
        ...wanted
      } = c.req.valid('json');
      const { keyId, scopes } = c.get('service');
      if (credits > 0 && !grants(scopes, 'credits:write')) {
        throw new ApiError('insufficient_scope', {
          detail: 'To charge credits needs the scope `credits:write`.',
        });
      }
      const decision = await authorizer.authorize(
        {
          token,
          resource: resource ?? null,
          quantity,
          credits,
          reference: reference ?? c.req.valid('header')['idempotency-key'] ?? null,
          actor: keyId,
          maxAge: max_age ?? null,
          acr: acr ?? null,
          scope: wanted.scope ?? null,
          audience: wanted.audience ?? null,
        },
        c.get('realm'),
      );
      c.set('decision', decision.reason ?? 'allowed');
      return c.json(decisionShape(decision), 200);
    },
  );
}
