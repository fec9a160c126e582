import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { call, expectProblem, login } from '../support/api.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';
import { appOf, secondStep } from '../support/factors.ts';
import { importRows, ndjson, someUser } from '../support/import.ts';
import { bcrypt2y, password } from '../support/moving.ts';
import { signIn as signInByPasskey } from '../support/passkeys.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

async function signIn(email: string) {
  return login(email, password);
}

it.each([
  SECRET,
  'jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp',
  `otpauth://totp/Old:ada?secret=${SECRET}&issuer=Old`,
])('an app that comes along is asked for from the first sign-in on: %s', async (totp_secret) => {
  const row = { ...someUser(), email_verified: true, password_hash: bcrypt2y, totp_secret };
  expect((await importRows(ndjson([row]))).body).toMatchObject({ imported: 1, failed: 0 });

  const first = await signIn(row.email);
  expect(first.body).toMatchObject({ mfa_required: true, methods: ['totp'] });
  expect(first.body).not.toHaveProperty('access_token');
  const code = appOf(SECRET).code();
  const second = await secondStep(first.body.mfa_token, { method: 'totp', code });
  expect(second.status, JSON.stringify(second.body)).toBe(200);
  const { body } = await call('GET', '/v1/me/factors', { token: second.body.access_token });
  expect(body.data).toMatchObject([{ type: 'totp' }]);

  const kept = await env.DB.prepare('SELECT secret FROM factors WHERE user_id = ?')
    .bind(second.body.user.id)
    .first<string>('secret');
  expect(kept).not.toContain(SECRET);
});

it('the CSV of Clerk has the apps of its users', async () => {
  const { email } = someUser();
  const row = {
    id: crypto.randomUUID(),
    primary_email_address: email,
    verified_email_addresses: email,
    password_digest: bcrypt2y,
    totp_secret: SECRET,
  };
  const query = { service: 'clerk' };
  expect((await importRows(ndjson([row]), { query })).body).toMatchObject({ imported: 1, failed: 0 });
  expect((await signIn(email)).body).toMatchObject({ mfa_required: true, methods: ['totp'] });
});

it.each(['not base32!', 'AAAA', `otpauth://hotp/ada?secret=${SECRET}&counter=1`])(
  'a secret that makes no codes here is refused, and never said: %s',
  async (totp_secret) => {
    const { body } = await importRows(ndjson([{ ...someUser(), totp_secret }]));
    expect(body).toMatchObject({ imported: 0, errors: [{ line: 1, column: 'totp_secret' }] });
    expect(JSON.stringify(body)).not.toContain(totp_secret);
  },
);

const HANDLE = Buffer.from('a user of another system').toString('base64url');

/** A passkey that another system has made, and its row of an import. */
async function elsewhere(userHandle = HANDLE) {
  const authenticator = await SoftwareAuthenticator.make();
  return { authenticator, passkey: await authenticator.keptElsewhere(userHandle) };
}

it('a passkey that comes along signs in, and is the second step of a sign-in by password', async () => {
  const { authenticator, passkey } = await elsewhere();
  const passkeys = [{ ...passkey, user_handle: HANDLE, name: 'Old phone', backup_eligible: true }];
  const row = { ...someUser(), email_verified: true, password_hash: bcrypt2y, passkeys };
  expect((await importRows(ndjson([row]))).body).toMatchObject({ imported: 1, failed: 0 });

  expect((await signIn(row.email)).body).toMatchObject({ mfa_required: true, methods: ['passkey'] });
  expectProblem(
    await signInByPasskey(authenticator, { userHandle: 'c29tZWJvZHkgZWxzZQ' }),
    401,
    'invalid_passkey',
  );
  const signedIn = await signInByPasskey(authenticator);
  expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(200);
  expect(signedIn.body.user.email).toBe(row.email);
  const known = await call('GET', '/v1/me/passkeys', { token: signedIn.body.access_token });
  expect(known.body.data).toMatchObject([{ name: 'Old phone' }]);
});

it('a passkey whose user was not verified is one factor, and no second step', async () => {
  const { authenticator, passkey } = await elsewhere();
  const passkeys = [{ ...passkey, user_verified: false }];
  const row = { ...someUser(), email_verified: true, password_hash: bcrypt2y, passkeys };
  expect((await importRows(ndjson([row]))).body).toMatchObject({ imported: 1, failed: 0 });
  expect((await signIn(row.email)).body).not.toHaveProperty('mfa_required');
  const signedIn = await signInByPasskey(authenticator);
  expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(200);
  const known = await call('GET', '/v1/me/passkeys', { token: signedIn.body.access_token });
  expect(known.body.data).toMatchObject([{ counts_as_factor: false }]);
});

it('Better Auth has the passkeys of its users, but not what their authenticators call them', async () => {
  const { authenticator, passkey } = await elsewhere();
  const { email } = someUser();
  const { credential_id: credentialID, public_key } = passkey;
  const kept = {
    ...{ id: 'p1', name: null, credentialID, counter: 0, deviceType: 'multiDevice', backedUp: true },
    publicKey: Buffer.from(public_key, 'base64url').toString('base64'),
    transports: 'internal,hybrid',
    aaguid: 'd548826e-79b4-db40-a3d8-11116f7e8349',
    createdAt: '2025-03-01T10:00:00.000Z',
  };
  const row = { id: crypto.randomUUID(), name: 'Ada', email, emailVerified: true, passkeys: [kept] };
  const query = { service: 'better-auth' };
  expect((await importRows(ndjson([row]), { query })).body).toMatchObject({ imported: 1, failed: 0 });
  const signedIn = await signInByPasskey(authenticator);
  expect(signedIn.body.user, JSON.stringify(signedIn.body)).toMatchObject({ email });
  const known = await call('GET', '/v1/me/passkeys', { token: signedIn.body.access_token });
  expect(known.body.data).toMatchObject([
    { name: 'Bitwarden', created_at: '2025-03-01T10:00:00.000Z', counts_as_factor: false },
  ]);
});

it('a passkey is of one user of a realm', async () => {
  const { passkey } = await elsewhere();
  const rows = [someUser(), someUser(), someUser()].map((user) => ({ ...user, passkeys: [passkey] }));
  const first = await importRows(ndjson(rows.slice(0, 2)));
  expect(first.body).toMatchObject({
    imported: 1,
    errors: [{ line: 2, column: 'passkeys', code: 'duplicate_in_file' }],
  });
  const second = await importRows(ndjson(rows.slice(2)));
  expect(second.body).toMatchObject({
    imported: 0,
    errors: [{ line: 1, column: 'passkeys', code: 'passkey_exists' }],
  });
});

it.each([
  ['no key', { public_key: 'AAAA' }],
  ['no base64', { credential_id: '*' }],
  ['a number below zero', { counter: -1 }],
])('a passkey that is none is refused, and never said: %s', async (_, wrong) => {
  const { passkey } = await elsewhere();
  const { body } = await importRows(ndjson([{ ...someUser(), passkeys: [{ ...passkey, ...wrong }] }]));
  expect(body).toMatchObject({ imported: 0, errors: [{ line: 1, column: 'passkeys' }] });
  expect(JSON.stringify(body)).not.toContain(passkey.public_key);
});
