import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import {
  accountOf,
  call,
  changeDirectory,
  expectProblem,
  PASSWORD,
  type register,
  registerVerified,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { project } from '../support/projection.ts';

type Signed = Awaited<ReturnType<typeof register>>;
let admin: Signed;
let user: Signed;
beforeEach(async () => {
  admin = await registerRole('admin');
  user = await registerVerified();
});

const impersonate = (id = user.user.id, token = admin.access_token) =>
  asAdmin('POST', `/users/${id}/impersonate`, { token, body: { reason: 'Ticket 3' } });

describe('acting as a user', () => {
  it('gives a token that says so, for ten minutes, and no way to a next one', async () => {
    const { status, body } = await impersonate();
    expect(status).toBe(201);
    expect(Object.keys(body).toSorted()).toEqual(['access_token', 'expires_in', 'session_id', 'token_type']);
    expect(body.expires_in).toBeLessThanOrEqual(600);
    const claims = decodeJwt(body.access_token);
    expect(claims).toMatchObject({ sub: user.user.id, act: { sub: admin.user.id } });
    const me = await call('GET', '/v1/me', { token: body.access_token });
    expect(me.body.id).toBe(user.user.id);
    expect(decodeJwt(user.access_token)).not.toHaveProperty('act');
  });

  it('ends after ten minutes, also where tokens of the realm live longer', async () => {
    await env.DB.prepare("UPDATE realms SET access_token_seconds = 3600 WHERE id = 'default'").run();
    advance(31_000);
    const { body } = await impersonate();
    expect(body.expires_in).toBe(600);
    advance(600_000);
    expectProblem(await call('GET', '/v1/me', { token: body.access_token }), 401, 'token_expired');
    await env.DB.prepare("UPDATE realms SET access_token_seconds = 600 WHERE id = 'default'").run();
  });

  it('is seen by the user, in their sessions and their log, and is in the audit log', async () => {
    const { body } = await impersonate();
    const sessions = await call('GET', '/v1/me/sessions', { token: user.access_token });
    const of = (id: string) => sessions.body.data.find((session: { id: string }) => session.id === id);
    expect(of(body.session_id)).toMatchObject({ impersonator: admin.user.id, methods: [], current: false });
    expect(of(user.session_id).impersonator).toBeNull();
    await project(user.user.id);
    const log = await env.DB.prepare(
      "SELECT actor, session_id, ip, details FROM activity WHERE user_id = ? AND type = 'impersonated'",
    )
      .bind(user.user.id)
      .first();
    expect(log).toEqual({
      actor: admin.user.id,
      session_id: body.session_id,
      ip: null,
      details: '{"reason":"Ticket 3"}',
    });
    expect(await auditOf(user.user.id)).toEqual([
      {
        realm_id: 'default',
        actor: admin.user.id,
        action: 'user_impersonated',
        details: { reason: 'Ticket 3' },
      },
    ]);
    const open = await accountOf(user.user.id).listSessions();
    expect(open.find(({ id }) => id === body.session_id)).toMatchObject({ impersonator: admin.user.id });
  });

  it('counts as nothing that the user did', async () => {
    const before = await env.DB.prepare(
      "SELECT sign_ins AS count FROM realm_days WHERE realm_id = 'default'",
    ).first();
    await project(user.user.id);
    await env.DB.prepare('UPDATE users SET last_active_on = NULL, last_login_at = 1 WHERE id = ?')
      .bind(user.user.id)
      .run();
    await impersonate();
    await project(user.user.id);
    const row = await env.DB.prepare('SELECT last_active_on, last_login_at FROM users WHERE id = ?')
      .bind(user.user.id)
      .first();
    expect(row).toEqual({ last_active_on: null, last_login_at: 1 });
    const { results } = await env.DB.prepare('SELECT template FROM outbox WHERE user_id = ?')
      .bind(user.user.id)
      .all();
    expect(results.map(({ template }) => template)).not.toContain('new_device');
    expect(before).toBeDefined();
  });

  it('can be ended by the user', async () => {
    const { body } = await impersonate();
    const ended = await call('DELETE', `/v1/me/sessions/${body.session_id}`, { token: user.access_token });
    expect(ended.status).toBe(204);
    expectProblem(await call('GET', '/v1/me', { token: body.access_token }), 401, 'session_ended');
  });
});

it.each([
  ['PATCH', '/v1/me', { name: 'X' }],
  ['PUT', '/v1/me/password', { current_password: PASSWORD, new_password: 'another good secret' }],
  ['PUT', '/v1/me/email', { password: PASSWORD, email: 'mine@example.com' }],
  ['PUT', '/v1/me/avatar', {}],
  ['DELETE', '/v1/me/avatar'],
  ['GET', '/v1/me/export'],
  ['DELETE', '/v1/me', { password: PASSWORD }],
  ['POST', '/v1/auth/otp/verify', { channel: 'sms', to: '+441234567890', code: '123456' }],
  ['POST', '/v1/auth/otp/send', { channel: 'sms', to: '+441234567890' }],
] as [string, string, unknown?][])('%s %s is refused to who acts as the user', async (method, path, body) => {
  const { access_token: token } = (await impersonate()).body;
  expectProblem(await call(method, path, { token, body }), 403, 'impersonation_refused');
});

it('the admin API is refused, even when the user has become an admin meanwhile', async () => {
  const { access_token: token } = (await impersonate()).body;
  await changeDirectory(user.user.id, { role: 'admin' });
  expectProblem(await asAdmin('GET', '/users', { token }), 403, 'impersonation_refused');
});

it('nobody acts as an admin or owner, nor as who is suspended', async () => {
  const owner = await registerRole('owner');
  for (const role of ['admin', 'owner'] as const) {
    const target = await registerRole(role);
    const answer = await impersonate(target.user.id, owner.access_token);
    expectProblem(answer, 403, 'insufficient_scope');
    expect(await auditOf(target.user.id)).toEqual([]);
  }
  await changeDirectory(user.user.id, { status: 'suspended' });
  expectProblem(await impersonate(), 403, 'account_suspended');
  const reasonless = await asAdmin('POST', `/users/${user.user.id}/impersonate`, { body: {} });
  expectProblem(reasonless, 422, 'validation_failed');
});
