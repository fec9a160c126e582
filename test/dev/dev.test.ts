import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { parseChoice } from '../../src/config/provider.ts';
import { createMailProvider, MAIL } from '../../src/messages/mail-registry.ts';
import { SAMPLES } from '../../src/messages/templates/samples.ts';
import { createServices } from '../../src/services.ts';
import { call, expectProblem } from '../support/api.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';

it('the mailbox shows every message as it would have been sent, and lets nothing of it run', async () => {
  const dev = parseChoice(MAIL, { MAIL_PROVIDER: 'dev', ENVIRONMENT: 'development' });
  await createMailProvider(dev, { DB: env.DB }).send({
    from: { address: 'accounts@latchkey.test', name: 'Latchkey' },
    to: 'dev@example.com',
    subject: HOSTILE,
    html: '<!doctype html><p>As sent</p>',
    text: `Follow https://auth.test/verify-email?token=abc\n${HOSTILE}`,
    idempotencyKey: 'msg_dev_1',
  });
  const page = await call('GET', '/dev/mailbox');
  expect(page.body).toContain('dev@example.com');
  expect(page.body).toContain('<a href="https://auth.test/verify-email?token=abc">');
  expect(page.body).not.toContain(HOSTILE);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");

  const json = await call('GET', '/dev/mailbox.json');
  expect(json.body.data[0]).toMatchObject({
    id: 'msg_dev_1',
    channel: 'mail',
    recipient: 'dev@example.com',
    subject: HOSTILE,
  });

  const mail = await call('GET', '/dev/mailbox/msg_dev_1');
  expect(mail.body).toBe('<!doctype html><p>As sent</p>');
  expect(mail.headers.get('content-security-policy')).toContain('sandbox');
  expectProblem(await call('GET', '/dev/mailbox/nothing'), 404, 'not_found');
});

it('the gallery shows every template in each language', async () => {
  const gallery = await call('GET', '/dev/mail-templates');
  for (const template of Object.keys(SAMPLES)) {
    expect(gallery.body).toContain(`/dev/mail-templates/${template}/de`);
    const mail = await call('GET', `/dev/mail-templates/${template}/de`);
    expect(mail.body).toContain('lang="de"');
  }
  expectProblem(await call('GET', '/dev/mail-templates/toString/en'), 404, 'not_found');
});

it('production has none of it', async () => {
  const bindings = { ...env, ENVIRONMENT: 'production' } as never;
  const services = createServices({ ...env, SMS_PROVIDER: 'none', ENVIRONMENT: 'production' } as never);
  const app = createApp(services, bindings);
  for (const path of [
    'mailbox',
    'mailbox.json',
    'mailbox/msg_dev_1',
    'mail-templates',
    'mail-templates/welcome/en',
  ]) {
    expect((await app.request(`https://auth.test/dev/${path}`, {}, bindings)).status, path).toBe(404);
  }
});
