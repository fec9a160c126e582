import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { accepted } from '../../src/errors.ts';
import { accountOf, call, login, register } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { project } from '../support/projection.ts';

const DAY = 86_400_000;

const activity = async (userId: string) =>
  (await env.DB.prepare('SELECT * FROM activity WHERE user_id = ? ORDER BY seq').bind(userId).all<any>())
    .results;
const session = (id: string) => env.DB.prepare('SELECT * FROM sessions WHERE id = ?').bind(id).first<any>();
const waiting = (userId: string) =>
  runInDurableObject(accountOf(userId), (_, state) =>
    state.storage.sql.exec('SELECT * FROM facts').toArray(),
  );

/** Replaces the object's D1 for what `during` does. */
async function withDatabase(
  userId: string,
  batch: (real: D1Database, all: any[]) => any,
  during: () => unknown,
) {
  await runInDurableObject(accountOf(userId), async (object) => {
    const instance = object as any;
    const bindings = instance.env;
    instance.env = {
      ...bindings,
      DB: {
        prepare: (sql: string) => bindings.DB.prepare(sql),
        batch: (all: any[]) => batch(bindings.DB, all),
      },
    };
    try {
      await instance.alarm();
    } finally {
      instance.env = bindings;
    }
  });
  await during();
}

it('writes what happened to D1, in order', async () => {
  const user = await register({}, { headers: { 'user-agent': 'curl/8' }, ip: '10.55.0.1' });
  const { id, email } = user.user;
  const second = (await login(email)).body;
  await call('POST', '/v1/auth/logout', { token: second.access_token });
  expect(await activity(id)).toEqual([]);
  await project(id);
  const log = await activity(id);
  expect(log.map((row) => row.type)).toEqual(['registered', 'signed_in', 'signed_out']);
  expect(log[0]).toMatchObject({
    realm_id: 'default',
    session_id: user.session_id,
    ip: '10.55.0.1',
    user_agent: 'curl/8',
  });
  expect(await session(user.session_id)).toMatchObject({ user_id: id, ended_at: null, methods: '["pwd"]' });
  expect(await session(second.session_id)).toMatchObject({
    end_reason: 'signed_out',
    ended_at: expect.any(Number),
  });
  expect(await waiting(id)).toEqual([]);
});

it('tells of use at most once an hour', async () => {
  // At noon, so that no day ends meanwhile.
  advance(Math.floor(Date.now() / DAY) * DAY + DAY / 2 - Date.now());
  const user = await register();
  await project(user.user.id);
  const check = () => call('POST', '/v1/auth/refresh', { body: { refresh_token: user.refresh_token } });
  const token = (await check()).body;
  for (const minutes of [5, 30, 30]) {
    advance(minutes * 60_000);
    accepted(await accountOf(user.user.id).check(token.session_id));
  }
  const facts = await waiting(user.user.id);
  expect(facts.map((fact) => fact.kind)).toEqual(['session']);
});

it('counts a user as active on each day on which their app only refreshes and calls at once', async () => {
  const user = await register();
  await project(user.user.id);
  let tokens = (await login(user.user.email)).body;
  const noon = Math.floor(Date.now() / DAY) * DAY + DAY / 2;
  for (let day = 1; day <= 16; day += 1) {
    advance(noon + day * DAY - Date.now());
    tokens = (await call('POST', '/v1/auth/refresh', { body: { refresh_token: tokens.refresh_token } })).body;
    expect((await call('GET', '/v1/auth/session', { token: tokens.access_token })).status).toBe(200);
    await project(user.user.id);
    const row = await env.DB.prepare('SELECT last_active_on FROM users WHERE id = ?')
      .bind(user.user.id)
      .first();
    expect(row).toEqual({ last_active_on: new Date().toISOString().slice(0, 10) });
  }
});

it('tells of the first use on a new day, however short the night was', async () => {
  const user = await register();
  const midnight = Math.ceil(Date.now() / DAY) * DAY;
  advance(midnight - 60_000 - Date.now());
  const { session_id, refresh_token } = (await login(user.user.email)).body;
  await project(user.user.id);
  advance(120_000);
  accepted(await accountOf(user.user.id).check(session_id));
  expect((await waiting(user.user.id)).map((fact) => fact.kind)).toEqual(['session']);
  expect((await call('POST', '/v1/auth/refresh', { body: { refresh_token } })).status).toBe(200);
  expect(await waiting(user.user.id)).toHaveLength(1);
});

describe('each fact is written once in effect', () => {
  it('when D1 fails', async () => {
    const user = await register();
    const failing = vi.fn().mockRejectedValue(new Error('D1_ERROR: out of reach'));
    await withDatabase(user.user.id, failing, async () => {
      expect(failing).toHaveBeenCalled();
      expect(await activity(user.user.id)).toEqual([]);
      expect(await waiting(user.user.id)).toHaveLength(2);
    });
    advance(20_000);
    await project(user.user.id);
    expect((await activity(user.user.id)).map((row) => row.type)).toEqual(['registered']);
    expect(await waiting(user.user.id)).toEqual([]);
  });

  it('when D1 wrote and the answer was lost', async () => {
    const user = await register();
    const writesThenFails = async (real: D1Database, all: any[]) => {
      await real.batch(all);
      throw new Error('D1_ERROR: network connection lost');
    };
    await withDatabase(user.user.id, writesThenFails, async () => {
      expect(await activity(user.user.id)).toHaveLength(1);
      expect(await waiting(user.user.id)).toHaveLength(2);
    });
    await call('POST', '/v1/auth/logout', { token: user.access_token });
    advance(20_000);
    await project(user.user.id);
    const log = await activity(user.user.id);
    expect(log.map((row) => row.type)).toEqual(['registered', 'signed_out']);
    expect(await session(user.session_id)).toMatchObject({ end_reason: 'signed_out' });
  });

  it('when the object is evicted before its alarm', async () => {
    const user = await register();
    await evictDurableObject(accountOf(user.user.id));
    await project(user.user.id);
    expect(await activity(user.user.id)).toHaveLength(1);
  });

  it('when something happens while D1 is being written', async () => {
    const user = await register();
    const { id, email } = user.user;
    const slow = async (real: D1Database, all: any[]) => {
      await login(email, 'a wrong password');
      return real.batch(all);
    };
    let once = false;
    await withDatabase(
      id,
      (real, all) => {
        const first = !once;
        once = true;
        return first ? slow(real, all) : real.batch(all);
      },
      async () => {
        expect((await activity(id)).map((row) => row.type)).toEqual(['registered', 'sign_in_failed']);
        expect(await waiting(id)).toEqual([]);
      },
    );
  });

  it('when more has gathered than one batch takes', async () => {
    const user = await register();
    const { id } = user.user;
    await runInDurableObject(accountOf(id), (_, state) => {
      for (let n = 0; n < 100; n += 1) {
        const data = {
          realmId: 'default',
          type: 'signed_in',
          sessionId: null,
          client: { ip: 'x', country: null, userAgent: null },
        };
        state.storage.sql.exec(
          "INSERT INTO facts (at, kind, data) VALUES (?, 'activity', ?)",
          n,
          JSON.stringify(data),
        );
      }
    });
    await project(id);
    expect(await activity(id)).toHaveLength(101);
  });
});

it('never puts an older state of a session over a newer one', async () => {
  const user = await register();
  await project(user.user.id);
  await call('POST', '/v1/auth/logout', { token: user.access_token });
  await project(user.user.id);
  await runInDurableObject(accountOf(user.user.id), (_, state) => {
    const row = {
      id: user.session_id,
      created_at: 0,
      last_seen_at: 0,
      expires_at: 0,
      ip: '',
      country: null,
      city: null,
      user_agent: null,
      methods: '[]',
    };
    state.storage.sql.exec(
      "INSERT INTO facts (seq, at, kind, data) VALUES (1, 0, 'session', ?)",
      JSON.stringify({ row, endReason: null }),
    );
    state.storage.kv.put('due', { project: 0 });
    state.storage.setAlarm(Date.now() + 1000);
  });
  await project(user.user.id);
  expect(await session(user.session_id)).toMatchObject({ end_reason: 'signed_out' });
});

it('of a user who is gone writes nothing, and does not hang on it', async () => {
  const user = await register();
  await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(user.user.id).run();
  await project(user.user.id);
  expect(await session(user.session_id)).toBeNull();
  expect(await waiting(user.user.id)).toEqual([]);
});

it('sets no alarm when there is nothing to tell', async () => {
  const user = await register();
  await project(user.user.id);
  expect(await runDurableObjectAlarm(accountOf(user.user.id))).toBe(false);
});
