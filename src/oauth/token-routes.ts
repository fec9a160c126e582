import { createRoute } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import { userShape } from '../accounts/schemas.ts';
import { SignedInSchema } from '../credentials/schemas.ts';
import { ApiError } from '../errors.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { featureRouter, json, responses } from '../http/openapi.ts';
import { tokensShape } from '../sessions/schemas.ts';
import type { AuthorizationCodes } from './code-service.ts';
import { OAuthErrorSchema, TokenBody } from './schemas.ts';

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
      method: 'post',
      path: '/v1/oauth/token',
      tags: ['Sign-in with a provider'],
      summary: 'Exchange a code for tokens',
      description:
        'A code works once, within a minute, with the verifier of its challenge and the same `redirect_to`. JSON or a form; failures in the form of RFC 6749.',
      middleware: [signInLimit] as const,
      request: {
        body: {
          required: true,
          content: {
            'application/json': { schema: TokenBody },
            'application/x-www-form-urlencoded': { schema: TokenBody },
          },
        },
      },
      responses: responses(
        { 200: json(SignedInSchema, 'The user, signed in'), 400: json(OAuthErrorSchema, 'Refused') },
        { body: true },
      ),
    }),
    async (c) => {
      const isForm = /^application\/x-www-form-urlencoded/i.test(c.req.header('content-type') ?? '');
      const body: z.output<typeof TokenBody> = isForm ? c.req.valid('form') : c.req.valid('json');
      const redirectTo = body.redirect_to ?? body.redirect_uri ?? '';
      const exchange = {
        code: body.code,
        verifier: body.code_verifier,
        redirectTo,
        realmId: c.get('realm').id,
      };
      try {
        const { user, grant } = await codes.exchange(exchange, clientOf(c));
        return c.json({ ...tokensShape(grant, false), user: userShape(user) }, 200);
      } catch (error) {
        const refusal = error instanceof ApiError ? REFUSALS[error.code] : undefined;
        if (refusal === undefined) throw error;
        return c.json({ error: 'invalid_grant' as const, error_description: refusal }, 400);
      }
    },
    (result, c) => {
      if (result.success) return;
      const [issue] = result.error.issues;
      const isGrantType = issue?.path[0] === 'grant_type' && issue.message === 'unsupported_grant_type';
      const answer: OAuthError = {
        error: isGrantType ? 'unsupported_grant_type' : 'invalid_request',
        error_description: isGrantType
          ? 'Only authorization_code is supported'
          : `${issue?.path.join('.')}: ${issue?.message}`,
      };
      return c.json(answer, 400);
    },
  );
}
