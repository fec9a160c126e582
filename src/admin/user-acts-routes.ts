import { ReasonBody } from '../directory/audit-schemas.ts';
import { UserIdParams, UserSchema, userShape } from '../directory/schemas.ts';
import type { AppContext } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, optionalBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import type { UserActs } from './user-acts-service.ts';
import { RoleChange, StatusChange } from './users-schemas.ts';

const optionalReason = optionalBody(ReasonBody);

/** What admins do to one user. */
export function userActRoutes(acts: UserActs, levels: Levels) {
  const admin = { tags: ['Admin: users'], level: levels.admin() };
  const target = (c: AppContext, id: string) => ({ realmId: c.get('realm').id, userId: id });
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.users.setStatus',
        method: 'put',
        path: '/v1/admin/users/{id}/status',
        ...admin,
        level: levels.admin({ authority: true }),
        summary: 'Suspend a user, or let them in again',
        description: 'A suspended user is refused from the next request on, and all their sessions end.',
        request: { params: UserIdParams, ...jsonBody(StatusChange) },
        responses: responses(
          { 200: json(UserSchema, 'The user') },
          { codes: ['user_not_found', 'own_account', 'last_owner', 'conflict'], body: true },
        ),
      }),
      async (c) => {
        const { status, reason } = c.req.valid('json');
        const user = await acts.setStatus(target(c, c.req.valid('param').id), status, actorOf(c), reason);
        return c.json(userShape(user), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.setRole',
        method: 'put',
        path: '/v1/admin/users/{id}/role',
        ...admin,
        level: levels.admin({ fresh: true, authority: true }),
        summary: 'Give a user a role',
        description:
          'No higher than your own. An `admin` is one of their realm; an `owner`, who is a user of the realm `default`, is one of all. There is always an owner.',
        request: { params: UserIdParams, ...jsonBody(RoleChange) },
        responses: responses(
          { 200: json(UserSchema, 'The user') },
          { codes: ['user_not_found', 'own_account', 'last_owner', 'conflict'], body: true },
        ),
      }),
      async (c) => {
        const { role, reason } = c.req.valid('json');
        const user = await acts.setRole(target(c, c.req.valid('param').id), role, actorOf(c), reason);
        return c.json(userShape(user), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.verifyEmail',
        method: 'post',
        path: '/v1/admin/users/{id}/verify-email',
        ...admin,
        level: levels.admin({ fresh: true, authority: true }),
        summary: "Take a user's address for proven",
        request: { params: UserIdParams, ...optionalReason },
        responses: responses(
          { 200: json(UserSchema, 'The user') },
          { codes: ['user_not_found', 'own_account', 'conflict'], body: true },
        ),
      }),
      async (c) => {
        const { reason } = c.req.valid('json') ?? {};
        const user = await acts.verifyEmail(target(c, c.req.valid('param').id), actorOf(c), reason);
        return c.json(userShape(user), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.forcePasswordReset',
        method: 'post',
        path: '/v1/admin/users/{id}/password-reset',
        ...admin,
        level: levels.admin({ fresh: true, authority: true }),
        summary: 'Force a user to set a new password',
        description:
          'The password opens nothing any more, all sessions end, and a link to set one is mailed.',
        request: { params: UserIdParams, ...optionalReason },
        responses: responses(
          { 204: { description: 'Done' } },
          { codes: ['user_not_found', 'own_account', 'conflict'], body: true },
        ),
      }),
      async (c) => {
        const { reason } = c.req.valid('json') ?? {};
        await acts.resetPassword(target(c, c.req.valid('param').id), actorOf(c), reason);
        return c.body(null, 204);
      },
    );
}
