import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { renamed } from '../../src/compat/engine/fields.ts';
import { Dialects } from '../../src/compat/engine/router.ts';
import type { AnyRow, ClientRequest, Row } from '../../src/compat/engine/row.ts';
import { fastApiError } from '../../src/compat/fastapi/error.ts';
import type { Bindings } from '../../src/config/config.ts';
import { ApiError } from '../../src/errors.ts';
import { createServices } from '../../src/services.ts';
import { freshAddress, ORIGIN, PASSWORD, register, registerVerified } from '../support/api.ts';

const ROWS: Row[] = [
  { from: 'GET /health', to: 'GET /health' },
  {
    from: 'POST /old/login',
    to: 'POST /v1/auth/login',
    form: true,
    sends: ({ body }) => ({ body: renamed(body, { username: 'identifier', password: 'password' }) }),
    body: { username: 'identifier', password: 'password' },
    gives: ({ access_token, user }) => ({ token: access_token, id: user.id }),
    status: 201,
  },
  {
    from: 'GET /old/users/{user_id}',
    to: 'GET /v1/users/{id}',
    sends: ({ params }) => ({ params: { id: params.user_id } }),
  },
  { from: 'GET /old/users/me', to: 'GET /v1/me', sessionToken: true },
  {
    from: 'PUT /old/users/me',
    to: 'PATCH /v1/me',
    sends: async ({ body }, call) => ({
      body: { name: `${body.name} of ${(await call('GET /v1/me')).realm}` },
    }),
  },
  { from: 'POST /old/logout', to: 'POST /v1/auth/logout', gives: () => ({ message: 'Bye' }), status: 200 },
  { from: 'GET /old/bye', to: 'POST /v1/auth/logout', sends: () => ({}) },
  {
    from: 'PUT /old/avatar',
    to: 'PUT /v1/me/avatar',
    upload: true,
    sends: ({ file }) => ({ body: file ?? undefined }),
  },
  {
    from: 'GET /old/verify',
    to: 'POST /v1/auth/email/verify',
    page: '/verify-email',
    sends: ({ query }) => ({ body: { token: query.token } }),
  },
  { from: 'GET /old/user', to: 'GET /v1/users/{id}', sends: ({ query }) => ({ params: { id: query.id } }) },
  {
    from: 'GET /old/mine',
    to: 'GET /v1/me',
    gives: () => {
      throw new ApiError('insufficient_scope', { detail: 'Not yours' });
    },
  },
  { from: 'GET /old/slash/', to: 'GET /v1/me' },
  { from: 'POST /old/other/login', to: 'POST /v1/auth/login', realm: 'nowhere' },
];

const ASKED: ClientRequest = {
  params: {},
  query: {},
  body: {},
  file: null,
  headers: new Headers(),
  spoken: new Set(),
};

const bindings = env as unknown as Bindings;
const services = createServices(bindings);
const dialects = new Dialects(ROWS, ORIGIN);
const handler = dialects.before(createApp(services, bindings, dialects));

async function ask(method: string, path: string, init: RequestInit & { token?: string } = {}) {
  const headers = new Headers({ 'cf-connecting-ip': freshAddress(), ...(init.headers as object) });
  if (init.token) headers.set('authorization', `Bearer ${init.token}`);
  const ctx = createExecutionContext();
  const response = await handler.fetch(
    new Request(`${ORIGIN}${path}`, { method, ...init, headers }),
    bindings,
    ctx,
  );
  const text = await response.text();
  await waitOnExecutionContext(ctx);
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  };
}

const json = (body: unknown) => ({
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('a row', () => {
  it('adapts the request and the answer', async () => {
    const user = await register();
    const credentials = { username: user.user.email, password: PASSWORD, remember: true };
    const answer = await ask('POST', '/old/login', json(credentials));
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ token: expect.any(String), id: user.user.id });
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it('takes a form where it says so, and nowhere else', async () => {
    const user = await register();
    const fields = { username: user.user.email, password: PASSWORD };
    const multipart = new FormData();
    for (const [name, value] of Object.entries(fields)) multipart.set(name, value);
    for (const body of [new URLSearchParams(fields), multipart]) {
      expect((await ask('POST', '/old/login', { body })).status).toBe(201);
      expect((await ask('PUT', '/old/users/me', { token: user.access_token, body })).status).toBe(415);
    }
  });

  it('says errors as FastAPI does, about the fields that were sent', async () => {
    const wrong = await ask(
      'POST',
      '/old/login',
      json({ username: 'nobody@example.com', password: 'wrong' }),
    );
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('content-type')).toBe('application/json');
    expect(wrong.headers.get('www-authenticate')).toContain('Bearer');
    expect(wrong.body).toEqual({
      detail: expect.any(String),
      code: 'invalid_credentials',
      request_id: expect.any(String),
    });
    const invalid = await ask('POST', '/old/login', json({ username: 5 }));
    expect(invalid.status).toBe(422);
    expect(invalid.body.detail.map(({ loc }: { loc: string[] }) => loc)).toEqual([
      ['body', 'username'],
      ['body', 'password'],
    ]);
  });

  it('says where to pay, when that is what it takes', () => {
    const problem = {
      type: `${ORIGIN}/docs/errors#payment_required`,
      title: 'A way to pay is needed',
      status: 402,
      code: 'payment_required',
      request_id: 'req_1',
      checkout_url: 'https://checkout.example/1',
    } as const;
    expect(fastApiError(problem, ROWS[1] as AnyRow, ASKED)).toEqual({
      detail: problem.title,
      code: problem.code,
      request_id: 'req_1',
      checkout_url: problem.checkout_url,
    });
  });

  it.each([
    ['no JSON', { headers: { 'content-type': 'application/json' }, body: '{' }, 400],
    ['no object', json([1]), 422],
    [
      'no UTF-8',
      { headers: { 'content-type': 'application/json' }, body: new Uint8Array([0x22, 0xff, 0x22]) },
      400,
    ],
    ['another type', { headers: { 'content-type': 'text/plain' }, body: 'a' }, 415],
    ['nothing', {}, 422],
    ['too much', json({ username: 'a'.repeat(70_000), password: 'b' }), 413],
  ])('leaves a body of %s to the canonical operation to refuse', async (_, init, status) => {
    const answer = await ask('POST', '/old/login', init as RequestInit);
    expect([answer.status, typeof answer.body.detail]).toEqual([
      status,
      status === 422 ? 'object' : 'string',
    ]);
  });

  it('prefers a literal path to a parameter', async () => {
    const user = await register();
    const me = await ask('GET', '/old/users/me', { token: user.access_token });
    expect([me.status, me.body.id]).toEqual([200, user.user.id]);
    const by = await ask('GET', `/old/users/${user.user.id}`, { token: user.access_token });
    expect([by.status, by.body.email]).toEqual([200, user.user.email]);
  });

  it.each(['%', '%ff', '..%2f..%2fv1%2fme', 'a%3fb=c', '%00', '%ed%a0%80'])(
    'takes the parameter %s for nothing but itself',
    async (id) => {
      const user = await register();
      expect((await ask('GET', `/old/users/${id}`, { token: user.access_token })).status).toBe(403);
    },
  );

  it.each(['.', '..', '%2e%2e', '../me', '', '%ed%a0%80'])(
    'takes the text %j for one segment',
    async (id) => {
      const user = await register();
      const answer = await ask('GET', `/old/user?id=${id}`, { token: user.access_token });
      expect(answer.status).toBe(id === '' ? 404 : 403);
    },
  );

  it('takes a session token where it says so, without rotating it', async () => {
    const user = await register();
    for (let i = 0; i < 3; i++) {
      expect((await ask('GET', '/old/users/me', { token: user.refresh_token })).body.id).toBe(user.user.id);
    }
    expect((await ask('GET', `/old/users/${user.user.id}`, { token: user.refresh_token })).status).toBe(401);
    expect((await ask('GET', '/old/users/me', { token: `${user.refresh_token.slice(0, -1)}_` })).status).toBe(
      401,
    );
  });

  it('leaves it to the cookie where a script has found no session token', async () => {
    const user = await register();
    const headers = { cookie: `__Host-latchkey=${user.refresh_token}` };
    for (const token of ['null', 'undefined']) {
      expect((await ask('GET', '/old/users/me', { token, headers })).body.id).toBe(user.user.id);
      expect((await ask('GET', '/old/users/me', { token })).body.code).toBe('authentication_required');
      expect((await ask('GET', `/old/users/${user.user.id}`, { token, headers })).status).toBe(401);
    }
  });

  it('does not act on HEAD', async () => {
    const token = (await register()).access_token;
    expect((await ask('HEAD', '/old/bye', { token })).status).toBe(405);
    expect((await ask('HEAD', '/old/users/me', { token })).status).toBe(200);
    expect((await ask('GET', '/old/bye', { token })).status).toBe(204);
    expect((await ask('HEAD', '/old/users/me', { token })).status).toBe(401);
  });

  it('may ask more than one operation, and ends with the first refusal', async () => {
    const user = await registerVerified();
    const changed = await ask('PUT', '/old/users/me', { token: user.access_token, ...json({ name: 'Ada' }) });
    expect(changed.body.name).toBe('Ada of default');
    const refused = await ask('PUT', '/old/users/me', json({ name: 'Ada' }));
    expect([refused.status, refused.body.code]).toEqual([401, 'authentication_required']);
  });

  it('answers with a body where the canonical operation has none', async () => {
    const user = await register();
    const answer = await ask('POST', '/old/logout', { token: user.access_token });
    expect([answer.status, answer.body]).toEqual([200, { message: 'Bye' }]);
    expect((await ask('POST', '/old/logout', { token: user.access_token })).status).toBe(401);
  });

  it('leads browsers to the page with the button, and does it for programs', async () => {
    const browser = { headers: { accept: 'text/html,*/*;q=0.8' } };
    const led = await ask('GET', '/old/verify?token=a%26b&else=1', browser);
    expect([led.status, led.headers.get('location')]).toEqual([303, '/verify-email?token=a%26b']);
    expect(led.headers.get('x-request-id')).toMatch(/^req_/);
    expect(led.headers.get('x-frame-options')).toBe('DENY');
    expect((await ask('GET', '/old/verify', browser)).headers.get('location')).toBe('/verify-email');
    const done = await ask('GET', '/old/verify?token=a%26b');
    expect([done.status, done.body.code]).toEqual([400, 'invalid_link']);
  });

  it('can refuse by itself', async () => {
    const user = await register();
    const refused = await ask('GET', '/old/mine', { token: user.access_token, headers: { origin: ORIGIN } });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(refused.body).toEqual({
      detail: 'Not yours',
      code: 'insufficient_scope',
      request_id: refused.headers.get('x-request-id'),
    });
  });

  it('takes one file of a multipart body', async () => {
    const user = await registerVerified();
    const form = new FormData();
    form.set('file', new Blob(['no picture'], { type: 'image/png' }), 'a.png');
    const answer = await ask('PUT', '/old/avatar', { token: user.access_token, body: form });
    expect([answer.status, answer.body.detail[0].type]).toEqual([422, expect.any(String)]);
    const huge = new FormData();
    huge.set('file', new Blob([new Uint8Array(2 * 1024 * 1024 + 1)]), 'a.png');
    expect((await ask('PUT', '/old/avatar', { token: user.access_token, body: huge })).status).toBe(413);
  });
});

describe('the addresses', () => {
  it('are for the methods of the table, and say which', async () => {
    const answer = await ask('DELETE', '/old/login');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect((await ask('DELETE', '/old/users/me')).headers.get('allow')).toBe('GET, PUT, HEAD, OPTIONS');
    expect((await ask('GET', '/old/nothing')).status).toBe(404);
  });

  it('have a slash at their end, or none', async () => {
    const token = (await register()).access_token;
    for (const path of ['/old/users/me/', '/old/slash/', '/old/slash?a=b']) {
      expect([path, (await ask('GET', path, { token })).status]).toEqual([path, 200]);
    }
    expect((await ask('POST', '/old/logout/', { token })).body).toEqual({ message: 'Bye' });
    expect((await ask('DELETE', '/old/login/')).headers.get('allow')).toBe('POST, OPTIONS');
    const preflight = await ask('OPTIONS', '/old/login/', { headers: { origin: ORIGIN } });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect((await ask('GET', '/old/users/', { token })).status).toBe(404);
    expect((await ask('GET', '/old/users/me//', { token })).status).toBe(404);
  });

  it('answer preflights by the realm of the row', async () => {
    const origin = { headers: { origin: ORIGIN } };
    const answer = await ask('OPTIONS', '/old/login', origin);
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN]);
    expect((await ask('OPTIONS', '/old/other/login', origin)).status).toBe(404);
  });

  it('leave the canonical ones alone', async () => {
    expect((await ask('GET', '/health')).status).toBe(200);
    expect((await ask('GET', '/v1/health')).status).toBe(200);
  });

  it('do nothing for the pictures and links of foreign pages', async () => {
    const token = (await register()).access_token;
    const from = (site: string) => ({ token, headers: { 'sec-fetch-site': site } });
    const refused = await ask('GET', '/old/bye', from('cross-site'));
    expect([refused.status, refused.body.code]).toEqual([403, 'origin_not_allowed']);
    expect((await ask('GET', '/old/users/me', from('cross-site'))).status).toBe(200);
    expect((await ask('GET', '/old/bye', from('same-site'))).status).toBe(204);
  });

  it('do not break on bodies that are nested deeply', async () => {
    for (const value of [
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      `${'{"a":'.repeat(10_800)}1${'}'.repeat(10_800)}`,
    ]) {
      const answer = await ask('POST', '/old/login', json(`{"username":${value},"password":"x"}`));
      expect([answer.status, answer.body.detail[0].loc]).toEqual([422, ['body', 'username']]);
    }
  });

  it('are refused to foreign pages of a browser', async () => {
    const answer = await ask('POST', '/old/login', {
      headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'username=a&password=b',
    });
    expect([answer.status, answer.body.code]).toEqual([403, 'origin_not_allowed']);
  });
});
