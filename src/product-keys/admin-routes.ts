import { ReasonBody } from '../directory/audit-schemas.ts';
import { UserIdParams } from '../directory/schemas.ts';
import type { AppContext } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, optionalBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import type { UserKeyAdmin } from './admin-service.ts';
import { CountedKeyListSchema, ProductKeyParams, productKeyShape } from './schemas.ts';

const UserKeyParams = UserIdParams.extend({ key_id: ProductKeyParams.shape.id });

/** `/v1/admin/users/{id}/api-keys`: the keys of one user, which operators can take away. */
export function userKeyAdminRoutes(userKeyAdmin: UserKeyAdmin, levels: Levels) {
  const admin = { tags: ['Admin: users'], level: levels.admin() };
  const target = (c: AppContext, id: string) => ({ realmId: c.get('realm').id, userId: id });
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.users.apiKeys.list',
        method: 'get',
        path: '/v1/admin/users/{id}/api-keys',
        ...admin,
        summary: 'The API keys of a user',
        description: 'What was used by each, too. Nobody can read a key again.',
        request: { params: UserIdParams },
        responses: responses(
          { 200: json(CountedKeyListSchema, 'All, newest first') },
          { codes: ['user_not_found'] },
        ),
      }),
      async (c) => {
        const keys = await userKeyAdmin.list(target(c, c.req.valid('param').id));
        return c.json({ data: keys.map(productKeyShape), next_cursor: null, total: keys.length }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.apiKeys.revoke',
        method: 'delete',
        path: '/v1/admin/users/{id}/api-keys/{key_id}',
        ...admin,
        level: levels.admin({ authority: true }),
        summary: 'Revoke an API key of a user',
        description: 'The next decision refuses it. It cannot be undone; the user is told by mail.',
        request: { params: UserKeyParams, ...optionalBody(ReasonBody) },
        responses: responses(
          { 204: { description: 'Revoked' } },
          { codes: ['user_not_found', 'api_key_not_found'], body: true },
        ),
      }),
      async (c) => {
        const { id, key_id: keyId } = c.req.valid('param');
        await userKeyAdmin.revoke(target(c, id), keyId, actorOf(c), c.req.valid('json')?.reason);
        return c.body(null, 204);
      },
    );
}
