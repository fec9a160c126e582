import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { asAdmin, registerRole } from '../support/admin.ts';
import { call, expectProblem, INTERNAL, login, PASSWORD, registerVerified } from '../support/api.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';
import { signIn, tryAdding, withPasskey } from '../support/passkeys.ts';
import { ageProofs } from '../support/stale-proof.ts';

const authorize = async (token: string, wanted: object) =>
  (await call('POST', '/v1/authorize', { headers: INTERNAL, body: { token, ...wanted } })).body;

const grow = (userId: string, seconds: number) => ageProofs(userId, seconds * 1000);

const assuranceOf = async (token: string) => {
  const { amr, acr } = (await call('GET', '/v1/auth/session', { token })).body;
  return { amr, acr };
};

/** A user with a passkey, and a session of before by the password alone: since then a sign-in by it takes a second step. */
async function withEarlierSession() {
  const user = await registerVerified();
  const { access_token, refresh_token } = (await login(user.user.email)).body;
  const authenticator = await SoftwareAuthenticator.make();
  expect((await tryAdding(user.access_token, authenticator)).status).toBe(201);
  return { access_token: access_token as string, refresh_token, authenticator, adding: user.access_token };
}

describe('how sure it is who a user is', () => {
  it('is said by the token and by the session, and a passkey makes it surer', async () => {
    const { access_token: token, refresh_token, authenticator, adding } = await withEarlierSession();
    expect(await assuranceOf(adding)).toMatchObject({ acr: 'aal2' });
    expect(await assuranceOf(token)).toEqual({ amr: ['pwd'], acr: 'aal1' });
    expect(await authorize(token, { acr: 'aal1' })).toMatchObject({ allowed: true });
    expect(await authorize(token, { acr: 'aal2' })).toMatchObject({
      allowed: false,
      reason: 'reauthentication_required',
      user_id: null,
    });

    const { flow, public_key } = (await call('POST', '/v1/auth/reauthenticate/passkey', { token })).body;
    const passkey = { flow, credential: await authenticator.get(public_key) };
    expect((await call('POST', '/v1/auth/reauthenticate', { token, body: { passkey } })).status).toBe(204);
    const surer = { amr: ['pwd', 'hwk', 'user', 'mfa'], acr: 'aal2' };
    expect(await assuranceOf(token)).toEqual(surer);
    expect(await authorize(token, { acr: 'aal2' })).toMatchObject({ allowed: true });
    const body = { refresh_token };
    expect(decodeJwt((await call('POST', '/v1/auth/refresh', { body })).body.access_token)).toMatchObject(
      surer,
    );

    const other = (await signIn(authenticator)).body.access_token;
    expect(decodeJwt(other)).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: 'aal2' });
    expect(await authorize(other, { acr: 'aal2' })).toMatchObject({ allowed: true });
  });

  it('is not raised by a password or a wrong passkey', async () => {
    const { access_token: token } = await withEarlierSession();
    const { authenticator: stranger } = await withPasskey();
    const { flow, public_key } = (await call('POST', '/v1/auth/reauthenticate/passkey', { token })).body;
    const passkey = { flow, credential: await stranger.get(public_key) };
    const prove = (body: object) => call('POST', '/v1/auth/reauthenticate', { token, body });
    expectProblem(await prove({ passkey }), 401, 'invalid_passkey');
    // The account has a passkey by now, which nothing weaker makes up for.
    const byPassword = await prove({ password: PASSWORD });
    expectProblem(byPassword, 401, 'reauthentication_required');
    expect(byPassword.body.methods).toEqual(['passkey']);
    expect(await assuranceOf(token)).toEqual({ amr: ['pwd'], acr: 'aal1' });
  });

  it('is nothing for an admin who acts as the user', async () => {
    const admin = await registerRole('admin');
    const user = await registerVerified();
    const acting = await asAdmin('POST', `/users/${user.user.id}/impersonate`, {
      token: admin.access_token,
      body: { reason: 'a test' },
    });
    const token = acting.body.access_token;
    expect(await assuranceOf(token)).toEqual({ amr: [], acr: null });
    expect(decodeJwt(token)).not.toHaveProperty('amr');
    expect(decodeJwt(token)).not.toHaveProperty('acr');
    expect(await authorize(token, { max_age: 600 })).toMatchObject({ reason: 'reauthentication_required' });
  });
});

describe('how long ago a user proved who they are', () => {
  it('is asked for by the second, and nothing is charged when it was too long', async () => {
    const user = await registerVerified();
    const token = user.access_token;
    const use = { resource: 'images', quantity: 1, reference: 'sure' };
    expect(await authorize(token, { max_age: 600 })).toMatchObject({ allowed: true });
    await grow(user.user.id, 601);
    expect(await authorize(token, { ...use, max_age: 600 })).toMatchObject({
      allowed: false,
      reason: 'reauthentication_required',
    });
    expect((await call('GET', '/v1/me/quota', { token })).body.resources.images.used).toBe(0);
    expect(await authorize(token, { ...use, max_age: 700 })).toMatchObject({
      allowed: true,
      quota: { used: 1 },
    });
    const body = { password: PASSWORD };
    expect((await call('POST', '/v1/auth/reauthenticate', { token, body })).status).toBe(204);
    expect(await authorize(token, { max_age: 600 })).toMatchObject({ allowed: true });
  });

  it.each([{ max_age: -1 }, { max_age: 1.5 }, { max_age: '600' }, { acr: 'aal3' }, { acr: null }])(
    'is not asked for by %j',
    async (wanted) => {
      const { access_token: token } = await registerVerified();
      const body = { token, ...wanted };
      expectProblem(
        await call('POST', '/v1/authorize', { headers: INTERNAL, body }),
        422,
        'validation_failed',
      );
    },
  );
});
