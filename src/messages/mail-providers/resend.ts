import { createHash } from 'node:crypto';
import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import { DeliveryError, passing } from '../delivery.ts';
import { type MailMessage, mailProvider } from '../mail-provider.ts';
import { postJson, refusal } from './http.ts';

/**
 * Resend. It remembers an idempotency key for 24 hours: tries of one mail within that time send it once, and so do tries of
 * the same mails in one call.
 */
export const resend = mailProvider({
  name: 'resend',
  doc: 'Resend',
  variables: {
    RESEND_API_KEY: variable({ schema: z.string(), secret: true, doc: 'a key that may send mail.' }),
    RESEND_URL: variable({ schema: z.url(), default: 'https://api.resend.com', doc: 'its API.' }),
  },
  create: ({ RESEND_API_KEY, RESEND_URL }) => {
    /** Posts under an idempotency key; null when what came before under that key was taken. */
    const post = async (
      path: string,
      body: unknown,
      signal: AbortSignal,
      headers: Record<string, string>,
    ) => {
      const response = await postJson(`${RESEND_URL}${path}`, RESEND_API_KEY, body, signal, headers);
      if (response.status === 409) {
        const { name: problem } = await response.json<{ name?: string }>();
        if (problem === 'concurrent_idempotent_requests') throw passing('an earlier try is still under way');
        // The key came with another body before, as after an update of the template: that mail was taken.
        if (problem === 'invalid_idempotent_request') return null;
      }
      if (response.ok) return response;
      if (!response.bodyUsed) await response.body?.cancel();
      throw refusal(response.status);
    };
    return {
      async send(message, signal) {
        const headers = { 'idempotency-key': message.idempotencyKey };
        const response = await post('/emails', bodyOf(message), signal, headers);
        await response?.body?.cancel();
      },
      bulk: {
        perCall: 100,
        async send(messages, signal) {
          const keys = messages.map(({ idempotencyKey }) => idempotencyKey).toSorted();
          const headers = {
            'idempotency-key': createHash('sha256').update(keys.join()).digest('base64url'),
            // What is wrong with one mail concerns no other.
            'x-batch-validation': 'permissive',
          };
          const sorted = messages.toSorted((a, b) => (a.idempotencyKey < b.idempotencyKey ? -1 : 1));
          const response = await post('/emails/batch', sorted.map(bodyOf), signal, headers);
          const { errors = [] } = (await response?.json<{ errors?: { index: number }[] }>()) ?? {};
          const refused = new Set(errors.map(({ index }) => sorted[index]));
          return messages.map((message) =>
            refused.has(message)
              ? new DeliveryError('the provider refused the mail', { permanent: true })
              : null,
          );
        },
      },
    };
  },
});

function bodyOf({ from, to, subject, text, html }: MailMessage) {
  const name = from.name.replace(/["\\]/g, '\\$&');
  const sender = name ? `"${name}" <${from.address}>` : from.address;
  return { from: sender, to: [to], subject, text, html };
}
