import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { metered } from '../../src/client/worker.ts';
import { INTERNAL_API_KEY, WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

const CONSUMER = join(import.meta.dirname, '../support/consumer');
const PASSWORD = 'three lighthouses at dusk';

let workers: WranglerDev;
let ada: { access_token: string; session_id: string; user: { id: string; email: string } };

beforeAll(async () => {
  workers = await WranglerDev.start((folder) => [join(CONSUMER, 'wrangler.toml'), writeConfig(folder)]);
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
  ['authorize', [{ token: 'x' }]],
  ['consume', [{ user_id: 'usr_x', resource: 'images' }]],
  ['usage.reserve', [{ user_id: 'usr_x', resource: 'images', reference: 'x' }]],
  ['usage.commit', [{ user_id: 'usr_x', reference: 'x' }]],
  ['usage.release', [{ user_id: 'usr_x', reference: 'x' }]],
  ['credits.balance', [{ user_id: 'usr_x' }]],
  ['credits.add', [{ user_id: 'usr_x', amount: 1, reference: 'x' }]],
  ['credits.use', [{ user_id: 'usr_x', amount: 1, reference: 'x' }]],
  ['credits.refund', [{ user_id: 'usr_x', refund_of: 'x', reference: 'y' }]],
  ['credits.transactions', [{ user_id: 'usr_x' }]],
  ['reserveUsage', [{ user_id: 'usr_x', resource: 'images', reference: 'x' }]],
  ['commitUsage', [{ user_id: 'usr_x', reference: 'x' }]],
  ['releaseUsage', [{ user_id: 'usr_x', reference: 'x' }]],
  ['creditBalance', [{ user_id: 'usr_x' }]],
  ['addCredits', [{ user_id: 'usr_x', amount: 1, reference: 'x' }]],
  ['useCredits', [{ user_id: 'usr_x', amount: 1, reference: 'x' }]],
  ['refundCredits', [{ user_id: 'usr_x', refund_of: 'x', reference: 'y' }]],
  ['creditTransactions', [{ user_id: 'usr_x' }]],
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
        anonymous: false,
        organization_id: null,
        organization_role: null,
        authenticated_at: expect.any(String),
        amr: ['pwd'],
        acr: 'aal1',
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

describe('authorize', () => {
  it('decides for a service: who, and all of it or nothing', async () => {
    const { access_token: token, user } = await register('decides@example.com');
    const request = { token, resource: 'images', quantity: 3, credits: 5, reference: 'r1' };
    const refused = await call('authorize', [request]);
    expect(refused).toMatchObject({
      ok: true,
      value: { allowed: false, reason: 'insufficient_credits', user_id: user.id, balance: 0 },
    });
    expect(refused.value.quota).toMatchObject({ resource: 'images', limit: 20, used: 0 });
    await call('credits.add', [{ user_id: user.id, amount: 7, reference: 'bought' }]);
    const allowed = { ...request, reference: 'r2' };
    const decided = await call('authorize', [allowed]);
    expect(decided).toMatchObject({
      ok: true,
      value: { allowed: true, reason: null, balance: 2, quota: { used: 3, remaining: 17 }, reference: 'r2' },
    });
    expect(await call('authorize', [allowed])).toEqual(decided);
    const overHttp = await send('POST', '/v1/authorize', { key: INTERNAL_API_KEY, body: allowed });
    expect(overHttp.body).toEqual(decided.value);
  });

  it('charges for bindings with `credits:write` only', async () => {
    const request = { token: ada.access_token, resource: 'images' };
    expect((await call('authorize', [request], 'USAGE_ONLY')).value.allowed).toBe(true);
    const { error } = await call('authorize', [{ ...request, credits: 1 }], 'USAGE_ONLY');
    expect(error).toMatchObject({
      code: 'insufficient_scope',
      detail: expect.stringContaining('credits:write'),
    });
  });

  it('is the strict check', async () => {
    const { access_token: token } = await register('strict@example.com');
    await send('POST', '/v1/auth/logout', { token });
    expect((await call('authorize', [{ token }])).value).toMatchObject({
      allowed: false,
      reason: 'session_ended',
      user_id: null,
    });
    expect((await call('authorize', [{ token: 'x' }])).value.reason).toBe('invalid_token');
    const { value } = await call('authorize', [{ token: ada.access_token }], 'OTHER_REALM');
    expect(value.reason).toBe('invalid_token');
  });

  it('serves the service of a product', async () => {
    const { access_token: token, user } = await register('product@example.com');
    const refused = await send('POST', '/generate', { token });
    expect(refused).toMatchObject({ status: 403, body: { reason: 'insufficient_credits' } });
    await call('credits.add', [{ user_id: user.id, amount: 5, reference: 'bought' }]);
    const made = await send('POST', '/generate', { token });
    expect(made).toEqual({ status: 200, body: { made_for: user.id, left: 19 } });
    expect((await send('POST', '/generate', { token: 'x' })).body.reason).toBe('invalid_token');
  });
});

describe('consume', () => {
  it('uses quota to the last, and says when there is more', async () => {
    const { user } = await register('consumes@example.com');
    const consume = (quantity: number) =>
      call('consume', [{ user_id: user.id, resource: 'images', quantity }]);
    expect((await consume(18)).value).toMatchObject({
      user_id: user.id,
      quota: { resource: 'images', used: 18, remaining: 2 },
    });
    const { error } = await consume(3);
    expect(error).toMatchObject({ code: 'quota_exceeded', status: 429 });
    expect(error.retry_after).toBeGreaterThan(0);
    expect((await consume(2)).value.quota.remaining).toBe(0);
    const nothing = await call('consume', [{ user_id: user.id, resource: 'unicorns' }]);
    expect(nothing.error.status).toBeGreaterThanOrEqual(400);
    expect(
      (await call('consume', [{ user_id: user.id, resource: 'images' }], 'OTHER_REALM')).error.code,
    ).toBe('user_not_found');
  });
});

describe('usage', () => {
  it('is held, counted as far as it was used, and given up', async () => {
    const { user } = await register('holds@example.com');
    const of = (reference: string) => ({ user_id: user.id, reference });
    const reserve = (reference: string, quantity: number) =>
      call('usage.reserve', [{ ...of(reference), resource: 'images', quantity }]);
    expect((await reserve('a', 15)).value).toMatchObject({
      reservation: { reference: 'a', status: 'held' },
      quota: { remaining: 5 },
    });
    expect((await reserve('b', 6)).error).toMatchObject({ code: 'quota_exceeded', status: 429 });
    expect((await call('usage.commit', [{ ...of('a'), quantity: 4 }])).value).toMatchObject({
      reservation: { status: 'committed' },
      quota: { used: 4, remaining: 16 },
    });
    await reserve('c', 16);
    expect((await call('usage.release', [of('c')])).value.quota.remaining).toBe(16);
    expect((await call('usage.commit', [of('c')])).error.code).toBe('reservation_ended');
    expect((await call('usage.commit', [of('d')])).error.code).toBe('reservation_not_found');
    expect((await call('usage.commit', [of('a')], 'OTHER_REALM')).error.code).toBe('user_not_found');
    const unnamed = await call('usage.reserve', [{ user_id: user.id, resource: 'images' }]);
    expect(unnamed.error.code).toBe('validation_failed');
  });

  it('is metered by the client package: counted where the work is done, and nothing where it fails', async () => {
    const { user } = await register('metered@example.com');
    const ask = { user_id: user.id, resource: 'images', quantity: 10 };
    const binding = {
      reserveUsage: (of: object) => call('reserveUsage', [of]),
      commitUsage: (of: object) => call('commitUsage', [of]),
      releaseUsage: (of: object) => call('releaseUsage', [of]),
    };
    await metered(binding, ask, async ({ used }) => used(3));
    const failing = metered(binding, ask, async () => {
      throw new Error('no picture');
    });
    await expect(failing).rejects.toThrow('no picture');
    const most = metered(binding, { ...ask, quantity: 18 }, async () => {});
    await expect(most).rejects.toMatchObject({ code: 'quota_exceeded', status: 429 });
    expect((await call('usage.reserve', [{ ...ask, reference: 'x' }])).value.quota).toMatchObject({
      used: 3,
    });
  });
});

describe('credits', () => {
  it('come, go, and come back', async () => {
    const { user } = await register('credits@example.com');
    const about = { user_id: user.id };
    expect((await call('credits.balance', [about])).value).toEqual({
      user_id: user.id,
      balance: 0,
      reserved: 0,
      sources: [],
    });
    const bought = await call('credits.add', [{ ...about, type: 'purchase', amount: 10, reference: 'p1' }]);
    expect(bought.value).toMatchObject({ balance: 10, transaction: { type: 'purchase', amount: 10 } });
    const used = await call('credits.use', [
      { ...about, amount: 4, reference: 'u1', description: 'a picture' },
    ]);
    expect(used.value).toMatchObject({ balance: 6, transaction: { type: 'used', description: 'a picture' } });
    expect(
      await call('credits.use', [{ ...about, amount: 4, reference: 'u1', description: 'a picture' }]),
    ).toEqual(used);
    const back = await call('credits.refund', [{ ...about, refund_of: 'u1', reference: 'b1' }]);
    expect(back.value).toMatchObject({ balance: 10, transaction: { type: 'refund', amount: 4 } });
    const page = await call('credits.transactions', [{ ...about, limit: 2 }]);
    expect(page.value.data).toEqual([back.value.transaction, used.value.transaction]);
    const rest = await call('credits.transactions', [{ ...about, cursor: page.value.next_cursor }]);
    expect(rest.value).toEqual({ data: [bought.value.transaction], next_cursor: null });
    const http = (path: string) =>
      send('GET', `/v1/credits/${path}user_id=${user.id}`, { key: INTERNAL_API_KEY });
    expect((await http('transactions?limit=2&')).body).toEqual(page.value);
    expect((await http('balance?')).body).toEqual((await call('credits.balance', [about])).value);
  });

  it('fail with the codes of the catalogue', async () => {
    const { user } = await register('poor@example.com');
    const about = { user_id: user.id };
    const codeOf = async (method: string, args: object, binding?: string) =>
      (await call(`credits.${method}`, [{ ...about, ...args }], binding)).error?.code;
    expect(await codeOf('use', { amount: 1, reference: 'a' })).toBe('insufficient_credits');
    expect(await codeOf('refund', { refund_of: 'a', reference: 'b' })).toBe('transaction_not_found');
    expect(await codeOf('add', { amount: 2, reference: 'c' })).toBeUndefined();
    expect(await codeOf('add', { amount: 3, reference: 'c' })).toBe('reference_reused');
    expect(await codeOf('use', { amount: 1, reference: 'd' })).toBeUndefined();
    expect(await codeOf('refund', { refund_of: 'd', amount: 2, reference: 'e' })).toBe('refund_exceeds_use');
    for (const amount of [0, -1, 1.5, '1', null]) {
      expect(await codeOf('add', { amount, reference: 'f' })).toBe('validation_failed');
    }
    for (const [method, args] of [
      ['balance', {}],
      ['transactions', {}],
      ['add', { amount: 1, reference: 'g' }],
      ['use', { amount: 1, reference: 'g' }],
    ] as const) {
      expect(await codeOf(method, args, 'OTHER_REALM'), method).toBe('user_not_found');
    }
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
