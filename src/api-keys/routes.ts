import { z } from '@hono/zod-openapi';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, optionalBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import {
  ApiKeyListSchema,
  ApiKeyQuery,
  ApiKeySchema,
  apiKeyShape,
  NewApiKey,
  Rotation,
  ShownApiKeySchema,
} from './schemas.ts';
import type { ApiKeys } from './service.ts';

const KeyId = z.object({ id: z.string() });

/** `/v1/admin/api-keys`: the keys by which services call a realm. */
export function apiKeyRoutes(apiKeys: ApiKeys, levels: Levels) {
  const admin = {
    tags: ['API keys'],
    level: levels.admin(),
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.apiKeys.list',
        method: 'get',
        path: '/v1/admin/api-keys',
        ...admin,
        summary: 'The API keys of the realm',
        description:
          'Newest first, with those that expired or were revoked in the last 90 days. `kept=false` gives those that nobody answers for.',
        request: { query: ApiKeyQuery },
        responses: responses({ 200: json(ApiKeyListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const { kept, ...page } = c.req.valid('query');
        const wanted = { ...page, kept: kept === undefined ? undefined : kept === 'true' };
        const { rows, total, nextCursor } = await apiKeys.list(c.get('realm').id, wanted);
        return c.json({ data: rows.map(apiKeyShape), next_cursor: nextCursor, total }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.apiKeys.create',
        method: 'post',
        path: '/v1/admin/api-keys',
        ...admin,
        level: levels.admin({ fresh: true }),
        summary: 'Make an API key',
        description: 'The answer has the key, once. Nobody can grant a scope that they do not have.',
        request: jsonBody(NewApiKey),
        responses: responses({ 201: json(ShownApiKeySchema, 'The key') }, { body: true }),
      }),
      async (c) => {
        const { name, scopes, expires_at } = c.req.valid('json');
        const expiresAt = expires_at ? Date.parse(expires_at) : null;
        const { row, text } = await apiKeys.create(
          c.get('realm').id,
          { name, scopes, expiresAt },
          actorOf(c),
        );
        return c.json({ ...apiKeyShape({ row, isKept: true }), key: text }, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.apiKeys.rotate',
        method: 'post',
        path: '/v1/admin/api-keys/{id}/rotate',
        ...admin,
        level: levels.admin({ fresh: true }),
        summary: 'Give an API key a new secret',
        description:
          'The answer has the new key, once. The secret before works on for `overlap_seconds`, one before that no more. With the scope `admin` it is for the key’s keeper and for owners.',
        request: { params: KeyId, ...optionalBody(Rotation) },
        responses: responses(
          { 200: json(ShownApiKeySchema, 'The key') },
          { body: true, codes: ['api_key_not_found'] },
        ),
      }),
      async (c) => {
        const id = { id: c.req.valid('param').id, realmId: c.get('realm').id };
        const { overlap_seconds } = Rotation.parse(c.req.valid('json') ?? {});
        const { text, ...key } = await apiKeys.rotate(id, overlap_seconds, actorOf(c));
        return c.json({ ...apiKeyShape(key), key: text }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.apiKeys.takeOver',
        method: 'post',
        path: '/v1/admin/api-keys/{id}/take-over',
        ...admin,
        level: levels.owner({ fresh: true }),
        summary: 'Answer for an API key',
        description:
          'For owners. Whoever made the key may be no operator any more: with the scope `admin` it is suspended until an owner takes it over, and works again at once; other keys go on meanwhile.',
        request: { params: KeyId },
        responses: responses({ 200: json(ApiKeySchema, 'The key') }, { codes: ['api_key_not_found'] }),
      }),
      async (c) => {
        const key = { id: c.req.valid('param').id, realmId: c.get('realm').id };
        const row = await apiKeys.takeOver(key, actorOf(c));
        return c.json(apiKeyShape({ row, isKept: true }), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.apiKeys.revoke',
        method: 'delete',
        path: '/v1/admin/api-keys/{id}',
        ...admin,
        level: levels.admin({ fresh: true }),
        summary: 'Revoke an API key',
        description: 'At once and for good; some isolates go by what they read for up to 30 seconds.',
        request: { params: KeyId },
        responses: responses(
          { 204: { description: 'Revoked' } },
          { codes: ['api_key_not_found', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        await apiKeys.revoke({ id: c.req.valid('param').id, realmId: c.get('realm').id }, actorOf(c));
        return c.body(null, 204);
      },
    );
}
