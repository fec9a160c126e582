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
import { basic, claimsOf, connected, createClient, type MadeClient, post } from '../support/oauth-client.ts';
import { submit, visitor } from '../support/visitor.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const REALM = 'exchange-b';
const GATEWAY = 'https://gateway.example';
const STORE = 'https://store.example';

let gateway: MadeClient;
let store: MadeClient;

const confidential = (fields: Record<string, unknown>, realm?: string) =>
  createClient(
    {
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: [GRANT],
      redirect_uris: [],
      scopes: ['openid', 'images:read', 'images:write', 'images:delete'],
      ...fields,
    },
    realm,
  );

beforeAll(async () => {
  await createRealm(REALM);
  gateway = await confidential({ name: 'Gateway', audiences: [GATEWAY, STORE] });
  store = await confidential({ name: 'Store', audiences: [STORE] });
});

/** An app of a user whose token is for the gateway. */
const connectedApp = (scope = 'images:read images:write') =>
  connected(
    { scopes: ['openid', 'images:read', 'images:write'], audiences: [GATEWAY] },
    { scope, resource: GATEWAY },
  );

const exchange = (
  client: MadeClient,
  token: string,
  more: Record<string, string> | [string, string][] = {},
  realm?: string,
) =>
  post(
    'token',
    [
      ['grant_type', GRANT],
      ['subject_token', token],
      ['subject_token_type', ACCESS],
      ...(Array.isArray(more) ? more : Object.entries(more)),
    ],
    { headers: basic(client), realm },
  );

const decide = async (token: string, scope: string) =>
  (await call('POST', '/v1/authorize', { headers: INTERNAL, body: { token, scope } })).body;

describe('a token that a service was given', () => {
  it('is exchanged for less, for the next service, in the name of who acts', async () => {
    const { client, tokens, who } = await connectedApp();
    const { status, body } = await exchange(gateway, tokens.access_token, {
      scope: 'images:read',
      resource: STORE,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: ACCESS,
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'images:read',
    });
    const subject = claimsOf(tokens.access_token);
    const claims = claimsOf(body.access_token);
    expect(claims).toMatchObject({
      sub: who.user.user.id,
      client_id: gateway.client_id,
      act: { sub: gateway.client_id },
      aud: STORE,
      scope: 'images:read',
      sid: subject.sid,
      auth_time: subject.auth_time,
      amr: subject.amr,
    });
    expect(claims.exp).toBeLessThanOrEqual(subject.exp);
    expect(await decide(body.access_token, 'images:read')).toMatchObject({
      allowed: true,
      user_id: who.user.user.id,
      client_id: gateway.client_id,
      act: { sub: gateway.client_id },
    });
    const { headers } = await createApiKey(['usage:write']);
    for (const by of [headers, basic(store), basic(gateway)]) {
      expect((await post('introspect', { token: body.access_token }, { headers: by })).body).toMatchObject({
        active: true,
        act: { sub: gateway.client_id },
      });
    }
    // Passed on again, it says both.
    const next = await exchange(store, body.access_token);
    expect(claimsOf(next.body.access_token).act).toEqual({
      sub: store.client_id,
      act: { sub: gateway.client_id },
    });
    expect(await decide(tokens.access_token, 'images:read')).toMatchObject({
      client_id: client.client_id,
      act: null,
    });
  });

  it('never gives more than it has, nor than the client may', async () => {
    const { tokens } = await connectedApp('images:read');
    const { body } = await exchange(gateway, tokens.access_token);
    expect(body.scope).toBe('images:read');
    for (const scope of ['images:write', 'images:read images:delete', 'openid', 'nonsense']) {
      const wider = await exchange(gateway, tokens.access_token, { scope });
      expect([wider.status, wider.body.error], scope).toEqual([400, 'invalid_scope']);
      // Nor by another turn.
      const again = await exchange(gateway, body.access_token, { scope });
      expect(again.body.error, scope).toBe('invalid_scope');
    }
    for (const target of [{ resource: 'https://elsewhere.example' }, { audience: ORIGIN }] as Record<
      string,
      string
    >[]) {
      const wider = await exchange(gateway, tokens.access_token, target);
      expect([wider.status, wider.body.error]).toEqual([400, 'invalid_target']);
    }
    const narrow = await confidential({ audiences: [GATEWAY], scopes: ['images:write'] });
    expect((await exchange(narrow, tokens.access_token)).body.scope).toBe('');
    expectProblem(await call('GET', '/v1/me', { token: body.access_token }), 401, 'invalid_token');
  });

  it('can be for several, by both names', async () => {
    const { tokens } = await connectedApp();
    const { body } = await exchange(gateway, tokens.access_token, [
      ['resource', STORE],
      ['audience', GATEWAY],
    ]);
    expect(claimsOf(body.access_token).aud).toEqual([STORE, GATEWAY]);
  });

  it('lives no longer than what it came of', async () => {
    const { tokens } = await connectedApp();
    advance(500_000);
    const { body } = await exchange(gateway, tokens.access_token);
    expect(body.expires_in).toBeLessThanOrEqual(100);
    advance(100_000);
    expect((await exchange(gateway, tokens.access_token)).body.error).toBe('invalid_request');
    expect(await decide(body.access_token, 'images:read')).toMatchObject({ allowed: false });
  });

  it.each(['revoked', 'disconnected', 'suspended'])('is over when the app was %s', async (how) => {
    const { client, tokens, who } = await connectedApp();
    const { body } = await exchange(gateway, tokens.access_token);
    expect(await decide(body.access_token, 'images:read')).toMatchObject({ allowed: true });
    if (how === 'revoked') {
      await post('revoke', { token: tokens.access_token, client_id: client.client_id });
    } else if (how === 'disconnected') {
      await submit('/account/apps', { form: 'disconnect', app: client.client_id }, who);
    } else await changeDirectory(who.user.user.id, { status: 'suspended' });
    expect(await decide(body.access_token, 'images:read')).toMatchObject({ allowed: false });
    const { headers } = await createApiKey(['usage:write']);
    expect((await post('introspect', { token: body.access_token }, { headers })).body).toEqual({
      active: false,
    });
    for (const token of [tokens.access_token, body.access_token]) {
      const answer = await exchange(gateway, token);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
    }
  });

  it('is ended for nobody by who exchanged it', async () => {
    const { tokens } = await connectedApp();
    const { body } = await exchange(gateway, tokens.access_token);
    expect((await post('revoke', { token: body.access_token }, { headers: basic(gateway) })).status).toBe(
      200,
    );
    expect(await decide(tokens.access_token, 'images:read')).toMatchObject({ allowed: true });
  });
});

describe('the user’s own token', () => {
  it('is exchanged by a first-party client for what that may, and by no other', async () => {
    const { user } = await visitor();
    const own = await confidential({ first_party: true, scopes: ['openid', 'email', 'account:read'] });
    const { body } = await exchange(own, user.access_token, { scope: 'account:read', audience: ORIGIN });
    expect((await call('GET', '/v1/me', { token: body.access_token })).status).toBe(200);
    expectProblem(
      await call('PATCH', '/v1/me', { token: body.access_token, body: { name: 'Eve' } }),
      403,
      'insufficient_scope',
    );
    const info = await exchange(own, user.access_token, { scope: 'openid email' });
    expect((await call('GET', '/oauth2/userinfo', { token: info.body.access_token })).body).toMatchObject({
      sub: user.user.id,
      email: user.user.email,
    });
    expect((await exchange(gateway, user.access_token)).body.error).toBe('invalid_request');
  });

  it('with an admin in the user’s place is not passed on', async () => {
    const { user } = await visitor();
    const own = await confidential({ first_party: true });
    const acting = await call('POST', `/v1/admin/users/${user.user.id}/impersonate`, {
      headers: INTERNAL,
      body: { reason: 'support' },
    });
    expect(acting.body.access_token).toBeTypeOf('string');
    expect((await exchange(own, acting.body.access_token)).body.error).toBe('invalid_request');
  });
});

describe('what is wrong', () => {
  it('is refused with the words of the protocol', async () => {
    const { tokens } = await connectedApp();
    const { access_token, refresh_token } = (await connected({ audiences: [GATEWAY] }, { resource: GATEWAY }))
      .tokens;
    const itself = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      audiences: [GATEWAY],
    });
    const forItself = await post('token', { grant_type: 'client_credentials' }, { headers: basic(itself) });
    const cases: [string, Record<string, string>][] = [
      ['nonsense', {}],
      ['', {}],
      [refresh_token ?? 'x', {}],
      [tokens.id_token ?? 'x.y.z', {}],
      [`${access_token}x`, {}],
      [forItself.body.access_token, {}],
      [access_token, { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }],
      [access_token, { actor_token: access_token, actor_token_type: ACCESS }],
      [access_token, { subject_token: access_token }],
    ];
    for (const [token, more] of cases) {
      const answer = await exchange(gateway, token, more);
      expect([answer.status, answer.body.error], JSON.stringify([token, more])).toEqual([
        400,
        'invalid_request',
      ]);
    }
    const untyped = { grant_type: GRANT, subject_token: access_token };
    expect((await post('token', untyped, { headers: basic(gateway) })).body.error).toBe('invalid_request');
    const mistyped = { ...untyped, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' };
    expect((await post('token', mistyped, { headers: basic(gateway) })).body.error).toBe('invalid_request');
  });

  it('is a token that is for somebody else, or of another realm', async () => {
    const { tokens } = await connectedApp();
    const stranger = await confidential({ audiences: ['https://stranger.example'] });
    expect((await exchange(stranger, tokens.access_token)).body.error).toBe('invalid_request');
    const there = await confidential({ audiences: [GATEWAY] }, REALM);
    expect((await exchange(there, tokens.access_token, {}, REALM)).body.error).toBe('invalid_request');
    expect((await exchange(there, tokens.access_token)).body.error).toBe('invalid_client');
  });

  it('is a client that may not, or cannot prove itself', async () => {
    const { tokens } = await connectedApp();
    const other = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      audiences: [GATEWAY],
    });
    expect((await exchange(other, tokens.access_token)).body.error).toBe('unauthorized_client');
    const public_ = await call('POST', '/v1/admin/clients', {
      headers: INTERNAL,
      body: { name: 'x', token_endpoint_auth_method: 'none', grant_types: [GRANT] },
    });
    expectProblem(public_, 422, 'validation_failed');
    const wrong = { ...gateway, client_secret: 'wrong' };
    expect((await exchange(wrong, tokens.access_token)).status).toBe(401);
  });

  it('is a token that was passed on too often', async () => {
    const { tokens } = await connectedApp();
    let token = tokens.access_token as string;
    for (let turn = 0; turn < 5; turn += 1) {
      const { status, body } = await exchange(gateway, token, { resource: GATEWAY });
      expect(status).toBe(200);
      token = body.access_token;
    }
    expect((await exchange(gateway, token, { resource: GATEWAY })).body.error).toBe('invalid_request');
  });
});
