import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createDialects, TABLES } from '../../src/compat/dialects.ts';
import type { Bindings } from '../../src/config/config.ts';
import { DIALECT_NAMES, type DialectName } from '../../src/lib/dialect-names.ts';
import { createServices } from '../../src/services.ts';
import { registerRole } from '../support/admin.ts';
import { changeDirectory, createRealm, freshAddress, ORIGIN, PASSWORD, register } from '../support/api.ts';
import { createRealmsOf } from '../support/dialects.ts';
import { mailTo } from '../support/mail.ts';

// What a deployment answers that speaks one dialect alone, or some of them.

interface Sent {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Calls a Latchkey that speaks these dialects. */
function speaking(...names: DialectName[]) {
  const bindings = { ...env, COMPAT: names.join(',') } as unknown as Bindings;
  const services = createServices(bindings);
  const dialects = createDialects(services.config);
  const handler = dialects.before(createApp(services, bindings, dialects));
  return async (method: string, path: string, { token, body, headers }: Sent = {}) => {
    const ctx = createExecutionContext();
    const request = new Request(`${ORIGIN}${path}`, {
      method,
      headers: {
        'cf-connecting-ip': freshAddress(),
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const response = await handler.fetch(request, bindings, ctx);
    const text = await response.text();
    await waitOnExecutionContext(ctx);
    return { status: response.status, body: JSON.parse(text) as any };
  };
}

const alone = Object.fromEntries(DIALECT_NAMES.map((name) => [name, speaking(name)])) as Record<
  DialectName,
  ReturnType<typeof speaking>
>;
let admin: string;

beforeAll(async () => {
  await createRealmsOf(Object.values(TABLES).flat());
  admin = (await registerRole('admin')).access_token;
});

describe('GET /api/admin/users', () => {
  /** Queries of either service's clients, and one that shows nothing. */
  const QUERIES = [
    '',
    '?page=1&per_page=2',
    '?search=x&role=user',
    '?skip=0&limit=2',
    '?filter_by=plan&filter_value=free',
  ];

  it.each(QUERIES)('of Doztra alone is a list, asked by %j', async (query) => {
    const { status, body } = await alone.doztra('GET', `/api/admin/users${query}`, { token: admin });
    expect([status, Array.isArray(body)], JSON.stringify(body)).toEqual([200, true]);
  });

  it.each(QUERIES)('of astro-backend alone is a page, asked by %j', async (query) => {
    const { status, body } = await alone['astro-backend']('GET', `/api/admin/users${query}`, {
      token: admin,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['page', 'pages', 'per_page', 'total', 'users']);
  });

  it.each(['aiezzy', 'auth-service', 'two-user-types'] as const)('of %s alone is nothing', async (name) => {
    const { status } = await alone[name]('GET', '/api/admin/users', { token: admin });
    expect(status).toBe(404);
  });

  it('of both is what the query shows', async () => {
    const both = speaking('doztra', 'astro-backend');
    const isList = async (query: string) =>
      Array.isArray((await both('GET', `/api/admin/users${query}`, { token: admin })).body);
    expect(await Promise.all(QUERIES.map(isList))).toEqual([true, false, false, true, true]);
  });

  it.each(['doztra', 'astro-backend'] as const)('of %s finds owners among the admins only', async (name) => {
    const tag = `Own${crypto.randomUUID().slice(0, 8)}`;
    const ids: Record<string, string> = {};
    for (const role of ['user', 'admin', 'owner'] as const) {
      const { user } = await register({ name: `${tag} ${role}` });
      ids[role] = user.id;
      if (role !== 'user') await changeDirectory(user.id, { role });
    }
    const found = async (role: string) => {
      const query = name === 'doztra' ? `role=${role}&name=${tag}` : `role=${role}&search=${tag}`;
      const { body } = await alone[name]('GET', `/api/admin/users?${query}`, { token: admin });
      const users: { id: string; role: string }[] = body.users ?? body;
      expect(users.every((user) => user.role === role)).toBe(true);
      return users.map(({ id }) => id).sort();
    };
    expect(await found('admin')).toEqual([ids.admin, ids.owner].sort());
    expect(await found('user')).toEqual([ids.user]);
  });
});

describe('access tokens', () => {
  /** How long the token says that it lives, and how long the answer says so; seconds. */
  async function lifetime(ask: ReturnType<typeof speaking>, base = '') {
    const email = `${crypto.randomUUID()}@example.com`;
    const { body } = await ask('POST', `${base}/v1/auth/register`, { body: { email, password: PASSWORD } });
    const { iat = 0, exp = 0 } = decodeJwt(body.access_token);
    return [exp - iat, body.expires_in];
  }

  it('of auth_service alone last an hour, as its document says', async () => {
    expect(await lifetime(alone['auth-service'])).toEqual([3600, 3600]);
    const username = `u${crypto.randomUUID().slice(0, 12)}`;
    const body = { username, email: `${username}@example.com`, password: PASSWORD };
    const registered = await alone['auth-service']('POST', '/auth/register', { body });
    expect(registered.body.expires_in).toBe(3600);
    const { iat = 0, exp = 0 } = decodeJwt(registered.body.access_token);
    expect(exp - iat).toBe(3600);
  });

  it('of any other dialect, or of auth_service beside another, last ten minutes', async () => {
    expect(await lifetime(alone.doztra)).toEqual([600, 600]);
    expect(await lifetime(alone['astro-backend'])).toEqual([600, 600]);
    expect(await lifetime(speaking('auth-service', 'doztra'))).toEqual([600, 600]);
  });

  it('last as an operator chose for the realm, that of the usual time too', async () => {
    await createRealm('an-hour-unless');
    await createRealm('ten-minutes', { access_token_chosen: 1 });
    await createRealm('quarter', { access_token_seconds: 900 });
    const of = (realm: string) => lifetime(alone['auth-service'], `/realms/${realm}`);
    expect(await of('an-hour-unless')).toEqual([3600, 3600]);
    expect(await of('ten-minutes')).toEqual([600, 600]);
    expect(await of('quarter')).toEqual([900, 900]);
  });
});

describe('the mail of a registration', () => {
  const names = { first_name: 'Zoë', last_name: 'Klein' };
  const phone = () => `+44791${String(Date.now()).slice(-5)}${Math.floor(100 + Math.random() * 900)}`;
  /** How each document registers somebody, and what the mail calls them. */
  const REGISTRATIONS: Record<DialectName, [path: string, fields: () => object, called: string]> = {
    doztra: ['/api/auth/register', () => ({ name: 'Zoë Klein' }), 'Zoë Klein'],
    'auth-service': ['/auth/register', () => ({ username: `u${crypto.randomUUID().slice(0, 12)}` }), ''],
    aiezzy: ['/api/v2/register', () => ({ full_name: 'Zoë Klein' }), 'Zoë Klein'],
    'astro-backend': [
      '/api/auth/register',
      () => ({ ...names, username: `u${crypto.randomUUID().slice(0, 12)}` }),
      'Zoë',
    ],
    'two-user-types': ['/User1/create', () => ({ ...names, phone: phone(), country_code: 'DE' }), 'Zoë'],
  };
  const LANGUAGES = [
    ['de-AT,de;q=0.9,en;q=0.5', /^Willkommen/, 'de', 'Guten Tag'],
    ['ja,de;q=0', /^Welcome/, 'en', 'Hello'],
  ] as const;

  it.each(DIALECT_NAMES)('of %s is in the language of Accept-Language, and greets by name', async (name) => {
    const [path, fields, called] = REGISTRATIONS[name];
    for (const [language, subject, lang, hello] of LANGUAGES) {
      const email = `${crypto.randomUUID()}@example.com`;
      const body = { ...fields(), email, password: PASSWORD };
      const answer = await alone[name]('POST', path, { body, headers: { 'accept-language': language } });
      expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
      const mail = await mailTo(email, subject);
      expect(mail.html).toContain(`lang="${lang}"`);
      expect(mail.text).toMatch(new RegExp(called ? `^${hello} ${called},$` : `^${hello},$`, 'm'));
    }
  });
});
