import type { AppContext } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import {
  NewProductKeyBody,
  ProductKeyListSchema,
  ProductKeyParams,
  ProductKeyPatchBody,
  ProductKeySchema,
  productKeyShape,
  ShownProductKeySchema,
} from '../product-keys/schemas.ts';
import { keyPatchOf } from '../product-keys/service.ts';
import type { OrganizationKeys } from './key-service.ts';
import { OrganizationParams } from './schemas.ts';
import type { Organizations } from './service.ts';

const TAGS = ['Organizations'];
const REFUSED = [
  'organization_not_found',
  'insufficient_permission',
  'organization_suspended',
  'validation_failed',
] as const;
const CHANGING = [...REFUSED, 'conflict'] as const;

/** One key of an organization. */
export const OrganizationKeyParams = OrganizationParams.extend({ key_id: ProductKeyParams.shape.id });

/** The keys by which whoever an organization gives them to uses the product at the organization's cost. */
export function organizationKeyRoutes(
  organizations: Organizations,
  organizationKeys: OrganizationKeys,
  levels: Levels,
) {
  const admit = (c: AppContext, id: string) =>
    organizations.admit(c.get('realm'), id, c.get('principal'), 'keys:manage');
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'organizations.apiKeys.list',
        method: 'get',
        path: '/v1/organizations/{id}/api-keys',
        tags: TAGS,
        summary: 'The API keys of an organization',
        description: 'Needs the permission `keys:manage`.',
        level: levels.user({ impersonation: true }),
        request: { params: OrganizationParams },
        responses: responses({ 200: json(ProductKeyListSchema, 'All, newest first') }, { codes: REFUSED }),
      }),
      async (c) => {
        const keys = await organizationKeys.list(await admit(c, c.req.valid('param').id));
        return c.json({ data: keys.map(productKeyShape), next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.apiKeys.create',
        method: 'post',
        path: '/v1/organizations/{id}/api-keys',
        tags: TAGS,
        summary: 'Make an API key of an organization',
        description:
          'The answer has the key, once. It is for `POST /v1/authorize`, in place of a token: what is done by it is of the organization’s plan, quota and credits. It stays when whoever made it goes. A scope that is called as a permission can be given by who has that. Needs the permission `keys:manage`.',
        level: levels.verified({ fresh: true }),
        request: { params: OrganizationParams, ...jsonBody(NewProductKeyBody) },
        responses: responses(
          { 201: json(ShownProductKeySchema, 'The key') },
          { body: true, codes: [...CHANGING, 'too_many_api_keys'] },
        ),
      }),
      async (c) => {
        const by = await admit(c, c.req.valid('param').id);
        const { key, text } = await organizationKeys.create(by, c.req.valid('json'));
        return c.json({ ...productKeyShape(key), key: text }, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.apiKeys.update',
        method: 'patch',
        path: '/v1/organizations/{id}/api-keys/{key_id}',
        tags: TAGS,
        summary: 'Change what an API key of an organization may',
        description: 'It holds from the next decision on. Needs the permission `keys:manage`.',
        level: levels.verified({ fresh: true }),
        request: { params: OrganizationKeyParams, ...jsonBody(ProductKeyPatchBody) },
        responses: responses(
          { 200: json(ProductKeySchema, 'The key') },
          { body: true, codes: [...CHANGING, 'api_key_not_found'] },
        ),
      }),
      async (c) => {
        const { id, key_id: keyId } = c.req.valid('param');
        const patch = keyPatchOf(c.req.valid('json'));
        return c.json(productKeyShape(await organizationKeys.change(await admit(c, id), keyId, patch)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.apiKeys.revoke',
        method: 'delete',
        path: '/v1/organizations/{id}/api-keys/{key_id}',
        tags: TAGS,
        summary: 'Revoke an API key of an organization',
        description: 'The next decision refuses it. It cannot be undone. Needs the permission `keys:manage`.',
        level: levels.user(),
        request: { params: OrganizationKeyParams },
        responses: responses(
          { 204: { description: 'Revoked' } },
          { codes: [...CHANGING, 'api_key_not_found', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        const { id, key_id: keyId } = c.req.valid('param');
        await organizationKeys.revoke(await admit(c, id), keyId);
        return c.body(null, 204);
      },
    );
}
