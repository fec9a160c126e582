import { z } from '@hono/zod-openapi';
import { type AppContext, clientAddress } from '../http/context.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { OAuthFailure, oauthFailureOf } from './oauth-error.ts';
import { ClientMetadata, RegisteredClientSchema } from './registration-schemas.ts';
import type { ClientRegistrations, RegistrationAccess } from './registration-service.ts';
import { OAuthFailureSchema } from './schemas.ts';

const PATH = '/oauth2/register';
const ClientId = z.object({ id: z.string() });

/** How refusals are answered that are no 400 (RFC 7592, 2). */
const STATUS: Partial<Record<string, 401 | 403>> = { invalid_token: 401, access_denied: 403 };

const tags = ['Authorization server'];
const refusals = {
  400: json(OAuthFailureSchema, 'Refused (RFC 7591, 3.2.2)'),
  403: json(OAuthFailureSchema, 'The realm does not let clients register themselves'),
};
const unauthorized = { 401: json(OAuthFailureSchema, 'Not the token of this registration') };
const body = {
  // Read by the handler: what is wrong with it is said in the words of the protocol.
  body: { required: false as const, content: { 'application/json': { schema: ClientMetadata } } },
};

/** Software that registers itself as a client (RFC 7591), and manages that (RFC 7592), where the realm lets it. */
export function registrationRoutes(registrations: ClientRegistrations) {
  const failing = async (c: AppContext, act: (c: AppContext) => Promise<Response>): Promise<Response> => {
    try {
      return await act(c);
    } catch (thrown) {
      const { error, description } = oauthFailureOf(thrown);
      const status = STATUS[error] ?? 400;
      if (status === 401) {
        c.header('WWW-Authenticate', `Bearer realm="${c.get('realm').id}", error="invalid_token"`);
      }
      return c.json({ error, error_description: description }, status);
    }
  };
  // The schemas are for readers: what does not fit them is refused in the words of the protocol too.
  const answering =
    (act: (c: AppContext) => Promise<Response>) =>
    (c: AppContext): never =>
      failing(c, act) as never;
  const registrationOf = (c: AppContext): RegistrationAccess => ({
    id: c.req.param('id') ?? '',
    authorization: c.req.header('authorization'),
  });
  const register = answering(async (c) => {
    const sent = await sentJson(c);
    return c.json(await registrations.register(sent, c.get('realm'), clientAddress(c)), 201);
  });
  const read = answering(async (c) =>
    c.json(await registrations.read(registrationOf(c), c.get('realm')), 200),
  );
  const replace = answering(async (c) => {
    const sent = await sentJson(c);
    return c.json(await registrations.replace(registrationOf(c), sent, c.get('realm')), 200);
  });
  const remove = answering(async (c) => {
    await registrations.remove(registrationOf(c), c.get('realm'));
    return c.body(null, 204);
  });
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'authorization.registrations.create',
        method: 'post',
        path: PATH,
        level: PUBLIC,
        tags,
        summary: 'Register itself as a client',
        description:
          'RFC 7591, where the realm has `dynamic` among its `client_registration`. Such a client is never first-party, gets no scope that acts as the user, and its users are always asked. It is deleted when it got no token for a day after it registered, or for ninety days.',
        request: body,
        responses: responses(
          { 201: json(RegisteredClientSchema, 'The client'), ...refusals },
          { codes: ['origin_not_allowed'], body: true },
        ),
      }),
      (c) => register(c),
      ({ success }, c) => (success ? undefined : register(c)),
    )
    .openapi(
      createRoute({
        operationId: 'authorization.registrations.get',
        method: 'get',
        path: `${PATH}/{id}`,
        level: PUBLIC,
        tags,
        summary: 'What is registered',
        description: 'RFC 7592, by `Authorization: Bearer` with the `registration_access_token`.',
        request: { params: ClientId },
        responses: responses(
          { 200: json(RegisteredClientSchema, 'The client'), ...unauthorized },
          { codes: ['authentication_required'] },
        ),
      }),
      (c) => read(c),
    )
    .openapi(
      createRoute({
        operationId: 'authorization.registrations.replace',
        method: 'put',
        path: `${PATH}/{id}`,
        level: PUBLIC,
        tags,
        summary: 'Register something else',
        description: 'RFC 7592, 2.2: all of it, with `client_id`.',
        request: { params: ClientId, ...body },
        responses: responses(
          { 200: json(RegisteredClientSchema, 'The client'), ...refusals, ...unauthorized },
          { codes: ['authentication_required', 'conflict'], body: true },
        ),
      }),
      (c) => replace(c),
      ({ success }, c) => (success ? undefined : replace(c)),
    )
    .openapi(
      createRoute({
        operationId: 'authorization.registrations.delete',
        method: 'delete',
        path: `${PATH}/{id}`,
        level: PUBLIC,
        tags,
        summary: 'Be a client no more',
        description: 'RFC 7592, 2.3.',
        request: { params: ClientId },
        responses: responses(
          { 204: { description: 'Deleted' }, ...unauthorized },
          { codes: ['authentication_required', 'origin_not_allowed'] },
        ),
      }),
      (c) => remove(c),
    );
}

/** The body of a registration. Throws OAuthFailure. */
async function sentJson(c: AppContext): Promise<unknown> {
  const sent: unknown = await c.req.json().catch(() => undefined);
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) {
    throw new OAuthFailure('invalid_client_metadata', 'The body must be a JSON object');
  }
  return sent;
}
