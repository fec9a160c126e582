import { env } from 'cloudflare:workers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { changeDirectory, INTERNAL, ORIGIN, PASSWORD } from '../support/api.ts';
import { countingApp } from '../support/counting.ts';
import { basic, codeOf, createClient, pkce } from '../support/oauth-client.ts';
import { withPasskey } from '../support/passkeys.ts';
import { visitor } from '../support/visitor.ts';

const { request, take } = countingApp();
const APP = 'com.example.app:/callback';

beforeAll(async () => {
  await env.DB.prepare('UPDATE realms SET redirect_targets = ?')
    .bind(JSON.stringify([APP]))
    .run();
});

async function json(path: string, method: string, body?: unknown, token?: string) {
  const response = await request(path, {
    method,
    headers: {
      'content-type': 'application/json',
      'cf-connecting-ip': '10.9.9.9',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  expect(response.status).toBeLessThan(300);
  return response.status === 204 ? null : ((await response.json()) as any);
}

// These numbers are the product's speed: they are exact, and a change that raises one has to say why.
it('leaves the isolate no more often than it must', async () => {
  const credentials = { email: 'hops@example.com', password: PASSWORD };
  // Warm: the realm and the keys are read and kept.
  await json('/.well-known/jwks.json', 'GET');
  take();

  const user = await json('/v1/auth/register', 'POST', credentials);
  expect(take(), 'register').toEqual({ d1Reads: 0, d1Writes: 1, account: 2, rateLimiter: 3 });

  const tokens = await json('/v1/auth/login', 'POST', { identifier: credentials.email, password: PASSWORD });
  expect(take(), 'login').toEqual({ d1Reads: 1, d1Writes: 0, account: 1, rateLimiter: 1 });

  await json('/v1/auth/session', 'GET', undefined, tokens.access_token);
  expect(take(), 'session').toEqual({ d1Reads: 0, d1Writes: 0, account: 1, rateLimiter: 0 });

  await json('/v1/auth/refresh', 'POST', { refresh_token: tokens.refresh_token });
  expect(take(), 'refresh').toEqual({ d1Reads: 0, d1Writes: 0, account: 1, rateLimiter: 0 });

  await json('/v1/me', 'GET', undefined, tokens.access_token);
  expect(take(), 'me').toEqual({ d1Reads: 1, d1Writes: 0, account: 1, rateLimiter: 0 });

  await json('/v1/me/sessions', 'GET', undefined, tokens.access_token);
  expect(take(), 'list of sessions').toEqual({ d1Reads: 0, d1Writes: 0, account: 2, rateLimiter: 0 });

  await changeDirectory(user.user.id, { email_verified: 1 });
  await json('/v1/me', 'PATCH', { name: 'Ada' }, tokens.access_token);
  expect(take(), 'change of profile').toEqual({ d1Reads: 0, d1Writes: 1, account: 2, rateLimiter: 0 });

  await json('/v1/me', 'PATCH', { username: 'hops' }, tokens.access_token);
  expect(take(), 'change of the username').toEqual({ d1Reads: 0, d1Writes: 1, account: 3, rateLimiter: 0 });

  await json('/v1/auth/renew', 'POST', { access_token: user.access_token });
  expect(take(), 'renewal').toEqual({ d1Reads: 0, d1Writes: 0, account: 1, rateLimiter: 0 });

  await json('/v1/auth/logout', 'POST', undefined, tokens.access_token);
  expect(take(), 'logout').toEqual({ d1Reads: 0, d1Writes: 0, account: 2, rateLimiter: 0 });
});

it('signs in by a passkey with one read and one call', async () => {
  const { authenticator } = await withPasskey();
  await json('/.well-known/jwks.json', 'GET');
  take();

  const { flow, public_key } = await json('/v1/auth/passkeys/options', 'POST', {});
  expect(take(), 'options').toEqual({ d1Reads: 0, d1Writes: 0, account: 0, rateLimiter: 0 });

  await json('/v1/auth/passkeys/verify', 'POST', { flow, credential: await authenticator.get(public_key) });
  expect(take(), 'verify').toEqual({ d1Reads: 1, d1Writes: 0, account: 1, rateLimiter: 1 });
});

it('takes the same steps for an identifier that nobody has as for a wrong password', async () => {
  await json('/v1/auth/register', 'POST', { email: 'steps@example.com', password: PASSWORD });
  take();
  const attempt = async (identifier: string) => {
    const body = JSON.stringify({ identifier, password: 'not the right one' });
    const headers = { 'content-type': 'application/json' };
    const response = await request('/v1/auth/login', { method: 'POST', headers, body });
    expect(response.status).toBe(401);
    return take();
  };
  const known = await attempt('steps@example.com');
  expect(known).toEqual({ d1Reads: 2, d1Writes: 0, account: 1, rateLimiter: 1 });
  for (const nobody of ['nobody@example.com', 'nobody', '+4915112345678']) {
    expect(await attempt(nobody), nobody).toEqual(known);
  }
});

it('authorizes, meters and charges by one call to one object, and no D1 query', async () => {
  const credentials = { email: 'meter@example.com', password: PASSWORD };
  const { user, access_token } = await json('/v1/auth/register', 'POST', credentials);
  const service = async (path: string, body?: object) => {
    const headers = { 'content-type': 'application/json', ...INTERNAL };
    const method = body ? 'POST' : 'GET';
    const response = await request(path, { method, headers, body: body && JSON.stringify(body) });
    expect(response.status, path).toBe(200);
  };
  const user_id = user.id;
  await service('/v1/credits/add', { user_id, amount: 100, reference: 'start' });
  // Warm: the realm's plans are read and kept.
  take();
  const once = { d1Reads: 0, d1Writes: 0, account: 1, rateLimiter: 0 };
  const whole = { token: access_token, resource: 'images', quantity: 1, credits: 1, reference: 'job' };
  for (const [path, body] of [
    ['/v1/authorize', whole],
    ['/v1/authorize', whole],
    ['/v1/authorize', { token: access_token }],
    ['/v1/usage', { user_id, resource: 'images' }],
    ['/v1/usage/reservations', { user_id, resource: 'images', reference: 'r' }],
    ['/v1/usage/reservations/r/commit', { user_id }],
    ['/v1/credits/use', { user_id, amount: 1, reference: 'use' }],
    ['/v1/credits/refund', { user_id, refund_of: 'use', reference: 'back' }],
    [`/v1/credits/balance?user_id=${user_id}`],
    [`/v1/credits/transactions?user_id=${user_id}`],
    [`/v1/users/${user_id}/quota`],
  ] as [string, object?][]) {
    await service(path, body);
    expect(take(), path).toEqual(once);
  }
  // The strict check of the user's own token is another call.
  for (const path of ['/v1/me/quota', '/v1/me/credits']) {
    await json(path, 'GET', undefined, access_token);
    expect(take(), path).toEqual({ ...once, account: 2 });
  }
  // What is paid for it is the directory's to know.
  await json('/v1/me/subscription', 'GET', undefined, access_token);
  expect(take()).toEqual({ ...once, account: 2, d1Reads: 1 });
});

it('gives clients tokens by one call and no query, with proofs by one more', async () => {
  const machine = await createClient({
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
  });
  const who = await visitor();
  const form = async (path: string, fields: Record<string, string>) => {
    const response = await request(`/oauth2/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'cf-connecting-ip': '10.9.9.8',
        ...basic(machine),
      },
      body: new URLSearchParams(fields).toString(),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as any;
  };
  // Warm: the client is read and kept.
  await form('token', { grant_type: 'client_credentials' });
  take();

  await form('token', { grant_type: 'client_credentials' });
  expect(take(), 'client credentials').toEqual({ d1Reads: 0, d1Writes: 0, account: 0, rateLimiter: 0 });

  const { code, verifier, redirectUri } = await codeOf(machine, who);
  take();
  const proof = { code, code_verifier: verifier, redirect_uri: redirectUri };
  const tokens = await form('token', { grant_type: 'authorization_code', ...proof });
  expect(take(), 'code').toEqual({ d1Reads: 0, d1Writes: 0, account: 1, rateLimiter: 0 });

  await form('token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  expect(take(), 'refresh').toEqual({ d1Reads: 0, d1Writes: 0, account: 1, rateLimiter: 0 });

  await form('introspect', { token: tokens.access_token });
  expect(take(), 'introspection').toEqual({ d1Reads: 0, d1Writes: 0, account: 1, rateLimiter: 0 });

  const type = 'urn:ietf:params:oauth:token-type:access_token';
  const grant = 'urn:ietf:params:oauth:grant-type:token-exchange';
  await form('token', { grant_type: grant, subject_token: tokens.access_token, subject_token_type: type });
  expect(take(), 'exchange').toEqual({ d1Reads: 0, d1Writes: 0, account: 1, rateLimiter: 0 });

  // What the ID token shall say besides is the directory's to know.
  const claims = JSON.stringify({ id_token: { email: null } });
  const asked = await codeOf(machine, who, { claims });
  take();
  const redemption = { code: asked.code, code_verifier: asked.verifier, redirect_uri: asked.redirectUri };
  await form('token', { grant_type: 'authorization_code', ...redemption });
  expect(take(), 'code with claims').toEqual({ d1Reads: 1, d1Writes: 0, account: 1, rateLimiter: 0 });

  const key = await generateKeyPair('ES256');
  const proofOf = async (nonce: string | null) =>
    new SignJWT({
      jti: crypto.randomUUID(),
      htm: 'POST',
      htu: `${ORIGIN}/oauth2/token`,
      ...(nonce && { nonce }),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(key.publicKey) })
      .setIssuedAt()
      .sign(key.privateKey);
  const prove = async (nonce: string | null) =>
    request('/oauth2/token', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'cf-connecting-ip': '10.9.9.8',
        dpop: await proofOf(nonce),
        ...basic(machine),
      },
      body: 'grant_type=client_credentials',
    });
  const refused = await prove(null);
  expect(take(), 'a proof without a nonce').toEqual({ d1Reads: 0, d1Writes: 0, account: 0, rateLimiter: 0 });
  expect((await prove(refused.headers.get('dpop-nonce'))).status).toBe(200);
  expect(take(), 'a proof').toEqual({ d1Reads: 0, d1Writes: 0, account: 0, rateLimiter: 1 });
});

it('gives the apps of the product a code and its tokens by one call each', async () => {
  const redirectTo = 'com.example.app:/callback';
  await env.DB.prepare('UPDATE realms SET redirect_targets = ?')
    .bind(JSON.stringify([redirectTo]))
    .run();
  const { cookie } = await visitor();
  const { verifier, challenge } = pkce();
  const app = { redirect_to: APP, code_challenge: challenge, code_challenge_method: 'S256' };
  const page = async () => {
    const headers = { cookie, origin: ORIGIN, 'content-type': 'application/x-www-form-urlencoded' };
    const path = `/login?${new URLSearchParams(app)}`;
    const answer = await request(path, { method: 'POST', headers, body: 'proceed=1' });
    return answer.headers.get('location') ?? '';
  };
  await page();
  take();

  const code = new URL(await page()).searchParams.get('code');
  // Who is signed in, and their row; then the code.
  expect(take(), 'code').toEqual({ d1Reads: 1, d1Writes: 0, account: 2, rateLimiter: 1 });

  const body = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_to: APP };
  await json('/v1/oauth/token', 'POST', body);
  expect(take(), 'tokens').toEqual({ d1Reads: 1, d1Writes: 0, account: 1, rateLimiter: 1 });
});
