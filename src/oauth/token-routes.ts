import type { MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import { userShape } from '../directory/schemas.ts';
import { ApiError, CATALOGUE, type WaitingSignIn } from '../errors.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { SignedInSchema } from '../passwords/schemas.ts';
import { tokensShape } from '../sessions/schemas.ts';
import type { AuthorizationCodes } from './code-service.ts';
import { OAuthErrorSchema, TokenRequestBody } from './schemas.ts';

type OAuthError = z.infer<typeof OAuthErrorSchema>;

/** Codes whose bearer is refused, with what the answer says of it. */
const REFUSALS: Partial<Record<ApiError['code'], string>> = {
  invalid_grant: 'The code is wrong, used, too old, or was made for another redirect_to or code_challenge',
  account_suspended: 'The account is suspended',
  email_not_verified: 'The e-mail address is not verified',
};

/** Where an app exchanges its code for tokens (RFC 6749, 4.1.3). */
export function tokenRoutes(codes: AuthorizationCodes, signInLimit: MiddlewareHandler<AppEnv>) {
  return featureRouter().openapi(
    createRoute({
      operationId: 'oauth.token',
      method: 'post',
      path: '/v1/oauth/token',
      level: PUBLIC,
      tags: ['Sign-in with a provider'],
      summary: 'Exchange a code for tokens',
      description:
        'A code works once, within a minute, with the verifier of its challenge and the same `redirect_to`. JSON or a form; failures in the form of RFC 6749.',
      limit: signInLimit,
      request: {
        body: {
          required: false as const,
          content: {
            'application/json': { schema: TokenRequestBody },
            'application/x-www-form-urlencoded': { schema: TokenRequestBody },
          },
        },
      },
      responses: responses(
        {
          200: json(SignedInSchema, 'The user, signed in'),
          400: json(OAuthErrorSchema, 'Refused'),
          403: json(OAuthErrorSchema, '`mfa_required`: go on by `POST /v1/auth/mfa/verify`'),
        },
        { body: true },
      ),
    }),
    async (c) => {
      const isForm = /^application\/x-www-form-urlencoded/i.test(c.req.header('content-type') ?? '');
      // Again, because a request without a body has passed unseen.
      const body = TokenRequestBody.safeParse(isForm ? c.req.valid('form') : c.req.valid('json'));
      if (!body.success) return c.json(malformed(body.error), 400);
      const { code, code_verifier: verifier, redirect_to, redirect_uri } = body.data;
      const redirectTo = redirect_to ?? redirect_uri ?? '';
      try {
        const exchange = { code, verifier, redirectTo, realm: c.get('realm') };
        const { user, grant } = await codes.exchange(exchange, clientOf(c));
        return c.json({ ...tokensShape(grant, false), user: userShape(user) }, 200);
      } catch (error) {
        const waiting = error instanceof ApiError ? error.waiting : undefined;
        if (waiting) return c.json(secondStepNeeded(waiting), 403);
        const refusal = error instanceof ApiError ? REFUSALS[error.code] : undefined;
        if (refusal === undefined) throw error;
        return c.json({ error: 'invalid_grant' as const, error_description: refusal }, 400);
      }
    },
    (result, c) => {
      if (!result.success) return c.json(malformed(result.error), 400);
    },
  );
}

/** Not in RFC 6749: as other services say it. */
function secondStepNeeded({ token, methods }: WaitingSignIn): OAuthError {
  const error_description = CATALOGUE.mfa_required.title;
  return { error: 'mfa_required', error_description, mfa_token: token, methods };
}

function malformed(error: z.ZodError): OAuthError {
  const [issue] = error.issues;
  if (issue?.message === 'unsupported_grant_type') {
    return { error: 'unsupported_grant_type', error_description: 'Only authorization_code is supported' };
  }
  // RFC 6749, 5.2: neither quotation marks nor backslashes.
  const description = `${issue?.path.join('.')}: ${issue?.message}`.replace(/["\\]/g, "'");
  return { error: 'invalid_request', error_description: description };
}
