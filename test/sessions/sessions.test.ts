import { describe, expect, it } from 'vitest';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  ORIGIN,
  register,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { activityOf } from '../support/projection.ts';

const session = (token?: string, realm?: string) => call('GET', '/v1/auth/session', { token, realm });
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('GET /v1/auth/session', () => {
  it('says who, by which session, until when', async () => {
    const user = await register();
    const answer = await session(user.access_token);
    expect(answer.status).toBe(200);
    const { body } = await call('GET', '/v1/me/sessions', { token: user.access_token });
    const created: string = body.data[0].created_at;
    expect(answer.body).toEqual({
      user_id: user.user.id,
      session_id: user.session_id,
      role: 'user',
      plan: 'free',
      email_verified: false,
      anonymous: false,
      organization_id: null,
      organization_role: null,
      authenticated_at: created.replace(/\.\d+Z$/, '.000Z'),
      amr: ['pwd'],
      acr: 'aal1',
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
    });
  });

  it('follows a change of the account at once, whatever the token says', async () => {
    const user = await register();
    await changeDirectory(user.user.id, { email_verified: 1, role: 'admin' });
    expect((await session(user.access_token)).body).toMatchObject({ email_verified: true, role: 'admin' });
  });
});

// Every endpoint that wants a user is refused to the same callers.
const USER_ENDPOINTS: [string, string, unknown?][] = [
  ['GET', '/v1/auth/session'],
  ['GET', '/v1/me'],
  ['PATCH', '/v1/me', { name: 'X' }],
  ['PUT', '/v1/me/password', { current_password: 'x', new_password: 'yyyyyyyyyyyy' }],
  ['GET', '/v1/me/sessions'],
  ['DELETE', '/v1/me/sessions/ses_x'],
  ['POST', '/v1/auth/logout', {}],
  ['PUT', '/v1/me/email', { password: 'x', email: 'x@example.com' }],
  ['PUT', '/v1/me/avatar', {}],
  ['DELETE', '/v1/me/avatar'],
  ['GET', '/v1/me/preferences'],
  ['PUT', '/v1/me/preferences', {}],
  ['PATCH', '/v1/me/preferences', {}],
  ['GET', '/v1/me/activity'],
  ['GET', '/v1/me/export'],
  ['DELETE', '/v1/me', {}],
  ['GET', '/v1/me/identities'],
  ['POST', '/v1/me/identities/google', {}],
  ['DELETE', '/v1/me/identities/google'],
  ['GET', '/v1/me/subscription'],
  ['PUT', '/v1/me/subscription', { plan: 'pro' }],
  ['POST', '/v1/billing/checkout', { plan: 'pro' }],
  ['POST', '/v1/billing/portal', {}],
  ['POST', '/v1/billing/setup-intent', {}],
  ['POST', '/v1/billing/subscriptions', { plan: 'pro' }],
  ['GET', '/v1/billing/payment-methods'],
  ['PUT', '/v1/billing/payment-methods/pm_x/default'],
  ['DELETE', '/v1/billing/payment-methods/pm_x'],
  ['GET', '/v1/billing/invoices'],
  ['GET', '/v1/me/quota'],
  ['GET', '/v1/me/usage'],
  ['GET', '/v1/me/usage/history'],
  ['GET', '/v1/me/tokens'],
  ['GET', '/v1/me/tokens/history'],
  ['POST', '/v1/me/tokens', { model: 'x', input_tokens: 1, output_tokens: 1 }],
  ['GET', '/v1/me/credits'],
  ['GET', '/v1/me/credits/transactions'],
  ['GET', '/v1/users/usr_x'],
  ['GET', '/v1/admin/api-keys'],
  ['POST', '/v1/admin/api-keys', { name: 'x', scopes: ['users:read'] }],
  ['POST', '/v1/admin/api-keys/key_x/rotate', {}],
  ['DELETE', '/v1/admin/api-keys/key_x'],
  ['POST', '/v1/admin/users/import'],
  ['GET', '/v1/admin/imports/x'],
];

describe.each(USER_ENDPOINTS)('%s %s', (method, path, body) => {
  const send = (options: object) => call(method, path, { body, ...options });

  it('refuses a stranger, and names the scheme', async () => {
    const answer = await send({});
    expectProblem(answer, 401, 'authentication_required');
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="default", resource_metadata="${ORIGIN}/.well-known/oauth-protected-resource"`,
    );
  });

  it('refuses what is no bearer token', async () => {
    for (const authorization of ['Bearer', 'Bearer ', 'Basic dTpw', 'bearer a b', 'Token x']) {
      expectProblem(await send({ headers: { authorization } }), 401, 'authentication_required');
    }
    const answer = await send({ token: 'nonsense' });
    expectProblem(answer, 401, 'invalid_token');
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="default", error="invalid_token", resource_metadata="${ORIGIN}/.well-known/oauth-protected-resource"`,
    );
  });

  it('refuses a user of another realm', async () => {
    const realm = `other-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const [ours, theirs] = [await register(), await register({}, { realm })];
    expectProblem(await send({ token: theirs.access_token }), 401, 'invalid_token');
    expectProblem(await send({ token: ours.access_token, realm }), 401, 'invalid_token');
  });

  it('refuses a suspended user', async () => {
    const user = await register();
    await changeDirectory(user.user.id, { status: 'suspended' });
    expectProblem(await send({ token: user.access_token }), 403, 'account_suspended');
  });

  it('refuses an expired token, and one whose session has ended', async () => {
    const user = await register();
    const ended = (await login(user.user.email)).body;
    await call('POST', '/v1/auth/logout', { token: ended.access_token });
    expectProblem(await send({ token: ended.access_token }), 401, 'session_ended');
    advance(600_000);
    expectProblem(await send({ token: user.access_token }), 401, 'token_expired');
  });
});

describe('GET /v1/me/sessions', () => {
  it('lists devices with place, agent and last use, the present one marked', async () => {
    const user = await register({}, { headers: { 'user-agent': FIREFOX }, ip: '10.77.0.1' });
    advance(1000);
    const phone = (await login(user.user.email, undefined, { headers: { 'user-agent': 'curl/8.5.0' } })).body;
    const list = await call('GET', '/v1/me/sessions', { token: user.access_token });
    expect(list.status).toBe(200);
    expect(list.body.next_cursor).toBeNull();
    expect(list.body.data).toHaveLength(2);
    expect(list.body.data[0]).toMatchObject({ id: phone.session_id, current: false, device: 'curl' });
    expect(list.body.data[1]).toMatchObject({
      id: user.session_id,
      current: true,
      device: 'Firefox on Linux',
      user_agent: FIREFOX,
      ip: '10.77.0.1',
      methods: ['pwd'],
    });
    expect(JSON.stringify(list.body)).not.toContain('salt');
  });

  it('notices when a session was used, to the hour', async () => {
    const { session_id, user } = await register();
    const object = accountOf(user.id);
    const seenAt = async () => {
      await object.check(session_id);
      return (await object.listSessions())[0]?.last_seen_at ?? 0;
    };
    // At noon, so that no day ends meanwhile.
    advance(Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 12 * 3_600_000 - Date.now());
    const first = await seenAt();
    advance(59 * 60_000);
    expect(await seenAt()).toBe(first);
    advance(60_000);
    expect(await seenAt()).toBe(first + 3_600_000);
  });

  it('keeps at most a hundred: the one used least recently ends', async () => {
    const user = await register();
    const { email, id } = user.user;
    const object = accountOf(id);
    const client = { ip: '10.1.1.1', country: null, city: null, userAgent: null };
    const lifetimes = { idleSeconds: 1_209_600, absoluteSeconds: 2_592_000 };
    const directory = {
      userId: id,
      realmId: 'default',
      role: 'user',
      plan: 'free',
      planExpiresAt: null,
      customLimits: {},
      status: 'active',
      emailVerified: false,
      version: 1,
      credentialVersion: 1,
    } as const;
    for (let n = 0; n < 99; n += 1) {
      advance(10);
      await object.open(directory, { client, methods: ['pwd'], lifetimes, activity: 'signed_in' });
    }
    expect((await session(user.access_token)).status).toBe(200);
    advance(10);
    const last = await login(email);
    expect(last.status).toBe(200);
    expect((await call('GET', '/v1/me/sessions', { token: last.body.access_token })).body.data).toHaveLength(
      100,
    );
    expectProblem(await session(user.access_token), 401, 'session_ended');
  });
});

describe('DELETE /v1/me/sessions/{id}', () => {
  it('ends another device at once', async () => {
    const user = await register();
    const other = (await login(user.user.email)).body;
    const path = `/v1/me/sessions/${other.session_id}`;
    expect((await call('DELETE', path, { token: user.access_token })).status).toBe(204);
    expectProblem(await session(other.access_token), 401, 'session_ended');
    expectProblem(
      await call('POST', '/v1/auth/refresh', { body: { refresh_token: other.refresh_token } }),
      401,
      'invalid_token',
    );
    expect((await session(user.access_token)).status).toBe(200);
    expect(await activityOf(user.user.id)).toEqual(['registered', 'signed_in', 'session_revoked']);
  });

  it("does not reach another user's sessions", async () => {
    const [user, other] = [await register(), await register()];
    const path = `/v1/me/sessions/${other.session_id}`;
    expectProblem(await call('DELETE', path, { token: user.access_token }), 404, 'session_not_found');
    expect((await session(other.access_token)).status).toBe(200);
  });

  it('decides a race: of two parallel ends one finds the session', async () => {
    const user = await register();
    const other = (await login(user.user.email)).body;
    const path = `/v1/me/sessions/${other.session_id}`;
    const answers = await Promise.all([1, 2].map(() => call('DELETE', path, { token: user.access_token })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([204, 404]);
  });
});

describe('POST /v1/auth/logout', () => {
  it('ends this session for the very next request', async () => {
    const user = await register();
    const other = (await login(user.user.email)).body;
    const answer = await call('POST', '/v1/auth/logout', { token: user.access_token });
    expect(answer.status).toBe(204);
    expect(answer.body).toBe('');
    expectProblem(await session(user.access_token), 401, 'session_ended');
    expect((await session(other.access_token)).status).toBe(200);
    expect(await activityOf(user.user.id)).toContain('signed_out');
  });

  it('ends all sessions when asked', async () => {
    const user = await register();
    const other = (await login(user.user.email)).body;
    await call('POST', '/v1/auth/logout', { token: user.access_token, body: { all: true } });
    for (const one of [user, other]) expectProblem(await session(one.access_token), 401, 'session_ended');
    expect(await accountOf(user.user.id).listSessions()).toEqual([]);
    expect(await activityOf(user.user.id)).toContain('sessions_revoked');
  });

  it('refuses a body of another shape and ends nothing', async () => {
    const user = await register();
    for (const body of [{ all: 'yes' }, { al: true }, [], 'all']) {
      expectProblem(
        await call('POST', '/v1/auth/logout', { token: user.access_token, body }),
        422,
        'validation_failed',
      );
    }
    expect((await session(user.access_token)).status).toBe(200);
  });
});
