import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import { call, createApiKey, createRealm, expectProblem, login, register } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { mailTo } from '../support/mail.ts';

describe('realms', () => {
  it('are made and changed by owners, at once in this isolate, and in the audit log', async () => {
    const owner = await registerRole('owner');
    const { access_token: token } = owner;
    const id = `r${crypto.randomUUID().slice(0, 8)}`;
    const body = { id, name: 'Acme', registration: 'closed', allowed_origins: ['https://app.acme.example'] };
    const made = await asAdmin('POST', '/realms', { token, body });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(made.body).toMatchObject({
      ...body,
      access_token_seconds: 600,
      refresh_grace_seconds: 30,
      breached_passwords: 'refused',
      challenge: 'off',
      color: '#1d4ed8',
      audience: null,
    });
    expectProblem(await asAdmin('POST', '/realms', { token, body }), 409, 'realm_exists');
    const registration = { email: `${id}@example.com`, password: 'a good long secret' };
    expectProblem(
      await call('POST', '/v1/auth/register', { realm: id, body: registration }),
      403,
      'registration_closed',
    );
    const patch = { registration: 'open', access_token_seconds: 300 };
    const changed = await asAdmin('PATCH', `/realms/${id}`, { token, body: patch });
    expect(changed.body).toMatchObject({ ...made.body, ...patch, updated_at: expect.any(String) });
    const user = await call('POST', '/v1/auth/register', { realm: id, body: registration });
    expect(user.body.expires_in).toBe(300);
    expect((await auditOf(id)).map(({ actor, action, details }) => [actor, action, details])).toEqual([
      [owner.user.id, 'realm_created', { before: null, after: body }],
      [
        owner.user.id,
        'realm_changed',
        {
          before: { registration: 'closed', accessTokenSeconds: 600 },
          after: { registration: 'open', accessTokenSeconds: 300 },
        },
      ],
    ]);
    const list = await asAdmin('GET', '/realms?limit=1', { token });
    expect(list.body.data).toHaveLength(1);
    expect(list.body.total).toBeGreaterThan(1);
    expect(list.body.next_cursor).toBe(list.body.data[0].id);
  });

  it('of others are none of an admin', async () => {
    await createRealm('mine');
    const { access_token: token } = await registerRole('admin', 'mine');
    const mine = (method: string, path: string, body?: unknown) =>
      asAdmin(method, path, { token, realm: 'mine', body });
    expect((await mine('GET', '/realms/mine')).body.id).toBe('mine');
    expect((await mine('PATCH', '/realms/mine', { name: 'Mine' })).body.name).toBe('Mine');
    for (const [method, path, body] of [
      ['GET', '/realms'],
      ['POST', '/realms', { id: 'another' }],
      ['GET', '/realms/default'],
      ['PATCH', '/realms/default', { registration: 'closed' }],
      ['GET', '/realms/nowhere'],
    ] as [string, string, unknown?][]) {
      expectProblem(await mine(method, path, body), 403, 'insufficient_scope');
    }
    expectProblem(await asAdmin('GET', '/realms/nowhere'), 404, 'realm_not_found');
  });

  it.each([
    ['registration', 'maybe'],
    ['access_token_seconds', 59],
    ['refresh_grace_seconds', -1],
    ['refresh_grace_seconds', 601],
    ['refresh_grace_seconds', 1.5],
    ['allowed_origins', ['https://app.example/path']],
    ['redirect_targets', ['javascript:alert(1)']],
    ['color', 'blue'],
    ['id', 'UPPER'],
  ])('are refused with %s: %j', async (field, value) => {
    const body = { id: 'refused', [field]: value };
    expectProblem(await asAdmin('POST', '/realms', { body }), 422, 'validation_failed');
  });
});

describe('owners of the realm default', () => {
  it('act in every realm, and the audit log of that realm says so', async () => {
    await createRealm('subject');
    const owner = await registerRole('owner');
    const user = await register({}, { realm: 'subject' });
    const { access_token: token } = owner;
    const path = `/users/${user.user.id}/status`;
    const body = { status: 'suspended' };
    expect((await asAdmin('PUT', path, { token, realm: 'subject', body })).status).toBe(200);
    expect(await auditOf(user.user.id)).toMatchObject([{ realm_id: 'subject', actor: owner.user.id }]);
    // Elsewhere than in the admin API they are nobody there.
    expectProblem(await call('GET', '/v1/me', { token, realm: 'subject' }), 401, 'invalid_token');
    const other = `/v1/users/${user.user.id}`;
    expectProblem(await call('GET', other, { token, realm: 'subject' }), 401, 'invalid_token');
  });

  it('hear what is wrong with their own token', async () => {
    await createRealm('sorry');
    const owner = await registerRole('owner');
    const second = (await login(owner.user.email)).body;
    await call('POST', '/v1/auth/logout', { token: second.access_token });
    const ask = (token: string) => asAdmin('GET', '/users', { token, realm: 'sorry' });
    expectProblem(await ask(second.access_token), 401, 'session_ended');
    advance(600_000);
    expectProblem(await ask(owner.access_token), 401, 'token_expired');
  });

  it('a user of another realm with that role is owner of no other', async () => {
    await createRealm('pretender');
    const { access_token: token } = await registerRole('owner', 'pretender');
    expectProblem(await asAdmin('GET', '/users', { token }), 401, 'invalid_token');
    await createRealm('neighbour');
    expectProblem(await asAdmin('GET', '/users', { token, realm: 'neighbour' }), 401, 'invalid_token');
  });

  it('a key with the scope admin is an admin, not an owner', async () => {
    const { headers } = await createApiKey(['admin']);
    const user = await register();
    const path = `/v1/admin/users/${user.user.id}/role`;
    expectProblem(await call('PUT', path, { headers, body: { role: 'owner' } }), 403, 'insufficient_scope');
    expect((await call('PUT', path, { headers, body: { role: 'admin' } })).status).toBe(200);
  });
});

describe('signing keys', () => {
  it('rotate: the next is published at once and signs an hour later; once while one is under way', async () => {
    await createRealm('keyed');
    const user = await register({}, { realm: 'keyed' });
    const rotate = () => asAdmin('POST', '/signing-keys/rotate', { realm: 'keyed' });
    const [first, second] = await Promise.all([rotate(), rotate()]);
    expect(first.body.data).toHaveLength(2);
    expect(second.body.data).toHaveLength(2);
    const [next, old] = (await asAdmin('GET', '/signing-keys', { realm: 'keyed' })).body.data;
    expect(Date.parse(next.signs_from) - Date.now()).toBeGreaterThan(3_500_000);
    expect(old).toMatchObject({ generation: 1, signs_until: next.signs_from });
    expect(next).toMatchObject({ generation: 2, signs_until: null, published_until: null });
    const jwks = await call('GET', '/.well-known/jwks.json', { realm: 'keyed' });
    expect(jwks.body.keys.map(({ kid }: { kid: string }) => kid)).toEqual([old.kid, next.kid]);
    expect((await call('GET', '/v1/me', { token: user.access_token, realm: 'keyed' })).status).toBe(200);
    expect((await auditOf(next.kid)).map(({ action }) => action)).toEqual(['signing_key_rotated']);
    advance(3_600_001);
    const again = await login(user.user.email, undefined, { realm: 'keyed' });
    expect(JSON.parse(atob(again.body.access_token.split('.')[0])).kid).toBe(next.kid);
  });
});

describe('the outbox', () => {
  const rowOf = (id: string) => env.DB.prepare('SELECT * FROM outbox WHERE id = ?').bind(id).first<any>();
  const stranded = async (set: string) => {
    const user = await register();
    await mailTo(user.user.email, /^Welcome/);
    const data = JSON.stringify({
      name: null,
      link: 'https://auth.test/verify-email?token=again',
      hours: 24,
    });
    const row = await env.DB.prepare(
      `UPDATE outbox SET status = 'dead', data = ?, attempts = 10, last_error = 'refused', ${set}
       WHERE user_id = ? AND template = 'welcome' RETURNING id`,
    )
      .bind(data, user.user.id)
      .first<{ id: string }>();
    return { user, id: row?.id as string };
  };

  it('lists what became of messages, and never what they say', async () => {
    const user = await register();
    await mailTo(user.user.email, /^Welcome/);
    const { body } = await asAdmin('GET', `/outbox?user_id=${user.user.id}`);
    expect(body.total).toBe(1);
    expect(body.data[0]).toMatchObject({
      channel: 'mail',
      template: 'welcome',
      recipient: user.user.email,
      status: 'sent',
      attempts: 1,
      retriable: false,
    });
    expect(JSON.stringify(body)).not.toMatch(/token|data":\{/);
    const one = await asAdmin('GET', `/outbox/${body.data[0].id}`);
    expect(one.body).toEqual(body.data[0]);
    const page = await asAdmin('GET', '/outbox?limit=1&status=sent');
    expect(page.body.data).toHaveLength(1);
    await call('POST', '/v1/auth/password/forgot', { body: { email: 'nobody-at-all@example.com' } });
    const all = await asAdmin('GET', '/outbox?limit=100');
    expect(all.body.data.every(({ status }: { status: string }) => status !== 'void')).toBe(true);
    expect(all.body.data.length).toBe(all.body.total);
  });

  it('walks all messages by cursor, each once', async () => {
    await Promise.all([register(), register(), register()]);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: any = await asAdmin('GET', `/outbox?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    const { n } = (await env.DB.prepare(
      "SELECT count(*) AS n FROM outbox WHERE realm_id = 'default' AND status <> 'void'",
    ).first<{ n: number }>()) as { n: number };
    expect(seen).toHaveLength(n);
  });

  it('mails an admin a test message, to their own address', async () => {
    const admin = await registerRole('admin');
    const { access_token: token } = admin;
    const answer = await asAdmin('POST', '/outbox/test', { token });
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    const { id } = answer.body;
    expect(answer.body).toMatchObject({
      template: 'test_email',
      recipient: admin.user.email,
      user_id: admin.user.id,
      status: 'pending',
    });
    await mailTo(admin.user.email, /^Test message from/);
    expect(await auditOf(id)).toMatchObject([
      { realm_id: 'default', actor: admin.user.id, action: 'test_message_sent' },
    ]);
    // With the welcome, five mails an hour go to one inbox.
    for (let sent = 2; sent < 5; sent++) {
      expect((await asAdmin('POST', '/outbox/test', { token })).status).toBe(202);
    }
    const refused = await asAdmin('POST', '/outbox/test', { token });
    expectProblem(refused, 429, 'rate_limited');
    expect(refused.headers.get('retry-after')).toBe('3600');
    expectProblem(await asAdmin('POST', '/outbox/test'), 404, 'user_not_found');
  });

  it('sends a dead letter again', async () => {
    const { user, id } = await stranded('settled_at = 1');
    const answer = await asAdmin('POST', `/outbox/${id}/retry`);
    expect(answer.body).toMatchObject({ id, status: 'pending', attempts: 0 });
    const mail = await mailTo(user.user.email, /^Welcome/, 2);
    expect(mail.text).toContain('token=again');
    expect((await auditOf(id)).map(({ action }) => action)).toEqual(['message_retried']);
  });

  it('does not send what is over, was sent, is of another realm or nobody', async () => {
    for (const set of ['expires_at = 1', "data = '{}'", "status = 'sent'"]) {
      const { id } = await stranded('settled_at = 1');
      await env.DB.prepare(`UPDATE outbox SET ${set} WHERE id = ?`).bind(id).run();
      expectProblem(await asAdmin('POST', `/outbox/${id}/retry`), 409, 'message_not_retriable');
      expect(await auditOf(id)).toEqual([]);
    }
    const { id } = await stranded('settled_at = 1');
    await createRealm('other-post');
    const elsewhere = await asAdmin('POST', `/outbox/${id}/retry`, { realm: 'other-post' });
    expectProblem(elsewhere, 404, 'message_not_found');
    expectProblem(await asAdmin('GET', '/outbox/msg_x'), 404, 'message_not_found');
    expect((await rowOf(id)).status).toBe('dead');
  });
});
