import { z } from '@hono/zod-openapi';
import { UserSchema, userShape } from '../accounts/schemas.ts';
import { describeDevice } from '../lib/device.ts';
import { rfc3339 } from '../lib/time.ts';
import type { ActivityRow, Everything } from './service.ts';

export const ActivityQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

export const ActivitySchema = z
  .object({
    at: z.iso.datetime(),
    type: z.string().openapi({ example: 'signed_in' }),
    session_id: z.string().nullable(),
    ip: z.string().nullable(),
    country: z.string().nullable(),
    user_agent: z.string().nullable(),
    device: z.string().nullable(),
  })
  .openapi('Activity');

export const ActivityListSchema = z
  .object({ data: z.array(ActivitySchema), next_cursor: z.string().nullable() })
  .openapi('ActivityList');

export const ExportSchema = z
  .object({
    exported_at: z.iso.datetime(),
    user: UserSchema,
    preferences: z.record(z.string(), z.unknown()),
    sessions: z.array(z.record(z.string(), z.unknown())),
    identities: z.array(z.record(z.string(), z.unknown())),
    activity: z.array(ActivitySchema),
    messages: z.array(z.record(z.string(), z.unknown())),
  })
  .openapi('Export');

export const DeleteBody = z
  .strictObject({
    password: z.string().min(1).max(512).optional().openapi({
      description: 'Needed unless the account has none and the session was opened in the last ten minutes',
    }),
  })
  .openapi('AccountDeletion');

/** An entry of the activity log as it goes over the wire. */
export function activityShape(row: ActivityRow): z.infer<typeof ActivitySchema> {
  return {
    at: rfc3339(row.at),
    type: row.type,
    session_id: row.sessionId,
    ip: row.ip,
    country: row.country,
    user_agent: row.userAgent,
    device: describeDevice(row.userAgent),
  };
}

/** Everything that is held about a user, as one document. `now` is Unix milliseconds. */
export function exportShape(everything: Everything, now: number): z.infer<typeof ExportSchema> {
  const { user, preferences, open, ended, log, messages, linked } = everything;
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  return {
    exported_at: rfc3339(now),
    user: userShape(user),
    preferences,
    sessions: [
      ...open.map((row) => ({
        ...row,
        created_at: rfc3339(row.created_at),
        last_seen_at: rfc3339(row.last_seen_at),
        expires_at: rfc3339(row.expires_at),
        ended_at: null,
        methods: JSON.parse(row.methods),
      })),
      ...ended.map((row) => ({
        id: row.id,
        created_at: rfc3339(row.createdAt),
        last_seen_at: rfc3339(row.lastSeenAt),
        expires_at: rfc3339(row.expiresAt),
        ended_at: time(row.endedAt),
        ip: row.ip,
        country: row.country,
        city: row.city,
        user_agent: row.userAgent,
        methods: JSON.parse(row.methods),
      })),
    ],
    identities: linked.map(({ emailVerified, createdAt, lastLoginAt, ...row }) => ({
      ...row,
      email_verified: emailVerified,
      created_at: rfc3339(createdAt),
      last_login_at: time(lastLoginAt),
    })),
    activity: log.map(activityShape),
    messages: messages.map(({ createdAt, settledAt, ...row }) => ({
      ...row,
      created_at: rfc3339(createdAt),
      settled_at: time(settledAt),
    })),
  };
}
