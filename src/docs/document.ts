import type { OpenAPIHono } from '@hono/zod-openapi';
import { EVENT_TYPES, EVENTS, type EventName } from '../events/catalogue.ts';
import type { AppEnv } from '../http/context.ts';
import { eventPayload } from '../webhooks/schemas.ts';

/** The OpenAPI 3.1 document of everything the app routes, from the schemas that validate. */
export function openApiDocument(app: OpenAPIHono<AppEnv>, origin: string) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'accessToken', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `access_token` of a sign-in or refresh',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'sessionCookie', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-latchkey',
    description: 'What `session_cookie: true` sets at sign-in; in another realm `__Host-latchkey-{realm}`',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'A key for services, never for browsers; see `/v1/admin/api-keys`',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKeyAsBearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The same key, for monitoring that sends no other header',
  });
  for (const type of EVENT_TYPES) app.openAPIRegistry.registerWebhook(webhookOf(type));
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Latchkey',
      version: '1',
      description:
        'The account backend of a product: who the user is. Errors are RFC 9457 problems whose `code` comes from one catalogue (see `/docs/errors`). Times are RFC 3339 in UTC, durations are seconds.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [
      { url: origin, description: 'The default realm' },
      {
        url: `${origin}/realms/{realm}`,
        description: 'Any other realm: the paths below `/v1` and `/.well-known`',
        variables: { realm: { default: 'default' } },
      },
    ],
  });
}

/** What receivers get of an event. */
function webhookOf(type: EventName) {
  const schema = eventPayload(type);
  return {
    method: 'post' as const,
    path: type,
    operationId: `events.${type}`,
    tags: ['Events'],
    summary: EVENTS[type].about,
    security: [],
    request: { body: { required: true, content: { 'application/json': { schema } } } },
    responses: {
      '2XX': { description: 'It is taken. All else is a failure, and it comes again.' },
      '410': { description: 'The endpoint is gone: it is switched off.' },
    },
  };
}
