import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { auditOf } from '../support/admin.ts';
import { call, changeDirectory, createApiKey, createRealm, register } from '../support/api.ts';
import { mailTo } from '../support/mail.ts';
import { visit } from '../support/pages.ts';
import { PRICE_MEANINGS } from '../support/stripe.ts';
import {
  cookieOf,
  expectLedTo,
  expectPage,
  open,
  submit,
  type Visitor,
  visitor,
  withoutOwnScripts,
} from '../support/visitor.ts';

const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';
const POLICY = {
  form: 'policy',
  registration: 'open',
  access_token_seconds: '600',
  session_idle_seconds: '1209600',
  session_absolute_seconds: '2592000',
  refresh_grace_seconds: '30',
  breached_passwords: 'refused',
  challenge: 'off',
};

/** Every form, with what it takes to be accepted or to be told that something is not there. */
const FORMS: Record<string, { path: string; fields: Record<string, string> }> = {
  'retry of a message': { path: '/admin/mail/msg_none', fields: { form: 'retry' } },
  'a test message': { path: '/admin/mail', fields: { form: 'test' } },
  'replay of an event': { path: '/admin/billing', fields: { form: 'replay', event: 'evt_none' } },
  prices: { path: '/admin/billing', fields: { form: 'prices' } },
  'a new plan': { path: '/admin/plans', fields: { form: 'add', id: 'hostile', name: 'Hostile' } },
  'all plans': { path: '/admin/plans', fields: { form: 'matrix', 'free:limits.images.day': '1' } },
  'a plan': { path: '/admin/plans/free', fields: { form: 'plan', name: 'Hostile', monthly_credits: '0' } },
  'a new realm': { path: '/admin/realms', fields: { form: 'create', id: 'hostile', name: 'Hostile' } },
  'a policy': { path: '/admin/realms/default', fields: { ...POLICY, registration: 'closed' } },
  'how pages look': {
    path: '/admin/realms/default',
    fields: { form: 'appearance', name: 'Hostile', color: '#0f766e' },
  },
  'removal of a picture': {
    path: '/admin/realms/default',
    fields: { form: 'remove_picture', picture: 'logo' },
  },
  'a proof for a picture': { path: '/admin/realms/default/pictures/logo', fields: { form: 'proven' } },
  'a signing key': { path: '/admin/realms/default', fields: { form: 'rotate' } },
  'a new key': { path: '/admin/keys', fields: { form: 'create', name: 'Hostile', 'scopes.admin': 'on' } },
  'rotation of a key': {
    path: '/admin/keys',
    fields: { form: 'rotate', key: 'key_none', 'overlap.key_none': '0' },
  },
  'revocation of a key': {
    path: '/admin/keys',
    fields: { form: 'revoke', key: 'key_none', 'confirm.key_none': 'on' },
  },
  'a new app': {
    path: '/admin/clients',
    fields: {
      ...{ form: 'create', name: 'Hostile', redirect_uris: 'https://a.example/cb' },
      ...{ token_endpoint_auth_method: 'client_secret_basic', scopes: 'openid' },
    },
  },
  'rotation of the secret of an app': {
    path: '/admin/clients',
    fields: { form: 'rotate', client: 'cli_none', 'overlap.cli_none': '0' },
  },
  'end of an app': {
    path: '/admin/clients',
    fields: { form: 'delete', client: 'cli_none', 'confirm.cli_none': 'on' },
  },
  'a new resource': {
    path: '/admin/resources',
    fields: { form: 'create', name: 'Hostile', resource: 'https://api.example/', scopes: 'images:read' },
  },
  'a change of a resource': {
    path: '/admin/resources',
    fields: { form: 'edit', resource: 'res_none', 'name.res_none': 'Hostile', 'scopes.res_none': '' },
  },
  'end of a resource': {
    path: '/admin/resources',
    fields: { form: 'delete', resource: 'res_none', 'confirm.res_none': 'on' },
  },
  'a new webhook': {
    path: '/admin/webhooks',
    fields: { form: 'create', url: 'https://hooks.example.com/', events: 'user.created' },
  },
  'a test event': { path: '/admin/webhooks/whe_none', fields: { form: 'test' } },
  'the secret of a webhook': { path: '/admin/webhooks/whe_none', fields: { form: 'rotate' } },
  'a new organization': {
    path: '/admin/organizations',
    fields: { form: 'create', name: 'Hostile', owner: 'usr_none' },
  },
  'an event again': { path: '/admin/webhooks/whe_none/dlv_none', fields: { form: 'resend' } },
};
const PAGES = [
  '/admin/activity',
  '/admin/activity?log=operators',
  '/admin/mail',
  '/admin/billing',
  '/admin/plans',
  '/admin/plans/free',
  '/admin/realms',
  '/admin/realms/default',
  '/admin/keys',
  '/admin/clients',
  '/admin/resources',
  '/admin/webhooks',
  '/admin/organizations',
];

/** An operator in a browser. */
async function operator(role: 'admin' | 'owner', realm?: string): Promise<Visitor> {
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role });
  return { ...who, cookie: await cookieOf(who.user, { realm }) };
}

let admin: Visitor;
let owner: Visitor;
let elsewhere: Visitor;
let user: Visitor;
beforeAll(async () => {
  await createRealm('elsewhere-ops');
  admin = await operator('admin');
  owner = await operator('owner');
  elsewhere = await operator('admin', 'elsewhere-ops');
  user = await visitor();
});

async function changes(): Promise<unknown> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM audit').first<{ n: number }>();
  return row?.n;
}

describe('who may', () => {
  it.each(PAGES)('%s: operators of the realm, nobody else', async (path) => {
    for (const who of [admin, owner]) expectPage(await open(path, who));
    const stranger = await open(path);
    expect(stranger.status).toBe(303);
    expect(stranger.headers.get('location')).toMatch(/^\/login\?redirect_to=%2Fadmin/);
    expect((await visit(path, { headers: { cookie: user.cookie } })).status).toBe(403);
    // A cookie of another realm has another name: it is not even looked at.
    expect((await open(path, { cookie: elsewhere.cookie })).status).toBe(303);
    const suspended = await operator('admin');
    await changeDirectory(suspended.user.user.id, { status: 'suspended' });
    const refused = await visit(path, { headers: { cookie: suspended.cookie } });
    expect([303, 403]).toContain(refused.status);
    expect(refused.body).not.toContain('class="menu"');
  });

  it.each(Object.entries(FORMS))('%s: nothing by anybody else', async (_, { path, fields }) => {
    const suspended = await operator('admin');
    await changeDirectory(suspended.user.user.id, { status: 'suspended' });
    const before = await changes();
    const accept = { accept: 'text/html' };
    expect((await submit(path, fields, {}, accept)).status).toBe(303);
    expect((await submit(path, fields, user, accept)).status).toBe(403);
    expect((await submit(path, fields, { cookie: elsewhere.cookie }, accept)).status).toBe(303);
    expect([303, 403]).toContain((await submit(path, fields, suspended, accept)).status);
    for (const origin of ['https://evil.example', 'null', '']) {
      expect((await submit(path, fields, owner, { ...accept, origin })).status).toBe(403);
    }
    expect(await changes()).toBe(before);
  });

  it('lets an admin of one realm see and change no other', async () => {
    const own = { ...elsewhere, realm: 'elsewhere-ops' };
    expectPage(await open('/admin/realms/elsewhere-ops', own));
    expect((await open('/admin/realms/default', own)).status).toBe(403);
    const before = await changes();
    for (const fields of [POLICY, { form: 'rotate' }]) {
      expect((await submit('/admin/realms/default', fields, own)).status).toBe(403);
    }
    const made = await submit('/admin/realms', { form: 'create', id: 'grabbed', name: 'Grabbed' }, own);
    expect(made.status).toBe(403);
    const { id } = await createApiKey(['users:read']);
    const taken = await submit('/admin/keys', { form: 'revoke', key: id, [`confirm.${id}`]: 'on' }, own);
    expect(taken.status).toBe(404);
    expect(Number(await changes()) - Number(before)).toBe(1);
    expect((await open('/admin/realms', own)).body).not.toContain('/admin/realms/default"');
  });

  it('lets an owner look after another realm', async () => {
    const there = { ...owner, realm: 'elsewhere-ops' };
    for (const path of ['/admin/realms', '/admin/keys', '/admin/plans']) expectPage(await open(path, there));
  });
});

describe('logs', () => {
  it('are filtered, paged and can be taken along', async () => {
    const { user: who } = await register();
    await env.DB.prepare(
      `INSERT INTO activity (user_id, seq, realm_id, at, type, ip, country, user_agent)
       SELECT ?, 900 + value, 'default', 1700000000000 + value, 'signed_in', '10.9.9.9', 'DE', ?
       FROM json_each('[${Array.from({ length: 60 }, (_, i) => i).join()}]')`,
    )
      .bind(who.id, MARKUP)
      .run();
    const path = `/admin/activity?user_id=${who.id}&type=signed_in&from=2023-11-14&until=2023-11-14`;
    const first = await open(path, admin);
    expect(first.body).toContain('60 in all');
    expect(first.body.match(/<time/g)).toHaveLength(50);
    expect(first.body.match(/<h2 id="day-2023-11-14"/g)).toHaveLength(1);
    expect(withoutOwnScripts(first.body)).not.toMatch(/<script|<img src=x/);
    const [, next] = first.body.match(/href="([^"]+)" rel="next"/) as RegExpMatchArray;
    const second = await open((next as string).replaceAll('&amp;', '&'), admin);
    expect(second.body.match(/<time/g)).toHaveLength(10);
    expect((await open(`${path}&until=2023-11-13`.replace('&until=2023-11-14', ''), admin)).body).toContain(
      'There is nothing here.',
    );
    const [, csv] = first.body.match(/href="([^"]*activity\.csv[^"]*)"/) as RegExpMatchArray;
    const table = await open((csv as string).replaceAll('&amp;', '&'), admin);
    expect(table.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(table.body.trim().split('\r\n')).toHaveLength(61);
  });

  it('name whom they know in the realm, and nobody of another', async () => {
    const boss = owner.user.user.id;
    const { user: who } = await register({ name: 'Grace of the log' });
    await submit(`/admin/users/${who.id}`, { form: 'status', status: 'suspended' }, owner);
    const mine = await open(`/admin/activity?user_id=${who.id}`, admin);
    expect(mine.body).toMatch(new RegExp(`<a href="/admin/users/${who.id}"[^>]*>Grace of the log</a>`));
    const audit = await open(`/admin/activity?log=operators&target=${who.id}`, admin);
    expect(audit.body).toContain('>Grace of the log</a>');
    expect(audit.body).toContain(`href="/admin/users/${boss}"`);
    // Of an owner from elsewhere an admin sees the id alone, and the owner their own name.
    const realm = `logged-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm, { name: realm });
    const there = await visitor({}, { realm });
    await changeDirectory(there.user.user.id, { role: 'admin' });
    const target = await visitor({}, { realm });
    const path = `/admin/users/${target.user.user.id}`;
    await submit(path, { form: 'status', status: 'suspended' }, { cookie: owner.cookie, realm });
    const log = `/admin/activity?log=operators&target=${target.user.user.id}`;
    const seen = (await open(log, there)).body;
    expect(seen).toContain(`<code>${boss}</code>`);
    expect(seen).not.toContain(owner.user.user.email);
    expect((await open(log, { cookie: owner.cookie, realm })).body).toContain(`<span title="${boss}">`);
  });

  it('show what operators did', async () => {
    await submit('/admin/plans/free', { form: 'plan', name: MARKUP, monthly_credits: '1' }, owner);
    const query = `log=operators&actor=${owner.user.user.id}&action=plan_saved`;
    const { body } = await open(`/admin/activity?${query}`, admin);
    expect(body).toContain('Plan saved');
    expect(withoutOwnScripts(body)).not.toMatch(/<script|<img src=x/);
    expect((await open('/admin/activity?log=operators&action=%00&cursor=x', admin)).status).toBe(200);
  });
});

describe('messages', () => {
  it('are shown without what they say, and sent again', async () => {
    const { user: who } = await register();
    await mailTo(who.email, /^Welcome/);
    const row = await env.DB.prepare(
      `UPDATE outbox SET status = 'dead', data = '{"name":null,"link":"https://auth.test/verify-email?token=again","hours":24}',
       last_error = ? WHERE user_id = ? RETURNING id`,
    )
      .bind(MARKUP, who.id)
      .first<{ id: string }>();
    const path = `/admin/mail/${row?.id}`;
    expect((await open('/admin/mail?status=dead', admin)).body).toContain(path);
    const shown = await open(path, admin);
    expect(withoutOwnScripts(shown.body)).not.toMatch(/token=|<script|<img src=x/);
    expectLedTo(await submit(path, { form: 'retry' }, admin), `${path}?done=retried`);
    expect((await mailTo(who.email, /^Welcome/, 2)).text).toContain('token=again');
    await expect.poll(async () => (await submit(path, { form: 'retry' }, admin)).status).toBe(409);
  });

  it('have a preview of what is made up, for operators of their realm alone', async () => {
    const { user: who } = await register();
    await mailTo(who.email, /^Welcome/);
    await env.DB.prepare("UPDATE outbox SET locale = 'fr', data = ? WHERE user_id = ?")
      .bind(
        JSON.stringify({ name: 'Grace Hopper', link: 'https://auth.test/?token=again', hours: 24 }),
        who.id,
      )
      .run();
    const row = await env.DB.prepare('SELECT id FROM outbox WHERE user_id = ?').bind(who.id).first('id');
    const path = `/admin/mail/${row}/preview`;
    expect((await open(`/admin/mail/${row}`, admin)).body).toContain(`src="${path}"`);
    const shown = await open(path, admin);
    expect(shown.status).toBe(200);
    expect(shown.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    expect(shown.body).toContain('Ada Lovelace');
    expect(shown.body).toContain('<html lang="fr"');
    expect(shown.body).not.toMatch(/Grace|token=again/);
    expect((await open(path, await visitor())).status).toBe(403);
    expect((await open(path)).headers.get('location')).toMatch(/^\/login/);
    expect((await open('/admin/mail/msg_none/preview', admin)).status).toBe(404);
    await env.DB.prepare("UPDATE outbox SET channel = 'sms' WHERE id = ?").bind(row).run();
    expect((await open(path, admin)).status).toBe(404);
    expect((await open(`/admin/mail/${row}`, admin)).body).not.toContain(path);
    const other = 'mail-elsewhere';
    await createRealm(other);
    await env.DB.prepare("UPDATE outbox SET channel = 'mail', realm_id = ? WHERE id = ?")
      .bind(other, row)
      .run();
    expect((await open(path, admin)).status).toBe(404);
  });
});

it('a test message goes to whoever asks for it', async () => {
  const tester = await operator('admin');
  expectLedTo(await submit('/admin/mail', { form: 'test' }, tester), '/admin/mail?done=tested');
  expect((await open('/admin/mail?done=tested', tester)).body).toContain('A test message is on its way');
  await mailTo(tester.user.user.email, /^Test message/);
  for (let sent = 1; sent < 5; sent++) await submit('/admin/mail', { form: 'test' }, tester);
  const refused = await submit('/admin/mail', { form: 'test' }, tester);
  expectPage(refused, 429);
});

describe('plans', () => {
  it('are added and edited', async () => {
    const added = await submit('/admin/plans', { form: 'add', id: 'team', name: 'Team' }, admin);
    expectLedTo(added, '/admin/plans/team');
    const fields = {
      form: 'plan',
      name: 'Team',
      monthly_credits: '250',
      rollover_credits: 'unlimited',
      'overage.images': '2',
      'overage.tokens': '1 / 1000',
      'limits.images.day': '40',
      'limits.images.month': '',
      'limits.tokens.month': 'Unlimited',
      new_resource: 'songs',
      'new.day': '3',
      model_tiers: 'standard *',
      features: 'early, priority_support',
      reason: 'The team asked',
    };
    const saved = await submit('/admin/plans/team', fields, admin);
    expectLedTo(saved, '/admin/plans/team?done=saved');
    const { body } = await call('GET', '/v1/admin/plans', { headers: { cookie: admin.cookie } });
    expect(body.data.find(({ id }: { id: string }) => id === 'team')).toEqual({
      id: 'team',
      name: 'Team',
      limits: { images: { day: 40 }, tokens: { month: null }, songs: { day: 3 } },
      model_tiers: ['standard', '*'],
      monthly_credits: 250,
      rollover_credits: null,
      overage: { images: { credits: 2, per: 1 }, tokens: { credits: 1, per: 1000 } },
      features: ['early', 'priority_support'],
    });
    const reasons = (await auditOf('team')).map(({ details }) => details.reason);
    expect(reasons).toEqual([undefined, 'The team asked']);
    expect((await open('/admin/plans/team?done=saved', admin)).body).toContain('value="unlimited"');
  });

  it.each([
    [{ 'limits.images.day': MARKUP }, 'limits.images.day'],
    [{ 'limits.images.day': '-1' }, 'limits.images.day'],
    [{ new_resource: 'date', 'new.day': '1' }, 'new_resource'],
    [{ new_resource: '__proto__', 'new.day': '1' }, 'new_resource'],
    [{ 'new.day': '1' }, 'new_resource'],
    [{ monthly_credits: '1.5' }, 'monthly_credits'],
    [{ rollover_credits: 'some' }, 'rollover_credits'],
    [{ 'overage.images': '0' }, 'overage.images'],
    [{ 'overage.images': '1/0' }, 'overage.images'],
    [{ name: '' }, 'name'],
    [{ model_tiers: '<b>' }, 'model_tiers'],
  ])('are refused at the form: %o', async (wrong: Record<string, string>, field) => {
    const fields = { form: 'plan', name: 'Free', monthly_credits: '0', ...wrong };
    const answer = await submit('/admin/plans/free', fields, admin);
    expectPage(answer, 422);
    expect(answer.body).toContain(`href="#${field}"`);
    expect(withoutOwnScripts(answer.body)).not.toMatch(/<script|<img src=x|<b>/);
  });
});

describe('all plans', () => {
  const realm = 'matrixed';
  let boss: Visitor;

  beforeAll(async () => {
    await createRealm(realm, { name: 'Matrixed' });
    boss = await visitor({}, { realm });
    await changeDirectory(boss.user.user.id, { role: 'admin' });
    for (const id of ['small', 'large', 'free']) {
      await submit('/admin/plans', { form: 'add', id, name: id }, boss);
    }
  });

  const limits = async () => {
    const { body } = await call('GET', '/v1/admin/plans', { realm, headers: { cookie: boss.cookie } });
    return Object.fromEntries(
      body.data.map((plan: { id: string; limits: object }) => [plan.id, plan.limits]),
    );
  };
  const save = (fields: Record<string, string>) =>
    submit('/admin/plans', { form: 'matrix', ...fields }, boss);

  it('are saved by one button, those alone that are changed, and each is in the log', async () => {
    const before = (await auditOf('large')).length;
    const cells = {
      'small:limits.images.day': '5',
      'free:limits.images.day': '1',
      'large:limits.songs.day': '',
    };
    expectLedTo(await save(cells), `/realms/${realm}/admin/plans?done=saved`);
    expect(await limits()).toMatchObject({
      small: { images: { day: 5 } },
      free: { images: { day: 1 } },
      large: {},
    });
    expect((await auditOf('large')).length).toBe(before);
    const more = { 'small:limits.images.day': '5', 'large:limits.images.month': 'unlimited' };
    expectLedTo(await save(more), `/realms/${realm}/admin/plans?done=saved`);
    const { details } = (await auditOf('large')).at(-1) as { details: Record<string, any> };
    expect(details.after.limits).toEqual({ images: { month: null } });
    // What the table did not have stays.
    expect(await limits()).toMatchObject({ free: { images: { day: 1 } }, small: { images: { day: 5 } } });
  });

  it('are saved all or none, and the cell that is wrong is named', async () => {
    const before = await limits();
    const cell = 'large:limits.images.day';
    for (const wrong of [MARKUP, '-1', '1.5', '9999999999999999', 'date']) {
      const answer = await save({ 'small:limits.images.day': '77', [cell]: wrong });
      expectPage(answer, 422);
      expect(answer.body, wrong).toContain(`href="#${cell}"`);
      expect(answer.body).toMatch(/aria-label="large: Images, Per day"[^>]*aria-invalid="true"/);
      expect(withoutOwnScripts(answer.body)).not.toMatch(/<script|<img src=x/);
    }
    for (const name of ['small:limits.date.day', 'none:limits.images.day', 'small:limits.__proto__.day']) {
      await save({ 'small:limits.images.day': '5', [name]: '1' });
    }
    expect(await limits()).toEqual(before);
  });
});

describe('billing', () => {
  it('says what has happened, and that an event is not there', async () => {
    await env.DB.prepare(
      `INSERT INTO billing_events (id, type, subject, realm_id, status, next_attempt_at, last_error, created_at, received_at)
       VALUES ('evt_shown', ?, 'in_1', 'default', 'failed', 1, ?, 1, 1)`,
    )
      .bind(MARKUP, MARKUP)
      .run();
    const { body } = await open('/admin/billing?status=failed', admin);
    expect(body).toContain('evt_shown');
    expect(withoutOwnScripts(body)).not.toMatch(/<script|<img src=x/);
    const answer = await submit('/admin/billing', { form: 'replay', event: 'evt_none' }, admin);
    expectPage(answer, 404);
    expect(answer.body).toContain('There is no such event.');
  });

  it('keeps what prices stand for, whatever rows are empty', async () => {
    const rows = PRICE_MEANINGS.flatMap(({ price_id, ...meaning }, row) =>
      Object.entries({ price_id, ...meaning }).map(([name, value]) => [`${name}.${row * 2}`, String(value)]),
    );
    const fields = { form: 'prices', ...Object.fromEntries(rows) };
    expectLedTo(await submit('/admin/billing', fields, admin), '/admin/billing?done=saved');
    const { body } = await call('GET', '/v1/admin/billing/prices', { headers: { cookie: admin.cookie } });
    expect(body.data).toMatchObject(PRICE_MEANINGS);
    const unknown = await submit('/admin/billing', { ...fields, 'price_id.2': 'price_gone' }, admin);
    expectPage(unknown, 422);
    expect(unknown.body).toContain('href="#price_id.2"');
  });

  it('blames the row of a price', async () => {
    const rows: Record<string, string>[] = [
      { 'price_id.1': MARKUP },
      { 'price_id.1': 'price_1', 'plan.1': 'pro', 'credits.1': '5' },
    ];
    for (const row of rows) {
      const answer = await submit('/admin/billing', { form: 'prices', ...row }, admin);
      expectPage(answer, 422);
      expect(answer.body).toContain('href="#price_id.1"');
      expect(withoutOwnScripts(answer.body)).not.toMatch(/<script|<img src=x/);
    }
  });
});

describe('realms', () => {
  it('are made and changed', async () => {
    const made = await submit('/admin/realms', { form: 'create', id: 'acme-ops', name: 'Acme' }, owner);
    expectLedTo(made, '/admin/realms/acme-ops?done=created');
    const again = await submit('/admin/realms', { form: 'create', id: 'acme-ops', name: 'Acme' }, owner);
    expectPage(again, 409);
    const fields = {
      ...POLICY,
      registration: 'closed',
      allowed_origins: 'https://app.acme.example\r\nhttps://www.acme.example',
      redirect_targets: 'https://app.acme.example/done',
      audience: '',
    };
    const saved = await submit('/admin/realms/acme-ops', fields, owner);
    expectLedTo(saved, '/admin/realms/acme-ops?done=saved');
    const row = await env.DB.prepare("SELECT * FROM realms WHERE id = 'acme-ops'").first<any>();
    expect(row).toMatchObject({
      registration: 'closed',
      audience: null,
    });
    expect(JSON.parse(row.allowed_origins)).toEqual(['https://app.acme.example', 'https://www.acme.example']);
  });

  it.each(['registration', 'allowed_origins', 'redirect_targets', 'session_idle_seconds'])(
    'are refused with a wrong %s',
    async (field) => {
      const answer = await submit('/admin/realms/default', { ...POLICY, [field]: `${MARKUP}\u0001` }, admin);
      expectPage(answer, 422);
      expect(answer.body).toContain(`href="#${field}"`);
      expect(withoutOwnScripts(answer.body)).not.toMatch(/<script|<img src=x/);
    },
  );

  it('rotate their signing keys', async () => {
    await createRealm('rotating-ops');
    await register({}, { realm: 'rotating-ops' });
    const path = '/admin/realms/rotating-ops?tab=keys';
    expectLedTo(await submit(path, { form: 'rotate' }, owner), `${path}&done=rotated`);
    expect((await open(path, owner)).body.match(/<tr>/g)).toHaveLength(3);
  });

  it('do not exist when they do not', async () => {
    expect((await open('/admin/realms/nowhere', owner)).status).toBe(404);
  });
});

describe('keys', () => {
  const keyIn = (body: string) => body.match(/<code class="secret">([^<]+)<\/code>/)?.[1];
  const works = async (key: string | undefined) =>
    (await call('GET', '/v1/admin/plans', { headers: { 'x-api-key': key as string } })).status;

  it('are shown once, rotated and revoked', async () => {
    const made = await submit(
      '/admin/keys',
      { form: 'create', name: MARKUP, 'scopes.admin': 'on', expires_at: '2099-12-31' },
      admin,
    );
    expectPage(made);
    expect(withoutOwnScripts(made.body)).not.toMatch(/<script|<img src=x/);
    const key = keyIn(made.body);
    expect(await works(key)).toBe(200);
    const listed = await open('/admin/keys', admin);
    expect(listed.body).not.toContain(key);
    const id = listed.body.match(/name="key" value="(key_[0-9a-z]+)"/)?.[1] as string;
    expect((await auditOf(id)).map(({ action }) => action)).toEqual(['api_key_created']);

    const rotated = await submit('/admin/keys', { form: 'rotate', key: id, [`overlap.${id}`]: '0' }, admin);
    const next = keyIn(rotated.body);
    expect([await works(key), await works(next)]).toEqual([401, 200]);

    const unsure = await submit('/admin/keys', { form: 'revoke', key: id }, admin);
    expectPage(unsure, 422);
    expect(unsure.body).toContain(`href="#confirm.${id}"`);
    const revoked = await submit('/admin/keys', { form: 'revoke', key: id, [`confirm.${id}`]: 'on' }, admin);
    expectLedTo(revoked, '/admin/keys?done=revoked');
    expect(await works(next)).toBe(401);
  });

  it.each([
    [{ name: 'No scope' }, 'scopes'],
    [{ name: '', 'scopes.admin': 'on' }, 'name'],
    [{ name: 'Over', 'scopes.admin': 'on', expires_at: '2001-01-01' }, 'expires_at'],
    [{ name: 'Odd', 'scopes.admin': 'on', expires_at: MARKUP }, 'expires_at'],
  ])('are refused at the form: %o', async (fields: Record<string, string>, field) => {
    const answer = await submit('/admin/keys', { form: 'create', ...fields }, admin);
    expectPage(answer, 422);
    expect(answer.body).toContain(`href="#${field}"`);
    expect(keyIn(answer.body)).toBeUndefined();
    expect(withoutOwnScripts(answer.body)).not.toMatch(/<script|<img src=x/);
  });
});
