import { z } from '@hono/zod-openapi';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, optionalBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import {
  ClientSecretRotation,
  NewOAuthClient,
  OAuthClientListSchema,
  OAuthClientPatch,
  OAuthClientQuery,
  OAuthClientSchema,
  oauthClientShape,
  ShownOAuthClientSchema,
} from './client-schemas.ts';
import type { OAuthClients } from './client-service.ts';
import type { OAuthClientRow } from './tables.ts';

const ClientId = z.object({ id: z.string() });

/** `/v1/admin/clients`: the clients of a realm's authorization server. */
export function oauthClientRoutes(clients: OAuthClients, levels: Levels) {
  const read = { tags: ['OAuth clients'], level: levels.admin() };
  const write = { tags: ['OAuth clients'], level: levels.admin({ fresh: true }) };
  const shown = ({ row, secret }: { row: OAuthClientRow; secret: string | null }) => ({
    ...oauthClientShape(row),
    ...(secret !== null && { client_secret: secret }),
  });
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.clients.list',
        method: 'get',
        path: '/v1/admin/clients',
        ...read,
        summary: 'The clients of the authorization server',
        description: 'Newest first.',
        request: { query: OAuthClientQuery },
        responses: responses(
          { 200: json(OAuthClientListSchema, 'A page') },
          { codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { rows, total, nextCursor } = await clients.list(c.get('realm').id, c.req.valid('query'));
        return c.json({ data: rows.map(oauthClientShape), next_cursor: nextCursor, total }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.clients.create',
        method: 'post',
        path: '/v1/admin/clients',
        ...write,
        summary: 'Register a client',
        description: 'The answer has its secret, once; a public client, or one with keys, has none.',
        request: jsonBody(NewOAuthClient),
        responses: responses({ 201: json(ShownOAuthClientSchema, 'The client') }, { body: true }),
      }),
      async (c) =>
        c.json(shown(await clients.create(c.get('realm').id, c.req.valid('json'), actorOf(c))), 201),
    )
    .openapi(
      createRoute({
        operationId: 'admin.clients.get',
        method: 'get',
        path: '/v1/admin/clients/{id}',
        ...read,
        summary: 'A client',
        request: { params: ClientId },
        responses: responses({ 200: json(OAuthClientSchema, 'The client') }, { codes: ['client_not_found'] }),
      }),
      async (c) => {
        const client = { id: c.req.valid('param').id, realmId: c.get('realm').id };
        return c.json(oauthClientShape(await clients.get(client)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.clients.update',
        method: 'patch',
        path: '/v1/admin/clients/{id}',
        ...write,
        summary: 'Change a client',
        description:
          'In force at once in one isolate, everywhere within 30 seconds. What it has of users already stays. The answer has a secret where the client had none and needs one now.',
        request: { params: ClientId, ...jsonBody(OAuthClientPatch) },
        responses: responses(
          { 200: json(ShownOAuthClientSchema, 'The client') },
          { body: true, codes: ['client_not_found', 'conflict'] },
        ),
      }),
      async (c) => {
        const client = { id: c.req.valid('param').id, realmId: c.get('realm').id };
        return c.json(shown(await clients.update(client, c.req.valid('json'), actorOf(c))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.clients.rotateSecret',
        method: 'post',
        path: '/v1/admin/clients/{id}/rotate-secret',
        ...write,
        summary: 'Give a client a new secret',
        description:
          'The answer has it, once. The secret before works on for `overlap_seconds`, one before that no more.',
        request: {
          params: ClientId,
          ...optionalBody(ClientSecretRotation),
        },
        responses: responses(
          { 200: json(ShownOAuthClientSchema, 'The client') },
          { body: true, codes: ['client_not_found'] },
        ),
      }),
      async (c) => {
        const client = { id: c.req.valid('param').id, realmId: c.get('realm').id };
        const { overlap_seconds } = ClientSecretRotation.parse(c.req.valid('json') ?? {});
        return c.json(shown(await clients.rotateSecret(client, overlap_seconds, actorOf(c))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.clients.delete',
        method: 'delete',
        path: '/v1/admin/clients/{id}',
        ...write,
        summary: 'Delete a client',
        description:
          'For good. It gets no token any more, everywhere within 30 seconds; those that it has live as long as they say.',
        request: { params: ClientId },
        responses: responses({ 204: { description: 'Deleted' } }, { codes: ['client_not_found'] }),
      }),
      async (c) => {
        await clients.delete({ id: c.req.valid('param').id, realmId: c.get('realm').id }, actorOf(c));
        return c.body(null, 204);
      },
    );
}
