import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { ApiError } from '../../src/errors.ts';
import { createServices } from '../../src/services.ts';
import { registerRole } from '../support/admin.ts';
import { call, changeDirectory, registerVerified } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { codeTextedTo, mailTo } from '../support/mail.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { stoppingAfter } from '../support/stopping-d1.ts';

let number = 4000;
const phone = () => {
  number += 1;
  return `+4915199${number}00`;
};

const CLIENT = { ip: '10.9.9.9', country: null, city: null, userAgent: null };
/** The subject of the mail about another way to pay. */
const PAYS = /payment method of yours is now used/;

async function noticesOf(userId: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT data FROM outbox WHERE user_id = ? AND template = 'account_changed'",
  )
    .bind(userId)
    .all<{ data: string }>();
  return results.map(({ data }) => JSON.parse(data).change);
}

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

it('an account that is unlinked is told of in the batch that unlinks it, so that no crash can lose the mail', async () => {
  const user = await registerVerified();
  await env.DB.prepare(
    `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
     VALUES (?, 'default', 'google', ?, 1, '{}', '', 1, 1)`,
  )
    .bind(user.user.id, crypto.randomUUID())
    .run();
  const services = createServices(stoppingAfter('delete from "identities"') as unknown as Bindings);
  const unlinking = services.identities.unlink(user.user.id, 'google', CLIENT);
  await expect(unlinking).rejects.toThrow('the machine stopped');
  expect(await noticesOf(user.user.id)).toEqual(['identity_unlinked']);
});

it('an account that stays linked is told of to nobody', async () => {
  const user = await registerVerified();
  await env.DB.prepare(
    `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
     VALUES (?, 'default', 'google', ?, 1, '{}', '', 1, 1)`,
  )
    .bind(user.user.id, crypto.randomUUID())
    .run();
  await env.DB.prepare('DELETE FROM passwords WHERE user_id = ?').bind(user.user.id).run();
  const answer = await call('DELETE', '/v1/me/identities/google', { token: user.access_token });
  expect(answer.status).toBe(409);
  expect(await noticesOf(user.user.id)).toEqual([]);
});

describe('what is changed elsewhere', () => {
  const directory = () => createServices(env as unknown as Bindings).directory;
  const notice = { change: 'payment_method_changed', about: null, client: null } as const;

  it('is told of also when nobody comes back from it', async () => {
    const { user } = await registerVerified();
    const row = await directory().get(user.id, null);
    const lost = new Error('the machine stopped');
    await expect(directory().notifying(row, notice, () => Promise.reject(lost))).rejects.toBe(lost);
    expect(await noticesOf(user.id)).toEqual(['payment_method_changed']);
    await createServices(env as unknown as Bindings).outbox.drain(PLENTY);
    expect((await receivedMails(user.email)).filter(({ subject }) => PAYS.test(subject))).toEqual([]);
    advance(3 * 60_000);
    await createServices(env as unknown as Bindings).outbox.drain(PLENTY);
    await mailTo(user.email, PAYS);
  });

  it('is told of at once when it is done, and not when it was refused', async () => {
    const { user } = await registerVerified();
    const row = await directory().get(user.id, null);
    const refuse = () => Promise.reject(new ApiError('payment_method_not_found'));
    await expect(directory().notifying(row, notice, refuse)).rejects.toThrow();
    expect(await noticesOf(user.id)).toEqual([]);
    expect(await directory().notifying(row, notice, async () => 'done')).toBe('done');
    await mailTo(user.email, PAYS);
  });
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
