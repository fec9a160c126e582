import { ReasonBody } from '../directory/audit-schemas.ts';
import { UserIdParams, userShape } from '../directory/schemas.ts';
import type { Levels } from '../http/levels.ts';
import { listShape } from '../http/list-schemas.ts';
import { createRoute, featureRouter, json, jsonBody, optionalBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import type { UserActs } from './user-acts-service.ts';
import {
  AdminUserSchema,
  adminUserShape,
  NewUser,
  UserListSchema,
  UserPatch,
  UserQuery,
} from './users-schemas.ts';
import type { UserAdmin } from './users-service.ts';

/** `/v1/admin/users`: the users of a realm. */
export function adminUserRoutes(users: UserAdmin, acts: UserActs, levels: Levels) {
  const admin = { tags: ['Admin: users'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.users.list',
        method: 'get',
        path: '/v1/admin/users',
        ...admin,
        summary: 'The users of the realm',
        description:
          'Filters combine, in any order. The list is whole at any size. `total_is_exact` is false when a text or a time fits more than 1,000 users: there are at least `total` then.',
        request: { query: UserQuery },
        responses: responses({ 200: json(UserListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const page = await users.list(c.get('realm').id, c.req.valid('query'));
        return c.json(listShape(page, userShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.create',
        method: 'post',
        path: '/v1/admin/users',
        ...admin,
        level: levels.admin({ fresh: true }),
        summary: 'Make a user',
        description:
          'Also where registration is closed. Without a password a link to set one is mailed, good for three days; following it proves the address.',
        request: jsonBody(NewUser),
        responses: responses(
          { 201: json(AdminUserSchema, 'The user') },
          { codes: ['user_exists', 'username_taken'], body: true },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const user = await users.create(c.get('realm').id, body, actorOf(c));
        return c.json(adminUserShape(user, body.password !== undefined), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.get',
        method: 'get',
        path: '/v1/admin/users/{id}',
        ...admin,
        summary: 'A user',
        request: { params: UserIdParams },
        responses: responses({ 200: json(AdminUserSchema, 'The user') }, { codes: ['user_not_found'] }),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        const { user, hasPassword } = await users.get(target);
        return c.json(adminUserShape(user, hasPassword), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.update',
        method: 'patch',
        path: '/v1/admin/users/{id}',
        ...admin,
        level: levels.admin({ fresh: true, authority: true }),
        summary: 'Change what is known of a user',
        description:
          'Only the fields that are sent change; `null` clears one. A new address or phone number counts as unverified.',
        request: { params: UserIdParams, ...jsonBody(UserPatch) },
        responses: responses(
          { 200: json(AdminUserSchema, 'The user as changed') },
          {
            codes: ['user_not_found', 'user_exists', 'username_taken', 'own_account', 'conflict'],
            body: true,
          },
        ),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        await acts.edit(target, c.req.valid('json'), actorOf(c));
        const { user, hasPassword } = await users.get(target);
        return c.json(adminUserShape(user, hasPassword), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.delete',
        method: 'delete',
        path: '/v1/admin/users/{id}',
        ...admin,
        level: levels.admin({ fresh: true, authority: true }),
        summary: 'Delete a user',
        description: 'At once and for good, as if they had done it themselves.',
        request: { params: UserIdParams, ...optionalBody(ReasonBody) },
        responses: responses(
          { 204: { description: 'Deleted' } },
          {
            codes: ['user_not_found', 'own_account', 'last_owner', 'last_organization_owner', 'conflict'],
            body: true,
          },
        ),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        await users.delete(target, actorOf(c), c.req.valid('json')?.reason);
        return c.body(null, 204);
      },
    );
}
