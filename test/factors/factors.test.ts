import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { addApp, appOf, firstStep, secondStep, withApp } from '../support/factors.ts';
import { codeMailedTo, mailTo, tokenTo } from '../support/mail.ts';
import { begin, makeUnasked, withPasskey } from '../support/passkeys.ts';
import { activityOf } from '../support/projection.ts';
import { ageProofs } from '../support/stale-proof.ts';
import { submit, visitor } from '../support/visitor.ts';

const MINUTE = 60_000;

const session = async (token: string, realm?: string) =>
  (await call('GET', '/v1/auth/session', { token, realm })).body;

const grow = (userId: string) => ageProofs(userId, 11 * MINUTE);

const list = async (token: string) => (await call('GET', '/v1/me/factors', { token })).body;

describe('an authenticator app', () => {
  it('is added, is asked for by the next sign-in, and is removed; mails tell of it', async () => {
    const user = await registerVerified({ email: 'ada.factor@example.com' });
    const token = user.access_token;
    const begun = await call('POST', '/v1/me/factors', { token, body: { type: 'totp', name: 'My phone' } });
    expect(begun.status).toBe(201);
    expect(begun.body).toMatchObject({
      id: expect.stringMatching(/^fac_/),
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      qr: expect.stringMatching(/^<svg [^>]*viewBox="0 0 \d+ \d+"/),
    });
    expect(begun.body.uri).toBe(
      `otpauth://totp/Latchkey:ada.factor%40example.com?secret=${begun.body.secret}&issuer=Latchkey&algorithm=SHA1&digits=6&period=30`,
    );
    // Until its first code it counts for nothing.
    expect((await list(token)).data).toEqual([]);
    expect((await login(user.user.email)).body).toHaveProperty('access_token');
    const app = appOf(begun.body.secret);
    const path = `/v1/me/factors/${begun.body.id}/verify`;
    expectProblem(await call('POST', path, { token, body: { code: '000000' } }), 401, 'invalid_code');
    const verified = await call('POST', path, { token, body: { code: app.code() } });
    expect(verified.status).toBe(200);
    expect(verified.body.recovery_codes).toHaveLength(10);
    expect(new Set(verified.body.recovery_codes).size).toBe(10);
    expect(verified.body.recovery_codes[0]).toMatch(/^([a-z2-7]{4}-){5}[a-z2-7]{4}$/);
    expect(await list(token)).toEqual({
      data: [
        {
          id: begun.body.id,
          type: 'totp',
          name: 'My phone',
          created_at: expect.any(String),
          last_used_at: expect.any(String),
        },
      ],
      next_cursor: null,
      recovery_codes_left: 10,
      recovery_code_last_used_at: null,
      required: false,
    });
    expect(await session(token)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    expect((await mailTo(user.user.email, /authenticator app is now asked for/)).text).toContain('My phone');

    const { mfa_token, methods, expires_in } = await firstStep(user);
    expect(methods).toEqual(['totp', 'recovery_code']);
    expect(expires_in).toBeGreaterThan(590);
    const signedIn = await secondStep(mfa_token, { method: 'totp', code: app.code(1) });
    expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(200);
    expect(signedIn.body.user).toMatchObject({ id: user.user.id });
    const { access_token } = signedIn.body;
    expect(await session(access_token)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    const claims = JSON.parse(atob(access_token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    expect(claims).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });

    const removed = await call('DELETE', `/v1/me/factors/${begun.body.id}`, { token: access_token });
    expect(removed.status).toBe(204);
    await mailTo(user.user.email, /authenticator app was removed/);
    expect(await list(access_token)).toMatchObject({ data: [], recovery_codes_left: 0 });
    expect((await login(user.user.email)).body).toHaveProperty('access_token');
    expect(await activityOf(user.user.id)).toEqual(
      expect.arrayContaining(['factor_added', 'factor_removed']),
    );
  });

  it('has its secret nowhere in the database', async () => {
    const user = await registerVerified();
    const { body } = await call('POST', '/v1/me/factors', {
      token: user.access_token,
      body: { type: 'totp' },
    });
    const row = await env.DB.prepare('SELECT * FROM factors WHERE id = ?').bind(body.id).first();
    expect(JSON.stringify(row)).not.toContain(body.secret);
    expect(row?.secret).toMatch(/^eyJ/);
  });

  it('takes a code once, and none from before it', async () => {
    const { user, app } = await withApp();
    // That by which it was added is used.
    const { mfa_token: first } = await firstStep(user);
    expectProblem(await secondStep(first, { method: 'totp', code: app.code() }), 401, 'invalid_code');
    expect((await secondStep(first, { method: 'totp', code: app.code(1) })).status).toBe(200);
    const { mfa_token: second } = await firstStep(user);
    for (const later of [1, 0, -1]) {
      const again = await secondStep(second, { method: 'totp', code: app.code(later) });
      expectProblem(again, 401, 'invalid_code');
    }
  });

  it('takes codes of the step before and the step after, and no others', async () => {
    const { user, app } = await withApp();
    advance(10 * MINUTE);
    const { mfa_token } = await firstStep(user);
    for (const later of [-2, 2]) {
      const wrong = await secondStep(mfa_token, { method: 'totp', code: app.code(later) });
      expectProblem(wrong, 401, 'invalid_code');
    }
    expect((await secondStep(mfa_token, { method: 'totp', code: app.code(-1) })).status).toBe(200);
    const { mfa_token: another } = await firstStep(user);
    const spaced = app.code(1).replace(/^(\d{3})/, '$1 - ');
    expect((await secondStep(another, { method: 'totp', code: spaced })).status).toBe(200);
  });

  it('lets one of several that come at once with the same code in', async () => {
    const { user, app } = await withApp();
    const tokens = await Promise.all([1, 2, 3, 4].map(async () => (await firstStep(user)).mfa_token));
    const code = app.code(1);
    const answers = await Promise.all(tokens.map((token) => secondStep(token, { method: 'totp', code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('is not added twice, nor a sixth, nor one that has waited for too long', async () => {
    const { user, id } = await withApp();
    const token = user.access_token;
    const again = await call('POST', `/v1/me/factors/${id}/verify`, { token, body: { code: '123456' } });
    expectProblem(again, 404, 'factor_not_found');
    for (let more = 0; more < 4; more += 1) expect((await addApp(token)).recoveryCodes).toEqual([]);
    expectProblem(
      await call('POST', '/v1/me/factors', { token, body: { type: 'totp' } }),
      409,
      'too_many_factors',
    );
    const other = await registerVerified();
    const begun = await call('POST', '/v1/me/factors', { token: other.access_token, body: { type: 'totp' } });
    await env.DB.prepare('UPDATE factors SET created_at = created_at - ? WHERE id = ?')
      .bind(61 * MINUTE, begun.body.id)
      .run();
    const late = await call('POST', `/v1/me/factors/${begun.body.id}/verify`, {
      token: other.access_token,
      body: { code: appOf(begun.body.secret).code() },
    });
    expectProblem(late, 404, 'factor_not_found');
  });

  it('counts once, however many show its first code at once', async () => {
    const user = await registerVerified();
    const token = user.access_token;
    const { body } = await call('POST', '/v1/me/factors', { token, body: { type: 'totp' } });
    const code = appOf(body.secret).code();
    const answers = await Promise.all(
      [1, 2, 3].map(() => call('POST', `/v1/me/factors/${body.id}/verify`, { token, body: { code } })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const row = await env.DB.prepare('SELECT totp_count FROM users WHERE id = ?').bind(user.user.id).first();
    expect(row).toEqual({ totp_count: 1 });
  });

  it('of another user is not there', async () => {
    const { id } = await withApp();
    const { access_token: token } = await registerVerified();
    expectProblem(await call('DELETE', `/v1/me/factors/${id}`, { token }), 404, 'factor_not_found');
    const verify = call('POST', `/v1/me/factors/${id}/verify`, { token, body: { code: '123456' } });
    expectProblem(await verify, 404, 'factor_not_found');
  });

  it('takes a fresh proof to be added, removed, or to make new recovery codes, and a verified address to be added', async () => {
    const { user, id } = await withApp();
    const token = user.access_token;
    await grow(user.user.id);
    for (const [method, path, body] of [
      ['POST', '/v1/me/factors', { type: 'totp' }],
      ['DELETE', `/v1/me/factors/${id}`, undefined],
      ['POST', '/v1/me/recovery-codes', undefined],
    ] as const) {
      expectProblem(await call(method, path, { token, body }), 401, 'reauthentication_required');
    }
    const unproven = await register();
    expectProblem(
      await call('POST', '/v1/me/factors', { token: unproven.access_token, body: { type: 'totp' } }),
      403,
      'email_not_verified',
    );
  });
});

describe('a session from before the factor', () => {
  it('removes, adds and renews nothing by the password alone, and all by the factor', async () => {
    const user = await registerVerified();
    const { access_token: token } = (await login(user.user.email)).body;
    const { app, id } = await addApp(user.access_token);
    const acts = [
      ['POST', '/v1/me/factors', { type: 'totp' }],
      ['POST', '/v1/me/passkeys/options', undefined],
      ['POST', '/v1/me/recovery-codes', undefined],
      ['DELETE', `/v1/me/factors/${id}`, undefined],
    ] as const;
    const prove = (body: object) => call('POST', '/v1/auth/reauthenticate', { token, body });
    const byPassword = [
      ['PUT', '/v1/me/password', { current_password: PASSWORD, new_password: 'four lighthouses at dawn' }],
      ['PUT', '/v1/me/email', { password: PASSWORD, email: 'a.stranger@example.com' }],
      ['DELETE', '/v1/me', { password: PASSWORD }],
    ] as const;
    for (const [method, path, body] of [...acts, ...byPassword]) {
      const refused = await call(method, path, { token, body });
      expectProblem(refused, 401, 'reauthentication_required');
      expect(refused.headers.get('www-authenticate')).toContain('acr_values="aal2"');
    }
    expect((await prove({ totp: app.code(1) })).status).toBe(204);
    for (const [method, path, body] of [...acts, ...byPassword.slice(1)]) {
      expect((await call(method, path, { token, body })).status).toBeLessThan(300);
    }
  });

  it('is told so where it proves itself by anything else, which counts for nothing', async () => {
    const user = await registerVerified();
    const { email } = user.user;
    const { access_token: token } = (await login(email)).body;
    const { authenticator } = await makeUnasked(token);
    const { app, recoveryCodes } = await addApp(user.access_token);
    const prove = (body: object) => call('POST', '/v1/auth/reauthenticate', { token, body });
    await call('POST', '/v1/auth/otp/send', { token, body: { channel: 'email', to: email } });
    const code = await codeMailedTo(email);
    const { flow, public_key } = (await call('POST', '/v1/auth/reauthenticate/passkey', { token })).body;
    const passkey = { flow, credential: await authenticator.get(public_key) };
    for (const body of [
      { password: PASSWORD },
      { password: 'not the right one' },
      { channel: 'email', code },
      { provider: 'google', redirect_to: 'https://app.example.com', code_challenge: 'A'.repeat(43) },
      { passkey },
    ]) {
      const refused = await prove(body);
      expectProblem(refused, 401, 'reauthentication_required');
      expect(refused.body.methods).toEqual(['totp', 'recovery_code']);
      expect(refused.headers.get('www-authenticate')).toContain('acr_values="aal2"');
    }
    expect(await session(token)).toMatchObject({ acr: 'aal1' });
    expect((await prove({ totp: app.code(1) })).status).toBe(204);
    expect((await prove({ password: PASSWORD })).status).toBe(204);
    const third = (
      await call('POST', '/v1/auth/reauthenticate', { token, body: { recovery_code: recoveryCodes[0] } })
    ).status;
    expect(third).toBe(204);
  });

  it('does as much on the pages, which ask for the factor only', async () => {
    const who = await visitor();
    const { app, id } = await addApp(who.user.access_token);
    const remove = (proof: Record<string, string>) =>
      submit('/account/two-step', { form: 'remove', factor: id, ...proof }, who);
    const byPassword = { 'proof.way': 'password', 'proof.password': PASSWORD };
    for (const asked of [remove({}), remove(byPassword)]) {
      const { body } = await asked;
      expect(body).toContain('proof.totp');
      expect(body).not.toContain('proof.password');
    }
    const change = { form: 'password', current_password: PASSWORD, new_password: 'four lighthouses at dawn' };
    expect((await submit('/account/security', change, who)).body).toContain('proof.totp');
    expect((await list(who.user.access_token)).data).toHaveLength(1);
    const removed = await remove({ 'proof.way': 'totp', 'proof.totp': app.code(1) });
    expect(removed.headers.get('location')).toBe('/account/two-step?done=app_removed');
  });

  it('gives whoever knows the password no more guesses at the factor', async () => {
    // Waits are short, and machines may be slow.
    advance(0);
    const { user, app } = await withApp();
    const token = user.access_token;
    const prove = async (body: object) =>
      (await call('POST', '/v1/auth/reauthenticate', { token, body })).status;
    for (let guesses = 0; guesses < 5; guesses += 1) {
      expect(await prove({ totp: '000000' })).toBe(401);
      expect(await prove({ password: PASSWORD })).toBe(204);
    }
    expect(await prove({ totp: app.code(1) })).toBe(429);
  });
});

describe('recovery codes', () => {
  it('work once each, however they are typed, and a mail tells of it', async () => {
    const { user, recoveryCodes } = await withApp({ email: 'recovering@example.com' });
    const [code = ''] = recoveryCodes;
    const { mfa_token } = await firstStep(user);
    const typed = code.toUpperCase().replaceAll('-', ' ');
    const signedIn = await secondStep(mfa_token, { method: 'recovery_code', code: typed });
    expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(200);
    expect(await session(signedIn.body.access_token)).toMatchObject({ acr: 'aal2' });
    const { recovery_code_last_used_at: usedAt } = await list(signedIn.body.access_token);
    expect(Math.abs(Date.now() - Date.parse(usedAt))).toBeLessThan(MINUTE);
    const mail = await mailTo(user.user.email, /recovery code was used/i);
    expect(mail.text).toMatch(/\b9 are left/);
    expect(mail.text).toContain('/account/security');
    const { mfa_token: again } = await firstStep(user);
    expectProblem(await secondStep(again, { method: 'recovery_code', code }), 401, 'invalid_code');
    expect(await activityOf(user.user.id)).toContain('recovery_code_used');
  });

  it('let one of several that come at once with the same code in', async () => {
    const { user, recoveryCodes } = await withApp();
    const tokens = await Promise.all([1, 2, 3, 4].map(async () => (await firstStep(user)).mfa_token));
    const [code = ''] = recoveryCodes;
    const answers = await Promise.all(
      tokens.map((token) => secondStep(token, { method: 'recovery_code', code })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await list(user.access_token)).recovery_codes_left).toBe(9);
  });

  it('are kept as the version before keeps them, which may be there again; and it is known when one was used', async () => {
    const { user, recoveryCodes } = await withApp();
    const kept = () =>
      runInDurableObject(accountOf(user.user.id), (_, { storage }) => storage.kv.get('recovery_codes'));
    const before = await kept();
    expect(before).toHaveLength(recoveryCodes.length);
    expect(await list(user.access_token)).toMatchObject({ recovery_code_last_used_at: null });
    const { mfa_token } = await firstStep(user);
    const used = await secondStep(mfa_token, { method: 'recovery_code', code: recoveryCodes[0] as string });
    expect(used.status).toBe(200);
    expect(await kept()).toEqual(expect.arrayContaining([expect.any(String)]));
    expect(await kept()).toHaveLength(recoveryCodes.length - 1);
    expect(await list(user.access_token)).toMatchObject({
      recovery_codes_left: recoveryCodes.length - 1,
      recovery_code_last_used_at: expect.any(String),
    });
  });

  it('are made anew, which ends all that there were; and only for who has a factor', async () => {
    const { user, recoveryCodes } = await withApp();
    const made = await call('POST', '/v1/me/recovery-codes', { token: user.access_token });
    expect(made.status).toBe(200);
    expect(made.body.recovery_codes).toHaveLength(10);
    const { mfa_token } = await firstStep(user);
    const old = await secondStep(mfa_token, { method: 'recovery_code', code: recoveryCodes[1] });
    expectProblem(old, 401, 'invalid_code');
    const next = await secondStep(mfa_token, { method: 'recovery_code', code: made.body.recovery_codes[1] });
    expect(next.status).toBe(200);
    const { access_token: token } = await registerVerified();
    expectProblem(await call('POST', '/v1/me/recovery-codes', { token }), 404, 'factor_not_found');
  });

  it('are kept as hashes', async () => {
    const { user, recoveryCodes } = await withApp();
    const kept = await runInDurableObject(accountOf(user.user.id), (_, { storage }) =>
      JSON.stringify(storage.kv.get('recovery_codes')),
    );
    for (const code of recoveryCodes) expect(kept).not.toContain(code.replaceAll('-', ''));
  });
});

describe('a second step', () => {
  it('is over after five wrong codes, after ten minutes, and after it was taken', async () => {
    const { user, app } = await withApp();
    const { mfa_token } = await firstStep(user);
    const right = { method: 'totp', code: app.code(1) };
    for (let tries = 0; tries < 5; tries += 1) {
      const wrong = await secondStep(mfa_token, { method: 'totp', code: '000000' });
      expectProblem(wrong, 401, 'invalid_code');
    }
    expectProblem(await secondStep(mfa_token, right), 401, 'invalid_mfa_token');
    const { mfa_token: late } = await firstStep(user);
    advance(10 * MINUTE);
    expectProblem(await secondStep(late, { method: 'totp', code: app.code() }), 401, 'invalid_mfa_token');
    const { mfa_token: taken } = await firstStep(user);
    expect((await secondStep(taken, { method: 'totp', code: app.code() })).status).toBe(200);
    expectProblem(await secondStep(taken, { method: 'totp', code: app.code(1) }), 401, 'invalid_mfa_token');
  });

  it('slows down whoever guesses on with new first steps', async () => {
    // Waits are short, and machines may be slow.
    advance(0);
    const { user, app } = await withApp();
    const { mfa_token: mine } = await firstStep(user);
    let last = 0;
    for (let tries = 0; tries < 6; tries += 1) {
      const { mfa_token } = await firstStep(user);
      last = (await secondStep(mfa_token, { method: 'totp', code: '000000' })).status;
    }
    expect(last).toBe(429);
    const barred = await secondStep(mine, { method: 'totp', code: app.code(1) });
    expectProblem(barred, 429, 'too_many_attempts');
  });

  it('is of the account, the realm and the password that began', async () => {
    const { user, app } = await withApp();
    const { app: other } = await withApp();
    const { mfa_token } = await firstStep(user);
    const right = { method: 'totp', code: app.code(1) };
    expectProblem(await secondStep(mfa_token, { method: 'totp', code: other.code(1) }), 401, 'invalid_code');
    await createRealm('mfa-elsewhere');
    expectProblem(await secondStep(mfa_token, right, { realm: 'mfa-elsewhere' }), 401, 'invalid_mfa_token');
    for (const forged of [
      'x',
      `${user.user.id}.${'A'.repeat(43)}`,
      `usr_${'0'.repeat(26)}.${'A'.repeat(43)}`,
    ]) {
      expectProblem(await secondStep(forged, right), 401, 'invalid_mfa_token');
    }
    const change = { current_password: PASSWORD, new_password: 'five lighthouses at noon' };
    const changed = await call('PUT', '/v1/me/password', { token: user.access_token, body: change });
    expect(changed.status).toBe(204);
    expectProblem(await secondStep(mfa_token, right), 401, 'invalid_mfa_token');
  });

  it('lets nobody in who is suspended meanwhile', async () => {
    const { user, app } = await withApp();
    const { mfa_token } = await firstStep(user);
    await changeDirectory(user.user.id, { status: 'suspended' });
    const answer = await secondStep(mfa_token, { method: 'totp', code: app.code(1) });
    expectProblem(answer, 403, 'account_suspended');
  });

  it('can be taken by a passkey, which is two factors by itself', async () => {
    const { user, authenticator } = await withPasskey();
    const { mfa_token, methods } = await firstStep(user);
    expect(methods).toEqual(['passkey']);
    const { flow, public_key } = (await begin({})).body;
    const passkey = { flow, credential: await authenticator.get(public_key, {}) };
    const signedIn = await secondStep(mfa_token, { method: 'passkey', passkey });
    expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(200);
    expect(await session(signedIn.body.access_token)).toMatchObject({
      amr: ['pwd', 'hwk', 'user', 'mfa'],
      acr: 'aal2',
    });
    const again = await firstStep(user);
    expectProblem(await secondStep(again.mfa_token, { method: 'passkey', passkey }), 401, 'invalid_passkey');
  });

  it('does not take the passkey of somebody else', async () => {
    const { user } = await withPasskey();
    const { authenticator } = await withPasskey();
    const { mfa_token } = await firstStep(user);
    const { flow, public_key } = (await begin({})).body;
    const passkey = { flow, credential: await authenticator.get(public_key, {}) };
    expectProblem(await secondStep(mfa_token, { method: 'passkey', passkey }), 401, 'invalid_passkey');
  });

  it('is held against its schema', async () => {
    const { user } = await withApp();
    const { mfa_token } = await firstStep(user);
    for (const body of [{ method: 'totp' }, { method: 'passkey', code: '1' }, { method: 'fax', code: '1' }]) {
      expectProblem(await secondStep(mfa_token, body), 422, 'validation_failed');
    }
  });
});

describe('a proof within a session', () => {
  it.each(['totp', 'recovery_code'] as const)('can be a code (%s), once', async (method) => {
    const { user, app, recoveryCodes } = await withApp();
    const token = user.access_token;
    const code = method === 'totp' ? app.code(1) : recoveryCodes[0];
    await grow(user.user.id);
    const prove = () => call('POST', '/v1/auth/reauthenticate', { token, body: { [method]: code } });
    expect((await prove()).status).toBe(204);
    expect((await call('POST', '/v1/me/recovery-codes', { token })).status).toBe(200);
    expectProblem(await prove(), 401, 'invalid_code');
  });

  it('raises the assurance of its session', async () => {
    const user = await registerVerified();
    const second = (await login(user.user.email)).body;
    const { app } = await addApp(second.access_token);
    const token = user.access_token;
    expect(await session(token)).toMatchObject({ acr: 'aal1' });
    const proved = await call('POST', '/v1/auth/reauthenticate', { token, body: { totp: app.code(1) } });
    expect(proved.status).toBe(204);
    expect(await session(token)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
  });

  it('counts wrong codes as wrong passwords', async () => {
    const { user } = await withApp();
    const token = user.access_token;
    const statuses: number[] = [];
    for (let tries = 0; tries < 7; tries += 1) {
      statuses.push(
        (await call('POST', '/v1/auth/reauthenticate', { token, body: { totp: '000000' } })).status,
      );
    }
    expect(statuses).toContain(429);
  });
});

describe('a reset of the password by mail', () => {
  it('leaves the second factor, whatever else it ends', async () => {
    const { user, app } = await withApp();
    await call('POST', '/v1/auth/password/forgot', { body: { email: user.user.email } });
    const token = await tokenTo(user.user.email, /password/i);
    const body = { token, password: 'four lighthouses at dawn', end_other_ways: true };
    expect((await call('POST', '/v1/auth/password/reset', { body })).status).toBe(204);
    const answer = await login(user.user.email, 'four lighthouses at dawn');
    expect(answer.body).toMatchObject({ mfa_required: true, methods: ['totp', 'recovery_code'] });
    const done = await secondStep(answer.body.mfa_token, { method: 'totp', code: app.code(1) });
    expect(done.status).toBe(200);
  });
});
