import { env } from 'cloudflare:workers';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { HookSetting } from '../../src/lib/realm.ts';
import { asAdmin } from '../support/admin.ts';
import { beginAnonymously } from '../support/anonymous.ts';
import { call, createRealm, expectProblem, ORIGIN, PASSWORD, register } from '../support/api.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';
import { Browser } from '../support/browser.ts';
import { hook, saying } from '../support/hooks.ts';
import { codeMailedTo, tokenTo } from '../support/mail.ts';
import { submit } from '../support/pages.ts';
import { tryAdding } from '../support/passkeys.ts';

const address = () => `${crypto.randomUUID()}@example.com`;
const REFUSAL = { allow: false, message: 'Only for members of the club.' };
let realms = 0;

async function realmWith(policy: Record<string, unknown> = {}): Promise<string> {
  realms += 1;
  const id = `asking-${realms}-${crypto.randomUUID().slice(0, 8)}`;
  await createRealm(id, policy);
  return id;
}
const userOf = async (realm: string, email: string) =>
  env.DB.prepare('SELECT * FROM users WHERE realm_id = ? AND email = ?').bind(realm, email).first<any>();
const makePlan = async (realm: string) => {
  const body = { name: 'Club', limits: {}, monthly_credits: 0, model_tiers: [], features: [] };
  const made = await asAdmin('PUT', '/plans/club', { realm, body });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
};
const usersOf = async (realm: string) =>
  (await env.DB.prepare('SELECT count(*) AS n FROM users WHERE realm_id = ?').bind(realm).first<any>()).n;
const signUp = (realm: string, email = address(), more: object = {}) =>
  call('POST', '/v1/auth/register', { realm, body: { email, password: PASSWORD, ...more } });

describe('whoever registers', () => {
  it('is let in as the hook says, with a plan and metadata; what it is asked is signed, and has no password', async () => {
    const realm = await realmWith();
    await makePlan(realm);
    const asking = await hook(realm, 'before.registration');
    await asking.answers({
      allow: true,
      plan: 'club',
      metadata: { crm: 'c-17' },
      role: 'owner',
      email: 'x@y.z',
    });
    const email = address();
    const made = await signUp(realm, email, { name: 'Ada' });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(made.body.user).toMatchObject({ email, plan: 'club', role: 'user' });
    expect(made.body.user).not.toHaveProperty('metadata');
    const seen = await asAdmin('GET', `/users/${made.body.user.id}`, { realm });
    expect(seen.body.metadata).toEqual({ crm: 'c-17' });
    const [{ body, headers, question }] = (await asking.asked()) as [any];
    expect(new Webhook(asking.secret).verify(body, headers)).toEqual(question);
    expect(question).toEqual({
      type: 'before.registration',
      timestamp: expect.any(String),
      realm,
      request_id: expect.stringMatching(/^req_/),
      data: {
        method: 'password',
        user_id: null,
        email,
        email_verified: false,
        provider: null,
        profile: { name: 'Ada' },
        client: { ip: expect.any(String), country: null, user_agent: null },
      },
    });
    expect(body).not.toContain(PASSWORD);
  });

  it('is told why not, by the API and by the page, and nothing is written', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.registration');
    await asking.answers({ allow: false, message: 'No <b>entry</b>\r\nhere' });
    const refused = await signUp(realm);
    expectProblem(refused, 403, 'registration_refused');
    expect(refused.body.detail).toBe('No <b>entry</b> here');
    const page = await submit('/register', { email: address(), password: PASSWORD }, { realm });
    expect(page.status).toBe(422);
    expect(page.body).toContain('No &lt;b&gt;entry&lt;/b&gt; here');
    expect(await usersOf(realm)).toBe(0);
  });

  it('is asked about at every door', async () => {
    const realm = await realmWith({ anonymous_users: 'on' });
    const guest = await beginAnonymously(realm);
    const other = await beginAnonymously(realm);
    const third = await beginAnonymously(realm);
    const asking = await hook(realm, 'before.registration');
    await asking.answers(REFUSAL);
    const before = await usersOf(realm);
    expectProblem(await signUp(realm), 403, 'registration_refused');
    const authenticator = await SoftwareAuthenticator.make({});
    const begun = await call('POST', '/v1/auth/passkeys/register/options', {
      realm,
      body: { email: address() },
    });
    const credential = await authenticator.create(begun.body.public_key);
    const byPasskey = { flow: begun.body.flow, credential };
    expectProblem(
      await call('POST', '/v1/auth/passkeys/register', { realm, body: byPasskey }),
      403,
      'registration_refused',
    );
    await expect(beginAnonymously(realm)).rejects.toThrow(/registration_refused/);
    const upgrade = { email: address(), password: PASSWORD };
    expectProblem(
      await call('POST', '/v1/me/register', { realm, token: guest.access_token, body: upgrade }),
      403,
      'registration_refused',
    );
    const added = await tryAdding(other.access_token, authenticator, { realm });
    expect(added.body.code).toBe('registration_refused');
    const email = address();
    const token = third.access_token;
    const sent = await call('POST', '/v1/auth/otp/send', {
      realm,
      token,
      body: { channel: 'email', to: email },
    });
    expect(sent.status, JSON.stringify(sent.body)).toBe(202);
    const code = await codeMailedTo(email);
    const entry = { channel: 'email', to: email, code, challenge_id: sent.body.challenge_id };
    expectProblem(
      await call('POST', '/v1/auth/otp/verify', { realm, token, body: entry }),
      403,
      'registration_refused',
    );
    expect(await usersOf(realm)).toBe(before);
    const methods = (await asking.asked()).map(({ question }) => question.data.method);
    expect(methods).toEqual(['password', 'passkey', 'anonymous', 'password', 'passkey', 'code']);
    // Of users who are there nobody is asked.
    const { results } = await env.DB.prepare('SELECT 1 FROM users WHERE realm_id = ? AND anonymous = 0')
      .bind(realm)
      .all();
    expect(results).toEqual([]);
  });

  it('is asked about when a provider sends them: refused, and then let in', async () => {
    const asking = await hook('default', 'before.registration');
    await asking.answers(REFUSAL);
    const email = 'user31@gmail.example';
    const refused = await new Browser().signIn('google', email);
    expect([refused.status, new URL(refused.headers.get('location') as string).search]).toEqual([
      303,
      expect.stringContaining('registration_refused'),
    ]);
    expect(await userOf('default', email)).toBeNull();
    await asking.answers({ allow: true, metadata: { a: 1 } });
    expect((await new Browser().signIn('google', email)).headers.get('location')).toBe(`${ORIGIN}/account`);
    expect((await userOf('default', email)).metadata).toBe('{"a":1}');
    const [{ question }] = (await asking.asked()) as [any];
    expect(question.data).toMatchObject({
      method: 'provider',
      provider: 'google',
      email,
      email_verified: true,
    });
    // Who is there is asked about no more.
    await asking.answers(REFUSAL);
    expect((await new Browser().signIn('google', email)).headers.get('location')).toBe(`${ORIGIN}/account`);
    expect(await asking.asked()).toHaveLength(2);
  });

  it('is not asked about when an admin adds them, or when they sign in', async () => {
    const realm = await realmWith();
    const { user } = await register({}, { realm });
    const asking = await hook(realm, 'before.registration');
    await asking.answers(REFUSAL);
    const made = await asAdmin('POST', '/users', {
      realm,
      body: { email: address(), send_invitation: false },
    });
    expect(made.status).toBe(201);
    const login = { identifier: user.email, password: PASSWORD };
    expect((await call('POST', '/v1/auth/login', { realm, body: login })).status).toBe(200);
    expect(await asking.asked()).toEqual([]);
  });

  it('gets what the hook gives only with the address proven, where addresses are verified first', async () => {
    const realm = await realmWith({ anonymous_users: 'on', registration: 'verify_first' });
    await makePlan(realm);
    const guest = await beginAnonymously(realm);
    const asking = await hook(realm, 'before.registration');
    await asking.answers({ allow: true, plan: 'club', metadata: { a: 1 } });
    const email = address();
    const given = await call('POST', '/v1/me/register', {
      realm,
      token: guest.access_token,
      body: { email, password: PASSWORD },
    });
    expect(given.status).toBe(202);
    const before = await env.DB.prepare('SELECT plan, metadata FROM users WHERE id = ?')
      .bind(guest.user.id)
      .first();
    expect(before).toEqual({ plan: 'free', metadata: '{}' });
    const link = await tokenTo(email, /./);
    expect((await call('POST', '/v1/auth/email/verify', { realm, body: { token: link } })).status).toBe(200);
    expect(await userOf(realm, email)).toMatchObject({ plan: 'club', metadata: '{"a":1}', anonymous: 0 });
  });

  it('is asked about alike for new and known addresses, where nobody is to learn which is which', async () => {
    const realm = await realmWith({ registration: 'verify_first' });
    const email = address();
    await signUp(realm, email);
    const asking = await hook(realm, 'before.registration');
    await asking.answers(REFUSAL);
    const [known, fresh] = [await signUp(realm, email), await signUp(realm)];
    const { request_id: _, ...one } = known.body;
    const { request_id: __, ...other } = fresh.body;
    expect([known.status, one]).toEqual([fresh.status, other]);
    expect(await asking.asked()).toHaveLength(2);
  });
});

describe('a hook that', () => {
  it.each([
    ['answers 500', { status: 500 }],
    ['answers a redirect', { status: 302, headers: { location: 'https://example.com/' } }],
    ['answers rubbish', { status: 200, body: 'yes' }],
    ['answers nothing', { status: 204 }],
    ['answers something else', saying({ allowed: true })],
    ['answers a list', saying([{ allow: true }])],
    ['answers too much', saying({ allow: true, metadata: { x: 'x'.repeat(1_000_000) } })],
    ['gives metadata without end', saying({ allow: true, metadata: { x: 'x'.repeat(5000) } })],
    ['names a plan that there is not', saying({ allow: true, plan: 'constructor' })],
    ['hangs', 'hang' as const],
    ['hangs up', 'drop' as const],
    ['breaks off', 'cut' as const],
    ['is late', { ...saying({ allow: true }), afterMs: 3000 }],
  ])('%s refuses or lets pass, as it was said', async (_, always) => {
    const realm = await realmWith();
    const refusing = await hook(realm, 'before.registration', { on_failure: 'refuse' });
    await refusing.plan({ always });
    const refused = await signUp(realm);
    expectProblem(refused, 503, 'service_unavailable');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await usersOf(realm)).toBe(0);
    const allowing = await hook(realm, 'before.registration', { on_failure: 'allow' });
    await allowing.plan({ always });
    const made = await signUp(realm);
    expect(made.status).toBe(201);
    expect(made.body.user.plan).toBe('free');
    await refusing.release();
  });

  it('hangs is left alone after a few times, and asked again later', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.registration', { on_failure: 'allow' });
    await asking.plan({ always: 'hang' });
    for (let times = 0; times < 7; times += 1) expect((await signUp(realm)).status).toBe(201);
    expect(await asking.asked()).toHaveLength(5);
  });

  it('is bound to the Worker is asked without the network', async () => {
    const realm = await realmWith();
    const set = await asAdmin('PUT', '/hooks/before.registration', {
      realm,
      body: { binding: 'HOOK_RECEIVER', on_failure: 'refuse' },
    });
    expect(set.status, JSON.stringify(set.body)).toBe(201);
    const email = address();
    expect((await signUp(realm, email)).status).toBe(201);
    expect(JSON.parse((await userOf(realm, email)).metadata)).toEqual({
      type: 'before.registration',
      realm,
      signature: true,
    });
  });

  it('calls Latchkey back, which asks it again, comes to an end', async () => {
    const realm = await realmWith();
    const { callHook, HookFailure } = await import('../../src/hooks/call.ts');
    const { deriveKeyring } = await import('../../src/crypto/keys.ts');
    const { seal } = await import('../../src/crypto/sealed.ts');
    const { newKeyPair } = await import('../../src/webhooks/signature.ts');
    const keys = deriveKeyring(
      { AUTH_SECRET: env.AUTH_SECRET, AUTH_SECRET_PREVIOUS: [] } as never,
      'webhooks',
    );
    let depth = 0;
    const setting: HookSetting = {
      ...{
        name: 'before.registration',
        url: null,
        binding: 'HOOK_LOOP',
        onFailure: 'allow',
        namespace: null,
      },
      keys: await seal(keys, { current: newKeyPair(), previous: null }),
      updatedAt: 1,
    };
    const ask = (): Promise<unknown> =>
      callHook(
        {
          keys,
          mayBeLocal: false,
          resolve: async () => [],
          binding: () => ({
            fetch: (async () => {
              depth += 1;
              await ask().catch((error) => expect(error).toBeInstanceOf(HookFailure));
              return Response.json({ allow: true });
            }) as never,
          }),
        },
        realm,
        setting,
        { type: 'before.registration', data: {} },
      );
    await ask();
    expect(depth).toBe(50);
  });
});

it('the pages of the realm and its API are one door', async () => {
  const realm = await realmWith();
  const asking = await hook(realm, 'before.registration');
  await asking.answers({ allow: true, metadata: { from: 'page' } });
  const email = address();
  const page = await submit(
    '/register',
    { email, password: PASSWORD },
    { realm, headers: { origin: ORIGIN } },
  );
  expect(page.status).toBe(303);
  expect((await userOf(realm, email)).metadata).toBe('{"from":"page"}');
});
