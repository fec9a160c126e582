import { beforeAll, describe, expect, it } from 'vitest';
import { descriptionIn } from '../../src/authorization-server/client-document.ts';
import { isRegisteredUri, isRegistrableUri } from '../../src/authorization-server/redirect-uris.ts';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import { call, createRealm, expectProblem, INTERNAL } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { basic, createClient, type MadeClient, post } from '../support/oauth-client.ts';

const PATH = '/v1/admin/clients';

beforeAll(async () => {
  await createRealm('clients-b');
});

const credentials = (client: MadeClient, realm?: string) =>
  post('token', { grant_type: 'client_credentials' }, { headers: basic(client), realm });
const service = (fields = {}, realm?: string) =>
  createClient(
    { token_endpoint_auth_method: 'client_secret_basic', grant_types: ['client_credentials'], ...fields },
    realm,
  );

describe('a client', () => {
  it('is registered with a secret that is shown once', async () => {
    const client = await service({ scopes: ['images:write'], redirect_uris: [] });
    expect(client).toMatchObject({ type: 'confidential', first_party: false, scopes: ['images:write'] });
    expect(client.client_secret).toMatch(/^lks_[\w-]{43}$/);
    const { body } = await call('GET', `${PATH}/${client.client_id}`, { headers: INTERNAL });
    expect(body).toEqual({ ...client, client_secret: undefined });
    const { body: list } = await call('GET', PATH, { headers: INTERNAL });
    expect(JSON.stringify(list)).not.toContain(client.client_secret);
    expect(await auditOf(client.client_id)).toMatchObject([{ action: 'client_created', actor: 'internal' }]);
    expect(JSON.stringify(await auditOf(client.client_id))).not.toContain('lks_');
  });

  it('has none where it needs none', async () => {
    expect(await createClient({ type: 'public', token_endpoint_auth_method: undefined })).not.toHaveProperty(
      'client_secret',
    );
    expectProblem(
      await call('POST', PATH, {
        headers: INTERNAL,
        body: { name: 'x', type: 'public', token_endpoint_auth_method: 'client_secret_post' },
      }),
      422,
      'validation_failed',
    );
  });

  it('works with the old and the new secret while one is rotated, and then with the new', async () => {
    const client = await service();
    const rotate = (overlap_seconds: number) =>
      call('POST', `${PATH}/${client.client_id}/rotate-secret`, {
        headers: INTERNAL,
        body: { overlap_seconds },
      });
    const { body: next } = await rotate(60);
    expect((await credentials(client)).status).toBe(200);
    expect((await credentials(next)).status).toBe(200);
    advance(61_000);
    expect((await credentials(client)).status).toBe(401);
    expect((await credentials(next)).status).toBe(200);
    const { body: last } = await rotate(0);
    expect((await credentials(next)).body).toMatchObject({ error: 'invalid_client' });
    expect((await credentials(last)).status).toBe(200);
  });

  it('is changed, and deleted', async () => {
    const client = await service();
    const path = `${PATH}/${client.client_id}`;
    const changed = await call('PATCH', path, {
      headers: INTERNAL,
      body: { name: 'Another', access_token_seconds: 120 },
    });
    expect(changed.body).toMatchObject({ name: 'Another', access_token_seconds: 120 });
    expect((await credentials(client)).body.expires_in).toBe(120);
    expectProblem(
      await call('PATCH', path, { headers: INTERNAL, body: { scopes: ['account'] } }),
      422,
      'validation_failed',
    );
    expect((await call('DELETE', path, { headers: INTERNAL })).status).toBe(204);
    expect((await credentials(client)).body).toMatchObject({ error: 'invalid_client' });
    expectProblem(await call('GET', path, { headers: INTERNAL }), 404, 'client_not_found');
    expect((await auditOf(client.client_id)).map(({ action }) => action)).toEqual([
      'client_created',
      'client_changed',
      'client_deleted',
    ]);
  });

  it('is of one realm', async () => {
    const client = await service({}, 'clients-b');
    expect((await credentials(client, 'clients-b')).status).toBe(200);
    expect((await credentials(client)).body).toMatchObject({ error: 'invalid_client' });
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
    ] as const) {
      const body = method === 'PATCH' ? { name: 'x' } : undefined;
      const answer = await call(method, `${PATH}/${client.client_id}${path}`, { headers: INTERNAL, body });
      expectProblem(answer, 404, 'client_not_found');
    }
  });

  it('is for admins', async () => {
    const { access_token: token } = await registerRole('admin');
    expect(
      (
        await asAdmin('POST', '/clients', {
          token,
          body: { name: 'x', redirect_uris: ['https://x.example/'] },
        })
      ).status,
    ).toBe(201);
  });

  it.each([
    [{ redirect_uris: ['http://app.example.com/'] }, 'redirect_uris.0'],
    [{ redirect_uris: ['https://app.example.com/#x'] }, 'redirect_uris.0'],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'redirect_uris.0'],
    [{ redirect_uris: [] }, 'redirect_uris'],
    [{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' }, 'grant_types'],
    [{ grant_types: ['password'] }, 'grant_types.0'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'jwks'],
    [{ jwks: { keys: [{ kty: 'EC', x: [[['deeper than SQLite reads JSON']]] }] } }, 'jwks.keys.0.x'],
    [{ scopes: ['two words'] }, 'scopes.0'],
    [{ scopes: ['account'] }, 'scopes'],
    [{ logo_uri: 'http://example.com/x.png' }, 'logo_uri'],
  ])('is refused as %j', async (fields, path) => {
    const body = { name: 'x', redirect_uris: ['https://app.example.com/'], ...fields };
    const answer = await call('POST', PATH, { headers: INTERNAL, body });
    expectProblem(answer, 422, 'validation_failed');
    expect(answer.body.errors.map((one: any) => one.path)).toContain(path);
  });
});

describe('an address to go back to', () => {
  const LIST = [
    'https://app.example.com/cb?a=1',
    'http://127.0.0.1/cb',
    'http://localhost:3000/x',
    'com.example.app:/cb',
  ];

  it.each([
    'https://app.example.com/cb?a=1',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:51234/cb',
    'http://localhost:8080/x',
    'http://localhost/x',
    'com.example.app:/cb',
  ])('%s is registered', (uri) => expect(isRegisteredUri(LIST, uri)).toBe(true));

  it.each([
    'https://app.example.com/cb',
    'https://app.example.com/cb?a=1&b=2',
    'https://app.example.com:443/cb?a=1',
    'https://APP.example.com/cb?a=1',
    'http://127.0.0.1/cb/',
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:51234/other',
    'http://127.0.0.1:51234@evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://[::1]/cb',
    'https://127.0.0.1/cb',
    'com.example.app:/cb/x',
  ])('%s is not', (uri) => expect(isRegisteredUri(LIST, uri)).toBe(false));

  it.each([
    'https://u:p@app.example.com/',
    'data:text/html,x',
    'https:app.example.com/',
    'HTTPS:/app.example.com/',
    'https://a.example/\\x',
    'https://a.example/\n',
  ])('%j cannot be', (uri) => expect(isRegistrableUri(uri)).toBe(false));
});

describe('the name of a client', () => {
  it.each([
    ['a control', 'App\u0007'],
    ['what turns the text around it', 'App\u202egnp.exe'],
    ['an isolate', '\u2066App'],
    ['no width', 'Ap\u200bp'],
    ['a filler', 'App\u3164'],
    ['a blank of another kind', '\u2800\u2800'],
    ['a soft hyphen', 'Goo\u00adgle'],
    ['another line', 'App\u2028Trusted'],
    ['half a character', 'App\ud83d'],
  ])('has in it nothing that is not seen: %s', async (_, name) => {
    const body = { name, redirect_uris: ['https://app.example.com/'] };
    expectProblem(
      await call('POST', '/v1/admin/clients', { headers: INTERNAL, body }),
      422,
      'validation_failed',
    );
    const resource = { name, resource: 'https://named.example/' };
    expectProblem(
      await call('POST', '/v1/admin/protected-resources', { headers: INTERNAL, body: resource }),
      422,
      'validation_failed',
    );
    const said = JSON.stringify({
      client_id: 'https://app.example/c',
      client_name: name,
      redirect_uris: ['https://app.example/'],
    });
    expect(descriptionIn(said, 'https://app.example/c')).toBeNull();
  });

  it.each(['Café “Zürich”', '写真', 'مصور', 'Emoji 📷', 'हिन्दी'])('may be %s', async (name) => {
    const body = { name, redirect_uris: ['https://app.example.com/'] };
    expect((await call('POST', '/v1/admin/clients', { headers: INTERNAL, body })).status).toBe(201);
  });
});

it('a request by POST stands in an address no longer than one may be', async () => {
  const form = (length: number) =>
    call('POST', '/oauth2/authorize', {
      raw: new URLSearchParams({ client_id: 'x', state: 'x'.repeat(length) }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    });
  expect((await form(5000)).status).toBe(303);
  expect((await form(7000)).status).toBe(400);
});
