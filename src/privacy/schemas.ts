import { z } from '@hono/zod-openapi';
import { UserSchema } from '../accounts/schemas.ts';

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
    by: z.enum(['user', 'admin', 'service', 'system']).openapi({ description: 'Who did it' }),
    details: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: 'Of changes of plan, limits and credits: what changed' }),
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
    external_id: z
      .string()
      .nullable()
      .openapi({ description: 'What the system called the user that they were imported from' }),
    preferences: z.record(z.string(), z.unknown()),
    sessions: z.array(z.record(z.string(), z.unknown())),
    activity: z.array(ActivitySchema),
    acts: z.array(z.record(z.string(), z.unknown())).openapi({ description: 'As an admin of the realm' }),
    messages: z.array(z.record(z.string(), z.unknown())),
    usage: z.array(z.record(z.string(), z.unknown())),
    usage_history: z.array(z.record(z.string(), z.unknown())),
    tokens: z.array(z.record(z.string(), z.unknown())),
    tokens_history: z.array(z.record(z.string(), z.unknown())),
    credit_transactions: z.array(z.record(z.string(), z.unknown())),
  })
  .openapi('Export');

export const DeleteBody = z
  .strictObject({
    password: z.string().min(1).max(512).optional().openapi({
      description: 'Needed unless the account has none and the session was opened in the last ten minutes',
    }),
  })
  .openapi('AccountDeletion');
