import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { asAdmin, auditOf } from '../support/admin.ts';
import { call, changeDirectory, createRealm, login } from '../support/api.ts';
import { project } from '../support/projection.ts';
import {
  expectLedTo,
  expectPage,
  open,
  submit,
  type Visitor,
  visitor,
  withoutOwnScripts,
} from '../support/visitor.ts';

const HTML = { accept: 'text/html' };

/** Somebody with a role, signed in on a browser. */
async function operator(role: 'admin' | 'owner', realm?: string): Promise<Visitor> {
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role });
  return who;
}

const idOf = ({ user }: Visitor) => user.user.id;
const pageOf = (who: Visitor) => `/admin/users/${idOf(who)}`;
const tabOf = (who: Visitor, tab: string) => `${pageOf(who)}?tab=${tab}`;
const rowOf = (id: string) =>
  env.DB.prepare('SELECT * FROM users WHERE id = ?').bind(id).first<Record<string, any>>();

/** Every page, for one user. */
const pages = (who: Visitor) => ['/admin', '/admin/users', '/admin/users/new', pageOf(who)];

/** Every form, with what is right in it, and what its page says afterwards. */
const FORMS: Record<string, { done: string; fields?: Record<string, string> }> = {
  profile: { done: 'saved', fields: { name: 'Changed', email: '' } },
  status: { done: 'suspended', fields: { status: 'suspended', status_reason: 'Spam' } },
  role: { done: 'role', fields: { role: 'admin', role_reason: 'Hired' } },
  verify: { done: 'verified', fields: { verify_reason: 'Called' } },
  reset: { done: 'reset' },
  plan: { done: 'plan', fields: { plan: 'pro', plan_expires: '2099-01-01', plan_reason: 'Won it' } },
  limits: {
    done: 'limits',
    fields: { 'limits.images.day': '7', 'limits.tokens.month': '*', limits_reason: 'Needs more' },
  },
  credits: {
    done: 'credits',
    fields: { amount: '25', credits_reason: 'Sorry', reference: 'dash-1' },
  },
  end_session: { done: 'session_ended', fields: { session: 'ses_none' } },
  end_sessions: { done: 'sessions_ended' },
};

async function formsOn(who: Visitor): Promise<[path: string, fields: Record<string, string>][]> {
  const email = who.user.user.email;
  return [
    ...Object.entries(FORMS).map(([form, { fields }]): [string, Record<string, string>] => [
      pageOf(who),
      { form, ...fields, ...(form === 'profile' && { email }) },
    ]),
    [pageOf(who), { form: 'delete', confirmation: email }],
    [pageOf(who), { form: 'impersonate', impersonate_reason: 'Asked for help' }],
    ['/admin/users', { form: 'bulk', act: 'suspend', confirmed: '1', [`user-${idOf(who)}`]: 'on' }],
    ['/admin/users/new', { form: 'new', email: `${crypto.randomUUID()}@example.com`, plan: 'free' }],
  ];
}

let admin: Visitor;

beforeAll(async () => {
  await createRealm('annex', { name: 'Annex' });
  admin = await operator('admin');
});

it('the tables know every route', () => {
  const bindings = env as unknown as Bindings;
  const mine = /^\/admin(\/users(\/.*)?)?$/;
  const routed = createApp(createServices(bindings), bindings)
    .routes.filter(({ method, path }) => method !== 'ALL' && mine.test(path))
    .map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routed)].toSorted()).toEqual([
    'GET /admin',
    'GET /admin/users',
    'GET /admin/users/:id',
    'GET /admin/users/new',
    'POST /admin/users',
    'POST /admin/users/:id',
    'POST /admin/users/new',
  ]);
});

describe('who is not signed in', () => {
  const OUTSIDERS: Record<string, () => Promise<Partial<Visitor>>> = {
    'a stranger': async () => ({}),
    'a suspended admin': async () => {
      const suspended = await operator('admin');
      await changeDirectory(idOf(suspended), { status: 'suspended' });
      return { cookie: suspended.cookie };
    },
    'an admin of another realm': async () => ({ cookie: (await operator('admin', 'annex')).cookie }),
    'an admin of another realm, under the name of this one’s cookie': async () => {
      const { cookie } = await operator('admin', 'annex');
      return { cookie: cookie.replace('__Host-latchkey-annex=', '__Host-latchkey=') };
    },
  };

  it.each(Object.keys(OUTSIDERS))('%s is sent to sign in by every page and form', async (name) => {
    const outsider = (await OUTSIDERS[name]?.()) as Partial<Visitor>;
    const target = await visitor();
    const before = await rowOf(idOf(target));
    const toSignIn = (path: string) => `/login?${new URLSearchParams({ redirect_to: path })}`;
    for (const path of pages(target)) expectLedTo(await open(path, outsider, HTML), toSignIn(path));
    for (const [path, fields] of await formsOn(target)) {
      expectLedTo(await submit(path, fields, outsider, HTML), toSignIn(path));
    }
    expect(await rowOf(idOf(target))).toEqual(before);
  });
});

describe('who may not', () => {
  it('a plain user is told so, and an admin of home in another realm is sent to sign in there', async () => {
    const target = await visitor();
    const before = await rowOf(idOf(target));
    const plain = await visitor();
    for (const path of pages(target)) {
      const answer = await open(path, plain, HTML);
      expectPage(answer, 403);
      expect(answer.body).toContain('not for your account');
    }
    for (const [path, fields] of await formsOn(target)) {
      expectPage(await submit(path, fields, plain, HTML), 403);
    }
    expect(await rowOf(idOf(target))).toEqual(before);
    expectLedTo(
      await open('/admin', { cookie: admin.cookie, realm: 'annex' }, HTML),
      '/realms/annex/login?redirect_to=%2Frealms%2Fannex%2Fadmin',
    );
  });

  it('no form comes from another site', async () => {
    const target = await visitor();
    const before = await rowOf(idOf(target));
    for (const origin of ['https://evil.example', 'null', '']) {
      for (const [path, fields] of await formsOn(target)) {
        expectPage(await submit(path, fields, admin, { ...HTML, origin }), 403);
      }
    }
    expect(await rowOf(idOf(target))).toEqual(before);
  });

  it('nobody sees or changes a user of another realm', async () => {
    const other = await visitor({}, { realm: 'annex' });
    expectPage(await open(pageOf(other), admin, HTML), 404);
    for (const [path, fields] of await formsOn(other)) {
      if (path === pageOf(other)) expectPage(await submit(path, fields, admin, HTML), 404);
    }
    const bulk = { form: 'bulk', act: 'suspend', confirmed: '1', [`user-${idOf(other)}`]: 'on' };
    expectPage(await submit('/admin/users', bulk, admin, HTML), 409);
    expect(await rowOf(idOf(other))).toMatchObject({ status: 'active', role: 'user' });
  });

  it('an admin reaches no owner, makes none, and does nothing to themselves', async () => {
    const owner = await operator('owner');
    const target = await visitor();
    for (const [path, fields] of await formsOn(owner)) {
      if (path !== pageOf(owner)) continue;
      expect([403, 422], fields.form).toContain((await submit(path, fields, admin, HTML)).status);
    }
    expect(await rowOf(idOf(owner))).toMatchObject({ status: 'active', role: 'owner', plan: 'free' });
    const promote = { form: 'role', role: 'owner' };
    expectPage(await submit(pageOf(target), promote, admin), 403);
    const suspend = { form: 'status', status: 'suspended' };
    const self = await submit(pageOf(admin), suspend, admin);
    expectPage(self, 409);
    expect(self.body).toContain('your own account');
  });
});

describe('owners', () => {
  it('act in every realm by the cookie of home', async () => {
    const owner = await operator('owner');
    const target = await visitor({}, { realm: 'annex' });
    const there = { cookie: owner.cookie, realm: 'annex' };
    const { body, ...answer } = await open(pageOf(target), there);
    expectPage({ body, ...answer });
    expect(body).toContain('action="/logout"');
    expect(body).toContain('href="/realms/annex/admin/users"');
    expectLedTo(
      await submit(pageOf(target), { form: 'status', status: 'suspended' }, there),
      `/realms/annex${pageOf(target)}?done=suspended`,
    );
    const [entry] = await auditOf(idOf(target));
    expect(entry).toMatchObject({ realm_id: 'annex', actor: idOf(owner), action: 'user_status_changed' });
  });
});

describe('the overview', () => {
  it('has the numbers, and charts with their tables', async () => {
    const fresh = await visitor({ name: 'Newest Of All' });
    await project(idOf(fresh));
    const answer = await open('/admin', admin);
    expectPage(answer);
    expect(answer.body).toContain('Newest Of All');
    expect(answer.body.match(/<figure/g)).toHaveLength(1);
    expect(answer.body.match(/<summary/g)).toHaveLength(1);
    expect(answer.body).not.toMatch(/ style=/);
    expect(answer.body).toContain('usage is at most 60 seconds old.');
    expect(answer.body).toContain('Nobody has a subscription yet.');
    expect(answer.body).toMatch(/<th scope="row">Password<\/th>/);
    const german = await open('/admin?ui_locales=de', admin);
    expect(german.body).toContain('Überblick');
  });
});

describe('revenue on the overview', () => {
  it('is shown by plan, each currency for itself', async () => {
    const payer = await visitor();
    const insert = env.DB.prepare(
      `INSERT INTO billing_subscriptions (id, user_id, price_id, plan, amount, currency, months, status, period_start,
         period_end, cancel_at_period_end, revision, created_at, fetched_at)
       VALUES (?, ?, 'price_x', 'pro', ?, ?, ?, 'active', 1, 2, 0, 1, 1, 1)`,
    );
    await env.DB.batch([
      insert.bind('sub_usd', idOf(payer), 2000, 'usd', 1),
      insert.bind('sub_year', idOf(payer), 12_000, 'usd', 12),
      insert.bind('sub_jpy', idOf(payer), 3000, 'jpy', 1),
    ]);
    const { body } = await open('/admin', admin);
    expect(body).not.toContain('Nobody has a subscription yet.');
    const row = (name: string) => new RegExp(`<th scope="row">${name}</th>.*?</tr>`).exec(body)?.[0] ?? '';
    for (const name of ['Pro', 'All plans']) {
      const amounts = [...row(name).matchAll(/<div class="moment">([^<]*)/g)].map(([, amount]) => amount);
      expect(amounts, name).toEqual(['¥3,000', '$30.00']);
      expect(row(name)).toContain('<td class="number">3</td>');
    }
    const german = await open('/admin?ui_locales=de', admin);
    expect(german.body).toContain('30,00\u00a0$');
    await asAdmin('DELETE', `/users/${idOf(payer)}`);
    expect((await open('/admin', admin)).body).toContain('Nobody has a subscription yet.');
  });
});

describe('the list', () => {
  it('is searched, filtered, sorted and paged by its address', async () => {
    const mark = crypto.randomUUID().slice(0, 8);
    const [one, two] = [await visitor({ name: `${mark} B` }), await visitor({ name: `${mark} A` })];
    await changeDirectory(idOf(two), { status: 'suspended' });
    const has = async (query: string) => {
      const { body } = await open(`/admin/users?q=${mark}&${query}`, admin);
      return [one, two].map((who) => body.indexOf(idOf(who)));
    };
    const [at, below] = (await has('sort=name&order=asc')) as [number, number];
    expect(at).toBeGreaterThan(below);
    const [up, down] = (await has('sort=name&order=desc')) as [number, number];
    expect(down).toBeGreaterThan(up);
    expect((await has('status=suspended'))[0]).toBe(-1);
    expect((await has('status=active'))[1]).toBe(-1);
    expect(await has('created_after=2099-01-01')).toEqual([-1, -1]);
    expect((await open('/admin/users?sort=name&order=asc', admin)).body).toContain('aria-sort="ascending"');
  });

  it('says what is wrong with a search, and shows all', async () => {
    for (const query of [
      'status=none',
      'sort=password',
      'cursor=x',
      'created_after=never',
      `q=${'x'.repeat(101)}`,
    ]) {
      const answer = await open(`/admin/users?${query}`, admin);
      expectPage(answer);
      expect(answer.body, query).toContain('role="alert"');
      expect(answer.body).toContain('usr_');
    }
  });

  it('changes those that are ticked, and says whom it could not', async () => {
    const [one, two] = [await visitor(), await visitor()];
    const ticked = { [`user-${idOf(one)}`]: 'on', [`user-${idOf(two)}`]: 'on' };
    const bulk = (act: string, more = {}) =>
      submit(
        '/admin/users?status=active',
        { form: 'bulk', act, bulk_reason: 'Spam', confirmed: '2', ...ticked, ...more },
        admin,
      );
    expectLedTo(await bulk('suspend'), '/admin/users?status=active&done=suspend&count=2');
    expect((await rowOf(idOf(one)))?.status).toBe('suspended');
    expect((await auditOf(idOf(two)))[0]?.details.reason).toBe('Spam');
    const partly = await bulk('reactivate', {
      confirmed: '4',
      [`user-${idOf(admin)}`]: 'on',
      'user-usr_none': 'on',
    });
    expectPage(partly, 409);
    expect(partly.body).toContain('Changed: 2. Not changed: 2.');
    expect(partly.body).toContain(`${admin.user.user.email}: You cannot do this to your own account.`);
    expect((await rowOf(idOf(one)))?.status).toBe('active');
    expectLedTo(await bulk('reset'), '/admin/users?status=active&done=reset&count=2');
    expect((await login(one.user.user.email)).status).toBe(401);
    expectPage(await submit('/admin/users', { form: 'bulk', act: 'suspend' }, admin), 422);
    expectPage(await bulk('erase'), 422);
    for (const done of ['suspend&count=2', 'constructor', '__proto__', 'suspend&count=<b>']) {
      expectPage(await open(`/admin/users?done=${done}`, admin));
    }
  });
});

describe('several users', () => {
  it('are changed once it was said of how many', async () => {
    const [one, two] = [await visitor(), await visitor()];
    const ticked = { [`user-${idOf(one)}`]: 'on', [`user-${idOf(two)}`]: 'on' };
    const suspend = { form: 'bulk', act: 'suspend', bulk_reason: '<b>Spam</b>', ...ticked };
    for (const confirmed of ['', '1', 'yes']) {
      const asked = await submit('/admin/users?q=user', { ...suspend, confirmed }, admin);
      expectPage(asked, 200);
      expect(asked.body).toContain('Suspend 2 users?');
      expect(asked.body).toContain(one.user.user.email);
      expect(asked.body).toContain('&lt;b&gt;Spam&lt;/b&gt;');
      expect(asked.body).toContain('href="/admin/users?q=user"');
      expect((await rowOf(idOf(one)))?.status).toBe('active');
    }
    const german = await submit('/admin/users', suspend, admin, { 'accept-language': 'de' });
    expect(german.body).toContain('2 Benutzer sperren?');
    expectLedTo(
      await submit('/admin/users', { ...suspend, confirmed: '2' }, admin),
      '/admin/users?done=suspend&count=2',
    );
  });
});

describe('all users of a page, and of a result', () => {
  const suspendAll = (q: string, fields: Record<string, string>, who = admin) =>
    submit(`/admin/users?q=${q}`, { form: 'bulk', act: 'suspend', ...fields }, who);
  const several = async (count: number) => {
    const mark = crypto.randomUUID().slice(0, 8);
    const made = await Promise.all(
      Array.from({ length: count }, (_, at) => visitor({ name: `${mark} ${at}` })),
    );
    return { mark, ids: made.map(idOf) };
  };
  const statusesOf = async (ids: string[]) =>
    [...new Set((await Promise.all(ids.map(rowOf))).map((row) => row?.status))].join();

  it('of a page are those that the page shows, and are named before', async () => {
    const { mark, ids } = await several(3);
    const asked = await suspendAll(mark, { all: 'page' });
    expectPage(asked);
    expect(asked.body).toContain('Suspend 3 users?');
    for (const id of ids) expect(asked.body).toContain(`name="user-${id}"`);
    expect(await statusesOf(ids)).toBe('active');
  });

  it('of a result are changed once it was said of how many, and by nobody else', async () => {
    const { mark, ids } = await several(3);
    for (const confirmed of ['', '2', '4', 'all']) {
      const asked = await suspendAll(mark, { result: 'on', confirmed });
      expectPage(asked);
      expect(asked.body).toContain('Suspend 3 users?');
      expect(await statusesOf(ids)).toBe('active');
    }
    expect((await suspendAll(mark, { result: 'on', confirmed: '3' }, await visitor())).status).toBe(403);
    expect(await statusesOf(ids)).toBe('active');
    expectLedTo(
      await suspendAll(mark, { result: 'on', confirmed: '3' }),
      `/admin/users?q=${mark}&done=suspend&count=3`,
    );
    expect(await statusesOf(ids)).toBe('suspended');
  });

  it('of a result go on page by page from the newest, also where they leave the result by it', async () => {
    const realm = `bulk-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm, {});
    const who = await operator('admin', realm);
    const insert = env.DB.prepare(
      'INSERT INTO users (id, realm_id, email, created_at, updated_at) VALUES (?, ?, ?, ?, 1)',
    );
    await env.DB.batch(
      Array.from({ length: 105 }, (_, at) =>
        insert.bind(
          `usr_${realm.slice(5)}${String(at).padStart(18, '0')}`,
          realm,
          `${at}@bulk.example`,
          at + 1,
        ),
      ),
    );
    const send = (fields: Record<string, string>) =>
      submit(
        '/admin/users?role=user&status=active',
        { form: 'bulk', act: 'verify', result: 'on', ...fields },
        who,
      );
    const left = async () =>
      (
        await env.DB.prepare('SELECT count(*) AS n FROM users WHERE realm_id = ? AND email_verified = 0')
          .bind(realm)
          .first<{ n: number }>()
      )?.n;
    expect((await send({})).body).toContain('Mark the addresses of 105 users as verified?');
    const first = await send({ confirmed: '105' });
    expectPage(first);
    expect(first.body).toContain('100 of 105 done');
    expect(first.body).toContain('data-goes-on');
    const before = await left();
    const after = /name="after" value="([^"]*)"/.exec(first.body)?.[1] ?? '';
    for (const wrong of ['x', 'e30']) expectPage(await send({ confirmed: '105', after: wrong }), 422);
    expect(await left()).toBe(before);
    expectLedTo(
      await send({ confirmed: '105', after, changed: '100' }),
      `/realms/${realm}/admin/users?role=user&status=active&done=verify&count=105`,
    );
    expect(await left()).toBe(0);
  });

  it('nobody is nobody', async () => {
    expectPage(await suspendAll('nobody-is-called-so', { result: 'on' }), 422);
    expectPage(await suspendAll('nobody-is-called-so', { all: 'page' }), 422);
  });
});

describe('a new user', () => {
  it('is made, or the form says why not', async () => {
    const email = `${crypto.randomUUID()}@example.com`;
    const fields = { form: 'new', email, name: 'New', role: 'user', plan: 'pro', email_verified: 'on' };
    const made = await submit('/admin/users/new', fields, admin);
    expect(made.status).toBe(303);
    const location = made.headers.get('location') ?? '';
    expect(location).toMatch(/^\/admin\/users\/usr_\w+\?done=created$/);
    const shown = await open(location, admin);
    expectPage(shown);
    expect(shown.body).toContain('The user is created.');
    const again = await submit('/admin/users/new', fields, admin);
    expectPage(again, 409);
    expect(again.body).toContain('already an account');
    const wrong = await submit('/admin/users/new', { ...fields, email: 'x', plan: 'none' }, admin);
    expectPage(wrong, 422);
    expect(wrong.body).toContain('id="email-problem"');
    expectPage(
      await submit('/admin/users/new', { ...fields, email: `a${email}`, role: 'owner' }, admin),
      403,
    );
  });
});

describe('one user', () => {
  it.each(Object.entries(FORMS))('%s is done, and said', async (form, { done, fields }) => {
    const target = await visitor({}, { verified: form !== 'verify' });
    const email = target.user.user.email;
    const sent = { form, ...fields, ...(form === 'profile' && { email }) };
    expectLedTo(await submit(pageOf(target), sent, admin), `${pageOf(target)}?done=${done}`);
    const answer = await open(`${pageOf(target)}?done=${done}`, admin);
    expectPage(answer);
    expect(answer.body).toContain('role="status"');
    const row = await rowOf(idOf(target));
    const expected: Record<string, Record<string, unknown>> = {
      profile: { name: 'Changed', email, email_verified: 1 },
      status: { status: 'suspended' },
      role: { role: 'admin' },
      verify: { email_verified: 1 },
      plan: { plan: 'pro', plan_expires_at: Date.UTC(2099, 0) },
      limits: { custom_limits: '{"images":{"day":7},"tokens":{"month":null}}' },
    };
    expect(row).toMatchObject(expected[form] ?? {});
    const entries = await auditOf(idOf(target));
    if (form !== 'end_session') expect(entries[0]?.actor).toBe(idOf(admin));
    const reason = Object.entries(fields ?? {}).find(([name]) => name.endsWith('_reason'))?.[1];
    if (reason) expect(entries[0]?.details.reason).toBe(reason);
  });

  it('credits move once, however often the form is sent', async () => {
    const target = await visitor();
    const sent = { form: 'credits', amount: '25', credits_reason: 'Sorry', reference: 'twice' };
    await Promise.all([submit(pageOf(target), sent, admin), submit(pageOf(target), sent, admin)]);
    const { body } = await call('GET', '/v1/me/credits', { token: target.user.access_token });
    expect(body.balance).toBe(25);
    expectPage(await submit(pageOf(target), { ...sent, reference: 'x', amount: '-26' }, admin), 402);
    for (const amount of ['', '0', '1.5', 'many', '1e99']) {
      const answer = await submit(pageOf(target), { ...sent, reference: 'y', amount }, admin);
      expectPage(answer, 422);
      expect(answer.body, amount).toContain('id="amount-problem"');
    }
  });

  it('sessions end one by one', async () => {
    const target = await visitor();
    const { body } = await open(tabOf(target, 'access'), admin);
    const session = /name="session" value="(ses_\w+)"/.exec(body)?.[1] ?? '';
    expect(session).not.toBe('');
    await submit(tabOf(target, 'access'), { form: 'end_session', session }, admin);
    expect((await open(tabOf(target, 'access'), admin)).body).not.toContain(session);
  });

  it('is deleted by who types the address', async () => {
    const target = await visitor();
    const wrong = await submit(pageOf(target), { form: 'delete', confirmation: 'x' }, admin);
    expectPage(wrong, 422);
    expect(wrong.body).toContain('id="confirmation-problem"');
    const right = { form: 'delete', confirmation: target.user.user.email, delete_reason: 'Asked' };
    expectLedTo(await submit(pageOf(target), right, admin), '/admin/users?done=deleted');
    expect(await rowOf(idOf(target))).toBeNull();
    expectPage(await open(pageOf(target), admin, HTML), 404);
  });

  it('says what is wrong beside the field, and changes nothing', async () => {
    const target = await visitor({ name: 'As before' });
    const cases: [Record<string, string>, string][] = [
      [{ form: 'profile', email: 'x' }, 'email'],
      [{ form: 'profile', username: '!' }, 'username'],
      [{ form: 'status', status: 'suspended', status_reason: 'x'.repeat(501) }, 'status_reason'],
      [{ form: 'plan', plan: 'none' }, 'plan'],
      [{ form: 'plan', plan: 'pro', plan_expires: '2001-01-01' }, 'plan_expires'],
      [{ form: 'plan', plan: 'pro', plan_expires: 'soon' }, 'plan_expires'],
      [{ form: 'limits', 'limits.images.day': 'many' }, 'limits.images.day'],
    ];
    for (const [fields, field] of cases) {
      const answer = await submit(pageOf(target), fields, admin);
      expectPage(answer, 422);
      expect(answer.body, field).toContain(`href="#${field}"`);
    }
    const hostile = { 'limits.constructor.day': '1', 'limits.__proto__.day': '1' };
    expect((await submit(pageOf(target), { form: 'limits', ...hostile }, admin)).status).toBe(303);
    expect(
      ({} as Record<string, unknown>).day ?? (Object as unknown as { day?: number }).day,
    ).toBeUndefined();
    expect(await rowOf(idOf(target))).toMatchObject({ name: 'As before', plan: 'free', status: 'active' });
    expectPage(await submit(pageOf(target), { form: 'constructor' }, admin, HTML), 400);
  });
});

it.each([
  ['unlimited', 'en', 'unlimited'],
  ['Unbegrenzt', 'de', 'unbegrenzt'],
  ['*', 'en', 'unlimited'],
])('a user may have no limit: %s is shown in %s as %s', async (typed, language, shown) => {
  const target = await visitor();
  const fields = { form: 'limits', 'limits.images.day': typed, 'limits.images.month': '5' };
  expectLedTo(await submit(pageOf(target), fields, admin), `${pageOf(target)}?done=limits`);
  const { custom_limits } = (await rowOf(idOf(target))) ?? {};
  expect(JSON.parse(custom_limits)).toEqual({ images: { day: null, month: 5 } });
  const { body } = await open(`${pageOf(target)}?tab=plan&ui_locales=${language}`, admin);
  expect(body).toMatch(new RegExp(`<input id="limits.images.day" [^>]*value="${shown}"`));
  expect(body).not.toContain('value="*"');
});

it('shows what users write of themselves as text', async () => {
  const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';
  const target = await visitor({ name: MARKUP, given_name: MARKUP, family_name: MARKUP });
  await submit(pageOf(target), { form: 'status', status: 'suspended', status_reason: MARKUP }, admin);
  await env.DB.prepare(
    "INSERT INTO activity (user_id, seq, realm_id, at, type, ip, country, user_agent) VALUES (?, 900, 'default', 1, ?, ?, ?, ?)",
  )
    .bind(idOf(target), MARKUP, MARKUP, MARKUP, MARKUP)
    .run();
  const query = new URLSearchParams({ q: MARKUP, done: MARKUP, cursor: MARKUP, plan: MARKUP });
  const paths = [
    '/admin',
    '/admin/users',
    pageOf(target),
    `/admin/users?${query}`,
    `${pageOf(target)}?${query}`,
  ];
  for (const path of paths) {
    const { body, status } = await open(path, admin);
    expect(status).toBe(200);
    expect(body).toContain('&lt;script&gt;');
    expect(withoutOwnScripts(body)).not.toContain('<script');
    expect(body).not.toMatch(/<img src=x/);
  }
});
