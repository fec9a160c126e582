import { exports } from 'cloudflare:workers';
import * as oauth from 'oauth4webapi';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRealm, freshAddress, ORIGIN } from '../support/api.ts';
import { CALLBACK, createClient, type MadeClient } from '../support/oauth-client.ts';
import { open, submit, type Visitor, visitor } from '../support/visitor.ts';

/** The network of a strict client of somebody else's, which knows the issuer and its own registration. */
const address = freshAddress();
const network = (url: string, init: object): Promise<Response> => {
  const request = new Request(url, init as RequestInit);
  request.headers.set('cf-connecting-ip', address);
  return exports.default.fetch(request);
};
const options = { [oauth.customFetch]: network };

beforeAll(async () => {
  await createRealm('party');
});

/** Lets the user say yes to what the client asks, and gives the address that the browser ends at. */
async function allow(url: URL, who: Visitor): Promise<URL> {
  const asked = await open(url.pathname + url.search, { cookie: who.cookie });
  if (asked.status === 303) return new URL(asked.headers.get('location') as string);
  expect(asked.status).toBe(200);
  const path = /action="([^"]*\/oauth2\/consent[^"]*)"/
    .exec(asked.body)?.[1]
    ?.replaceAll('&amp;', '&') as string;
  const answer = await submit(path, { decision: 'allow', user: who.user.user.id }, { cookie: who.cookie });
  return new URL(answer.headers.get('location') as string);
}

async function discovered(issuer: string, algorithm: 'oidc' | 'oauth2') {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...options }));
}

const AUTHENTICATION: Record<string, (client: MadeClient) => oauth.ClientAuth> = {
  none: () => oauth.None(),
  client_secret_basic: ({ client_secret }) => oauth.ClientSecretBasic(client_secret),
  client_secret_post: ({ client_secret }) => oauth.ClientSecretPost(client_secret),
};

describe.each([undefined, 'party'])('a client of the realm %s', (realm) => {
  const issuer = realm ? `${ORIGIN}/realms/${realm}` : ORIGIN;

  it.each(Object.keys(AUTHENTICATION))(
    'that proves who it is by %s signs a user in from the issuer alone',
    async (method) => {
      const made = await createClient({ token_endpoint_auth_method: method }, realm);
      const who = await visitor({}, realm === undefined ? {} : { realm });
      for (const algorithm of ['oidc', 'oauth2'] as const) {
        const server = await discovered(issuer, algorithm);
        const client: oauth.Client = { client_id: made.client_id };
        const auth = (AUTHENTICATION[method] as (client: MadeClient) => oauth.ClientAuth)(made);
        const verifier = oauth.generateRandomCodeVerifier();
        const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
        const url = new URL(server.authorization_endpoint as string);
        url.search = new URLSearchParams({
          client_id: made.client_id,
          redirect_uri: CALLBACK,
          response_type: 'code',
          scope: 'openid email offline_access',
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          state,
          nonce,
        }).toString();
        const parameters = oauth.validateAuthResponse(server, client, await allow(url, who), state);
        const answer = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          auth,
          parameters,
          CALLBACK,
          verifier,
          options,
        );
        const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        await oauth.validateApplicationLevelSignature(server, answer, options);
        const { sub } = oauth.getValidatedIdTokenClaims(tokens) as oauth.IDToken;
        expect(sub).toBe(who.user.user.id);
        const info = await oauth.userInfoRequest(server, client, tokens.access_token, options);
        expect(await oauth.processUserInfoResponse(server, client, sub, info)).toMatchObject({
          email: who.user.user.email,
        });
        const request = new Request('https://api.example.com/', {
          headers: { authorization: `Bearer ${tokens.access_token}` },
        });
        const claims = await oauth.validateJwtAccessToken(
          server,
          request,
          `${issuer}/oauth2/userinfo`,
          options,
        );
        expect(claims).toMatchObject({ client_id: made.client_id, scope: 'openid email offline_access' });
        const renewed = await oauth.processRefreshTokenResponse(
          server,
          client,
          await oauth.refreshTokenGrantRequest(server, client, auth, tokens.refresh_token as string, options),
        );
        const revoked = await oauth.revocationRequest(server, client, auth, renewed.access_token, options);
        await oauth.processRevocationResponse(revoked);
        if (method === 'none') continue;
        const asked = await oauth.introspectionRequest(server, client, auth, renewed.access_token, options);
        expect(await oauth.processIntrospectionResponse(server, client, asked)).toEqual({ active: false });
      }
    },
  );
});
