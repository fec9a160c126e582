import { type OrganizationPermission, type RoleBook, rolesWith } from '../lib/organization-roles.ts';
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

/** Which members of an organization a mail is for, by what they may. */
const AUDIENCES = {
  payers: ['billing:read', 'billing:manage'],
  key_managers: ['keys:manage'],
} as const satisfies Record<string, readonly OrganizationPermission[]>;

export type MailAudience = keyof typeof AUDIENCES;

/** Mails of one message at most. */
const RECIPIENTS = 50;

/**
 * Writes a mail of the object of an organization to the outbox: to those members who may what it is about, or to one. Only verified
 * addresses of active users get it. Repeating it adds nothing. `roles` is what the realm adds to the roles that every realm has.
 */
export function projectOrganizationMail(
  db: D1Database,
  organizationId: string,
  fact: { seq: number; at: number; data: unknown },
  roles: RoleBook,
): D1PreparedStatement {
  // Messages of earlier versions name no audience: all of them were alerts.
  const {
    template,
    data,
    member,
    audience = 'payers',
  } = fact.data as MailFact & { member: string | null; audience?: MailAudience };
  const reached = AUDIENCES[audience].flatMap((permission) => rolesWith(roles, permission));
  return db
    .prepare(
      `INSERT INTO outbox (id, realm_id, user_id, channel, template, recipient, locale, data, next_attempt_at, created_at)
       SELECT 'msg_' || organizations.id || '_' || ?1 || '_' || users.id, users.realm_id, users.id, 'mail', ?2, users.email,
         users.locale, json_set(?3, '$.name', coalesce(users.name, users.given_name), '$.organization', organizations.name), ?4, ?4
       FROM organization_members AS members
       JOIN organizations ON organizations.id = members.organization_id JOIN users ON users.id = members.user_id
       WHERE members.organization_id = ?5 AND users.email_verified = 1 AND users.status = 'active'
         AND (members.user_id = ?6 OR (?6 IS NULL AND members.role IN (SELECT value FROM json_each(?7))))
       ORDER BY members.user_id LIMIT ?8 ON CONFLICT DO NOTHING`,
    )
    .bind(
      fact.seq,
      template,
      JSON.stringify(data),
      fact.at,
      organizationId,
      member,
      JSON.stringify(reached),
      RECIPIENTS,
    );
}
