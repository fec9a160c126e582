import type { MailData } from './templates/mail-data.ts';

/** A mail that the account object has to send. The object knows the content, the directory the address. */
export interface MailFact<T extends keyof MailData = keyof MailData> {
  template: T;
  data: MailData[T];
}

/** Writes a mail of the account object to the outbox, if the user's address is verified. Repeating it adds nothing. */
export function projectMail(
  db: D1Database,
  userId: string,
  fact: { seq: number; at: number; data: unknown },
): D1PreparedStatement[] {
  const { template, data } = fact.data as MailFact;
  return [
    db
      .prepare(
        `INSERT INTO outbox (id, realm_id, user_id, channel, template, recipient, locale, data, next_attempt_at, created_at)
         SELECT ?1, realm_id, id, 'mail', ?2, email, locale, json_set(?3, '$.name', coalesce(name, given_name)), ?4, ?4
         FROM users WHERE id = ?5 AND email_verified = 1 ON CONFLICT DO NOTHING`,
      )
      .bind(`msg_${userId}_${fact.seq}`, template, JSON.stringify(data), fact.at, userId),
  ];
}
