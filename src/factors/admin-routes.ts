import { UserIdParams } from '../directory/schemas.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { factorsShape, UserFactorListSchema } from './schemas.ts';
import type { Factors } from './service.ts';

/** The second factors of users, as their operators see and remove them. */
export function userFactorRoutes(factors: Factors, levels: Levels) {
  const tags = ['Admin: users'];
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.users.factors.list',
        method: 'get',
        path: '/v1/admin/users/{id}/factors',
        tags,
        level: levels.admin(),
        summary: 'The second factors of a user',
        request: { params: UserIdParams },
        responses: responses(
          { 200: json(UserFactorListSchema, 'Those of each kind oldest first') },
          { codes: ['user_not_found'] },
        ),
      }),
      async (c) => {
        const realm = c.get('realm');
        const target = { realmId: realm.id, userId: c.req.valid('param').id };
        const known = await factors.listFor(target, realm);
        return c.json({ ...factorsShape(known), total: known.factors.length }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.users.factors.reset',
        method: 'delete',
        path: '/v1/admin/users/{id}/factors',
        tags,
        level: levels.admin({ authority: true, fresh: true }),
        summary: 'Remove all second factors of a user',
        description:
          'For who has lost them: authenticator apps, passkeys and recovery codes. Ends all sessions; a mail tells the user.',
        request: { params: UserIdParams },
        responses: responses(
          { 204: { description: 'Removed' } },
          { codes: ['user_not_found', 'own_account', 'conflict'] },
        ),
      }),
      async (c) => {
        const target = { realmId: c.get('realm').id, userId: c.req.valid('param').id };
        await factors.reset(target, actorOf(c));
        return c.body(null, 204);
      },
    );
}
