import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { call, login } from '../support/api.ts';
import { appOf, secondStep } from '../support/factors.ts';
import { importRows, ndjson, someUser } from '../support/import.ts';
import { bcrypt2y, password } from '../support/moving.ts';

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
