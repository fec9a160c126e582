import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import {
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  ORIGIN,
  PASSWORD,
  register,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { type Claims, FLAGS, newKeys, SoftwareAuthenticator } from '../support/authenticator.ts';
import { advance } from '../support/clock.ts';
import { mailTo, tokenTo } from '../support/mail.ts';
import { cookiesOf, visit } from '../support/pages.ts';
import { begin, beginAdding, signIn, tryAdding, withPasskey } from '../support/passkeys.ts';
import { activityOf } from '../support/projection.ts';
import { ageProofs } from '../support/stale-proof.ts';

const MINUTE = 60_000;

/** An attestation with a certificate, as far as it is read. */
const vouchedBy = (fmt: string) =>
  new Map<string, any>([
    ['fmt', fmt],
    [
      'attStmt',
      new Map<string, any>([
        ['alg', -7],
        ['ver', '1'],
        ['response', new TextEncoder().encode('e30.e30.e30')],
        ['sig', new Uint8Array(64)],
        ['x5c', [new Uint8Array(100)]],
      ]),
    ],
  ]);

const grow = (userId: string) => ageProofs(userId, 11 * MINUTE);

const list = async (token: string) => (await call('GET', '/v1/me/passkeys', { token })).body.data;

describe('a passkey', () => {
  it('is added, signs in without an address, is renamed and removed, and mails tell of it', async () => {
    const { user, authenticator, id } = await withPasskey({ email: 'ada.passkey@example.com', name: 'Ada' });
    expect(await list(user.access_token)).toMatchObject([
      {
        id,
        name: 'Bitwarden',
        authenticator: 'Bitwarden',
        synced: false,
        backed_up: false,
        transports: ['internal', 'hybrid'],
        last_used_at: null,
      },
    ]);
    await mailTo('ada.passkey@example.com', /^A passkey can now sign in to your account: Bitwarden/);

    const answer = await signIn(authenticator);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ user: { id: user.user.id }, token_type: 'Bearer' });
    const { data } = (await call('GET', '/v1/me/sessions', { token: answer.body.access_token })).body;
    expect(data.find((one: any) => one.current).methods).toEqual(['hwk', 'user', 'mfa']);
    expect((await list(user.access_token))[0].last_used_at).not.toBeNull();

    const renamed = await call('PATCH', `/v1/me/passkeys/${id}`, {
      token: user.access_token,
      body: { name: ' My key ' },
    });
    expect(renamed.body).toMatchObject({ id, name: 'My key' });
    expect((await call('DELETE', `/v1/me/passkeys/${id}`, { token: user.access_token })).status).toBe(204);
    await mailTo('ada.passkey@example.com', /^A passkey was removed from your account: My key/);
    expect(await list(user.access_token)).toEqual([]);
    expectProblem(await signIn(authenticator), 401, 'invalid_passkey');
    expect(await activityOf(user.user.id)).toEqual([
      'registered',
      'passkey_added',
      'signed_in',
      'passkey_removed',
    ]);
  });

  it('is known as synced, and whether it was copied at its last use', async () => {
    const { BE, BS, UP, UV } = FLAGS;
    const { user, authenticator } = await withPasskey({}, { flags: UP | UV | BE });
    expect((await list(user.access_token))[0]).toMatchObject({ synced: true, backed_up: false });
    const { body } = await signIn(authenticator, { flags: UP | UV | BE | BS });
    expect((await list(user.access_token))[0]).toMatchObject({ synced: true, backed_up: true });
    const { data } = (await call('GET', '/v1/me/sessions', { token: body.access_token })).body;
    expect(data.find((one: any) => one.current).methods).toEqual(['swk', 'user', 'mfa']);
  });

  it('is one of a host, whose options say nothing about anybody', async () => {
    await createRealm('keys-options');
    for (const realm of [undefined, 'keys-options']) {
      const { status, body, headers } = await begin({}, realm);
      expect(status).toBe(200);
      expect(body.public_key).toEqual({
        rpId: 'auth.test',
        challenge: expect.stringMatching(/^[\w-]{43}$/),
        timeout: 10 * MINUTE,
        userVerification: 'required',
        allowCredentials: [],
      });
      expect(headers.getSetCookie()).toEqual([]);
    }
    expectProblem(await begin({ email: 'ada@example.com' }), 422, 'validation_failed');
  });

  it('may be used at the allowed origins of the realm, which browsers can look up', async () => {
    const app = 'https://app.passkeys.example';
    await createRealm('keys-related', { allowed_origins: JSON.stringify([app]) });
    const { authenticator } = await withPasskey({}, {}, 'keys-related');
    expect((await signIn(authenticator, { realm: 'keys-related', origin: app })).status).toBe(200);
    const related = await call('GET', '/.well-known/webauthn');
    expect(related.body.origins).toContain(app);
    expect(related.headers.get('content-type')).toMatch(/^application\/json/);

    const { authenticator: other } = await withPasskey();
    expectProblem(await signIn(other, { origin: app }), 401, 'invalid_passkey');
  });
});

describe('a use of a passkey is refused', () => {
  it.each<[string, Claims | (() => Promise<Claims>)]>([
    ['at another origin', { origin: 'https://evil.example' }],
    ['at a subdomain', { origin: 'https://x.auth.test' }],
    ['over plain HTTP', { origin: 'http://auth.test' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['for another challenge', { challenge: 'A'.repeat(43) }],
    ['as a registration', { type: 'webauthn.create' }],
    ['without the user', { flags: FLAGS.UV }],
    ['without verifying the user', { flags: FLAGS.UP }],
    ['for another user', { userHandle: Buffer.from('usr_other').toString('base64url') }],
    ['for nobody', { userHandle: null }],
    ['with another key', async () => ({ key: (await newKeys()).privateKey })],
  ])('%s', async (_, given) => {
    const { authenticator } = await withPasskey();
    const claims = typeof given === 'function' ? await given() : given;
    expectProblem(await signIn(authenticator, claims), 401, 'invalid_passkey');
    expect((await signIn(authenticator)).status).toBe(200);
  });

  it('when its counter did not rise, which the log says', async () => {
    const { user, authenticator } = await withPasskey({}, { counter: 5 });
    expect((await signIn(authenticator)).status).toBe(200);
    for (const counter of [6, 5, 1, 0]) {
      const copied = await signIn(authenticator, { counter });
      expectProblem(copied, 401, 'invalid_passkey');
      expect(copied.body.detail).toContain('copy');
    }
    expect((await signIn(authenticator, { counter: 100 })).status).toBe(200);
    expect((await activityOf(user.user.id)).filter((one) => one === 'passkey_copied')).toHaveLength(4);
  });

  it('when its challenge was used before, also at the same time', async () => {
    const { authenticator } = await withPasskey();
    const { flow, public_key } = (await begin()).body;
    const body = { flow, credential: await authenticator.get(public_key) };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('POST', '/v1/auth/passkeys/verify', { body })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    expectProblem(await call('POST', '/v1/auth/passkeys/verify', { body }), 401, 'invalid_passkey');
  });

  it('when its challenge is over, is of another kind or realm, or was made up', async () => {
    await createRealm('keys-flows');
    const { user, authenticator } = await withPasskey();
    const verify = async (flow: string, challenge: string, realm?: string) =>
      call('POST', '/v1/auth/passkeys/verify', {
        realm,
        body: { flow, credential: await authenticator.get({ rpId: 'auth.test', challenge }) },
      });
    const adding = await beginAdding(user.access_token);
    const proving = await call('POST', '/v1/auth/reauthenticate/passkey', { token: user.access_token });
    const elsewhere = (await begin({}, 'keys-flows')).body;
    for (const { flow, public_key } of [adding, proving.body, elsewhere]) {
      expectProblem(await verify(flow, public_key.challenge), 401, 'invalid_passkey');
    }
    const { flow, public_key } = (await begin()).body;
    expectProblem(await verify(`${flow.slice(0, -4)}AAAA`, public_key.challenge), 401, 'invalid_passkey');
    expectProblem(await verify('x', public_key.challenge), 401, 'invalid_passkey');
    advance(10 * MINUTE);
    expectProblem(await verify(flow, public_key.challenge), 401, 'invalid_passkey');
  });

  it('when it is of another realm', async () => {
    await createRealm('keys-here');
    await createRealm('keys-there');
    const { authenticator } = await withPasskey({}, {}, 'keys-here');
    expectProblem(await signIn(authenticator, { realm: 'keys-there' }), 401, 'invalid_passkey');
    expectProblem(await signIn(authenticator), 401, 'invalid_passkey');
    expect((await signIn(authenticator, { realm: 'keys-here' })).status).toBe(200);
  });

  it('for a cookie, where another browser has begun', async () => {
    const { authenticator } = await withPasskey();
    const headers = { origin: ORIGIN };
    const body = { session_cookie: true };
    const verify = async ({ flow, public_key }: any, cookie = '') =>
      call('POST', '/v1/auth/passkeys/verify', {
        headers: { ...headers, cookie },
        body: { flow, credential: await authenticator.get(public_key), session_cookie: true },
      });
    const begun = await begin(body, undefined, headers);
    const mine = cookiesOf(begun);
    expect(mine).toMatch(/^__Host-latchkey-device=[\w-]{43}$/);
    const other = cookiesOf(await begin(body, undefined, headers));
    expectProblem(await verify(begun.body), 401, 'invalid_passkey');
    expectProblem(await verify(begun.body, other), 401, 'invalid_passkey');
    expectProblem(await verify((await begin()).body, mine), 401, 'invalid_passkey');
    const signedIn = await verify(begun.body, mine);
    expect(signedIn.status).toBe(200);
    expect(signedIn.body.refresh_token).toBeUndefined();
    expect(cookiesOf(signedIn)).toContain('__Host-latchkey=');
    expectProblem(await call('POST', '/v1/auth/passkeys/options', { body }), 403, 'origin_not_allowed');
  });

  it('for a user who is suspended', async () => {
    const { user, authenticator } = await withPasskey();
    await changeDirectory(user.user.id, { status: 'suspended' });
    expectProblem(await signIn(authenticator), 403, 'account_suspended');
  });
});

describe('adding a passkey', () => {
  it('needs a verified address and a fresh proof, which a stolen token has not', async () => {
    const unproven = await register();
    expectProblem(
      await call('POST', '/v1/me/passkeys/options', { token: unproven.access_token }),
      403,
      'email_not_verified',
    );
    const { user, id } = await withPasskey();
    await grow(user.user.id);
    const token = user.access_token;
    expectProblem(await call('POST', '/v1/me/passkeys/options', { token }), 401, 'reauthentication_required');
    expectProblem(await call('DELETE', `/v1/me/passkeys/${id}`, { token }), 401, 'reauthentication_required');
    expect(await list(token)).toHaveLength(1);
  });

  it('is for the session that has begun it', async () => {
    const user = await registerVerified();
    const other = await call('POST', '/v1/auth/login', {
      body: { identifier: user.user.email, password: PASSWORD },
    });
    const { flow, public_key } = await beginAdding(user.access_token);
    const credential = await (await SoftwareAuthenticator.make()).create(public_key);
    const add = (token: string) => call('POST', '/v1/me/passkeys', { token, body: { flow, credential } });
    expectProblem(await add(other.body.access_token), 401, 'invalid_passkey');
    expectProblem(await add((await registerVerified()).access_token), 401, 'invalid_passkey');
    expect((await add(user.access_token)).status).toBe(201);
  });

  it.each<[string, Parameters<SoftwareAuthenticator['create']>[1]]>([
    ['of an unknown algorithm', { algorithm: -65_535 }],
    ['of an algorithm that was not asked for', { algorithm: -35 }],
    ['made at another origin', { origin: 'https://evil.example' }],
    ['of another relying party', { rpId: 'evil.example' }],
    ['without verifying the user', { flags: FLAGS.UP }],
    ['for another challenge', { challenge: 'B'.repeat(43) }],
    ...['packed', 'tpm', 'android-safetynet', 'android-key', 'apple', 'fido-u2f'].map(
      (fmt): [string, Parameters<SoftwareAuthenticator['create']>[1]] => [
        `that somebody else vouches for by ${fmt}`,
        { attestation: vouchedBy(fmt) },
      ],
    ),
  ])('refuses one %s', async (_, claims) => {
    const user = await registerVerified();
    const refused = await tryAdding(user.access_token, await SoftwareAuthenticator.make(), claims);
    expectProblem(refused, 401, 'invalid_passkey');
    expect(await list(user.access_token)).toEqual([]);
  });

  it('refuses one that is there, here or with somebody else', async () => {
    const { user, authenticator } = await withPasskey();
    expectProblem(await tryAdding(user.access_token, authenticator), 409, 'passkey_exists');
    const other = await registerVerified();
    expectProblem(await tryAdding(other.access_token, authenticator), 409, 'passkey_exists');
    const { public_key } = await beginAdding(user.access_token);
    expect(public_key.excludeCredentials).toMatchObject([{ id: authenticator.credentialId }]);
  });

  it('stops at twenty, also at the same time', async () => {
    const user = await registerVerified();
    const now = Date.now();
    await env.DB.batch(
      Array.from({ length: 18 }, (_, n) =>
        env.DB.prepare(
          `INSERT INTO passkeys (id, user_id, realm_id, credential_id, public_key, counter, transports, aaguid,
             backup_eligible, backed_up, name, created_at) VALUES (?1, ?2, 'default', ?1, 'x', 0, '[]', 'x', 0, 0, 'x', ?3)`,
        ).bind(`psk_${user.user.id}_${n}`, user.user.id, now),
      ),
    );
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => tryAdding(user.access_token, await SoftwareAuthenticator.make())),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
    expectProblem(
      await tryAdding(user.access_token, await SoftwareAuthenticator.make()),
      409,
      'too_many_passkeys',
    );
    expect(await list(user.access_token)).toHaveLength(20);
  });

  it('takes hostile credentials for what they are', async () => {
    const { access_token: token } = await registerVerified();
    const { flow, public_key } = await beginAdding(token);
    const good = await (await SoftwareAuthenticator.make()).create(public_key);
    const add = (credential: unknown) =>
      call('POST', '/v1/me/passkeys', { token, body: { flow, credential } });
    for (const attestationObject of ['AA', 'oA', 'oWNmbXRkbm9uZQ', 'n'.repeat(9000)]) {
      expectProblem(
        await add({ ...good, response: { ...good.response, attestationObject } }),
        401,
        'invalid_passkey',
      );
    }
    for (const clientDataJSON of [
      'AA',
      Buffer.from('{}').toString('base64url'),
      Buffer.from('[1]').toString('base64url'),
    ]) {
      expectProblem(
        await add({ ...good, response: { ...good.response, clientDataJSON } }),
        401,
        'invalid_passkey',
      );
    }
    expectProblem(await add({ ...good, rawId: 'AAAA' }), 401, 'invalid_passkey');
    expectProblem(await add({ ...good, id: 'a b' }), 422, 'validation_failed');
    expectProblem(await add('x'), 422, 'validation_failed');
  });
});

describe('a proof within a session', () => {
  const prove = (token: string, body: object) => call('POST', '/v1/auth/reauthenticate', { token, body });

  it('is made by a passkey of the user, once', async () => {
    const { user, authenticator } = await withPasskey();
    const token = user.access_token;
    await grow(user.user.id);
    const { flow, public_key } = (await call('POST', '/v1/auth/reauthenticate/passkey', { token })).body;
    expect(public_key.allowCredentials).toEqual([
      { type: 'public-key', id: authenticator.credentialId, transports: ['internal', 'hybrid'] },
    ]);
    const passkey = { flow, credential: await authenticator.get(public_key) };
    expect((await prove(token, { passkey })).status).toBe(204);
    await beginAdding(token);
    expectProblem(await prove(token, { passkey }), 401, 'invalid_passkey');
    expectProblem(await prove(token, { passkey, password: PASSWORD }), 422, 'validation_failed');
  });

  it('is not made by the passkey of somebody else, nor from another session', async () => {
    const { user } = await withPasskey();
    const { user: stranger, authenticator } = await withPasskey();
    const { flow, public_key } = (
      await call('POST', '/v1/auth/reauthenticate/passkey', { token: user.access_token })
    ).body;
    const passkey = { flow, credential: await authenticator.get(public_key) };
    expectProblem(await prove(user.access_token, { passkey }), 401, 'invalid_passkey');
    expectProblem(await prove(stranger.access_token, { passkey }), 401, 'invalid_passkey');
    const { access_token: token } = await registerVerified();
    expectProblem(await call('POST', '/v1/auth/reauthenticate/passkey', { token }), 404, 'passkey_not_found');
  });

  it('is counted when it fails', async () => {
    const { user } = await withPasskey();
    const stranger = await SoftwareAuthenticator.make();
    const token = user.access_token;
    const { flow, public_key } = (await call('POST', '/v1/auth/reauthenticate/passkey', { token })).body;
    const passkey = { flow, credential: await stranger.get(public_key, { userHandle: 'AAAA' }) };
    for (let n = 0; n < 5; n += 1) expectProblem(await prove(token, { passkey }), 401, 'invalid_passkey');
    expectProblem(await prove(token, { passkey }), 429, 'too_many_attempts');
  });
});

describe('a passkey among the other ways in', () => {
  it('is the last one, or lets another be the last no more', async () => {
    const { user, id } = await withPasskey();
    const token = user.access_token;
    await env.DB.prepare('DELETE FROM passwords WHERE user_id = ?').bind(user.user.id).run();
    expectProblem(await call('DELETE', `/v1/me/passkeys/${id}`, { token }), 409, 'last_sign_in_method');
    const second = await tryAdding(token, await SoftwareAuthenticator.make());
    expect(second.status, JSON.stringify(second.body)).toBe(201);
    const removed = await Promise.all(
      [id, second.body.id].map((one) => call('DELETE', `/v1/me/passkeys/${one}`, { token })),
    );
    expect(removed.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await list(token)).toHaveLength(1);
  });

  it('of another user is not there', async () => {
    const { id } = await withPasskey();
    const { access_token: token } = await registerVerified();
    expectProblem(await call('DELETE', `/v1/me/passkeys/${id}`, { token }), 404, 'passkey_not_found');
    const renamed = await call('PATCH', `/v1/me/passkeys/${id}`, { token, body: { name: 'mine' } });
    expectProblem(renamed, 404, 'passkey_not_found');
  });

  async function reset(user: SignedInBody, more: object) {
    const { email } = user.user;
    await call('POST', '/v1/auth/password/forgot', { body: { email } });
    const token = await tokenTo(email, /password/i);
    const body = { token, password: 'four lighthouses at dawn', ...more };
    expect((await call('POST', '/v1/auth/password/reset', { body })).status).toBe(204);
  }

  it.each([false, true])('stays after a reset, whatever else its owner ends (%s)', async (ends) => {
    const { user, authenticator } = await withPasskey();
    await reset(user, { end_other_ways: ends });
    expect((await signIn(authenticator)).status).toBe(200);
  });

  it('that was added before the address was proven opens nothing until it is, and ends with a reset', async () => {
    const { user, authenticator } = await withPasskey();
    await env.DB.prepare('UPDATE passkeys SET added_unproven = 1 WHERE user_id = ?').bind(user.user.id).run();
    await changeDirectory(user.user.id, { email_verified: 0 });
    expectProblem(await signIn(authenticator), 403, 'email_not_verified');
    await reset(user, {});
    expectProblem(await signIn(authenticator), 401, 'invalid_passkey');
  });

  it('goes with the account', async () => {
    const { user, authenticator } = await withPasskey();
    const body = { password: PASSWORD };
    expect((await call('DELETE', '/v1/me', { token: user.access_token, body })).status).toBeLessThan(300);
    expectProblem(await signIn(authenticator), 401, 'invalid_passkey');
  });

  it('is in the export, without its key', async () => {
    const { user, authenticator } = await withPasskey();
    const { body } = await call('GET', '/v1/me/export', { token: user.access_token });
    expect(body.passkeys).toEqual([
      {
        name: 'Bitwarden',
        aaguid: 'd548826e-79b4-db40-a3d8-11116f7e8349',
        credential_id: authenticator.credentialId,
        synced: false,
        transports: ['internal', 'hybrid'],
        created_at: expect.any(String),
      },
    ]);
  });

  it('is shown to whoever comes back by a link from a mail', async () => {
    const { user } = await withPasskey();
    await call('POST', '/v1/auth/password/forgot', { body: { email: user.user.email } });
    const token = await tokenTo(user.user.email, /password/i);
    expect((await visit(`/reset-password?token=${token}`)).body).toContain('A passkey (Bitwarden)');
  });
});
