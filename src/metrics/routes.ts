import { z } from '@hono/zod-openapi';
import { ApiError } from '../errors.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, responses } from '../http/openapi.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import type { MetricsReader } from './service.ts';

const TYPES = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

const MetricsText = z
  .string()
  .openapi({ example: 'latchkey_sign_ins_total{outcome="success",method="pwd"} 17' });

/** Numbers of the whole deployment, for Prometheus and those that scrape as it does. */
export function metricsRoutes(metrics: MetricsReader | null, levels: Levels) {
  const route = createRoute({
    operationId: 'metrics.read',
    method: 'get',
    path: '/metrics',
    level: levels.service('metrics:read', { bearer: true }),
    tags: ['Service'],
    summary: 'Metrics of the deployment',
    description:
      'OpenMetrics 1.0 where `Accept` names it, else the text format of Prometheus. For keys of the default realm: the numbers are those of all realms.',
    responses: responses(
      {
        200: {
          description: 'All metrics',
          content: {
            'application/openmetrics-text': { schema: MetricsText },
            'text/plain': { schema: MetricsText },
          },
        },
      },
      { codes: ['not_found'] },
    ),
  });
  return featureRouter().openapi(route, async (c) => {
    if (!metrics || c.get('realm').id !== DEFAULT_REALM) throw new ApiError('not_found');
    const format = c.req.header('accept')?.includes('application/openmetrics-text')
      ? 'openmetrics'
      : 'prometheus';
    const headers = { 'Content-Type': TYPES[format], 'Cache-Control': 'no-store' };
    return c.body(await metrics.text(format, Date.now()), 200, headers);
  });
}
