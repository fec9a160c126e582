import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { PasswordObject } from '../../src/account/contract.ts';
import { accepted } from '../../src/errors.ts';
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
import { beginSessions } from '../support/begun-sessions.ts';
import { advance } from '../support/clock.ts';
import { activityOf } from '../support/projection.ts';

const NEXT = 'four lighthouses at dawn';

const change = (user: SignedInBody, current = PASSWORD, next = NEXT) =>
  call('PUT', '/v1/me/password', {
    token: user.access_token,
    body: { current_password: current, new_password: next },
  });

it('changes the password and ends every other session at once', async () => {
  const user = await registerVerified();
  const other = (await login(user.user.email)).body;
  expect((await change(user)).status).toBe(204);
  expectProblem(await login(user.user.email), 401, 'invalid_credentials');
  expect((await login(user.user.email, NEXT)).status).toBe(200);
  expectProblem(await call('GET', '/v1/me', { token: other.access_token }), 401, 'session_ended');
  expectProblem(
    await call('POST', '/v1/auth/refresh', { body: { refresh_token: other.refresh_token } }),
    401,
    'invalid_token',
  );
  expect((await call('GET', '/v1/me', { token: user.access_token })).status).toBe(200);
  expect(await activityOf(user.user.id)).toContain('password_changed');
});

describe('what is refused', () => {
  it('is a user whose address is not verified', async () => {
    expectProblem(await change(await register()), 403, 'email_not_verified');
  });

  it('is a wrong current password, which counts as a failed attempt', async () => {
    const user = await registerVerified();
    advance(0);
    for (let n = 0; n < 5; n += 1) expectProblem(await change(user, 'wrong'), 401, 'invalid_credentials');
    expectProblem(await change(user), 429, 'too_many_attempts');
    // Failures in a session lock out nobody but it.
    expect((await login(user.user.email)).status).toBe(200);
  });

  it('is a new password that is too short, too long or too common', async () => {
    const user = await registerVerified();
    for (const next of ['short', 'password1', 'x'.repeat(257), user.user.email]) {
      const answer = await change(user, PASSWORD, next);
      expectProblem(answer, 422, 'validation_failed');
      expect(answer.body.errors[0].path).toBe('new_password');
    }
    expect((await login(user.user.email)).status).toBe(200);
  });

  it('is all but one of ten changes at the same time', async () => {
    const user = await registerVerified();
    const nexts = Array.from({ length: 10 }, (_, n) => `lighthouse number ${n}`);
    const answers = await Promise.all(nexts.map((next) => change(user, PASSWORD, next)));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
    for (const answer of answers.filter((one) => one.status !== 204)) {
      expect(['conflict', 'invalid_credentials', 'too_many_attempts']).toContain(answer.body.code);
    }
    advance(3_600_000);
    const winner = nexts[statuses.indexOf(204)] as string;
    expect((await login(user.user.email, winner)).status).toBe(200);
  });
});

describe('a replica that lags behind', () => {
  /** The sign-in as the object gets it when the row comes from such a replica. */
  async function staleSignIn(user: SignedInBody, password: string) {
    const row = await env.DB.prepare('SELECT * FROM users WHERE id = ?').bind(user.user.id).first<any>();
    const { hash } = (await env.DB.prepare('SELECT hash FROM passwords WHERE user_id = ?')
      .bind(user.user.id)
      .first<any>()) as { hash: string };
    const directory = {
      userId: row.id,
      realmId: row.realm_id,
      role: row.role,
      plan: row.plan,
      planExpiresAt: null,
      customLimits: {},
      status: row.status,
      emailVerified: row.email_verified === 1,
      version: row.version,
      credentialVersion: row.credential_version,
    };
    const object = accountOf(user.user.id) as unknown as PasswordObject;
    return () =>
      object.signIn({
        directory,
        hash,
        password,
        client: { ip: '10.0.0.1', country: null, city: null, userAgent: null },
        lifetimes: { idleSeconds: 1000, absoluteSeconds: 1000 },
      });
  }

  it('cannot make an old password work, nor a suspended user active', async () => {
    const user = await registerVerified();
    const attempt = await staleSignIn(user, PASSWORD);
    expect(await attempt()).toMatchObject({ refreshToken: expect.any(String) });
    await change(user);
    expect(await attempt()).toMatchObject({ reason: 'service_unavailable' });

    const suspended = await registerVerified();
    const late = await staleSignIn(suspended, PASSWORD);
    await changeDirectory(suspended.user.id, { status: 'suspended' });
    expect(await late()).toMatchObject({ reason: 'service_unavailable' });
  });

  it('is asked no further: sign-in reads the primary and goes by it', async () => {
    const user = await registerVerified();
    const { createServices } = await import('../../src/services.ts');
    const before = await env.DB.prepare('SELECT hash FROM passwords WHERE user_id = ?')
      .bind(user.user.id)
      .first<any>();
    await change(user);
    // A D1 whose unconstrained reads come from before the change.
    const stale = new Proxy(env.DB, {
      get(target, name) {
        if (name !== 'withSession') return Reflect.get(target, name);
        return (constraint: string) => {
          const session = target.withSession(constraint);
          if (constraint !== 'first-unconstrained') return session;
          return {
            getBookmark: () => null,
            prepare: (sql: string) => ({
              bind: (...args: unknown[]) => ({
                raw: async () => {
                  const rows = (await session
                    .prepare(sql)
                    .bind(...args)
                    .raw()) as unknown[][];
                  // version, credential_version and hash are the columns that the change touched.
                  return rows.map((row) =>
                    row.map((value) =>
                      /^\$argon2/.test(String(value)) ? before.hash : value === 3 ? 2 : value,
                    ),
                  );
                },
              }),
            }),
          };
        };
      },
    });
    const { credentials, realms } = createServices({ ...env, DB: stale } as never);
    const realm = await realms.get('default');
    const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
    const signIn = (password: string) =>
      credentials.login({ identifier: user.user.email, password }, realm, client).then(
        () => 'signed_in',
        (error) => error.code,
      );
    expect(await signIn(PASSWORD)).toBe('invalid_credentials');
    expect(await signIn(NEXT)).toBe('signed_in');
  });
});

it('is caught up with when its maker died between the directory and the object', async () => {
  const user = await registerVerified();
  const other = (await login(user.user.email)).body;
  const { id } = user.user;
  const object = accountOf(id) as unknown as PasswordObject;
  const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
  const { hash } = (await env.DB.prepare('SELECT hash FROM passwords WHERE user_id = ?')
    .bind(id)
    .first<any>()) as any;
  const prepared = accepted(
    await object.prepareNewPassword({
      hash,
      current: PASSWORD,
      next: NEXT,
      client,
      sessionId: user.session_id,
    }),
  );
  await env.DB.batch([
    env.DB.prepare('UPDATE passwords SET hash = ? WHERE user_id = ?').bind(prepared.hash, id),
    env.DB.prepare(
      'UPDATE users SET version = version + 1, credential_version = version + 1 WHERE id = ?',
    ).bind(id),
  ]);
  // Nobody calls directoryChanged. Until the object looks, the other session is alive.
  expect((await call('GET', '/v1/auth/session', { token: other.access_token })).status).toBe(200);
  advance(10_000);
  expect(await runDurableObjectAlarm(accountOf(id))).toBe(true);
  expectProblem(await call('GET', '/v1/auth/session', { token: other.access_token }), 401, 'session_ended');
  expect((await login(user.user.email, NEXT)).status).toBe(200);
  expectProblem(await login(user.user.email, PASSWORD), 401, 'invalid_credentials');
});

it('keeps no password in the object', async () => {
  const user = await registerVerified();
  await change(user);
  const stored = await runInDurableObject(accountOf(user.user.id), (_, { storage }) => {
    beginSessions(storage);
    return JSON.stringify([
      ...storage.sql.exec('SELECT * FROM activity').toArray(),
      ...storage.sql.exec('SELECT * FROM sessions').toArray(),
      ...storage.kv.list(),
    ]);
  });
  expect(stored).not.toContain(NEXT);
  expect(stored).not.toContain(PASSWORD);
  expect(stored).not.toContain(user.refresh_token);
});
