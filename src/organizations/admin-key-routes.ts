import { ReasonBody } from '../directory/audit-schemas.ts';
import type { AppContext } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, optionalBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { CountedKeyListSchema, productKeyShape } from '../product-keys/schemas.ts';
import { OrganizationKeyParams } from './key-routes.ts';
import type { OrganizationKeys } from './key-service.ts';
import { OrganizationParams } from './schemas.ts';
import type { Organizations } from './service.ts';

/** `/v1/admin/organizations/{id}/api-keys`: the keys of one organization, which operators can take away. */
export function organizationKeyAdminRoutes(
  organizations: Organizations,
  organizationKeys: OrganizationKeys,
  levels: Levels,
) {
  const admin = { tags: ['Admin: organizations'], level: levels.admin() };
  const operate = (c: AppContext, id: string) => organizations.operate(c.get('realm'), id, actorOf(c).id);
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.organizations.apiKeys.list',
        method: 'get',
        path: '/v1/admin/organizations/{id}/api-keys',
        ...admin,
        summary: 'The API keys of an organization',
        description: 'What was used by each, too. Nobody can read a key again.',
        request: { params: OrganizationParams },
        responses: responses(
          { 200: json(CountedKeyListSchema, 'All, newest first') },
          { codes: ['organization_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => {
        const keys = await organizationKeys.list(await operate(c, c.req.valid('param').id));
        return c.json({ data: keys.map(productKeyShape), next_cursor: null, total: keys.length }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.apiKeys.revoke',
        method: 'delete',
        path: '/v1/admin/organizations/{id}/api-keys/{key_id}',
        ...admin,
        summary: 'Revoke an API key of an organization',
        description:
          'The next decision refuses it. It cannot be undone; members who manage keys are told by mail. It can be done in one that is suspended, too.',
        request: { params: OrganizationKeyParams, ...optionalBody(ReasonBody) },
        responses: responses(
          { 204: { description: 'Revoked' } },
          { codes: ['organization_not_found', 'api_key_not_found'], body: true },
        ),
      }),
      async (c) => {
        const { id, key_id: keyId } = c.req.valid('param');
        await organizationKeys.revoke(await operate(c, id), keyId, c.req.valid('json')?.reason);
        return c.body(null, 204);
      },
    );
}
