import { z } from '@hono/zod-openapi';
import type { Directory } from '../directory/service.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import {
  DaysQuery,
  RealmTokenUsageSchema,
  RealmUsageSchema,
  TokenUsageSchema,
  tokenUsageShape,
  topUsersShape,
  UsageSchema,
  usageShape,
} from './analytics-schemas.ts';
import type { UsageAnalytics } from './analytics-service.ts';

const UserId = z.object({ id: z.string() });

/** What the users of a realm have used together, and each of them. */
export function usageAdminRoutes(analytics: UsageAnalytics, directory: Directory, levels: Levels) {
  const admin = {
    tags: ['Analytics'],
    level: levels.admin(),
    request: { query: DaysQuery },
  };
  const failures = { codes: ['validation_failed' as const] };
  const ofUser = { ...admin, request: { params: UserId, query: DaysQuery } };
  const userFailures = { ...failures, codes: ['user_not_found' as const, 'validation_failed' as const] };
  const userIdIn = async (realmId: string, userId: string) =>
    (await directory.find(realmId, { userId }, null)).id;
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.usage.get',
        method: 'get',
        path: '/v1/admin/usage',
        ...admin,
        summary: 'Use of the realm by day',
        description: 'Deleted users stay counted. What was used in the last minute may be missing.',
        responses: responses({ 200: json(RealmUsageSchema, 'Totals, days, top users') }, failures),
      }),
      async (c) => {
        const realmId = c.get('realm').id;
        const [usage, tops] = await Promise.all([
          analytics.usage({ realmId }, c.req.valid('query').days),
          analytics.topUsers(realmId),
        ]);
        const top_users = Object.fromEntries(
          Object.entries(tops).map(([resource, users]) => [resource, topUsersShape(users)]),
        );
        return c.json({ ...usageShape(usage), top_users }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.tokens.get',
        method: 'get',
        path: '/v1/admin/tokens',
        ...admin,
        summary: 'Tokens of the realm by model, user and day',
        description: 'Deleted users stay counted. What was used in the last minute may be missing.',
        responses: responses(
          { 200: json(RealmTokenUsageSchema, 'Totals, models, days, top users') },
          failures,
        ),
      }),
      async (c) => {
        const realmId = c.get('realm').id;
        const [usage, users] = await Promise.all([
          analytics.tokens({ realmId }, c.req.valid('query').days),
          analytics.topTokenUsers(realmId),
        ]);
        return c.json({ ...tokenUsageShape(usage), top_users: topUsersShape(users) }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.usage.get',
        method: 'get',
        path: '/v1/admin/users/{id}/usage',
        ...ofUser,
        summary: 'Use of one user by day',
        responses: responses({ 200: json(UsageSchema, 'Totals, days') }, userFailures),
      }),
      async (c) => {
        const userId = await userIdIn(c.get('realm').id, c.req.valid('param').id);
        return c.json(usageShape(await analytics.usage({ userId }, c.req.valid('query').days)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.tokens.get',
        method: 'get',
        path: '/v1/admin/users/{id}/tokens',
        ...ofUser,
        summary: 'Tokens of one user by model and day',
        responses: responses({ 200: json(TokenUsageSchema, 'Totals, models, days') }, userFailures),
      }),
      async (c) => {
        const userId = await userIdIn(c.get('realm').id, c.req.valid('param').id);
        return c.json(tokenUsageShape(await analytics.tokens({ userId }, c.req.valid('query').days)), 200);
      },
    );
}
