import { z } from '@hono/zod-openapi';
import { ApiError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { ACCOUNT_SCOPES } from '../http/level.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { listShape } from '../http/list-schemas.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { OPENID_SCOPES } from './client-schemas.ts';
import {
  NewProtectedResource,
  ProtectedResourceListSchema,
  ProtectedResourcePatch,
  ProtectedResourceSchema,
  protectedResourceShape,
  ResourceMetadataSchema,
} from './resource-schemas.ts';
import type { ProtectedResources } from './resource-service.ts';

const PATH = '/v1/admin/protected-resources';
const ResourceId = z.object({ id: z.string() });
/** Clients may go by the metadata for so long (seconds). */
const MAX_AGE = 300;

/** `/v1/admin/protected-resources`: what tokens of clients may be for; and what it says of itself (RFC 9728). */
export function protectedResourceRoutes(resources: ProtectedResources, levels: Levels) {
  const read = { tags: ['Protected resources'], level: levels.admin() };
  const write = { tags: ['Protected resources'], level: levels.admin({ fresh: true }) };
  const refOf = (c: AppContext, id: string) => ({ id, realmId: c.get('realm').id });
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.protectedResources.list',
        method: 'get',
        path: PATH,
        ...read,
        summary: 'What tokens of clients may be for',
        description: 'All of the realm, a hundred at most, in the order in which they were made.',
        responses: responses({ 200: json(ProtectedResourceListSchema, 'All of them') }, {}),
      }),
      async (c) => {
        const rows = await resources.list(c.get('realm').id);
        const page = { rows, nextCursor: null, total: rows.length, totalIsExact: true };
        return c.json(listShape(page, protectedResourceShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.protectedResources.create',
        method: 'post',
        path: PATH,
        ...write,
        summary: 'Name a resource',
        description:
          'Of an API or MCP server, by its address: clients ask for tokens for it by `resource` (RFC 8707).',
        request: jsonBody(NewProtectedResource),
        responses: responses(
          { 201: json(ProtectedResourceSchema, 'The resource') },
          { body: true, codes: ['protected_resource_exists'] },
        ),
      }),
      async (c) => {
        const row = await resources.create(c.get('realm').id, c.req.valid('json'), actorOf(c));
        return c.json(protectedResourceShape(row), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.protectedResources.get',
        method: 'get',
        path: `${PATH}/{id}`,
        ...read,
        summary: 'A resource',
        request: { params: ResourceId },
        responses: responses(
          { 200: json(ProtectedResourceSchema, 'The resource') },
          { codes: ['protected_resource_not_found'] },
        ),
      }),
      async (c) =>
        c.json(protectedResourceShape(await resources.get(refOf(c, c.req.valid('param').id))), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.protectedResources.update',
        method: 'patch',
        path: `${PATH}/{id}`,
        ...write,
        summary: 'Change a resource',
        description:
          'In force at once in one isolate, everywhere within 30 seconds. Tokens that are there stay.',
        request: { params: ResourceId, ...jsonBody(ProtectedResourcePatch) },
        responses: responses(
          { 200: json(ProtectedResourceSchema, 'The resource') },
          { body: true, codes: ['protected_resource_not_found'] },
        ),
      }),
      async (c) => {
        const ref = refOf(c, c.req.valid('param').id);
        return c.json(
          protectedResourceShape(await resources.update(ref, c.req.valid('json'), actorOf(c))),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.protectedResources.delete',
        method: 'delete',
        path: `${PATH}/{id}`,
        ...write,
        summary: 'Forget a resource',
        description: 'No token is made for it any more, everywhere within 30 seconds.',
        request: { params: ResourceId },
        responses: responses(
          { 204: { description: 'Forgotten' } },
          { codes: ['protected_resource_not_found'] },
        ),
      }),
      async (c) => {
        await resources.delete(refOf(c, c.req.valid('param').id), actorOf(c));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'discovery.getProtectedResource',
        method: 'get',
        path: '/.well-known/oauth-protected-resource',
        level: PUBLIC,
        tags: ['Discovery'],
        summary: 'By whom tokens for this API are made (RFC 9728)',
        description:
          'Of another realm also at `/.well-known/oauth-protected-resource/realms/{realm}`, as RFC 9728, 3.1 has it. A 401 names it in `WWW-Authenticate`.',
        responses: responses({ 200: json(ResourceMetadataSchema, 'The metadata') }, {}),
      }),
      (c) => {
        const { issuer, name } = c.get('realm');
        c.header('Cache-Control', `public, max-age=${MAX_AGE}`);
        return c.json(
          {
            ...metadata(issuer, issuer, name, [...OPENID_SCOPES, ...ACCOUNT_SCOPES]),
            jwks_uri: `${issuer}/.well-known/jwks.json`,
            resource_documentation: new URL('/docs', issuer).href,
          },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        operationId: 'discovery.getNamedResource',
        method: 'get',
        path: '/.well-known/oauth-protected-resource/{id}',
        level: PUBLIC,
        tags: ['Discovery'],
        summary: 'The same of a resource that the realm has named',
        description:
          'For servers that do not serve it themselves: they name this address in their `WWW-Authenticate: Bearer resource_metadata="…"` (RFC 9728, 5.1).',
        request: { params: ResourceId },
        responses: responses(
          { 200: json(ResourceMetadataSchema, 'The metadata') },
          { codes: ['protected_resource_not_found'] },
        ),
      }),
      async (c) => {
        const { id: realmId, issuer } = c.get('realm');
        const { id } = c.req.valid('param');
        const row = (await resources.of(realmId)).find((one) => one.id === id);
        if (!row) throw new ApiError('protected_resource_not_found');
        c.header('Cache-Control', `public, max-age=${MAX_AGE}`);
        return c.json(metadata(row.identifier, issuer, row.name, row.scopes), 200);
      },
    );
}

function metadata(
  resource: string,
  issuer: string,
  name: string,
  scopes: string[],
): z.infer<typeof ResourceMetadataSchema> {
  return {
    resource,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: name,
  };
}
