import { exports } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  freshAddress,
  INTERNAL,
  ORIGIN,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  asking,
  authorize,
  backIn,
  basic,
  CALLBACK,
  claimsOf,
  codeOf,
  createClient,
  decide,
  type MadeClient,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { type Visitor, visitor } from '../support/visitor.ts';

const REALM = 'dpop-b';
const TOKEN = `${ORIGIN}/oauth2/token`;
const USERINFO = `${ORIGIN}/oauth2/userinfo`;

/** Somebody with a key. */
async function holder(alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const key = await calculateJwkThumbprint(jwk);
  const proof = (
    claims: Record<string, unknown>,
    header: Record<string, unknown> = {},
    by: CryptoKey = privateKey,
  ): Promise<string> =>
    new SignJWT({ jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), ...claims })
      .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk, ...header })
      .sign(by);
  return { key, jwk, privateKey, proof };
}

type Holder = Awaited<ReturnType<typeof holder>>;

/** The nonce that the server gives out now. */
async function nonceNow(): Promise<string> {
  const { proof } = await holder();
  const dpop = await proof({ htm: 'POST', htu: TOKEN });
  const answer = await post(
    'token',
    { grant_type: 'refresh_token', client_id: client.client_id },
    { headers: { dpop } },
  );
  expect([answer.status, answer.body.error]).toEqual([400, 'use_dpop_nonce']);
  return answer.headers.get('dpop-nonce') as string;
}

const ath = (token: string) => createHash('sha256').update(token).digest('base64url');

let client: MadeClient;
let who: Visitor;

beforeAll(async () => {
  await createRealm(REALM);
  client = await createClient({ scopes: ['openid', 'email', 'offline_access'] });
  who = await visitor();
});

/** Headers with a proof for the token endpoint. */
const forToken = async (by: Holder, claims: Record<string, unknown> = {}) => ({
  dpop: await by.proof({ htm: 'POST', htu: TOKEN, nonce: await nonceNow(), ...claims }),
});

const SCOPE = { scope: 'openid email offline_access' };

/** Redeems a code with a proof. */
async function redeemBy(by: Holder, one = client, more: Record<string, string | null> = {}) {
  const { code, verifier, redirectUri } = await codeOf(one, who, { ...SCOPE, ...more });
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri };
  const isPublic = one.token_endpoint_auth_method === 'none';
  const headers = { ...(await forToken(by)), ...(!isPublic && basic(one)) };
  return post('token', { ...form, ...(isPublic && { client_id: one.client_id }) }, { headers });
}

const renew = async (refresh_token: string, headers: Record<string, string>, one = client) =>
  post('token', { grant_type: 'refresh_token', refresh_token, client_id: one.client_id }, { headers });

/** Asks userinfo, or whatever, with a bound token. */
async function askBy(
  by: Holder,
  token: string,
  more: {
    claims?: Record<string, unknown>;
    header?: Record<string, unknown>;
    path?: string;
    method?: string;
  } = {},
) {
  const { claims, header, path = '/oauth2/userinfo', method = 'GET' } = more;
  const whole = { htm: method, htu: ORIGIN + path, ath: ath(token), nonce: await nonceNow(), ...claims };
  const dpop = await by.proof(whole, header);
  return call(method, path, { headers: { authorization: `DPoP ${token}`, dpop } });
}

describe('a library of somebody else’s', () => {
  const address = freshAddress();
  const network = (url: string, init: object): Promise<Response> => {
    const request = new Request(url, init as RequestInit);
    request.headers.set('cf-connecting-ip', address);
    return exports.default.fetch(request);
  };

  it('oauth4webapi gets and uses tokens that are bound to its key', async () => {
    const url = new URL(ORIGIN);
    const options = { [oauth.customFetch]: network };
    const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options));
    const party: oauth.Client = { client_id: client.client_id };
    const DPoP = oauth.DPoP(party, await oauth.generateKeyPair('ES256'));
    const proving = { ...options, DPoP };
    const verifier = oauth.generateRandomCodeVerifier();
    const challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const search = asking(client, challenge, {
      ...SCOPE,
      state: 's',
      dpop_jkt: await DPoP.calculateThumbprint(),
    });
    const back = new URL((await decide(search, who)).headers.get('location') as string);
    const parameters = oauth.validateAuthResponse(server, party, back, 's');
    // The first proof has no nonce yet, and may be told so before the code is looked at.
    const attempt = async () =>
      oauth.processAuthorizationCodeResponse(
        server,
        party,
        await oauth.authorizationCodeGrantRequest(
          server,
          party,
          oauth.None(),
          parameters,
          CALLBACK,
          verifier,
          proving,
        ),
      );
    const tokens = await attempt().catch((error) => {
      expect(oauth.isDPoPNonceError(error)).toBe(true);
      return attempt();
    });
    expect(tokens.token_type).toBe('dpop');
    const info = await oauth.userInfoRequest(server, party, tokens.access_token, proving);
    expect(await oauth.processUserInfoResponse(server, party, who.user.user.id, info)).toMatchObject({
      email: who.user.user.email,
    });
    const renewed = await oauth.refreshTokenGrantRequest(
      server,
      party,
      oauth.None(),
      tokens.refresh_token as string,
      proving,
    );
    const again = await oauth.processRefreshTokenResponse(server, party, renewed);
    const request = new Request('https://api.example.com/', {
      headers: { authorization: `DPoP ${again.access_token}` },
    });
    request.headers.set(
      'dpop',
      (await new Promise<string>((done) => {
        const seen = async (_: string, init: any) => {
          done(new Headers(init.headers).get('dpop') as string);
          return new Response();
        };
        void oauth.protectedResourceRequest(
          again.access_token,
          'GET',
          new URL(request.url),
          undefined,
          null,
          {
            DPoP,
            [oauth.customFetch]: seen,
          },
        );
      })) as string,
    );
    expect(await oauth.validateJwtAccessToken(server, request, USERINFO, options)).toMatchObject({
      cnf: { jkt: await DPoP.calculateThumbprint() },
    });
  });

  it('openid-client does so for pushed requests, for itself, and by exchange', async () => {
    const confidential = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      dpop_bound_access_tokens: true,
      grant_types: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ],
      first_party: true,
      scopes: ['openid', 'email', 'read'],
    });
    const config = await openid.discovery(
      new URL(ORIGIN),
      confidential.client_id,
      undefined,
      openid.ClientSecretBasic(confidential.client_secret),
      { [openid.customFetch]: network as openid.CustomFetch },
    );
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const url = await openid.buildAuthorizationUrlWithPAR(
      config,
      {
        redirect_uri: CALLBACK,
        scope: 'openid email',
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      },
      { DPoP },
    );
    const back = await authorize(url.searchParams, who);
    const current = new URL(back.headers.get('location') as string);
    const tokens = await openid.authorizationCodeGrant(config, current, { pkceCodeVerifier }, undefined, {
      DPoP,
    });
    expect(tokens.token_type).toBe('dpop');
    expect(await openid.fetchUserInfo(config, tokens.access_token, who.user.user.id, { DPoP })).toMatchObject(
      {
        email: who.user.user.email,
      },
    );
    const itself = await openid.clientCredentialsGrant(config, {}, { DPoP });
    const introspected = await openid.tokenIntrospection(config, itself.access_token);
    expect(introspected).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: claimsOf(itself.access_token).cnf,
    });
    const exchanged = await openid.genericGrantRequest(
      config,
      'urn:ietf:params:oauth:grant-type:token-exchange',
      {
        subject_token: tokens.access_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        scope: 'openid',
      },
      { DPoP },
    );
    expect(exchanged.token_type).toBe('dpop');
    expect(
      await openid.fetchUserInfo(config, exchanged.access_token, who.user.user.id, { DPoP }),
    ).toHaveProperty('sub');
    await expect(openid.clientCredentialsGrant(config)).rejects.toMatchObject({
      error: 'invalid_dpop_proof',
    });
  });
});

describe('a proof at the token endpoint', () => {
  it('binds what it gives to its key', async () => {
    const by = await holder();
    const { status, body } = await redeemBy(by);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.token_type).toBe('DPoP');
    expect(claimsOf(body.access_token).cnf).toEqual({ jkt: by.key });
    const { headers } = await createApiKey(['usage:write']);
    expect((await post('introspect', { token: body.access_token }, { headers })).body).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: by.key },
    });
  });

  it.each(['ES256', 'PS256', 'RS256', 'EdDSA'])('may be by %s', async (alg) => {
    expect((await redeemBy(await holder(alg))).body.token_type).toBe('DPoP');
  });

  it('is good once', async () => {
    const by = await holder();
    const machine = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      redirect_uris: [],
    });
    const headers = { ...(await forToken(by)), ...basic(machine) };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post('token', { grant_type: 'client_credentials' }, { headers })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400]);
    const refused = answers.find(({ status }) => status === 400);
    expect(refused?.body.error).toBe('invalid_dpop_proof');
    // After all that a nonce is taken, it says so itself.
    advance(5 * 60_000);
    const late = await post('token', { grant_type: 'client_credentials' }, { headers });
    expect(late.body.error).toBe('use_dpop_nonce');
  });

  it('of a shape that is not right changes nothing', async () => {
    const by = await holder();
    const other = await holder();
    const nonce = await nonceNow();
    const right = { htm: 'POST', htu: TOKEN, nonce };
    const { d: _, ...publicJwk } = by.jwk as Record<string, unknown>;
    const privateJwk = await exportJWK(by.privateKey);
    const secret = new TextEncoder().encode('x'.repeat(32));
    const proofs: Record<string, string> = {
      nothing: '',
      nonsense: 'nonsense',
      'two of them': `${await by.proof(right)}, ${await by.proof(right)}`,
      'another method': await by.proof({ ...right, htm: 'GET' }),
      'a method in small letters': await by.proof({ ...right, htm: 'post' }),
      'another address': await by.proof({ ...right, htu: USERINFO }),
      'another host': await by.proof({ ...right, htu: 'https://evil.example/oauth2/token' }),
      'an address of another realm': await by.proof({
        ...right,
        htu: `${ORIGIN}/realms/${REALM}/oauth2/token`,
      }),
      'no address': await by.proof({ ...right, htu: undefined }),
      'an address that is none': await by.proof({ ...right, htu: 'token' }),
      'no jti': await by.proof({ ...right, jti: undefined }),
      'a jti that is no text': await by.proof({ ...right, jti: 7 }),
      'no iat': await by.proof({ ...right, iat: undefined }),
      'another type': await by.proof(right, { typ: 'JWT' }),
      'no key': await by.proof(right, { jwk: undefined }),
      'the private key': await by.proof(right, { jwk: privateJwk }),
      'the key of somebody else': await by.proof(right, { jwk: other.jwk }),
      'a shared secret': await new SignJWT({ ...right, jti: 'x', iat: 1 })
        .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: publicJwk as any })
        .sign(secret),
      'no signature': `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk: publicJwk })).toString('base64url')}.${Buffer.from(JSON.stringify({ ...right, jti: 'x', iat: 1 })).toString('base64url')}.`,
      'that is over': await by.proof({ ...right, exp: 1 }),
      'that is long': await by.proof({ ...right, more: 'x'.repeat(5000) }),
    };
    const { code, verifier, redirectUri } = await codeOf(client, who, SCOPE);
    const form = {
      ...{ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri },
      client_id: client.client_id,
    };
    for (const [what, dpop] of Object.entries(proofs)) {
      const answer = await post('token', form, { headers: { dpop } });
      expect([answer.status, answer.body.error], what).toEqual([400, 'invalid_dpop_proof']);
    }
    for (const wrong of [undefined, 'x', 7, `${nonce}x`]) {
      const answer = await post('token', form, {
        headers: { dpop: await by.proof({ ...right, nonce: wrong }) },
      });
      expect([answer.status, answer.body.error], String(wrong)).toEqual([400, 'use_dpop_nonce']);
    }
    // A query in its address is no part of it.
    const dpop = await by.proof({ ...right, htu: `${TOKEN}?x#y` });
    expect((await post('token', form, { headers: { dpop } })).status).toBe(200);
  });

  it('is wanted of a client that is registered so', async () => {
    const bound = await createClient({ dpop_bound_access_tokens: true });
    const given = await codeOf(bound, who, SCOPE);
    expect((await redeem(bound, given)).body.error).toBe('invalid_dpop_proof');
    expect((await redeemBy(await holder(), bound)).body.token_type).toBe('DPoP');
  });
});

describe('a key that was said before', () => {
  it.each(['authorize', 'par', 'the proof at par'])('at %s has to be proved for the code', async (where) => {
    const [by, thief] = [await holder(), await holder()];
    const { verifier, challenge } = pkce();
    const said: Record<string, string> = where === 'the proof at par' ? {} : { dpop_jkt: by.key };
    let search = asking(client, challenge, { ...SCOPE, ...said });
    if (where !== 'authorize') {
      const htu = `${ORIGIN}/oauth2/par`;
      const dpop = await by.proof({ htm: 'POST', htu, nonce: await nonceNow() });
      const headers = where === 'par' ? {} : { dpop };
      const { body } = await post('par', [...search] as [string, string][], {
        headers: headers as Record<string, string>,
      });
      search = new URLSearchParams({ client_id: client.client_id, request_uri: body.request_uri });
    }
    const form = async () => {
      const { code = '' } = backIn(await decide(search, who));
      return {
        ...{ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK },
        client_id: client.client_id,
      };
    };
    expect((await post('token', await form())).body.error).toBe('invalid_grant');
    expect((await post('token', await form(), { headers: await forToken(thief) })).body.error).toBe(
      'invalid_grant',
    );
    expect((await post('token', await form(), { headers: await forToken(by) })).body.token_type).toBe('DPoP');
  });

  it('is that of the proof at par, or refused', async () => {
    const [by, other] = [await holder(), await holder()];
    const dpop = await by.proof({ htm: 'POST', htu: `${ORIGIN}/oauth2/par`, nonce: await nonceNow() });
    const fields = [...asking(client, pkce().challenge, { ...SCOPE, dpop_jkt: other.key })] as [
      string,
      string,
    ][];
    const answer = await post('par', fields, { headers: { dpop } });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_dpop_proof']);
  });
});

describe('a refresh token', () => {
  it('of a public client is bound to its key', async () => {
    const [by, thief] = [await holder(), await holder()];
    const { body } = await redeemBy(by);
    expect((await renew(body.refresh_token, {})).body.error).toBe('invalid_grant');
    expect((await renew(body.refresh_token, await forToken(thief))).body.error).toBe('invalid_grant');
    const renewed = await renew(body.refresh_token, await forToken(by));
    expect(renewed.status).toBe(200);
    expect(claimsOf(renewed.body.access_token).cnf).toEqual({ jkt: by.key });
  });

  it('of a confidential client is bound to that', async () => {
    const [by, next] = [await holder(), await holder()];
    const confidential = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      first_party: true,
    });
    const { body } = await redeemBy(by, confidential);
    const headers = { ...(await forToken(next)), ...basic(confidential) };
    const renewed = await renew(body.refresh_token, headers, confidential);
    expect(claimsOf(renewed.body.access_token).cnf).toEqual({ jkt: next.key });
  });

  it('that was got without a key is refreshed without one', async () => {
    const { body } = await redeem(client, await codeOf(client, who, SCOPE));
    expect(body.token_type).toBe('Bearer');
    expect((await renew(body.refresh_token, {})).body.token_type).toBe('Bearer');
  });
});

describe('a bound token', () => {
  let by: Holder;
  let token: string;
  beforeAll(async () => {
    by = await holder();
    token = (await redeemBy(by)).body.access_token;
  });

  it('is taken with a proof of its key, and says the next nonce', async () => {
    const answer = await askBy(by, token);
    expect(answer.body).toMatchObject({ sub: who.user.user.id });
    expect(answer.headers.get('dpop-nonce')).toBeTypeOf('string');
    expect((await askBy(by, token, { method: 'POST' })).status).toBe(200);
  });

  it('is nothing without it', async () => {
    const thief = await holder();
    expectProblem(await call('GET', '/oauth2/userinfo', { token }), 401, 'invalid_token');
    expectProblem(await askBy(thief, token), 401, 'invalid_dpop_proof');
    expectProblem(
      await call('GET', '/oauth2/userinfo', { headers: { authorization: `DPoP ${token}` } }),
      401,
      'invalid_dpop_proof',
    );
    const cases: [Record<string, unknown>, 'invalid_dpop_proof' | 'use_dpop_nonce'][] = [
      [{ ath: undefined }, 'invalid_dpop_proof'],
      [{ ath: ath('another') }, 'invalid_dpop_proof'],
      [{ htm: 'POST' }, 'invalid_dpop_proof'],
      [{ htu: `${ORIGIN}/v1/me` }, 'invalid_dpop_proof'],
      [{ nonce: undefined }, 'use_dpop_nonce'],
    ];
    for (const [claims, code] of cases) {
      const answer = await askBy(by, token, { claims });
      expectProblem(answer, 401, code);
      expect(answer.headers.get('www-authenticate')).toMatch(
        new RegExp(`^DPoP error="${code}", algs="ES256 `),
      );
      expect(answer.headers.get('dpop-nonce')).toBeTypeOf('string');
    }
  });

  it('is not taken by a proof that was used', async () => {
    const claims = { jti: 'once' };
    expect((await askBy(by, token, { claims })).status).toBe(200);
    expectProblem(await askBy(by, token, { claims }), 401, 'invalid_dpop_proof');
    // Another key may use the same name.
    const other = await holder();
    const { body } = await redeemBy(other);
    expect((await askBy(other, body.access_token, { claims })).status).toBe(200);
  });

  it('is none of a bearer, and the other way round', async () => {
    const { body } = await redeem(client, await codeOf(client, who, SCOPE));
    expectProblem(await askBy(by, body.access_token), 401, 'invalid_token');
    expectProblem(await askBy(by, who.user.access_token, { path: '/v1/me' }), 401, 'invalid_token');
  });

  it('is taken by Latchkey’s own API', async () => {
    const own = await createClient({ first_party: true, scopes: ['openid', 'account'] });
    const { access_token } = (await redeemBy(by, own, { scope: 'openid account' })).body;
    expect((await askBy(by, access_token, { path: '/v1/me' })).body).toMatchObject({ id: who.user.user.id });
    expectProblem(await call('GET', '/v1/me', { token: access_token }), 401, 'invalid_token');
  });

  it('is told to who asks whether it may, with its key', async () => {
    const scoped = await createClient({ scopes: ['images:write'] });
    const { body } = await redeemBy(by, scoped, { scope: 'images:write' });
    const asked = { token: body.access_token, scope: 'images:write' };
    const answer = await call('POST', '/v1/authorize', { headers: INTERNAL, body: asked });
    expect(answer.body).toMatchObject({ allowed: true, cnf: { jkt: by.key } });
  });

  it('ends with its session, and with its user', async () => {
    const user = await visitor();
    const mine = await holder();
    const { code, verifier, redirectUri } = await codeOf(client, user, SCOPE);
    const form = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
    };
    const { body } = await post(
      'token',
      { ...form, client_id: client.client_id },
      { headers: await forToken(mine) },
    );
    expect((await askBy(mine, body.access_token)).status).toBe(200);
    await changeDirectory(user.user.user.id, { status: 'suspended' });
    expectProblem(await askBy(mine, body.access_token), 403, 'account_suspended');
    await changeDirectory(user.user.user.id, { status: 'active' });
    await post('revoke', { token: body.access_token, client_id: client.client_id });
    expectProblem(await askBy(mine, body.access_token), 401, 'session_ended');
  });

  it('may come from a page of any site', async () => {
    const answer = await call('OPTIONS', '/oauth2/token', { headers: { origin: 'https://spa.example' } });
    expect(answer.headers.get('access-control-allow-headers')).toContain('DPoP');
    expect(answer.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce');
  });
});
