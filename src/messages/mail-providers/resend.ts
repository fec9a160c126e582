import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import { passing } from '../delivery.ts';
import { mailProvider } from '../mail-provider.ts';
import { postJson, refusal } from './http.ts';

/** Resend. It remembers an idempotency key for 24 hours: tries of one mail within that time send it once. */
export const resend = mailProvider({
  name: 'resend',
  doc: 'Resend',
  variables: {
    RESEND_API_KEY: variable({ schema: z.string(), secret: true, doc: 'a key that may send mail.' }),
    RESEND_URL: variable({ schema: z.url(), default: 'https://api.resend.com', doc: 'its API.' }),
  },
  create: ({ RESEND_API_KEY, RESEND_URL }) => ({
    async send({ from, to, subject, text, html, idempotencyKey }, signal) {
      const name = from.name.replace(/["\\]/g, '\\$&');
      const sender = name ? `"${name}" <${from.address}>` : from.address;
      const body = { from: sender, to: [to], subject, text, html };
      const headers = { 'idempotency-key': idempotencyKey };
      const response = await postJson(`${RESEND_URL}/emails`, RESEND_API_KEY, body, signal, headers);
      if (response.status === 409) {
        const { name: problem } = await response.json<{ name?: string }>();
        if (problem === 'concurrent_idempotent_requests') throw passing('an earlier try is still under way');
        // The key came with another body before, as after an update of the template: that mail was taken.
        if (problem === 'invalid_idempotent_request') return;
      }
      if (!response.bodyUsed) await response.body?.cancel();
      if (!response.ok) throw refusal(response.status);
    },
  }),
});
