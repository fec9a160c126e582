import { z } from '@hono/zod-openapi';
import type { Bindings } from '../config/config.ts';
import type { Databases } from '../db/databases.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import type { AuditFeed } from '../sinks/audit-job.ts';
import { checkHands, checkParts, checkSink } from './service.ts';

const HealthQuery = z.object({
  deep: z.enum(['0', '1']).optional().openapi({ description: '`1` asks D1, the Durable Objects and R2 too' }),
});

const PartSchema = z.enum(['ok', 'failed']);

const HealthSchema = z
  .object({
    status: PartSchema,
    parts: z
      .object({
        d1: PartSchema,
        durable_objects: PartSchema,
        r2: PartSchema,
        databases: z
          .record(z.string(), PartSchema)
          .optional()
          .openapi({ description: 'Each database by its binding, where realms live in several' }),
        needs_hand: z
          .array(z.enum(['messages', 'webhooks', 'billing', 'cron', 'keys', 'audit']))
          .optional()
          .openapi({
            description:
              'What an operator has to look after, as the first page for operators says it: messages that were given up, webhooks that get nothing, events of Stripe that failed, a cron that is late, signing keys that are due, a stream of audits that is not taken. The status is `ok` all the same',
          }),
        event_sink: PartSchema.optional().openapi({
          description: 'Where there is one. Events wait while it fails: the status is `ok` all the same',
        }),
      })
      .optional(),
  })
  .openapi('Health');

/** The same check twice: for monitors, and for callers who reach `/v1` only. */
const PATHS = [
  ['health.check', '/health'],
  ['health.checkApi', '/v1/health'],
] as const;

/** Liveness, for monitors and load balancers. */
export function healthRoutes(bindings: Bindings, databases: Databases, feed: AuditFeed) {
  const route = <const Path extends string>(operationId: string, path: Path) =>
    createRoute({
      operationId,
      method: 'get',
      path,
      level: PUBLIC,
      tags: ['Service'],
      summary: 'Liveness',
      request: { query: HealthQuery },
      responses: responses(
        { 200: json(HealthSchema, 'Alive'), 503: json(HealthSchema, 'A part has failed') },
        { codes: ['validation_failed'] },
      ),
    });
  const router = featureRouter();
  for (const [operationId, path] of PATHS) {
    router.openapi(route(operationId, path), async (c) => {
      if (c.req.valid('query').deep !== '1') return c.json({ status: 'ok' as const }, 200);
      const [needed, sink, hands] = await Promise.all([
        checkParts(bindings, databases),
        checkSink(feed, databases),
        checkHands(databases),
      ]);
      const failed = [needed.d1, needed.durable_objects, needed.r2].includes('failed');
      const parts = {
        ...needed,
        ...(hands.length > 0 && { needs_hand: hands }),
        ...(sink && { event_sink: sink }),
      };
      return c.json({ status: failed ? ('failed' as const) : ('ok' as const), parts }, failed ? 503 : 200);
    });
  }
  return router;
}
