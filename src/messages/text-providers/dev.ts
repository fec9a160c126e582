import { textProvider } from '../text-provider.ts';

/** For development: delivers into the table `dev_messages`. */
export const devTexts = textProvider({
  name: 'dev',
  doc: 'keeps them for `/dev/mailbox`',
  variables: {},
  delivery: 'development',
  create: (_, { DB }) => ({
    async send({ to, text, idempotencyKey }) {
      await DB.prepare(
        `INSERT OR IGNORE INTO dev_messages (id, channel, recipient, sender, text, created_at)
         VALUES (?, 'sms', ?, 'dev', ?, ?)`,
      )
        .bind(idempotencyKey, to, text, Date.now())
        .run();
    },
  }),
});
