import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { ASKED_OFTEN } from '../../src/http/request-log.ts';
import { log, setLogLevel } from '../../src/lib/log.ts';
import { createServices } from '../../src/services.ts';
import { type Answer, type CallOptions, call, createRealm, expectProblem, ORIGIN } from '../support/api.ts';

const EMAIL = 'sentinel.mail@leak.example';
const PASSWORD = 'sentinel password nobody may see';
const PHONE = '+442071830001';
const FORGED = `lkr.usr_${'0'.repeat(26)}.ses_${'0'.repeat(26)}.1.${'s'.repeat(43)}`;

let spies: MockInstance[];

beforeEach(() => {
  spies = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  );
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** All that was logged since the last test, by whatever means. */
const logged = (): string[] =>
  spies.flatMap((spy) => spy.mock.calls.map((call) => call.map(String).join(' ')));

/** The one line of a request. */
function lineOf(answer: Answer): Record<string, unknown> {
  const id = answer.headers.get('x-request-id') as string;
  const lines = logged().filter((line) => line.includes(id) && line.includes('"event":"request"'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('\n');
  return JSON.parse(lines[0] as string);
}

function expectNotLogged(...secrets: (string | undefined)[]): void {
  const log = logged().join('\n');
  expect(log).not.toBe('');
  for (const secret of secrets) {
    expect(secret).toBeTruthy();
    expect(log.toLowerCase()).not.toContain(secret?.toLowerCase());
  }
  expect(log).not.toMatch(/sentinel|eyJ|lkr\.|\$argon2/i);
}

const login = (password: string, identifier = EMAIL) =>
  call('POST', '/v1/auth/login', { body: { identifier, password } });

describe('the log line of a request', () => {
  it('says what was asked and what came of it', async () => {
    await createRealm('acme');
    const body = { email: EMAIL, password: PASSWORD };
    const registered = await call('POST', '/v1/auth/register', { realm: 'acme', body });
    const token = registered.body.access_token;
    const cases: [string, string, CallOptions, Record<string, unknown>][] = [
      [
        'GET',
        '/v1/me?x=1',
        { realm: 'acme', token },
        { route: '/v1/me', status: 200, realm: 'acme', user_id: registered.body.user.id },
      ],
      [
        'GET',
        '/v1/me',
        {},
        { route: '/v1/me', status: 401, code: 'authentication_required', realm: 'default' },
      ],
      [
        'POST',
        '/v1/auth/login',
        { body: {} },
        { route: '/v1/auth/login', status: 422, code: 'validation_failed', realm: 'default' },
      ],
      ['GET', '/v1/auth/login', {}, { route: null, status: 405, realm: 'default' }],
      ['GET', '/nowhere', {}, { route: null, status: 404, code: 'not_found', realm: 'default' }],
      ['GET', '/v1/me', { realm: 'nobody' }, { status: 404, realm: null }],
      ['OPTIONS', '/v1/me', { headers: { origin: ORIGIN } }, { status: 204, realm: 'default' }],
      ['HEAD', '/docs/start.js', {}, { route: '/docs/start.js', status: 200, realm: 'default' }],
    ];
    for (const [method, path, options, expected] of cases) {
      const answer = await call(method, path, options);
      const line = lineOf(answer);
      expect(line, `${method} ${path}`).toMatchObject({
        level: 'info',
        event: 'request',
        request_id: answer.headers.get('x-request-id'),
        method,
        user_id: null,
        ...expected,
      });
      expect(line.ms).toEqual(expect.any(Number));
      const fields = [
        'event',
        'key_id',
        'level',
        'method',
        'ms',
        'realm',
        'request_id',
        'route',
        'status',
        'user_id',
      ];
      expect(Object.keys(line).toSorted()).toEqual(
        answer.status >= 400 ? [...fields, 'code'].toSorted() : fields,
      );
    }
  });

  it('has the pattern of a path, not what was written into it', async () => {
    const { body } = await call('POST', '/v1/auth/register', { body: { email: EMAIL, password: PASSWORD } });
    const answer = await call('DELETE', '/v1/me/sessions/sentinel?sentinel=1', { token: body.access_token });
    expectProblem(answer, 404, 'session_not_found');
    expect(lineOf(answer).route).toBe('/v1/me/sessions/:id');
    await call('GET', '/sentinel/sentinel@example.com?token=sentinel');
    await call('GET', '/v1/me', { realm: 'sentinel' });
    expectNotLogged('sentinel');
  });
});

describe('LOG_LEVEL', () => {
  afterEach(() => setLogLevel('info'));

  const shown = () => logged().map((line) => JSON.parse(line).level);

  it.each([
    ['info', ['info', 'warn', 'error']],
    ['DEBUG', ['info', 'warn', 'error']],
    ['Warning', ['warn', 'error']],
    ['error', ['error']],
    ['CRITICAL', ['error']],
  ])('%s shows %j', async (level, expected) => {
    createServices({ ...env, LOG_LEVEL: level } as never);
    for (const each of ['info', 'warn', 'error'] as const) log(each, 'tried', {});
    expect(shown()).toEqual(expected);
  });

  it('leaves out requests, and shows those that failed here', async () => {
    setLogLevel('warn');
    await call('GET', '/v1/me');
    expect(logged()).toEqual([]);
  });

  it('is one of these', () => {
    expect(() => createServices({ ...env, LOG_LEVEL: 'loud' } as never)).toThrow(/LOG_LEVEL/);
  });
});

describe('the log', () => {
  const fields = {
    email: `second.${EMAIL}`,
    username: 'sentinel_name',
    phone_number: PHONE,
    name: 'Sentinel Name',
  };

  it('holds no secret and no address of a sign-in that succeeds', async () => {
    const body = { ...fields, password: PASSWORD };
    const registered = await call('POST', '/v1/auth/register', { body });
    expect(registered.status).toBe(201);
    const signedIn = await login(PASSWORD, fields.email);
    const refreshed = await call('POST', '/v1/auth/refresh', {
      body: { refresh_token: signedIn.body.refresh_token },
    });
    const cookie = `__Host-latchkey=${refreshed.body.refresh_token}`;
    const me = await call('GET', '/v1/me', { headers: { cookie } });
    expect([signedIn.status, refreshed.status, me.status]).toEqual([200, 200, 200]);
    const tokens = [registered, signedIn, refreshed].flatMap((answer) => [
      answer.body.access_token,
      answer.body.refresh_token,
    ]);
    expectNotLogged(fields.email, PASSWORD, PHONE, ...tokens);
  });

  it('holds none of one that fails', async () => {
    const taken = { email: fields.email, password: PASSWORD };
    expectProblem(await call('POST', '/v1/auth/register', { body: taken }), 409, 'user_exists');
    const wrong = { email: 'sentinel', password: PASSWORD, sentinel: PHONE };
    expectProblem(await call('POST', '/v1/auth/register', { body: wrong }), 422, 'validation_failed');
    expectProblem(await login(`${PASSWORD}!`, fields.email), 401, 'invalid_credentials');
    expectProblem(await login(PASSWORD, 'sentinel@nobody.example'), 401, 'invalid_credentials');
    const raw = `{"password":"${PASSWORD}"`;
    const headers = { 'content-type': 'application/json' };
    expectProblem(await call('POST', '/v1/auth/login', { raw, headers }), 400, 'invalid_json');
    const refresh = { body: { refresh_token: FORGED } };
    expectProblem(await call('POST', '/v1/auth/refresh', refresh), 401, 'invalid_token');
    expectProblem(
      await call('GET', '/v1/me', { token: 'eyJzZW50aW5lbCI6MX0.sentinel.sentinel' }),
      401,
      'invalid_token',
    );
    expectProblem(
      await call('GET', '/v1/me', { headers: { authorization: 'Basic sentinel' } }),
      401,
      'authentication_required',
    );
    expectNotLogged(fields.email, PASSWORD, PHONE, FORGED);
  });

  it('holds none when the database fails, but says that it did', async () => {
    await env.DB.exec('ALTER TABLE passwords RENAME TO passwords_away');
    try {
      const body = { ...fields, email: `third.${EMAIL}`, username: 'sentinel_other', password: PASSWORD };
      const answers = [await call('POST', '/v1/auth/register', { body }), await login(PASSWORD)];
      for (const answer of answers) expect([500, 503]).toContain(answer.status);
      const failures = logged().filter((line) => line.includes('"event":"request_failed"'));
      expect(failures.map((line) => JSON.parse(line).request_id)).toEqual(
        answers.map((answer) => answer.headers.get('x-request-id')),
      );
      expect(failures.join()).toContain('no such table');
      expect(JSON.stringify(answers.map((answer) => answer.body))).not.toContain('table');
      expectNotLogged(body.email, PASSWORD, PHONE);
    } finally {
      await env.DB.exec('ALTER TABLE passwords_away RENAME TO passwords');
    }
  });
});

describe('a log that is sampled', () => {
  const answered = async (sample: string, path: string, count: number, headers = {}, method = 'GET') => {
    const bindings = { ...env, LOG_SAMPLE: sample } as unknown as Bindings;
    const app = createApp(createServices(bindings), bindings);
    for (let n = 0; n < count; n += 1) {
      await app.fetch(new Request(`${ORIGIN}${path}`, { method, headers }), bindings);
    }
    return logged()
      .filter((line) => line.includes('"event":"request"'))
      .map((line) => JSON.parse(line));
  };
  const signedUp = async () => {
    const body = { email: `${crypto.randomUUID()}@example.com`, password: PASSWORD };
    const { access_token } = (await call('POST', '/v1/auth/register', { body })).body;
    for (const spy of spies) spy.mockClear();
    return { authorization: `Bearer ${access_token}` };
  };

  it('has a part of the successes of what is asked for often, and says which part', async () => {
    const headers = await signedUp();
    vi.spyOn(Math, 'random').mockReturnValueOnce(0.3).mockReturnValueOnce(0.19).mockReturnValueOnce(0.2);
    const lines = await answered('0.2', '/v1/me', 3, headers);
    expect(lines).toEqual([expect.objectContaining({ route: '/v1/me', status: 200, sample: 0.2 })]);
  });

  it('has all that fails, and all else', async () => {
    const headers = await signedUp();
    vi.spyOn(Math, 'random').mockReturnValue(0.99);
    expect(await answered('0.01', '/v1/me', 3)).toHaveLength(3);
    const sessions = await answered('0.01', '/v1/me/sessions', 3, headers);
    expect(sessions.slice(3)).toEqual(Array(3).fill(expect.not.objectContaining({ sample: 0.01 })));
  });

  it('has everything unless told otherwise', async () => {
    const headers = await signedUp();
    vi.spyOn(Math, 'random').mockReturnValue(0.999_999);
    expect(await answered('1', '/v1/me', 3, headers)).toHaveLength(3);
  });

  it('is of routes that exist', async () => {
    const { body } = await call('GET', '/openapi.json');
    const operations = Object.entries(body.paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...ASKED_OFTEN].filter((one) => !operations.includes(one))).toEqual([]);
  });
});
