import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { registerRole } from '../support/admin.ts';
import { call, login, PASSWORD, register, registerVerified } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { images } from '../support/images.ts';
import { mailTo, tokenTo } from '../support/mail.ts';

const NEW_PASSWORD = 'four lighthouses at dawn';
const newcomer = () => ({
  email: `astro-${crypto.randomUUID()}@example.com`,
  username: `a${crypto.randomUUID().slice(0, 12)}`,
  password: PASSWORD,
  first_name: 'Ada',
  last_name: 'Lovelace',
});
const aUser = {
  id: expect.stringMatching(/^usr_/),
  email: expect.any(String),
  role: 'user',
  is_verified: expect.any(Boolean),
  created_at: expect.any(String),
  updated_at: expect.any(String),
};
const TOKENS = {
  access_token: expect.any(String),
  refresh_token: expect.any(String),
  token_type: 'bearer',
  expires_in: expect.any(Number),
};

describe('signing in', () => {
  it('POST /api/auth/register makes an account', async () => {
    const sent = newcomer();
    const { status, body } = await call('POST', '/api/auth/register', { body: { ...sent, role: 'admin' } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...TOKENS, success: true, message: expect.any(String) });
    const { password: _, ...shown } = sent;
    expect(body.user).toMatchObject({ ...aUser, ...shown, avatar_url: null, is_verified: false });
    expect((await mailTo(sent.email, /onfirm|erify/)).text).toContain('token=');
  });

  it('POST /api/auth/register takes the names of the TypeScript front end, and what forms leave empty', async () => {
    const { first_name: firstName, last_name: lastName, ...rest } = newcomer();
    const camel = await call('POST', '/api/auth/register', { body: { ...rest, firstName, lastName } });
    expect(camel.body.user).toMatchObject({ first_name: 'Ada', last_name: 'Lovelace' });
    const body = { ...newcomer(), first_name: '', last_name: '' };
    expect((await call('POST', '/api/auth/register', { body })).body.user.first_name).toBeNull();
  });

  it('POST /api/auth/register refuses an address or a name that is taken, and what is not valid', async () => {
    const sent = newcomer();
    await call('POST', '/api/auth/register', { body: sent });
    const again = await call('POST', '/api/auth/register', { body: { ...sent, username: 'another' } });
    expect([again.status, again.body.code, typeof again.body.detail]).toEqual([409, 'user_exists', 'string']);
    const named = { ...newcomer(), username: sent.username };
    expect((await call('POST', '/api/auth/register', { body: named })).body.code).toBe('username_taken');
    const wrong = { ...newcomer(), first_name: 7, password: 'short' };
    const invalid = await call('POST', '/api/auth/register', { body: wrong });
    expect(invalid.status).toBe(422);
    expect(invalid.body.detail).toContainEqual(expect.objectContaining({ loc: ['body', 'first_name'] }));
  });

  it('POST /api/auth/login gives tokens, of whose claims `sub` is the user', async () => {
    const { user } = await register();
    const { status, body } = await call('POST', '/api/auth/login', {
      body: { email: user.email, password: PASSWORD, rememberMe: true },
    });
    expect([status, body]).toMatchObject([200, TOKENS]);
    const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
    expect(claims.sub).toBe(user.id);
    const wrong = await call('POST', '/api/auth/login', { body: { email: user.email, password: 'wrong' } });
    expect([wrong.status, typeof wrong.body.detail]).toEqual([401, 'string']);
    const nobody = { email: 'nobody@example.com', password: 'wrong' };
    expect((await call('POST', '/api/auth/login', { body: nobody })).body.detail).toBe(wrong.body.detail);
    expect((await call('POST', '/api/auth/login', { body: {} })).status).toBe(422);
  });

  it('POST /api/auth/refresh gives a new pair', async () => {
    const { refresh_token } = await register();
    const fresh = await call('POST', '/api/auth/refresh', { body: { refresh_token } });
    expect([fresh.status, fresh.body]).toMatchObject([200, TOKENS]);
    const camel = { refreshToken: fresh.body.refresh_token };
    expect((await call('POST', '/api/auth/refresh', { body: camel })).status).toBe(200);
    expect((await call('POST', '/api/auth/refresh', { body: { refresh_token: 'no' } })).status).toBe(401);
    expect((await call('POST', '/api/auth/refresh', { body: {} })).status).toBe(422);
  });

  it('POST /api/auth/logout ends the session at once', async () => {
    const { access_token: token } = await register();
    const { status, body } = await call('POST', '/api/auth/logout', { token });
    expect([status, body.message]).toEqual([200, 'Successfully logged out']);
    expect((await call('GET', '/api/user/profile', { token })).status).toBe(401);
  });
});

describe('mails', () => {
  it('POST /api/auth/forgot-password and POST /api/auth/reset-password set a new password', async () => {
    const { user } = await registerVerified();
    const unknown = await call('POST', '/api/auth/forgot-password', {
      body: { email: 'nobody@example.com' },
    });
    const known = await call('POST', '/api/auth/forgot-password', { body: { email: user.email } });
    expect([known.status, known.body]).toEqual([200, unknown.body]);
    expect(known.body.message).toContain('password reset instructions');
    const token = await tokenTo(user.email, /password/i);
    const reset = (password: object) =>
      call('POST', '/api/auth/reset-password', { body: { token, ...password } });
    expect((await reset({ new_password: 'short' })).body.detail[0].loc).toEqual(['body', 'new_password']);
    const done = await reset({ new_password: NEW_PASSWORD });
    expect([done.status, done.body.message]).toEqual([200, 'Password reset successfully']);
    expect((await login(user.email, NEW_PASSWORD)).status).toBe(200);
    expect((await reset({ newPassword: NEW_PASSWORD })).status).toBe(400);
    expect((await call('POST', '/api/auth/forgot-password', { body: { email: 'no' } })).status).toBe(422);
  });

  it('POST /api/auth/verify-email proves the address, by the link of POST /api/auth/resend-verification', async () => {
    const { user, access_token: token } = await register();
    await mailTo(user.email, /onfirm|erify/);
    const unknown = await call('POST', '/api/auth/resend-verification', {
      body: { email: 'nobody@example.com' },
    });
    const resent = await call('POST', '/api/auth/resend-verification', { body: { email: user.email } });
    expect([resent.status, resent.body]).toEqual([200, unknown.body]);
    const mailed = await tokenTo(user.email, /onfirm|erify/, 2);
    const verify = () => call('POST', '/api/auth/verify-email', { body: { token: mailed } });
    const verified = await verify();
    expect([verified.status, verified.body.message]).toEqual([200, 'Email verified successfully']);
    expect((await call('GET', '/api/user/profile', { token })).body.is_verified).toBe(true);
    expect((await call('POST', '/api/auth/verify-email', { body: { token: 'no' } })).status).toBe(400);
  });
});

describe('the profile', () => {
  it('GET /api/user/profile and PUT /api/user/profile', async () => {
    const { access_token: token, user } = await registerVerified({ given_name: 'A' });
    const profile = await call('GET', '/api/user/profile', { token });
    expect(profile.status).toBe(200);
    expect(profile.body).toMatchObject({ ...aUser, id: user.id, first_name: 'A', avatar_url: null });
    const body = { first_name: 'Grace', last_name: 'Hopper', avatar_url: 'https://example.com/g.png' };
    const changed = await call('PUT', '/api/user/profile', { token, body });
    expect([changed.status, changed.body]).toMatchObject([200, { id: user.id, ...body }]);
    const cleared = await call('PUT', '/api/user/profile', {
      token,
      body: { firstName: '', last_name: null },
    });
    expect(cleared.body).toMatchObject({ first_name: null, last_name: null, avatar_url: body.avatar_url });
    const wrong = await call('PUT', '/api/user/profile', { token, body: { avatar_url: 'javascript:1' } });
    expect([wrong.status, wrong.body.detail[0].loc]).toEqual([422, ['body', 'avatar_url']]);
  });

  it('POST /api/user/change-password', async () => {
    const { access_token: token, user } = await registerVerified();
    const change = (body: object) => call('POST', '/api/user/change-password', { token, body });
    expect((await change({ current_password: 'wrong', new_password: NEW_PASSWORD })).status).toBe(400);
    const done = await change({ currentPassword: PASSWORD, newPassword: NEW_PASSWORD });
    expect([done.status, done.body.message]).toEqual([200, 'Password changed successfully']);
    expect((await login(user.email, NEW_PASSWORD)).status).toBe(200);
    expect((await change({ current_password: NEW_PASSWORD, new_password: '1' })).status).toBe(422);
  });

  it.each(['file', 'avatar'])('POST /api/user/upload-avatar takes the field %s', async (field) => {
    const { access_token: token } = await registerVerified();
    const upload = (content: string | Uint8Array, type: string) => {
      const raw = new FormData();
      raw.set(field, new Blob([content as string], { type }), 'me.png');
      return call('POST', '/api/user/upload-avatar', { token, raw });
    };
    const { status, body } = await upload(images.pngRgb, 'image/png');
    expect([status, body.avatar_url]).toEqual([200, expect.stringMatching(/\/avatars\//)]);
    const wrong = await upload('no picture', 'image/png');
    expect([wrong.status, wrong.body.detail[0].loc]).toEqual([422, ['body', 'file']]);
    expect((await call('POST', '/api/user/upload-avatar', { token, raw: new FormData() })).status).toBe(422);
  });

  it('DELETE /api/user/account takes the password, or a session that has just begun', async () => {
    const user = await registerVerified();
    const remove = (token: string, body?: unknown) => call('DELETE', '/api/user/account', { token, body });
    expect((await remove(user.access_token, { password: 'wrong' })).status).toBe(400);
    advance(11 * 60_000);
    const old = await call('POST', '/api/auth/refresh', { body: { refresh_token: user.refresh_token } });
    expect((await remove(old.body.access_token)).status).toBe(401);
    const done = await remove(old.body.access_token, { password: PASSWORD });
    expect([done.status, done.body.message]).toEqual([200, 'Account deleted successfully']);
    const { access_token: fresh } = await registerVerified();
    expect((await remove(fresh)).status).toBe(200);
    expect((await call('GET', '/api/user/profile', { token: fresh })).status).toBe(401);
  });
});

describe('administration', () => {
  it('GET /api/admin/users in pages, narrowed', async () => {
    const { access_token: token } = await registerRole('admin');
    const name = `Zed${crypto.randomUUID().slice(0, 8)}`;
    for (let i = 0; i < 3; i++) await register({ name: `${name} ${i}` });
    const { user } = await registerVerified({ name: `${name} 3` });
    const list = (query: string) => call('GET', `/api/admin/users?${query}`, { token });
    const first = await list(`page=1&per_page=3&search=${name}`);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ total: 4, page: 1, per_page: 3, pages: 2 });
    expect(first.body.users[0]).toMatchObject({ ...aUser, id: user.id });
    const second = await list(`page=2&limit=3&search=${name}`);
    expect([second.body.users.length, second.body.page]).toEqual([1, 2]);
    expect((await list(`search=${name}&is_verified=true`)).body.users.map(({ id }: any) => id)).toEqual([
      user.id,
    ]);
    const empty = 'page=1&role=&is_verified=&is_active=&sort_by=&sort_desc=';
    expect((await list(`search=${name}&${empty}`)).body.total).toBe(4);
    expect((await list(`search=${name}&role=admin`)).body).toMatchObject({ users: [], total: 0, pages: 0 });
    for (const query of ['page=0', 'page=x', 'page=1&per_page=0', 'page=1&per_page=x', 'role=king']) {
      expect([query, (await list(query)).status]).toEqual([query, 422]);
    }
  });

  it('GET /api/admin/users/{id}, PUT /api/admin/users/{id}, PUT /api/admin/users/{id}/role', async () => {
    const { access_token: token } = await registerRole('owner');
    const { user } = await register();
    const path = `/api/admin/users/${user.id}`;
    expect((await call('GET', path, { token })).body).toMatchObject({ ...aUser, id: user.id });
    const form = { email: user.email.toUpperCase(), first_name: 'Ada', last_name: '', role: 'user' };
    const edited = await call('PUT', path, { token, body: { ...form, is_verified: true, is_active: true } });
    expect(edited.status).toBe(200);
    expect(edited.body).toMatchObject({
      first_name: 'Ada',
      last_name: null,
      is_verified: true,
      role: 'user',
    });
    const email = `moved-${crypto.randomUUID()}@example.com`;
    const moved = await call('PUT', path, { token, body: { email, role: 'admin', is_active: false } });
    expect(moved.body).toMatchObject({ email, role: 'admin', is_active: false, is_verified: false });
    const named = await call('PUT', `${path}/role`, { token, body: { role: 'user' } });
    expect([named.status, named.body.role]).toEqual([200, 'user']);
    expect((await call('PUT', `${path}/role`, { token, body: { role: 'king' } })).status).toBe(422);
    const wrong = await call('PUT', path, { token, body: { is_active: 'no' } });
    expect([wrong.status, wrong.body.detail[0].loc]).toEqual([422, ['body', 'is_active']]);
    expect((await call('PUT', path, { token, body: { email: 'no' } })).status).toBe(422);
    expect((await call('GET', '/api/admin/users/usr_x', { token })).status).toBe(404);
    expect((await call('PUT', '/api/admin/users/usr_x', { token, body: {} })).status).toBe(404);
  });

  it('PUT /api/admin/users/{id} with the whole form of an owner does not make them an admin', async () => {
    const [{ access_token: token }, { user }] = [await registerRole('owner'), await registerRole('owner')];
    const path = `/api/admin/users/${user.id}`;
    const { body } = await call('GET', path, { token });
    expect(body.role).toBe('admin');
    expect((await call('PUT', path, { token, body: { ...body, first_name: 'Ada' } })).status).toBe(200);
    const row = await env.DB.prepare('SELECT role, given_name FROM users WHERE id = ?').bind(user.id).first();
    expect(row).toEqual({ role: 'owner', given_name: 'Ada' });
  });

  it('PUT /api/admin/users/{id}/role, PUT /api/admin/users/{id}: an owner shown as an admin stays one', async () => {
    const [{ access_token: token }, { user }] = [await registerRole('owner'), await registerRole('owner')];
    const path = `/api/admin/users/${user.id}/role`;
    const same = await call('PUT', path, { token, body: { role: 'admin' } });
    expect([same.status, same.body.role]).toEqual([200, 'admin']);
    const row = await env.DB.prepare('SELECT role FROM users WHERE id = ?').bind(user.id).first();
    expect(row).toEqual({ role: 'owner' });
    const { access_token: admin } = await registerRole('admin');
    expect((await call('PUT', path, { token: admin, body: { role: 'admin' } })).status).toBe(403);
  });

  it('PUT /api/admin/users/{id} does not say that it has done what it could not read', async () => {
    const { access_token: token } = await registerRole('admin');
    const { user } = await register();
    const put = (type: string, raw: string) =>
      call('PUT', `/api/admin/users/${user.id}`, { token, raw, headers: { 'content-type': type } });
    expect((await put('application/x-www-form-urlencoded', 'is_active=false')).status).toBe(415);
    expect((await put('application/json', '{"is_active": false')).status).toBe(400);
    expect((await put('application/json', 'x'.repeat(70_000))).status).toBe(413);
  });

  it('DELETE /api/admin/users/{id}, but not oneself', async () => {
    const admin = await registerRole('admin');
    const { user } = await register();
    const remove = (id: string) =>
      call('DELETE', `/api/admin/users/${id}`, { token: admin.access_token, body: { reason: 7 } });
    const gone = await remove(user.id);
    expect([gone.status, gone.body.message]).toEqual([200, 'User deleted successfully']);
    expect((await remove(user.id)).status).toBe(404);
    expect((await remove(admin.user.id)).body.code).toBe('own_account');
  });

  it('GET /api/admin/stats', async () => {
    const { access_token: token } = await registerRole('admin');
    const { status, body } = await call('GET', '/api/admin/stats', { token });
    expect(status).toBe(200);
    const { results } = await env.DB.prepare(
      "SELECT role, email_verified FROM users WHERE realm_id = 'default'",
    ).all();
    const verified = results.filter(({ email_verified }) => email_verified === 1).length;
    expect(body).toEqual({
      total_users: results.length,
      verified_users: verified,
      unverified_users: results.length - verified,
      admin_users: results.filter(({ role }) => role !== 'user').length,
      recent_registrations: expect.any(Number),
    });
  });
});

it.each(['GET /health', 'GET /docs'])('%s', async (row) => {
  expect((await call('GET', row.split(' ')[1] as string)).status).toBe(200);
});

it('POST /api/auth/register signs nobody in where addresses are verified first', async () => {
  await env.DB.prepare("UPDATE realms SET registration = 'verify_first' WHERE id = 'default'").run();
  // What the realm was before is remembered for half a minute, of a clock that other tests have put forward.
  advance(20 * 60_000);
  const { status, body } = await call('POST', '/api/auth/register', { body: newcomer() });
  expect([status, body]).toEqual([202, { success: true, message: expect.any(String) }]);
});
