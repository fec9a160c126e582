import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../src/errors.ts';
import {
  accountOf,
  call,
  changeDirectory,
  expectProblem,
  login,
  PASSWORD,
  register,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { mailTo } from '../support/mail.ts';
import { project } from '../support/projection.ts';

const get = (user: SignedInBody, path: string) => call('GET', path, { token: user.access_token });

describe('preferences', () => {
  const put = (user: SignedInBody, body: unknown) =>
    call('PUT', '/v1/me/preferences', { token: user.access_token, body });

  it('are an empty object to begin with, then what was put last', async () => {
    const user = await register();
    expect((await get(user, '/v1/me/preferences')).body).toEqual({});
    const preferences = {
      theme: 'dark',
      language: 'de',
      notifications: { news: false },
      mine: { deep: [1, null] },
    };
    expect((await put(user, preferences)).body).toEqual(preferences);
    expect((await get(user, '/v1/me/preferences')).body).toEqual(preferences);
    expect((await put(user, { mine: 2 })).body).toEqual({ mine: 2 });
    expect((await get(user, '/v1/me/preferences')).body).toEqual({ mine: 2 });
  });

  it('change in part, whoever else changes another part', async () => {
    const user = await register();
    const patch = (body: unknown) => call('PATCH', '/v1/me/preferences', { token: user.access_token, body });
    await put(user, { theme: 'dark', language: 'de', mine: { deep: 1 } });
    const [patched] = await Promise.all([
      patch({ theme: 'light', language: null }),
      patch({ mine: { more: 2 } }),
    ]);
    expect([patched.status, patched.body]).toMatchObject([200, { theme: 'light' }]);
    expect((await get(user, '/v1/me/preferences')).body).toEqual({
      theme: 'light',
      mine: { deep: 1, more: 2 },
    });
    expectProblem(await patch({ theme: 'pink' }), 422, 'validation_failed');
    expectProblem(await patch({ mine: 'x'.repeat(20_000) }), 422, 'validation_failed');
  });

  it('have their size from the first change on, and levels that can be read again', async () => {
    const user = await register();
    const patch = (body: unknown) => call('PATCH', '/v1/me/preferences', { token: user.access_token, body });
    const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    expectProblem(await patch({ mine: 'x'.repeat(20_000) }), 422, 'validation_failed');
    for (const levels of [101, 2000, 9000]) {
      expectProblem(await patch(nested(levels)), 422, 'validation_failed');
      expectProblem(await put(user, nested(levels)), 422, 'validation_failed');
    }
    expect((await put(user, nested(100))).status).toBe(200);
    expect((await patch({ b: 1 })).body).toEqual({ ...nested(100), b: 1 });
  });

  it('have types where they are known, and a size', async () => {
    const user = await register();
    const wrong = [{ theme: 'pink' }, { language: '?' }, { notifications: { news: 'no' } }, [], 'x', null];
    for (const body of [...wrong, { blob: 'x'.repeat(16 * 1024) }]) {
      expectProblem(await put(user, body), 422, 'validation_failed');
    }
    expect((await put(user, { blob: 'x'.repeat(16_000) })).status).toBe(200);
    expect((await put(user, JSON.parse('{"__proto__":{"x":1},"a":1}'))).status).toBe(200);
  });
});

describe('the activity log', () => {
  it('is shown to its owner alone, newest first, a page at a time', async () => {
    const user = await register({}, { headers: { 'user-agent': 'curl/8.5.0' } });
    for (let n = 0; n < 4; n += 1) await login(user.user.email);
    await register();
    await project(user.user.id);
    const first = (await get(user, '/v1/me/activity?limit=3')).body;
    expect(first.data.map((entry: any) => entry.type)).toEqual(['signed_in', 'signed_in', 'signed_in']);
    const second = (await get(user, `/v1/me/activity?limit=3&cursor=${first.next_cursor}`)).body;
    expect(second.data.map((entry: any) => entry.type)).toEqual(['signed_in', 'registered']);
    expect(second.data[1]).toMatchObject({ device: 'curl', session_id: user.session_id });
    expect(second.next_cursor).toBeNull();
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=x', 'cursor=--1']) {
      expectProblem(await get(user, `/v1/me/activity?${query}`), 422, 'validation_failed');
    }
  });
});

it('a sign-in from a device that is new is mailed to the owner, the first one is not', async () => {
  const user = await registerVerified();
  const { email, id } = user.user;
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  await login(email, PASSWORD, { headers: { 'user-agent': firefox } });
  await project(id);
  const { createServices } = await import('../../src/services.ts');
  await createServices(env as never).outbox.drain(PLENTY);
  const mail = await mailTo(email, /^New sign-in/);
  expect(mail.text).toContain('Firefox on Linux');
  await login(email, PASSWORD, { headers: { 'user-agent': firefox } });
  await project(id);
  const rows = await env.DB.prepare("SELECT id FROM outbox WHERE user_id = ? AND template = 'new_device'")
    .bind(id)
    .all();
  expect(rows.results).toHaveLength(1);
});

describe('the export', () => {
  it('has everything that is held about a user, and nothing of anybody else', async () => {
    const user = await registerVerified({ name: 'Ada', username: 'ada-export' });
    const other = (await login(user.user.email)).body;
    await call('POST', '/v1/auth/logout', { token: other.access_token });
    await call('PUT', '/v1/me/preferences', { token: user.access_token, body: { theme: 'dark' } });
    await project(user.user.id);
    const answer = await get(user, '/v1/me/export');
    expect(answer.headers.get('content-disposition')).toContain('attachment');
    expect(answer.body).toMatchObject({
      user: { id: user.user.id, name: 'Ada' },
      preferences: { theme: 'dark' },
      messages: [{ template: 'welcome', recipient: user.user.email }],
    });
    expect(answer.body.sessions.map((session: any) => [session.id, session.ended_at !== null])).toEqual([
      [user.session_id, false],
      [other.session_id, true],
    ]);
    expect(answer.body.activity.map((entry: any) => entry.type)).toContain('signed_out');
    expect(JSON.stringify(answer.body)).not.toMatch(/argon2|salt|hash|lkr\./);
  });

  it('has what an admin did to the realm', async () => {
    const admin = await registerVerified();
    await changeDirectory(admin.user.id, { role: 'admin' });
    const body = { name: 'x', scopes: ['users:read'] };
    const key = await call('POST', '/v1/admin/api-keys', { token: admin.access_token, body });
    const { acts } = (await get(admin, '/v1/me/export')).body;
    const details = body;
    expect(acts).toEqual([
      { at: key.body.created_at, action: 'api_key_created', target: key.body.id, details },
    ]);
  });

  it('needs a verified address', async () => {
    expectProblem(await get(await register(), '/v1/me/export'), 403, 'email_not_verified');
  });
});

describe('deletion', () => {
  const remove = (user: SignedInBody, body?: unknown) =>
    call('DELETE', '/v1/me', { token: user.access_token, ...(body !== undefined && { body }) });
  const rowsOf = async (id: string) => {
    const tables = [
      'users WHERE id',
      'passwords WHERE user_id',
      'past_sessions WHERE user_id',
      'preferences WHERE user_id',
      'one_time_tokens WHERE user_id',
      'outbox WHERE user_id',
      'activity WHERE user_id',
    ];
    const counts = await env.DB.batch(
      tables.map((table) => env.DB.prepare(`SELECT * FROM ${table} = ?`).bind(id)),
    );
    return counts.flatMap((result) => result.results) as any[];
  };

  it('leaves nothing of the user but a tombstone, anywhere', async () => {
    const user = await registerVerified({ username: 'leaving', name: 'Ada' });
    const { id, email } = user.user;
    const other = (await login(email)).body;
    await call('PUT', '/v1/me/preferences', { token: user.access_token, body: { theme: 'dark' } });
    await env.AVATARS.put(`${id.slice(4)}.picture.png`, 'x');
    await project(id);
    expect((await remove(user, { password: PASSWORD })).status).toBe(204);

    for (const one of [user, other]) {
      expectProblem(await call('GET', '/v1/me', { token: one.access_token }), 401, 'session_ended');
      const body = { refresh_token: one.refresh_token };
      expectProblem(await call('POST', '/v1/auth/refresh', { body }), 401, 'invalid_token');
    }
    expectProblem(await login(email), 401, 'invalid_credentials');
    expect((await mailTo(email, /deleted$/)).text).toContain('Ada');
    advance(10_000);
    await runDurableObjectAlarm(accountOf(id));
    expect(await rowsOf(id)).toEqual([
      expect.objectContaining({ type: 'account_deleted', ip: null, user_agent: null, session_id: null }),
    ]);
    expect((await env.AVATARS.list({ prefix: id.slice(4) })).objects).toEqual([]);
    const stored = await runInDurableObject(accountOf(id), (_, { storage }) => [
      ...storage.kv.list(),
      ...storage.sql.exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
    ]);
    expect(JSON.stringify(stored)).not.toContain(email);
    const last = await env.DB.prepare('SELECT * FROM outbox WHERE recipient = ? OR instr(data, ?) > 0')
      .bind(email, email)
      .all();
    expect(last.results).toEqual([]);
    // The address and the name are free again.
    await register({ email, username: 'leaving' });
  });

  it('cannot be undone by a replica that still shows the user', async () => {
    const user = await registerVerified();
    const { id } = user.user;
    await remove(user, { password: PASSWORD });
    const directory = {
      userId: id,
      realmId: 'default',
      role: 'user',
      plan: 'free',
      status: 'active',
      emailVerified: true,
      version: 2,
      credentialVersion: 1,
    } as const;
    const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
    const lifetimes = { idleSeconds: 1000, absoluteSeconds: 1000 };
    const object = accountOf(id) as any;
    const opening = { client, methods: ['pwd'], lifetimes, activity: 'signed_in' };
    expect(isRefusal(await object.open(directory, opening))).toBe(true);
    await object.directoryChanged(directory, { bookmark: null, keepSession: null, client });
    expectProblem(await call('GET', '/v1/auth/session', { token: user.access_token }), 401, 'session_ended');
  });

  it('is caught up with when its maker died half-way', async () => {
    const user = await registerVerified();
    await accountOf(user.user.id).announceChange();
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(user.user.id).run();
    advance(10_000);
    await runDurableObjectAlarm(accountOf(user.user.id));
    expectProblem(await call('GET', '/v1/auth/session', { token: user.access_token }), 401, 'session_ended');
  });

  it('needs the password, and a verified address', async () => {
    expectProblem(await remove(await register(), { password: PASSWORD }), 403, 'email_not_verified');
    const user = await registerVerified();
    expectProblem(await remove(user), 422, 'validation_failed');
    expectProblem(await remove(user, { password: 'wrong' }), 401, 'invalid_credentials');
    expectProblem(await remove(user, { password: PASSWORD, sure: true }), 422, 'validation_failed');
    expect((await get(user, '/v1/me')).status).toBe(200);
  });

  it('takes a fresh sign-in for the password when it is asked to, and no other', async () => {
    const user = await registerVerified();
    advance(11 * 60_000);
    const { email } = user.user;
    const body = { refresh_token: user.refresh_token };
    const old = (await call('POST', '/v1/auth/refresh', { body })).body;
    expectProblem(await remove(old, { recent_sign_in: true }), 401, 'reauthentication_required');
    const fresh = (await login(email)).body;
    expectProblem(await remove(fresh), 422, 'validation_failed');
    expectProblem(await remove(fresh, { recent_sign_in: false }), 422, 'validation_failed');
    // A password that is sent is what counts.
    expectProblem(
      await remove(fresh, { recent_sign_in: true, password: 'wrong' }),
      401,
      'invalid_credentials',
    );
    expect((await remove(fresh, { recent_sign_in: true })).status).toBe(204);
  });

  it('needs a fresh sign-in where there is no password', async () => {
    const user = await registerVerified();
    await env.DB.prepare('DELETE FROM passwords WHERE user_id = ?').bind(user.user.id).run();
    advance(9 * 60_000);
    const refreshed = (
      await call('POST', '/v1/auth/refresh', { body: { refresh_token: user.refresh_token } })
    ).body;
    advance(2 * 60_000);
    expectProblem(
      await call('DELETE', '/v1/me', { token: refreshed.access_token }),
      401,
      'reauthentication_required',
    );
    const young = await registerVerified();
    await env.DB.prepare('DELETE FROM passwords WHERE user_id = ?').bind(young.user.id).run();
    expect((await remove(young)).status).toBe(204);
  });

  it('takes a fresh sign-in in place of the password where it is told to, and no old one', async () => {
    const user = await registerVerified();
    advance(11 * 60_000);
    const tokens = await call('POST', '/v1/auth/refresh', { body: { refresh_token: user.refresh_token } });
    const recently = { recent_sign_in: true };
    expectProblem(await remove(tokens.body, recently), 401, 'reauthentication_required');
    const again = (await login(user.user.email)).body;
    expectProblem(await remove(again, { ...recently, password: 'wrong' }), 401, 'invalid_credentials');
    expectProblem(await remove(again, { recent_sign_in: false }), 422, 'validation_failed');
    expect((await remove(again, recently)).status).toBe(204);
  });
});
