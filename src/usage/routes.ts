import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { rolesWith } from '../lib/organization-roles.ts';
import { rfc3339 } from '../lib/time.ts';
import { payerOf } from '../plans/payer-schemas.ts';
import {
  DaysQuery,
  EventQuery,
  TokenEventListSchema,
  TokenUsageSchema,
  tokenUsageShape,
  UsageEventListSchema,
  UsageSchema,
  usageShape,
} from './analytics-schemas.ts';
import type { UsageAnalytics } from './analytics-service.ts';
import {
  countedShape,
  QuotaReportSchema,
  quotaReportShape,
  TokensRecordedSchema,
  TokenUseBody,
} from './schemas.ts';
import type { Usage } from './service.ts';

/** What the user who asks may use and has used. */
export function usageRoutes(usage: Usage, analytics: UsageAnalytics, levels: Levels) {
  const user = {
    tags: ['Plan and usage'],
    level: levels.user({ impersonation: true }),
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.quota.get',
        method: 'get',
        path: '/v1/me/quota',
        ...user,
        summary: 'What is left of each resource',
        responses: responses({ 200: json(QuotaReportSchema, 'By resource; exact') }, {}),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        return c.json(quotaReportShape(await usage.quotas({ userId, realmId: c.get('realm').id })), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.usage.get',
        method: 'get',
        path: '/v1/me/usage',
        ...user,
        summary: 'Use by day',
        request: { query: DaysQuery },
        responses: responses(
          { 200: json(UsageSchema, 'Totals, and every day of the period (UTC)') },
          { codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        return c.json(usageShape(await analytics.usage({ userId }, c.req.valid('query').days)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.usage.history.list',
        method: 'get',
        path: '/v1/me/usage/history',
        ...user,
        summary: 'Single uses',
        description: 'Newest first.',
        request: { query: EventQuery },
        responses: responses({ 200: json(UsageEventListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const page = await analytics.history(c.get('principal').userId, c.req.valid('query'));
        const data = page.rows.map(({ at, resource, quantity, reference }) => ({
          at: rfc3339(at),
          resource,
          quantity,
          reference,
        }));
        return c.json({ data, next_cursor: page.nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.tokens.get',
        method: 'get',
        path: '/v1/me/tokens',
        ...user,
        summary: 'Tokens by model and day',
        request: { query: DaysQuery },
        responses: responses(
          { 200: json(TokenUsageSchema, 'Totals, models, and every day of the period (UTC)') },
          { codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        return c.json(tokenUsageShape(await analytics.tokens({ userId }, c.req.valid('query').days)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.tokens.history.list',
        method: 'get',
        path: '/v1/me/tokens/history',
        ...user,
        summary: 'Single uses of models',
        description: 'Newest first.',
        request: { query: EventQuery },
        responses: responses({ 200: json(TokenEventListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const page = await analytics.tokenHistory(c.get('principal').userId, c.req.valid('query'));
        const data = page.rows.map((row) => ({
          at: rfc3339(row.at),
          model: row.model,
          input_tokens: row.input_tokens,
          output_tokens: row.output_tokens,
          request_id: row.request_id,
        }));
        return c.json({ data, next_cursor: page.nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.tokens.record',
        method: 'post',
        path: '/v1/me/tokens',
        ...user,
        level: levels.user(),
        summary: 'Record the tokens that a model has used',
        request: jsonBody(TokenUseBody),
        responses: responses(
          { 200: json(TokensRecordedSchema, 'Recorded, once for a `request_id`') },
          {
            body: true,
            codes: [
              'model_not_in_plan',
              'resource_not_in_plan',
              'quota_exceeded',
              'reference_reused',
              'organization_not_found',
              'organization_suspended',
              'not_a_member',
              'insufficient_permission',
              'cap_exceeded',
              'insufficient_credits',
            ],
          },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const { userId } = c.get('principal');
        const counted = await usage.recordTokens(
          payerOf({ ...body, user_id: userId }, c.get('realm').id, userId),
          {
            model: body.model,
            inputTokens: body.input_tokens,
            outputTokens: body.output_tokens,
            requestId: body.request_id ?? null,
          },
          rolesWith(c.get('realm').organizations?.roles, 'usage:record'),
        );
        return c.json({ ...countedShape(counted) }, 200);
      },
    );
}
