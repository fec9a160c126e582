import { describe, expect, inject, it } from 'vitest';
import { parseChoice } from '../../src/config/provider.ts';
import type { Environment } from '../../src/config/variable.ts';
import type { DeliveryError } from '../../src/messages/delivery.ts';
import type { MailMessage } from '../../src/messages/mail-provider.ts';
import { createMailProvider, MAIL } from '../../src/messages/mail-registry.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { CREDENTIALS, type Peers } from '../support/peers/ports.ts';

const { smtp: ports } = inject('peers');
const { username: SMTP_USERNAME, password: SMTP_PASSWORD } = CREDENTIALS.smtp;
const LOGIN = { SMTP_USERNAME, SMTP_PASSWORD };

function provider(port: keyof Peers['smtp'], config: Environment = {}, timeoutMs = 5000) {
  const chosen = parseChoice(MAIL, {
    MAIL_PROVIDER: 'smtp',
    MAIL_FROM: 'no-reply@example.com',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(ports[port]),
    SMTP_SECURITY: 'none',
    ...config,
  });
  return createMailProvider(chosen, { DB: {} as D1Database }, { timeoutMs });
}

const mail = (fields: Partial<MailMessage> = {}): MailMessage => ({
  from: { address: 'no-reply@example.com', name: 'Latchkey' },
  to: `ada-${crypto.randomUUID()}@example.net`,
  subject: 'Hello',
  text: 'Hello',
  html: '<p>Hello</p>',
  idempotencyKey: 'msg_01',
  ...fields,
});

const failure = (sending: Promise<void>): Promise<DeliveryError> =>
  sending.then(
    () => expect.fail('the mail was taken'),
    (error) => error,
  );

describe('the SMTP provider', () => {
  it('protects the connection as told, and signs in', async () => {
    const cases = [
      ['plain', {}, { secure: false, username: null }],
      ['login', LOGIN, { secure: false, username: SMTP_USERNAME }],
      ['starttls', { ...LOGIN, SMTP_SECURITY: 'starttls' }, { secure: true, username: SMTP_USERNAME }],
      ['tls', { ...LOGIN, SMTP_SECURITY: 'tls' }, { secure: true, username: SMTP_USERNAME }],
    ] as const;
    for (const [port, config, expected] of cases) {
      const message = mail();
      await provider(port, config).send(message);
      const [received] = await receivedMails(message.to);
      expect(received?.smtp, port).toMatchObject({
        ...expected,
        hello: 'example.com',
        from: 'no-reply@example.com',
      });
    }
  });

  it.each([
    ['login', { SMTP_SECURITY: 'none' }],
    ['starttls', { SMTP_SECURITY: 'starttls' }],
    ['tls', { SMTP_SECURITY: 'tls' }],
  ] as const)('takes a wrong password, or none, as passing (%s)', async (port, config) => {
    const wrong = await failure(provider(port, { ...LOGIN, ...config, SMTP_PASSWORD: 'wrong' }).send(mail()));
    expect(wrong).toMatchObject({
      permanent: false,
      message: 'the server refused the credentials (535 5.7.8)',
    });
    const none = await failure(provider(port, config).send(mail()));
    expect(none).toMatchObject({ permanent: false });
    expect(none.message).toMatch(/^the server refused the credentials \(530/);
  });

  it('says so when it cannot sign in at all', async () => {
    expect(await failure(provider('plain', LOGIN).send(mail()))).toMatchObject({
      permanent: false,
      message: 'the server offers neither AUTH PLAIN nor AUTH LOGIN',
    });
  });

  it('never falls back to plain text where STARTTLS is refused', async () => {
    for (const port of ['plain', 'login'] as const) {
      const message = mail();
      const error = await failure(provider(port, { ...LOGIN, SMTP_SECURITY: 'starttls' }).send(message));
      expect(error.permanent).toBe(false);
      expect(error.message).toMatch(/^the server refused the STARTTLS \(50\d/);
      expect(await receivedMails(message.to)).toEqual([]);
    }
  });

  it('takes nothing that was said in plain text for said over TLS', async () => {
    const error = await failure(provider('injecting', { ...LOGIN, SMTP_SECURITY: 'starttls' }).send(mail()));
    expect(error).toMatchObject({ permanent: false, message: 'the server spoke between STARTTLS and TLS' });
  });

  it.each([
    ['untrusted', 'tls'],
    ['misnamed', 'starttls'],
    ['plain', 'tls'],
    ['closed', 'starttls'],
  ] as const)('takes a connection that cannot be made as passing (%s)', async (port, SMTP_SECURITY) => {
    const error = await failure(provider(port, { ...LOGIN, SMTP_SECURITY }).send(mail()));
    expect(error.permanent).toBe(false);
    expect(error.message).toMatch(/the connection failed|hung up/);
  });

  it('takes a server that wants no mail at all, or says nothing, as passing', async () => {
    expect(await failure(provider('refusing').send(mail()))).toMatchObject({
      permanent: false,
      message: 'the server refused the greeting (554 5.3.2)',
    });
    expect(await failure(provider('silent', {}, 400).send(mail()))).toMatchObject({
      permanent: false,
      message: 'no answer within 0.4 seconds',
    });
  });

  it('writes plain ASCII in short lines, as RFC 5322 and 2045 have it', async () => {
    const message = mail({
      from: { address: 'no-reply@example.com', name: '"Eve" <eve@example.net>, ' },
      subject: '🔑'.repeat(60),
      text: `${'é'.repeat(3000)}\n.\nend`,
      html: `<p>${'x'.repeat(5000)}</p>`,
    });
    await provider('plain').send(message);
    const [received] = await receivedMails(message.to);
    const raw = received?.smtp?.raw ?? '';
    expect(raw).toMatch(/^[\t\r\n\x20-\x7e]+$/);
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(76);
    expect(received).toMatchObject({
      from: message.from,
      subject: message.subject,
      text: `${message.text}\n`,
    });
    const names = received?.smtp?.headers.map(([name]) => name);
    expect(names?.sort()).toEqual(
      [
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
      ].sort(),
    );
    expect(raw).toMatch(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r$/m);
    expect(raw.match(/=\?utf-8\?B\?[^?]*\?=/g)?.every((word) => word.length <= 75)).toBe(true);
  });
});
