import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import { mailProvider } from '../mail-provider.ts';
import { postJson, refusal } from './http.ts';

/**
 * SendGrid, Mail Send API v3. It takes no idempotency key: a try whose answer was lost may send twice, with the
 * same Message-ID.
 */
export const sendgrid = mailProvider({
  name: 'sendgrid',
  doc: 'SendGrid',
  variables: {
    SENDGRID_API_KEY: variable({ schema: z.string(), secret: true, doc: 'a key that may send mail.' }),
    SENDGRID_URL: variable({
      schema: z.url(),
      default: 'https://api.sendgrid.com',
      doc: 'its API; `https://api.eu.sendgrid.com` for the European region.',
    }),
  },
  create: ({ SENDGRID_API_KEY, SENDGRID_URL }) => ({
    async send({ from, to, subject, text, html, idempotencyKey }, signal) {
      const body = {
        personalizations: [{ to: [{ email: to }] }],
        from: { email: from.address, ...(from.name && { name: from.name }) },
        subject,
        // Plain text has to come first.
        content: [
          { type: 'text/plain', value: text },
          { type: 'text/html', value: html },
        ],
        headers: { 'Message-ID': `<${idempotencyKey}@${from.address.split('@')[1]}>` },
        // Rewritten links would send one-time tokens through SendGrid's redirector.
        tracking_settings: {
          click_tracking: { enable: false, enable_text: false },
          open_tracking: { enable: false },
        },
      };
      const response = await postJson(`${SENDGRID_URL}/v3/mail/send`, SENDGRID_API_KEY, body, signal);
      await response.body?.cancel();
      if (!response.ok) throw refusal(response.status);
    },
  }),
});
