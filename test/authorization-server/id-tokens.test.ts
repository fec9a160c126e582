import { env } from 'cloudflare:workers';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, createRealm, expectProblem, INTERNAL, login, ORIGIN, PASSWORD } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { addApp } from '../support/factors.ts';
import {
  asking,
  authorize,
  backIn,
  claimsOf,
  codeOf,
  connected,
  createClient,
  decide,
  type MadeClient,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { cookiesOf } from '../support/pages.ts';
import { open, type Visitor, visitor } from '../support/visitor.ts';

const { challenge } = pkce();
const HOUR = 3_600_000;
const keysOf = async (realm?: string) =>
  (await call('GET', '/.well-known/jwks.json', { realm })).body.keys as any[];
const verified = async (token: string, realm?: string) => {
  const issuer = realm ? `${ORIGIN}/realms/${realm}` : ORIGIN;
  return jwtVerify(token, createLocalJWKSet({ keys: await keysOf(realm) }), { issuer });
};

describe('RS256', () => {
  const REALM = 'rsa';
  let client: MadeClient;
  beforeAll(async () => {
    await createRealm(REALM);
    await createRealm('rsa-races');
    client = await createClient({ id_token_signed_response_alg: 'RS256' }, REALM);
  });

  it('is of the clients that want it, by keys that a realm has from then on', async () => {
    await createRealm('rsa-first');
    expect((await keysOf('rsa-first')).map(({ alg }) => alg)).toEqual(['ES256']);
    const { tokens } = await connected({ id_token_signed_response_alg: 'RS256' }, {}, 'rsa-first');
    expect(decodeProtectedHeader(tokens.id_token)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(decodeProtectedHeader(tokens.access_token).alg).toBe('ES256');
    const { payload } = await verified(tokens.id_token, 'rsa-first');
    expect(payload.at_hash).toBeTypeOf('string');
    const [, published] = await keysOf('rsa-first');
    expect(published).toEqual({
      kty: 'RSA',
      n: expect.any(String),
      e: 'AQAB',
      kid: expect.any(String),
      alg: 'RS256',
      use: 'sig',
    });
    // Those that do not want it go on as before.
    const other = await connected({}, {}, 'rsa-first');
    expect(decodeProtectedHeader(other.tokens.id_token).alg).toBe('ES256');
  });

  it('is taken for a hint, and for no access token', async () => {
    const who = await visitor({}, { realm: REALM });
    const { body } = await redeem(client, await codeOf(client, who, { scope: 'openid' }), {}, REALM);
    const again = asking(client, challenge, {
      scope: 'openid',
      prompt: 'none',
      id_token_hint: body.id_token,
    });
    expect(backIn(await authorize(again, who)).code).toBeTypeOf('string');
    const forged = again.get('id_token_hint')?.replace(/.{4}$/, 'AAAA') ?? '';
    again.set('id_token_hint', forged);
    expect(backIn(await authorize(again, who)).error).toBe('invalid_request');
    const userinfo = await call('GET', '/oauth2/userinfo', { token: body.id_token, realm: REALM });
    expectProblem(userinfo, 401, 'invalid_token');
  });

  it('has one key when many ask first, in many isolates', async () => {
    const isolates = Array.from({ length: 3 }, () => createServices(env as unknown as Bindings).signingKeys);
    const made = await Promise.all(isolates.map((keys) => keys.current('rsa-races', 'RS256')));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });

  it('is rotated as other keys are: published before it signs, and after', async () => {
    const { signingKeys } = createServices(env as unknown as Bindings);
    const first = await signingKeys.current(REALM, 'RS256');
    advance(91 * 24 * HOUR);
    await signingKeys.rotate(Date.now(), PLENTY);
    advance(6000);
    const ids = (keys: any[]) => keys.filter(({ alg }) => alg === 'RS256').map(({ kid }) => kid);
    const both = ids((await signingKeys.jwks(REALM)).keys);
    expect(both).toEqual([first.id, expect.any(String)]);
    expect((await signingKeys.current(REALM, 'RS256')).id).toBe(first.id);
    advance(HOUR);
    expect((await signingKeys.current(REALM, 'RS256')).id).toBe(both[1]);
    advance(2 * HOUR);
    await signingKeys.rotate(Date.now(), PLENTY);
    advance(6000);
    expect(ids((await signingKeys.jwks(REALM)).keys)).toEqual([both[1]]);
  });

  it('is listed with the keys of the realm, and rotated by hand', async () => {
    await createRealm('rsa-by-hand');
    await connected({ id_token_signed_response_alg: 'RS256' }, {}, 'rsa-by-hand');
    const options = { headers: INTERNAL, realm: 'rsa-by-hand' };
    const { body } = await call('GET', '/v1/admin/signing-keys', options);
    expect(body.data.map(({ alg }: any) => alg)).toEqual(['ES256', 'RS256']);
    const rotated = await call('POST', '/v1/admin/signing-keys/rotate', options);
    expect(rotated.body.data.map(({ alg }: any) => alg)).toEqual(['ES256', 'ES256', 'RS256', 'RS256']);
  });

  it('is said of a client, and changed', async () => {
    const { body } = await call('PATCH', `/v1/admin/clients/${client.client_id}`, {
      headers: INTERNAL,
      realm: REALM,
      body: { id_token_signed_response_alg: 'ES256' },
    });
    expect(body.id_token_signed_response_alg).toBe('ES256');
    const none = { name: 'x', redirect_uris: ['https://x.example/'], id_token_signed_response_alg: 'none' };
    expectProblem(
      await call('POST', '/v1/admin/clients', { headers: INTERNAL, body: none }),
      422,
      'validation_failed',
    );
  });
});

describe('claims', () => {
  let client: MadeClient;
  let who: Visitor;
  beforeAll(async () => {
    client = await createClient();
    who = await visitor({ name: 'Ada Lovelace' });
  });
  const tokenFor = async (claims: object, scope = 'openid email', more = {}) =>
    (await redeem(client, await codeOf(client, who, { scope, claims: JSON.stringify(claims), ...more })))
      .body;

  it('puts into the ID token what the scopes give, and no more', async () => {
    const { id_token } = await tokenFor({
      id_token: {
        email: null,
        email_verified: { essential: true },
        name: null,
        nonsense: null,
        phone_number: null,
      },
      userinfo: { name: { essential: true } },
    });
    const claims = claimsOf(id_token);
    expect(claims).toMatchObject({ email: who.user.user.email, email_verified: true });
    for (const name of ['name', 'nonsense', 'phone_number']) expect(claims).not.toHaveProperty(name);
  });

  it('overrides nothing that the ID token says anyway', async () => {
    const asked = Object.fromEntries(
      ['iss', 'aud', 'exp', 'sid', 'amr', '__proto__', 'role'].map((name) => [name, null]),
    );
    const claims = claimsOf(
      (await tokenFor({ id_token: { ...asked, sub: { value: who.user.user.id } } })).id_token,
    );
    expect(claims).toMatchObject({ sub: who.user.user.id, iss: ORIGIN, aud: client.client_id, amr: ['pwd'] });
    expect(claims).not.toHaveProperty('role');
  });

  it('does not come again by a refresh', async () => {
    const { refresh_token } = await tokenFor({ id_token: { email: null } }, 'openid email offline_access');
    const form = { grant_type: 'refresh_token', refresh_token, client_id: client.client_id };
    expect(claimsOf((await post('token', form)).body.id_token)).not.toHaveProperty('email');
  });

  it('means one user by sub', async () => {
    const own = await createClient({ first_party: true });
    const ask = (value: string) =>
      authorize(
        asking(own, challenge, { prompt: 'none', claims: JSON.stringify({ id_token: { sub: { value } } }) }),
        who,
      );
    expect(backIn(await ask(who.user.user.id)).code).toBeTypeOf('string');
    expect(backIn(await ask('usr_00000000000000000000000000')).error).toBe('login_required');
  });

  it.each([
    '{',
    '[]',
    '{}',
    'null',
    '"x"',
    '{"id_token":[]}',
    '{"id_token":{"email":1}}',
    '{"userinfo":null}',
  ])('that read %s are refused', async (claims) => {
    expect(backIn(await authorize(asking(client, challenge, { claims }), who)).error).toBe('invalid_request');
  });
});

describe('acr', () => {
  let own: MadeClient;
  beforeAll(async () => {
    own = await createClient({ first_party: true });
  });
  const essential = (acr: object) => JSON.stringify({ id_token: { acr: { essential: true, ...acr } } });
  const ask = (more: Record<string, string>, who: Partial<Visitor>) =>
    authorize(asking(own, challenge, { scope: 'openid', ...more }), who);

  it('that the session has asks for nothing more', async () => {
    const who = await visitor();
    for (const more of [
      { acr_values: 'aal1' },
      { acr_values: 'aal2 aal1' },
      { acr_values: 'urn:unknown' },
      { claims: essential({ values: ['aal1'] }) },
      { claims: essential({}).replace('true', 'false') },
    ] as Record<string, string>[]) {
      expect(backIn(await ask(more, who)).code, JSON.stringify(more)).toBeTypeOf('string');
    }
  });

  it('that no session can have is told to the client', async () => {
    const who = await visitor();
    for (const acr of [{ value: 'gold' }, { values: ['gold', 'platinum'] }, { value: 7 }]) {
      expect(backIn(await ask({ claims: essential(acr) }, who)).error).toBe(
        'unmet_authentication_requirements',
      );
    }
  });

  it.each([
    { acr_values: 'aal2' },
    { claims: essential({ value: 'aal2' }) },
    { claims: essential({ values: ['aal2'] }) },
  ] as Record<string, string>[])('%j leads to a second factor', async (more) => {
    const who = await visitor();
    const enrol = await ask(more, who);
    expect(enrol.status).toBe(303);
    expect(enrol.headers.get('location')).toMatch(/^\/account\/two-step\?redirect_to=%2Foauth2%2Fauthorize/);
    expect(backIn(await ask({ ...more, prompt: 'none' }, who)).error).toBe('interaction_required');
    // One that has it now has shown it.
    await addApp(who.user.access_token);
    const again = await ask(more, who);
    expect(again.headers.get('location')).toMatch(/^\/login\?.*prompt=login/);
    expect(backIn(await ask({ ...more, prompt: 'none' }, who)).error).toBe('login_required');
  });

  it('is not what a password gives where the realm asks for no second factor', async () => {
    await createRealm('acr-off', { mfa: 'off' });
    const there = await createClient({ first_party: true }, 'acr-off');
    const who = await visitor({}, { realm: 'acr-off' });
    const search = asking(there, challenge, { scope: 'openid', acr_values: 'aal2' });
    expect(backIn(await authorize(search, who)).error).toBe('unmet_authentication_requirements');
  });

  it('is told to the client when a new sign-in does not give it either', async () => {
    await createRealm('acr-passkey', { mfa: 'off' });
    const there = await createClient({ first_party: true }, 'acr-passkey');
    const who = await visitor({}, { realm: 'acr-passkey' });
    // As if they had a passkey, and signed in by the password all the same.
    await env.ACCOUNT.get(env.ACCOUNT.idFromName(who.user.user.id)).directoryChanged(
      await directoryWithPasskey(who.user.user.id),
      { bookmark: null, keepSession: null, forgiveFailures: false, activity: null },
    );
    const search = asking(there, challenge, { scope: 'openid', acr_values: 'aal2' });
    const location = new URL((await authorize(search, who)).headers.get('location') as string, ORIGIN);
    expect(location.pathname).toBe('/realms/acr-passkey/login');
    advance(1000);
    const signedIn = await login(who.user.user.email, PASSWORD, {
      realm: 'acr-passkey',
      headers: { origin: ORIGIN },
      body: { session_cookie: true },
    });
    const back = location.searchParams.get('redirect_to') as string;
    const answer = await open(back, { cookie: cookiesOf(signedIn) }, { accept: 'text/html' });
    expect(backIn(answer).error).toBe('unmet_authentication_requirements');
  });

  it('asks nobody who could lend their name', async () => {
    const who = await visitor();
    const answer = await decide(asking(own, challenge, { acr_values: 'aal2' }), who);
    expect(answer.headers.get('location')).toMatch(/^\/account\/two-step\?redirect_to=/);
  });
});

async function directoryWithPasskey(userId: string): Promise<any> {
  const row = await env.DB.prepare(
    'UPDATE users SET passkey_count = 1, version = version + 1 WHERE id = ? RETURNING *',
  )
    .bind(userId)
    .first<any>();
  return {
    ...{
      userId,
      realmId: row.realm_id,
      role: row.role,
      plan: row.plan,
      planExpiresAt: null,
      customLimits: {},
    },
    ...{ status: row.status, emailVerified: true, username: row.username, factors: { totp: 0, passkeys: 1 } },
    ...{ version: row.version, credentialVersion: row.credential_version },
  };
}
