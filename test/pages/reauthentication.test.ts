import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { registerRole } from '../support/admin.ts';
import { call, PASSWORD } from '../support/api.ts';
import { mailTo } from '../support/mail.ts';
import { cookiesOf } from '../support/pages.ts';
import { ageProofs } from '../support/stale-proof.ts';
import { cookieOf, open, submit, type Visitor, visitor } from '../support/visitor.ts';

const TITLE = 'Please confirm that it is you';

/** Lets the proof of every session of a user grow old. */
const grow = (userId: string) => ageProofs(userId, 2 * 3_600_000);

/** What the first form of a page that fits would send, besides what somebody types. */
function hiddenIn(body: string, about: string): Record<string, string> {
  const form = [...body.matchAll(/<form method="post".*?<\/form>/gs)].find(([html]) =>
    html.includes(about),
  )?.[0];
  const fields = [...(form ?? '').matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name, value]) => [name, value])) as Record<string, string>;
}

let user: Visitor;
beforeEach(async () => {
  user = await visitor();
  await grow(user.user.user.id);
});

const profile = {
  form: 'profile',
  name: 'Ada <b>',
  phone_number: '+442071838750',
  country: 'GB',
  bio: 'x & "y"',
};

describe('a form that needs a fresh proof', () => {
  it('waits in the page that asks for one, and goes on as it was filled in', async () => {
    const asked = await submit('/account/profile', profile, user);
    expect(asked.status).toBe(200);
    expect(asked.body).toContain(TITLE);
    expect(asked.headers.get('cache-control')).toBe('no-store');
    expect((await call('GET', '/v1/me', { token: user.user.access_token })).body.name).toBeNull();
    const waiting = hiddenIn(asked.body, 'proof.password');
    expect(waiting).toMatchObject({ form: 'profile', country: 'GB', 'proof.way': 'password' });

    const proof = { 'proof.way': 'password', 'proof.password': PASSWORD };
    const done = await submit('/account/profile', { ...profile, ...proof }, user);
    expect(done.headers.get('location')).toBe('/account/profile?done=saved');
    const { body } = await call('GET', '/v1/me', { token: user.user.access_token });
    expect(body).toMatchObject({ name: 'Ada <b>', phone_number: '+442071838750', bio: 'x & "y"' });
  });

  it('still waits after a wrong password', async () => {
    const proof = { 'proof.way': 'password', 'proof.password': 'not the right one' };
    const wrong = await submit('/account/profile', { ...profile, ...proof }, user);
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain('This password is wrong.');
    expect(wrong.body).not.toContain('not the right one');
    expect(hiddenIn(wrong.body, 'proof.password')).toMatchObject({ form: 'profile', country: 'GB' });
  });

  it('takes a code from a mail', async () => {
    const asked = await submit('/account/profile', profile, user);
    expect(asked.body).toContain(`Send a code to ${user.user.user.email}`);
    const send = { 'proof.way': 'send', 'proof.channel': 'email' };
    const sent = await submit('/account/profile', { ...profile, ...send }, user);
    expect(sent.body).toContain('We sent a code to');
    expect(hiddenIn(sent.body, 'proof.code')).toMatchObject({ form: 'profile', 'proof.way': 'code' });
    const code = /\b\d{6}\b/.exec((await mailTo(user.user.user.email, /code/)).text)?.[0] as string;
    const done = await submit(
      '/account/profile',
      { ...profile, 'proof.way': 'code', 'proof.channel': 'email', 'proof.code': ` ${code} ` },
      user,
    );
    expect(done.headers.get('location')).toBe('/account/profile?done=saved');
  });

  it('goes on with what is wrong in it, when that is not the proof', async () => {
    const proof = { 'proof.way': 'password', 'proof.password': PASSWORD };
    const refused = await submit('/account/profile', { ...profile, phone_number: '123', ...proof }, user);
    expect(refused.status).toBe(422);
    expect(refused.body).toContain('href="#phone_number"');
    expect(refused.body).not.toContain(TITLE);
  });

  it('needs none for what opens nothing', async () => {
    const { phone_number: _, ...rest } = profile;
    expect((await submit('/account/profile', rest, user)).headers.get('location')).toBe(
      '/account/profile?done=saved',
    );
  });

  it.each([
    ['/account/identities', { form: 'link', provider: 'google' }],
    ['/account/identities', { form: 'unlink', provider: 'google' }],
    ['/account/billing', { form: 'plan', price: 'price_x' }],
    ['/account/billing', { form: 'portal' }],
    ['/account/billing', { form: 'method_remove', method: 'pm_x' }],
    ['/account/billing', { form: 'method_default', method: 'pm_x' }],
  ] as [string, Record<string, string>][])('%s %j is such a form', async (path, fields) => {
    expect((await submit(path, fields, user)).body).toContain(TITLE);
  });

  it('has no proof that there is no way for', async () => {
    for (const proof of [
      { 'proof.way': 'nothing', 'proof.channel': '' },
      { 'proof.way': 'code', 'proof.channel': 'fax' },
    ]) {
      const answer = await submit('/account/profile', { ...profile, ...proof }, user);
      expect(answer.status).toBe(400);
    }
  });

  it.each([
    ['/account/two-step', { form: 'begin' }],
    ['/account/identities', { form: 'link', provider: 'google' }],
  ])('%s %j takes a proof in place of nothing else that it needs', async (path, fields) => {
    const unverified = await visitor({}, { verified: false });
    const proof = { 'proof.way': 'password', 'proof.password': PASSWORD };
    const refused = await submit(path, { ...fields, ...proof }, unverified);
    expect(refused.status).toBe(403);
    expect(refused.body).not.toContain(TITLE);
  });

  it('is taken from our own pages only', async () => {
    const proof = { 'proof.way': 'password', 'proof.password': PASSWORD };
    const headers = { origin: 'https://elsewhere.example' };
    const answer = await submit('/account/profile', { ...profile, ...proof }, user, headers);
    expect(answer.status).toBe(403);
  });
});

describe('a proof by a provider', () => {
  const { id } = { id: 'google' };
  const link = (visit: Visitor) =>
    env.DB.prepare(
      `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
       VALUES (?, 'default', ?, ?, 1, '{}', '', 1, 1)`,
    )
      .bind(visit.user.user.id, id, crypto.randomUUID())
      .run();

  it('leads there, keeps what was filled in, but for passwords, and shows it again afterwards', async () => {
    await link(user);
    const asked = await submit('/account/profile', profile, user);
    expect(asked.body).toContain('Confirm with Google');
    const go = { 'proof.way': 'provider', 'proof.provider': id };
    const gone = await submit('/account/profile', { ...profile, password: 'secret', ...go }, user);
    expect(gone.status).toBe(303);
    const cookies = cookiesOf(gone);
    expect(cookies).toContain('__Host-latchkey-oauth-');
    const draft = /__Host-latchkey-draft=[^;]+/.exec(cookies)?.[0] as string;
    expect(gone.headers.get('location')).not.toMatch(/Ada|442071838750|secret/);

    const other = await open('/account/security', { ...user, cookie: `${user.cookie}; ${draft}` });
    expect(other.body).not.toContain('Please check what you filled in');
    const back = await open('/account/profile', { ...user, cookie: `${user.cookie}; ${draft}` });
    expect(back.body).toContain('Please check what you filled in');
    expect(back.body).toContain('value="+442071838750"');
    expect(back.body).not.toContain('secret');
    expect(back.headers.get('set-cookie')).toMatch(/__Host-latchkey-draft=;/);
  });
});

it('operators prove it too, within their own window, and have it done', async () => {
  const admin = await registerRole('admin');
  const cookie = await cookieOf(admin);
  await grow(admin.user.id);
  const fields = { form: 'create', name: 'a service', 'scopes.users:read': 'on' };
  const asked = await submit('/admin/keys', fields, { cookie });
  expect(asked.body).toContain(TITLE);
  expect(hiddenIn(asked.body, 'proof.password')).toMatchObject(fields);
  const proof = { 'proof.way': 'password', 'proof.password': PASSWORD };
  const done = await submit('/admin/keys', { ...fields, ...proof }, { cookie });
  expect(done.body).toContain('Copy the key now');
});

it('what is shown once is not behind the dialog that it came from, where the address has asked for that', async () => {
  const admin = await registerRole('admin');
  const cookie = await cookieOf(admin);
  const path = '/admin/keys?dialog=create';
  expect((await open(path, { cookie })).body).toMatch(/<dialog id="create"[^>]* open=""/);
  const fields = { form: 'create', name: 'a service', 'scopes.users:read': 'on' };
  const made = await submit(path, fields, { cookie });
  expect(made.body).toContain('Copy the key now');
  expect(made.body).not.toMatch(/<dialog[^>]* open=""/);
  const refused = await submit(path, { ...fields, name: '' }, { cookie });
  expect(refused.body).toMatch(/<dialog id="create"[^>]* open=""/);
});
