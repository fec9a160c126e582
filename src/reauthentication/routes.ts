import type { MiddlewareHandler } from 'hono';
import { ApiError } from '../errors.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { setFlowCookie } from '../http/flow-cookie.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import type { AccountLinks } from '../oauth/link-service.ts';
import { exchangeOf, LinkSchema } from '../oauth/schemas.ts';
import { RequestOptionsSchema } from '../passkeys/schemas.ts';
import type { Passkeys } from '../passkeys/service.ts';
import { ReauthenticationBody } from './schemas.ts';
import type { Reauthentication } from './service.ts';

/** Where a user proves again, within a session, who they are. */
export function reauthenticationRoutes(
  reauthentication: Reauthentication,
  passkeys: Passkeys,
  links: AccountLinks,
  levels: Levels,
  signInLimit: MiddlewareHandler<AppEnv>,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.reauthenticate',
        method: 'post',
        path: '/v1/auth/reauthenticate',
        tags: ['Sessions'],
        level: levels.user({ enrols: true }),
        limit: signInLimit,
        summary: 'Prove again who you are',
        description:
          'For what answers 401 `reauthentication_required`. By the password, by a passkey, by a code of an authenticator app or a recovery code, by a one-time code to a proven address, or by a linked account of a provider: as for linking one, a session cookie gives the URL for this browser, an access token needs `redirect_to` and `code_challenge`, and completes with the `code` that comes back. A sign-in proves the same. Failures count for this session alone. Where the account has a second factor that the session has not shown, nothing else is taken: 401 `reauthentication_required` with `methods` says what is.',
        request: jsonBody(ReauthenticationBody),
        responses: responses(
          { 204: { description: 'Proved' }, 200: json(LinkSchema, 'Where to go, for a provider') },
          {
            body: true,
            codes: [
              'reauthentication_required',
              'invalid_credentials',
              'invalid_code',
              'invalid_passkey',
              'too_many_attempts',
              'provider_not_found',
              'provider_unavailable',
              'redirect_not_allowed',
              'identity_conflict',
              'invalid_grant',
            ],
          },
        ),
      }),
      async (c) => {
        const { password, passkey, totp, recovery_code, channel, provider, ...sent } = c.req.valid('json');
        const { code = '', ...request } = sent;
        const principal = c.get('principal');
        const realm = c.get('realm');
        const isFactor = passkey !== undefined || totp !== undefined || recovery_code !== undefined;
        if (!isFactor) await reauthentication.requireNoOwed(principal, realm);
        if (password !== undefined) {
          await reauthentication.byPassword(principal, password, clientOf(c));
          return c.body(null, 204);
        }
        if (passkey !== undefined) {
          const { methods } = await passkeys.prove(principal, passkey, realm, clientOf(c));
          // It may be one that does not count as a factor.
          await reauthentication.requireNoOwed({ ...principal, methods }, realm);
          return c.body(null, 204);
        }
        if (totp !== undefined || recovery_code !== undefined) {
          const shown =
            totp === undefined
              ? ({ method: 'recovery_code', code: recovery_code ?? '' } as const)
              : ({ method: 'totp', code: totp } as const);
          await reauthentication.byFactor(principal, shown, clientOf(c));
          return c.body(null, 204);
        }
        if (channel !== undefined) {
          await reauthentication.byCode(principal, { channel, code }, clientOf(c));
          return c.body(null, 204);
        }
        const id = provider ?? '';
        if (code !== '') {
          await links.completeProof(exchangeOf({ ...request, code }, realm), id, principal, clientOf(c));
          return c.body(null, 204);
        }
        const by = { ...principal, proves: true as const };
        const byToken = c.req.header('authorization') !== undefined;
        const { url, cookie } = await links.begin(realm, id, by, request, byToken);
        if (cookie) setFlowCookie(c, cookie);
        return c.json({ url: url.href }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.passkeys.proofOptions',
        method: 'post',
        path: '/v1/auth/reauthenticate/passkey',
        tags: ['Sessions'],
        level: levels.user({ enrols: true }),
        limit: signInLimit,
        summary: 'Begin to prove again who you are, by a passkey',
        description: 'For `passkey` of `POST /v1/auth/reauthenticate`.',
        responses: responses(
          { 200: json(RequestOptionsSchema, 'What the browser needs') },
          { codes: ['passkey_not_found'] },
        ),
      }),
      async (c) => {
        const begun = await passkeys.beginProof(c.get('principal'), c.get('realm'));
        if (!begun) throw new ApiError('passkey_not_found');
        return c.json(begun, 200);
      },
    );
}
