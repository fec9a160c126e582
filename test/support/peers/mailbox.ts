import { inject } from 'vitest';
import type { Fault } from './faults.ts';
import './ports.ts';

export type { Fault };

/** A mail that a peer has taken, whichever provider brought it. */
export interface Mail {
  by: 'smtp' | 'sendgrid' | 'resend';
  to: string;
  from: { address: string; name: string };
  subject: string;
  text: string;
  html: string;
  messageId: string | null;
  /** What only the SMTP server knows: the mail as it came, one character a byte. */
  smtp: {
    raw: string;
    from: string;
    secure: boolean;
    username: string | null;
    hello: string;
    headers: [string, string][];
  } | null;
}

/** A text that Twilio has taken. */
export interface Text {
  to: string;
  from: string;
  text: string;
}

const mailbox = (path: string) => `http://127.0.0.1:${inject('peers').mailbox}${path}`;

async function read<T>(path: string): Promise<T> {
  const answer = await fetch(mailbox(path));
  if (!answer.ok) throw new Error(`the mailbox answered ${answer.status}: ${await answer.text()}`);
  return answer.json() as Promise<T>;
}

/** The mails to that address which the peers have taken so far, oldest first for each provider. */
export function receivedMails(to: string): Promise<Mail[]> {
  return read(`/mails?to=${encodeURIComponent(to)}`);
}

/** The texts to that number which Twilio has taken so far, newest first. */
export function receivedTexts(to: string): Promise<Text[]> {
  return read(`/texts?to=${encodeURIComponent(to)}`);
}

/**
 * Makes every peer fail for that recipient, until null is set: a string is the whole address or number. The peers are
 * shared by all test files, so a pattern must match the recipients of one test only.
 */
export async function setFault(recipient: string | RegExp, fault: Fault | null): Promise<void> {
  const pattern =
    typeof recipient === 'string'
      ? `^${recipient.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
      : recipient.source;
  const answer = await fetch(mailbox('/faults'), { method: 'PUT', body: JSON.stringify({ pattern, fault }) });
  if (!answer.ok) throw new Error(`the mailbox answered ${answer.status}`);
}
