import { z } from '@hono/zod-openapi';
import { UserIdParams } from '../directory/schemas.ts';
import { clientOf } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { ImpersonationBody, ImpersonationSchema } from './admin-schemas.ts';
import type { UserSessions } from './admin-service.ts';
import { SessionListSchema, sessionShape } from './schemas.ts';

const SessionId = UserIdParams.extend({
  session_id: z.string().openapi({ example: 'ses_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
});

const UserSessionListSchema = z
  .object({ ...SessionListSchema.shape, total: z.int() })
  .openapi('UserSessionList');

/** The sessions of one user. */
export function userSessionRoutes(sessions: UserSessions, levels: Levels) {
  const admin = { tags: ['Admin: users'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.users.sessions.list',
        method: 'get',
        path: '/v1/admin/users/{id}/sessions',
        ...admin,
        summary: 'The live sessions of a user',
        description: 'Exact; the one seen last first.',
        request: { params: UserIdParams },
        responses: responses(
          { 200: json(UserSessionListSchema, 'The sessions') },
          { codes: ['user_not_found'] },
        ),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        const own = c.get('principal')?.sessionId ?? '';
        const rows = await sessions.list(target);
        const data = rows.map((row) => sessionShape(row, own));
        return c.json({ data, next_cursor: null, total: data.length }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.sessions.revokeAll',
        method: 'delete',
        path: '/v1/admin/users/{id}/sessions',
        ...admin,
        level: levels.admin({ authority: true }),
        summary: 'End all sessions of a user',
        description: 'Effective for the very next request, anywhere.',
        request: { params: UserIdParams },
        responses: responses({ 204: { description: 'Ended' } }, { codes: ['user_not_found'] }),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        await sessions.revokeAll(target, actorOf(c));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.sessions.revoke',
        method: 'delete',
        path: '/v1/admin/users/{id}/sessions/{session_id}',
        ...admin,
        level: levels.admin({ authority: true }),
        summary: 'End one session of a user',
        request: { params: SessionId },
        responses: responses(
          { 204: { description: 'Ended' } },
          { codes: ['user_not_found', 'session_not_found'] },
        ),
      }),
      async (c) => {
        const { id, session_id } = c.req.valid('param');
        await sessions.revoke({ realmId: c.get('realm').id, userId: id }, session_id, actorOf(c));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.impersonate',
        method: 'post',
        path: '/v1/admin/users/{id}/impersonate',
        ...admin,
        level: levels.admin({ fresh: true, authority: true }),
        summary: 'Act as a user, for ten minutes',
        description:
          'The token says so by `act` and cannot be refreshed; the user sees it among their sessions and in their log. It is refused wherever a verified address is needed, and by the admin API. Nobody acts as an admin or owner.',
        request: { params: UserIdParams, ...jsonBody(ImpersonationBody) },
        responses: responses(
          { 201: json(ImpersonationSchema, 'The token') },
          { codes: ['user_not_found', 'account_suspended', 'conflict'], body: true },
        ),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        const { reason } = c.req.valid('json');
        const grant = await sessions.impersonate(target, reason, actorOf(c), clientOf(c));
        return c.json(
          {
            access_token: grant.accessToken,
            token_type: 'Bearer' as const,
            expires_in: grant.expiresInSeconds,
            session_id: grant.session.sessionId,
          },
          201,
        );
      },
    );
}
