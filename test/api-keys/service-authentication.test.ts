import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { SessionObjects } from '../../src/account/contract.ts';
import { ApiKeys } from '../../src/api-keys/service.ts';
import type { Bindings } from '../../src/config/config.ts';
import { grants, SCOPES, type Scope } from '../../src/lib/scopes.ts';
import { createServices } from '../../src/services.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  ORIGIN,
  register,
} from '../support/api.ts';
import { operationsOf, readDocument } from '../support/contract.ts';
import { NO_STANDBY } from '../support/standby.ts';

const objects = accountOf as unknown as SessionObjects;
const { directory } = createServices(env as unknown as Bindings);

/** The scope that each endpoint for services wants, by its path; the first that matches. */
const SCOPE_OF: [RegExp, Scope][] = [
  [/^\/v1\/admin\//, 'admin'],
  [/^\/v1\/(authorize|usage|users\/\{id\}\/quota)/, 'usage:write'],
  [/^\/v1\/credits\//, 'credits:write'],
  [/^\/v1\/billing\//, 'billing:write'],
  [/^\/v1\/users\/\{id\}\/identities\//, 'provider-tokens:read'],
  [/^\/v1\/users\//, 'users:read'],
  [/^\/metrics$/, 'metrics:read'],
];

const document = await readDocument();
const forServices = operationsOf(document).filter(({ definition }) =>
  definition.security?.some((one: object) => 'apiKey' in one),
);

it('knows the scope of every endpoint for services', () => {
  expect(forServices.length).toBeGreaterThan(20);
  const unknown = forServices.filter(({ path }) => !SCOPE_OF.some(([pattern]) => pattern.test(path)));
  expect(unknown.map(({ path }) => path)).toEqual([]);
});

/** Some are for owners, which of keys only the bootstrap key is: test/contract/levels.test.ts knows of them. */
const forAnyService = forServices.filter(
  ({ path, definition }) => !path.startsWith('/v1/admin/realms') && definition['x-level'].users !== 'owner',
);

// They are all refused to the same callers.
describe.each(forAnyService)('$method $path', ({ method, path: pattern, definition }) => {
  const [, scope = 'admin'] = SCOPE_OF.find(([one]) => one.test(pattern)) ?? [];
  const path = pattern.replace('{email}', 'nobody@example.com').replaceAll(/\{\w+\}/g, 'x');
  const body = definition.requestBody ? {} : undefined;
  const send = (options: object) => call(method, path, { body, ...options });
  const withKey = (key: string, more: object = {}) => send({ headers: { 'x-api-key': key, ...more } });

  it('refuses a stranger', async () => {
    expectProblem(await send({}), 401, 'authentication_required');
  });

  it('refuses what is no key', async () => {
    const { key } = await createApiKey([scope]);
    const forged = [
      `${key.slice(0, -6)}AAAAAA`,
      key.toUpperCase(),
      `${key}x`,
      key.slice(4),
      'x',
      INTERNAL['x-api-key'].slice(1),
    ];
    for (const wrong of forged) expectProblem(await withKey(wrong), 401, 'invalid_api_key');
    // A header that was not filled in.
    const empty = await withKey('');
    expect(empty.status).toBe(401);
  });

  it('takes a key with the scope or `admin`, and no other', async () => {
    for (const given of SCOPES) {
      const { headers } = await createApiKey([given]);
      const answer = await send({ headers });
      if (grants([given], scope)) expect([401, 403]).not.toContain(answer.status);
      else expectProblem(answer, 403, 'insufficient_scope');
    }
    expect([401, 403]).not.toContain((await send({ headers: INTERNAL })).status);
  });

  it("refuses another realm's key, and takes the bootstrap key in every realm", async () => {
    const realm = `other-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const { headers } = await createApiKey([scope], { realm });
    expectProblem(await send({ headers }), 401, 'invalid_api_key');
    // The secret is that of all realms: it is no matter for the admins of one.
    if (path === '/v1/admin/secrets/re-encrypt') {
      expectProblem(await send({ headers, realm }), 403, 'insufficient_scope');
    } else {
      expect([401, 403]).not.toContain((await send({ headers, realm })).status);
    }
    expect([401, 403]).not.toContain((await send({ headers: INTERNAL, realm })).status);
  });

  it('refuses a key that a page of another origin sends, also one that the realm knows', async () => {
    const { key } = await createApiKey([scope]);
    for (const origin of ['http://localhost:5173', 'null', `${ORIGIN}.evil.test`]) {
      expectProblem(await withKey(key, { origin }), 403, 'origin_not_allowed');
    }
    expect([401, 403]).not.toContain((await withKey(key, { origin: ORIGIN })).status);
  });
});

describe('users for services', () => {
  it('gives a user by id or address, and only those of the realm', async () => {
    await createRealm('users-of');
    const { user } = await register();
    const { user: theirs } = await register({}, { realm: 'users-of' });
    const { headers } = await createApiKey(['users:read']);
    const get = (path: string, realm?: string) => call('GET', `/v1/users/${path}`, { headers, realm });
    expect(await get(user.id)).toMatchObject({ status: 200, body: { id: user.id, email: user.email } });
    const address = encodeURIComponent(user.email.toUpperCase());
    expect((await get(`by-email/${address}`)).body.id).toBe(user.id);
    expect((await get(`${user.id}/email`)).body).toEqual({
      user_id: user.id,
      email: user.email,
      email_verified: false,
    });
    for (const path of [theirs.id, `${theirs.id}/email`, `by-email/${theirs.email}`, 'usr_x', '%00', '%zz']) {
      expectProblem(await get(path), 404, 'user_not_found');
    }
    expectProblem(await get('by-email/nonsense'), 422, 'validation_failed');
    const ours = await createApiKey(['users:read'], { realm: 'users-of' });
    const found = await call('GET', `/v1/users/${theirs.id}`, { headers: ours.headers, realm: 'users-of' });
    expect(found.body.realm).toBe('users-of');
  });

  it('shows users themselves, and others to admins only, whether they exist or not', async () => {
    const [ada, ben] = [await register(), await register()];
    const get = (id: string) => call('GET', `/v1/users/${id}`, { token: ada.access_token });
    expect((await get(ada.user.id)).body).toMatchObject({ id: ada.user.id });
    for (const id of [ben.user.id, 'usr_x']) expectProblem(await get(id), 403, 'insufficient_scope');
    for (const path of [`${ada.user.id}/email`, `by-email/${ada.user.email}`]) {
      expectProblem(await get(path), 401, 'authentication_required');
    }
    await changeDirectory(ada.user.id, { role: 'admin' });
    expect((await get(ben.user.id)).body).toMatchObject({ id: ben.user.id });
    expectProblem(await get('usr_x'), 404, 'user_not_found');
  });

  it('gives suspended users too, with what they are', async () => {
    const { user } = await register();
    await changeDirectory(user.id, { status: 'suspended' });
    const { body } = await call('GET', `/v1/users/${user.id}`, { headers: INTERNAL });
    expect(body.status).toBe('suspended');
  });

  it('goes by the key when a token is sent beside it', async () => {
    const { access_token, user } = await register();
    const { headers } = await createApiKey(['usage:write']);
    const answer = await call('GET', `/v1/users/${user.id}`, { headers, token: access_token });
    expectProblem(answer, 403, 'insufficient_scope');
  });
});

describe('the bootstrap key', () => {
  it('is none where it is not set', async () => {
    const keys = new ApiKeys(env.DB, NO_STANDBY, undefined, objects, directory);
    for (const text of ['', 'undefined', env.INTERNAL_API_KEY]) {
      await expect(keys.authenticateKey(text, 'default')).rejects.toThrow('invalid_api_key');
    }
  });
});
