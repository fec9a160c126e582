import type { z } from 'zod';
import { ApiError, fieldError } from '../errors.ts';
import { type Authenticator, requireUser, requireVerified } from '../http/authentication.ts';
import { clientOf } from '../http/context.ts';
import { setFlowCookie } from '../http/flow-cookie.ts';
import { createRoute, featureRouter, json, jsonBody, responses, USER_SECURITY } from '../http/openapi.ts';
import type { Realm } from '../lib/realm.ts';
import type { Identities } from './identity-service.ts';
import type { AccountLinks } from './link-service.ts';
import { IdentityListSchema, identityShape, LinkBody, LinkSchema, ProviderParam } from './schemas.ts';
import type { OAuth } from './service.ts';

/** The accounts at providers that a user has linked. */
export function identityRoutes(
  oauth: OAuth,
  links: AccountLinks,
  identities: Identities,
  authenticator: Authenticator,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.identities.list',
        method: 'get',
        path: '/v1/me/identities',
        tags: ['Sign-in with a provider'],
        summary: 'The linked accounts of providers',
        security: USER_SECURITY,
        middleware: [requireUser(authenticator)] as const,
        responses: responses({ 200: json(IdentityListSchema, 'Oldest first') }, { user: true }),
      }),
      async (c) => {
        const names = new Map(oauth.providers(c.get('realm')).map(({ id, name }) => [id, name]));
        const rows = await identities.list(c.get('principal').userId);
        const data = rows.map((row) => identityShape(row, names.get(row.provider) ?? row.provider));
        return c.json({ data, next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.identities.link',
        method: 'post',
        path: '/v1/me/identities/{provider}',
        tags: ['Sign-in with a provider'],
        summary: 'Link an account of a provider',
        description:
          'With the session cookie: gives the URL to send this very browser to. With an access token: send `redirect_to` and `code_challenge`, open the URL, and complete with the `code` that comes back, its `code_verifier` and the same `redirect_to`; nothing is linked before. Needs a verified address.',
        security: USER_SECURITY,
        middleware: [requireVerified(authenticator)] as const,
        request: { params: ProviderParam, ...jsonBody(LinkBody) },
        responses: responses(
          { 200: json(LinkSchema, 'Where to go'), 204: { description: 'Linked' } },
          {
            user: true,
            body: true,
            codes: [
              'email_not_verified',
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
        const { provider } = c.req.valid('param');
        const body = c.req.valid('json');
        const principal = c.get('principal');
        const realm = c.get('realm');
        if (body.code !== undefined) {
          await links.complete(exchangeOf(body, realm), provider, principal, clientOf(c));
          return c.body(null, 204);
        }
        const { redirect_to: redirectTo, code_challenge: challenge, state = null } = body;
        if (challenge !== undefined) {
          if (redirectTo === undefined) throw fieldError('redirect_to', 'required', 'Is needed');
          const url = await links.ticket(realm, provider, principal, { redirectTo, challenge, state });
          return c.json({ url: url.href }, 200);
        }
        // The browser that a token comes from need not be the one that opens the URL.
        if (c.req.header('authorization'))
          throw fieldError('code_challenge', 'required', 'Is needed with a token');
        const { url, cookie } = await links.start(realm, provider, principal, redirectTo);
        setFlowCookie(c, cookie);
        return c.json({ url: url.href }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.identities.unlink',
        method: 'delete',
        path: '/v1/me/identities/{provider}',
        tags: ['Sign-in with a provider'],
        summary: 'Unlink an account of a provider',
        description: 'Never the last way in. Needs a verified address.',
        security: USER_SECURITY,
        middleware: [requireVerified(authenticator)] as const,
        request: { params: ProviderParam },
        responses: responses(
          { 204: { description: 'Unlinked' } },
          {
            user: true,
            codes: ['email_not_verified', 'identity_not_found', 'last_sign_in_method', 'origin_not_allowed'],
          },
        ),
      }),
      async (c) => {
        await identities.unlink(c.get('principal').userId, c.req.valid('param').provider, clientOf(c));
        return c.body(null, 204);
      },
    );
}

function exchangeOf(body: z.output<typeof LinkBody>, realm: Realm) {
  const { code, code_verifier: verifier, redirect_to: redirectTo } = body;
  if (code === undefined || verifier === undefined || redirectTo === undefined) {
    throw new ApiError('invalid_grant', { detail: 'Send code_verifier and redirect_to with the code.' });
  }
  return { code, verifier, redirectTo, realm };
}
