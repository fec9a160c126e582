import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { SignedTokens } from '../../src/authorization-server/signed-tokens-service.ts';
import type { Bindings } from '../../src/config/config.ts';
import { maskId, unmaskId } from '../../src/crypto/masked-id.ts';
import { createServices } from '../../src/services.ts';
import type { SigningKeys } from '../../src/signing-keys/service.ts';
import type { Subjects } from '../../src/signing-keys/subject-service.ts';
import { call, createRealm, expectProblem, INTERNAL } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  asking,
  authorize,
  backIn,
  basic,
  CALLBACK,
  claimsOf,
  codeOf,
  connected,
  createClient,
  type MadeClient,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { open, type Visitor, visitor } from '../support/visitor.ts';

const PAIRWISE = { subject_type: 'pairwise' };
const OTHER = 'https://printer.example.net/callback';
const site = () => `https://127.0.0.1:${inject('peers').clientDocuments}`;
const lay = async (value: unknown) => {
  const address = `${site()}/${crypto.randomUUID()}.json`;
  await fetch(address, { method: 'PUT', body: JSON.stringify(value) });
  return address;
};
const userinfo = (token: string) => call('GET', '/oauth2/userinfo', { token });

describe('a pairwise client', () => {
  let client: MadeClient;
  let who: Visitor;
  let tokens: any;
  let userId: string;
  let subject: string;

  beforeAll(async () => {
    ({ client, who, tokens } = await connected({ ...PAIRWISE, name: 'Pairwise' }));
    userId = who.user.user.id;
    subject = claimsOf(tokens.id_token).sub;
  });

  it('hears the id of its user nowhere: not in tokens, not in codes', async () => {
    expect(subject).toMatch(/^sub-[\w-]{40,200}$/);
    expect(claimsOf(tokens.access_token).sub).toBe(subject);
    expect((await userinfo(tokens.access_token)).body).toMatchObject({ sub: subject });
    const { code } = await codeOf(client, who);
    const bare = [...Object.values(tokens), code].map((text) => {
      const [, payload = ''] = String(text).split('.');
      return `${text} ${Buffer.from(payload, 'base64url')}`;
    });
    expect(bare.join(' ')).not.toContain(userId);
    expect(code).toContain(subject);
  });

  it('knows a user by one name, as does every client of its sector, and no other', async () => {
    const nameFor = async (made: MadeClient, more = {}) =>
      claimsOf((await redeem(made, await codeOf(made, who, more))).body.id_token).sub;
    expect(await nameFor(client)).toBe(subject);
    expect(await nameFor(await createClient(PAIRWISE))).toBe(subject);
    const abroad = await createClient({ ...PAIRWISE, redirect_uris: [OTHER] });
    const there = await nameFor(abroad, { redirect_uri: OTHER });
    expect(there).toMatch(/^sub-/);
    expect(there).not.toBe(subject);
    expect(await nameFor(await createClient())).toBe(userId);
    const other = await connected(PAIRWISE);
    expect(claimsOf(other.tokens.id_token).sub).not.toBe(subject);
  });

  it('refreshes, with a token that names nobody either, and revokes', async () => {
    const { client, tokens, who } = await connected(PAIRWISE);
    const form = { client_id: client.client_id };
    const refresh = (refresh_token: string) =>
      post('token', { grant_type: 'refresh_token', refresh_token, ...form });
    const { body } = await refresh(tokens.refresh_token);
    expect(claimsOf(body.access_token).sub).toBe(claimsOf(tokens.access_token).sub);
    expect(body.refresh_token).not.toContain(who.user.user.id);
    expect((await post('revoke', { token: body.refresh_token, ...form })).status).toBe(200);
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
    await expectProblem(await userinfo(body.access_token), 401, 'session_ended');
  });

  it('is told what a token says when it introspects it; authorize finds the user', async () => {
    const made = await connected({ ...PAIRWISE, token_endpoint_auth_method: 'client_secret_basic' });
    const { access_token, refresh_token } = made.tokens;
    const headers = basic(made.client);
    const { sub } = claimsOf(access_token);
    for (const token of [access_token, refresh_token]) {
      expect((await post('introspect', { token }, { headers })).body).toMatchObject({ active: true, sub });
    }
    const asked = { token: access_token, scope: 'openid' };
    const { body } = await call('POST', '/v1/authorize', { headers: INTERNAL, body: asked });
    expect(body).toMatchObject({ allowed: true, user_id: made.who.user.user.id });
  });

  it('means its user by an ID token and by sub, and nobody by what another client calls them', async () => {
    const search = (more: Record<string, string>) =>
      asking(client, pkce().challenge, { prompt: 'none', ...more });
    const sub = (value: string) => ({ claims: JSON.stringify({ id_token: { sub: { value } } }) });
    expect(backIn(await authorize(search({ id_token_hint: tokens.id_token }), who)).code).toBeDefined();
    expect(backIn(await authorize(search(sub(subject)), who)).code).toBeDefined();
    const stranger = await visitor();
    expect(backIn(await authorize(search({ id_token_hint: tokens.id_token }), stranger)).error).toBe(
      'login_required',
    );
    const abroad = await createClient({ ...PAIRWISE, redirect_uris: [OTHER] });
    const redeemed = await redeem(abroad, await codeOf(abroad, who, { redirect_uri: OTHER }));
    for (const name of [userId, claimsOf(redeemed.body.id_token).sub, 'sub-x', '']) {
      expect(backIn(await authorize(search(sub(name)), who)).error, name).toBe('login_required');
    }
  });

  it('signs its user out by an ID token, and passes tokens on to a client that calls them by id', async () => {
    const { tokens, who } = await connected({
      ...PAIRWISE,
      post_logout_redirect_uris: [CALLBACK],
      audiences: ['https://images.example'],
    });
    const images = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      audiences: ['https://images.example'],
      redirect_uris: [],
    });
    const exchange = (subject_token: string) =>
      post(
        'token',
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        },
        { headers: basic(images) },
      );
    const audience = await connected(
      { ...PAIRWISE, audiences: ['https://images.example'] },
      { resource: 'https://images.example' },
    );
    const { body } = await exchange(audience.tokens.access_token);
    expect(claimsOf(body.access_token).sub).toBe(audience.who.user.user.id);
    const logout = new URLSearchParams({
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: CALLBACK,
    });
    const left = await open(`/oauth2/logout?${logout}`, who);
    expect([left.status, left.headers.get('location')]).toEqual([303, CALLBACK]);
  });

  it('takes no code, token or name that it did not get', async () => {
    const form = { client_id: client.client_id };
    const foreign = tokens.refresh_token.replace(
      subject,
      claimsOf((await connected(PAIRWISE)).tokens.id_token).sub,
    );
    const bent = tokens.refresh_token.replace(subject, `${subject.slice(0, -4)}AAAA`);
    for (const refresh_token of [
      foreign,
      bent,
      tokens.refresh_token.replace(subject, 'sub-'),
      'lkr.sub-.x',
    ]) {
      const { status, body } = await post('token', { grant_type: 'refresh_token', refresh_token, ...form });
      expect([status, body.error], refresh_token).toEqual([400, 'invalid_grant']);
    }
    expect(
      (await redeem(client, { code: `lkc.${subject}.x`, verifier: 'v'.repeat(43), redirectUri: CALLBACK }))
        .body.error,
    ).toBe('invalid_grant');
  });
});

describe('a sector', () => {
  const create = (fields: Record<string, unknown>) =>
    call('POST', '/v1/admin/clients', {
      headers: INTERNAL,
      body: { name: 'Sectored', redirect_uris: [CALLBACK, OTHER], ...PAIRWISE, ...fields },
    });

  it('is that of a list where it has the redirect addresses of the client', async () => {
    await expectProblem(await create({}), 422, 'validation_failed');
    const address = await lay([CALLBACK, OTHER, 'https://third.example/']);
    const made = await create({ sector_identifier_uri: address, token_endpoint_auth_method: 'none' });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const who = await visitor();
    const named = async (redirect_uri: string) =>
      claimsOf((await redeem(made.body, await codeOf(made.body, who, { redirect_uri }))).body.id_token).sub;
    expect(await named(CALLBACK)).toBe(await named(OTHER));
    const patch = (body: object) =>
      call('PATCH', `/v1/admin/clients/${made.body.client_id}`, { headers: INTERNAL, body });
    await expectProblem(
      await patch({ redirect_uris: ['https://fourth.example/'] }),
      422,
      'validation_failed',
    );
    const third = ['https://third.example/'];
    expect((await patch({ redirect_uris: third })).status).toBe(200);
    // Asked for when an address changes, and not for a new name.
    await fetch(address, { method: 'PUT', body: '[]' });
    advance(600_000);
    const same = { sector_identifier_uri: address, redirect_uris: third };
    expect((await patch({ ...same, name: 'Sectored anew' })).status).toBe(200);
    await expectProblem(await patch({ redirect_uris: [CALLBACK] }), 422, 'validation_failed');
  });

  it.each([
    ['that does not list them', () => lay([CALLBACK])],
    ['that is no list', () => lay({ uris: [CALLBACK, OTHER] })],
    ['where nothing is', async () => `${site()}/nothing?status=404`],
    [
      'that sends elsewhere',
      async () => `${site()}/x?status=302&location=${encodeURIComponent(`${site()}/`)}`,
    ],
    ['of a private network', async () => 'https://10.0.0.1/sector.json'],
    ['without https', async () => 'http://app.example.com/sector.json'],
  ])('is none %s', async (_, address) => {
    await expectProblem(await create({ sector_identifier_uri: await address() }), 422, 'validation_failed');
  });

  it('is held against software that registers itself, and that a document describes', async () => {
    const realm = 'pairwise-b';
    await createRealm(realm, { client_registration: '["dynamic","document"]' });
    const register = (fields: object) =>
      call('POST', '/oauth2/register', {
        realm,
        body: {
          redirect_uris: [CALLBACK, OTHER],
          token_endpoint_auth_method: 'none',
          ...PAIRWISE,
          ...fields,
        },
      });
    const listed = await lay([CALLBACK, OTHER]);
    const unlisted = await lay([OTHER]);
    const made = await register({ sector_identifier_uri: listed });
    expect(made.body).toMatchObject({ ...PAIRWISE, sector_identifier_uri: listed });
    for (const fields of [{}, { sector_identifier_uri: unlisted }]) {
      expect((await register(fields)).body.error).toBe('invalid_client_metadata');
    }
    const documentOf = (fields: object) => {
      const text = JSON.stringify({ redirect_uris: [CALLBACK, OTHER], ...PAIRWISE, ...fields });
      const client_id = new URL(`${site()}/${crypto.randomUUID()}.json?with=${encodeURIComponent(text)}`)
        .href;
      return { client_id, client_secret: '', token_endpoint_auth_method: 'none' };
    };
    const who = await visitor({}, { realm });
    const status = async (fields: object) =>
      (await authorize(asking(documentOf(fields), pkce().challenge), who)).status;
    expect([await status({ sector_identifier_uri: listed }), await status({})]).toEqual([200, 400]);
    expect(await status({ sector_identifier_uri: unlisted })).toBe(400);
  });

  it('is none that an app claims by its own scheme, nor one for all apps of a machine', async () => {
    const who = await visitor();
    const nameFor = async (redirect_uri: string) => {
      const made = await createClient({ ...PAIRWISE, redirect_uris: [redirect_uri] });
      return claimsOf((await redeem(made, await codeOf(made, who, { redirect_uri }))).body.id_token).sub;
    };
    const addresses = [
      CALLBACK,
      'com.example.evil://app.example.com/callback',
      'com.example.evil:/callback',
      'com.example.evil:/callback',
      'http://127.0.0.1/callback',
      'http://127.0.0.1/callback',
    ];
    const names = await Promise.all(addresses.map(nameFor));
    expect(new Set(names).size).toBe(addresses.length);
    // Of one site, and of apps: which of them it is, nobody has said.
    await expectProblem(await create({ redirect_uris: addresses.slice(0, 2) }), 422, 'validation_failed');
  });

  it('is for no client that may act as the user', async () => {
    const fields = { first_party: true, scopes: ['openid', 'account:read'], redirect_uris: [CALLBACK] };
    await expectProblem(await create(fields), 422, 'validation_failed');
  });
});

describe('what users are called', () => {
  it('stays when several isolates are first, and differs from realm to realm', async () => {
    await createRealm('pairwise-c');
    const isolates = Array.from({ length: 4 }, () => createServices(env as unknown as Bindings).subjects);
    const id = `usr_${'0'.repeat(26)}`;
    const names = await Promise.all(isolates.map((one) => one.of('pairwise-c', 'app.example.com', id)));
    expect(new Set(names).size).toBe(1);
    expect(names[0]).not.toBe(await isolates[0]?.of('default', 'app.example.com', id));
    expect(await isolates[1]?.userOf('pairwise-c', names[0] as string)).toBe(id);
    expect(await isolates[1]?.userOf('default', names[0] as string)).toBeNull();
  });

  it('cannot be said while their key cannot be read, which does not make a token one that holds no more', async () => {
    const { realms, signingKeys } = createServices(env as unknown as Bindings);
    const away = async () => Promise.reject(new Error('D1_ERROR: away'));
    const tokens = new SignedTokens(signingKeys, { userOf: away } as unknown as Subjects);
    const realm = await realms.get('default');
    const of = { subject: 'sub-x', clientId: 'cli_x', scope: '', audience: ['x'], seconds: 60, key: null };
    const token = await tokens.accessToken(realm, of);
    await expect(tokens.read(realm, token)).rejects.toThrow('D1_ERROR');
    const unread = new SignedTokens({ ...signingKeys, find: away } as unknown as SigningKeys, {} as Subjects);
    await expect(unread.read(realm, token)).rejects.toThrow('D1_ERROR');
    for (const other of ['', 'x', 'a.b.c', `${token}x`, token.replace(/^[^.]+/, 'eyJhbGciOiJub25lIn0')]) {
      expect(await tokens.read(realm, other), other).toBeNull();
    }
  });

  it('is found out by the key alone', () => {
    const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const masked = maskId(key, 'sector', 'usr_x');
    expect(unmaskId(key, masked.padEnd(60, 'A'))).toMatch(/^usr_x/);
    expect(maskId(key, 'sector', 'usr_x')).toBe(masked);
    expect(new Set([masked, maskId(key, 'other', 'usr_x'), maskId(other, 'sector', 'usr_x')]).size).toBe(3);
    expect(unmaskId(other, masked.padEnd(60, 'A'))).not.toMatch(/^usr_x/);
    expect(unmaskId(key, 'usr_x')).toBeNull();
  });
});
