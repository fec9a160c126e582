import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { LinkedAccountParams, ProviderTokenSchema, providerTokenShape } from './schemas.ts';
import type { TokenVault } from './token-vault-service.ts';

/** Tokens of users at their providers, for services. */
export function tokenVaultRoutes(vault: TokenVault, levels: Levels) {
  return featureRouter().openapi(
    createRoute({
      operationId: 'users.identities.token',
      method: 'post',
      path: '/v1/users/{id}/identities/{provider}/token',
      tags: ['Sign-in with a provider'],
      summary: 'A token of a user at a linked provider',
      description:
        'An access token that holds for a minute at least, refreshed if need be. It goes into the log of the user. Needs `provider-tokens:read`, which `admin` does not include. With `provider_link_ended` the user has to sign in at the provider, or link the account, again.',
      level: levels.service('provider-tokens:read'),
      request: { params: LinkedAccountParams },
      responses: responses(
        { 200: json(ProviderTokenSchema, 'The token') },
        {
          codes: [
            'user_not_found',
            'account_suspended',
            'identity_not_found',
            'provider_link_ended',
            'provider_not_found',
            'provider_unavailable',
            'provider_rejected',
          ],
        },
      ),
    }),
    async (c) => {
      const { id: userId, provider } = c.req.valid('param');
      const by = { id: actorOf(c).id, sessionId: null, client: null };
      const tokens = await vault.take(c.get('realm'), { userId, provider }, by);
      return c.json(providerTokenShape(provider, tokens), 200);
    },
  );
}
