import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { primary } from '../../src/db/client.ts';
import { directoryState, findById } from '../../src/directory/service.ts';
import { accepted } from '../../src/errors.ts';
import { createServices } from '../../src/services.ts';
import { accountOf, call, INTERNAL, login, PASSWORD, register, registerVerified } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { project, withBatch } from '../support/projection.ts';

const DAY = 86_400_000;

const activity = async (userId: string) =>
  (await env.DB.prepare('SELECT * FROM activity WHERE user_id = ? ORDER BY seq').bind(userId).all<any>())
    .results;
const userRow = (id: string) =>
  env.DB.prepare('SELECT sessions, last_active_on, last_login_at FROM users WHERE id = ?')
    .bind(id)
    .first<any>();
/** What the object has not told yet. */
const waiting = (userId: string) =>
  runInDurableObject(accountOf(userId), (_, { storage }) => {
    const hasFirst = storage.kv.get<any>('state')?.hasFirstEntry === true;
    const told = storage.kv.get<any>('told') ?? { activity: hasFirst ? 1 : 0 };
    if (storage.kv.get<any>('state')?.beginning?.entry) return [];
    return storage.sql
      .exec<{ type: string }>('SELECT type FROM activity WHERE seq > ? ORDER BY seq', told.activity)
      .toArray()
      .map(({ type }) => type);
  });
const alarmOf = (userId: string) =>
  runInDurableObject(accountOf(userId), (_, { storage }) => storage.getAlarm());
const liveOn = (date: string) =>
  env.DB.prepare("SELECT sessions FROM session_counts WHERE realm_id = 'default' AND date = ?")
    .bind(date)
    .first<number>('sessions')
    .then((sessions) => sessions ?? 0);
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);

/** Runs the alarm over a D1 that does with a batch what it is told. */
async function withDatabase(
  userId: string,
  batch: (real: D1Database, all: any[]) => any,
  during: () => unknown,
) {
  await withBatch(userId, batch, (object) => object.alarm());
  await during();
}

it('writes what happened to D1, in order', async () => {
  const user = await register({}, { headers: { 'user-agent': 'curl/8' }, ip: '10.55.0.1' });
  const { id, email } = user.user;
  const second = (await login(email)).body;
  await call('POST', '/v1/auth/logout', { token: second.access_token });
  expect((await activity(id)).map((row) => row.type)).toEqual(['registered']);
  await project(id);
  const log = await activity(id);
  expect(log.map((row) => row.type)).toEqual(['registered', 'signed_in', 'signed_out']);
  expect(log[0]).toMatchObject({
    realm_id: 'default',
    session_id: user.session_id,
    ip: '10.55.0.1',
    user_agent: 'curl/8',
  });
  expect(await waiting(id)).toEqual([]);
});

it('counts live sessions by the day on which they would expire, once, whatever happens to them', async () => {
  advance(Math.floor(Date.now() / DAY) * DAY + DAY / 2 - Date.now());
  const before = await liveOn(inDays(14));
  const { user, access_token, refresh_token } = await registerVerified();
  const second = (await login(user.email)).body;
  await project(user.id);
  expect(JSON.parse((await userRow(user.id)).sessions)).toEqual({ [inDays(14)]: 2 });
  expect(await liveOn(inDays(14))).toBe(before + 2);
  await call('POST', '/v1/auth/logout', { token: access_token });
  await project(user.id);
  await project(user.id);
  expect(await liveOn(inDays(14))).toBe(before + 1);
  // Used on another day, it lives longer.
  advance(DAY);
  const { body } = await call('POST', '/v1/auth/refresh', { body: { refresh_token: second.refresh_token } });
  await project(user.id);
  expect(await liveOn(inDays(13))).toBe(before);
  expect(await liveOn(inDays(14))).toBe(1);
  expect((await call('POST', '/v1/auth/refresh', { body: { refresh_token } })).status).toBe(401);
  const gone = await call('DELETE', '/v1/me', { token: body.access_token, body: { password: PASSWORD } });
  expect(gone.status, JSON.stringify(gone.body)).toBe(204);
  expect(await liveOn(inDays(14))).toBe(0);
});

it('has nothing to tell of a session that is used again on the same day', async () => {
  // At noon, so that no day ends meanwhile.
  advance(Math.floor(Date.now() / DAY) * DAY + DAY / 2 - Date.now());
  const user = await register();
  await project(user.user.id);
  const alarm = await alarmOf(user.user.id);
  const { body } = await call('POST', '/v1/auth/refresh', { body: { refresh_token: user.refresh_token } });
  for (const minutes of [5, 30, 60]) {
    advance(minutes * 60_000);
    accepted(await accountOf(user.user.id).check(body.session_id));
  }
  expect(await alarmOf(user.user.id)).toBe(alarm);
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
  expect(await alarmOf(user.user.id)).toBeLessThan(Date.now() + 60_000);
  await project(user.user.id);
  expect((await userRow(user.user.id)).last_active_on).toBe(inDays(0));
  expect((await call('POST', '/v1/auth/refresh', { body: { refresh_token } })).status).toBe(200);
  expect(await alarmOf(user.user.id)).toBeGreaterThan(Date.now() + DAY);
});

describe('each fact is written once in effect', () => {
  it('when D1 fails', async () => {
    const user = await register();
    await login(user.user.email);
    const failing = vi.fn().mockRejectedValue(new Error('D1_ERROR: out of reach'));
    await withDatabase(user.user.id, failing, async () => {
      expect(failing).toHaveBeenCalled();
      expect(await activity(user.user.id)).toHaveLength(1);
      expect(await waiting(user.user.id)).toEqual(['signed_in']);
    });
    advance(20_000);
    await project(user.user.id);
    expect((await activity(user.user.id)).map((row) => row.type)).toEqual(['registered', 'signed_in']);
    expect(await waiting(user.user.id)).toEqual([]);
  });

  it('when D1 wrote and the answer was lost', async () => {
    const user = await register();
    const second = (await login(user.user.email)).body;
    const writesThenFails = async (real: D1Database, all: any[]) => {
      await real.batch(all);
      throw new Error('D1_ERROR: network connection lost');
    };
    await withDatabase(user.user.id, writesThenFails, async () => {
      expect(await activity(user.user.id)).toHaveLength(2);
      expect(await waiting(user.user.id)).toEqual(['signed_in']);
    });
    for (const { access_token: token } of [user, second]) await call('POST', '/v1/auth/logout', { token });
    advance(20_000);
    await project(user.user.id);
    const log = await activity(user.user.id);
    expect(log.map((row) => row.type)).toEqual(['registered', 'signed_in', 'signed_out', 'signed_out']);
    expect((await userRow(user.user.id)).sessions).toBe('{}');
  });

  it('when the object is evicted before its alarm', async () => {
    const user = await register();
    await login(user.user.email);
    await evictDurableObject(accountOf(user.user.id));
    await project(user.user.id);
    expect(await activity(user.user.id)).toHaveLength(2);
  });

  it('when something happens while D1 is being written', async () => {
    const user = await register();
    const { id, email } = user.user;
    await login(email);
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
        expect((await activity(id)).map((row) => row.type)).toEqual([
          'registered',
          'signed_in',
          'sign_in_failed',
        ]);
        expect(await waiting(id)).toEqual([]);
      },
    );
  });

  it('when more has gathered than one batch takes', async () => {
    const user = await register();
    const { id } = user.user;
    const entry = { type: 'profile_changed', sessionId: null, client: null } as never;
    for (let n = 0; n < 100; n += 1) accepted(await accountOf(id).logActivity(entry, null));
    await project(id);
    expect(await activity(id)).toHaveLength(101);
  });
});

it('never puts an older standing over a newer one', async () => {
  const user = await register();
  await project(user.user.id);
  const late: { db: D1Database; all: any[] }[] = [];
  const second = (await login(user.user.email)).body;
  const lost = (db: D1Database, all: any[]) => {
    late.push({ db, all });
    throw new Error('D1_ERROR: network connection lost');
  };
  await withDatabase(user.user.id, lost, () => {});
  advance(20_000);
  await call('POST', '/v1/auth/logout', { token: second.access_token });
  await project(user.user.id);
  const after = await userRow(user.user.id);
  await runInDurableObject(accountOf(user.user.id), () => late[0]?.db.batch(late[0].all));
  expect(await userRow(user.user.id)).toEqual(after);
});

it('of a user who is gone writes nothing, and does not hang on it', async () => {
  const user = await register();
  await login(user.user.email);
  await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(user.user.id).run();
  await project(user.user.id);
  expect(await activity(user.user.id)).toHaveLength(1);
  expect(await waiting(user.user.id)).toEqual([]);
});

it('tells of use in time, though the object is evicted between any two uses', async () => {
  const { user } = await register();
  await project(user.id);
  const use = () =>
    call('POST', '/v1/usage', {
      headers: INTERNAL,
      body: { user_id: user.id, resource: 'images', quantity: 1 },
    });
  advance(0);
  await use();
  const first = await alarmOf(user.id);
  expect(first).toBeLessThanOrEqual(Date.now() + 60_000);
  for (let n = 0; n < 3; n += 1) {
    advance(15_000);
    await evictDurableObject(accountOf(user.id));
    await use();
    expect(await alarmOf(user.id)).toBe(first);
  }
  // Entries of the log do not wait for the sums.
  await login(user.email, 'a wrong password');
  await evictDurableObject(accountOf(user.id));
  await use();
  expect(await alarmOf(user.id)).toBeLessThanOrEqual(Date.now() + 1000);
});

it('goes on after what used nothing', async () => {
  const { user, access_token: token } = await register();
  await project(user.id);
  const service = (path: string, body: object) => call('POST', path, { headers: INTERNAL, body });
  expect((await service('/v1/authorize', { token, reference: 'nothing' })).body.allowed).toBe(true);
  await project(user.id);
  await service('/v1/usage', { user_id: user.id, resource: 'images', quantity: 3 });
  await project(user.id);
  const { quantity } = (await env.DB.prepare('SELECT quantity FROM usage_monthly WHERE user_id = ?')
    .bind(user.id)
    .first()) as { quantity: number };
  expect(quantity).toBe(3);
});

it('puts off no alarm of an object that was evicted', async () => {
  const { user } = await register();
  await project(user.id);
  const service = (path: string, body: object) => call('POST', path, { headers: INTERNAL, body });
  await service('/v1/usage', { user_id: user.id, resource: 'images', quantity: 1 });
  await evictDurableObject(accountOf(user.id));
  const expires_at = new Date(Date.now() + 300 * DAY).toISOString();
  await service('/v1/credits/add', { user_id: user.id, amount: 1, reference: 'late', expires_at });
  expect(await alarmOf(user.id)).toBeLessThanOrEqual(Date.now() + 60_000);
});

it('keeps nothing of a user who is deleted while D1 is being written', async () => {
  const user = await registerVerified();
  const slow = async (real: D1Database, all: any[]) => {
    const results = await real.batch(all);
    await call('DELETE', '/v1/me', { token: user.access_token, body: { password: PASSWORD } });
    return results;
  };
  await withDatabase(user.user.id, slow, () => {});
  const kept = await runInDurableObject(accountOf(user.user.id), (_, { storage }) =>
    [...storage.kv.list()].map(([key]) => key),
  );
  expect(kept).not.toContain('told');
});

it('wakes up for nothing but what grows old when there is nothing to tell', async () => {
  const user = await register();
  await project(user.user.id);
  const year = Date.now() + 365 * DAY;
  expect(await alarmOf(user.user.id)).toBeGreaterThan(year - 60_000);
});

describe('a registration, which D1 has with the row of the user', () => {
  /** Registers by an app whose objects open nothing for those who register, as if it had crashed then. */
  async function registerHalf(email: string) {
    const namespace = env.ACCOUNT as unknown as DurableObjectNamespace;
    const failing = {
      idFromName: (name: string) => namespace.idFromName(name),
      get: (id: DurableObjectId) =>
        new Proxy(namespace.get(id), {
          get: (stub, method) =>
            method === 'open'
              ? () => Promise.reject(new Error('it was gone'))
              : (...given: unknown[]) => (stub as any)[method](...given),
        }),
    };
    const bindings = { ...env, ACCOUNT: failing } as unknown as Bindings;
    const app = createApp(createServices(bindings), bindings);
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': '10.55.0.9' },
      body: JSON.stringify({ email, password: PASSWORD }),
    };
    expect((await app.request('https://auth.test/v1/auth/register', init, bindings)).status).toBe(500);
    return env.DB.prepare('SELECT id FROM users WHERE email = ?').bind(email).first<string>('id');
  }

  it('is told whole: the entry, the session, the day', async () => {
    const count = () =>
      env.DB.prepare(
        "SELECT sign_ups, sign_ins, active_users FROM realm_days WHERE realm_id = 'default' AND date = ?",
      )
        .bind(inDays(0))
        .first<any>();
    await register();
    const [before, live] = [await count(), await liveOn(inDays(14))];
    const { user, session_id } = await register();
    const row = await userRow(user.id);
    expect(row).toMatchObject({ sessions: JSON.stringify({ [inDays(14)]: 1 }), last_active_on: inDays(0) });
    expect(await activity(user.id)).toMatchObject([{ seq: 1, type: 'registered', session_id }]);
    expect(await waiting(user.id)).toEqual([]);
    const after = {
      sign_ups: before.sign_ups + 1,
      sign_ins: before.sign_ins + 1,
      active_users: before.active_users + 1,
    };
    expect(await count()).toEqual(after);
    expect(await liveOn(inDays(14))).toBe(live + 1);
    // Told again it changes nothing, and the next is the second.
    await project(user.id);
    await login(user.email);
    await project(user.id);
    expect(await count()).toEqual({ ...after, sign_ins: after.sign_ins + 1 });
    expect((await activity(user.id)).map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'registered'],
      [2, 'signed_in'],
    ]);
    expect(await userRow(user.id)).toMatchObject({ sessions: JSON.stringify({ [inDays(14)]: 2 }) });
  });

  it('is in the log of its user from the beginning, kept with the account until something else happens', async () => {
    const { user, access_token: token, session_id } = await register({}, { ip: '10.55.0.7' });
    const log = async () => (await call('GET', '/v1/me/activity', { token })).body.data;
    const kept = () =>
      runInDurableObject(accountOf(user.id), (_, { storage }) => ({
        entry: storage.kv.get<any>('state').beginning?.entry ?? null,
        tables: storage.sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'activity'").toArray().length,
      }));
    expect(await log()).toMatchObject([{ type: 'registered', session_id, ip: '10.55.0.7' }]);
    expect(await kept()).toMatchObject({ entry: { seq: 1 }, tables: 0 });
    await evictDurableObject(accountOf(user.id));
    await login(user.email);
    expect(await log()).toMatchObject([{ type: 'signed_in' }, { type: 'registered', session_id }]);
    expect(await kept()).toEqual({ entry: null, tables: 1 });
  });

  it('is forgotten in time, though nothing else ever happens', async () => {
    const { user } = await register();
    advance(367 * DAY);
    await project(user.id);
    const { beginning } = await runInDurableObject(accountOf(user.id), (_, { storage }) =>
      storage.kv.get<any>('state'),
    );
    expect(beginning).not.toHaveProperty('entry');
    expect(await alarmOf(user.id)).toBeNull();
    // What comes then is the second entry all the same.
    await login(user.email);
    await project(user.id);
    expect((await activity(user.id)).map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'registered'],
      [2, 'signed_in'],
    ]);
  });

  it('whose session was never opened is put right by the next sign-in, and loses no entry', async () => {
    const email = 'half-registered@example.com';
    const id = (await registerHalf(email)) as string;
    expect((await activity(id)).map(({ type }) => type)).toEqual(['registered']);
    const { access_token: token, session_id } = (await login(email)).body;
    await project(id);
    expect((await activity(id)).map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'registered'],
      [2, 'signed_in'],
    ]);
    expect(await userRow(id)).toMatchObject({ sessions: JSON.stringify({ [inDays(14)]: 1 }) });
    const { body } = await call('GET', '/v1/me/sessions', { token });
    expect(body.data.map((one: any) => one.id)).toEqual([session_id]);
  });

  it('comes first, though somebody has signed in before its session was opened', async () => {
    const email = 'overtaken@example.com';
    const id = (await registerHalf(email)) as string;
    const { access_token: token } = (await login(email)).body;
    const user = (await findById(primary(env.DB).db, id)) as any;
    const first = { id: 'ses_first', at: user.createdAt, address: { key: 'x', spent: {} } };
    accepted(
      await accountOf(id).open(directoryState(user), {
        client: { ip: '10.55.0.9', country: null, city: null, userAgent: null } as never,
        methods: ['pwd'],
        lifetimes: { idleSeconds: 1_209_600, absoluteSeconds: 7_776_000 },
        activity: 'registered',
        first,
      }),
    );
    await project(id);
    const { body } = await call('GET', '/v1/me/activity', { token });
    expect(body.data.map(({ type }: any) => type)).toEqual(['signed_in', 'registered']);
    expect((await activity(id)).map(({ type }) => type)).toEqual(['registered', 'signed_in']);
  });
});
