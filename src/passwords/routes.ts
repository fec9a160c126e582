import type { MiddlewareHandler } from 'hono';
import type { ChallengeGuard } from '../http/challenge.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { requireOrigin } from '../http/origin.ts';
import { failingSteadily } from '../lib/steady.ts';
import { FirstStepSchema, firstStep, signedInShape } from './answer-schemas.ts';
import { LoginBody, PasswordChangeBody, PendingSchema, RegisterBody, SignedInSchema } from './schemas.ts';
import type { Credentials } from './service.ts';

/** Registration, sign-in by password, and its change. */
export function credentialRoutes(
  credentials: Credentials,
  levels: Levels,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.register',
        method: 'post',
        path: '/v1/auth/register',
        level: PUBLIC,
        tags: ['Sign-in'],
        summary: 'Make an account',
        limit: signInLimit,
        challenge: guard.middleware(),
        request: jsonBody(RegisterBody),
        responses: responses(
          {
            201: json(SignedInSchema, 'The user, signed in'),
            202: json(
              PendingSchema,
              'In a realm that verifies addresses first, for new and known addresses alike',
            ),
          },
          {
            body: true,
            codes: ['registration_closed', 'registration_refused', 'user_exists', 'username_taken'],
          },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        if (body.session_cookie) requireOrigin('POST', c.req.header('origin'));
        const made = await credentials.register(body, c.get('realm'), clientOf(c));
        if (!('grant' in made)) {
          return c.json({ status: 'verification_required' as const, user_id: made.userId }, 202);
        }
        return c.json(signedInShape(c, made, body.session_cookie === true), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.login',
        method: 'post',
        path: '/v1/auth/login',
        level: PUBLIC,
        tags: ['Sign-in'],
        summary: 'Sign in by password',
        description:
          'By e-mail address, username or phone number. After five failures in a row an account slows down, after ten it takes one attempt every 15 minutes; sessions that are open stay open. Devices that have signed in before are counted one by one, by the cookie `__Host-latchkey-device` or by `refresh_token`; all others together.',
        limit: signInLimit,
        request: jsonBody(LoginBody),
        responses: responses(
          { 200: json(FirstStepSchema, 'The user, signed in; or what the second step needs') },
          {
            body: true,
            codes: ['invalid_credentials', 'too_many_attempts', 'account_suspended', 'email_not_verified'],
          },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        if (body.session_cookie) requireOrigin('POST', c.req.header('origin'));
        const signIn = () => failingSteadily(() => credentials.login(body, c.get('realm'), clientOf(c)));
        return c.json(await firstStep(c, body.session_cookie === true, signIn), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.password.change',
        method: 'put',
        path: '/v1/me/password',
        tags: ['Account'],
        summary: 'Change the password',
        description: 'Ends all other sessions. Needs a verified e-mail address.',
        limit: signInLimit,
        level: levels.verified({
          fresh: {
            when: ({ current_password }) => current_password === undefined,
            says: 'which `current_password` is',
            byPassword: true,
          },
        }),
        request: jsonBody(PasswordChangeBody),
        responses: responses(
          { 204: { description: 'Changed' } },
          {
            body: true,
            codes: ['email_not_verified', 'invalid_credentials', 'too_many_attempts', 'conflict'],
          },
        ),
      }),
      async (c) => {
        await credentials.changePassword(
          c.req.valid('json'),
          c.get('principal'),
          c.get('realm'),
          clientOf(c),
        );
        return c.body(null, 204);
      },
    );
}
