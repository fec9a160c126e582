import { beforeAll, describe, expect, it } from 'vitest';
import { auditOf } from '../support/admin.ts';
import { call, createRealm, expectProblem, INTERNAL, ORIGIN } from '../support/api.ts';
import {
  asking,
  authorize,
  backIn,
  basic,
  claimsOf,
  codeOf,
  createClient,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { type Visitor, visitor } from '../support/visitor.ts';

const PATH = '/v1/admin/protected-resources';
const { challenge } = pkce();
let who: Visitor;

beforeAll(async () => {
  await createRealm('resources-b');
  who = await visitor();
});

let made = 0;
async function createResource(fields: Record<string, unknown> = {}, realm?: string): Promise<any> {
  made += 1;
  const body = { name: 'Image API', resource: `https://images-${made}.example/api`, ...fields };
  const answer = await call('POST', PATH, { headers: INTERNAL, body, realm });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

describe('a protected resource', () => {
  it('that is open gives its tokens and scopes to every client that names it', async () => {
    const { resource } = await createResource({
      scopes: ['images:write'],
      open: true,
      access_token_seconds: 120,
    });
    const client = await createClient();
    const more = { scope: 'openid images:write', resource };
    const { body } = await redeem(client, await codeOf(client, who, more));
    expect(body).toMatchObject({ scope: 'openid images:write', expires_in: 120 });
    expect(claimsOf(body.access_token).aud).toBe(resource);
    // The scope comes with the resource alone.
    expect(backIn(await authorize(asking(client, challenge, { scope: 'images:write' }), who)).error).toBe(
      'invalid_scope',
    );
  });

  it('is otherwise for the clients that have it', async () => {
    const { resource } = await createResource({ scopes: ['images:read'], access_token_seconds: 90 });
    const stranger = asking(await createClient(), challenge, { resource });
    expect(backIn(await authorize(stranger, who)).error).toBe('invalid_target');
    const client = await createClient({ audiences: [resource], scopes: ['images:read'] });
    const { body } = await redeem(client, await codeOf(client, who, { scope: 'images:read', resource }));
    expect(body.expires_in).toBe(90);
  });

  it('is for pushed requests, devices and machines too', async () => {
    const { resource } = await createResource({
      scopes: ['images:push'],
      open: true,
      access_token_seconds: 75,
    });
    const client = await createClient();
    const pushed = await post('par', [...asking(client, challenge, { scope: 'images:push', resource })] as [
      string,
      string,
    ][]);
    expect(pushed.status, JSON.stringify(pushed.body)).toBe(201);
    const grant = 'urn:ietf:params:oauth:grant-type:device_code';
    const device = await createClient({ redirect_uris: [], grant_types: [grant] });
    const asked = { client_id: device.client_id, scope: 'images:push', resource };
    expect((await post('device_authorization', asked)).status).toBe(200);
    const machine = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      redirect_uris: [],
    });
    const { body } = await post(
      'token',
      { grant_type: 'client_credentials', scope: 'images:push', resource },
      { headers: basic(machine) },
    );
    expect(body).toMatchObject({ expires_in: 75, scope: 'images:push' });
  });

  it('is changed, forgotten, and of one realm', async () => {
    const one = await createResource({ open: true });
    const path = `${PATH}/${one.id}`;
    const changed = await call('PATCH', path, { headers: INTERNAL, body: { name: 'Pictures', open: false } });
    expect(changed.body).toMatchObject({ name: 'Pictures', open: false, resource: one.resource });
    const { body: list } = await call('GET', PATH, { headers: INTERNAL });
    expect(list.data).toContainEqual(changed.body);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { name: 'x' } : undefined;
      const answer = await call(method, path, { headers: INTERNAL, body, realm: 'resources-b' });
      expectProblem(answer, 404, 'protected_resource_not_found');
    }
    expect((await call('DELETE', path, { headers: INTERNAL })).status).toBe(204);
    expectProblem(await call('GET', path, { headers: INTERNAL }), 404, 'protected_resource_not_found');
    expect((await auditOf(one.id)).map(({ action }) => action)).toEqual([
      'protected_resource_created',
      'protected_resource_changed',
      'protected_resource_deleted',
    ]);
  });

  it('is named once, of however many at once', async () => {
    const body = { name: 'x', resource: 'https://raced.example/' };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('POST', PATH, { headers: INTERNAL, body })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expectProblem(await call('POST', PATH, { headers: INTERNAL, body }), 409, 'protected_resource_exists');
    await createResource({ resource: body.resource }, 'resources-b');
  });

  it.each([
    [{ resource: 'http://api.example/' }, 'resource'],
    [{ resource: 'https://api.example/#x' }, 'resource'],
    [{ resource: 'api' }, 'resource'],
    [{ scopes: ['openid'] }, 'scopes.0'],
    [{ scopes: ['account'] }, 'scopes.0'],
    [{ scopes: ['two words'] }, 'scopes.0'],
    [{ access_token_seconds: 5 }, 'access_token_seconds'],
    [{ extra: 1 }, 'extra'],
  ])('is refused as %j', async (fields, path) => {
    const body = { name: 'x', resource: 'https://api.example/', ...fields };
    const answer = await call('POST', PATH, { headers: INTERNAL, body });
    expectProblem(answer, 422, 'validation_failed');
    expect(answer.body.errors.map((one: any) => one.path)).toContain(path);
  });
});

describe('what a user has allowed for one resource', () => {
  it('is asked again for another, and in words', async () => {
    const [one, two] = [await createResource({ open: true }), await createResource({ open: true })];
    const client = await createClient();
    const asked = (resource?: string) =>
      authorize(asking(client, challenge, { scope: 'openid', ...(resource && { resource }) }), who);
    await codeOf(client, who, { scope: 'openid' });
    expect((await asked()).status).toBe(303);
    const page = await asked(one.resource);
    expect(page.status).toBe(200);
    expect(page.body).toContain(one.resource);
    await codeOf(client, who, { scope: 'openid', resource: one.resource });
    expect((await asked(one.resource)).status).toBe(303);
    expect((await asked()).status).toBe(303);
    expect((await asked(two.resource)).status).toBe(200);
    const silent = asking(client, challenge, { scope: 'openid', resource: two.resource, prompt: 'none' });
    expect(backIn(await authorize(silent, who)).error).toBe('consent_required');
  });
});

describe('what a resource says of itself', () => {
  it.each([
    ['/.well-known/oauth-protected-resource', ORIGIN],
    ['/.well-known/oauth-protected-resource/realms/resources-b', `${ORIGIN}/realms/resources-b`],
    ['/realms/resources-b/.well-known/oauth-protected-resource', `${ORIGIN}/realms/resources-b`],
  ])('%s is that of the API of %s', async (path, resource) => {
    const { body, headers } = await call('GET', path, { headers: { origin: 'https://any.example' } });
    expect(body).toMatchObject({
      resource,
      authorization_servers: [resource],
      jwks_uri: `${resource}/.well-known/jwks.json`,
      bearer_methods_supported: ['header'],
    });
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });

  it('is served for those that have a name', async () => {
    const one = await createResource({ scopes: ['images:see'] }, 'resources-b');
    const path = `/.well-known/oauth-protected-resource/${one.id}`;
    const { body, headers } = await call('GET', path, {
      realm: 'resources-b',
      headers: { origin: 'https://any.example' },
    });
    expect(body).toEqual({
      resource: one.resource,
      authorization_servers: [`${ORIGIN}/realms/resources-b`],
      scopes_supported: ['images:see'],
      bearer_methods_supported: ['header'],
      resource_name: 'Image API',
    });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expectProblem(await call('GET', path), 404, 'protected_resource_not_found');
  });

  it('is named by a 401, and leads to a token that opens the API', async () => {
    const { headers } = await call('GET', '/v1/me');
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? [];
    const { body } = await call('GET', new URL(url).pathname);
    expect(body.resource).toBe(ORIGIN);
    const client = await createClient({ first_party: true, scopes: ['account:read'] });
    const more = { scope: 'account:read', resource: body.resource };
    const tokens = await redeem(client, await codeOf(client, who, more));
    expect((await call('GET', '/v1/me', { token: tokens.body.access_token })).status).toBe(200);
    // Of a wrong password it says nothing: no token would help.
    const login = await call('POST', '/v1/auth/login', { body: { identifier: 'nobody', password: 'x' } });
    expect(login.headers.get('www-authenticate')).toBe('Bearer realm="default"');
  });
});
