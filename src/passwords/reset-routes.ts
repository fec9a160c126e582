import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { ChallengeGuard } from '../http/challenge.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import type { PasswordResets } from './reset-service.ts';
import { ForgotBody, ResetBody } from './schemas.ts';

const ForgotSchema = z.object({ status: z.literal('accepted') }).openapi('PasswordForgotAccepted');

/** Forgotten passwords. */
export function resetRoutes(
  resets: PasswordResets,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.password.forgot',
        method: 'post',
        path: '/v1/auth/password/forgot',
        level: PUBLIC,
        tags: ['Sign-in'],
        summary: 'Mail a link to set a new password',
        description: 'The answer is the same for every address. An earlier link stops working.',
        limit: signInLimit,
        challenge: guard.middleware(),
        request: jsonBody(ForgotBody),
        responses: responses({ 202: json(ForgotSchema, 'Accepted') }, { body: true }),
      }),
      async (c) => {
        await resets.forgot(c.req.valid('json').email, c.get('realm'), clientOf(c));
        return c.json({ status: 'accepted' as const }, 202);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.password.reset',
        method: 'post',
        path: '/v1/auth/password/reset',
        level: PUBLIC,
        tags: ['Sign-in'],
        summary: 'Set a new password by the link that was mailed',
        description:
          'The token works once, for an hour. Ends every session, API key and other link of the user, and each phone number and account at a provider that was added before the address was proven; with `end_other_ways` all of them. Forgives failed attempts.',
        limit: signInLimit,
        request: jsonBody(ResetBody),
        responses: responses({ 204: { description: 'Set' } }, { body: true, codes: ['invalid_link'] }),
      }),
      async (c) => {
        await resets.reset(c.req.valid('json'), c.get('realm'), clientOf(c));
        return c.body(null, 204);
      },
    );
}
