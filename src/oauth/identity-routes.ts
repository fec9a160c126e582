import { clientOf } from '../http/context.ts';
import { setFlowCookie } from '../http/flow-cookie.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import type { Identities } from './identity-service.ts';
import type { AccountLinks } from './link-service.ts';
import {
  exchangeOf,
  IdentityListSchema,
  identityShape,
  LinkBody,
  LinkSchema,
  ProviderParam,
} from './schemas.ts';
import type { OAuth } from './service.ts';

/** The accounts at providers that a user has linked. */
export function identityRoutes(oauth: OAuth, links: AccountLinks, identities: Identities, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.identities.list',
        method: 'get',
        path: '/v1/me/identities',
        tags: ['Sign-in with a provider'],
        summary: 'The linked accounts of providers',
        level: levels.user({ impersonation: true }),
        responses: responses({ 200: json(IdentityListSchema, 'Oldest first') }, {}),
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
          'With the session cookie: gives the URL to send this very browser to. With an access token: send `redirect_to` and `code_challenge`, open the URL, and complete with the `code` that comes back, its `code_verifier` and the same `redirect_to`; nothing is linked before. Needs a verified address, but of an anonymous user, who has registered by it.',
        level: levels.verified({
          anonymous: true,
          fresh: { when: ({ code }) => code === undefined, says: 'to begin, not to complete with a `code`' },
        }),
        request: { params: ProviderParam, ...jsonBody(LinkBody) },
        responses: responses(
          { 200: json(LinkSchema, 'Where to go'), 204: { description: 'Linked' } },
          {
            body: true,
            codes: [
              'provider_not_found',
              'provider_unavailable',
              'redirect_not_allowed',
              'identity_conflict',
              'invalid_grant',
              'conflict',
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
        const byToken = c.req.header('authorization') !== undefined;
        const { url, cookie } = await links.begin(realm, provider, principal, body, byToken);
        if (cookie) setFlowCookie(c, cookie);
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
        level: levels.verified({ fresh: true }),
        request: { params: ProviderParam },
        responses: responses(
          { 204: { description: 'Unlinked' } },
          {
            codes: ['identity_not_found', 'last_sign_in_method', 'origin_not_allowed'],
          },
        ),
      }),
      async (c) => {
        await identities.unlink(c.get('principal').userId, c.req.valid('param').provider, clientOf(c));
        return c.body(null, 204);
      },
    );
}
