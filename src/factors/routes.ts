import type { MiddlewareHandler } from 'hono';
import type { Directory } from '../directory/service.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { requireOrigin } from '../http/origin.ts';
import { signedInShape } from '../passwords/answer-schemas.ts';
import { SignedInSchema } from '../passwords/schemas.ts';
import { AcceptedSchema } from '../verification/schemas.ts';
import {
  FactorCodeBody,
  FactorIdParam,
  FactorListSchema,
  factorsShape,
  NewFactorBody,
  RecoveryCodesSchema,
  SecondStepBody,
  SecondStepCodeBody,
  StartedFactorSchema,
} from './schemas.ts';
import type { Factors } from './service.ts';

const TAGS = ['Second factors'];

/** The second step of a sign-in, whatever its first was. */
export function secondStepRoutes(factors: Factors, signInLimit: MiddlewareHandler<AppEnv>) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.mfa.verify',
        method: 'post',
        path: '/v1/auth/mfa/verify',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Take the second step of a sign-in',
        description:
          'With the `mfa_token` of the first, within ten minutes and five tries. A code of an app works once. Failures count as those of passwords do. With `session_cookie` it has to be the browser that began.',
        limit: signInLimit,
        request: jsonBody(SecondStepBody),
        responses: responses(
          { 200: json(SignedInSchema, 'The user, signed in') },
          {
            body: true,
            codes: [
              'invalid_mfa_token',
              'invalid_code',
              'invalid_passkey',
              'too_many_attempts',
              'account_suspended',
            ],
          },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const inCookie = body.session_cookie === true;
        if (inCookie) requireOrigin('POST', c.req.header('origin'));
        const signedIn = await factors.completeSignIn(body, c.get('realm'), clientOf(c));
        return c.json(signedInShape(c, signedIn, inCookie), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.mfa.send',
        method: 'post',
        path: '/v1/auth/mfa/send',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Send the code of a second step',
        description: 'To the proven address or number of the account, where `methods` names it.',
        limit: signInLimit,
        request: jsonBody(SecondStepCodeBody),
        responses: responses(
          { 202: json(AcceptedSchema, 'Accepted') },
          { body: true, codes: ['invalid_mfa_token'] },
        ),
      }),
      async (c) => {
        const { mfa_token: token, method } = c.req.valid('json');
        await factors.sendCode(token, method, c.get('realm'), clientOf(c));
        return c.json({ status: 'accepted' as const }, 202);
      },
    );
}

/** The second factors of a user. */
export function factorRoutes(
  factors: Factors,
  directory: Directory,
  levels: Levels,
  signInLimit: MiddlewareHandler<AppEnv>,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.factors.list',
        method: 'get',
        path: '/v1/me/factors',
        level: levels.user({ impersonation: true, enrols: true }),
        tags: TAGS,
        summary: 'The second factors of the user',
        description: 'Authenticator apps, and the passkeys, which `/v1/me/passkeys` has whole.',
        responses: responses({ 200: json(FactorListSchema, 'Those of each kind oldest first') }, {}),
      }),
      async (c) => {
        const { userId, bookmark } = c.get('principal');
        const user = await directory.get(userId, bookmark);
        return c.json(factorsShape(await factors.list(user, c.get('realm'))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.factors.add',
        method: 'post',
        path: '/v1/me/factors',
        level: levels.verified({ fresh: true, enrols: true }),
        tags: TAGS,
        summary: 'Add an authenticator app',
        description: 'It counts once its first code is shown, within the hour. Needs a verified address.',
        request: jsonBody(NewFactorBody),
        responses: responses(
          { 201: json(StartedFactorSchema, 'What the app needs') },
          { body: true, codes: ['factor_not_allowed', 'too_many_factors'] },
        ),
      }),
      async (c) => c.json(await factors.begin(c.get('principal'), c.req.valid('json'), c.get('realm')), 201),
    )
    .openapi(
      createRoute({
        operationId: 'me.factors.verify',
        method: 'post',
        path: '/v1/me/factors/{id}/verify',
        level: levels.verified({ enrols: true }),
        tags: TAGS,
        summary: 'Show the first code of an authenticator app',
        description: 'From then on sign-ins ask for one. A mail tells of it.',
        limit: signInLimit,
        request: { params: FactorIdParam, ...jsonBody(FactorCodeBody) },
        responses: responses(
          { 200: json(RecoveryCodesSchema, 'The recovery codes') },
          { body: true, codes: ['invalid_code', 'factor_not_found', 'too_many_factors'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const { code } = c.req.valid('json');
        const codes = await factors.verify(c.get('principal'), id, code, c.get('realm'), clientOf(c));
        return c.json({ recovery_codes: codes }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.factors.remove',
        method: 'delete',
        path: '/v1/me/factors/{id}',
        level: levels.user({ fresh: true }),
        tags: TAGS,
        summary: 'Remove an authenticator app',
        description: 'Never the last factor while the realm requires one. A mail tells of it.',
        request: { params: FactorIdParam },
        responses: responses(
          { 204: { description: 'Removed' } },
          { codes: ['factor_not_found', 'last_factor'] },
        ),
      }),
      async (c) => {
        await factors.remove(c.get('principal'), c.req.valid('param').id, c.get('realm'), clientOf(c));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.recoveryCodes.renew',
        method: 'post',
        path: '/v1/me/recovery-codes',
        level: levels.user({ fresh: true }),
        tags: TAGS,
        summary: 'Make new recovery codes',
        description: 'In place of all that there were. Needs a factor.',
        responses: responses(
          { 200: json(RecoveryCodesSchema, 'The recovery codes') },
          { codes: ['factor_not_found'] },
        ),
      }),
      async (c) => {
        const codes = await factors.renewRecoveryCodes(c.get('principal'), c.get('realm'), clientOf(c));
        return c.json({ recovery_codes: codes }, 200);
      },
    );
}
