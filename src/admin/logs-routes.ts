import { z } from '@hono/zod-openapi';
import type { AppContext } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { listShape } from '../http/list-schemas.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import {
  ActivityFilterQuery,
  AdminActivityListSchema,
  AdminActivityQuery,
  AuditFilterQuery,
  AuditListSchema,
  AuditQuery,
  adminActivityShape,
  auditShape,
} from './logs-schemas.ts';
import type { Logs } from './logs-service.ts';

const CSV = {
  description: 'RFC 4180; what a spreadsheet would take for a formula begins with an apostrophe',
  content: { 'text/csv': { schema: z.string() } },
};

/** `/v1/admin/activity` and `/v1/admin/audit`: what happened in a realm. */
export function logRoutes(logs: Logs, levels: Levels) {
  const admin = { tags: ['Admin: logs'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.activity.list',
        method: 'get',
        path: '/v1/admin/activity',
        ...admin,
        summary: "What happened to the realm's users",
        description: 'Newest first; the last seconds may be missing.',
        request: { query: AdminActivityQuery },
        responses: responses(
          { 200: json(AdminActivityListSchema, 'A page') },
          { codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { limit, cursor = null, ...query } = c.req.valid('query');
        const page = await logs.activity(c.get('realm').id, activityFilter(query), { after: cursor, limit });
        return c.json(listShape(page, adminActivityShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.activity.exportCsv',
        method: 'get',
        path: '/v1/admin/activity.csv',
        ...admin,
        summary: 'The same, whole, as a table',
        request: { query: ActivityFilterQuery },
        responses: responses({ 200: CSV }, { codes: ['validation_failed'] }),
      }),
      (c) => {
        const filter = activityFilter(c.req.valid('query'));
        return csv(c, 'activity', logs.activityCsv(c.get('realm').id, filter));
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.audit.list',
        method: 'get',
        path: '/v1/admin/audit',
        ...admin,
        summary: 'What admins and services did to the realm',
        description:
          'Newest first. Of users who were deleted it says no more than that something was done, and by whom.',
        request: { query: AuditQuery },
        responses: responses({ 200: json(AuditListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const { limit, cursor = null, ...filter } = c.req.valid('query');
        const page = await logs.audit(c.get('realm').id, filter, { after: cursor, limit });
        return c.json(listShape(page, auditShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.audit.exportCsv',
        method: 'get',
        path: '/v1/admin/audit.csv',
        ...admin,
        summary: 'The same, whole, as a table',
        request: { query: AuditFilterQuery },
        responses: responses({ 200: CSV }, { codes: ['validation_failed'] }),
      }),
      (c) => csv(c, 'audit', logs.auditCsv(c.get('realm').id, c.req.valid('query'))),
    );
}

function activityFilter({ user_id: userId, ...same }: z.output<typeof ActivityFilterQuery>) {
  return { userId, ...same };
}

function csv(c: AppContext, name: string, stream: ReadableStream<Uint8Array>) {
  return c.body(stream, 200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}.csv"`,
  });
}
