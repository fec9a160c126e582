import type { SmsProvider, TextMessage } from '../port.ts';

/** For development: delivers into the table `dev_messages`. */
export class DevSmsProvider implements SmsProvider {
  readonly #d1: D1Database;

  constructor(d1: D1Database) {
    this.#d1 = d1;
  }

  async send({ to, text, idempotencyKey }: TextMessage) {
    await this.#d1
      .prepare(
        `INSERT OR IGNORE INTO dev_messages (id, channel, recipient, sender, text, created_at)
         VALUES (?, 'sms', ?, 'dev', ?, ?)`,
      )
      .bind(idempotencyKey, to, text, Date.now())
      .run();
  }
}
