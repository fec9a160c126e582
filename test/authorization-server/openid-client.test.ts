import { exports } from 'cloudflare:workers';
import { exportJWK, generateKeyPair } from 'jose';
import * as openid from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRealm, freshAddress, ORIGIN } from '../support/api.ts';
import { CALLBACK, createClient, type MadeClient } from '../support/oauth-client.ts';
import { open, submit, type Visitor, visitor } from '../support/visitor.ts';

// A program of somebody else's that knows the issuer and its own registration, by the certified library openid-client.

const REALM = 'openid-client';
const LOGGED_OUT = 'https://app.example.com/bye';
const address = freshAddress();
const network: openid.CustomFetch = (url, init) => {
  const request = new Request(url, init as RequestInit);
  request.headers.set('cf-connecting-ip', address);
  return exports.default.fetch(request);
};

const keys = generateKeyPair('ES256', { extractable: true });

/** How a client is registered to prove itself, and how it does. */
const WAYS: Record<
  string,
  { fields(): Promise<object> | object; proof(client: MadeClient): Promise<openid.ClientAuth> }
> = {
  none: { fields: () => ({}), proof: async () => openid.None() },
  client_secret_basic: {
    fields: () => ({}),
    proof: async ({ client_secret }) => openid.ClientSecretBasic(client_secret),
  },
  client_secret_post: {
    fields: () => ({}),
    proof: async ({ client_secret }) => openid.ClientSecretPost(client_secret),
  },
  private_key_jwt: {
    fields: async () => ({ jwks: { keys: [{ ...(await exportJWK((await keys).publicKey)), kid: 'one' }] } }),
    proof: async () => openid.PrivateKeyJwt({ key: (await keys).privateKey, kid: 'one' }),
  },
};

/** A client that proves itself in a way, and what its library knows of the issuer. */
async function configured(way: string, realm: string | undefined, fields: object = {}) {
  const { fields: registered, proof } = WAYS[way] as (typeof WAYS)[string];
  const made = await createClient(
    {
      token_endpoint_auth_method: way,
      post_logout_redirect_uris: [LOGGED_OUT],
      ...(await registered()),
      ...fields,
    },
    realm,
  );
  const issuer = new URL(realm === undefined ? ORIGIN : `${ORIGIN}/realms/${realm}`);
  const config = await openid.discovery(issuer, made.client_id, undefined, await proof(made), {
    [openid.customFetch]: network,
  });
  openid.enableNonRepudiationChecks(config);
  return { config, made };
}

/** What the browser of a user does with a request, saying yes; where it ends. */
async function follow(url: URL, who: Visitor): Promise<URL> {
  const asked = await open(url.pathname + url.search, { cookie: who.cookie }, { accept: 'text/html' });
  if (asked.status === 303) return new URL(asked.headers.get('location') as string);
  expect(asked.status, asked.body).toBe(200);
  const action = /action="([^"]*\/oauth2\/consent[^"]*)"/
    .exec(asked.body)?.[1]
    ?.replaceAll('&amp;', '&') as string;
  const said = await submit(action, { decision: 'allow', user: who.user.user.id }, { cookie: who.cookie });
  return new URL(said.headers.get('location') as string);
}

beforeAll(async () => {
  await createRealm(REALM);
});

describe.each([undefined, REALM])('of the realm %s', (realm) => {
  const somebody = () => visitor({}, realm === undefined ? {} : { realm });

  describe.each(Object.keys(WAYS))('a client that proves itself by %s', (way) => {
    it.each(['by the browser', 'by a pushed request'])('signs a user in %s, and out', async (how) => {
      const { config, made } = await configured(way, realm);
      const who = await somebody();
      const pkceCodeVerifier = openid.randomPKCECodeVerifier();
      const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
      const parameters = {
        redirect_uri: CALLBACK,
        scope: 'openid email offline_access',
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        nonce: expectedNonce,
        max_age: '600',
      };
      const url =
        how === 'by the browser'
          ? openid.buildAuthorizationUrl(config, parameters)
          : await openid.buildAuthorizationUrlWithPAR(config, parameters);
      const tokens = await openid.authorizationCodeGrant(config, await follow(url, who), {
        pkceCodeVerifier,
        expectedState,
        expectedNonce,
        maxAge: 600,
        idTokenExpected: true,
      });
      const { sub } = tokens.claims() as openid.IDToken;
      expect(sub).toBe(who.user.user.id);
      expect(await openid.fetchUserInfo(config, tokens.access_token, sub)).toMatchObject({
        email: who.user.user.email,
      });
      const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token as string, {
        scope: 'openid',
      });
      expect(renewed.scope).toBe('openid');
      if (way !== 'none') {
        const known = await openid.tokenIntrospection(config, renewed.access_token);
        expect(known).toMatchObject({ active: true, sub, client_id: made.client_id });
      }
      await openid.tokenRevocation(config, renewed.access_token);
      await expect(openid.fetchUserInfo(config, renewed.access_token, sub)).rejects.toThrow();
      await expect(openid.refreshTokenGrant(config, renewed.refresh_token as string)).rejects.toMatchObject({
        error: 'invalid_grant',
      });
      const out = openid.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token as string,
        post_logout_redirect_uri: LOGGED_OUT,
        state: 'over',
      });
      expect((await follow(out, who)).href).toBe(`${LOGGED_OUT}?state=over`);
      expect((await open(`${realm ? `/realms/${realm}` : ''}/account`, { cookie: who.cookie })).status).toBe(
        303,
      );
    });
  });

  it.each(Object.keys(WAYS).filter((way) => way !== 'none'))(
    'a program that proves itself by %s gets a token for itself',
    async (way) => {
      const { config, made } = await configured(way, realm, {
        grant_types: ['client_credentials'],
        redirect_uris: [],
        scopes: ['images:write'],
        audiences: ['https://images.example'],
      });
      const tokens = await openid.clientCredentialsGrant(config, {
        scope: 'images:write',
        resource: 'https://images.example',
      });
      expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'images:write' });
      expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({
        active: true,
        sub: made.client_id,
        aud: 'https://images.example',
      });
    },
  );

  it('an answer to a form is understood', async () => {
    const { config } = await configured('client_secret_basic', realm, { first_party: true });
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid',
      response_mode: 'form_post',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const { cookie } = await somebody();
    const page = await open(url.pathname + url.search, { cookie });
    const fields = [...page.body.matchAll(/<input[^>]*name="(\w+)"[^>]*value="([^"]*)"/g)];
    const body = new URLSearchParams(fields.map(([, name = '', value = '']) => [name, value]));
    const request = new Request(CALLBACK, { method: 'POST', body });
    const tokens = await openid.authorizationCodeGrant(config, request, { pkceCodeVerifier });
    expect(tokens.claims()).toHaveProperty('sub');
  });

  it('a failure is understood', async () => {
    const { config } = await configured('none', realm);
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid',
      prompt: 'none',
      code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    });
    const back = await follow(url, await somebody());
    await expect(openid.authorizationCodeGrant(config, back, {})).rejects.toMatchObject({
      error: 'consent_required',
    });
  });
});
