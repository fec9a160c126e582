import { z } from '@hono/zod-openapi';
import { clientOf } from '../http/context.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { TokensSchema, tokensShape } from './schemas.ts';
import type { Sessions } from './service.ts';

const RenewBody = z.strictObject({ access_token: z.string().max(8192) });

/**
 * Renewal by an access token, for clients of auth_service, who hold no refresh token. Hidden, and only there with that
 * dialect: what is sent to every API may not be what keeps a session alive, where clients can do better (RFC 9700, 4.14).
 */
export function renewalRoutes(sessions: Sessions) {
  return featureRouter().openapi(
    createRoute({
      hide: true,
      operationId: 'auth.renew',
      method: 'post',
      path: '/v1/auth/renew',
      level: PUBLIC,
      summary: 'Exchange an access token for the next',
      request: jsonBody(RenewBody),
      responses: responses(
        { 200: json(TokensSchema, 'The next, and no refresh token') },
        {
          body: true,
          codes: ['invalid_token', 'token_expired', 'session_ended', 'account_suspended'],
        },
      ),
    }),
    async (c) => {
      const token = c.req.valid('json').access_token;
      return c.json(tokensShape(await sessions.renew(token, c.get('realm'), clientOf(c)), true), 200);
    },
  );
}
