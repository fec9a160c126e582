import { clientOf } from '../http/context.ts';
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
} from './schemas.ts';
import { keyPatchOf, type UserKeys } from './service.ts';

const TAGS = ['API keys of users'];

/** `/v1/me/api-keys`: the keys by which whoever a user gives them to uses the product at the user's cost. */
export function userKeyRoutes(userKeys: UserKeys, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.apiKeys.list',
        method: 'get',
        path: '/v1/me/api-keys',
        level: levels.user({ impersonation: true }),
        tags: TAGS,
        summary: 'The API keys of the user',
        responses: responses({ 200: json(ProductKeyListSchema, 'All, newest first') }, {}),
      }),
      async (c) => {
        const keys = await userKeys.list(c.get('principal'));
        return c.json({ data: keys.map(productKeyShape), next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.apiKeys.create',
        method: 'post',
        path: '/v1/me/api-keys',
        level: levels.verified({ fresh: true }),
        tags: TAGS,
        summary: 'Make an API key of the user’s own',
        description:
          'The answer has the key, once. It is for `POST /v1/authorize`, in place of a token: what is done by it is of the user’s plan, quota and credits. It opens nothing here.',
        request: jsonBody(NewProductKeyBody),
        responses: responses(
          { 201: json(ShownProductKeySchema, 'The key') },
          { body: true, codes: ['too_many_api_keys'] },
        ),
      }),
      async (c) => {
        const wanted = c.req.valid('json');
        const made = await userKeys.create(c.get('realm'), c.get('principal'), wanted, clientOf(c));
        return c.json({ ...productKeyShape(made.key), key: made.text }, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.apiKeys.update',
        method: 'patch',
        path: '/v1/me/api-keys/{id}',
        level: levels.verified({ fresh: true }),
        tags: TAGS,
        summary: 'Change what an API key of the user may',
        description: 'It holds from the next decision on.',
        request: { params: ProductKeyParams, ...jsonBody(ProductKeyPatchBody) },
        responses: responses(
          { 200: json(ProductKeySchema, 'The key') },
          { body: true, codes: ['api_key_not_found'] },
        ),
      }),
      async (c) => {
        const patch = keyPatchOf(c.req.valid('json'));
        const { id } = c.req.valid('param');
        return c.json(
          productKeyShape(await userKeys.change(c.get('principal'), id, patch, clientOf(c))),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.apiKeys.revoke',
        method: 'delete',
        path: '/v1/me/api-keys/{id}',
        level: levels.user(),
        tags: TAGS,
        summary: 'Revoke an API key of the user',
        description: 'The next decision refuses it. It cannot be undone.',
        request: { params: ProductKeyParams },
        responses: responses(
          { 204: { description: 'Revoked' } },
          { codes: ['api_key_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => {
        await userKeys.revoke(c.get('principal'), c.req.valid('param').id, clientOf(c));
        return c.body(null, 204);
      },
    );
}
