import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { runCron } from '../../src/cron.ts';
import { MOVED_TABLES, SUM_TABLES, UNMOVED_TABLES } from '../../src/realms/move-tables.ts';
import { createServices } from '../../src/services.ts';
import { call, createApiKey, expectProblem, INTERNAL, login, PASSWORD, register } from '../support/api.ts';
import { crashingD1, type Fuse } from '../support/crashing-d1.ts';
import { project } from '../support/projection.ts';

const OWNER = { id: 'internal', scopes: ['admin'], role: 'owner', sessionId: null } as const;
const rows = async (d1: D1Database, sql: string, ...values: unknown[]) =>
  (
    await d1
      .prepare(sql)
      .bind(...values)
      .all<any>()
  ).results;
const move = (realm: string, act = '', body?: object) =>
  call('POST', `/v1/admin/realms/${realm}/move${act}`, { headers: INTERNAL, ...(body && { body }) });
/** Lets the time go by that a move waits for. */
const aMinuteLater = (realm: string) =>
  env.DB.prepare(
    'UPDATE realm_moves SET started_at = started_at - 60000, switched_at = switched_at - 60000 WHERE realm_id = ?',
  )
    .bind(realm)
    .run();

/** Takes steps until the move has come to a state, or is over. */
async function stepUntil(realm: string, state: string): Promise<any> {
  for (let steps = 0; steps < 200; steps += 1) {
    const { status, body } = await move(realm, '/step');
    expect(status, JSON.stringify(body)).toBe(200);
    if (body.state === state || body.ended) return body;
    if (body.waits) await aMinuteLater(realm);
  }
  throw new Error(`never ${state}`);
}

/** How many calls of D1 a turn of a move makes at the most, and some. */
const CALLS = 16;

/** The same, where each step crashes one call of D1 later than the one before, or comes through: so every call is reached. */
async function stepCrashing(realm: string, state: string): Promise<number> {
  let crashes = 0;
  for (let steps = 0; steps < 1000; steps += 1) {
    const fuse: Fuse = { left: (steps % CALLS) + 1, isDone: steps % 2 === 0 };
    const bindings = { ...env, DB: crashingD1(env.DB, fuse), DB_2: crashingD1(env.DB_2, fuse) };
    // A step of one turn.
    const { admin } = createServices({ ...bindings, JOB_CALLS: '50' } as unknown as Bindings);
    try {
      const stepped = await admin.moves.step(realm, OWNER);
      if (stepped.waits) await aMinuteLater(realm);
      if (stepped.state === state) return crashes;
    } catch (error) {
      if (!/crashed/.test(`${error} ${(error as Error).cause}`)) throw error;
      crashes += 1;
      await env.DB.prepare('UPDATE realm_moves SET leased_until = 0').run();
    }
  }
  throw new Error(`never ${state}`);
}

const OWN = (realm: string) =>
  [...MOVED_TABLES, ...SUM_TABLES].map(({ name, of }) => ({
    name,
    where:
      of === 'realm'
        ? `realm_id = '${realm}'`
        : `${of}_id IN (SELECT id FROM ${of}s WHERE realm_id = '${realm}')`,
  }));

async function countsIn(d1: D1Database, realm: string): Promise<number> {
  let sum = 0;
  for (const { name, where } of OWN(realm)) {
    sum += (await d1.prepare(`SELECT count(*) AS n FROM ${name} WHERE ${where}`).first<number>('n')) ?? 0;
  }
  return sum;
}

const triggers = async (d1: D1Database) =>
  (await rows(d1, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'moving %'")).length;

it('every table is known to go with its realm, or not to', async () => {
  const tables = await rows(
    env.DB,
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name <> 'd1_migrations'",
  );
  const known = [
    ...MOVED_TABLES.map(({ name }) => name),
    ...SUM_TABLES.map(({ name }) => name),
    ...UNMOVED_TABLES,
  ];
  expect(tables.map(({ name }) => name).sort()).toEqual(known.toSorted());
});

describe('a move', () => {
  it('loses nothing and fails nobody, though it crashes at every call', { timeout: 600_000 }, async () => {
    const realm = 'mover';
    expect((await call('POST', '/v1/admin/realms', { headers: INTERNAL, body: { id: realm } })).status).toBe(
      201,
    );
    const key = await createApiKey(['usage:write', 'users:read'], { realm });
    const people: Awaited<ReturnType<typeof register>>[] = [];
    for (let n = 0; n < 4; n += 1) people.push(await register({ username: `mover${n}` }, { realm }));
    expectProblem(await move('default', '', { database: 'DB_2' }), 422, 'validation_failed');
    expectProblem(await move(realm, '', { database: 'DB_7' }), 422, 'validation_failed');
    expectProblem(await move(realm, '', { database: 'DB' }), 422, 'validation_failed');
    expectProblem(await move(realm, '/step'), 404, 'realm_not_moving');
    expect((await move(realm, '', { database: 'DB_2' })).status).toBe(201);
    expectProblem(await move(realm, '', { database: 'DB_2' }), 409, 'conflict');

    let isOver = false;
    let used = 0;
    const made: string[] = [];
    const failures: unknown[] = [];
    const note = (what: string, answer: { status: number; body: unknown }, wanted: number) => {
      if (answer.status !== wanted) failures.push([what, answer.status, answer.body]);
    };
    const loop = async (act: (n: number) => Promise<void>) => {
      for (let n = 0; !isOver; n += 1) {
        await act(n);
        await scheduler.wait(50);
      }
    };
    const load = [
      loop(async (n) => {
        const person = people[n % people.length];
        note('sign-in', await login(person?.user.email ?? '', PASSWORD, { realm }), 200);
      }),
      loop(async () => {
        const email = `new-${crypto.randomUUID()}@example.com`;
        const answer = await call('POST', '/v1/auth/register', {
          realm,
          body: { email, password: PASSWORD },
        });
        note('register', answer, 201);
        made.push(email);
        note('first sign-in', await login(email, PASSWORD, { realm }), 200);
      }),
      loop(async (n) => {
        const { user, access_token: token } = people[n % people.length] as (typeof people)[number];
        const use = { token, resource: 'images', quantity: 1, reference: `use-${n}` };
        const answer = await call('POST', '/v1/authorize', { realm, headers: key.headers, body: use });
        note('authorize', answer, 200);
        if (answer.body.allowed) used += 1;
        note(
          'rename',
          await call('PATCH', '/v1/me', { realm, token, body: { username: `m${n}x${n % 4}` } }),
          200,
        );
        await project(user.id);
      }),
      loop(async () => {
        const gone = await register({}, { realm });
        const by = `/v1/admin/users/${gone.user.id}`;
        note('delete', await call('DELETE', by, { realm, headers: INTERNAL }), 204);
      }),
    ];
    let crashes: number;
    try {
      crashes = await stepCrashing(realm, 'moved');
    } finally {
      isOver = true;
      await Promise.all(load);
    }
    expect(failures.filter(([what]: any) => what !== 'rename')).toEqual([]);
    expect(failures.filter(([, status]: any) => status >= 500)).toEqual([]);
    expect(crashes).toBeGreaterThan(20);
    for (const { user } of people) await project(user.id);
    for (const email of made)
      expect((await rows(env.DB_2, 'SELECT 1 FROM users WHERE email = ?', email)).length).toBe(1);
    expect(await rows(env.DB, 'SELECT database, is_moving FROM realms WHERE id = ?', realm)).toEqual([
      { database: 'DB_2', is_moving: 0 },
    ]);
    const [sum] = await rows(
      env.DB_2,
      "SELECT sum(quantity) AS n FROM realm_usage_daily WHERE realm_id = ? AND resource = 'images'",
      realm,
    );
    expect(sum.n).toBe(used);
    const users = await env.DB_2.prepare('SELECT count(*) AS n FROM users WHERE realm_id = ?')
      .bind(realm)
      .first<number>('n');
    const counted = await env.DB_2.prepare('SELECT sum(users) AS n FROM user_counts WHERE realm_id = ?')
      .bind(realm)
      .first<number>('n');
    expect(users).toBe(people.length + made.length);
    expect(counted).toBe(users);

    // What was written since goes back with it.
    const late = await register({ username: 'latecomer' }, { realm });
    expect((await move(realm, '/back')).status).toBe(200);
    await stepUntil(realm, 'moved');
    expect(await rows(env.DB, 'SELECT username FROM users WHERE id = ?', late.user.id)).toEqual([
      { username: 'latecomer' },
    ]);
    expect((await login(late.user.email, PASSWORD, { realm })).status).toBe(200);
    expect((await call('GET', '/v1/me', { realm, token: late.access_token })).status).toBe(200);

    // And once more, for good.
    expect((await move(realm, '/back')).status).toBe(200);
    const moved = await stepUntil(realm, 'moved');
    expect(moved.counts.users).toBe((users ?? 0) + 1);
    await aMinuteLater(realm);
    expect((await move(realm, '/confirm')).status).toBe(200);
    await stepUntil(realm, 'over');
    expectProblem(
      await call('GET', `/v1/admin/realms/${realm}/move`, { headers: INTERNAL }),
      404,
      'realm_not_moving',
    );
    expect(await countsIn(env.DB, realm)).toBe(
      (await rows(env.DB, 'SELECT 1 FROM audit WHERE realm_id = ?', realm)).length,
    );
    expect([await triggers(env.DB), await triggers(env.DB_2)]).toEqual([0, 0]);
    expect((await login(late.user.email, PASSWORD, { realm })).status).toBe(200);
    expect(await rows(env.DB_2, 'SELECT 1 FROM billing_erasures')).toEqual([]);
    const log = await call('GET', '/v1/admin/audit?limit=100', { realm, headers: INTERNAL });
    expect(log.body.data.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining([
        'realm_created',
        'realm_move_started',
        'realm_move_confirmed',
        'api_key_created',
      ]),
    );
  });

  it('holds up no job of the database that the realm has left', async () => {
    const realm = 'leaver';
    await call('POST', '/v1/admin/realms', { headers: INTERNAL, body: { id: realm } });
    const { user } = await register({}, { realm });
    await move(realm, '', { database: 'DB_2' });
    await stepUntil(realm, 'moved');
    const stays = await register();
    const lapse = "UPDATE users SET plan = 'pro', plan_expires_at = 5 WHERE id = ?";
    await env.DB.prepare(lapse).bind(stays.user.id).run();
    await env.DB_2.prepare(lapse).bind(user.id).run();
    await runCron(createServices(env as unknown as Bindings), '* * * * *', Date.now());
    expect(await rows(env.DB, 'SELECT plan FROM users WHERE id = ?', stays.user.id)).toEqual([
      { plan: 'free' },
    ]);
    expect(await rows(env.DB_2, 'SELECT plan FROM users WHERE id = ?', user.id)).toEqual([{ plan: 'free' }]);
  });

  it('takes along what organizations pay, and deletes no customer', { timeout: 600_000 }, async () => {
    const realm = 'payers';
    await call('POST', '/v1/admin/realms', { headers: INTERNAL, body: { id: realm } });
    const { user } = await register({}, { realm });
    const id = `org_${crypto.randomUUID().replaceAll('-', '').slice(0, 26)}`;
    const of = async (d1: D1Database) => {
      const tables = ['customers', 'subscriptions', 'invoice_rates', 'reversals', 'members'];
      const read = [...tables.map((name) => `organization_${name}`), 'seat_changes'].map((name) =>
        rows(d1, `SELECT * FROM ${name} WHERE organization_id = ?`, id),
      );
      return Promise.all(read);
    };
    await env.DB.batch(
      [
        `INSERT INTO organizations (id, realm_id, name, slug, created_by, created_at, updated_at)
         VALUES ('${id}', '${realm}', 'Acme', 'acme', 'usr_x', 0, 0)`,
        `INSERT INTO organization_customers (organization_id, realm_id, customer_id, created_at)
         VALUES ('${id}', '${realm}', 'cus_moved', 0)`,
        `INSERT INTO organization_subscriptions (id, organization_id, price_id, plan, amount, currency, months, seats, status,
           period_start, period_end, cancel_at_period_end, revision, created_at, fetched_at)
         VALUES ('sub_moved', '${id}', 'price_x', 'pro', 1000, 'usd', 1, 'members', 'active', 0, 1, 0, 1, 0, 9e15)`,
        `INSERT INTO organization_invoice_rates (invoice_id, price_id, organization_id, monthly_credits, months, currency, created_at)
         VALUES ('in_moved', 'price_x', '${id}', 10, 1, 'usd', 0)`,
        `INSERT INTO organization_reversals (reference, organization_id, realm_id, credits, taken, revision, updated_at)
         VALUES ('invoice:in_moved', '${id}', '${realm}', 5, 5, 1, 0)`,
        `INSERT INTO organization_members (organization_id, user_id, realm_id, role, version, joined_at)
         VALUES ('${id}', '${user.id}', '${realm}', 'owner', 1, 0)`,
      ].map((sql) => env.DB.prepare(sql)),
    );
    const before = await of(env.DB);
    expect(before.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect((await move(realm, '', { database: 'DB_2' })).status).toBe(201);
    await stepUntil(realm, 'moved');
    expect(await of(env.DB_2)).toEqual(before);
    const revenue = 'SELECT plan, subscriptions, amount FROM plan_revenue WHERE realm_id = ?';
    expect(await rows(env.DB_2, revenue, realm)).toEqual([{ plan: 'pro', subscriptions: 1, amount: 1000 }]);
    await aMinuteLater(realm);
    for (const d1 of [env.DB, env.DB_2])
      expect(await rows(d1, "SELECT * FROM billing_erasures WHERE customer_id = 'cus_moved'")).toEqual([]);
  });

  it('that is given up before the switch leaves nothing behind', async () => {
    const realm = 'stayer';
    await call('POST', '/v1/admin/realms', { headers: INTERNAL, body: { id: realm } });
    const { user } = await register({}, { realm });
    await move(realm, '', { database: 'DB_2' });
    await move(realm, '/step');
    expect((await move(realm, '/back')).status).toBe(200);
    await stepUntil(realm, 'over');
    expect(await countsIn(env.DB_2, realm)).toBe(0);
    expect(await rows(env.DB_2, 'SELECT 1 FROM realms WHERE id = ?', realm)).toEqual([]);
    expect(await rows(env.DB, 'SELECT database, is_moving FROM realms WHERE id = ?', realm)).toEqual([
      { database: 'DB', is_moving: 0 },
    ]);
    expect((await login(user.email, PASSWORD, { realm })).status).toBe(200);
  });
});
