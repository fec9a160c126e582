import type { Faults } from './faults.ts';
import { failAs, startHttp } from './http.ts';
import { CREDENTIALS } from './ports.ts';

export interface SendgridMail {
  personalizations: { to: { email: string }[] }[];
  from: { email: string; name?: string };
  subject: string;
  content: { type: string; value: string }[];
  headers?: Record<string, string>;
}

/** Not in `headers`: SendGrid sets these itself. */
const RESERVED =
  /^(x-sg-id|x-sg-eid|received|dkim-signature|content-type|content-transfer-encoding|to|from|subject|reply-to|cc|bcc)$/i;

/** SendGrid's Mail Send, written from its API reference for want of an emulator: it checks what that says is checked. */
export async function startSendgrid(faults: Faults) {
  const received: SendgridMail[] = [];
  const explain = (field: string | null, message: string) => ({ errors: [{ message, field, help: null }] });
  const server = await startHttp(async ({ method, path, headers, body }) => {
    if (method !== 'POST' || path !== '/v3/mail/send') return { status: 404, body: '{}' };
    if (headers.authorization !== `Bearer ${CREDENTIALS.sendgrid}`) {
      return {
        status: 401,
        body: JSON.stringify(explain(null, 'The provided authorization grant is invalid')),
      };
    }
    if (headers['content-type'] !== 'application/json') return { status: 415, body: '{}' };
    const mail = JSON.parse(body) as SendgridMail;
    const fault = faults.of(mail.personalizations?.[0]?.to?.[0]?.email ?? '');
    if (fault)
      return failAs(fault, () =>
        explain('personalizations.0.to.0.email', 'Does not contain a valid address.'),
      );
    const problem = problemOf(mail);
    if (problem) return { status: 400, body: JSON.stringify(explain(problem, 'is not valid')) };
    received.push(mail);
    return { status: 202, headers: { 'x-message-id': 'test' } };
  });
  return { ...server, received };
}

function problemOf(mail: SendgridMail): string | undefined {
  const isAddress = (value: unknown) => typeof value === 'string' && /^[^\s@<>,]+@[^\s@<>,]+$/.test(value);
  if (!mail.personalizations?.every(({ to }) => to?.length && to.every(({ email }) => isAddress(email)))) {
    return 'personalizations';
  }
  if (!isAddress(mail.from?.email)) return 'from.email';
  if (typeof mail.subject !== 'string' || mail.subject === '') return 'subject';
  if (!mail.content?.length || mail.content.some(({ value }) => !value)) return 'content';
  // If given, text/plain comes first, text/html after it.
  if (mail.content.findIndex(({ type }) => type === 'text/plain') > 0) return 'content';
  if (Object.keys(mail.headers ?? {}).some((name) => RESERVED.test(name))) return 'headers';
}
