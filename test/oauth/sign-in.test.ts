import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { call, createRealm } from '../support/api.ts';
import { Browser } from '../support/browser.ts';
import { mailTo } from '../support/mail.ts';
import { activityOf } from '../support/projection.ts';

const me = async (browser: Browser) => (await (await browser.ask('/v1/me')).json()) as any;
const identitiesOf = async (browser: Browser) =>
  ((await (await browser.ask('/v1/me/identities')).json()) as any).data;

it('lists the providers that are switched on, in the order to show them', async () => {
  const { status, body } = await call('GET', '/v1/oauth/providers');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    data: [
      { id: 'google', name: 'Google' },
      { id: 'apple', name: 'Apple' },
      { id: 'microsoft', name: 'Microsoft' },
      { id: 'github', name: 'GitHub' },
      { id: 'strict', name: 'Strict' },
    ],
  });
});

describe('signs in with', () => {
  it.each([
    ['google', 'user01@gmail.example', 'user01@gmail.example', { given_name: 'Ada', locale: 'en' }],
    ['github', 'user01', 'user01@github.example', { given_name: null }],
    ['apple', 'user01@icloud.example', 'user01@icloud.example', { given_name: 'Ada', family_name: 'user01' }],
    ['microsoft', 'user01@outlook.example', 'user01@outlook.example', { given_name: 'Ada' }],
  ] as const)('%s: a new user, and then the same again', async (provider, account, email, profile) => {
    const browser = new Browser();
    const answer = await browser.signIn(provider, account);
    expect(answer.status, await answer.text()).toBe(303);
    expect(answer.headers.get('location')).toBe('https://auth.test/account');
    const user = await me(browser);
    expect(user).toMatchObject({
      email,
      email_verified: true,
      name: 'Ada user01',
      status: 'active',
      ...profile,
    });
    expect(await identitiesOf(browser)).toMatchObject([
      { provider, email, email_verified: true, last_login_at: expect.any(String) },
    ]);
    expect([...browser.cookies.keys()]).toEqual([
      expect.stringMatching(/^__Host-latchkey-oauth-/),
      '__Host-latchkey',
      '__Host-latchkey-device',
    ]);

    const elsewhere = new Browser();
    await elsewhere.signIn(provider, account, { redirect_to: '/account/sessions' });
    expect((await me(elsewhere)).id).toBe(user.id);
    expect(await activityOf(user.id)).toEqual(['registered', 'signed_in']);
    const sessions = await call('GET', '/v1/me/sessions', {
      headers: { cookie: `__Host-latchkey=${elsewhere.cookies.get('__Host-latchkey')}` },
    });
    expect(sessions.body.data[0].methods).toEqual(['fed']);
  });
});

it('keeps what the provider said, and its tokens where nobody can read them', async () => {
  const browser = new Browser();
  await browser.signIn('google', 'user02@gmail.example');
  const { id } = await me(browser);
  const row = await env.DB.prepare('SELECT * FROM identities WHERE user_id = ?').bind(id).first<any>();
  expect(row).toMatchObject({ provider: 'google', email_verified: 1, realm_id: 'default' });
  expect(JSON.parse(row.profile)).toMatchObject({ email: 'user02@gmail.example', given_name: 'Ada' });
  expect(row.tokens).toMatch(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(JSON.stringify(row)).not.toContain('google_');
});

it('keeps what an earlier sign-in told and a later one leaves out, and takes what is new', async () => {
  const browser = new Browser();
  await browser.signIn('google', 'user03@gmail.example');
  const { id } = await me(browser);
  const change = (set: string) =>
    env.DB.prepare(`UPDATE identities SET profile = json_set(profile, ${set}) WHERE user_id = ?`)
      .bind(id)
      .run();
  const profile = async () =>
    JSON.parse(
      (await env.DB.prepare('SELECT profile FROM identities WHERE user_id = ?')
        .bind(id)
        .first<string>('profile')) as string,
    );
  const told = await profile();
  await change("'$.zoneinfo', 'Europe/Helsinki', '$.given_name', 'Augusta'");
  await new Browser().signIn('google', 'user03@gmail.example');
  expect(await profile()).toEqual({ ...told, ...(await volatile()), zoneinfo: 'Europe/Helsinki' });

  /** What differs from one ID token to the next. */
  async function volatile() {
    const { iat, exp, nonce, at_hash } = await profile();
    return Object.fromEntries(
      Object.entries({ iat, exp, nonce, at_hash }).filter(([, value]) => value !== undefined),
    );
  }
});

it('welcomes who comes by a provider, once, without a link: the provider has proven the address', async () => {
  for (const _ of [1, 2]) await new Browser().signIn('google', 'user04@gmail.example');
  const mail = await mailTo('user04@gmail.example', /^Welcome/);
  expect(mail.text).toMatch(/^Hello Ada user04,$/m);
  expect(mail.text).not.toContain('token=');
  const { results } = await env.DB.prepare(
    "SELECT template FROM outbox WHERE recipient = 'user04@gmail.example' AND status <> 'void'",
  ).all();
  expect(results.filter(({ template }) => /welcome/.test(String(template)))).toHaveLength(1);
});

it('lets a new user into a realm that verifies first: the provider has verified', async () => {
  await createRealm('broken', { registration: 'verify_first' });
  const browser = new Browser();
  const page = await browser.begin('sound', {}, '/realms/broken');
  const { headers } = await fetch(page, { redirect: 'manual' });
  const answer = await browser.comeBack({ url: new URL(headers.get('location') as string) });
  expect(answer.headers.get('location')).toBe('https://auth.test/realms/broken/account');
  expect([...browser.cookies.keys()].slice(1)).toEqual(['__Host-latchkey-broken', '__Host-latchkey-device']);
});
