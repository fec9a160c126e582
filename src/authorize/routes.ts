import { ApiError } from '../errors.ts';
import { IdempotencyHeader } from '../http/idempotency.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { grants } from '../lib/scopes.ts';
import { AuthorizeBody, authorizationOf, DecisionSchema, decisionShape } from './schemas.ts';
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
        'Token, account, plan, quota and credits in one step: all of it or nothing, once for a `reference` (or `Idempotency-Key`). A refusal is an answer, with its reason: `reauthentication_required` where `max_age` or `acr` wants a better proof of who the user is. For a member of an organization it is decided by its plan, its quota and credits, the user’s role and cap. Needs `usage:write`, and `credits:write` to charge.',
      level: levels.service('usage:write'),
      request: { headers: IdempotencyHeader, ...jsonBody(AuthorizeBody) },
      responses: responses(
        { 200: json(DecisionSchema, 'The decision') },
        { body: true, codes: ['reference_reused'] },
      ),
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { keyId, scopes } = c.get('service');
      if ((body.credits ?? 0) > 0 && !grants(scopes, 'credits:write')) {
        throw new ApiError('insufficient_scope', {
          detail: 'To charge credits needs the scope `credits:write`.',
        });
      }
      const reference = body.reference ?? c.req.valid('header')['idempotency-key'] ?? null;
      const asked = authorizationOf(body, keyId, reference);
      const decision = await authorizer.authorize(asked, c.get('realm'));
      c.set('decision', decision.reason ?? 'allowed');
      return c.json(decisionShape(decision), 200);
    },
  );
}
