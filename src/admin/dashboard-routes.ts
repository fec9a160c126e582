import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import {
  DashboardSchema,
  dashboardShape,
  StatisticsQuery,
  StatisticsSchema,
  statisticsShape,
} from './dashboard-schemas.ts';
import type { Statistics } from './dashboard-service.ts';

/** The numbers of a realm. */
export function dashboardRoutes(statistics: Statistics, levels: Levels) {
  const admin = { tags: ['Admin: numbers'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.dashboard.get',
        method: 'get',
        path: '/v1/admin/dashboard',
        ...admin,
        summary: 'What to look at first',
        description:
          'Seconds late. `by_plan` counts a plan that lapsed today until the night. Without subscriptions there is no revenue.',
        responses: responses({ 200: json(DashboardSchema, 'The numbers') }),
      }),
      async (c) => c.json(dashboardShape(await statistics.dashboard(c.get('realm').id)), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.statistics.get',
        method: 'get',
        path: '/v1/admin/statistics',
        ...admin,
        summary: 'Sign-ups, sign-ins and active users by day, and users by what they are',
        description:
          'Deleted users stay counted in the days. An active user is one who did anything with a session.',
        request: { query: StatisticsQuery },
        responses: responses(
          { 200: json(StatisticsSchema, 'The numbers') },
          { codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { days } = c.req.valid('query');
        return c.json(statisticsShape(await statistics.statistics(c.get('realm').id, days)), 200);
      },
    );
}
