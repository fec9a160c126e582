import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  INTERNAL,
  register,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { activityOf } from '../support/projection.ts';

const refresh = (token: string, realm?: string) =>
  call('POST', '/v1/auth/refresh', { body: { refresh_token: token }, realm });
const session = (token: string) => call('GET', '/v1/auth/session', { token });

/** The token of another generation, or with another tag. */
function tamper(token: string, change: { generation?: number; tag?: string; sessionId?: string }): string {
  const [prefix, user, sessionId, generation, tag] = token.split('.');
  return [
    prefix,
    user,
    change.sessionId ?? sessionId,
    change.generation ?? generation,
    change.tag ?? tag,
  ].join('.');
}

describe('rotation', () => {
  it('gives a new pair for the same session', async () => {
    const user = await register();
    const answer = await refresh(user.refresh_token);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual([
      'access_token',
      'expires_in',
      'refresh_token',
      'session_id',
      'token_type',
    ]);
    expect(answer.body.session_id).toBe(user.session_id);
    expect(answer.body.refresh_token).not.toBe(user.refresh_token);
    expect((await session(answer.body.access_token)).status).toBe(200);
  });

  it('gives a retry within thirty seconds the current pair, whatever happened in between', async () => {
    const user = await register();
    advance(0);
    let current = await refresh(user.refresh_token);
    for (let step = 0; step < 3; step++) {
      advance(9_999);
      current = await refresh(current.body.refresh_token);
      const retry = await refresh(user.refresh_token);
      expect(retry.status).toBe(200);
      expect(retry.body.refresh_token).toBe(current.body.refresh_token);
      expect((await session(retry.body.access_token)).status).toBe(200);
    }
    advance(3);
    expectProblem(await refresh(user.refresh_token), 401, 'session_ended');
  });

  it('lets two tabs refresh by one store, however their requests cross', async () => {
    const user = await register();
    advance(0);
    // The tab that sleeps read the token before the other one used it, twice.
    const asleep = user.refresh_token;
    const awake = (await refresh(user.refresh_token)).body;
    const [one, two] = await Promise.all([refresh(awake.refresh_token), refresh(awake.refresh_token)]);
    expect(one.body.refresh_token).toBe(two.body.refresh_token);
    advance(29_999);
    const woken = await refresh(asleep);
    expect(woken.body.refresh_token).toBe(one.body.refresh_token);
    advance(600_000);
    expect((await refresh(woken.body.refresh_token)).status).toBe(200);
  });

  it('forgives a phone whose answer was lost, for ten minutes and while nobody has the next token', async () => {
    const user = await register();
    advance(0);
    const lost = await refresh(user.refresh_token);
    for (let tries = 0; tries < 3; tries++) {
      advance(199_999);
      const retry = await refresh(user.refresh_token);
      expect(retry.status).toBe(200);
      expect(retry.body.refresh_token).toBe(lost.body.refresh_token);
    }
    advance(2);
    expect((await refresh(lost.body.refresh_token)).status).toBe(200);
    advance(600_000);
    expectProblem(await refresh(lost.body.refresh_token), 401, 'session_ended');
  });

  it('forgives nobody once the next token was shown as a cookie', async () => {
    const user = await register();
    advance(0);
    const next = (await refresh(user.refresh_token)).body.refresh_token;
    const cookie = (token: string) =>
      call('GET', '/v1/auth/session', { headers: { cookie: `__Host-latchkey=${token}` } });
    advance(30_000);
    expect((await cookie(user.refresh_token)).status).toBe(200);
    expect((await cookie(next)).status).toBe(200);
    expectProblem(await cookie(user.refresh_token), 401, 'session_ended');
    expectProblem(await refresh(user.refresh_token), 401, 'session_ended');
  });

  it('keeps the window that the realm says, from the next refresh on', async () => {
    await createRealm('strict', { refresh_grace_seconds: 0 });
    const user = await register({}, { realm: 'strict' });
    advance(0);
    const second = (await refresh(user.refresh_token, 'strict')).body.refresh_token;
    expect((await refresh(user.refresh_token, 'strict')).body.refresh_token).toBe(second);
    expect((await refresh(second, 'strict')).status).toBe(200);
    expectProblem(await refresh(user.refresh_token, 'strict'), 401, 'session_ended');

    await createRealm('patient', { refresh_grace_seconds: 600 });
    const other = await register({}, { realm: 'patient' });
    const next = (await refresh(other.refresh_token, 'patient')).body.refresh_token;
    await call('PATCH', '/v1/admin/realms/patient', {
      headers: INTERNAL,
      body: { refresh_grace_seconds: 1 },
    });
    const third = (await refresh(next, 'patient')).body.refresh_token;
    advance(2_000);
    const fourth = (await refresh(third, 'patient')).body.refresh_token;
    advance(597_999);
    expect((await refresh(other.refresh_token, 'patient')).body.refresh_token).toBe(fourth);
    expectProblem(await refresh(next, 'patient'), 401, 'session_ended');
  });

  it('ends the session at a replay after that, for the thief and the owner, and logs it', async () => {
    const user = await register();
    const stolen = user.refresh_token;
    const owner = (await refresh(stolen)).body;
    const current = (await refresh(owner.refresh_token)).body;
    advance(30_000);
    expectProblem(await refresh(stolen), 401, 'session_ended');
    expectProblem(await refresh(current.refresh_token), 401, 'invalid_token');
    expectProblem(await session(current.access_token), 401, 'session_ended');
    expect(await activityOf(user.user.id)).toContain('refresh_token_reused');
  });

  it('leaves one live pair after a hundred parallel refreshes with one token', async () => {
    const user = await register();
    const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(user.refresh_token)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(100).fill(200));
    const tokens = new Set(answers.map((answer) => answer.body.refresh_token));
    expect(tokens.size).toBe(1);
    const next = await refresh([...tokens][0] as string);
    expect(next.status).toBe(200);
    expect(await accountOf(user.user.id).listSessions()).toHaveLength(1);
  });

  it('leaves other sessions of the user alone', async () => {
    const user = await register();
    const other = (
      await call('POST', '/v1/auth/login', {
        body: { identifier: user.user.email, password: 'three lighthouses at dusk' },
      })
    ).body;
    await refresh((await refresh(user.refresh_token)).body.refresh_token);
    advance(31_000);
    expectProblem(await refresh(user.refresh_token), 401, 'session_ended');
    expect((await session(other.access_token)).status).toBe(200);
  });
});

describe('a token that was never issued', () => {
  it('is refused and does no harm to the session it names', async () => {
    const user = await register();
    const wrongTag = 'A'.repeat(43);
    const forged = [
      tamper(user.refresh_token, { tag: wrongTag }),
      tamper(user.refresh_token, { generation: 0 }),
      tamper(user.refresh_token, { generation: 2 }),
      tamper(user.refresh_token, { sessionId: `ses_${'0'.repeat(26)}` }),
      'nonsense',
      `lkr.usr_${'0'.repeat(26)}.ses_${'0'.repeat(26)}.1.${wrongTag}`,
    ];
    for (const token of forged) expectProblem(await refresh(token), 401, 'invalid_token');
    expect((await refresh(user.refresh_token)).status).toBe(200);
  });

  it('leaves nothing behind in an object that no user has', async () => {
    const stranger = `usr_${'0'.repeat(26)}`;
    await refresh(`lkr.${stranger}.ses_${'0'.repeat(26)}.1.${'A'.repeat(43)}`);
    const tables = await runInDurableObject(accountOf(stranger), (_, state) =>
      state.storage.sql
        .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray(),
    );
    expect(tables).toEqual([]);
  });
});

it('refuses a refresh token of another realm, and leaves the session as it was', async () => {
  await createRealm('refresh-elsewhere');
  const user = await register();
  expectProblem(await refresh(user.refresh_token, 'refresh-elsewhere'), 401, 'invalid_token');
  const stranger = await register({}, { realm: 'refresh-elsewhere' });
  expectProblem(await refresh(stranger.refresh_token), 401, 'invalid_token');
  expect((await refresh(user.refresh_token)).status).toBe(200);
  expect((await refresh(stranger.refresh_token, 'refresh-elsewhere')).status).toBe(200);
});

it('refuses a suspended user', async () => {
  const user = await register();
  await changeDirectory(user.user.id, { status: 'suspended' });
  expectProblem(await refresh(user.refresh_token), 403, 'account_suspended');
});

it('refuses a request without a token, and one with another shape', async () => {
  expectProblem(await call('POST', '/v1/auth/refresh'), 401, 'authentication_required');
  expectProblem(await call('POST', '/v1/auth/refresh', { body: {} }), 422, 'validation_failed');
  expectProblem(
    await call('POST', '/v1/auth/refresh', { body: { refresh_token: 1 } }),
    422,
    'validation_failed',
  );
  expectProblem(
    await call('POST', '/v1/auth/refresh', { body: { refresh_token: 'x'.repeat(501) } }),
    422,
    'validation_failed',
  );
});

describe('expiry', () => {
  const DAY = 86_400_000;

  it('ends a session that was idle for two weeks', async () => {
    const user = await register();
    advance(14 * DAY - 1000);
    const kept = (await refresh(user.refresh_token)).body;
    advance(14 * DAY);
    expectProblem(await refresh(kept.refresh_token), 401, 'invalid_token');
  });

  it('ends every session after thirty days', async () => {
    const user = await register();
    let token = user.refresh_token;
    for (const days of [13, 13]) {
      advance(days * DAY);
      token = (await refresh(token)).body.refresh_token;
    }
    advance(4 * DAY);
    expectProblem(await refresh(token), 401, 'invalid_token');
  });

  it('gives no access token that outlives its session', async () => {
    const user = await register();
    advance(13 * DAY);
    const later = (await refresh(user.refresh_token)).body;
    advance(13 * DAY);
    const last = (await refresh(later.refresh_token)).body;
    advance(4 * DAY - 60_000);
    const final = await refresh(last.refresh_token);
    expect(final.status).toBe(200);
    expect(final.body.expires_in).toBeLessThanOrEqual(60);
  });
});

describe('between any two steps', () => {
  const faults = {
    'is evicted': (userId: string) => evictDurableObject(accountOf(userId)),
    'is aborted': () => abortAllDurableObjects(),
  };
  for (const [name, fault] of Object.entries(faults)) {
    it(`loses no session and revives no revoked one when the object ${name}`, async () => {
      const user = await register();
      const { id, email } = user.user;
      await fault(id);
      const second = (
        await call('POST', '/v1/auth/login', {
          body: { identifier: email, password: 'three lighthouses at dusk' },
        })
      ).body;
      await fault(id);
      const refreshed = (await refresh(user.refresh_token)).body;
      await fault(id);
      const retry = (await refresh(user.refresh_token)).body;
      expect(retry.refresh_token).toBe(refreshed.refresh_token);
      await fault(id);
      expect((await call('POST', '/v1/auth/logout', { token: refreshed.access_token })).status).toBe(204);
      await fault(id);
      expectProblem(await session(refreshed.access_token), 401, 'session_ended');
      expectProblem(await refresh(refreshed.refresh_token), 401, 'invalid_token');
      await fault(id);
      expect((await session(second.access_token)).status).toBe(200);
      expect((await accountOf(id).listSessions()).map((row) => row.id)).toEqual([second.session_id]);
    });
  }
});
