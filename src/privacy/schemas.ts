import { z } from '@hono/zod-openapi';
import { describeDevice } from '../lib/device.ts';
import { DOERS, doerOf } from '../lib/doer.ts';
import { rfc3339 } from '../lib/time.ts';
import type { AccountEntry } from './account-entry.ts';

export const ActivityQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^-?\d{1,15}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

export const ActivitySchema = z
  .object({
    at: z.iso.datetime(),
    type: z.string().openapi({ example: 'signed_in' }),
    by: z.enum(DOERS).openapi({ description: 'Who did it' }),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: 'Of changes of plan and limits: what changed' }),
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

export const DeleteBody = z
  .strictObject({
    password: z.string().min(1).max(512).optional().openapi({
      description: 'Needed unless the session has a fresh proof: see `recent_sign_in`',
    }),
    recent_sign_in: z.literal(true).optional().openapi({
      description:
        'In place of the password: a sign-in or re-authentication within the window of the realm. Goes without saying for an account that has no password',
    }),
  })
  .openapi('AccountDeletion');

/** An entry of the activity log as it goes over the wire. */
export function activityShape(row: AccountEntry): z.infer<typeof ActivitySchema> {
  return {
    at: rfc3339(row.at),
    type: row.type,
    by: doerOf(row.actor),
    details: row.details,
    session_id: row.sessionId,
    ip: row.ip,
    country: row.country,
    user_agent: row.userAgent,
    device: describeDevice(row.userAgent),
  };
}
