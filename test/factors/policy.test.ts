import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import {
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  ORIGIN,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { addApp, firstStep, secondStep, withApp } from '../support/factors.ts';
import { codeMailedTo, mailTo } from '../support/mail.ts';
import { cookiesOf, submit, visit, withoutOwnScript } from '../support/pages.ts';
import { ageProofs } from '../support/stale-proof.ts';

const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

beforeAll(async () => {
  await createRealm('mfa-required', { mfa: 'required' });
  await createRealm('mfa-admins', { mfa: 'required_for_admins' });
  await createRealm('mfa-off', { mfa: 'off' });
  await createRealm('mfa-later', { mfa: 'required', mfa_from: Date.now() + 86_400_000 });
  await createRealm('mfa-weaker', { mfa: 'required', mfa_factors: '["totp","passkey","email","sms"]' });
  await createRealm('mfa-remember', { mfa_remember_device: 1 });
});

describe('the first factor alone gives no tokens where the account has a second: not', () => {
  const refuses = (answer: { body: unknown; headers: Headers }) => {
    expect(JSON.stringify(answer.body)).not.toMatch(/access_token|refresh_token|session_token/);
    expect(answer.headers.getSetCookie().join()).not.toMatch(/__Host-latchkey=/);
  };

  it('by the password, for a browser or an app', async () => {
    const { user } = await withApp();
    for (const session_cookie of [false, true]) {
      const headers = { origin: ORIGIN };
      const answer = await login(user.user.email, PASSWORD, { headers, body: { session_cookie } });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ mfa_required: true, methods: ['totp', 'recovery_code'] });
      refuses(answer);
    }
  });

  it('by a code from a mail', async () => {
    const { user, app } = await withApp();
    const target = { channel: 'email', to: user.user.email };
    await call('POST', '/v1/auth/otp/send', { body: target });
    const code = await codeMailedTo(user.user.email);
    const answer = await call('POST', '/v1/auth/otp/verify', { body: { ...target, code } });
    expect(answer.body).toMatchObject({ mfa_required: true, methods: ['totp', 'recovery_code'] });
    refuses(answer);
    const done = await secondStep(answer.body.mfa_token, { method: 'totp', code: app.code(1) });
    expect(done.status).toBe(200);
  });

  it('by the code of an app, whose browser signed in before the account had one', async () => {
    const user = await registerVerified();
    const page = `/login?${new URLSearchParams({
      redirect_to: 'com.example.app:/callback',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    })}`;
    await createRealm('mfa-app', { redirect_targets: '["com.example.app:/callback"]' }).catch(() => {});
    const there = await registerVerified({ email: user.user.email }, { realm: 'mfa-app' });
    const signedIn = await submit(
      page,
      { identifier: there.user.email, password: PASSWORD },
      { realm: 'mfa-app' },
    );
    const code = new URL(signedIn.headers.get('location') ?? '').searchParams.get('code');
    await addApp(there.access_token, 'mfa-app');
    const answer = await call('POST', '/v1/oauth/token', {
      realm: 'mfa-app',
      body: {
        grant_type: 'authorization_code',
        code,
        code_verifier: VERIFIER,
        redirect_to: 'com.example.app:/callback',
      },
    });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({ error: 'mfa_required', methods: ['totp', 'recovery_code'] });
    refuses(answer);
  });

  it.each([
    ['/api/auth/login', 'email'],
    ['/auth/login', 'username'],
    ['/api/v2/login', 'email'],
  ])('by %s of an older service, which refuses', async (path, name) => {
    const { user } = await withApp();
    const body = { [name]: user.user.email, username: user.user.email, password: PASSWORD };
    const answer = await call('POST', path, { body });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({
      code: 'mfa_required',
      mfa_token: expect.any(String),
      methods: ['totp', 'recovery_code'],
      page: `${ORIGIN}/login`,
    });
    refuses(answer);
  });

  it('by the page of signing in, which goes on to the page of the second step', async () => {
    const { user, app } = await withApp();
    const first = await submit('/login', { identifier: user.user.email, password: PASSWORD });
    expect(first.status).toBe(303);
    expect(first.headers.get('location')).toBe('/login/second-step');
    refuses(first);
    const cookie = cookiesOf(first);
    const page = await visit('/login/second-step', { headers: { cookie } });
    expect(page.body).toContain('One more step');
    expect(withoutOwnScript(page.body)).not.toContain('<script');
    // Another browser has no part in it.
    const [waiting] = cookie.split('; ').filter((one) => one.includes('second-step'));
    const stolen = await submit(
      '/login/second-step',
      { method: 'totp', totp: app.code(1) },
      { headers: { cookie: waiting ?? '' } },
    );
    expect(stolen.status).toBe(422);
    refuses(stolen);
    const wrong = await submit(
      '/login/second-step',
      { method: 'totp', totp: '000000' },
      { headers: { cookie } },
    );
    expect(wrong.status).toBe(422);
    const done = await submit(
      '/login/second-step',
      { method: 'totp', totp: app.code(1) },
      { headers: { cookie } },
    );
    expect(done.status).toBe(303);
    expect(done.headers.get('location')).toBe('/account');
    expect(done.headers.getSetCookie().join()).toMatch(/__Host-latchkey=/);
  });
});

describe('where the realm requires a second factor', () => {
  const realm = 'mfa-required';

  it('a user without one may enrol, and nothing else', async () => {
    const { access_token: token, user } = await registerVerified({}, { realm });
    const refused = await call('GET', '/v1/me', { token, realm });
    expectProblem(refused, 403, 'mfa_required');
    expect(refused.body.page).toBe(`${ORIGIN}/realms/mfa-required/account/two-step`);
    expectProblem(await call('GET', '/v1/auth/session', { token, realm }), 403, 'mfa_required');
    // Nobody else takes its token either.
    const [, payload = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      aud: `${ORIGIN}/realms/mfa-required/enrolment`,
      acr: 'aal1',
    });
    const { id } = await addApp(token, realm);
    expect((await call('GET', '/v1/me', { token, realm })).status).toBe(200);
    expectProblem(await call('DELETE', `/v1/me/factors/${id}`, { token, realm }), 409, 'last_factor');
    const { id: second } = await addApp(token, realm);
    const removed = await Promise.all(
      [id, second].map((one) => call('DELETE', `/v1/me/factors/${one}`, { token, realm })),
    );
    expect(removed.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect((await login(user.email, PASSWORD, { realm })).body).toMatchObject({ mfa_required: true });
  });

  it('an account without one is led through by the pages', async () => {
    const { user } = await registerVerified({}, { realm });
    const at = (path: string) => `/realms/${realm}${path}`;
    const signedIn = await submit('/login', { identifier: user.email, password: PASSWORD }, { realm });
    expect(signedIn.headers.get('location')).toBe(at('/account/two-step'));
    const headers = { cookie: cookiesOf(signedIn) };
    const elsewhere = await visit('/account', { realm, headers });
    expect(elsewhere.headers.get('location')).toBe(`${ORIGIN}${at('/account/two-step')}`);
    const page = await visit('/account/two-step', { realm, headers });
    expect(page.body).toContain('needs a second step');
    const begun = await submit('/account/two-step', { form: 'begin', name: '' }, { realm, headers });
    expect(begun.body).toContain('<svg');
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(begun.body)?.[1] ?? '';
    const [id, secret] = [field('id'), field('secret')];
    const { appOf } = await import('../support/factors.ts');
    const form = { form: 'verify', id, secret };
    const wrong = await submit('/account/two-step', { ...form, code: '000000' }, { realm, headers });
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain('<svg');
    const code = appOf(secret).code();
    const odd = { ...form, secret: 'A'.repeat(3000), code: '000000' };
    expect((await submit('/account/two-step', odd, { realm, headers })).status).toBe(400);
    const verified = await submit('/account/two-step', { ...form, code }, { realm, headers });
    expect(verified.status).toBe(200);
    const [, shown = ''] = /<pre class="codes">([^<]*)<\/pre>/.exec(verified.body) ?? [];
    expect(shown.match(/([a-z2-7]{4}-){5}[a-z2-7]{4}/g)).toHaveLength(10);
    expect((await visit('/account', { realm, headers })).status).toBe(200);
  });

  it('and goes on to the app that has sent them', async () => {
    const { user } = await registerVerified({}, { realm });
    const at = (path: string) => `/realms/${realm}${path}`;
    const query = '?redirect_to=%2Frealms%2Fmfa-required%2Faccount%2Fdevices';
    const signedIn = await submit(
      `/login${query}`,
      { identifier: user.email, password: PASSWORD },
      { realm },
    );
    const toEnrol = signedIn.headers.get('location') ?? '';
    expect(toEnrol).toBe(at(`/account/two-step${query}`));
    const headers = { cookie: cookiesOf(signedIn) };
    const path = `/account/two-step${query}`;
    // Not before it is done.
    expect((await visit(path, { realm, headers })).body).not.toContain('Continue to where you came from');
    const begun = await submit(path, { form: 'begin', name: '' }, { realm, headers });
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(begun.body)?.[1] ?? '';
    const [id, secret, uri] = [field('id'), field('secret'), field('uri').replaceAll('&amp;', '&')];
    const { appOf } = await import('../support/factors.ts');
    const form = { form: 'verify', id, secret, uri, code: appOf(secret).code() };
    const codes = await submit(path, form, { realm, headers });
    const [, href = ''] = /href="([^"]+)">I have kept them: continue/.exec(codes.body) ?? [];
    expect(href).toBe(at(`/login${query}`));
    expect((await visit(path, { realm, headers })).body).toContain('Continue to where you came from');
    const onward = await visit(`/login${query}`, { realm, headers });
    expect([onward.status, onward.headers.get('location')]).toEqual([
      303,
      `${ORIGIN}${at('/account/devices')}`,
    ]);
  });

  it('only from the day on that it says', async () => {
    const { access_token: token } = await registerVerified({}, { realm: 'mfa-later' });
    expect((await call('GET', '/v1/me', { token, realm: 'mfa-later' })).status).toBe(200);
  });

  it('of admins, a plain user needs none, and an admin gets no further until they have one', async () => {
    const [plain, admin] = [
      await registerVerified({}, { realm: 'mfa-admins' }),
      await registerRole('admin', 'mfa-admins'),
    ];
    expect((await call('GET', '/v1/me', { token: plain.access_token, realm: 'mfa-admins' })).status).toBe(
      200,
    );
    await changeDirectory(admin.user.id, { email_verified: 1 });
    const users = () => asAdmin('GET', '/users', { token: admin.access_token, realm: 'mfa-admins' });
    expectProblem(await users(), 403, 'mfa_required');
    await addApp(admin.access_token, 'mfa-admins');
    expect((await users()).status).toBe(200);
  });
});

describe('a weaker factor', () => {
  const realm = 'mfa-weaker';

  it('completes a sign-in where the realm takes it, and the account has no other', async () => {
    const { user } = await registerVerified({}, { realm });
    const answer = await login(user.email, PASSWORD, { realm });
    expect(answer.body).toMatchObject({ mfa_required: true, methods: ['email'] });
    const { mfa_token } = answer.body;
    const sent = await call('POST', '/v1/auth/mfa/send', { realm, body: { mfa_token, method: 'email' } });
    expect(sent.status).toBe(202);
    const code = await codeMailedTo(user.email);
    const done = await secondStep(mfa_token, { method: 'email', code }, { realm });
    expect(done.status, JSON.stringify(done.body)).toBe(200);
    const { body } = await call('GET', '/v1/auth/session', { token: done.body.access_token, realm });
    expect(body).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
  });

  it('is nothing that a stranger can fall back to', async () => {
    const { user } = await registerVerified({ phone_number: '+4915112345678' }, { realm });
    await changeDirectory(user.id, { phone_number_verified: 1 });
    const first = await login(user.email, PASSWORD, { realm });
    expect(first.body.methods).toEqual(['email', 'sms']);
    const code = await (async () => {
      await call('POST', '/v1/auth/mfa/send', {
        realm,
        body: { mfa_token: first.body.mfa_token, method: 'email' },
      });
      return codeMailedTo(user.email);
    })();
    const { body } = await secondStep(first.body.mfa_token, { method: 'email', code }, { realm });
    await addApp(body.access_token, realm);
    const { mfa_token, methods } = await firstStep({ user } as never, realm);
    expect(methods).toEqual(['totp', 'recovery_code']);
    for (const method of ['email', 'sms']) {
      const sent = await call('POST', '/v1/auth/mfa/send', { realm, body: { mfa_token, method } });
      expectProblem(sent, 401, 'invalid_mfa_token');
      expectProblem(await secondStep(mfa_token, { method, code: '123456' }, { realm }), 401, 'invalid_code');
    }
  });
});

describe('a realm without second factors', () => {
  it('lets none be added, and asks for none', async () => {
    const { access_token: token } = await registerVerified({}, { realm: 'mfa-off' });
    const answer = await call('POST', '/v1/me/factors', { token, realm: 'mfa-off', body: { type: 'totp' } });
    expectProblem(answer, 403, 'factor_not_allowed');
  });
});

describe('a device that is remembered', () => {
  const realm = 'mfa-remember';

  it('is not asked again, until the password changes; another one is', async () => {
    const { user, app } = await withApp({}, realm);
    const first = await login(user.user.email, PASSWORD, { realm });
    const cookie = cookiesOf(first);
    expect(first.body).toMatchObject({ mfa_required: true, remember_device: true });
    const done = await secondStep(
      first.body.mfa_token,
      { method: 'totp', code: app.code(1) },
      { realm, headers: { cookie }, body: { remember_device: true } },
    );
    expect(done.status).toBe(200);
    const again = await login(user.user.email, PASSWORD, { realm, headers: { cookie } });
    expect(again.body).toHaveProperty('access_token');
    expect((await login(user.user.email, PASSWORD, { realm })).body).toMatchObject({ mfa_required: true });
    const change = { current_password: PASSWORD, new_password: 'six lighthouses at night' };
    await call('PUT', '/v1/me/password', { token: done.body.access_token, realm, body: change });
    const after = await login(user.user.email, 'six lighthouses at night', { realm, headers: { cookie } });
    expect(after.body).toMatchObject({ mfa_required: true });
  });

  it('only where the realm lets it', async () => {
    const { user, app } = await withApp();
    const first = await login(user.user.email);
    const headers = { cookie: cookiesOf(first) };
    const more = { headers, body: { remember_device: true } };
    await secondStep(first.body.mfa_token, { method: 'totp', code: app.code(1) }, more);
    const again = await login(user.user.email, PASSWORD, { headers });
    expect(again.body).toMatchObject({ mfa_required: true, remember_device: false });
  });
});

describe('an operator', () => {
  it('sees the factors of a user and removes them: audited, mailed, and all sessions end', async () => {
    const { user, id } = await withApp({ email: 'lost.phone@example.com' });
    const path = `/users/${user.user.id}/factors`;
    expect((await asAdmin('GET', path)).body).toMatchObject({ data: [{ id, type: 'totp' }] });
    expect((await asAdmin('DELETE', path)).status).toBe(204);
    expectProblem(await call('GET', '/v1/me', { token: user.access_token }), 401, 'session_ended');
    expect((await login(user.user.email)).body).toHaveProperty('access_token');
    expect((await asAdmin('GET', path)).body).toMatchObject({ data: [], recovery_codes_left: 0 });
    expect(await auditOf(user.user.id)).toMatchObject([
      { action: 'user_factors_reset', details: { totp: 1, passkeys: 0 } },
    ]);
    expect((await mailTo(user.user.email, /second factors/i)).text).toContain('removed by an administrator');
  });

  it('reaches nobody above, nor themselves, and shows a fresh proof', async () => {
    const [admin, owner] = [await registerRole('admin'), await registerRole('owner')];
    const reset = (userId: string) =>
      asAdmin('DELETE', `/users/${userId}/factors`, { token: admin.access_token });
    expectProblem(await reset(owner.user.id), 403, 'insufficient_scope');
    expectProblem(await reset(admin.user.id), 409, 'own_account');
    const { user } = await register();
    await ageProofs(admin.user.id, 2 * 3_600_000);
    expectProblem(await reset(user.id), 401, 'reauthentication_required');
  });

  it('sets what a realm wants', async () => {
    await createRealm('mfa-set');
    expect((await asAdmin('GET', '/realms/mfa-set')).body).toMatchObject({
      mfa: 'optional',
      mfa_factors: ['totp', 'passkey'],
      mfa_from: null,
      mfa_remember_device: false,
    });
    const policy = {
      mfa: 'required',
      mfa_factors: ['passkey', 'totp', 'totp'],
      mfa_from: '2030-01-01T00:00:00.000Z',
      mfa_remember_device: true,
    };
    const set = await asAdmin('PATCH', '/realms/mfa-set', { body: policy });
    expect(set.status, JSON.stringify(set.body)).toBe(200);
    expect(set.body).toMatchObject({ ...policy, mfa_factors: ['totp', 'passkey'] });
    expectProblem(
      await asAdmin('PATCH', '/realms/mfa-set', { body: { mfa: 'sometimes' } }),
      422,
      'validation_failed',
    );
  });
});
