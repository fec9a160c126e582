import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import { call, createRealm, expectProblem, login, PASSWORD, register } from '../support/api.ts';
import { linkIn, mailTo } from '../support/mail.ts';

const REALM = 'listed';
const NAMES = ['Ada Lovelace', 'grace hopper', 'Alan Turing', null, 'Ärne Österberg', 'Linus'];
const DAY = 86_400_000;
const BEGAN = Date.parse('2026-01-01T00:00:00Z');

interface Listed {
  id: string;
  email: string;
  username: string | null;
  name: string | null;
  phone: string | null;
  role: string;
  plan: string;
  status: string;
  verified: number;
  created: number;
  login: number | null;
}

const people: Listed[] = Array.from({ length: 120 }, (_, i) => ({
  id: `usr_${String((i * 7919) % 997).padStart(26, '0')}`,
  email: `p${(i * 37) % 120}@example.com`,
  username: i % 3 === 0 ? null : `${i % 2 ? 'User' : 'user'}${(i * 53) % 120}x`,
  name: NAMES[i % NAMES.length] as string | null,
  phone: i % 10 === 0 ? `+4420718${1000 + i}` : null,
  role: i % 20 === 0 ? 'admin' : 'user',
  plan: ['free', 'free', 'pro', 'enterprise'][i % 4] as string,
  status: i % 11 === 0 ? 'suspended' : 'active',
  verified: i % 5 === 0 ? 0 : 1,
  // Several at once: the id decides.
  created: BEGAN + Math.floor(i / 4) * DAY,
  login: i % 6 === 0 ? null : BEGAN + ((i * 31) % 200) * DAY,
}));

beforeAll(async () => {
  await createRealm(REALM);
  const insert = env.DB.prepare(
    `INSERT INTO users (id, realm_id, email, username, name, phone_number, role, plan, status, email_verified,
       created_at, updated_at, last_login_at) VALUES (?, '${REALM}', ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
  );
  await env.DB.batch(people.map((p) => insert.bind(...(Object.values(p) as string[]))));
});

const list = (query: Record<string, string | number | boolean>) => {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return asAdmin('GET', `/users?${search}`, { realm: REALM });
};

/** All ids, page by page. */
async function pages(query: Record<string, string | number | boolean>) {
  const ids: string[] = [];
  let cursor: string | null = null;
  let total = -1;
  do {
    const answer: any = await list({ ...query, ...(cursor && { cursor }) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    ids.push(...answer.body.data.map(({ id }: { id: string }) => id));
    cursor = answer.body.next_cursor;
    total = answer.body.total;
    expect(answer.body.total_is_exact).toBe(true);
  } while (cursor);
  return { ids, total };
}

const fold = (text: string | null) => (text ?? '').replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const KEYS: Record<string, (p: Listed) => string | number> = {
  created_at: (p) => p.created,
  last_login_at: (p) => p.login ?? 0,
  email: (p) => p.email,
  username: (p) => fold(p.username),
  name: (p) => fold(p.name),
  role: (p) => p.role,
  plan: (p) => p.plan,
  status: (p) => p.status,
  email_verified: (p) => p.verified,
};
const FACETS = ['role', 'plan', 'status', 'email_verified'];

function expected(filter: (p: Listed) => boolean, sort: string, order: string): string[] {
  const sign = order === 'asc' ? 1 : -1;
  const of = KEYS[sort] as (p: Listed) => string | number;
  return people
    .filter(filter)
    .toSorted((a, b) => {
      const [x, y] = [of(a), of(b)];
      // Who has nothing there is behind, by when they came.
      if (x === '' && y === '') return (a.created - b.created || bytes(a.id, b.id)) * sign;
      if (x === '' || y === '') return x === '' ? 1 : -1;
      const byKey = typeof x === 'number' ? x - (y as number) : bytes(x, y as string);
      if (byKey !== 0) return byKey * sign;
      if (FACETS.includes(sort)) return b.created - a.created || bytes(b.id, a.id);
      return bytes(a.id, b.id) * sign;
    })
    .map(({ id }) => id);
}

const FILTERS: [string, Record<string, string | boolean>, (p: Listed) => boolean][] = [
  ['nothing', {}, () => true],
  ['a status', { status: 'suspended' }, (p) => p.status === 'suspended'],
  [
    'role, plan and verification',
    { role: 'user', plan: 'pro', email_verified: false },
    (p) => p.role === 'user' && p.plan === 'pro' && p.verified === 0,
  ],
  [
    'a time',
    { created_after: '2026-01-05T00:00:00Z', created_before: '2026-01-20T00:00:00Z' },
    (p) => p.created >= BEGAN + 4 * DAY && p.created < BEGAN + 19 * DAY,
  ],
  ['a text', { q: 'p1' }, (p) => p.email.startsWith('p1')],
  ['a text in another case', { q: 'ADA' }, (p) => p.name === 'Ada Lovelace'],
  ['a family name', { q: 'hop' }, (p) => p.name === 'grace hopper'],
  [
    'a text, a status and a time',
    { q: 'user', status: 'active', created_after: '2026-01-10T00:00:00Z' },
    (p) => fold(p.username).startsWith('user') && p.status === 'active' && p.created >= BEGAN + 9 * DAY,
  ],
  ['a number', { q: '+4420718' }, (p) => p.phone !== null],
  ['an id', { q: (people[7] as Listed).id }, (p) => p.id === people[7]?.id],
  ['what nobody is', { plan: 'nobody' }, () => false],
];

describe.each(FILTERS)('filtered by %s', (_, query, filter) => {
  it.each(
    Object.keys(KEYS).flatMap((sort) => [
      [sort, 'asc'],
      [sort, 'desc'],
    ]),
  )('sorted by %s, %s, the list is whole, in order and counted', async (sort, order) => {
    const right = expected(filter, sort as string, order as string);
    const { ids, total } = await pages({ ...query, sort: sort as string, order: order as string, limit: 17 });
    expect(ids).toEqual(right);
    expect(total).toBe(right.length);
  });
});

describe('GET /v1/admin/users', () => {
  it('gives pages by number too, not too deep', async () => {
    const right = expected(() => true, 'email', 'asc');
    const answer = await list({ sort: 'email', order: 'asc', limit: 10, page: 3 });
    expect(answer.body.data.map((user: any) => user.id)).toEqual(right.slice(20, 30));
    expectProblem(await list({ limit: 100, page: 7 }), 422, 'validation_failed');
  });

  it('refuses cursors of another order, and forged ones', async () => {
    const { body } = await list({ sort: 'email', limit: 1 });
    for (const cursor of [body.next_cursor, 'nonsense', Buffer.from('[1]').toString('base64url')]) {
      expectProblem(await list({ sort: 'created_at', cursor }), 422, 'validation_failed');
    }
  });

  describe('of more users than are put in order at once', () => {
    const filter = 'plan=pro&status=active';
    const wanted = (row: { plan: string; status: string }) => row.plan === 'pro' && row.status === 'active';
    let crowd: any[];

    beforeAll(async () => {
      await createRealm('crowd');
      // Those who are wanted lie beyond whatever an index gives first.
      await env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 6499)
         INSERT INTO users (id, realm_id, email, username, name, created_at, updated_at, last_login_at, email_verified, role, plan, status)
         SELECT 'usr_crowd' || i, 'crowd', 'same' || printf('%05d', (i * 7919) % 6500) || '@example.com', 'same' || printf('%05d', (i * 31) % 6500),
           'Same ' || (i % 9), i, 0, iif(i % 5, i % 77, NULL), i % 3 = 0, iif(i % 50 = 7, 'admin', 'user'),
           iif(i % 65 = 64, 'pro', 'free'), iif(i % 10 = 9, 'suspended', 'active') FROM n`,
      ).run();
      crowd = (await env.DB.prepare("SELECT * FROM users WHERE realm_id = 'crowd'").all()).results;
    });

    // Nothing is due of them in the tests that follow.
    afterAll(async () => {
      await env.DB.batch([
        env.DB.prepare("DELETE FROM users WHERE realm_id = 'crowd'"),
        env.DB.prepare("DELETE FROM users_to_fold WHERE user_id LIKE 'usr_crowd%'"),
      ]);
    });

    const listed = async (query: string) => {
      const { body } = await asAdmin('GET', `/users?${query}`, { realm: 'crowd' });
      return body;
    };

    const narrowed = [
      'q=same',
      'q=SAME',
      'created_after=1970-01-01T00:00:00Z',
      'q=same&created_before=2000-01-01T00:00:00Z',
    ];
    const columns = ['created_at', 'last_login_at', 'email', 'username', 'name', 'role', 'email_verified'];

    it.each(narrowed.flatMap((by) => columns.map((sort) => [by, sort])))(
      '%s by %s is whole',
      async (by, sort) => {
        const right = crowd.filter(wanted).map(({ id }) => id);
        for (const order of ['asc', 'desc']) {
          const seen: any[] = [];
          let page = await listed(`${by}&${filter}&sort=${sort}&order=${order}&limit=30`);
          for (;;) {
            seen.push(...page.data);
            if (page.next_cursor === null) break;
            page = await listed(
              `${by}&${filter}&sort=${sort}&order=${order}&limit=30&cursor=${page.next_cursor}`,
            );
          }
          expect(new Set(seen.map(({ id }) => id)), order).toEqual(new Set(right));
          expect(seen.length).toBe(right.length);
          const byNumber = await listed(`${by}&${filter}&sort=${sort}&order=${order}&limit=30&page=2`);
          expect(byNumber.data.map(({ id }: any) => id)).toEqual(seen.slice(30, 60).map(({ id }) => id));
          const last = seen.length;
          const keys = seen.map((user) => user[sort] ?? (sort === 'last_login_at' ? '' : null));
          const sorted = keys.filter((key) => key !== null).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
          const others = keys.filter((key) => key === null);
          expect(keys, `${order} ${last}`).toEqual([
            ...(order === 'asc' ? sorted : sorted.toReversed()),
            ...others,
          ]);
        }
      },
    );

    it('says that there are at least so many, and counts what needs no search', async () => {
      const few = await listed('q=same&limit=1');
      expect(few.total_is_exact).toBe(false);
      expect(few.total).toBeGreaterThanOrEqual(1000);
      expect(few.total).toBeLessThanOrEqual(6500);
      const right = crowd.filter(wanted).length;
      expect((await listed(`q=same&${filter}&limit=30&page=2`)).total).toBe(right);
      expect((await listed(`q=same&${filter}&limit=30&page=3`)).total).toBeLessThanOrEqual(right);
      expect(await listed('limit=1')).toMatchObject({ total: 6500, total_is_exact: true });
      expect(await listed('q=same0001&limit=1')).toMatchObject({ total: 20, total_is_exact: true });
    });
  });
});

describe('POST /v1/admin/users', () => {
  it('makes a user with a password, who can sign in', async () => {
    const admin = await registerRole('admin');
    const email = `${crypto.randomUUID()}@example.com`;
    const body = { email, password: PASSWORD, name: 'Made', plan: 'pro', email_verified: true };
    const made = await asAdmin('POST', '/users', { token: admin.access_token, body });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(made.body).toMatchObject({
      email,
      name: 'Made',
      plan: 'pro',
      role: 'user',
      status: 'active',
      email_verified: true,
      has_password: true,
    });
    expect((await login(email)).body.user.id).toBe(made.body.id);
    expect(await auditOf(made.body.id)).toEqual([
      {
        realm_id: 'default',
        actor: admin.user.id,
        action: 'user_created',
        details: { before: null, after: { email, role: 'user', plan: 'pro', email_verified: true } },
      },
    ]);
  });

  it('invites a user without a password, also where registration is closed', async () => {
    await createRealm('closed', { registration: 'closed' });
    const email = `${crypto.randomUUID()}@example.com`;
    const made = await asAdmin('POST', '/users', { realm: 'closed', body: { email, name: 'Guest' } });
    expect(made.body).toMatchObject({ email_verified: false, has_password: false });
    const link = linkIn(await mailTo(email, /closed account/));
    const token = link.searchParams.get('token');
    const set = await call('POST', '/v1/auth/password/reset', {
      realm: 'closed',
      body: { token, password: PASSWORD },
    });
    expect(set.status).toBe(204);
    const signedIn = await login(email, PASSWORD, { realm: 'closed' });
    expect(signedIn.body.user).toMatchObject({ id: made.body.id, email_verified: true });
  });

  it('refuses what is taken, weak, unknown or above the one who asks', async () => {
    const admin = await registerRole('admin');
    const taken = await register();
    const email = () => `${crypto.randomUUID()}@example.com`;
    const make = (body: object, options = {}) =>
      asAdmin('POST', '/users', { token: admin.access_token, body: { email: email(), ...body }, ...options });
    expectProblem(await make({ email: taken.user.email }), 409, 'user_exists');
    expectProblem(await make({ password: 'password' }), 422, 'validation_failed');
    expectProblem(await make({ plan: 'platinum' }), 422, 'validation_failed');
    expectProblem(await make({ plan: 'constructor' }), 422, 'validation_failed');
    expectProblem(await make({ status: 'active' }), 422, 'validation_failed');
    expectProblem(await make({ role: 'owner' }), 403, 'insufficient_scope');
    const elsewhere = await asAdmin('POST', '/users', {
      realm: REALM,
      body: { email: email(), role: 'owner' },
    });
    expectProblem(elsewhere, 422, 'validation_failed');
    expect((await make({ role: 'admin' })).status).toBe(201);
  });
});

it('users of other realms do not exist', async () => {
  const [stranger] = people as [Listed];
  const path = `/users/${stranger.id}`;
  for (const [method, rest, body] of [
    ['GET', ''],
    ['PATCH', '', { name: 'X' }],
    ['DELETE', ''],
    ['PUT', '/status', { status: 'suspended' }],
    ['PUT', '/role', { role: 'admin' }],
    ['PUT', '/plan', { plan: 'pro' }],
    ['PUT', '/limits', { limits: {} }],
    ['POST', '/verify-email'],
    ['POST', '/password-reset'],
    ['GET', '/sessions'],
    ['DELETE', '/sessions'],
    ['DELETE', '/sessions/ses_x'],
    ['POST', '/impersonate', { reason: 'x' }],
    ['GET', '/credits'],
    ['GET', '/usage'],
    ['GET', '/tokens'],
    ['POST', '/credits', { amount: 1, reason: 'x', reference: 'r' }],
  ] as [string, string, unknown?][]) {
    expectProblem(await asAdmin(method, path + rest, { body }), 404, 'user_not_found');
  }
  const row = await env.DB.prepare('SELECT version FROM users WHERE id = ?').bind(stranger.id).first();
  expect(row).toEqual({ version: 1 });
});
