import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCron } from '../../src/cron.ts';
import { createServices } from '../../src/services.ts';
import { asAdmin, registerRole } from '../support/admin.ts';
import { responsesAreOver } from '../support/after-response.ts';
import { beginAnonymously } from '../support/anonymous.ts';
import {
  call,
  createApiKey,
  createRealm,
  expectProblem,
  login,
  ORIGIN,
  PASSWORD,
  register,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';
import { Browser, pick } from '../support/browser.ts';
import { freshSolution } from '../support/challenge.ts';
import { advance } from '../support/clock.ts';
import { operationsOf, readDocument } from '../support/contract.ts';
import { codeMailedTo, mailTo, tokenTo } from '../support/mail.ts';
import { cookiesOf, submit, visit } from '../support/pages.ts';
import { signIn, tryAdding } from '../support/passkeys.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { activityOf, project } from '../support/projection.ts';
import { ageProofs } from '../support/stale-proof.ts';

const DAY = 86_400_000;
const ON = { anonymous_users: 'on' };
const address = () => `${crypto.randomUUID()}@example.com`;

beforeAll(async () => {
  await createRealm('guests', ON);
  await createRealm('shy', { ...ON, registration: 'verify_first' });
  await createRealm('strict', { ...ON, mfa: 'required' });
});

const me = async (token: string, realm = 'guests') => (await call('GET', '/v1/me', { token, realm })).body;
const upgrade = (token: string, body: object, realm = 'guests') =>
  call('POST', '/v1/me/register', { token, realm, body: { password: PASSWORD, ...body } });
/** Uses something, and is given credits. */
async function useSomething({ user }: SignedInBody, realm = 'guests') {
  const { headers } = await createApiKey(['usage:write', 'credits:write'], { realm });
  const used = { user_id: user.id, resource: 'images', quantity: 3 };
  expect((await call('POST', '/v1/usage', { realm, headers, body: used })).status).toBe(200);
  const added = { user_id: user.id, amount: 40, reference: `gift-${user.id}` };
  expect((await call('POST', '/v1/credits/add', { realm, headers, body: added })).status).toBe(200);
}
/** What must be as it was before somebody registered. */
async function expectKept({ user, access_token: token }: SignedInBody, realm = 'guests') {
  const { resources, plan } = (await call('GET', '/v1/me/quota', { token, realm })).body;
  expect([plan, resources.images.used]).toEqual(['free', 3]);
  expect((await call('GET', '/v1/me/credits', { token, realm })).body.balance).toBe(40);
  expect(await me(token, realm)).toMatchObject({ id: user.id, anonymous: false });
  const { data } = (await call('GET', '/v1/me/sessions', { token, realm })).body;
  expect(data).toHaveLength(1);
}

describe('a user who has not registered', () => {
  it('has an id, the default plan and a session that proves nothing', async () => {
    const guest = await beginAnonymously('guests', { locale: 'de' });
    expect(guest.user).toMatchObject({
      email: `${guest.user.id}@anonymous.invalid`,
      email_verified: false,
      anonymous: true,
      plan: 'free',
      role: 'user',
      locale: 'de',
    });
    expect(decodeJwt(guest.access_token)).toMatchObject({ amr: [], acr: 'aal1', anonymous: true });
    const session = await call('GET', '/v1/auth/session', { token: guest.access_token, realm: 'guests' });
    expect(session.body).toMatchObject({ anonymous: true, amr: [], acr: 'aal1' });
    const { headers } = await createApiKey(['usage:write'], { realm: 'guests' });
    const decide = (more: object) =>
      call('POST', '/v1/authorize', {
        realm: 'guests',
        headers,
        body: { token: guest.access_token, resource: 'images', quantity: 1, ...more },
      });
    expect((await decide({})).body).toMatchObject({ allowed: true, user_id: guest.user.id });
    expect((await decide({ acr: 'aal2' })).body).toMatchObject({
      allowed: false,
      reason: 'reauthentication_required',
    });
    const refreshed = await call('POST', '/v1/auth/refresh', {
      realm: 'guests',
      body: { refresh_token: guest.refresh_token },
    });
    expect(refreshed.status).toBe(200);
    expect(await activityOf(guest.user.id)).toEqual(['anonymous_created']);
  });

  it('is there only where the realm wants it, and after a challenge that is solved once', async () => {
    const headers = { 'challenge-solution': await freshSolution() };
    expectProblem(
      await call('POST', '/v1/auth/anonymous', { headers, body: {} }),
      403,
      'registration_closed',
    );
    const realm = 'guests';
    expectProblem(await call('POST', '/v1/auth/anonymous', { realm, body: {} }), 403, 'challenge_required');
    const once = { 'challenge-solution': await freshSolution(realm) };
    const tries = await Promise.all(
      [1, 2].map(() => call('POST', '/v1/auth/anonymous', { realm, headers: once, body: {} })),
    );
    expect(tries.map(({ status }) => status).toSorted()).toEqual([201, 403]);
    // That of another realm is none.
    const other = { 'challenge-solution': await freshSolution('shy') };
    const foreign = await call('POST', '/v1/auth/anonymous', { realm, headers: other, body: {} });
    expectProblem(foreign, 403, 'challenge_required');
  });

  it('is kept in a cookie for browsers, of allowed origins only', async () => {
    const realm = 'guests';
    const ask = async (origin: string) =>
      call('POST', '/v1/auth/anonymous', {
        realm,
        headers: { origin, 'challenge-solution': await freshSolution(realm) },
        body: { session_cookie: true },
      });
    expectProblem(await ask('https://evil.example'), 403, 'origin_not_allowed');
    const begun = await ask(ORIGIN);
    expect(begun.body).not.toHaveProperty('refresh_token');
    const session = await call('GET', '/v1/auth/session', { realm, headers: { cookie: cookiesOf(begun) } });
    expect(session.body).toMatchObject({ user_id: begun.body.user.id, anonymous: true });
  });

  it('may do what a user may, but nothing that needs a verified address', async () => {
    const guest = await beginAnonymously('guests');
    const token = guest.access_token;
    const open = [];
    for (const { method, path, definition } of operationsOf(await readDocument())) {
      const level = definition['x-level'];
      if (level.users !== 'verified') continue;
      if (level.anonymous) open.push(definition.operationId);
      if (definition.operationId === 'me.delete') continue;
      const body = definition.requestBody ? {} : undefined;
      const asked = path.replaceAll(/\{\w+\}/g, 'x');
      const answer = await call<any>(method, asked, { token, realm: 'guests', body });
      if (level.anonymous) expect(answer.body?.code, path).not.toBe('email_not_verified');
      else expectProblem(answer, 403, 'email_not_verified');
    }
    expect(open.toSorted()).toEqual([
      'me.delete',
      'me.export',
      'me.identities.link',
      'me.passkeys.add',
      'me.passkeys.options',
    ]);
    const admin = await call('GET', '/v1/admin/users', { token, realm: 'guests' });
    expectProblem(admin, 403, 'insufficient_scope');
    const elsewhere = await call('GET', '/v1/me', { token });
    expectProblem(elsewhere, 401, 'invalid_token');
  });

  it('becomes no operator, buys nothing by a service either, and has nothing to be reset or verified', async () => {
    const { user } = await beginAnonymously('guests');
    const act = (path: string, body: object = {}) =>
      asAdmin('POST', `/users/${user.id}${path}`, { realm: 'guests', body });
    const put = await asAdmin('PUT', `/users/${user.id}/role`, { realm: 'guests', body: { role: 'admin' } });
    expectProblem(put, 422, 'validation_failed');
    expect(put.body.errors).toMatchObject([{ path: 'role', code: 'no_address' }]);
    expectProblem(await act('/verify-email'), 422, 'validation_failed');
    expectProblem(await act('/password-reset'), 422, 'validation_failed');
    const { headers } = await createApiKey(['billing:write'], { realm: 'guests' });
    const bought = await call('POST', '/v1/billing/setup-intent', {
      realm: 'guests',
      headers,
      body: { user_id: user.id },
    });
    expectProblem(bought, 403, 'email_not_verified');
  });

  it('can be suspended, which ends all', async () => {
    const guest = await beginAnonymously('guests');
    const body = { status: 'suspended' };
    await asAdmin('PUT', `/users/${guest.user.id}/status`, { realm: 'guests', body });
    const token = guest.access_token;
    expectProblem(await call('GET', '/v1/me', { token, realm: 'guests' }), 403, 'account_suspended');
    expectProblem(await upgrade(token, { email: address() }), 403, 'account_suspended');
  });

  it('owes no second factor, until they have registered', async () => {
    const guest = await beginAnonymously('strict');
    const token = guest.access_token;
    expect(await me(token, 'strict')).toMatchObject({ anonymous: true });
    expect((await upgrade(token, { email: address() }, 'strict')).status).toBe(200);
    expectProblem(await call('GET', '/v1/me', { token, realm: 'strict' }), 403, 'mfa_required');
  });

  it('has no address by which anything could be reached', async () => {
    const guest = await beginAnonymously('guests');
    const { email } = guest.user;
    const realm = 'guests';
    for (const [path, body] of [
      ['/v1/auth/register', { email, password: PASSWORD }],
      ['/v1/auth/otp/send', { channel: 'email', to: email }],
      ['/v1/auth/password/forgot', { email }],
    ] as const) {
      expectProblem(await call('POST', path, { realm, body }), 422, 'validation_failed');
    }
    expectProblem(await login(email, PASSWORD, { realm }), 401, 'invalid_credentials');
    const authenticator = await SoftwareAuthenticator.make({});
    expect((await tryAdding(guest.access_token, authenticator, { realm })).status).toBe(201);
    await responsesAreOver();
    expect(await receivedMails(email)).toEqual([]);
    const rows = await env.DB.prepare("SELECT status FROM outbox WHERE user_id = ? AND status <> 'void'")
      .bind(guest.user.id)
      .all();
    expect(rows.results).toEqual([]);
  });

  it('exports and deletes what there is', async () => {
    const guest = await beginAnonymously('guests');
    const token = guest.access_token;
    await ageProofs(guest.user.id, DAY);
    const exported = await call('GET', '/v1/me/export', { token, realm: 'guests' });
    expect(exported.body.user ?? exported.body.profile).toMatchObject({ id: guest.user.id, anonymous: true });
    expect((await call('DELETE', '/v1/me', { token, realm: 'guests' })).status).toBe(204);
    expectProblem(await call('GET', '/v1/me', { token, realm: 'guests' }), 401, 'session_ended');
    const row = await env.DB.prepare('SELECT 1 FROM users WHERE id = ?').bind(guest.user.id).first();
    expect(row).toBeNull();
  });
});

describe('registering', () => {
  it('keeps id, usage, credits and the session, and then is as if it had been first', async () => {
    const guest = await beginAnonymously('guests');
    await useSomething(guest);
    const email = address();
    const answer = await upgrade(guest.access_token, { email, username: `u${Date.now()}`, name: 'Ada' });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toMatchObject({ id: guest.user.id, email, name: 'Ada', anonymous: false });
    await expectKept(guest);
    expect(await activityOf(guest.user.id)).toEqual(['anonymous_created', 'registered']);
    const { data } = (await call('GET', '/v1/me/sessions', { token: guest.access_token, realm: 'guests' }))
      .body;
    expect(data[0].methods).toEqual(['pwd']);
    const signedIn = await login(email, PASSWORD, { realm: 'guests' });
    expect(signedIn.body.user.id).toBe(guest.user.id);
    const token = await tokenTo(email, /^Welcome/);
    expect((await call('POST', '/v1/auth/email/verify', { realm: 'guests', body: { token } })).status).toBe(
      200,
    );
    expect(await me(guest.access_token)).toMatchObject({ email_verified: true });
    expectProblem(await upgrade(guest.access_token, { email: address() }), 409, 'conflict');
  });

  it('of several at once one wins, and the others change nothing', async () => {
    const guest = await beginAnonymously('guests');
    const addresses = Array.from({ length: 4 }, address);
    const answers = await Promise.all(addresses.map((email) => upgrade(guest.access_token, { email })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    const won = answers.findIndex(({ status }) => status === 200);
    expect((await me(guest.access_token)).email).toBe(addresses[won]);
    const passwords = await env.DB.prepare('SELECT count(*) AS n FROM passwords WHERE user_id = ?')
      .bind(guest.user.id)
      .first('n');
    expect(passwords).toBe(1);
    const found = await Promise.all(addresses.map((email) => login(email, PASSWORD, { realm: 'guests' })));
    expect(found.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('with a known address is refused as registration is, and the guest stays one', async () => {
    const known = await register({}, { realm: 'guests' });
    const guest = await beginAnonymously('guests');
    const body = { email: known.user.email };
    expectProblem(await upgrade(guest.access_token, body), 409, 'user_exists');
    expect(await me(guest.access_token)).toMatchObject({ anonymous: true });
    const weak = await upgrade(guest.access_token, { email: address(), password: 'password1' });
    expectProblem(weak, 422, 'validation_failed');
    // Somebody who has registered, and nobody.
    expectProblem(await upgrade(known.access_token, { email: address() }), 409, 'conflict');
    const stranger = await call('POST', '/v1/me/register', { realm: 'guests', body });
    expectProblem(stranger, 401, 'authentication_required');
  });

  it('where addresses are verified first answers alike for new and known ones, and is complete with the link', async () => {
    const realm = 'shy';
    const known = address();
    const first = await call('POST', '/v1/auth/register', {
      realm,
      body: { email: known, password: PASSWORD },
    });
    expect(first.status).toBe(202);
    const verifyFirst = await tokenTo(known, /^Welcome/);
    await call('POST', '/v1/auth/email/verify', { realm, body: { token: verifyFirst } });

    const guests = [await beginAnonymously(realm), await beginAnonymously(realm)] as const;
    await useSomething(guests[1], realm);
    const fresh = address();
    const answers = [
      await upgrade(guests[0].access_token, { email: known, name: 'A' }, realm),
      await upgrade(guests[1].access_token, { email: fresh, name: 'A' }, realm),
    ];
    expect(answers.map(({ status, body }) => [status, body.status])).toEqual([
      [202, 'verification_required'],
      [202, 'verification_required'],
    ]);
    const shown = await Promise.all(guests.map(({ access_token }) => me(access_token, realm)));
    const without = ({ id: _, email: __, created_at: ___, updated_at: ____, last_login_at, ...rest }: any) =>
      rest;
    expect(without(shown[0])).toEqual(without(shown[1]));
    await mailTo(known, /./, 2);
    expectProblem(await login(fresh, PASSWORD, { realm }), 401, 'invalid_credentials');

    const token = await tokenTo(fresh, /./);
    expect((await call('POST', '/v1/auth/email/verify', { realm, body: { token } })).status).toBe(200);
    await expectKept(guests[1], realm);
    expect(await me(guests[1].access_token, realm)).toMatchObject({ email: fresh, email_verified: true });
    expect((await login(fresh, PASSWORD, { realm })).body.user.id).toBe(guests[1].user.id);
    expect(await me(guests[0].access_token, realm)).toMatchObject({ anonymous: true });
  });

  it('by a passkey lets the user come back without an address', async () => {
    const guest = await beginAnonymously('guests');
    await useSomething(guest);
    await ageProofs(guest.user.id, DAY);
    const authenticator = await SoftwareAuthenticator.make({});
    const added = await tryAdding(guest.access_token, authenticator, { realm: 'guests' });
    expect(added.status, JSON.stringify(added.body)).toBe(201);
    await expectKept(guest);
    const back = await signIn(authenticator, { realm: 'guests' });
    expect(back.body.user).toMatchObject({ id: guest.user.id, anonymous: false });
    expectProblem(await upgrade(guest.access_token, { email: address() }), 409, 'conflict');
    // An address comes later, by a code: that is a new way in.
    const email = address();
    const realm = 'guests';
    const token = back.body.access_token;
    await call('POST', '/v1/auth/otp/send', { token, realm, body: { channel: 'email', to: email } });
    await responsesAreOver();
    const code = await codeMailedTo(email);
    const verify = () =>
      call('POST', '/v1/auth/otp/verify', { token, realm, body: { channel: 'email', to: email, code } });
    await ageProofs(guest.user.id, DAY);
    expectProblem(await verify(), 401, 'reauthentication_required');
    await ageProofs(guest.user.id, -DAY);
    expect((await verify()).body.user).toMatchObject({ id: guest.user.id, email, email_verified: true });
    expect((await signIn(authenticator, { realm })).status).toBe(200);
  });

  it('by a code that was mailed gives the address, which is proven then', async () => {
    const realm = 'guests';
    const guest = await beginAnonymously(realm);
    await useSomething(guest);
    const token = guest.access_token;
    const email = address();
    const send = (to: string) =>
      call('POST', '/v1/auth/otp/send', { token, realm, body: { channel: 'email', to } });
    const sent = await send(email);
    await responsesAreOver();
    const code = await codeMailedTo(email);
    const body = { channel: 'email', to: email, code, challenge_id: sent.body.challenge_id };
    // A stranger, and another guest, who know the code: it is not theirs.
    expectProblem(await call('POST', '/v1/auth/otp/verify', { realm, body }), 401, 'invalid_code');
    const other = await beginAnonymously(realm);
    const theirs = await call('POST', '/v1/auth/otp/verify', { realm, token: other.access_token, body });
    expectProblem(theirs, 401, 'invalid_code');
    const answer = await call('POST', '/v1/auth/otp/verify', { realm, token, body });
    expect(answer.body.user).toMatchObject({ id: guest.user.id, email, email_verified: true });
    await expectKept(guest);
    // Whoever holds a known address is told so; it changes nothing.
    const known = await registerVerified({}, { realm });
    await call('POST', '/v1/auth/otp/send', {
      token: other.access_token,
      realm,
      body: { channel: 'email', to: known.user.email },
    });
    await responsesAreOver();
    const taken = await call('POST', '/v1/auth/otp/verify', {
      realm,
      token: other.access_token,
      body: { channel: 'email', to: known.user.email, code: await codeMailedTo(known.user.email) },
    });
    expectProblem(taken, 409, 'user_exists');
    expect(await me(other.access_token)).toMatchObject({ anonymous: true });
  });

  it('by an account of a provider takes its address, if nobody has it', async () => {
    await asAdmin('PATCH', '/realms/default', { body: { anonymous_users: 'on' } });
    const begin = async () => {
      const guest = await beginAnonymously(undefined);
      const browser = new Browser();
      browser.cookies.set('__Host-latchkey', guest.refresh_token);
      const link = async (account: string) => {
        const asked = await browser.ask('/v1/me/identities/google', {
          method: 'POST',
          headers: { origin: ORIGIN, 'content-type': 'application/json', accept: 'application/json' },
          body: '{}',
        });
        const { url } = (await asked.json()) as { url: string };
        return browser.comeBack(await pick('google', new URL(url), account));
      };
      return { guest, link };
    };
    const first = await begin();
    await first.link('user01@gmail.example');
    expect(await me(first.guest.access_token, '')).toMatchObject({
      id: first.guest.user.id,
      email: 'user01@gmail.example',
      email_verified: true,
      anonymous: false,
    });
    expect(await activityOf(first.guest.user.id)).toEqual(['anonymous_created', 'registered']);
    const back = new Browser();
    await back.signIn('google', 'user01@gmail.example');
    expect(((await (await back.ask('/v1/me')).json()) as any).id).toBe(first.guest.user.id);
    // The account at the provider is somebody's by now.
    const second = await begin();
    const refused = await second.link('user01@gmail.example');
    expect(refused.headers.get('location')).toContain('identity_conflict');
    // The address is somebody's, the account at the provider nobody's.
    await registerVerified({ email: 'user02@gmail.example' });
    const third = await begin();
    await third.link('user02@gmail.example');
    expect(await me(third.guest.access_token, '')).toMatchObject({
      email: `${third.guest.user.id}@anonymous.invalid`,
      anonymous: false,
    });
    const again = new Browser();
    await again.signIn('google', 'user02@gmail.example');
    expect(((await (await again.ask('/v1/me')).json()) as any).id).toBe(third.guest.user.id);
  });
});

describe('in a browser', () => {
  it('a guest registers on the page, signs in as another user, and is nobody to apps', async () => {
    const realm = 'guests';
    const begun = await call('POST', '/v1/auth/anonymous', {
      realm,
      headers: { origin: ORIGIN, 'challenge-solution': await freshSolution(realm) },
      body: { session_cookie: true },
    });
    const headers = { cookie: cookiesOf(begun) };
    const account = await visit('/account', { realm, headers });
    expect(account.body).toContain('You have not registered yet');
    expect(account.body).not.toContain('@anonymous.invalid');
    expect((await visit('/login', { realm, headers })).body).toContain('name="password"');
    expect((await visit('/register', { realm, headers })).body).toContain('name="password"');
    const adding = await visit('/login/code', { realm, headers });
    expect(adding.body).toContain('Add an email address');
    const email = address();
    const made = await submit('/register', { email, password: PASSWORD }, { realm, headers });
    expect(made.headers.get('location')).toBe(`/realms/${realm}/account`);
    const session = await call('GET', '/v1/auth/session', { realm, headers });
    expect(session.body).toMatchObject({ user_id: begun.body.user.id, anonymous: false });
    expect((await visit('/register', { realm, headers })).headers.get('location')).toContain('/login');
  });
});

describe('operators', () => {
  it('see who is anonymous, count them apart, and find them by the filter', async () => {
    const realm = 'counted';
    await createRealm(realm, ON);
    const [guest] = [await beginAnonymously(realm), await beginAnonymously(realm)];
    const member = await registerVerified({}, { realm });
    const list = async (query: string) => {
      const { body } = await asAdmin('GET', `/users?${query}`, { realm });
      return [body.total, body.data.map(({ id }: any) => id).includes(guest?.user.id)];
    };
    expect(await list('')).toEqual([3, true]);
    expect(await list('anonymous=true')).toEqual([2, true]);
    expect(await list('anonymous=false')).toEqual([1, false]);
    expect((await list('anonymous=true&sort=email&limit=1'))[0]).toBe(2);
    const numbers = async () => (await asAdmin('GET', '/statistics?days=1', { realm })).body;
    expect(await numbers()).toMatchObject({
      total_users: 3,
      anonymous_users: 2,
      verified_users: 1,
      verification_rate: 1,
      totals: { sign_ups: 1 },
    });
    await upgrade(guest?.access_token ?? '', { email: address() }, realm);
    expect(await numbers()).toMatchObject({ anonymous_users: 1, totals: { sign_ups: 2 } });
    await asAdmin('DELETE', `/users/${guest?.user.id}`, { realm });
    expect(await numbers()).toMatchObject({ total_users: 2, totals: { sign_ups: 1 } });
    expect(member.user.anonymous).toBe(false);
    const owner = await registerRole('owner');
    const page = await visit(`/realms/${realm}/admin/users?anonymous=true`, {
      headers: { cookie: `__Host-latchkey=${owner.refresh_token}` },
    });
    expect([200, 302, 303]).toContain(page.status);
  });

  it('give a guest an address, who can set a password then', async () => {
    const guest = await beginAnonymously('guests');
    const email = address();
    const path = `/users/${guest.user.id}`;
    const edited = await asAdmin('PATCH', path, { realm: 'guests', body: { email } });
    expect(edited.body).toMatchObject({ email, email_verified: false, anonymous: false });
  });
});

describe('who does not come back', () => {
  const night = () => runCron(createServices(env as never), '0 0 * * *', Date.now());
  const isThere = async ({ user }: SignedInBody) =>
    (await env.DB.prepare('SELECT 1 FROM users WHERE id = ?').bind(user.id).first()) !== null;

  it('is deleted after 30 days, or after the time that a session may idle, and nobody else is', async () => {
    await createRealm('patient', {
      ...ON,
      session_idle_seconds: 86_400 * 90,
      session_absolute_seconds: 86_400 * 300,
    });
    const gone = await beginAnonymously('guests');
    const patient = await beginAnonymously('patient');
    const registered = await beginAnonymously('guests');
    await upgrade(registered.access_token, { email: address() });
    for (const { user } of [gone, patient, registered]) await project(user.id);
    advance(29 * DAY);
    const late = await beginAnonymously('guests');
    await night();
    expect(await isThere(gone)).toBe(true);
    advance(3 * DAY);
    await night();
    expect(await Promise.all([gone, patient, registered, late].map(isThere))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expectProblem(
      await call('POST', '/v1/auth/refresh', {
        realm: 'guests',
        body: { refresh_token: gone.refresh_token },
      }),
      401,
      'invalid_token',
    );
    advance(90 * DAY);
    await night();
    expect(await isThere(patient)).toBe(false);
    expect(await isThere(registered)).toBe(true);
  });
});
