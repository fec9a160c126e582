import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { isOriginOf } from '../../src/lib/realm-origin.ts';
import { createServices } from '../../src/services.ts';
import {
  type CallOptions,
  call,
  createRealm,
  expectProblem,
  freshAddress,
  ORIGIN,
  register,
} from '../support/api.ts';

const ACME = 'https://app.acme.example';
const GLOBEX = 'https://app.globex.example';
/** What is none of ours and tries to look like it. */
const STRANGERS = [
  'https://evil.test',
  'null',
  `${ORIGIN}.evil.test`,
  `${ORIGIN}:8443`,
  `${ORIGIN}/`,
  ORIGIN.replace('https', 'http'),
  ORIGIN.toUpperCase(),
  'https://sub.auth.test',
  'http://localhost.evil.test',
  'https://localhost:5173',
  '*',
];

beforeAll(async () => {
  await createRealm('acme', { allowed_origins: JSON.stringify([ACME, 'https://admin.acme.example']) });
  await createRealm('globex', { allowed_origins: JSON.stringify([GLOBEX]) });
});

/** The request headers that the OpenAPI document names: as parameters, and as what a caller is known by. */
async function named(): Promise<string[]> {
  const { body: document } = await call('GET', '/openapi.json');
  const operations = Object.values(document.paths).flatMap((path: any) => Object.values(path)) as any[];
  const found = [
    ...operations.flatMap(({ parameters = [] }) => parameters),
    ...Object.values<any>(document.components.securitySchemes),
  ].filter((one) => one.in === 'header');
  const names = [...new Set(found.map(({ name }) => name.toLowerCase()))];
  expect(names).toContain('idempotency-key');
  return names;
}

/** What a browser asks before a request that is not simple (Fetch standard, CORS-preflight). */
function preflight(origin: string, { realm }: CallOptions = {}) {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  };
  return call('OPTIONS', '/v1/auth/login', { realm, headers });
}

const from = (origin: string, options: CallOptions = {}) => ({
  ...options,
  headers: { origin, ...options.headers },
});

describe('a preflight', () => {
  it.each([
    [ORIGIN, undefined],
    ['http://localhost:5173', undefined],
    ['http://127.0.0.1', undefined],
    [ACME, 'acme'],
    ['https://admin.acme.example', 'acme'],
    [ORIGIN, 'acme'],
    [GLOBEX, 'globex'],
  ])('of %s in realm %s is granted', async (origin, realm) => {
    const { status, headers, body } = await preflight(origin, { realm });
    expect(status).toBe(204);
    expect(body).toBe('');
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-methods')?.split(',')).toEqual(
      expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    );
    const allowed = headers.get('access-control-allow-headers')?.toLowerCase().split(',');
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', ...(await named())]));
    expect(headers.get('access-control-max-age')).toBe('600');
    expect(headers.get('vary')).toMatch(/\bOrigin\b/);
  });

  it.each([
    ...STRANGERS.map((origin) => [origin, undefined]),
    [ACME, undefined],
    [GLOBEX, 'acme'],
    [ACME, 'globex'],
    [ACME, 'default'],
    ['https://evil.test', 'acme'],
  ])('of %s in realm %s is not', async (origin, realm) => {
    const { headers } = await preflight(origin as string, { realm });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('vary')).toMatch(/\bOrigin\b/);
  });
});

describe('a request that changes something', () => {
  it.each([...STRANGERS.map((origin) => [origin, undefined]), [ACME, undefined], [GLOBEX, 'acme']])(
    'from %s in realm %s is refused before anything is read',
    async (origin, realm) => {
      for (const [method, path] of [
        ['POST', '/v1/auth/login'],
        ['PUT', '/v1/me/password'],
        ['PATCH', '/v1/me'],
        ['DELETE', '/v1/me/sessions/x'],
      ] as const) {
        const answer = await call(method, path, from(origin as string, { realm, body: {} }));
        expectProblem(answer, 403, 'origin_not_allowed');
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      }
    },
  );

  it('from a stranger has no effect, even with a valid token', async () => {
    const { access_token: token } = await register();
    const answer = await call('POST', '/v1/auth/logout', from('https://evil.test', { token }));
    expectProblem(answer, 403, 'origin_not_allowed');
    expect((await call('GET', '/v1/me', { token })).status).toBe(200);
  });

  it('from an origin of the realm is taken, and its answer may be read, also when it is a failure', async () => {
    const { access_token: token } = await register({}, from(ACME, { realm: 'acme' }));
    const failed = await call('POST', '/v1/auth/login', from(ACME, { realm: 'acme', body: {} }));
    expectProblem(failed, 422, 'validation_failed');
    const left = await call('POST', '/v1/auth/logout', from(ACME, { realm: 'acme', token }));
    expect(left.status).toBe(204);
    for (const { headers } of [failed, left]) {
      expect(headers.get('access-control-allow-origin')).toBe(ACME);
      expect(headers.get('access-control-expose-headers')?.split(',')).toEqual(
        expect.arrayContaining(['X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy']),
      );
    }
  });

  it('without an origin comes from no browser, and is taken', async () => {
    expectProblem(await call('POST', '/v1/auth/login', { body: {} }), 422, 'validation_failed');
  });
});

describe('any answer', () => {
  it('varies by origin and never lets every origin read it, but what is public', async () => {
    const client = { 'cf-connecting-ip': freshAddress() };
    for (const path of [
      '/health',
      '/v1/me',
      '/.well-known/jwks.json',
      '/openapi.json',
      '/docs',
      '/nowhere',
    ]) {
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        for (const origin of [undefined, ORIGIN, ...STRANGERS]) {
          const headers = origin === undefined ? client : { ...client, origin };
          const answer = await exports.default.fetch(`${ORIGIN}${path}`, { method, headers });
          await answer.body?.cancel();
          const about = `${method} ${path} from ${origin}`;
          const allowed = answer.headers.get('access-control-allow-origin');
          // No cookie counts for it, and programs of any site verify tokens by it.
          const others = path === '/.well-known/jwks.json' && origin !== undefined ? '*' : null;
          expect(allowed, about).toBe(origin === ORIGIN ? ORIGIN : others);
          if (others === allowed) {
            expect(answer.headers.get('access-control-allow-credentials'), about).toBeNull();
          }
          expect(answer.headers.get('vary'), about).toMatch(/\bOrigin\b/);
        }
      }
    }
  });
});

it('is of the port that the list of a realm says, but for a developer’s machine', async () => {
  await createRealm('local', {
    allowed_origins: JSON.stringify(['http://localhost', 'http://127.0.0.1:3000']),
  });
  const allowed = async (ENVIRONMENT: string) => {
    const { realms } = createServices({ ...(env as unknown as Bindings), ENVIRONMENT } as Bindings);
    const realm = await realms.get('local');
    return [
      ...['http://localhost', 'http://127.0.0.1:3000', ORIGIN],
      ...['http://localhost:5173', 'http://127.0.0.1', 'http://127.0.0.1:3001', 'http://[::1]:3000'],
    ].map((origin) => isOriginOf(realm, origin));
  };
  expect(await allowed('production')).toEqual([true, true, true, false, false, false, false]);
  expect(await allowed('development')).toEqual([true, true, true, true, true, true, true]);
});
