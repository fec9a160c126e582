import type { MailMessage } from '../port.ts';
import type { MailTransport } from './transport.ts';

/** For development: delivers into the table `dev_messages`. */
export class DevProvider implements MailTransport {
  readonly #d1: D1Database;

  constructor(d1: D1Database) {
    this.#d1 = d1;
  }

  async send({ from, to, subject, html, text, idempotencyKey }: MailMessage) {
    await this.#d1
      .prepare(
        `INSERT OR IGNORE INTO dev_messages (id, channel, recipient, sender, subject, html, text, created_at)
         VALUES (?, 'mail', ?, ?, ?, ?, ?, ?)`,
      )
      .bind(idempotencyKey, to, from.address, subject, html, text, Date.now())
      .run();
  }
}
