import type { MiddlewareHandler } from 'hono';
import { type AppEnv, clientOf } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, optionalBody, responses } from '../http/openapi.ts';
import { clearSessionCookie } from '../http/session-cookie.ts';
import { EXPORT_HEADERS, ExportSchema, exportDocument } from './export-schemas.ts';
import { ActivityListSchema, ActivityQuery, activityShape, DeleteBody } from './schemas.ts';
import type { Privacy } from './service.ts';

/** A user's own view of what is kept about them, and its end. */
export function privacyRoutes(privacy: Privacy, levels: Levels, signInLimit: MiddlewareHandler<AppEnv>) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.activity.list',
        method: 'get',
        path: '/v1/me/activity',
        tags: ['Privacy'],
        summary: 'Sign-ins and changes of this account',
        description: 'Newest first.',
        level: levels.user({ impersonation: true }),
        request: { query: ActivityQuery },
        responses: responses({ 200: json(ActivityListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const { userId } = c.get('principal');
        const { rows, nextCursor } = await privacy.activity(userId, c.req.valid('query'));
        return c.json({ data: rows.map(activityShape), next_cursor: nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.export',
        method: 'get',
        path: '/v1/me/export',
        tags: ['Privacy'],
        summary: 'Everything that is held about the user',
        description: 'One JSON document (GDPR, articles 15 and 20). Needs a verified address.',
        level: levels.verified({ anonymous: true }),
        responses: responses({ 200: json(ExportSchema, 'The document') }, { codes: [] }),
      }),
      async (c) => {
        const everything = await privacy.export(c.get('principal').userId);
        // As a stream it has no type of its own: `exportDocument` holds its members to the schema.
        return c.body(exportDocument(everything, Date.now()), 200, EXPORT_HEADERS) as never;
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.delete',
        method: 'delete',
        path: '/v1/me',
        tags: ['Privacy'],
        summary: 'Delete the account',
        description:
          'At once and for good: profile, password, sessions, activity, picture. What stays is that there was an account of this id, and when it was deleted. Needs a verified address.',
        limit: signInLimit,
        level: levels.verified({
          anonymous: true,
          fresh: {
            when: ({ password }) => password === undefined,
            says: 'in place of `password`',
            byPassword: true,
          },
        }),
        request: optionalBody(DeleteBody),
        responses: responses(
          { 204: { description: 'Deleted' } },
          {
            body: true,
            codes: ['invalid_credentials', 'too_many_attempts', 'last_owner', 'last_organization_owner'],
          },
        ),
      }),
      async (c) => {
        await privacy.deleteAccount(c.get('principal'), c.req.valid('json') ?? {}, clientOf(c));
        clearSessionCookie(c);
        return c.body(null, 204);
      },
    );
}
