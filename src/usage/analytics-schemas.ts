import { z } from '@hono/zod-openapi';
import type { TokenSum, UsageAnalytics } from './analytics-service.ts';

export const DaysQuery = z.object({
  days: z.coerce.number().int().min(1).max(365).default(30).openapi({ type: 'integer' }),
});

export const EventQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^-?\d{1,15}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

const usage = {
  period_days: z.int(),
  totals: z.record(z.string(), z.int()).openapi({ example: { images: 12 } }),
  daily: z
    .array(z.object({ date: z.iso.date() }).catchall(z.int()))
    .openapi({ description: 'Every day, oldest first', example: [{ date: '2026-11-21', images: 12 }] }),
};
const TopUsersSchema = z.array(z.object({ user_id: z.string(), quantity: z.int() }));

export const UsageSchema = z.object(usage).openapi('Usage');

export const RealmUsageSchema = z
  .object({
    ...usage,
    top_users: z.record(z.string(), TopUsersSchema).openapi({ description: 'Of this calendar month' }),
  })
  .openapi('RealmUsage');

export const UsageEventListSchema = z
  .object({
    data: z.array(
      z
        .object({
          at: z.iso.datetime(),
          resource: z.string(),
          quantity: z.int(),
          reference: z.string().nullable(),
        })
        .openapi('UsageEvent'),
    ),
    next_cursor: z.string().nullable(),
  })
  .openapi('UsageEventList');

const tokenSum = {
  input_tokens: z.int(),
  output_tokens: z.int(),
  total_tokens: z.int(),
  requests: z.int(),
};
const tokenUsage = {
  period_days: z.int(),
  totals: z.object(tokenSum),
  models: z
    .array(z.object({ model: z.string(), ...tokenSum }))
    .openapi({ description: 'Those that used most first' }),
  daily: z
    .array(z.object({ date: z.iso.date(), ...tokenSum }))
    .openapi({ description: 'Every day, oldest first' }),
};

export const TokenUsageSchema = z.object(tokenUsage).openapi('TokenUsage');

export const RealmTokenUsageSchema = z
  .object({
    ...tokenUsage,
    top_users: TopUsersSchema.openapi({ description: 'Of this calendar month' }),
  })
  .openapi('RealmTokenUsage');

export const TokenEventListSchema = z
  .object({
    data: z.array(
      z
        .object({
          at: z.iso.datetime(),
          model: z.string(),
          input_tokens: z.int(),
          output_tokens: z.int(),
          request_id: z.string().nullable(),
        })
        .openapi('TokenEvent'),
    ),
    next_cursor: z.string().nullable(),
  })
  .openapi('TokenEventList');

/** What was used, as it goes over the wire. */
export function usageShape(usage: Awaited<ReturnType<UsageAnalytics['usage']>>): z.infer<typeof UsageSchema> {
  const daily = usage.daily.map(({ date, used }) => ({ ...used, date }));
  // The schema's type has no words for: a date, and numbers beside it.
  return { period_days: usage.days, totals: usage.totals, daily: daily as never[] };
}

/** What models have used, as it goes over the wire. */
export function tokenUsageShape(
  usage: Awaited<ReturnType<UsageAnalytics['tokens']>>,
): z.infer<typeof TokenUsageSchema> {
  return {
    period_days: usage.days,
    totals: tokenSumShape(usage.totals),
    models: usage.models.map(({ model, ...sum }) => ({ model, ...tokenSumShape(sum) })),
    daily: usage.daily.map(({ date, ...sum }) => ({ date, ...tokenSumShape(sum) })),
  };
}

/** Users who use most, as they go over the wire. */
export function topUsersShape(users: { userId: string; quantity: number }[]) {
  return users.map(({ userId, quantity }) => ({ user_id: userId, quantity }));
}

function tokenSumShape({ inputTokens, outputTokens, requests }: TokenSum) {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    requests,
  };
}
