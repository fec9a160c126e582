import { env, exports } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { CATALOGUE } from '../../src/errors.ts';
import { createServices } from '../../src/services.ts';
import { call, expectProblem, freshAddress, ORIGIN, register } from '../support/api.ts';

const DOCS = ['/docs', '/redoc', '/docs/errors'];

describe('an address or method that does not exist', () => {
  it.each(['/v2/me', '/v1', '/v1/me/', '//v1/me', '/V1/ME', '/v1/m%65', '/realms/default'])(
    '%s answers 404',
    async (path) => {
      for (const method of ['GET', 'POST', 'DELETE']) {
        expectProblem(await call(method, path), 404, 'not_found');
      }
    },
  );

  it.each(['nobody', '%00', 'DEFAULT', '%64efault', '__proto__', 'a'.repeat(41)])(
    'answers 404 for the realm %s',
    async (realm) => {
      expectProblem(await call('GET', '/v1/me', { realm }), 404, 'realm_not_found');
      expectProblem(await call('GET', '/.well-known/jwks.json', { realm }), 404, 'realm_not_found');
    },
  );

  it('has the default realm also under its name, and in a realm nothing but the API', async () => {
    expectProblem(await call('GET', '/v1/me', { realm: 'default' }), 401, 'authentication_required');
    for (const path of ['/health', '/docs', '/openapi.json', '/realms/default/v1/me']) {
      expectProblem(await call('GET', path, { realm: 'default' }), 404, 'not_found');
    }
  });

  it.each([
    ['PUT', '/v1/me', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['PROPFIND', '/realms/default/v1/me', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['TRACE', '/v1/me', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['GET', '/v1/auth/login', 'POST, OPTIONS'],
    ['GET', '/v1/billing/webhook', 'POST, OPTIONS'],
    ['POST', '/v1/me/subscription', 'GET, PUT, HEAD, OPTIONS'],
    ['GET', '/v1/me/sessions/x', 'DELETE, OPTIONS'],
    ['PUT', '/v1/admin/api-keys', 'GET, POST, HEAD, OPTIONS'],
    ['GET', '/v1/admin/api-keys/x', 'DELETE, OPTIONS'],
    ['POST', '/v1/users/x/email', 'GET, HEAD, OPTIONS'],
    ['GET', '/v1/authorize', 'POST, OPTIONS'],
    ['PATCH', '/v1/me/tokens', 'GET, POST, HEAD, OPTIONS'],
    ['DELETE', '/v1/admin/plans/pro', 'PUT, OPTIONS'],
    ['PUT', '/v1/admin/users/usr_x', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['POST', '/v1/admin/activity.csv', 'GET, HEAD, OPTIONS'],
    ['POST', '/docs', 'GET, HEAD, OPTIONS'],
    ['PUT', '/v1/oauth/google/callback', 'GET, POST, HEAD, OPTIONS'],
    ['GET', '/v1/oauth/token', 'POST, OPTIONS'],
    ['GET', '/v1/me/identities/google', 'POST, DELETE, OPTIONS'],
  ])('%s %s answers 405 and says what is allowed', async (method, path, allow) => {
    const answer = await call(method, path);
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe(allow);
  });
});

describe('every answer', () => {
  const HEADERS = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  };

  it.each([
    [200, 'GET', '/health', {}],
    [204, 'OPTIONS', '/v1/me', { headers: { origin: ORIGIN, 'access-control-request-method': 'GET' } }],
    [401, 'GET', '/v1/me', {}],
    [403, 'POST', '/v1/auth/login', { headers: { origin: 'https://evil.test' } }],
    [404, 'GET', '/nowhere', {}],
    [404, 'GET', '/v1/me', { realm: 'nobody' }],
    [405, 'POST', '/v1/me', {}],
    [413, 'POST', '/v1/auth/login', { raw: 'a'.repeat(70_000) }],
    [415, 'POST', '/v1/auth/login', { raw: 'a' }],
    [422, 'POST', '/v1/auth/login', { body: {} }],
  ])('of status %i carries the security headers and an id', async (status, method, path, options) => {
    const answer = await call(method, path, options);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject(HEADERS);
    expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
  });

  it('has an id of its own, which the client cannot choose', async () => {
    const headers = { 'x-request-id': 'mine' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => call('GET', '/health', { headers })));
    const ids = new Set(answers.map((answer) => answer.headers.get('x-request-id')));
    expect(ids.size).toBe(100);
    expect(ids).not.toContain('mine');
  });

  it('to HEAD is that to GET without its body', async () => {
    const { access_token } = await register();
    const headers = { authorization: `Bearer ${access_token}`, 'cf-connecting-ip': freshAddress() };
    const ask = (method: string, path: string) =>
      exports.default.fetch(`${ORIGIN}${path}`, { method, headers });
    for (const path of [
      '/health',
      '/v1/me',
      '/docs',
      '/.well-known/jwks.json',
      '/nowhere',
      '/health?deep=2',
    ]) {
      const [get, head] = [await ask('GET', path), await ask('HEAD', path)];
      expect(head.status, path).toBe(get.status);
      expect(await get.text()).not.toBe('');
      expect(await head.text()).toBe('');
      const { 'x-request-id': id, ...expected } = Object.fromEntries(get.headers);
      const { 'x-request-id': other, ...found } = Object.fromEntries(head.headers);
      expect(found, path).toEqual(expected);
      expect(other).not.toBe(id);
    }
    const refused = await ask('HEAD', '/v1/auth/login');
    expect(refused.status).toBe(405);
    expect(refused.headers.get('allow')).toBe('POST, OPTIONS');
  });
});

describe('health', () => {
  it.each(['/health', '/v1/health', '/health?deep=0', '/health?other=1'])(
    '%s says no more than alive',
    async (path) => {
      expect(await call('GET', path)).toMatchObject({ status: 200, body: { status: 'ok' } });
      expect((await call('GET', path)).body).not.toHaveProperty('parts');
    },
  );

  it('asks each part when told to', async () => {
    for (const path of ['/health?deep=1', '/v1/health?deep=1']) {
      const databases = { DB: 'ok', DB_2: 'ok' };
      const parts = { d1: 'ok', durable_objects: 'ok', r2: 'ok', databases };
      expect(await call('GET', path)).toMatchObject({ status: 200, body: { status: 'ok', parts } });
    }
    expectProblem(await call('GET', '/health?deep=2'), 422, 'validation_failed');
  });

  it('answers 503 and names the part that has failed, but not why', async () => {
    const bindings = env as unknown as Bindings;
    const head = () => Promise.reject(new Error('secret reason'));
    const app = createApp(createServices(bindings), {
      ...bindings,
      AVATARS: { head } as unknown as R2Bucket,
    });
    const response = await app.fetch(new Request(`${ORIGIN}/health?deep=1`));
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'failed',
      parts: { d1: 'ok', durable_objects: 'ok', r2: 'failed', databases: { DB: 'ok', DB_2: 'ok' } },
    });
  });

  it('names the database that does not answer, though it is not the first', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const first = () => Promise.reject(new Error('D1_ERROR: away'));
    const away = { prepare: () => ({ first }), batch() {}, withSession: () => away };
    const bindings = { ...env, DB_2: away } as unknown as Bindings;
    const app = createApp(createServices(bindings), bindings);
    const response = await app.fetch(new Request(`${ORIGIN}/health?deep=1`));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      parts: { d1: 'failed', databases: { DB: 'ok', DB_2: 'failed' } },
    });
  });
});

describe('the documentation', () => {
  it.each(DOCS)('%s is a page that runs no script but our own', async (path) => {
    const { status, headers, body } = await call<string>('GET', path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html; charset=utf-8$/i);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(body).toMatch(/^<!doctype html><html lang="en">/);
    expect(body).not.toMatch(/<script(?![^>]* src="\/docs\/)|\son\w+=|=["']?https?:\/\//);
  });

  it('starts with a script of its own', async () => {
    const { status, headers, body } = await call<string>('GET', '/docs/start.js');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(body).toContain('SwaggerUIBundle({');
  });

  it('has an entry for the type of every problem', async () => {
    const { body } = await call<string>('GET', '/docs/errors');
    for (const code of Object.keys(CATALOGUE)) expect(body).toContain(`<tr id="${code}">`);
    const { type } = (await call('GET', '/nowhere')).body;
    expect(type).toBe(`${ORIGIN}/docs/errors#not_found`);
  });
});
