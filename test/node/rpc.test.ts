import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../src/cli/d1.ts';
import { INTERNAL_API_KEY, TwoWorkers } from '../support/two-workers.ts';

const CONSUMER = join(import.meta.dirname, '../support/consumer');
const PASSWORD = 'three lighthouses at dusk';

let workers: TwoWorkers;
let ada: { access_token: string; session_id: string; user: { id: string; email: string } };

beforeAll(async () => {
  workers = await TwoWorkers.start(join(CONSUMER, 'wrangler.toml'));
  ada = await register('ada@example.com');
});

afterAll(() => workers?.stop());

async function send(
  method: string,
  path: string,
  options: { body?: unknown; token?: string; key?: string } = {},
) {
  const { body, token, key } = options;
  const response = await fetch(`${workers.origin}${path}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(key && { 'X-API-Key': key }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

async function register(email: string) {
  const { status, body } = await send('POST', '/v1/auth/register', { body: { email, password: PASSWORD } });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

/** What a call comes to, made by the consumer; fails when it throws. */
async function call(method: string, args: unknown[], binding = 'AUTH') {
  const { body } = await send('POST', '/call', { body: { binding, method, args } });
  expect(body, `${method} threw`).toHaveProperty('returned');
  return body.returned;
}

/** What calls of a stranger to the rules come to, whatever is called. */
const EVERY_METHOD: [string, unknown[]][] = [
  ['verify', ['x']],
  ['getUser', ['usr_x']],
  ['getUserByEmail', ['nobody@example.com']],
];
/** Which need no scope, but props. */
const UNSCOPED = ['verify'];

describe.each(EVERY_METHOD)('%s', (method, args) => {
  it('does nothing for a binding without props, or with props that mean nothing', async () => {
    for (const binding of ['NO_PROPS', 'WRONG_SCOPE']) {
      const { ok, error } = await call(method, args, binding);
      expect({ ok, code: error.code, status: error.status }).toEqual({
        ok: false,
        code: 'insufficient_scope',
        status: 403,
      });
    }
  });

  it('needs its scope', async () => {
    const { error } = await call(method, args, 'NO_SCOPES');
    if (UNSCOPED.includes(method)) expect(error.code).not.toBe('insufficient_scope');
    else expect(error).toMatchObject({ code: 'insufficient_scope', detail: expect.stringContaining('`') });
  });

  it('gives a value for a realm that does not exist', async () => {
    expect((await call(method, args, 'NO_REALM')).error.code).toBe('realm_not_found');
  });

  it('validates what it is given, and says what is wrong', async () => {
    for (const wrong of [[], [null], [7], [[]], [{ '': 1 }], [{ __proto__: 1 }]]) {
      const { ok, error } = await call(method, wrong);
      expect({ ok, code: error.code }).toEqual({ ok: false, code: 'validation_failed' });
      expect(error.errors.length).toBeGreaterThan(0);
    }
  });
});

describe('verify', () => {
  it('says who, without asking anybody', async () => {
    const verified = await call('verify', [ada.access_token]);
    expect(verified).toEqual({
      ok: true,
      value: {
        user_id: ada.user.id,
        session_id: ada.session_id,
        role: 'user',
        plan: 'free',
        email_verified: false,
        expires_at: expect.any(String),
      },
    });
    const { body } = await send('GET', '/v1/auth/session', { token: ada.access_token });
    expect(verified.value).toEqual(body);
  });

  it('is the local check: a session that has ended shows in the strict one only', async () => {
    const { access_token: token } = await register('ended@example.com');
    expect((await send('POST', '/v1/auth/logout', { token })).status).toBe(204);
    expect((await call('verify', [token])).ok).toBe(true);
    expect((await send('GET', '/v1/auth/session', { token })).body.code).toBe('session_ended');
  });

  it('refuses what is no token of the realm', async () => {
    const [head, payload, signature = ''] = ada.access_token.split('.');
    const forged = `${head}.${payload}.${signature.slice(0, -4)}AAAA`;
    for (const token of ['', 'x', forged, `${head}.${payload}.`]) {
      const error = { code: 'invalid_token', status: 401, title: 'The token is not valid' };
      expect(await call('verify', [token])).toEqual({ ok: false, error });
    }
    expect((await call('verify', [ada.access_token], 'OTHER_REALM')).error.code).toBe('invalid_token');
  });
});

describe('users', () => {
  it('are the same as over HTTP', async () => {
    const { body } = await send('GET', `/v1/users/${ada.user.id}`, { key: INTERNAL_API_KEY });
    expect(body.id).toBe(ada.user.id);
    expect(await call('getUser', [ada.user.id])).toEqual({ ok: true, value: body });
    expect(await call('getUserByEmail', [' ADA@Example.com'])).toEqual({ ok: true, value: body });
  });

  it('are those of the binding’s realm only', async () => {
    const error = { code: 'user_not_found', status: 404, title: 'There is no such user' };
    expect(await call('getUser', ['usr_x'])).toEqual({ ok: false, error });
    expect(await call('getUser', [ada.user.id], 'OTHER_REALM')).toEqual({ ok: false, error });
    expect(await call('getUserByEmail', ['ada@example.com'], 'OTHER_REALM')).toEqual({ ok: false, error });
  });
});

it('shows nothing but its methods', async () => {
  for (const method of ['env', 'ctx', '#binding', 'call', '_binding', 'fetchUser']) {
    const { body } = await send('POST', '/call', { body: { binding: 'AUTH', method, args: [] } });
    expect(body.thrown, method).toMatch(/does not implement/);
  }
});

it('is typed for its consumers', async () => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const compiled = promisify(execFile)(process.execPath, [tsc, '-p', CONSUMER], { encoding: 'utf8' });
  expect(await compiled.catch((error) => error)).toMatchObject({ stdout: '' });
});
