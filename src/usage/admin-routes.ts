import { createRoute } from '@hono/zod-openapi';
import { featureRouter, json, responses, SERVICE_OR_USER_SECURITY } from '../http/openapi.ts';
import { type Access, requireAdmin } from '../http/service-authentication.ts';
import {
  DaysQuery,
  RealmTokenUsageSchema,
  RealmUsageSchema,
  tokenUsageShape,
  topUsersShape,
  usageShape,
} from './analytics-schemas.ts';
import type { UsageAnalytics } from './analytics-service.ts';

/** What the users of a realm have used together. */
export function usageAdminRoutes(analytics: UsageAnalytics, access: Access) {
  const admin = {
    tags: ['Analytics'],
    security: SERVICE_OR_USER_SECURITY,
    middleware: requireAdmin(access),
    request: { query: DaysQuery },
  };
  const failures = { user: true, service: true, codes: ['validation_failed' as const] };
  return featureRouter()
    .openapi(
      createRoute({
        method: 'get',
        path: '/v1/admin/usage',
        ...admin,
        summary: 'Use of the realm by day',
        description: 'Deleted users stay counted. The last seconds may be missing.',
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
        method: 'get',
        path: '/v1/admin/tokens',
        ...admin,
        summary: 'Tokens of the realm by model, user and day',
        description: 'Deleted users stay counted. The last seconds may be missing.',
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
    );
}
