import { mailProvider } from '../mail-provider.ts';

/** For development: delivers into the table `dev_messages`. */
export const devMail = mailProvider({
  name: 'dev',
  doc: 'keeps it for `/dev/mailbox`',
  variables: {},
  delivery: 'development',
  create: (_, { DB }) => ({
    async send({ from, to, subject, html, text, idempotencyKey }) {
      await DB.prepare(
        `INSERT OR IGNORE INTO dev_messages (id, channel, recipient, sender, subject, html, text, created_at)
         VALUES (?, 'mail', ?, ?, ?, ?, ?, ?)`,
      )
        .bind(idempotencyKey, to, from.address, subject, html, text, Date.now())
        .run();
    },
  }),
});
