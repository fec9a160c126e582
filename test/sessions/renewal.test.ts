import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { asAdmin } from '../support/admin.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  register,
  registerVerified,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { activityOf } from '../support/projection.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const renew = (access_token: string, realm?: string) =>
  call('POST', '/v1/auth/renew', { body: { access_token }, realm });
const session = (token: string) => call('GET', '/v1/auth/session', { token });

describe('renewal by an access token', () => {
  it('gives the next of the same session, and no refresh token', async () => {
    const user = await register();
    const answer = await renew(user.access_token);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      session_id: user.session_id,
    });
    expect(answer.body.access_token).not.toBe(user.access_token);
    expect((await session(answer.body.access_token)).status).toBe(200);
  });

  it('goes on for as long as the session lives, and no longer', async () => {
    await createRealm('renewing', { session_absolute_seconds: 25 * 60 });
    let token = (await register({}, { realm: 'renewing' })).access_token;
    for (const [minutes, lifetime] of [
      [9, 600],
      [9, 420],
      [6, 60],
    ] as const) {
      advance(minutes * MINUTE);
      const { status, body } = await renew(token, 'renewing');
      expect(status, JSON.stringify(body)).toBe(200);
      expect(Math.abs(body.expires_in - lifetime)).toBeLessThanOrEqual(2);
      token = body.access_token;
    }
    advance(MINUTE);
    expectProblem(await renew(token, 'renewing'), 401, 'invalid_token');
  });

  it('rotates once however many ask at the same time', async () => {
    const user = await register();
    const answers = await Promise.all(Array.from({ length: 10 }, () => renew(user.access_token)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const generations = answers.map(({ body }) => decodeJwt(body.access_token).gen);
    expect(new Set(generations)).toEqual(new Set([2]));
    expect((await renew(answers[3]?.body.access_token)).status).toBe(200);
  });

  it('gives a retry within thirty seconds another, and ends the session at a reuse after that', async () => {
    const user = await register();
    advance(0);
    const second = (await renew(user.access_token)).body.access_token;
    const third = (await renew(second)).body.access_token;
    advance(29_999);
    expect((await renew(user.access_token)).status).toBe(200);
    advance(1);
    expectProblem(await renew(user.access_token), 401, 'session_ended');
    expectProblem(await renew(third), 401, 'invalid_token');
    expectProblem(await session(third), 401, 'session_ended');
    expect(await activityOf(user.user.id)).toContain('refresh_token_reused');
  });

  it('counts with refresh by a refresh token as one rotation', async () => {
    const user = await register();
    await renew((await renew(user.access_token)).body.access_token);
    advance(31_000);
    const refreshed = await call('POST', '/v1/auth/refresh', { body: { refresh_token: user.refresh_token } });
    expectProblem(refreshed, 401, 'session_ended');
  });

  it('leaves other sessions of the user alone', async () => {
    const user = await register();
    const other = (await login(user.user.email)).body;
    await renew((await renew(user.access_token)).body.access_token);
    advance(31_000);
    expectProblem(await renew(user.access_token), 401, 'session_ended');
    expect((await session(other.access_token)).status).toBe(200);
  });

  it('has the role and the name that the user has now', async () => {
    const user = await registerVerified({ username: `ada${crypto.randomUUID().slice(0, 8)}` });
    expect(decodeJwt(user.access_token)).toMatchObject({ is_admin: false, username: user.user.username });
    await changeDirectory(user.user.id, { role: 'admin' });
    const claims = decodeJwt((await renew(user.access_token)).body.access_token);
    const { id, username } = user.user;
    expect(claims).toMatchObject({ is_admin: true, id, sub: id, username });
  });
});

describe('refuses', () => {
  it('a token that expired more than a day ago', async () => {
    const user = await register();
    advance(10 * MINUTE + DAY);
    expectProblem(await renew(user.access_token), 401, 'token_expired');
  });

  it('no token that expired today, while its session lives', async () => {
    const user = await register();
    advance(11 * MINUTE);
    expect((await renew(user.access_token)).status).toBe(200);
    await call('POST', '/v1/auth/logout', { token: (await renew(user.access_token)).body.access_token });
    expect((await renew(user.access_token)).status).toBe(401);
  });

  it('a token of another realm, and leaves the session as it was', async () => {
    await createRealm('renewed-elsewhere');
    const user = await register();
    expectProblem(await renew(user.access_token, 'renewed-elsewhere'), 401, 'invalid_token');
    expect((await renew(user.access_token)).status).toBe(200);
  });

  it('a user who is suspended', async () => {
    const user = await register();
    await changeDirectory(user.user.id, { status: 'suspended' });
    expectProblem(await renew(user.access_token), 403, 'account_suspended');
  });

  it('a session that was signed out', async () => {
    const user = await register();
    await call('POST', '/v1/auth/logout', { token: user.access_token });
    expectProblem(await renew(user.access_token), 401, 'invalid_token');
  });

  it('a refresh token, something forged, and nothing', async () => {
    const user = await register();
    const [head, body] = user.access_token.split('.');
    for (const token of [user.refresh_token, 'nonsense', `${head}.${body}.`, '']) {
      expectProblem(await renew(token), 401, 'invalid_token');
    }
    expectProblem(await call('POST', '/v1/auth/renew', { body: {} }), 422, 'validation_failed');
    expectProblem(await call('POST', '/v1/auth/renew'), 422, 'validation_failed');
  });

  it('to lengthen what an admin does in the user’s place', async () => {
    const user = await register();
    const path = `/users/${user.user.id}/impersonate`;
    const acting = (await asAdmin('POST', path, { body: { reason: 'a test' } })).body;
    expectProblem(await renew(acting.access_token), 403, 'impersonation_refused');
    expect((await call('GET', '/v1/me', { token: acting.access_token })).status).toBe(200);
  });
});

describe('without the dialect', () => {
  const bindings = { ...env, COMPAT: 'doztra' } as unknown as Bindings;
  const services = createServices(bindings);
  const app = createApp(services, bindings);
  const ask = (path: string, token: string) =>
    app.request(
      `https://auth.test${path}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ access_token: token, refresh_token: token }),
      },
      bindings,
    );

  it('there is no renewal, and tokens say nothing of it', async () => {
    const user = await register();
    expect((await ask('/v1/auth/renew', user.access_token)).status).toBe(404);
    const body = JSON.stringify({ refresh_token: user.refresh_token });
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body };
    const refreshed: any = await (
      await app.request('https://auth.test/v1/auth/refresh', init, bindings)
    ).json();
    const claims = decodeJwt(refreshed.access_token);
    for (const name of ['id', 'username', 'is_admin', 'gen']) expect(claims).not.toHaveProperty(name);
    // Issued before the dialect was switched on.
    expectProblem(await renew(refreshed.access_token), 401, 'invalid_token');
  });
});

describe('the username in a token', () => {
  const nameIn = (token: string) => decodeJwt(token).username;
  const newName = () => `n${crypto.randomUUID().slice(0, 12)}`;

  it('is the one that the user has just chosen', async () => {
    const user = await registerVerified();
    expect(nameIn(user.access_token)).toBeNull();
    const username = newName();
    await call('PATCH', '/v1/me', { token: user.access_token, body: { username } });
    const next = (await renew(user.access_token)).body.access_token;
    expect(nameIn(next)).toBe(username);
    await call('PATCH', '/v1/me', { token: next, body: { username: null } });
    expect(nameIn((await renew(next)).body.access_token)).toBeNull();
    expect((await session(user.access_token)).status).toBe(200);
  });

  it('is the one that an admin has just given', async () => {
    const user = await register();
    const username = newName();
    await asAdmin('PATCH', `/users/${user.user.id}`, { body: { username } });
    expect(nameIn((await renew(user.access_token)).body.access_token)).toBe(username);
  });

  it('is null while an object knows none, and there from the next sign-in on', async () => {
    const username = newName();
    const user = await register({ username });
    await runInDurableObject(accountOf(user.user.id), (_, state) => {
      const { username: _forgotten, ...old } = state.storage.kv.get('state') as Record<string, unknown>;
      state.storage.kv.put('state', old);
    });
    await evictDurableObject(accountOf(user.user.id));
    expect(nameIn((await renew(user.access_token)).body.access_token)).toBeNull();
    expect(nameIn((await login(username)).body.access_token)).toBe(username);
  });
});
