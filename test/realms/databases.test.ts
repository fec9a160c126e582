import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { runCron } from '../../src/cron.ts';
import { createServices } from '../../src/services.ts';
import {
  call,
  changeDirectory,
  createApiKey,
  expectProblem,
  INTERNAL,
  login,
  PASSWORD,
  register,
} from '../support/api.ts';
import { addApp, firstStep, secondStep, withApp } from '../support/factors.ts';
import { project } from '../support/projection.ts';

const services = (bindings: Record<string, unknown> = {}) =>
  createServices({ ...env, ...bindings } as unknown as Bindings);
const rows = async (d1: D1Database, sql: string, ...values: unknown[]) =>
  (
    await d1
      .prepare(sql)
      .bind(...values)
      .all<any>()
  ).results;
const VISITOR = { ip: '10.9.9.8', country: null, city: null, userAgent: null };
const created = (body: object) => call('POST', '/v1/admin/realms', { headers: INTERNAL, body });

beforeAll(async () => {
  const answer = await created({ id: 'away', database: 'DB_2' });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  expect(answer.body).toMatchObject({ database: 'DB_2', jurisdiction: null });
});

describe('a realm in a database of its own', () => {
  it('has its users there, and nowhere else', async () => {
    const { user, access_token: token } = await register({ username: 'remote' }, { realm: 'away' });
    expect(await rows(env.DB_2, 'SELECT realm_id FROM users WHERE id = ?', user.id)).toEqual([
      { realm_id: 'away' },
    ]);
    expect(await rows(env.DB, 'SELECT 1 FROM users WHERE id = ?', user.id)).toEqual([]);
    expect((await call('GET', '/v1/me', { realm: 'away', token })).body.email).toBe(user.email);
    expect((await login(user.email, PASSWORD, { realm: 'away' })).status).toBe(200);
    expectProblem(await login(user.email), 401, 'invalid_credentials');
  });

  it('hears there from the objects of its users', async () => {
    const { user, access_token: token } = await register({}, { realm: 'away' });
    const key = await createApiKey(['usage:write'], { realm: 'away' });
    const use = { token, resource: 'images', quantity: 3 };
    const decision = await call('POST', '/v1/authorize', { realm: 'away', headers: key.headers, body: use });
    expect(decision.body).toMatchObject({ allowed: true });
    await project(user.id);
    expect(
      await rows(env.DB_2, 'SELECT resource, quantity FROM usage_monthly WHERE user_id = ?', user.id),
    ).toEqual([{ resource: 'images', quantity: 3 }]);
    expect(await rows(env.DB_2, 'SELECT type FROM activity WHERE user_id = ?', user.id)).toEqual([
      { type: 'registered' },
    ]);
    expect(await rows(env.DB, "SELECT 1 FROM activity WHERE realm_id = 'away'")).toEqual([]);
    const dashboard = await call('GET', '/v1/admin/dashboard', { realm: 'away', headers: INTERNAL });
    expect(dashboard.body.usage_today ?? dashboard.body.usage).toMatchObject({ images: 3 });
  });

  it('goes by the plans of the realm `default` until it has its own, which begin as copies of those', async () => {
    const list = () => call('GET', '/v1/admin/plans', { realm: 'away', headers: INTERNAL });
    const shared = (await list()).body.data;
    expect(shared.map(({ id }: { id: string }) => id)).toEqual(['enterprise', 'free', 'pro']);
    const body = {
      name: 'Free',
      limits: { images: { day: 1 } },
      model_tiers: [],
      features: [],
      monthly_credits: 0,
    };
    const saved = await call('PUT', '/v1/admin/plans/free', { realm: 'away', headers: INTERNAL, body });
    expect(saved.status, JSON.stringify(saved.body)).toBe(200);
    const kept = await rows(env.DB_2, "SELECT id FROM plans WHERE realm_id = 'away' ORDER BY id");
    expect(kept.map(({ id }) => id)).toEqual(['enterprise', 'free', 'pro']);
    expect(await rows(env.DB, "SELECT 1 FROM plans WHERE realm_id = 'away'")).toEqual([]);
  });

  it('shows in one audit log what was done to it, in whichever database that stands', async () => {
    await call('PATCH', '/v1/admin/realms/away', { headers: INTERNAL, body: { name: 'Far away' } });
    const log = await call('GET', '/v1/admin/audit?limit=100', { realm: 'away', headers: INTERNAL });
    const actions = log.body.data.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(expect.arrayContaining(['realm_created', 'realm_changed', 'api_key_created']));
    const ids = log.body.data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    expect(log.body.total).toBe(ids.length);
    expect(await rows(env.DB_2, "SELECT name FROM realms WHERE id = 'away'")).toEqual([{ name: 'Far away' }]);
  });

  it('has the second factors of its users, and an owner who visits has theirs at home', async () => {
    const { user, access_token: token, session_id: sessionId } = await register({}, { realm: 'away' });
    const there = services().at('DB_2');
    const { directory, factors } = there;
    await directory.change(user.id, { set: { emailVerified: true } });
    const { app } = await addApp(token, 'away');
    const owned = await rows(env.DB_2, 'SELECT realm_id FROM factors WHERE user_id = ?', user.id);
    expect(owned).toEqual([{ realm_id: 'away' }]);
    expect(await rows(env.DB, 'SELECT 1 FROM factors WHERE user_id = ?', user.id)).toEqual([]);
    const { mfa_token } = await firstStep({ user } as never, 'away');
    const done = await secondStep(mfa_token, { method: 'totp', code: app.code(1) }, { realm: 'away' });
    expect(done.status, JSON.stringify(done.body)).toBe(200);
    const wrong = factors.prove({ userId: user.id, sessionId }, { method: 'totp', code: '000000' }, VISITOR);
    await expect(wrong).rejects.toThrow('invalid_code');

    const visiting = await withApp();
    const userId = visiting.user.user.id;
    await changeDirectory(userId, { role: 'owner' });
    const owner = await services().directory.current({ realmId: 'default', userId });
    const { reauthentication } = there;
    expect(await reauthentication.ways(owner)).toMatchObject({ totp: true, recoveryCodes: true });
    const by = { userId, sessionId: visiting.user.session_id, role: 'owner' as const };
    await reauthentication.byFactor(by, { method: 'totp', code: visiting.app.code(1) }, VISITOR);
  });

  it('has its jobs done', async () => {
    const { user } = await register({}, { realm: 'away' });
    await env.DB_2.prepare("UPDATE users SET plan = 'pro', plan_expires_at = 5 WHERE id = ?")
      .bind(user.id)
      .run();
    await runCron(services(), '* * * * *', Date.now());
    expect(await rows(env.DB_2, 'SELECT plan FROM users WHERE id = ?', user.id)).toEqual([{ plan: 'free' }]);
    expect(await rows(env.DB_2, "SELECT decoys_at > 0 AS counted FROM realms WHERE id = 'away'")).toEqual([
      { counted: 1 },
    ]);
    expect(await rows(env.DB, "SELECT decoys_at > 0 AS counted FROM realms WHERE id = 'away'")).toEqual([
      { counted: 1 },
    ]);
  });
});

describe('the database of a realm', () => {
  it('must be bound', async () => {
    const answer = await created({ id: 'nowhere', database: 'DB_3' });
    expectProblem(answer, 422, 'validation_failed');
    expect(answer.body.errors).toMatchObject([{ path: 'database', code: 'unknown' }]);
  });

  it('is told of as missing where it is not bound any more', async () => {
    await env.DB.prepare(
      "INSERT INTO realms (id, name, database, created_at, updated_at) VALUES ('lost', 'Lost', 'DB_9', 1, 1)",
    ).run();
    expectProblem(await login('somebody@example.com', PASSWORD, { realm: 'lost' }), 500, 'misconfigured');
    expect((await register()).user.id).toBeTruthy();
  });

  it('and its jurisdiction are no matter of policy', async () => {
    for (const field of ['jurisdiction', 'database']) {
      const body = { [field]: field === 'database' ? 'DB' : 'eu' };
      const answer = await call('PATCH', '/v1/admin/realms/away', { headers: INTERNAL, body });
      expectProblem(answer, 422, 'validation_failed');
      expect(answer.body.errors).toMatchObject([{ path: field }]);
    }
    await expect(env.DB.exec("UPDATE realms SET jurisdiction = 'eu' WHERE id = 'away'")).rejects.toThrow(
      'jurisdiction_kept',
    );
    await expect(env.DB.exec("UPDATE realms SET database = 'DB_2' WHERE id = 'default'")).rejects.toThrow(
      'home_kept',
    );
  });
});

describe('a jurisdiction', () => {
  /** No jurisdiction can be had here: a namespace that notes which were asked for. */
  function noting() {
    const asked: string[] = [];
    const within = (namespace: any, name: string | null): any => ({
      idFromName: (id: string) => namespace.idFromName(name === null ? id : `${name}/${id}`),
      get: (id: DurableObjectId) => namespace.get(id),
      jurisdiction: (one: string) => {
        asked.push(one);
        return within(namespace, one);
      },
    });
    const bindings = {
      DATABASES: 'DB_2:eu',
      ENVIRONMENT: 'production',
      ACCOUNT: within(env.ACCOUNT, null),
      ONE_TIME_CODE: within(env.ONE_TIME_CODE, null),
    };
    return { asked, services: services({ ...bindings, SMS_PROVIDER: undefined }) };
  }
  const client = { ip: '10.9.9.9', country: null, city: null, userAgent: null, device: 'd' };
  const owner = { id: 'internal', scopes: ['admin'], role: 'owner', sessionId: null } as const;

  it('chooses a database that was made in it, and refuses others', async () => {
    const { services } = noting();
    const { realms } = services.admin;
    expect(await realms.create({ id: 'in-eu', jurisdiction: 'eu' }, owner)).toMatchObject({
      database: 'DB_2',
      jurisdiction: 'eu',
    });
    await expect(realms.create({ id: 'wrong', jurisdiction: 'eu', database: 'DB' }, owner)).rejects.toThrow();
    await expect(realms.create({ id: 'none', jurisdiction: 'fedramp' }, owner)).rejects.toThrow();
  });

  it('holds every object of the realm', async () => {
    const { asked, services } = noting();
    const realm = await services.realms.get('in-eu');
    const there = services.at(realm.database);
    const body = { email: 'resident@example.com', password: PASSWORD };
    const made = await there.credentials.register(body as never, realm, client);
    const { user } = made as unknown as { user: { id: string } };
    expect(user.id).toMatch(/^usr_[0-9a-z]{26}_eu$/);
    expect(asked.length).toBeGreaterThan(0);
    asked.length = 0;
    await there.credentials
      .login({ identifier: 'nobody@example.com', password: 'x' } as never, realm, client)
      .catch(() => {});
    expect(asked, 'also the object that stands for nobody').toContain('eu');
    asked.length = 0;
    await there.codes.send({ channel: 'email', to: 'resident@example.com' }, realm, client, null);
    expect(asked).toContain('eu');
    const plain = env.ACCOUNT.get(env.ACCOUNT.idFromName(user.id));
    expect(await runInDurableObject(plain, (_, { storage }) => storage.kv.get('state'))).toBeUndefined();
    const within = env.ACCOUNT.get(env.ACCOUNT.idFromName(`eu/${user.id}`));
    expect(await runInDurableObject(within, (_, { storage }) => storage.kv.get('state'))).toMatchObject({
      realmId: 'in-eu',
      database: 'DB_2',
    });
  });
});
