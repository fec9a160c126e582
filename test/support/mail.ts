import { expect, vi } from 'vitest';
import { PATIENCE } from './patience.ts';
import { type Mail, receivedMails, receivedTexts } from './peers/mailbox.ts';

/** The nth mail to that address whose subject matches; waits for it to arrive. */
export async function mailTo(to: string, subject: RegExp, nth = 1): Promise<Mail> {
  return vi.waitFor(
    async () => {
      const mail = (await receivedMails(to)).filter((one) => subject.test(one.subject))[nth - 1];
      if (!mail) throw new Error(`no mail ${nth} to ${to} about ${subject}`);
      return mail;
    },
    { timeout: PATIENCE, interval: 50 },
  );
}

/** The link in a mail, which its plain text and its HTML must share. */
export function linkIn(mail: Mail): URL {
  const link = /https:\/\/\S+token=\S+/.exec(mail.text)?.[0];
  if (!link) throw new Error(`no link in ${mail.text}`);
  expect(mail.html).toContain(link);
  return new URL(link);
}

/** The token of the link in the nth mail to that address about that. */
export async function tokenTo(to: string, subject: RegExp, nth = 1): Promise<string> {
  return linkIn(await mailTo(to, subject, nth)).searchParams.get('token') as string;
}

/** The code in the nth text to that number; waits for it. */
export async function codeTextedTo(to: string, nth = 1): Promise<string> {
  return vi.waitFor(
    async () => {
      const text = (await receivedTexts(to)).toReversed()[nth - 1]?.text ?? '';
      const code = /\b\d{6}\b/.exec(text)?.[0];
      if (!code) throw new Error(`no text to ${to}`);
      return code;
    },
    { timeout: PATIENCE, interval: 50 },
  );
}

/** The code in the newest mail to that address. */
export async function codeMailedTo(to: string): Promise<string> {
  const code = /\b\d{6}\b/.exec((await mailTo(to, /^Your code/)).text)?.[0];
  if (!code) throw new Error(`no code in the mail to ${to}`);
  return code;
}
