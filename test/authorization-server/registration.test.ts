import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { prune } from '../../src/privacy/retention.ts';
import { call, createRealm, expectProblem, freshAddress, INTERNAL, ORIGIN } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import {
  asking,
  authorize,
  backIn,
  CALLBACK,
  claimsOf,
  codeOf,
  decide,
  type MadeClient,
  pkce,
  redeem,
} from '../support/oauth-client.ts';
import { open, type Visitor, visitor } from '../support/visitor.ts';

const REALM = 'self-service';
const { challenge } = pkce();
let who: Visitor;

beforeAll(async () => {
  await createRealm(REALM, { client_registration: '["dynamic"]' });
  await createRealm('self-service-b', { client_registration: '["dynamic"]' });
  await createRealm('self-service-full', { client_registration: '["dynamic"]' });
  who = await visitor({}, { realm: REALM });
});

const send = (body: unknown, options: { realm?: string; ip?: string } = {}) =>
  call('POST', '/oauth2/register', { realm: REALM, body, ...options });
const SAID = { client_name: 'Note Taker', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' };

async function register(fields: Record<string, unknown> = {}, realm = REALM): Promise<MadeClient> {
  const answer = await send({ ...SAID, ...fields }, { realm });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

const manage = (
  method: string,
  { client_id }: { client_id: string },
  token: string,
  body?: unknown,
  realm = REALM,
) => call(method, `/oauth2/register/${client_id}`, { realm, body, token });

describe('software', () => {
  it('registers itself and signs a user in, who is asked each time', async () => {
    const client = await register({ grant_types: ['authorization_code', 'refresh_token'] });
    expect(client).toEqual({
      id_token_signed_response_alg: 'ES256',
      subject_type: 'public',
      dpop_bound_access_tokens: false,
      client_id: expect.stringMatching(/^cli_/),
      client_id_issued_at: expect.any(Number),
      registration_access_token: expect.stringMatching(/^lkg_/),
      registration_client_uri: `${ORIGIN}/realms/${REALM}/oauth2/register/${client.client_id}`,
      client_name: 'Note Taker',
      redirect_uris: [CALLBACK],
      post_logout_redirect_uris: [],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'openid profile email phone address offline_access',
    });
    const { status, body } = await redeem(client, await codeOf(client, who), {}, REALM);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(claimsOf(body.access_token)).toMatchObject({ client_id: client.client_id });
    expect(body).toHaveProperty('refresh_token');
    const again = await authorize(asking(client, challenge), who);
    expect(again.status).toBe(200);
    expect(again.body).toContain('was not registered by');
    expect((await open('/account/apps', who)).body).toContain('Note Taker');
  });

  it('gets a secret where it asks for one', async () => {
    const client = await register({ token_endpoint_auth_method: undefined });
    expect(client).toMatchObject({
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: expect.stringMatching(/^lks_/),
      client_secret_expires_at: 0,
    });
    expect((await redeem(client, await codeOf(client, who, { scope: 'openid' }), {}, REALM)).status).toBe(
      200,
    );
  });

  it('gets nothing that acts as the user, or without one', async () => {
    const client = await register({
      scope: 'openid account account:read images:write',
      grant_types: [
        'authorization_code',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      first_party: true,
      audiences: ['https://api.example/'],
    });
    expect(client).toMatchObject({ scope: 'openid', grant_types: ['authorization_code'] });
    expect(backIn(await authorize(asking(client, challenge, { scope: 'account' }), who)).error).toBe(
      'invalid_scope',
    );
    const target = asking(client, challenge, { scope: 'openid', resource: 'https://api.example/' });
    expect(backIn(await authorize(target, who)).error).toBe('invalid_target');
    const { body } = await call('GET', `/v1/admin/clients/${client.client_id}`, {
      realm: REALM,
      headers: INTERNAL,
    });
    expect(body).toMatchObject({ first_party: false, self_registered: true, audiences: [] });
    const patch = { headers: INTERNAL, body: { first_party: true }, realm: REALM };
    expectProblem(
      await call('PATCH', `/v1/admin/clients/${client.client_id}`, patch),
      422,
      'validation_failed',
    );
  });

  it.each([
    [{ redirect_uris: undefined }, 'invalid_redirect_uri'],
    [{ redirect_uris: [] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['http://app.example.com/'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['https://app.example.com/#x'] }, 'invalid_redirect_uri'],
    [{ client_name: 'a\u0000b' }, 'invalid_client_metadata'],
    [{ client_name: 7 }, 'invalid_client_metadata'],
    [{ logo_uri: 'http://app.example.com/x.png' }, 'invalid_client_metadata'],
    [{ token_endpoint_auth_method: 'magic' }, 'invalid_client_metadata'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [{ response_types: ['token'] }, 'invalid_client_metadata'],
    [{ jwks: { keys: [{ kty: 'EC', d: 'x' }] } }, 'invalid_client_metadata'],
  ])('is refused as %j', async (fields, error) => {
    const { status, body } = await send({ ...SAID, ...fields });
    expect([status, body.error]).toEqual([400, error]);
    expect(body.error_description).toMatch(/^[\x20-\x7e]+$/);
  });

  it('is refused with a body that is no object', async () => {
    for (const body of [[], null, 'x', 7]) {
      expect((await send(body)).body.error, JSON.stringify(body)).toBe('invalid_client_metadata');
    }
    const raw = (text: string, type = 'application/json') =>
      call('POST', '/oauth2/register', { realm: REALM, raw: text, headers: { 'content-type': type } });
    expectProblem(await raw('{'), 400, 'invalid_json');
    expectProblem(await raw('{}', 'text/plain'), 415, 'unsupported_media_type');
    expect((await raw('')).body.error).toBe('invalid_client_metadata');
  });

  it('may come from a page of any site', async () => {
    const headers = { origin: 'https://inspector.example' };
    const answer = await call('POST', '/oauth2/register', { realm: REALM, body: SAID, headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([201, '*']);
  });

  it('comes where the realm lets it, and a few times an hour', async () => {
    const closed = await call('POST', '/oauth2/register', { body: SAID });
    expect([closed.status, closed.body.error]).toEqual([403, 'access_denied']);
    const metadata = async (realm?: string) =>
      (await call('GET', '/.well-known/openid-configuration', { realm })).body.registration_endpoint;
    expect(await metadata(REALM)).toBe(`${ORIGIN}/realms/${REALM}/oauth2/register`);
    expect(await metadata()).toBeUndefined();
    const ip = freshAddress();
    for (let n = 0; n < 10; n += 1) expect((await send(SAID, { ip })).status).toBe(201);
    expectProblem(await send(SAID, { ip }), 429, 'rate_limited');
  });

  it('goes no further than a realm has room for', async () => {
    const realm = 'self-service-full';
    const { client_id } = await register({}, realm);
    const columns = (
      await env.DB.prepare("SELECT name FROM pragma_table_info('oauth_clients')").all<{ name: string }>()
    ).results.map(({ name }) => name);
    const numbered = columns.map((name) => (name === 'id' ? "'cli_fill' || value" : name)).join(', ');
    await env.DB.prepare(
      `WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1999)
       INSERT INTO oauth_clients (${columns.join(', ')}) SELECT ${numbered} FROM oauth_clients, n WHERE id = ?`,
    )
      .bind(client_id)
      .run();
    expectProblem(await send(SAID, { realm }), 429, 'rate_limited');
    const { n } = (await env.DB.prepare('SELECT count(*) AS n FROM oauth_clients WHERE realm_id = ?')
      .bind(realm)
      .first<{ n: number }>()) as { n: number };
    expect(n).toBe(2000);
  });
});

describe('a registration', () => {
  it('is read, replaced and taken back by who holds its token', async () => {
    const client = await register();
    const token = client.registration_access_token as string;
    expect((await manage('GET', client, token)).body).toEqual(client);
    const said = { ...SAID, client_id: client.client_id, client_name: 'Notes', scope: 'openid' };
    const replaced = await manage('PUT', client, token, said);
    expect(replaced.body).toMatchObject({ client_name: 'Notes', scope: 'openid' });
    expect((await authorize(asking(client, challenge, { scope: 'openid' }), who)).body).toContain('Notes');
    for (const wrong of [{}, { client_id: 'cli_other' }, { client_secret: 'x' }, { redirect_uris: [] }]) {
      const answer = await manage('PUT', client, token, {
        ...SAID,
        ...('client_id' in wrong || !Object.keys(wrong).length ? {} : { client_id: client.client_id }),
        ...wrong,
      });
      expect(answer.status, JSON.stringify(wrong)).toBe(400);
    }
    expect((await manage('DELETE', client, token)).status).toBe(204);
    expect((await manage('GET', client, token)).status).toBe(401);
    expect((await authorize(asking(client, challenge), who)).status).toBe(400);
  });

  it('is nobody else’s', async () => {
    const [client, other] = [await register(), await register()];
    const there = await register({}, 'self-service-b');
    for (const token of [
      other.registration_access_token,
      there.registration_access_token,
      `lkg_${'x'.repeat(43)}`,
      'x',
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? { ...SAID, client_id: client.client_id } : undefined;
        const answer = await manage(method, client, token as string, body);
        expect([answer.status, answer.body.error], method).toEqual([401, 'invalid_token']);
        expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
      }
    }
    const elsewhere = await manage('GET', there, there.registration_access_token as string);
    expect(elsewhere.status).toBe(401);
    expect((await call('GET', `/oauth2/register/${client.client_id}`, { realm: REALM })).status).toBe(401);
    expect((await manage('GET', client, client.registration_access_token as string)).status).toBe(200);
  });

  it('of an operator has no token', async () => {
    const body = { name: 'x', redirect_uris: [CALLBACK] };
    const { body: made } = await call('POST', '/v1/admin/clients', { headers: INTERNAL, body, realm: REALM });
    expect((await manage('GET', made, `lkg_${'x'.repeat(43)}`)).status).toBe(401);
  });

  it('is forgotten when nobody uses it', async () => {
    const [used, unused] = [await register(), await register()];
    const rows = async () =>
      (
        await env.DB.prepare('SELECT id FROM oauth_clients WHERE id IN (?, ?)')
          .bind(used.client_id, unused.client_id)
          .all<{ id: string }>()
      ).results.map(({ id }) => id);
    const clean = () => prune(env.DB, { ACTIVITY_DAYS: 365, USAGE_EVENT_DAYS: 365 }, Date.now(), PLENTY);
    expect((await redeem(used, await codeOf(used, who, { scope: 'openid' }), {}, REALM)).status).toBe(200);
    await expect
      .poll(() =>
        env.DB.prepare('SELECT used_at FROM oauth_clients WHERE id = ?')
          .bind(used.client_id)
          .first('used_at'),
      )
      .toBeTypeOf('number');
    await clean();
    expect((await rows()).length).toBe(2);
    advance(2 * 86_400_000);
    await clean();
    expect(await rows()).toEqual([used.client_id]);
    advance(90 * 86_400_000);
    await clean();
    expect(await rows()).toEqual([]);
  });
});

it('asks the user even for what they allowed before', async () => {
  const client = await register({ scope: 'openid' });
  const search = asking(client, challenge, { scope: 'openid' });
  expect(backIn(await decide(search, who)).code).toBeTypeOf('string');
  expect((await authorize(search, who)).status).toBe(200);
  expect(
    backIn(await authorize(asking(client, challenge, { scope: 'openid', prompt: 'none' }), who)).error,
  ).toBe('consent_required');
});
