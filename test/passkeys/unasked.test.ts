import { describe, expect, it } from 'vitest';
import {
  call,
  createRealm,
  expectProblem,
  login,
  PASSWORD,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { FLAGS, SoftwareAuthenticator } from '../support/authenticator.ts';
import { advance } from '../support/clock.ts';
import { addApp, secondStep } from '../support/factors.ts';
import { codeMailedTo, mailTo, tokenTo } from '../support/mail.ts';
import {
  addUnasked as add,
  begin,
  beginUnasked,
  makeUnasked,
  NOBODY,
  signIn,
  tryAdding,
  withPasskey,
} from '../support/passkeys.ts';
import { activityOf } from '../support/projection.ts';
import { ageProofs } from '../support/stale-proof.ts';

const MINUTE = 60_000;
const sessionOf = async (token: string, realm?: string) =>
  (await call('GET', '/v1/auth/session', { token, realm })).body;

/** Shows a passkey in a session, to have it count. */
async function confirm(
  user: Pick<SignedInBody, 'access_token'>,
  id: string,
  by: SoftwareAuthenticator,
  claims = {},
) {
  const token = user.access_token;
  const { flow, public_key } = (await call('POST', '/v1/auth/reauthenticate/passkey', { token })).body;
  const credential = await by.get(public_key, claims);
  return call('POST', `/v1/me/passkeys/${id}/confirm`, { token, body: { flow, credential } });
}

describe('a passkey that the browser has made unasked', () => {
  it('is added after a sign-in by password, told by mail, and changes nothing of the next', async () => {
    const user = await registerVerified();
    const { access_token: token } = (await login(user.user.email)).body;
    const begun = await beginUnasked(token);
    expect(begun.body.public_key.authenticatorSelection).toMatchObject({
      residentKey: 'required',
      userVerification: 'preferred',
    });
    const { id, added } = await makeUnasked(token);
    expect(added).toMatchObject({ id, counts_as_factor: false });
    await mailTo(user.user.email, /^A passkey can now sign in/);
    expect(await activityOf(user.user.id)).toContain('passkey_added');
    expect(await sessionOf(token)).toMatchObject({ amr: ['pwd'], acr: 'aal1' });
    expect((await login(user.user.email)).body).toHaveProperty('access_token');
    expect((await call('GET', '/v1/me/factors', { token })).body.data).toEqual([]);
  });

  it('signs in by a user whom it verifies, for one factor', async () => {
    const user = await registerVerified();
    const { authenticator } = await makeUnasked(user.access_token);
    expect((await begin()).body.public_key.userVerification).toBe('required');
    expectProblem(await signIn(authenticator, { flags: FLAGS.UP }), 401, 'invalid_passkey');
    const { status, body } = await signIn(authenticator);
    expect(status).toBe(200);
    expect(await sessionOf(body.access_token)).toMatchObject({ amr: ['hwk'], acr: 'aal1' });
  });

  it('counts for one factor also where it has verified its user while it was made', async () => {
    const user = await registerVerified();
    const { flow, public_key } = (await beginUnasked(user.access_token)).body;
    const authenticator = await SoftwareAuthenticator.make();
    const added = await add(user.access_token, flow, await authenticator.create(public_key));
    expect(added.body.counts_as_factor).toBe(false);
  });

  it('is asked for a second step where the account has one, which it is not itself', async () => {
    const user = await registerVerified();
    const { app } = await addApp(user.access_token);
    const { authenticator } = await makeUnasked(user.access_token);
    const first = (await signIn(authenticator)).body;
    expect(first).toMatchObject({ mfa_required: true, methods: ['totp', 'recovery_code'] });
    const { flow, public_key } = (await begin()).body;
    const passkey = { flow, credential: await authenticator.get(public_key) };
    const twice = await secondStep(first.mfa_token, { method: 'passkey', passkey });
    expectProblem(twice, 401, 'invalid_passkey');
    const done = await secondStep(first.mfa_token, { method: 'totp', code: app.code(1) });
    expect(await sessionOf(done.body.access_token)).toMatchObject({
      amr: ['hwk', 'otp', 'mfa'],
      acr: 'aal2',
    });
  });

  it('is not the second step after itself, where another passkey could be', async () => {
    const user = await registerVerified();
    const { authenticator } = await makeUnasked(user.access_token);
    const counting = await SoftwareAuthenticator.make();
    expect((await tryAdding(user.access_token, counting)).status).toBe(201);
    const first = (await signIn(authenticator)).body;
    expect(first).toMatchObject({ mfa_required: true, methods: ['passkey'] });
    const showing = async (by: SoftwareAuthenticator) => {
      const { flow, public_key } = (await begin()).body;
      const passkey = { flow, credential: await by.get(public_key) };
      return secondStep(first.mfa_token, { method: 'passkey', passkey });
    };
    expectProblem(await showing(authenticator), 401, 'invalid_passkey');
    const done = await showing(counting);
    expect(await sessionOf(done.body.access_token)).toMatchObject({ acr: 'aal2' });
  });

  it('enrols nobody where the realm requires a factor, and goes though it does', async () => {
    await createRealm('unasked-strict', { mfa: 'required' });
    const user = await registerVerified({}, { realm: 'unasked-strict' });
    const { access_token: token } = user;
    const { id } = await makeUnasked(token, 'unasked-strict');
    const refused = await call('GET', '/v1/me/passkeys', { token, realm: 'unasked-strict' });
    expectProblem(refused, 403, 'mfa_required');
    await addApp(token, 'unasked-strict');
    const gone = await call('DELETE', `/v1/me/passkeys/${id}`, { token, realm: 'unasked-strict' });
    expect(gone.status).toBe(204);
  });
});

it('a passkey that was made unasked goes with the password that it came by, once that is reset', async () => {
  const user = await registerVerified();
  const { authenticator } = await makeUnasked(user.access_token);
  const other = await registerVerified();
  const confirmed = await makeUnasked(other.access_token);
  expect((await confirm(other, confirmed.id, confirmed.authenticator)).status).toBe(200);
  for (const { email } of [user.user, other.user]) {
    await call('POST', '/v1/auth/password/forgot', { body: { email } });
    const token = await tokenTo(email, /password/i);
    const body = { token, password: 'four lighthouses at dawn' };
    expect((await call('POST', '/v1/auth/password/reset', { body })).status).toBe(204);
  }
  expectProblem(await signIn(authenticator), 401, 'invalid_passkey');
  // What its user has confirmed is a second factor: who reads their mail must not be able to end it.
  expect((await signIn(confirmed.authenticator)).status).toBe(200);
});

describe('no passkey is made unasked', () => {
  it('when the sign-in was some minutes ago, be the session stolen or not', async () => {
    const user = await registerVerified();
    const token = user.access_token;
    const { flow, public_key } = (await beginUnasked(token)).body;
    const credential = await (await SoftwareAuthenticator.make()).create(public_key, NOBODY);
    await ageProofs(user.user.id, 5 * MINUTE);
    expectProblem(await beginUnasked(token), 401, 'reauthentication_required');
    // Asked for, it may be made for longer.
    expect((await call('POST', '/v1/me/passkeys/options', { token })).status).toBe(200);
    advance(5 * MINUTE);
    expectProblem(await add(token, flow, credential), 401, 'invalid_passkey');
  });

  it('in a session that was not opened by the password', async () => {
    const user = await registerVerified();
    const { email } = user.user;
    await call('POST', '/v1/auth/otp/send', { body: { channel: 'email', to: email } });
    const code = await codeMailedTo(email);
    const byCode = await call('POST', '/v1/auth/otp/verify', { body: { channel: 'email', to: email, code } });
    expect(byCode.status).toBe(200);
    expectProblem(await beginUnasked(byCode.body.access_token), 401, 'reauthentication_required');
  });

  it('twice, by what was begun before there was one', async () => {
    const { access_token: token } = await registerVerified();
    const begun = await Promise.all([0, 1, 2].map(async () => (await beginUnasked(token)).body));
    const made = await Promise.all(
      begun.map(async ({ flow, public_key }) => {
        const credential = await (await SoftwareAuthenticator.make()).create(public_key, NOBODY);
        return add(token, flow, credential);
      }),
    );
    expect(made.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expectProblem(made.find(({ status }) => status === 409) as (typeof made)[number], 409, 'passkey_exists');
  });

  it('for who has one, nor where it was to be asked for', async () => {
    const { user } = await withPasskey();
    expectProblem(await beginUnasked(user.access_token), 409, 'passkey_exists');
    const other = await registerVerified();
    const { access_token: token } = other;
    const { flow, public_key } = (await call('POST', '/v1/me/passkeys/options', { token })).body;
    const credential = await (await SoftwareAuthenticator.make()).create(public_key, NOBODY);
    expectProblem(await add(token, flow, credential), 401, 'invalid_passkey');
  });
});

describe('a passkey counts as a factor', () => {
  it('once its user shows it in a session of the password', async () => {
    const user = await registerVerified();
    const { authenticator, id } = await makeUnasked(user.access_token);
    expectProblem(await confirm(user, id, authenticator, { flags: FLAGS.UP }), 401, 'invalid_passkey');
    const confirmed = await confirm(user, id, authenticator);
    expect(confirmed.body).toMatchObject({ id, counts_as_factor: true, last_used_at: expect.any(String) });
    await mailTo(user.user.email, /^A passkey is now asked for/);
    expect(await sessionOf(user.access_token)).toMatchObject({ acr: 'aal2' });
    expect((await login(user.user.email)).body).toMatchObject({ mfa_required: true, methods: ['passkey'] });
    const { body } = await signIn(authenticator);
    expect(await sessionOf(body.access_token)).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: 'aal2' });
    expectProblem(await confirm(user, id, authenticator), 404, 'passkey_not_found');
  });

  it('not in a session that it has opened itself, until the password is given there', async () => {
    const user = await registerVerified();
    const { authenticator, id } = await makeUnasked(user.access_token);
    const alone = (await signIn(authenticator)).body;
    expectProblem(await confirm(alone, id, authenticator), 401, 'reauthentication_required');
    const token = alone.access_token;
    await call('POST', '/v1/auth/reauthenticate', { token, body: { password: PASSWORD } });
    expect((await confirm(alone, id, authenticator)).status).toBe(200);
  });

  it('not by another, nor for somebody else, nor twice at once', async () => {
    const user = await registerVerified();
    const { authenticator, id } = await makeUnasked(user.access_token);
    const { user: other, authenticator: others, id: theirs } = await withPasskey();
    expectProblem(await confirm(other, id, others), 401, 'invalid_passkey');
    expectProblem(await confirm(user, theirs, authenticator), 401, 'invalid_passkey');
    const answers = await Promise.all([0, 1, 2].map(() => confirm(user, id, authenticator)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    expect((await call('GET', '/v1/me/factors', { token: user.access_token })).body.data).toHaveLength(1);
  });
});
