import { beforeAll, describe, expect, it } from 'vitest';
import { registerRole } from '../support/admin.ts';
import { call, INTERNAL, login, PASSWORD, register, registerVerified } from '../support/api.ts';
import { project } from '../support/projection.ts';

let token: string;
let refreshToken: string;
let adminId: string;

beforeAll(async () => {
  const owner = await registerRole('owner');
  [token, refreshToken, adminId] = [owner.access_token, owner.refresh_token, owner.user.id];
});

describe('GET /api/admin/users', () => {
  const list = (query = '') => call('GET', `/api/admin/users${query}`, { token });

  it('is a list, the newest first', async () => {
    const { user } = await register();
    const { status, body } = await list();
    expect([status, Array.isArray(body)]).toEqual([200, true]);
    expect(body[0]).toMatchObject({
      id: user.id,
      email: user.email,
      role: 'user',
      is_active: true,
      is_verified: false,
      last_login: expect.anything(),
      subscription: { plan: 'free' },
    });
  });

  it('is filtered, sorted, and taken in parts', async () => {
    const name = `Quill${crypto.randomUUID().slice(0, 8)}`;
    for (const letter of ['b', 'c', 'a']) {
      await register({ name, email: `${name.toLowerCase()}-${letter}@example.com` });
    }
    const emails = async (query: string) =>
      (await list(query)).body.map(({ email }: any) => email.at(name.length + 1));
    const filter = `?filter_by=name&filter_value=${name}`;
    expect(await emails(`${filter}&sort_by=email&sort_desc=false`)).toEqual(['a', 'b', 'c']);
    expect(await emails(`${filter}&sort_by=email&sort_desc=true`)).toEqual(['c', 'b', 'a']);
    expect(await emails(filter)).toEqual(['a', 'c', 'b']);
    expect(await emails(`${filter}&sort_by=id`)).toEqual(['a', 'c', 'b']);
    expect(await emails(`${filter}&skip=1&limit=2`)).toEqual(['c', 'b']);
    expect(await emails(`${filter}&skip=2&limit=2`)).toEqual(['b']);
    expect(await emails(`?filter_by=email&filter_value=${name}-A`)).toEqual(['a']);
    const all = async (query: string, of: (user: any) => unknown) =>
      new Set((await list(query)).body.map(of));
    expect(await all('?filter_by=is_active&filter_value=true', (user) => user.is_active)).toEqual(
      new Set([true]),
    );
    expect(await all('?filter_by=is_verified&filter_value=false', (user) => user.is_verified)).toEqual(
      new Set([false]),
    );
    expect(await all('?filter_by=role&filter_value=user', (user) => user.role)).toEqual(new Set(['user']));
    const plan = 'filter_by=subscription.plan&filter_value=professional';
    expect((await list(`?${plan}`)).body).toEqual([]);
    expect((await list('?filter_by=nonsense&filter_value=x')).status).toBe(200);
    for (const query of ['?limit=0', '?limit=x', '?skip=-1', '?skip=x', '?sort_by=password', '?skip=10000']) {
      expect([query, (await list(query)).status]).toEqual([query, 422]);
    }
  });

  it('gives more than a canonical page', async () => {
    const name = `Crowd${crypto.randomUUID().slice(0, 8)}`;
    const made = Array.from({ length: 105 }, (_, i) =>
      call('POST', '/v1/admin/users', {
        token,
        body: { email: `${name}${i}@example.com`, name, send_invitation: false },
      }),
    );
    await Promise.all(made);
    const users = (await list(`?filter_by=name&filter_value=${name}&limit=500`)).body;
    expect(new Set(users.map(({ id }: any) => id)).size).toBe(105);
    expect((await list(`?filter_by=name&filter_value=${name}&skip=50&limit=500`)).body).toHaveLength(55);
  });
});

describe('one user', () => {
  it('POST /api/admin/users makes one, GET /api/admin/users/{id} shows them', async () => {
    const email = `made-${crypto.randomUUID()}@example.com`;
    const made = await call('POST', '/api/admin/users', {
      token,
      body: {
        email,
        name: 'New User',
        password: PASSWORD,
        role: 'user',
        is_active: true,
        is_verified: true,
        subscription: { plan: 'basic', payment_method_id: 'pm_test_123456' },
      },
    });
    expect(made.status).toBe(201);
    const shown = { email, name: 'New User', role: 'user', is_active: true, is_verified: true };
    expect(made.body).toMatchObject({ ...shown, subscription: { plan: 'basic' } });
    const got = await call('GET', `/api/admin/users/${made.body.id}`, { token });
    expect([got.status, got.body]).toMatchObject([200, { ...shown, id: made.body.id }]);
    expect((await login(email)).status).toBe(200);
    const again = await call('POST', '/api/admin/users', { token, body: { email, password: PASSWORD } });
    expect([again.status, again.body.code]).toEqual([409, 'user_exists']);
    expect((await call('GET', '/api/admin/users/usr_x', { token })).status).toBe(404);
  });

  it('POST /api/admin/users makes one who may not come in yet', async () => {
    const email = `shut-${crypto.randomUUID()}@example.com`;
    const body = { email, password: PASSWORD, is_active: false, is_verified: false };
    const made = await call('POST', '/api/admin/users', { token, body });
    expect([made.status, made.body]).toMatchObject([201, { is_active: false, is_verified: false }]);
    expect((await login(email)).status).toBe(403);
    const wrong = { email: 'no', role: 'king', is_verified: 'maybe', subscription: { plan: 'gold' } };
    const refused = await call('POST', '/api/admin/users', { token, body: wrong });
    expect(refused.status).toBe(422);
    expect(refused.body.detail.map(({ loc }: any) => loc[1])).toEqual(['email', 'role', 'is_verified']);
  });

  it('PATCH /api/admin/users/{user_id}/status', async () => {
    const { user, access_token: theirs } = await register();
    const patch = (id: string, body: unknown) =>
      call('PATCH', `/api/admin/users/${id}/status`, { token, body });
    const changed = await patch(user.id, { is_active: false, is_verified: true, role: 'admin' });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ id: user.id, is_active: false, is_verified: true, role: 'admin' });
    expect((await call('GET', '/api/users/me', { token: theirs })).status).toBe(403);
    expect((await patch(user.id, { is_active: true })).body).toMatchObject({
      is_active: true,
      role: 'admin',
    });
    expect((await patch(user.id, {})).status).toBe(200);
    expect((await patch(user.id, { status: 'suspended' })).body.is_active).toBe(false);
    expect((await patch(user.id, { is_active: 'no' })).body.detail[0].loc).toEqual(['body', 'is_active']);
    expect((await patch(user.id, { role: 'king' })).status).toBe(422);
    expect((await patch('usr_x', { is_active: true })).status).toBe(404);
    for (const body of [{ is_active: false }, { role: 'user' }]) {
      expect((await patch(adminId, body)).body.code).toBe('own_account');
    }
  });

  it('DELETE /api/admin/users/{id}', async () => {
    const { user } = await register();
    expect((await call('DELETE', `/api/admin/users/${user.id}`, { token })).status).toBe(200);
    expect((await call('GET', `/api/admin/users/${user.id}`, { token })).status).toBe(404);
    expect((await call('DELETE', `/api/admin/users/${adminId}`, { token })).body.code).toBe('own_account');
  });
});

const STATISTICS = {
  total_users: expect.any(Number),
  active_users: expect.any(Number),
  verified_users: expect.any(Number),
  active_users_last_30_days: expect.any(Number),
};

describe('numbers', () => {
  it('GET /api/admin/users/statistics', async () => {
    await registerVerified();
    const { status, body } = await call('GET', '/api/admin/users/statistics', { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...STATISTICS, user_growth_rate: null });
    expect(body.subscription_distribution).toMatchObject({ free: expect.any(Number), basic: 1 });
    expect(Object.keys(body.registration_by_month)).toHaveLength(12);
    expect(body.registration_by_month[new Date().toISOString().slice(0, 7)]).toBeGreaterThan(100);
    expect(body.active_users + body.verified_users).toBeGreaterThan(0);
  });

  it.each(['access', 'session'])('GET /api/admin/dashboard takes an %s token', async (kind) => {
    const answer = await call('GET', '/api/admin/dashboard', {
      token: kind === 'session' ? refreshToken : token,
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      user_statistics: STATISTICS,
      token_usage_total: 0,
      token_usage_by_plan: {},
      token_usage_by_model: {},
      token_usage_by_day: { [new Date().toISOString().slice(0, 10)]: 0 },
      stats: {
        total_users: expect.any(Number),
        new_users_today: expect.any(Number),
        active_sessions: expect.any(Number),
        images_today: 0,
        videos_today: 0,
      },
      usage: [],
    });
    expect(Object.keys(answer.body.token_usage_by_day)).toHaveLength(30);
    expect(answer.body.users[0]).toMatchObject({
      id: expect.any(String),
      full_name: null,
      is_admin: false,
      email_verified: expect.any(Boolean),
      tier: 'free',
    });
  });

  it('GET /api/admin/dashboard names who uses most', async () => {
    const { user } = await register({ username: `top${crypto.randomUUID().slice(0, 8)}` });
    for (const [resource, quantity] of Object.entries({ images: 3, messages: 5 })) {
      const body = { user_id: user.id, resource, quantity };
      expect((await call('POST', '/v1/usage', { headers: INTERNAL, body })).status).toBe(200);
    }
    await project(user.id);
    const { body } = await call('GET', '/api/admin/dashboard', { token });
    expect(body.usage).toEqual([
      { user_id: user.id, username: user.username, images: 3, videos: 0, messages: 5 },
    ]);
    expect(body.stats.images_today).toBe(3);
  });

  it('GET /api/admin/dashboard says errors in both forms', async () => {
    const { access_token } = await register();
    const { status, body } = await call('GET', '/api/admin/dashboard', { token: access_token });
    expect([status, typeof body.detail]).toEqual([403, 'string']);
    expect(body.error).toBe(body.detail);
  });
});
