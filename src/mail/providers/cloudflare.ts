import { DeliveryError } from '../../lib/delivery.ts';
import type { MailMessage } from '../port.ts';
import type { MailTransport } from './transport.ts';

/** The codes of errors that concern the recipient or the mail. The rest, a delivery that failed included, may pass. */
const PERMANENT = new Set([
  'E_VALIDATION_ERROR',
  'E_FIELD_MISSING',
  'E_RECIPIENT_NOT_ALLOWED',
  'E_RECIPIENT_SUPPRESSED',
  'E_CONTENT_TOO_LARGE',
]);

/** Cloudflare Email Service by a `send_email` binding. It makes the Message-ID itself and takes no idempotency key. */
export class CloudflareProvider implements MailTransport {
  readonly #binding: SendEmail;

  constructor(binding: SendEmail) {
    this.#binding = binding;
  }

  async send({ from, to, subject, text, html }: MailMessage) {
    const sender = from.name ? { email: from.address, name: from.name } : from.address;
    const headers = { 'Auto-Submitted': 'auto-generated' };
    try {
      await this.#binding.send({ from: sender, to, subject, text, html, headers });
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? '');
      const known = /^E_[A-Z_]+$/.test(code) ? code : 'no code';
      throw new DeliveryError(`the binding refused (${known})`, { permanent: PERMANENT.has(code) });
    }
  }
}
