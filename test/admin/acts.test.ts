import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import {
  accountOf,
  call,
  createApiKey,
  createRealm,
  expectProblem,
  login,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { linkIn, mailTo, tokenTo } from '../support/mail.ts';
import { activityOf } from '../support/projection.ts';

type Signed = Awaited<ReturnType<typeof register>>;

let admin: Signed;
let user: Signed;
beforeEach(async () => {
  admin = await registerRole('admin');
  user = await register();
});

const act = (method: string, rest: string, body?: unknown, token = admin.access_token, id = user.user.id) =>
  asAdmin(method, `/users/${id}${rest}`, { token, body });

describe('status', () => {
  it('suspends at once: sessions end, sign-in is refused; and lets in again', async () => {
    const other = (await login(user.user.email)).body;
    const answer = await act('PUT', '/status', { status: 'suspended', reason: 'Ticket 1' });
    expect(answer.body).toMatchObject({ id: user.user.id, status: 'suspended' });
    for (const token of [user.access_token, other.access_token]) {
      expectProblem(await call('GET', '/v1/me', { token }), 403, 'account_suspended');
    }
    expect(await accountOf(user.user.id).listSessions()).toEqual([]);
    expectProblem(await login(user.user.email), 403, 'account_suspended');
    expect((await act('PUT', '/status', { status: 'active' })).body.status).toBe('active');
    expect((await login(user.user.email)).status).toBe(200);
    // What has ended stays so.
    expectProblem(await call('GET', '/v1/me', { token: user.access_token }), 401, 'session_ended');
    expect(await auditOf(user.user.id)).toEqual([
      {
        realm_id: 'default',
        actor: admin.user.id,
        action: 'user_status_changed',
        details: { before: { status: 'active' }, after: { status: 'suspended' }, reason: 'Ticket 1' },
      },
      {
        realm_id: 'default',
        actor: admin.user.id,
        action: 'user_status_changed',
        details: { before: { status: 'suspended' }, after: { status: 'active' } },
      },
    ]);
    const log = await activityOf(user.user.id);
    expect(log.filter((type) => ['suspended', 'reactivated'].includes(type))).toEqual([
      'suspended',
      'reactivated',
    ]);
  });

  it('changes nothing twice', async () => {
    await act('PUT', '/status', { status: 'active' });
    expect(await auditOf(user.user.id)).toEqual([]);
  });

  it('ends the access of an admin at once', async () => {
    const colleague = await registerRole('admin');
    await act('PUT', '/status', { status: 'suspended' }, admin.access_token, colleague.user.id);
    const answer = await asAdmin('GET', '/users', { token: colleague.access_token });
    expectProblem(answer, 403, 'account_suspended');
  });
});

describe('role', () => {
  it('makes admins and takes it back, effective at the next request', async () => {
    expect((await act('PUT', '/role', { role: 'admin' })).body.role).toBe('admin');
    expect((await asAdmin('GET', '/users', { token: user.access_token })).status).toBe(200);
    await act('PUT', '/role', { role: 'user' });
    const refused = await asAdmin('GET', '/users', { token: user.access_token });
    expectProblem(refused, 403, 'insufficient_scope');
    expect((await auditOf(user.user.id)).map(({ details }) => details)).toEqual([
      { before: { role: 'user' }, after: { role: 'admin' } },
      { before: { role: 'admin' }, after: { role: 'user' } },
    ]);
  });

  it('is never above the one who gives it, nor given outside the realm of owners', async () => {
    expectProblem(await act('PUT', '/role', { role: 'owner' }), 403, 'insufficient_scope');
    await createRealm('tenant');
    const tenant = await register({}, { realm: 'tenant' });
    const answer = await asAdmin('PUT', `/users/${tenant.user.id}/role`, {
      realm: 'tenant',
      body: { role: 'owner' },
    });
    expectProblem(answer, 422, 'validation_failed');
  });
});

it('an admin never touches an owner', async () => {
  const owner = await registerRole('owner');
  const { version } = (await env.DB.prepare('SELECT version FROM users WHERE id = ?')
    .bind(owner.user.id)
    .first<{ version: number }>()) as { version: number };
  for (const [method, rest, body] of [
    ['PATCH', '', { name: 'X' }],
    ['DELETE', ''],
    ['PUT', '/status', { status: 'suspended' }],
    ['PUT', '/role', { role: 'user' }],
    ['PUT', '/plan', { plan: 'pro' }],
    ['PUT', '/limits', { limits: {} }],
    ['POST', '/verify-email'],
    ['POST', '/password-reset'],
    ['DELETE', '/sessions'],
    ['DELETE', `/sessions/${owner.session_id}`],
    ['POST', '/impersonate', { reason: 'x' }],
    ['POST', '/credits', { amount: 1, reason: 'x', reference: 'r' }],
  ] as [string, string, unknown?][]) {
    const answer = await act(method, rest, body, admin.access_token, owner.user.id);
    expectProblem(answer, 403, 'insufficient_scope');
  }
  expect((await call('GET', '/v1/me', { token: owner.access_token })).status).toBe(200);
  expect(await env.DB.prepare('SELECT version FROM users WHERE id = ?').bind(owner.user.id).first()).toEqual({
    version,
  });
  expect(await auditOf(owner.user.id)).toEqual([]);
});

it('nobody locks out themselves, nor moves their own account by the admin API', async () => {
  for (const [method, rest, body] of [
    ['PATCH', '', { email: 'mine@example.com' }],
    ['DELETE', ''],
    ['PUT', '/status', { status: 'suspended' }],
    ['PUT', '/role', { role: 'user' }],
    ['POST', '/verify-email'],
    ['POST', '/password-reset'],
  ] as [string, string, unknown?][]) {
    const answer = await act(method, rest, body, admin.access_token, admin.user.id);
    expectProblem(answer, 409, 'own_account');
  }
});

describe('the last owner', () => {
  const owners = async () =>
    (await env.DB.prepare(
      "SELECT count(*) AS n FROM users WHERE role = 'owner' AND status = 'active'",
    ).first<{ n: number }>()) as { n: number };

  beforeEach(async () => {
    // Demoted one by one; the last by making another realm of it, which nothing but a test can.
    const { results } = await env.DB.prepare("SELECT id FROM users WHERE role = 'owner'").all<{
      id: string;
    }>();
    await env.DB.exec('DROP TRIGGER users_last_owner_kept');
    for (const { id } of results) {
      await env.DB.prepare("UPDATE users SET role = 'user' WHERE id = ?").bind(id).run();
    }
    const migration = env.TEST_MIGRATIONS.flatMap(({ queries }: { queries: string[] }) => queries);
    await env.DB.prepare(
      migration.find((query: string) => /TRIGGER users_last_owner_kept/.test(query)) as string,
    ).run();
  });

  it('is not demoted, suspended, deleted, nor deletes their own account', async () => {
    const owner = await registerVerified();
    await asAdmin('PUT', `/users/${owner.user.id}/role`, { body: { role: 'owner' } });
    for (const [method, rest, body] of [
      ['PUT', '/role', { role: 'user' }],
      ['PUT', '/role', { role: 'admin' }],
      ['PUT', '/status', { status: 'suspended' }],
      ['DELETE', ''],
    ] as [string, string, unknown?][]) {
      const answer = await asAdmin(method, `/users/${owner.user.id}${rest}`, { body });
      expectProblem(answer, 409, 'last_owner');
    }
    const { access_token: token } = owner;
    expectProblem(await call('DELETE', '/v1/me', { token, body: { password: PASSWORD } }), 409, 'last_owner');
    expect((await call('GET', '/v1/me', { token })).body.role).toBe('owner');
    expect((await auditOf(owner.user.id)).map(({ action }) => action)).toEqual(['user_role_changed']);
  });

  it('is left when two owners demote each other, or are demoted, suspended and deleted, at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const made = await Promise.all([1, 2, 3].map(() => register()));
      for (const { user: one } of made) {
        await asAdmin('PUT', `/users/${one.id}/role`, { body: { role: 'owner' } });
      }
      const [first, second, third] = made as [Signed, Signed, Signed];
      const answers = await Promise.all([
        act('PUT', '/role', { role: 'user' }, first.access_token, second.user.id),
        act('PUT', '/role', { role: 'user' }, second.access_token, first.user.id),
        act('PUT', '/status', { status: 'suspended' }, first.access_token, third.user.id),
        asAdmin('DELETE', `/users/${first.user.id}`),
        asAdmin('PUT', `/users/${third.user.id}/role`, { body: { role: 'user' } }),
      ]);
      expect(answers.every(({ status }) => status < 500)).toBe(true);
      expect((await owners()).n).toBeGreaterThanOrEqual(1);
    }
    // Now there are five or more; all but one can go.
    const { results } = await env.DB.prepare(
      "SELECT id FROM users WHERE role = 'owner' AND status = 'active'",
    ).all<{ id: string }>();
    const answers = await Promise.all(
      results.map(({ id }) => asAdmin('PUT', `/users/${id}/role`, { body: { role: 'user' } })),
    );
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(1);
    expect((await owners()).n).toBe(1);
  });
});

describe('editing', () => {
  it('changes the profile, and writes what it was', async () => {
    const body = { name: 'Renamed', given_name: 'Re', country: 'fi', bio: null };
    const answer = await act('PATCH', '', body);
    expect(answer.body).toMatchObject({ name: 'Renamed', given_name: 'Re', country: 'FI', bio: null });
    expect((await call('GET', '/v1/me', { token: user.access_token })).body.name).toBe('Renamed');
    expect((await auditOf(user.user.id))[0]?.details).toEqual({
      before: { name: null, given_name: null, country: null },
      after: { name: 'Renamed', given_name: 'Re', country: 'FI' },
    });
  });

  it('gives a new address, which is unproven, and links to the old one stop working', async () => {
    const verified = await registerVerified();
    const mail = await mailTo(verified.user.email, /^Welcome/);
    const email = `${crypto.randomUUID()}@example.com`;
    const answer = await act('PATCH', '', { email }, admin.access_token, verified.user.id);
    expect(answer.body).toMatchObject({ email, email_verified: false });
    const session = await call('GET', '/v1/auth/session', { token: verified.access_token });
    expect(session.body.email_verified).toBe(false);
    const token = linkIn(mail).searchParams.get('token');
    expectProblem(await call('POST', '/v1/auth/email/verify', { body: { token } }), 400, 'invalid_link');
  });

  it('refuses what somebody else has', async () => {
    const other = await register({ username: `u${crypto.randomUUID().slice(0, 8)}` });
    expectProblem(await act('PATCH', '', { email: other.user.email }), 409, 'user_exists');
    expectProblem(await act('PATCH', '', { username: other.user.username }), 409, 'username_taken');
    expectProblem(await act('PATCH', '', { role: 'admin' }), 422, 'validation_failed');
    expect(await auditOf(user.user.id)).toEqual([]);
  });

  it('loses no change of several that are made at once', async () => {
    const fields = [{ name: 'N' }, { given_name: 'G' }, { bio: 'B' }];
    const answers = await Promise.all(fields.map((body) => act('PATCH', '', body)));
    const done = answers.filter(({ status }) => status === 200).length;
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    const me = (await call('GET', '/v1/me', { token: user.access_token })).body;
    expect([me.name, me.given_name, me.bio].filter(Boolean)).toHaveLength(done);
    expect(await auditOf(user.user.id)).toHaveLength(done);
  });
});

it('verifies an address by hand', async () => {
  expect((await act('POST', '/verify-email', { reason: 'seen the letter' })).body.email_verified).toBe(true);
  const session = await call('GET', '/v1/auth/session', { token: user.access_token });
  expect(session.body.email_verified).toBe(true);
  expect((await auditOf(user.user.id))[0]).toMatchObject({
    action: 'user_email_verified',
    details: {
      before: { email_verified: false },
      after: { email_verified: true },
      reason: 'seen the letter',
    },
  });
});

it('forces a new password: the old one and all sessions are worth nothing, a link is mailed', async () => {
  expect((await act('POST', '/password-reset')).status).toBe(204);
  expectProblem(await call('GET', '/v1/me', { token: user.access_token }), 401, 'session_ended');
  expectProblem(await login(user.user.email), 401, 'invalid_credentials');
  expect((await act('GET', '')).body.has_password).toBe(false);
  const token = linkIn(await mailTo(user.user.email, /^Reset/)).searchParams.get('token');
  const password = 'a quite different secret';
  expect((await call('POST', '/v1/auth/password/reset', { body: { token, password } })).status).toBe(204);
  expect((await login(user.user.email, password)).status).toBe(200);
});

describe('sessions', () => {
  it('are listed, and ended one by one or all at once', async () => {
    const [second, third] = [(await login(user.user.email)).body, (await login(user.user.email)).body];
    const listed = await act('GET', '/sessions');
    expect(listed.body.data.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      [user.session_id, second.session_id, third.session_id].toSorted(),
    );
    expect(listed.body.total).toBe(3);
    expect((await act('DELETE', `/sessions/${second.session_id}`)).status).toBe(204);
    expectProblem(await call('GET', '/v1/me', { token: second.access_token }), 401, 'session_ended');
    expect((await call('GET', '/v1/me', { token: user.access_token })).status).toBe(200);
    expectProblem(await act('DELETE', `/sessions/${second.session_id}`), 404, 'session_not_found');
    expect((await act('DELETE', '/sessions')).status).toBe(204);
    expectProblem(await call('GET', '/v1/me', { token: user.access_token }), 401, 'session_ended');
    expect((await act('GET', '/sessions')).body.data).toEqual([]);
    expect((await auditOf(user.user.id)).map(({ action }) => action)).toEqual([
      'user_session_revoked',
      'user_sessions_revoked',
    ]);
    await activityOf(user.user.id);
    const { results } = await env.DB.prepare(
      "SELECT type, actor, ip FROM activity WHERE user_id = ? AND type LIKE '%revoked' ORDER BY seq",
    )
      .bind(user.user.id)
      .all();
    expect(results).toEqual([
      { type: 'session_revoked', actor: admin.user.id, ip: null },
      { type: 'sessions_revoked', actor: admin.user.id, ip: null },
    ]);
  });
});

it('deletes as if the user had: everywhere; what stays says who did it and nothing of whom', async () => {
  await act('PATCH', '', { name: 'Forgotten Soon' });
  expect((await act('DELETE', '', { reason: 'Ticket 2' })).status).toBe(204);
  expectProblem(await call('GET', '/v1/me', { token: user.access_token }), 401, 'session_ended');
  expectProblem(await login(user.user.email), 401, 'invalid_credentials');
  expectProblem(await act('GET', ''), 404, 'user_not_found');
  expectProblem(await act('DELETE', ''), 404, 'user_not_found');
  const acts = await auditOf(user.user.id);
  expect(acts.map(({ action, details }) => [action, details])).toEqual([
    ['user_changed', {}],
    [
      'user_deleted',
      {
        before: { role: 'user', plan: 'free', status: 'active' },
        after: null,
        reason: 'Ticket 2',
      },
    ],
  ]);
  expect(JSON.stringify(acts)).not.toMatch(/Forgotten|example\.com/);
  expect(await mailTo(user.user.email, /deleted/)).toBeDefined();
  expect((await register({ email: user.user.email })).user.id).not.toBe(user.user.id);
});

it('deletes a user only as they were read: not who has become somebody else meanwhile', async () => {
  const { directory, privacy } = createServices(env as unknown as Bindings);
  const read = await directory.get(user.user.id, null);
  await act('PUT', '/role', { role: 'admin' });
  const entry = { realmId: 'default', at: Date.now(), actor: 'key_x', target: read.id };
  expect(await privacy.erase(read, { ...entry, action: 'user_deleted' })).toBe(false);
  expect((await call('GET', '/v1/me', { token: user.access_token })).body.role).toBe('admin');
  expect((await auditOf(read.id)).map(({ action }) => action)).toEqual(['user_role_changed']);
  expect(await activityOf(read.id)).toContain('registered');
});

describe('plans and limits', () => {
  it('change with a reason, if one is given', async () => {
    await act('PUT', '/plan', { plan: 'pro', reason: 'Ticket 7' });
    await act('PUT', '/limits', { limits: { images: { day: 3 } }, reason: ' Asked for it ' });
    await act('PUT', '/limits', { limits: {} });
    expect((await auditOf(user.user.id)).map(({ action, details }) => [action, details])).toEqual([
      [
        'user_plan_changed',
        {
          before: { plan: 'free', expires_at: null },
          after: { plan: 'pro', expires_at: null },
          reason: 'Ticket 7',
        },
      ],
      [
        'user_limits_changed',
        { before: { limits: {} }, after: { limits: { images: { day: 3 } } }, reason: 'Asked for it' },
      ],
      ['user_limits_changed', { before: { limits: { images: { day: 3 } } }, after: { limits: {} } }],
    ]);
    for (const [path, body] of [
      ['/plan', { plan: 'pro' }],
      ['/limits', { limits: {} }],
    ] as const) {
      expectProblem(await act('PUT', path, { ...body, reason: '' }), 422, 'validation_failed');
      expectProblem(await act('PUT', path, { ...body, reason: 'x'.repeat(501) }), 422, 'validation_failed');
    }
  });

  it('of the realm, too', async () => {
    const plan = { name: 'Reasoned', limits: {}, model_tiers: [], monthly_credits: 0, features: [] };
    const id = `p${crypto.randomUUID().slice(0, 8)}`;
    const save = (body: object) => asAdmin('PUT', `/plans/${id}`, { token: admin.access_token, body });
    const saved = await save({ ...plan, reason: 'New prices' });
    expect(saved.body).toEqual({ id, ...plan, rollover_credits: 0, overage: {} });
    await save(plan);
    const reasons = (await auditOf(id)).map(({ action, details }) => [action, details.reason]);
    expect(reasons).toEqual([
      ['plan_saved', 'New prices'],
      ['plan_saved', undefined],
    ]);
    expectProblem(await save({ ...plan, reason: 7 }), 422, 'validation_failed');
  });
});

describe('credits', () => {
  it('are given and taken with a reason, once for a reference', async () => {
    const adjust = (body: object) => act('POST', '/credits', body);
    const given = await adjust({ amount: 100, reason: 'sorry', reference: 'a' });
    expect(given.body).toMatchObject({ balance: 100, transaction: { type: 'added', description: 'sorry' } });
    expect((await adjust({ amount: 100, reason: 'sorry', reference: 'a' })).body).toEqual(given.body);
    const taken = await adjust({ amount: -30, reason: 'too much', reference: 'b' });
    expect(taken.body).toMatchObject({ balance: 70, transaction: { type: 'used', amount: -30 } });
    const over = await adjust({ amount: -71, reason: 'x', reference: 'c' });
    expectProblem(over, 402, 'insufficient_credits');
    expectProblem(await adjust({ amount: 1, reason: 'x' }), 422, 'validation_failed');
    expectProblem(await adjust({ amount: 0, reason: 'x', reference: 'd' }), 422, 'validation_failed');
    const { body } = await act('GET', '/credits');
    expect(body).toMatchObject({ user_id: user.user.id, balance: 70, total: 2, next_cursor: null });
    const page = (await act('GET', '/credits?limit=1')).body;
    expect(page).toMatchObject({ total: 2, data: [{ amount: -30 }] });
    const rest = (await act('GET', `/credits?limit=1&cursor=${page.next_cursor}`)).body;
    expect(rest).toMatchObject({ total: 2, data: [{ amount: 100 }], next_cursor: null });
    const none = await register();
    expect((await act('GET', '/credits', undefined, admin.access_token, none.user.id)).body.total).toBe(0);
    expect(body.data.map(({ amount }: { amount: number }) => amount)).toEqual([-30, 100]);
    expect((await auditOf(user.user.id)).map(({ action, details }) => [action, details])).toEqual([
      [
        'credits_adjusted',
        {
          before: { balance: 0 },
          after: { balance: 100 },
          reason: 'sorry',
          transaction_id: given.body.transaction.id,
        },
      ],
      [
        'credits_adjusted',
        {
          before: { balance: 100 },
          after: { balance: 70 },
          reason: 'too much',
          transaction_id: taken.body.transaction.id,
        },
      ],
    ]);
  });
});
describe('another address', () => {
  const fresh = () => `${crypto.randomUUID()}@example.com`;

  it('is told to the old one, which can undo it', async () => {
    const { user: verified } = await registerVerified();
    const email = fresh();
    expect((await act('PATCH', '', { email }, admin.access_token, verified.id)).status).toBe(200);
    const token = await tokenTo(verified.email, /address .* was changed/);
    expect((await call('POST', '/v1/auth/email/undo', { body: { token } })).status).toBe(204);
    const { body } = await asAdmin('GET', `/users/${verified.id}`);
    expect(body).toMatchObject({ email: verified.email, email_verified: true, has_password: false });
    // The way back leads through a new password, at the old address.
    await tokenTo(verified.email, /^Reset/);
    expectProblem(await login(email), 401, 'invalid_credentials');
  });

  it.each(['admin', 'owner'] as const)('of an %s is for owners to change', async (role) => {
    const peer = await registerRole(role);
    const { headers } = await createApiKey(['admin']);
    const edit = (options: object) =>
      call('PATCH', `/v1/admin/users/${peer.user.id}`, { ...options, body: { email: fresh() } });
    expectProblem(await edit({ token: admin.access_token }), 403, 'insufficient_scope');
    expectProblem(await edit({ headers }), 403, 'insufficient_scope');
    expect((await login(peer.user.email)).status).toBe(200);
    expect(await auditOf(peer.user.id)).toEqual([]);
    const owner = await registerRole('owner');
    expect((await edit({ token: owner.access_token })).status).toBe(200);
  });

  it('lets an admin change what else is known of a peer', async () => {
    const peer = await registerRole('admin');
    const { email } = peer.user;
    expect((await act('PATCH', '', { name: 'Peer', email }, admin.access_token, peer.user.id)).status).toBe(
      200,
    );
  });
});
