import { createEmulator } from 'emulate';
import PostalMime from 'postal-mime';
import type { TestProject } from 'vitest/node';
import { startClientDocuments } from './client-documents.ts';
import { type SinkPlan, startEventSink } from './event-sink.ts';
import { type Fault, Faults } from './faults.ts';
import { startFaulty, startHttp } from './http.ts';
import type { Mail } from './mailbox.ts';
import { startOAuth } from './oauth.ts';
import { startOracle } from './oracle.ts';
import { CREDENTIALS } from './ports.ts';
import { startPwned } from './pwned.ts';
import { type SendgridMail, startSendgrid } from './sendgrid.ts';
import { type ReceivedMail, startSmtp } from './smtp.ts';
import { startStripe } from './stripe.ts';
import { startEmulate, startStatefulMock } from './stripe-emulators.ts';
import { startTurnstile } from './turnstile.ts';

/** Starts every peer before the first test of a project; what it returns ends them after the last. */
export default async function startPeers(project: TestProject): Promise<() => Promise<void>> {
  const faults = new Faults();
  const { twilio: account } = CREDENTIALS;
  const [smtp, turnstile, pwned, sendgrid, resendEmulator, twilioEmulator, oauth] = await Promise.all([
    startSmtp(faults),
    startTurnstile(),
    startPwned(),
    startSendgrid(faults),
    createEmulator({ service: 'resend', port: 0 }),
    createEmulator({ service: 'twilio', port: 0 }),
    startOAuth(['https://auth.test', 'https://auth.test/realms/acme']),
  ]);
  const resend = await startFaulty(
    faults,
    resendEmulator.url,
    (body) => recipientsOf(JSON.parse(body)),
    (status) => ({ statusCode: status, name: 'validation_error', message: 'Invalid `to` field.' }),
  );
  const twilio = await startFaulty(
    faults,
    twilioEmulator.url,
    (body) => [new URLSearchParams(body).get('To') ?? ''],
    (status, code = status === 401 ? 20003 : status === 400 ? 21211 : 0) => ({
      code,
      message: 'refused',
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status,
    }),
  );

  const [documents, eventSink, oracle, stripe, stripeEmulator, stripeMock] = await Promise.all([
    startClientDocuments(),
    startEventSink(),
    startOracle(),
    startStripe(),
    startEmulate(),
    startStatefulMock(),
  ]);

  const logouts = new Map<string, { tokens: string[]; answers: number[] }>();
  const mailbox = await startHttp(async ({ method, path, body }) => {
    const { pathname, searchParams } = new URL(path, 'http://mailbox');
    const to = searchParams.get('to');
    const json = (value: unknown) => ({ status: 200, body: JSON.stringify(value) });
    if (method === 'PUT' && pathname === '/faults') {
      const { pattern, fault } = JSON.parse(body) as { pattern: string; fault: Fault | null };
      faults.set(pattern, fault);
      return { status: 204 };
    }
    // A client that hears of ended sessions, and answers as it was told to.
    if (pathname.startsWith('/logouts/')) {
      const heard = logouts.get(pathname) ?? { tokens: [], answers: [] };
      logouts.set(pathname, heard);
      if (method === 'GET') return json(heard.tokens);
      if (method === 'PUT') heard.answers = JSON.parse(body) as number[];
      else heard.tokens.push(new URLSearchParams(body).get('logout_token') ?? body);
      return { status: method === 'POST' ? (heard.answers.shift() ?? 200) : 204 };
    }
    if (pathname.startsWith('/event-sinks')) {
      const channel = searchParams.get('channel') ?? '';
      if (method === 'GET') return json(eventSink.batches(channel));
      if (pathname.endsWith('/release')) eventSink.release(channel);
      else eventSink.plan(channel, JSON.parse(body) as SinkPlan);
      return { status: 204 };
    }
    if (pathname === '/mails') {
      const mails = await Promise.all([
        ...smtp.received.filter((mail) => mail.to === to).map(fromSmtp),
        ...sendgrid.received
          .filter((mail) => mail.personalizations[0]?.to[0]?.email === to)
          .map(fromSendgrid),
        ...(await resendMails(resend, to ?? '')),
      ]);
      return json(mails);
    }
    if (pathname === '/texts') {
      const basic = Buffer.from(`${account.accountSid}:${account.authToken}`).toString('base64');
      const list = `/2010-04-01/Accounts/${account.accountSid}/Messages.json?PageSize=1000&To=${encodeURIComponent(to ?? '')}`;
      const { messages } = await twilio.list<{ messages: { to: string; from: string; body: string }[] }>(
        list,
        {
          authorization: `Basic ${basic}`,
        },
      );
      return json(messages.map(({ to, from, body }) => ({ to, from, text: body })));
    }
    return { status: 404 };
  });

  project.provide('peers', {
    mailbox: mailbox.port,
    smtp: smtp.ports,
    turnstile: turnstile.port,
    pwned: pwned.port,
    sendgrid: sendgrid.port,
    resend: resend.port,
    twilio: twilio.port,
    oauth: oauth.peers,
    oracle: oracle.peer,
    eventSink: eventSink.ports,
    clientDocuments: documents.port,
    stripe: {
      api: stripe.port,
      emulate: stripeEmulator.port,
      webhooks: stripeEmulator.receiver,
      mock: stripeMock.port,
    },
  });
  return async () => {
    await Promise.all([smtp, turnstile, pwned, sendgrid, resend, twilio, mailbox].map((peer) => peer.stop()));
    await Promise.all([resendEmulator.close(), twilioEmulator.close(), oauth.stop()]);
    await Promise.all(
      [documents, eventSink, oracle, stripe, stripeEmulator, stripeMock].map((peer) => peer.stop()),
    );
  };
}

function recipientsOf(body: { to?: string[] } | { to?: string[] }[]): string[] {
  return (Array.isArray(body) ? body : [body]).map(({ to }) => to?.[0] ?? '');
}

async function fromSmtp(received: ReceivedMail): Promise<Mail> {
  const mail = await PostalMime.parse(Buffer.from(received.raw, 'latin1'));
  return {
    by: 'smtp',
    to: received.to,
    from: { address: mail.from?.address ?? '', name: mail.from?.name ?? '' },
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
    messageId: mail.messageId ?? null,
    smtp: { ...received, headers: mail.headers.map(({ key, value }) => [key, value]) },
  };
}

function fromSendgrid(mail: SendgridMail): Mail {
  const content = (type: string) => mail.content.find((part) => part.type === type)?.value ?? '';
  return {
    by: 'sendgrid',
    to: mail.personalizations[0]?.to[0]?.email ?? '',
    from: { address: mail.from.email, name: mail.from.name ?? '' },
    subject: mail.subject,
    text: content('text/plain'),
    html: content('text/html'),
    messageId: mail.headers?.['Message-ID'] ?? null,
    smtp: null,
  };
}

async function resendMails(resend: Awaited<ReturnType<typeof startFaulty>>, to: string): Promise<Mail[]> {
  type Listed = { from: string; to: string[]; subject: string; text: string; html: string };
  const { data } = await resend.list<{ data: Listed[] }>('/emails');
  return data
    .filter((mail) => mail.to.includes(to))
    .map(({ from, subject, text, html }) => {
      const [, name = '', address = from] = /^"(.*)" <(.*)>$/.exec(from) ?? [];
      const sender = { address, name: name.replace(/\\(.)/g, '$1') };
      return { by: 'resend', to, from: sender, subject, text, html, messageId: null, smtp: null };
    });
}
