import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import { DeliveryError } from '../delivery.ts';
import { mailProvider } from '../mail-provider.ts';

/** The codes of errors that concern the recipient or the mail. All others may pass, a delivery that failed included. */
const PERMANENT = new Set([
  'E_VALIDATION_ERROR',
  'E_FIELD_MISSING',
  'E_RECIPIENT_NOT_ALLOWED',
  'E_RECIPIENT_SUPPRESSED',
  'E_CONTENT_TOO_LARGE',
]);

/** Cloudflare Email Service by a `send_email` binding. It makes the Message-ID itself and takes no idempotency key. */
export const cloudflare = mailProvider({
  name: 'cloudflare',
  doc: 'Cloudflare Email Service',
  variables: {
    EMAIL: variable({
      schema: z.custom<SendEmail>(Boolean),
      doc: 'the binding, in `wrangler.toml`: `[[send_email]]` with `name = "EMAIL"`.',
    }),
  },
  create: ({ EMAIL }) => ({
    async send({ from, to, subject, text, html }) {
      const sender = from.name ? { email: from.address, name: from.name } : from.address;
      const headers = { 'Auto-Submitted': 'auto-generated' };
      try {
        await EMAIL.send({ from: sender, to, subject, text, html, headers });
      } catch (error) {
        const code = String((error as { code?: unknown }).code ?? '');
        const known = /^E_[A-Z_]+$/.test(code) ? code : 'no code';
        throw new DeliveryError(`the binding refused (${known})`, { permanent: PERMANENT.has(code) });
      }
    },
  }),
});
