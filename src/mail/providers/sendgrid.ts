import type { MailMessage } from '../port.ts';
import { postJson, refusal } from './http.ts';
import type { MailTransport } from './transport.ts';

/**
 * SendGrid, Mail Send API v3. It takes no idempotency key: a try whose answer was lost may send twice, with the
 * same Message-ID.
 */
export class SendgridProvider implements MailTransport {
  readonly #url: string;
  readonly #key: string;

  constructor(options: { url: string; key: string }) {
    this.#url = `${options.url}/v3/mail/send`;
    this.#key = options.key;
  }

  async send({ from, to, subject, text, html, idempotencyKey }: MailMessage, signal: AbortSignal) {
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
    const response = await postJson(this.#url, this.#key, body, signal);
    await response.body?.cancel();
    if (!response.ok) throw refusal(response.status);
  }
}
