import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { PATIENCE } from './patience.ts';
import { type Mail, receivedMails, receivedTexts } from './peers/mailbox.ts';
import worker from './worker.ts';

/** A link that a token makes somebody's. */
const LINK = /https:\/\/\S+token=\S+/;

/** How often whoever waits does what cron does each minute: on a busy machine a delivery may fail, and is tried again. */
const CRON = 30_000;

/** Asks until something has come. Throws what it threw last. */
async function arrival<T>(ask: () => Promise<T>): Promise<T> {
  let cron = performance.now() + CRON;
  return vi.waitFor(
    async () => {
      if (performance.now() > cron) {
        cron = performance.now() + CRON;
        await worker.scheduled(createScheduledController({ cron: '* * * * *' }), env as never);
      }
      return ask();
    },
    { timeout: PATIENCE, interval: 50 },
  );
}

/** The mails to that address which this database has sent: the peers are shared by all test files, its outbox is not. */
async function ownMails(to: string): Promise<Mail[]> {
  const mails = await receivedMails(to);
  const { results } = await env.DB.prepare('SELECT id FROM outbox').all<{ id: string }>();
  const own = new Set(results.map(({ id }) => id));
  return mails.filter(({ messageId }) => !messageId || own.has(messageId.slice(1, messageId.indexOf('@'))));
}

/** The nth mail to that address whose subject matches; waits for it to arrive. */
export function mailTo(to: string, subject: RegExp, nth = 1): Promise<Mail> {
  return arrival(async () => {
    const mail = (await ownMails(to)).filter((one) => subject.test(one.subject))[nth - 1];
    if (!mail) throw new Error(`no mail ${nth} to ${to} about ${subject}`);
    return mail;
  });
}

/** The link in a mail, which its plain text and its HTML must share. */
export function linkIn(mail: Mail): URL {
  const link = LINK.exec(mail.text)?.[0];
  if (!link) throw new Error(`no link in ${mail.text}`);
  expect(mail.html).toContain(link.replaceAll('&', '&amp;'));
  return new URL(link);
}

/** The token of the link in the nth mail to that address about that which has one. */
export async function tokenTo(to: string, subject: RegExp, nth = 1): Promise<string> {
  const mail = await arrival(async () => {
    const mails = (await ownMails(to)).filter((one) => subject.test(one.subject) && LINK.test(one.text));
    if (!mails[nth - 1]) throw new Error(`no mail ${nth} to ${to} about ${subject} with a link`);
    return mails[nth - 1] as Mail;
  });
  return linkIn(mail).searchParams.get('token') as string;
}

/** The code in the nth text to that number; waits for it. */
export function codeTextedTo(to: string, nth = 1): Promise<string> {
  return arrival(async () => {
    const text = (await receivedTexts(to)).toReversed()[nth - 1]?.text ?? '';
    const code = /\b\d{6}\b/.exec(text)?.[0];
    if (!code) throw new Error(`no text to ${to}`);
    return code;
  });
}

/** The code in the nth mail with one to that address; waits for it. */
export async function codeMailedTo(to: string, nth = 1): Promise<string> {
  const code = /\b\d{6}\b/.exec((await mailTo(to, /^Your code/, nth)).text)?.[0];
  if (!code) throw new Error(`no code in the mail to ${to}`);
  return code;
}
