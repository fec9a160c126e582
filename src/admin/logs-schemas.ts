import { z } from '@hono/zod-openapi';
import type { AuditAction } from '../directory/audit-tables.ts';
import type { ActivityRow } from '../directory/tables.ts';
import { cursorOf, listOf, Moment, PageLimit } from '../http/list-schemas.ts';
import { describeDevice } from '../lib/device.ts';
import { rfc3339 } from '../lib/time.ts';
import type { AuditRow } from './logs-store.ts';

const Text = z.string().min(1).max(200);

/** What both forms of the activity log take. */
export const ActivityFilterQuery = z.object({
  user_id: Text.optional(),
  type: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .optional()
    .openapi({ example: 'sign_in_failed' }),
  ip: Text.optional(),
  after: Moment,
  before: Moment,
});

export const AdminActivityQuery = ActivityFilterQuery.extend({
  limit: PageLimit,
  cursor: cursorOf(z.number(), z.string(), z.number()),
});

export const AuditFilterQuery = z.object({
  actor: Text.optional().openapi({ description: 'A user, an API key, or `internal`' }),
  action: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .transform((value) => value as AuditAction)
    .optional()
    .openapi({ type: 'string', example: 'user_role_changed' }),
  target: Text.optional().openapi({ description: 'The id of what it was done to' }),
  after: Moment,
  before: Moment,
});

export const AuditQuery = AuditFilterQuery.extend({
  limit: PageLimit,
  cursor: z
    .string()
    .regex(/^aud_[0-9a-z]{26}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

const AdminActivitySchema = z
  .object({
    at: z.iso.datetime(),
    user_id: z.string(),
    type: z.string().openapi({ example: 'signed_in' }),
    session_id: z.string().nullable(),
    ip: z.string().nullable(),
    country: z.string().nullable(),
    user_agent: z.string().nullable(),
    device: z.string().nullable(),
    actor: z.string().nullable().openapi({ description: 'Who did it, when it was not the user' }),
    details: z.record(z.string(), z.unknown()).nullable(),
  })
  .openapi('AdminActivity');

export const AdminActivityListSchema = listOf(AdminActivitySchema).openapi('AdminActivityList');

const AuditEntrySchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.string(),
    action: z.string().openapi({ example: 'user_role_changed' }),
    target: z.string(),
    details: z
      .record(z.string(), z.unknown())
      .openapi({ description: '`before` and `after` of what changed, and the `reason` that was given' }),
  })
  .openapi('AuditEntry');

export const AuditListSchema = listOf(AuditEntrySchema).openapi('AuditList');

/** An entry of the activity log as an admin sees it. */
export function adminActivityShape(row: ActivityRow): z.infer<typeof AdminActivitySchema> {
  return {
    at: rfc3339(row.at),
    user_id: row.userId,
    type: row.type,
    session_id: row.sessionId,
    ip: row.ip,
    country: row.country,
    user_agent: row.userAgent,
    device: describeDevice(row.userAgent),
    actor: row.actor,
    details: row.details,
  };
}

/** An entry of the audit log as it goes over the wire. */
export function auditShape({
  id,
  at,
  actor,
  action,
  target,
  details,
}: AuditRow): z.infer<typeof AuditEntrySchema> {
  return { id, at: rfc3339(at), actor, action, target, details };
}
