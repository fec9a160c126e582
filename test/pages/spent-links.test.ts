import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { call, register } from '../support/api.ts';
import { linkIn, mailTo } from '../support/mail.ts';

const visit = (path: string) => call('GET', path, { headers: { accept: 'text/html' } });
const tokenTo = async (email: string, subject: RegExp) =>
  new URL(linkIn(await mailTo(email, subject))).searchParams.get('token') as string;

it('a link that proves an address shows its button once, and then that it is done', async () => {
  const { user } = await register();
  const token = await tokenTo(user.email, /^Welcome/);
  expect((await visit(`/verify-email?token=${token}`)).body).toContain('This is my account');
  expect((await call('POST', '/v1/auth/email/verify', { body: { token } })).status).toBe(200);
  const page = await visit(`/verify-email?token=${token}`);
  expect(page.status).toBe(200);
  expect(page.body).toContain('Already confirmed');
  expect(page.body).not.toContain('<form');
});

it('a link to set a password says that it was used, and so does one that is too old or nobody’s', async () => {
  const { user } = await register();
  await call('POST', '/v1/auth/password/forgot', { body: { email: user.email } });
  const token = await tokenTo(user.email, /password/i);
  expect((await visit(`/reset-password?token=${token}`)).body).toContain('<form');
  await env.DB.prepare('UPDATE one_time_tokens SET expires_at = 1 WHERE user_id = ?').bind(user.id).run();
  for (const path of [
    `/reset-password?token=${token}`,
    '/reset-password?token=x',
    '/verify-email?token=x',
    '/undo-email-change?token=x',
  ]) {
    const page = await visit(path);
    expect(page.status, path).toBe(410);
    expect(page.body).toContain('This link has been used');
    expect(page.body).not.toContain('<form');
  }
});
