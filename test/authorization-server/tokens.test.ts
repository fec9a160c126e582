import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  ORIGIN,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  basic,
  CALLBACK,
  claimsOf,
  codeOf,
  connected,
  createClient,
  type MadeClient,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { open, submit, visitor } from '../support/visitor.ts';

beforeAll(async () => {
  await createRealm('tokens-b');
});

const renew = (client: MadeClient, refresh_token: string, more: Record<string, string> = {}) =>
  post('token', { grant_type: 'refresh_token', refresh_token, client_id: client.client_id, ...more });
const userinfo = (token: string, method = 'GET') => call(method, '/oauth2/userinfo', { token });
const isAlive = async (token: string) => (await userinfo(token)).status === 200;

describe('a code', () => {
  it('gives tokens for the user', async () => {
    const { client, who, tokens } = await connected();
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'openid profile email offline_access',
      refresh_token: expect.stringMatching(/^lkr\./),
      id_token: expect.any(String),
    });
    const access = claimsOf(tokens.access_token);
    expect(access).toMatchObject({
      iss: ORIGIN,
      sub: who.user.user.id,
      aud: `${ORIGIN}/oauth2/userinfo`,
      client_id: client.client_id,
      scope: tokens.scope,
      sid: expect.any(String),
    });
    for (const name of ['role', 'plan', 'email_verified', 'email']) expect(access).not.toHaveProperty(name);
    expect(JSON.parse(Buffer.from(tokens.access_token.split('.')[0], 'base64url').toString()).typ).toBe(
      'at+jwt',
    );
    const id = claimsOf(tokens.id_token);
    const half = createHash('sha256')
      .update(tokens.access_token)
      .digest()
      .subarray(0, 16)
      .toString('base64url');
    expect(id).toMatchObject({
      sub: access.sub,
      aud: client.client_id,
      at_hash: half,
      amr: ['pwd'],
      acr: 'aal1',
    });
    expect(id.auth_time).toBe(access.auth_time);
    expect(id).not.toHaveProperty('email');
  });

  it('gives a refresh token to who asked for it only', async () => {
    expect((await connected({}, { scope: 'openid' })).tokens).not.toHaveProperty('refresh_token');
    const without = await connected({ grant_types: ['authorization_code'] });
    expect(without.tokens).not.toHaveProperty('refresh_token');
    expect((await connected({ first_party: true }, { scope: 'openid' })).tokens).toHaveProperty(
      'refresh_token',
    );
    expect((await connected({}, { scope: 'email' })).tokens).not.toHaveProperty('id_token');
  });

  it('works once: presented again it ends what it gave', async () => {
    const client = await createClient();
    const who = await visitor();
    const code = await codeOf(client, who);
    const { body } = await redeem(client, code);
    expect(await isAlive(body.access_token)).toBe(true);
    expect((await redeem(client, code)).body).toMatchObject({ error: 'invalid_grant' });
    expect(await isAlive(body.access_token)).toBe(false);
    expect((await renew(client, body.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    const { body: log } = await call('GET', '/v1/me/activity', { token: who.user.access_token });
    expect(log.data.map((one: any) => one.type)).toContain('app_code_reused');
  });

  it('of many who present it at once serves one at most', async () => {
    const client = await createClient();
    const code = await codeOf(client, await visitor());
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(client, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it.each([
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['another address', { redirect_uri: `${CALLBACK}?x` }],
  ])('is spent by %s', async (_, more) => {
    const client = await createClient();
    const code = await codeOf(client, await visitor());
    expect((await redeem(client, code, more)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await redeem(client, code)).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('is for the client that asked, in its realm', async () => {
    const who = await visitor();
    const code = await codeOf(await createClient(), who);
    expect((await redeem(await createClient(), code)).body).toMatchObject({ error: 'invalid_grant' });
    const there = await createClient({}, 'tokens-b');
    const another = await codeOf(await createClient(), who);
    expect((await redeem(there, another, {}, 'tokens-b')).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('lives for a minute, and not longer than its user may come in', async () => {
    const client = await createClient();
    const who = await visitor();
    const old = await codeOf(client, who);
    advance(61_000);
    expect((await redeem(client, old)).body).toMatchObject({ error: 'invalid_grant' });
    const code = await codeOf(client, who);
    await changeDirectory(who.user.user.id, { status: 'suspended' });
    expect((await redeem(client, code)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

it('a code is over with the session that gave it', async () => {
  const client = await createClient();
  const who = await visitor();
  const code = await codeOf(client, who);
  const body = { all: true };
  expect((await call('POST', '/v1/auth/logout', { token: who.user.access_token, body })).status).toBe(204);
  expect((await redeem(client, code)).body).toMatchObject({ error: 'invalid_grant' });
});

describe('a refresh token', () => {
  it('gives the next, for the client that it was made for', async () => {
    const { client, tokens } = await connected();
    const { status, body } = await renew(client, tokens.refresh_token);
    expect(status).toBe(200);
    expect(body.refresh_token).not.toBe(tokens.refresh_token);
    expect(claimsOf(body.access_token)).toMatchObject({ client_id: client.client_id, scope: tokens.scope });
    expect(body).toHaveProperty('id_token');
    expect((await renew(await createClient(), body.refresh_token)).body).toMatchObject({
      error: 'invalid_grant',
    });
    expect((await renew(client, body.refresh_token)).status).toBe(200);
  });

  it('is found out when it is used twice', async () => {
    const { client, tokens } = await connected();
    const { body } = await renew(client, tokens.refresh_token);
    const last = (await renew(client, body.refresh_token)).body;
    advance(11 * 60_000);
    expect((await renew(client, tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await renew(client, last.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('can give less, never more', async () => {
    const { client, tokens } = await connected();
    const { body } = await renew(client, tokens.refresh_token, { scope: 'openid' });
    expect(body.scope).toBe('openid');
    expect((await userinfo(body.access_token)).body).not.toHaveProperty('email');
    expect((await renew(client, body.refresh_token, { scope: 'openid phone' })).body).toMatchObject({
      error: 'invalid_scope',
    });
    expect((await renew(client, body.refresh_token)).body.scope).toBe(tokens.scope);
  });

  it('is nothing to the product’s own sessions, nor theirs to clients', async () => {
    const { client, who, tokens } = await connected();
    const own = await call('POST', '/v1/auth/refresh', { body: { refresh_token: tokens.refresh_token } });
    expectProblem(own, 401, 'invalid_token');
    expect((await open('/account', { cookie: `__Host-latchkey=${tokens.refresh_token}` })).status).toBe(303);
    expect((await renew(client, who.user.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await renew(client, tokens.refresh_token)).status).toBe(200);
  });
});

describe('client authentication', () => {
  const ask = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    post('token', { grant_type: 'client_credentials', ...fields }, { headers });
  const machine = (fields = {}) =>
    createClient({
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      ...fields,
    });

  it('is by the method of the client, and by one', async () => {
    const client = await machine();
    const { client_id, client_secret } = client;
    expect((await ask({ client_id, client_secret })).status).toBe(200);
    const refused = await ask({}, basic(client));
    expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client']);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect((await ask({ client_id, client_secret }, basic(client))).body.error).toBe('invalid_request');
    expect((await ask({ client_id })).body.error).toBe('invalid_client');
    expect((await ask({ client_id, client_secret: 'wrong' })).body.error).toBe('invalid_client');
    expect((await ask({})).body.error).toBe('invalid_client');
    expect((await ask({}, { authorization: 'Basic !!!' })).body.error).toBe('invalid_client');
  });

  it('by a key is good once, for us, and for a short time', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] };
    const { client_id } = await machine({ token_endpoint_auth_method: 'private_key_jwt', jwks });
    const assertion = (claims: Record<string, unknown> = {}, key = privateKey) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        iss: client_id,
        sub: client_id,
        aud: ORIGIN,
        jti: crypto.randomUUID(),
        exp: now + 60,
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .sign(key);
    };
    const send = (client_assertion: string) =>
      ask({
        client_assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      });
    const good = await assertion();
    const both = await Promise.all([send(good), send(good)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await send(await assertion({ aud: `${ORIGIN}/oauth2/token` }))).status).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    for (const wrong of [
      { aud: 'https://elsewhere.example' },
      { iss: 'cli_other' },
      { exp: now - 1 },
      { exp: now + 3600 },
      { jti: undefined },
      { sub: [client_id] },
    ]) {
      expect((await send(await assertion(wrong))).body.error, JSON.stringify(wrong)).toBe('invalid_client');
    }
    const { privateKey: other } = await generateKeyPair('ES256');
    expect((await send(await assertion({}, other))).body.error).toBe('invalid_client');
  });

  it('gives a client tokens for itself, with nothing of users in them', async () => {
    const client = await machine({
      scopes: ['openid', 'images:write'],
      audiences: ['https://images.example'],
    });
    const { client_id, client_secret } = client;
    const { body } = await ask({ client_id, client_secret, resource: 'https://images.example' });
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'images:write',
    });
    expect(claimsOf(body.access_token)).toMatchObject({
      sub: client_id,
      client_id,
      aud: 'https://images.example',
    });
    expect((await ask({ client_id, client_secret, scope: 'openid' })).body.error).toBe('invalid_scope');
    expect((await ask({ client_id, client_secret, resource: 'https://x.example' })).body.error).toBe(
      'invalid_target',
    );
    const plain = (await ask({ client_id, client_secret })).body.access_token;
    expectProblem(await call('GET', '/v1/me', { token: plain }), 401, 'invalid_token');
    expectProblem(await userinfo(plain), 401, 'invalid_token');
  });
});

describe('a token request', () => {
  it.each([
    [[], 'invalid_request'],
    [[['grant_type', 'password']], 'unsupported_grant_type'],
    [[['grant_type', 'client_credentials']], 'unauthorized_client'],
    [[['grant_type', 'authorization_code']], 'invalid_request'],
    [[['grant_type', 'refresh_token']], 'invalid_request'],
    [
      [
        ['grant_type', 'refresh_token'],
        ['refresh_token', 'x'],
      ],
      'invalid_grant',
    ],
    [
      [
        ['grant_type', 'refresh_token'],
        ['grant_type', 'refresh_token'],
      ],
      'invalid_request',
    ],
  ] as [[string, string][], string][])('of %j is %s', async (fields, error) => {
    const { client_id } = await createClient();
    const answer = await post('token', [['client_id', client_id], ...fields]);
    expect([answer.status, answer.body.error]).toEqual([400, error]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body.error_description).toMatch(/^[\x20-\x7e]+$/);
  });

  it('is a form', async () => {
    const answer = await call('POST', '/oauth2/token', { body: { grant_type: 'refresh_token' } });
    expectProblem(answer, 415, 'unsupported_media_type');
    expect((await call('POST', '/oauth2/token')).body.error).toBe('invalid_request');
  });

  it('may come from a page of any site, which no cookie helps', async () => {
    const { client_id } = await createClient();
    const origin = 'https://spa.example';
    const answer = await post('token', { grant_type: 'refresh_token', client_id }, { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.body.error).toBe('invalid_request');
  });
});

describe('userinfo', () => {
  it('says what the scopes of the token give', async () => {
    const { tokens, who } = await connected();
    for (const method of ['GET', 'POST']) {
      expect((await userinfo(tokens.access_token, method)).body).toMatchObject({
        sub: who.user.user.id,
        email: who.user.user.email,
        email_verified: true,
        updated_at: expect.any(Number),
      });
    }
    const { tokens: plain } = await connected({}, { scope: 'openid' });
    expect(Object.keys((await userinfo(plain.access_token)).body)).toEqual(['sub']);
    const { tokens: none } = await connected({}, { scope: 'email' });
    expectProblem(await userinfo(none.access_token), 403, 'insufficient_scope');
    expect((await call('GET', '/oauth2/userinfo', { headers: { cookie: who.cookie } })).status).toBe(401);
  });
});

describe('introspection', () => {
  it('is strict, and tells a client of its own tokens', async () => {
    const server = await createClient({ token_endpoint_auth_method: 'client_secret_basic' });
    const { client, who, tokens } = await connected();
    const ask = async (token: string, headers: Record<string, string>) =>
      (await post('introspect', { token }, { headers })).body;
    const { headers } = await createApiKey(['usage:write']);
    expect(await ask(tokens.access_token, headers)).toMatchObject({
      active: true,
      sub: who.user.user.id,
      client_id: client.client_id,
      scope: tokens.scope,
      token_type: 'Bearer',
    });
    expect(await ask(tokens.refresh_token, headers)).toMatchObject({
      active: true,
      client_id: client.client_id,
    });
    expect(await ask(tokens.access_token, basic(server))).toEqual({ active: false });
    expect(await ask('nonsense', headers)).toEqual({ active: false });
    expect(await ask(tokens.id_token, headers)).toEqual({ active: false });
    expect((await post('introspect', { token: 'x', client_id: client.client_id })).status).toBe(401);
    expectProblem(
      await post('introspect', { token: 'x' }, { headers: (await createApiKey(['users:read'])).headers }),
      403,
      'insufficient_scope',
    );
    await changeDirectory(who.user.user.id, { status: 'suspended' });
    expect(await ask(tokens.access_token, headers)).toEqual({ active: false });
    expect(await ask(tokens.refresh_token, headers)).toEqual({ active: false });
  });

  it('tells a resource server of tokens for it', async () => {
    const resource = 'https://mcp.example/mcp';
    const server = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      audiences: [resource],
    });
    const { tokens } = await connected({ audiences: [resource] }, { resource });
    expect(claimsOf(tokens.access_token).aud).toBe(resource);
    expect(
      (await post('introspect', { token: tokens.access_token }, { headers: basic(server) })).body,
    ).toMatchObject({
      active: true,
      aud: resource,
    });
    // It is for nobody else: not for us either.
    expectProblem(await userinfo(tokens.access_token), 401, 'invalid_token');
  });
});

describe('revocation', () => {
  it.each(['access_token', 'refresh_token'])('of the %s ends the grant', async (name) => {
    const { client, tokens } = await connected();
    const other = await createClient();
    const revoke = (client_id: string) => post('revoke', { token: tokens[name], client_id });
    expect((await revoke(other.client_id)).status).toBe(200);
    expect(await isAlive(tokens.access_token)).toBe(true);
    expect((await revoke(client.client_id)).status).toBe(200);
    expect(await isAlive(tokens.access_token)).toBe(false);
    expect((await renew(client, tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('connected apps', () => {
  it('are listed with what they may, and disconnected at once', async () => {
    const { client, who, tokens } = await connected({ name: 'Album <b>Maker</b>' });
    const page = await open('/account/apps', who);
    expect(page.body).toContain('Album &lt;b&gt;Maker&lt;/b&gt;');
    expect(page.body).toContain('see your email address');
    expect((await open('/account/devices', who)).body).not.toContain('Album');
    const gone = await submit('/account/apps', { form: 'disconnect', app: client.client_id }, who);
    expect(gone.headers.get('location')).toBe('/account/apps?done=disconnected');
    expect(await isAlive(tokens.access_token)).toBe(false);
    expect((await renew(client, tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await open('/account/apps', who)).body).not.toContain('Album');
    const { body: log } = await call('GET', '/v1/me/activity', { token: who.user.access_token });
    expect(log.data.map((one: any) => one.type)).toEqual(
      expect.arrayContaining(['app_connected', 'app_authorized', 'app_disconnected']),
    );
  });

  it('are in what the user can take along', async () => {
    const { client, who, tokens } = await connected();
    const { body } = await call('GET', '/v1/me/export', { token: who.user.access_token });
    const scopes = tokens.scope.split(' ');
    expect(body.apps).toEqual([
      { client_id: client.client_id, organization_id: null, scopes, allowed_at: expect.any(String) },
    ]);
    expect(body.sessions).toContainEqual(
      expect.objectContaining({ client_id: client.client_id, scope: tokens.scope }),
    );
  });

  it('lose a code too that they have not redeemed', async () => {
    const client = await createClient();
    const who = await visitor();
    const code = await codeOf(client, who);
    await submit('/account/apps', { form: 'disconnect', app: client.client_id }, who);
    expect((await redeem(client, code)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('authorize', () => {
  const ask = async (body: Record<string, unknown>) =>
    (await call('POST', '/v1/authorize', { headers: INTERNAL, body })).body;

  it('takes the token of a client for any audience, where it has the scope', async () => {
    const resource = 'https://images.example';
    const { client, who, tokens } = await connected(
      { scopes: ['images:write'], audiences: [resource] },
      { scope: 'images:write', resource },
    );
    const token = tokens.access_token;
    expect(await ask({ token, scope: 'images:write', resource: 'images' })).toMatchObject({
      allowed: true,
      user_id: who.user.user.id,
      client_id: client.client_id,
      quota: { used: 1 },
    });
    expect(await ask({ token, scope: 'images:write', audience: resource })).toMatchObject({ allowed: true });
    const refused = { allowed: false, user_id: null, client_id: null };
    expect(await ask({ token })).toMatchObject({ ...refused, reason: 'insufficient_scope' });
    expect(await ask({ token, scope: 'images:read' })).toMatchObject({
      ...refused,
      reason: 'insufficient_scope',
    });
    const elsewhere = { token, scope: 'images:write', audience: 'https://x.example' };
    expect(await ask(elsewhere)).toMatchObject({ ...refused, reason: 'invalid_token' });
    await post('revoke', { token, client_id: client.client_id });
    expect(await ask({ token, scope: 'images:write' })).toMatchObject({
      ...refused,
      reason: 'session_ended',
    });
  });

  it('takes the user’s own, which may all', async () => {
    const { user } = await visitor();
    expect(await ask({ token: user.access_token, scope: 'images:write' })).toMatchObject({
      allowed: true,
      client_id: null,
    });
  });
});

describe('signing out for a client', () => {
  const REDIRECT = 'https://app.example.com/bye';
  const leave = (query: Record<string, string>, who: { cookie: string }) =>
    open(`/oauth2/logout?${new URLSearchParams(query)}`, who);

  it('is done at once for who has the user’s ID token, and leads to a registered address', async () => {
    const { client, who, tokens } = await connected({ post_logout_redirect_uris: [REDIRECT] });
    const answer = await leave(
      { id_token_hint: tokens.id_token, post_logout_redirect_uri: REDIRECT, state: 's' },
      who,
    );
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${REDIRECT}?state=s`]);
    expect((await open('/account', who)).status).toBe(303);
    for (const uri of ['https://evil.example/', `${REDIRECT}/`]) {
      const refused = await leave({ client_id: client.client_id, post_logout_redirect_uri: uri }, who);
      expect([refused.status, refused.headers.get('location')]).toEqual([400, null]);
    }
  });

  it('is asked about where a stranger could have sent the browser', async () => {
    const { client, who } = await connected({ post_logout_redirect_uris: [REDIRECT] });
    const query = { client_id: client.client_id, post_logout_redirect_uri: REDIRECT };
    expect((await leave(query, who)).status).toBe(200);
    expect((await open('/account', who)).status).toBe(200);
    const path = `/oauth2/logout?${new URLSearchParams(query)}`;
    const foreign = await submit(path, { sign_out: '1' }, who, { origin: 'https://app.example.com' });
    expect(foreign.headers.get('location')).toMatch(/^\/oauth2\/logout\?/);
    expect((await open('/account', who)).status).toBe(200);
    const left = await submit(path, { sign_out: '1' }, who);
    expect([left.status, left.headers.get('location')]).toEqual([303, REDIRECT]);
    expect((await open('/account', who)).status).toBe(303);
  });
});

describe('metadata', () => {
  it.each([
    ['/.well-known/openid-configuration', ORIGIN],
    ['/.well-known/oauth-authorization-server', ORIGIN],
    ['/realms/tokens-b/.well-known/openid-configuration', `${ORIGIN}/realms/tokens-b`],
    ['/.well-known/oauth-authorization-server/realms/tokens-b', `${ORIGIN}/realms/tokens-b`],
    ['/.well-known/openid-configuration/realms/tokens-b', `${ORIGIN}/realms/tokens-b`],
  ])('%s is that of %s', async (path, issuer) => {
    const { body, headers } = await call('GET', path, { headers: { origin: 'https://any.example' } });
    expect(body).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/oauth2/token`,
      response_types_supported: ['code'],
    });
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });
});
