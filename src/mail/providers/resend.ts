import type { MailMessage } from '../port.ts';
import { postJson, refusal } from './http.ts';
import { type MailTransport, passing } from './transport.ts';

/** Resend. It remembers an idempotency key for 24 hours: tries of one mail within that time send it once. */
export class ResendProvider implements MailTransport {
  readonly #url: string;
  readonly #key: string;

  constructor(options: { url: string; key: string }) {
    this.#url = `${options.url}/emails`;
    this.#key = options.key;
  }

  async send({ from, to, subject, text, html, idempotencyKey }: MailMessage, signal: AbortSignal) {
    const name = from.name.replace(/["\\]/g, '\\$&');
    const sender = name ? `"${name}" <${from.address}>` : from.address;
    const body = { from: sender, to: [to], subject, text, html };
    const headers = { 'idempotency-key': idempotencyKey };
    const response = await postJson(this.#url, this.#key, body, signal, headers);
    if (response.status === 409) {
      const { name: problem } = await response.json<{ name?: string }>();
      if (problem === 'concurrent_idempotent_requests') throw passing('an earlier try is still under way');
      // The key came with another body before, as after an update of the template: that mail was taken.
      if (problem === 'invalid_idempotent_request') return;
    }
    if (!response.bodyUsed) await response.body?.cancel();
    if (!response.ok) throw refusal(response.status);
  }
}
