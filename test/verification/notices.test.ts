import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { registerRole } from '../support/admin.ts';
import { call, changeDirectory, registerVerified } from '../support/api.ts';
import { codeTextedTo, mailTo } from '../support/mail.ts';

let number = 4000;
const phone = () => {
  number += 1;
  return `+4915199${number}00`;
};

it('a phone number that can sign in is told of by mail, and one that cannot any more', async () => {
  const user = await registerVerified();
  const token = user.access_token;
  const to = phone();
  await call('PATCH', '/v1/me', { token, body: { phone_number: to } });
  await call('POST', '/v1/auth/otp/send', { token, body: { channel: 'sms', to } });
  const code = await codeTextedTo(to);
  const proved = await call('POST', '/v1/auth/otp/verify', { token, body: { channel: 'sms', to, code } });
  expect(proved.status).toBe(200);
  expect((await mailTo(user.user.email, /can now sign in/)).text).toContain(to);
  expect((await call('PATCH', '/v1/me', { token, body: { phone_number: null } })).status).toBe(200);
  expect((await mailTo(user.user.email, /does not sign in/)).text).toContain(to);
});

it('an account of a provider that is unlinked is told of by mail', async () => {
  const user = await registerVerified();
  await env.DB.prepare(
    `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
     VALUES (?, 'default', 'google', ?, 1, '{}', '', 1, 1)`,
  )
    .bind(user.user.id, crypto.randomUUID())
    .run();
  const answer = await call('DELETE', '/v1/me/identities/google', { token: user.access_token });
  expect(answer.status).toBe(204);
  await mailTo(user.user.email, /not linked to .*google.* any more/);
});

it('an API key is told of by mail to who answers for it', async () => {
  const admin = await registerRole('admin');
  const owner = await registerRole('owner');
  const token = admin.access_token;
  const body = { name: 'image service', scopes: ['users:read'] };
  const { id } = (await call('POST', '/v1/admin/api-keys', { token, body })).body;
  const made = await mailTo(admin.user.email, /new API key/);
  expect(made.subject).toContain('image service');
  await call('POST', `/v1/admin/api-keys/${id}/rotate`, { token });
  await mailTo(admin.user.email, /new secret/);
  await changeDirectory(admin.user.id, { role: 'user' });
  const taken = await call('POST', `/v1/admin/api-keys/${id}/take-over`, { token: owner.access_token });
  expect(taken.status).toBe(200);
  await mailTo(owner.user.email, /answer for an API key/);
  await call('DELETE', `/v1/admin/api-keys/${id}`, { token: owner.access_token });
  await mailTo(owner.user.email, /was revoked/);
});
