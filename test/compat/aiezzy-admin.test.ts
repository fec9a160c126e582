import { describe, expect, it } from 'vitest';
import { auditOf, registerRole } from '../support/admin.ts';
import { call, changeDirectory, createRealm, INTERNAL, ORIGIN, register } from '../support/api.ts';
import { project } from '../support/projection.ts';

const ROWS = [
  ['POST /api/admin/users/{user_id}/tier', { tier: 'pro' }],
  ['POST /api/admin/users/{user_id}/deactivate', undefined],
] as const;

const ask = (from: string, id: string, options: object) => {
  const [method, path] = from.replace('{user_id}', id).split(' ') as [string, string];
  return call(method, path, options);
};

describe.each(ROWS)('%s', (from, body) => {
  it('is for admins, by session token, access token or cookie', async () => {
    const admin = await registerRole('admin');
    const cookie = `__Host-latchkey=${admin.refresh_token}`;
    for (const who of [
      { token: admin.refresh_token },
      { token: admin.access_token },
      { headers: { cookie, origin: ORIGIN } },
    ]) {
      const { user } = await register();
      const answer = await ask(from, user.id, { body, ...who });
      expect([answer.status, answer.body]).toEqual([200, { success: true }]);
      expect((await auditOf(user.id)).at(-1)?.actor).toBe(admin.user.id);
    }
  });

  it('is not for a stranger, a user, another realm’s admin, a suspended admin, an ended session', async () => {
    const { user } = await register();
    const own = await register();
    const realm = crypto.randomUUID();
    await createRealm(realm);
    const elsewhere = await registerRole('admin', realm);
    const suspended = await registerRole('admin');
    await changeDirectory(suspended.user.id, { status: 'suspended' });
    const ended = await registerRole('admin');
    await call('POST', '/v1/auth/logout', { token: ended.access_token });
    for (const [who, status] of [
      [{}, 401],
      [{ token: own.refresh_token }, 403],
      [{ token: own.access_token }, 403],
      [{ token: elsewhere.refresh_token }, 401],
      [{ token: elsewhere.access_token }, 401],
      [{ token: suspended.refresh_token }, 403],
      [{ token: ended.refresh_token }, 401],
    ] as const) {
      const answer = await ask(from, user.id, { body, ...who });
      expect([answer.status, answer.body.success, typeof answer.body.error]).toEqual([
        status,
        false,
        'string',
      ]);
    }
    expect(await auditOf(user.id)).toEqual([]);
  });

  it('is not for a foreign page in an admin’s browser', async () => {
    const { user } = await register();
    const cookie = `__Host-latchkey=${(await registerRole('admin')).refresh_token}`;
    for (const headers of [
      { cookie },
      { cookie, origin: 'https://evil.example' },
      { cookie, origin: 'https://evil.example', authorization: 'Bearer null' },
      { cookie, origin: 'null' },
    ]) {
      const answer = await ask(from, user.id, { body, headers });
      expect([answer.status, answer.body.code]).toEqual([403, 'origin_not_allowed']);
    }
    expect(await auditOf(user.id)).toEqual([]);
  });

  it('knows no other user', async () => {
    const { access_token: token } = await registerRole('admin');
    const answer = await ask(from, '1', { body, token });
    expect([answer.status, answer.body.code]).toEqual([404, 'user_not_found']);
  });
});

it('POST /api/admin/users/{user_id}/tier gives the tier, and takes no other', async () => {
  const { refresh_token: token } = await registerRole('admin');
  const user = await register();
  const tier = (body: object) => call('POST', `/api/admin/users/${user.user.id}/tier`, { token, body });
  for (const name of ['pro', 'enterprise', 'free']) {
    expect((await tier({ tier: name })).status).toBe(200);
    expect((await call('GET', '/api/v2/quota/status', { token: user.refresh_token })).body.tier).toBe(name);
  }
  for (const name of ['platinum', '', null, 5, { toString: 1 }, undefined]) {
    const answer = await tier({ tier: name });
    expect(answer.status, JSON.stringify(name)).toBe(422);
    expect(answer.body.error).toMatch(/^tier: /);
  }
});

it('POST /api/admin/users/{user_id}/deactivate ends the sessions at once, but not one’s own', async () => {
  const admin = await registerRole('admin');
  const user = await register();
  const deactivate = (id: string) =>
    call('POST', `/api/admin/users/${id}/deactivate`, { token: admin.refresh_token });
  expect((await deactivate(user.user.id)).status).toBe(200);
  const quota = await call('GET', '/api/v2/quota/status', { token: user.refresh_token });
  expect([quota.status, quota.body.code]).toEqual([403, 'account_suspended']);
  const own = await deactivate(admin.user.id);
  expect([own.status, own.body.code]).toEqual([409, 'own_account']);
});

describe('GET /api/admin/dashboard', () => {
  const dashboard = (options: object) => call('GET', '/api/admin/dashboard', options);

  it('shows an admin by session token, access token or cookie how the service does', async () => {
    const admin = await registerRole('admin');
    const user = await register({ name: 'John Doe' });
    const use = { user_id: user.user.id, resource: 'images', quantity: 5 };
    expect((await call('POST', '/v1/usage', { body: use, headers: INTERNAL })).status).toBe(200);
    await project(user.user.id);
    for (const who of [
      { token: admin.refresh_token },
      { token: admin.access_token },
      { headers: { cookie: `__Host-latchkey=${admin.refresh_token}` } },
    ]) {
      const { status, body } = await dashboard(who);
      expect([status, Object.keys(body.stats)]).toEqual([
        200,
        ['total_users', 'new_users_today', 'active_sessions', 'images_today', 'videos_today'],
      ]);
      expect(body.users.find(({ id }: { id: string }) => id === user.user.id)).toMatchObject({
        email: user.user.email,
        full_name: 'John Doe',
        is_active: true,
        is_admin: false,
        email_verified: false,
        tier: 'free',
      });
      expect(body.usage).toContainEqual(
        expect.objectContaining({ username: user.user.email, images: 5, videos: 0, messages: 0 }),
      );
    }
  });

  it('is for nobody else', async () => {
    const user = await register();
    for (const [who, status] of [
      [{}, 401],
      [{ token: user.refresh_token }, 403],
      [{ token: user.access_token }, 403],
    ] as const) {
      const answer = await dashboard(who);
      expect([answer.status, answer.body.success, typeof answer.body.error]).toEqual([
        status,
        false,
        'string',
      ]);
    }
  });
});

it('GET /admin is the page for operators', async () => {
  const visit = (token: string) =>
    call<string>('GET', '/admin', { headers: { accept: 'text/html', cookie: `__Host-latchkey=${token}` } });
  const answer = await visit((await registerRole('admin')).refresh_token);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
  expect((await visit((await register()).refresh_token)).status).toBe(403);
});
