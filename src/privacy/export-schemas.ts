import { z } from '@hono/zod-openapi';
import { PaidSchema, paidShape } from '../billing/schemas.ts';
import { transactionShape } from '../credits/schemas.ts';
import { UserSchema, userShape } from '../directory/schemas.ts';
import { rfc3339 } from '../lib/time.ts';
import { ActivitySchema, activityShape } from './schemas.ts';
import type { Everything, MeteredData } from './service.ts';

export const ExportSchema = z
  .object({
    exported_at: z.iso.datetime(),
    user: UserSchema,
    made_in: z.string().nullable().openapi({ description: 'Where from the account was made' }),
    made_with: z.string().nullable().openapi({ description: 'The user agent it was made with' }),
    external_id: z
      .string()
      .nullable()
      .openapi({ description: 'What the system called the user that they were imported from' }),
    preferences: z.record(z.string(), z.unknown()),
    sessions: z.array(z.record(z.string(), z.unknown())),
    identities: z.array(z.record(z.string(), z.unknown())),
    activity: z.array(ActivitySchema),
    acts: z.array(z.record(z.string(), z.unknown())).openapi({ description: 'As an admin of the realm' }),
    messages: z.array(z.record(z.string(), z.unknown())),
    usage: z.array(z.record(z.string(), z.unknown())),
    usage_history: z.array(z.record(z.string(), z.unknown())),
    tokens: z.array(z.record(z.string(), z.unknown())),
    tokens_history: z.array(z.record(z.string(), z.unknown())),
    credit_transactions: z.array(z.record(z.string(), z.unknown())),
    billing: PaidSchema,
  })
  .openapi('Export');

/** Everything that is held about a user, as one document. `now` is Unix milliseconds. */
export function exportShape(everything: Everything, now: number): z.infer<typeof ExportSchema> {
  const { user, externalId, preferences, open, ended, log, acts, messages, linked, metering, paid } =
    everything;
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  return {
    exported_at: rfc3339(now),
    user: userShape(user),
    made_in: user.madeIn,
    made_with: user.madeWith,
    external_id: externalId,
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
    acts: acts.map(({ at, ...act }) => ({ at: rfc3339(at), ...act })),
    messages: messages.map(({ createdAt, settledAt, ...row }) => ({
      ...row,
      created_at: rfc3339(createdAt),
      settled_at: time(settledAt),
    })),
    ...meteringShape(metering),
    billing: paidShape(paid),
  };
}

function meteringShape(metering: MeteredData) {
  return {
    usage: metering.usage.map(({ date, resource, quantity }) => ({ date, resource, quantity })),
    usage_history: metering.uses.map(({ at, resource, quantity, reference }) => ({
      at: rfc3339(at),
      resource,
      quantity,
      reference,
    })),
    tokens: metering.tokens.map(({ date, model, inputTokens, outputTokens, requests }) => ({
      date,
      model,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      requests,
    })),
    tokens_history: metering.tokenUses.map(({ at, model, inputTokens, outputTokens, requestId }) => ({
      at: rfc3339(at),
      model,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      request_id: requestId,
    })),
    credit_transactions: metering.credits.map(transactionShape),
  };
}
