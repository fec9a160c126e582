import { env } from 'cloudflare:workers';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createServices } from '../../src/services.ts';
import { call, createRealm, expectProblem, ORIGIN, register } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const check = (token: string, realm?: string) => call('GET', '/v1/auth/session', { token, realm });
const jwks = async (realm?: string) =>
  (await call('GET', '/.well-known/jwks.json', { realm })).body.keys as any[];
const newServices = () => createServices(env as never);

/** Signs with the service's own current key whatever the test wants. */
async function forge(claims: JWTPayload, header: object = {}, realm = 'default'): Promise<string> {
  const { id, key } = await newServices().signingKeys.current(realm);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: id, ...header })
    .sign(key, { crit: { x: true } });
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

it('issues what RFC 9068 asks for', async () => {
  const user = await register();
  expect(decodeProtectedHeader(user.access_token)).toEqual({
    alg: 'ES256',
    typ: 'at+jwt',
    kid: (await jwks())[0].kid,
  });
  const claims = decodeJwt(user.access_token);
  expect(claims).toMatchObject({
    iss: ORIGIN,
    aud: ORIGIN,
    sub: user.user.id,
    sid: user.session_id,
    client_id: 'latchkey',
    role: 'user',
    plan: 'free',
    email_verified: false,
    jti: expect.stringMatching(/^jti_/),
  });
  expect((claims.exp as number) - (claims.iat as number)).toBe(600);
  expect(user.expires_in).toBe(600);
  expect(JSON.stringify(claims)).not.toContain(user.user.email);
});

it('takes lifetime and audience from the realm', async () => {
  await createRealm('brief', { access_token_seconds: 60, audience: 'https://api.example' });
  const user = await register({}, { realm: 'brief' });
  expect(user.expires_in).toBe(60);
  expect(decodeJwt(user.access_token)).toMatchObject({
    iss: `${ORIGIN}/realms/brief`,
    aud: 'https://api.example',
  });
  expect((await check(user.access_token, 'brief')).status).toBe(200);
});

describe('a forged token', () => {
  it('is refused whatever was changed', async () => {
    const user = await register();
    const claims = decodeJwt(user.access_token);
    const header = decodeProtectedHeader(user.access_token);
    const [head, body, signature] = user.access_token.split('.') as [string, string, string];
    const stranger = await generateKeyPair('ES256', { extractable: true });
    const publicJwk = (await jwks())[0];
    const pem = new TextEncoder().encode(JSON.stringify(publicJwk));
    const sign = (alg: string, key: CryptoKey | Uint8Array, extra: object = {}) =>
      new SignJWT(claims).setProtectedHeader({ ...header, alg, ...extra }).sign(key);
    const now = Math.floor(Date.now() / 1000);

    const forged: Record<string, string> = {
      'other claims under the old signature': `${head}.${base64url({ ...claims, role: 'owner' })}.${signature}`,
      'a signature cut short': `${head}.${body}.${signature.slice(0, -4)}`,
      'no signature': `${head}.${body}.`,
      'alg none': `${base64url({ ...header, alg: 'none' })}.${body}.`,
      'HS256 keyed with the public key': await sign('HS256', pem),
      'a key of somebody else under our kid': await sign('ES256', stranger.privateKey),
      'an unknown kid': await sign('ES256', stranger.privateKey, { kid: 'unknown' }),
      'no kid': await sign('ES256', stranger.privateKey, { kid: undefined }),
      'a key in the header': await sign('ES256', stranger.privateKey, {
        jwk: await exportJWK(stranger.publicKey),
      }),
      'a foreign issuer': await forge({ ...claims, iss: 'https://evil.example' }),
      'a foreign audience': await forge({ ...claims, aud: 'https://evil.example' }),
      'no issuer': await forge({ ...claims, iss: undefined }),
      'no expiry': await forge({ ...claims, exp: undefined }),
      'no subject': await forge({ ...claims, sub: undefined }),
      'no session': await forge({ ...claims, sid: undefined }),
      'a session that is no string': await forge({ ...claims, sid: 7 }),
      'not valid yet': await forge({ ...claims, nbf: now + 60 }),
      'another type of JWT': await forge(claims, { typ: 'JWT' }),
      'a critical header that we do not know': await forge(claims, { crit: ['x'], x: 1 }),
      'a refresh token': user.refresh_token,
      'five parts': `${user.access_token}.x.y`,
    };
    for (const [what, token] of Object.entries(forged)) {
      const answer = await check(token);
      expect(answer.status, what).toBe(401);
      expect(answer.body.code, what).toBe('invalid_token');
    }
    expectProblem(await check(await forge({ ...claims, exp: now })), 401, 'token_expired');
    expect((await check(await forge(claims))).status, 'the helper itself').toBe(200);
  });

  it('signed by one realm does not pass in another, whatever it claims', async () => {
    await createRealm('signer');
    const user = await register();
    const theirs = await register({}, { realm: 'signer' });
    expectProblem(await check(theirs.access_token), 401, 'invalid_token');
    expectProblem(await check(user.access_token, 'signer'), 401, 'invalid_token');
    expectProblem(await check(await forge(decodeJwt(user.access_token), {}, 'signer')), 401, 'invalid_token');
  });

  it('of a session that belongs to another user is refused', async () => {
    const [one, two] = [await register(), await register()];
    const mixed = await forge({ ...decodeJwt(one.access_token), sid: two.session_id });
    expectProblem(await check(mixed), 401, 'session_ended');
  });
});

describe('signing keys', () => {
  it('are made once, however many ask first', async () => {
    await createRealm('first-use');
    const made = await Promise.all(
      Array.from({ length: 20 }, () => newServices().signingKeys.current('first-use')),
    );
    expect(new Set(made.map((key) => key.id)).size).toBe(1);
    const rows = await env.DB.prepare("SELECT * FROM signing_keys WHERE realm_id = 'first-use'").all();
    expect(rows.results).toHaveLength(1);
    expect(await jwks('first-use')).toHaveLength(1);
  });

  it('show the public half only, and lie encrypted', async () => {
    const [key] = await jwks();
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    const row = await env.DB.prepare('SELECT private_jwe FROM signing_keys WHERE id = ?')
      .bind(key.kid)
      .first<any>();
    expect(row.private_jwe.split('.')).toHaveLength(5);
    expect(row.private_jwe).not.toContain('"d"');
  });

  it('rotate without a failed verification: published, then signing, then kept, then gone', async () => {
    await createRealm('turning');
    const options = { realm: 'turning' };
    const before = await register({}, options);
    const [first] = await jwks('turning');
    const { signingKeys } = newServices();

    advance(89 * DAY);
    await signingKeys.rotate(Date.now(), PLENTY);
    expect(await jwks('turning')).toHaveLength(1);

    advance(DAY);
    await signingKeys.rotate(Date.now(), PLENTY);
    await signingKeys.rotate(Date.now(), PLENTY);
    advance(10 * 60_000);
    const published = await jwks('turning');
    expect(published.map((key) => key.kid)).toEqual([first.kid, expect.any(String)]);
    const during = await register({}, options);
    expect(decodeProtectedHeader(during.access_token).kid).toBe(first.kid);

    advance(50 * 60_000);
    const after = await register({}, options);
    expect(decodeProtectedHeader(after.access_token).kid).toBe(published[1].kid);
    expect((await check(after.access_token, 'turning')).status).toBe(200);
    expectProblem(await check(before.access_token, 'turning'), 401, 'token_expired');
    const late = (
      await call('POST', '/v1/auth/refresh', { body: { refresh_token: during.refresh_token }, ...options })
    ).body;
    expect((await check(late.access_token, 'turning')).status).toBe(200);

    advance(HOUR);
    await signingKeys.rotate(Date.now(), PLENTY);
    expect(await jwks('turning'), 'still needed by tokens of its last hour').toHaveLength(2);
    advance(HOUR);
    await signingKeys.rotate(Date.now(), PLENTY);
    advance(10 * 60_000);
    expect((await jwks('turning')).map((key) => key.kid)).toEqual([published[1].kid]);
  });

  it('are replaced at once when AUTH_SECRET is another one, and the old ones still verify', async () => {
    await createRealm('re-keyed');
    const old = await newServices().signingKeys.current('re-keyed');
    const bindings = { ...env, AUTH_SECRET: 'another-secret-of-the-right-length-0123456789' };
    const { signingKeys } = createServices(bindings as never);
    const fresh = await signingKeys.current('re-keyed');
    expect(fresh.id).not.toBe(old.id);
    expect((await signingKeys.jwks('re-keyed')).keys.map((key) => key.kid)).toEqual([old.id, fresh.id]);
    expect((await signingKeys.current('re-keyed')).id).toBe(fresh.id);
  });
});

it('publishes metadata from which anyone can verify', async () => {
  const answer = await call('GET', '/.well-known/openid-configuration', { realm: 'turning' });
  expect(answer.body).toMatchObject({
    issuer: `${ORIGIN}/realms/turning`,
    jwks_uri: `${ORIGIN}/realms/turning/.well-known/jwks.json`,
  });
  expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
});
