import type { MiddlewareHandler } from 'hono';
import { UserSchema, userShape } from '../directory/schemas.ts';
import type { ChallengeGuard } from '../http/challenge.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { requireOrigin } from '../http/origin.ts';
import { signedInShape } from '../passwords/answer-schemas.ts';
import { AnonymousBody, AnonymousRegisterBody, PendingSchema, SignedInSchema } from '../passwords/schemas.ts';
import type { AnonymousUsers } from './service.ts';

/** Use without registering, and registering afterwards. */
export function anonymousRoutes(
  anonymous: AnonymousUsers,
  levels: Levels,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.anonymous',
        method: 'post',
        path: '/v1/auth/anonymous',
        level: PUBLIC,
        tags: ['Sign-in'],
        summary: 'Begin without registering',
        description:
          'Makes a user whom nothing but this session opens, in a realm whose `anonymous_users` are `on`. Everybody solves a challenge: `GET /v1/auth/challenge`. The user keeps id, usage and credits when they register (`POST /v1/me/register`), link an account of a provider, add a passkey or prove an address by a code.',
        limit: signInLimit,
        challenge: guard.middleware({ always: true }),
        request: jsonBody(AnonymousBody),
        responses: responses(
          { 201: json(SignedInSchema, 'The user, signed in') },
          { body: true, codes: ['registration_closed', 'registration_refused'] },
        ),
      }),
      async (c) => {
        const { locale, session_cookie: inCookie = false } = c.req.valid('json');
        if (inCookie) requireOrigin('POST', c.req.header('origin'));
        const begun = await anonymous.begin(locale ?? null, c.get('realm'), clientOf(c));
        return c.json(signedInShape(c, begun, inCookie), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.register',
        method: 'post',
        path: '/v1/me/register',
        level: levels.user(),
        tags: ['Account'],
        summary: 'Register, as an anonymous user',
        description:
          'With an address and a password, as `POST /v1/auth/register` does, but the user stays who they are: id, usage, credits and sessions. Of two at once one is too late: `conflict`, as for a user who has registered.',
        limit: signInLimit,
        challenge: guard.middleware(),
        request: jsonBody(AnonymousRegisterBody),
        responses: responses(
          {
            200: json(UserSchema, 'The user, who has registered'),
            202: json(
              PendingSchema,
              'In a realm that verifies addresses first, for new and known addresses alike: the link in the mail completes it',
            ),
          },
          {
            body: true,
            codes: [
              'registration_closed',
              'registration_refused',
              'user_exists',
              'username_taken',
              'conflict',
            ],
          },
        ),
      }),
      async (c) => {
        const by = c.get('principal');
        const made = await anonymous.register(c.req.valid('json'), by, c.get('realm'), clientOf(c));
        if (made === 'pending') {
          return c.json({ status: 'verification_required' as const, user_id: by.userId }, 202);
        }
        return c.json(userShape(made), 200);
      },
    );
}
