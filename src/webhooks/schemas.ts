import { z } from '@hono/zod-openapi';
import { EVENT_TYPES, EVENTS, Payload } from '../events/catalogue.ts';
import { cursorOf, listOf, PageLimit } from '../http/list-schemas.ts';
import { rfc3339 } from '../lib/time.ts';
import type { payloadOf } from './payload.ts';
import type { WebhookAttemptRow, WebhookEndpointRow } from './tables.ts';

/** How long what was signed with before goes on signing, in hours. */
const OVERLAP = { usual: 24, most: 168 };

const EventNameField = z.enum(EVENT_TYPES).openapi('EventType');

const fields = {
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .openapi({
      description:
        'Where events are posted to: https, of the public Internet; in development also this machine',
      example: 'https://example.com/hooks/latchkey',
    }),
  description: z.string().max(200).openapi({ description: 'For operators' }),
  events: z
    .array(EventNameField)
    .min(1)
    .max(EVENT_TYPES.length)
    .transform((names) => [...new Set(names)])
    .nullable()
    .openapi({ description: 'Which events; null for all, also those to come', example: ['user.created'] }),
};

export const NewWebhook = z
  .strictObject({
    ...fields,
    description: fields.description.default(''),
    events: fields.events.default(null),
  })
  .openapi('NewWebhook');

export const WebhookPatch = z
  .strictObject({ ...fields, status: z.enum(['active', 'disabled']) })
  .partial()
  .openapi('WebhookPatch');

export const WebhookRotation = z
  .strictObject({
    overlap_hours: z
      .int()
      .min(0)
      .max(OVERLAP.most)
      .default(OVERLAP.usual)
      .openapi({ description: 'How long the secret and the key before go on signing beside the new ones' }),
  })
  .openapi('WebhookRotation');

export const WebhookReplay = z
  .strictObject({
    since: z.iso
      .datetime({ offset: true })
      .openapi({ description: 'Events from then on, 30 days back at most' }),
    which: z.enum(['failed', 'all']).default('failed').openapi({
      description:
        'Those that were given up, or came while the endpoint was switched off; or all of them again',
    }),
  })
  .openapi('WebhookReplay');

export const WebhookReplayed = z
  .object({ count: z.int().openapi({ description: 'Events that are due now; at most 10,000 a call' }) })
  .openapi('WebhookReplayed');

export const WebhookSchema = z
  .object({
    id: z.string().openapi({ example: 'whe_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
    url: z.string(),
    description: z.string(),
    events: z.array(z.string()).nullable(),
    status: z.enum(['active', 'disabled']),
    disabled_for: z.enum(['operator', 'failing', 'gone']).nullable().openapi({
      description:
        'Why it is switched off: an operator wanted it, nothing got there for five days, or it answered 410',
    }),
    failing_since: z.iso.datetime().nullable(),
    retry_at: z.iso.datetime().nullable().openapi({ description: 'Until when it is left alone' }),
    delivered_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'When it took an event last, by the minute' }),
    public_keys: z.array(z.string()).openapi({
      description:
        'By which signatures of version `v1a` (Ed25519) are verified: `whpk_` and base64, the current one first',
    }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Webhook');

export const WebhookWithSecret = WebhookSchema.extend({
  secret: z.string().openapi({
    description: 'By which signatures of version `v1` (HMAC-SHA-256) are verified. It is shown this once.',
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD0LnsqEvmkWw=',
  }),
}).openapi('WebhookWithSecret');

export const WebhookListSchema = listOf(WebhookSchema).openapi('WebhookList');

export const DeliveryQuery = z.object({
  status: z.enum(['pending', 'delivered', 'failed']).optional(),
  limit: PageLimit,
  cursor: cursorOf(z.number(), z.string()),
});

const delivery = {
  id: z.string(),
  event_id: z.string(),
  event_type: z.string(),
  user_id: z.string().nullable(),
  status: z.enum(['pending', 'delivered', 'failed']).openapi({ description: '`failed`: given up' }),
  attempts: z.int(),
  next_attempt_at: z.iso.datetime().nullable(),
  last_error: z.string().nullable(),
  created_at: z.iso.datetime(),
  settled_at: z.iso.datetime().nullable(),
};

export const DeliverySchema = z.object(delivery).openapi('WebhookDelivery');

export const DeliveryListSchema = listOf(DeliverySchema).openapi('WebhookDeliveryList');

export const DeliveryWithLog = z
  .object({
    ...delivery,
    payload: Payload.extend({ type: z.string(), data: z.record(z.string(), z.unknown()) })
      .nullable()
      .openapi({ description: 'What is posted; null when it is too old to be kept' }),
    log: z.array(
      z.object({
        attempt: z.int(),
        at: z.iso.datetime(),
        duration_ms: z.int(),
        status: z.int().nullable().openapi({ description: 'Of the answer; null when there was none' }),
        error: z.string().nullable(),
        answer: z.string().nullable().openapi({ description: 'Its first kilobyte' }),
      }),
    ),
  })
  .openapi('WebhookDeliveryLog');

const STATUSES = { pending: 'pending', sent: 'delivered', dead: 'failed' } as const;

/** What a status is called in the outbox. */
export function outboxStatus(status: 'pending' | 'delivered' | 'failed'): keyof typeof STATUSES {
  return status === 'pending' ? 'pending' : status === 'delivered' ? 'sent' : 'dead';
}

/** A delivery as the outbox has it. */
export interface DeliveryRow {
  id: string;
  eventId: string | null;
  template: string;
  userId: string | null;
  status: string;
  attempts: number;
  nextAttemptAt: number;
  lastError: string | null;
  createdAt: number;
  settledAt: number | null;
}

const time = (at: number | null) => (at === null ? null : rfc3339(at));

/** An endpoint as it goes over the wire. */
export function webhookShape(row: WebhookEndpointRow, publicKeys: string[]): z.infer<typeof WebhookSchema> {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    status: row.status,
    disabled_for: row.disabledFor,
    failing_since: time(row.failingSince),
    retry_at: row.retryAt > Date.now() ? rfc3339(row.retryAt) : null,
    delivered_at: time(row.deliveredAt),
    public_keys: publicKeys,
    created_by: row.createdBy,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
  };
}

/** A delivery as it goes over the wire. */
export function deliveryShape(row: DeliveryRow): z.infer<typeof DeliverySchema> {
  return {
    id: row.id,
    event_id: row.eventId ?? '',
    event_type: row.template,
    user_id: row.userId,
    status: STATUSES[row.status as keyof typeof STATUSES],
    attempts: row.attempts,
    next_attempt_at: row.status === 'pending' ? rfc3339(row.nextAttemptAt) : null,
    last_error: row.lastError,
    created_at: rfc3339(row.createdAt),
    settled_at: time(row.settledAt),
  };
}

/** A delivery with what was posted, and what came of each try. */
export function deliveryLogShape(found: {
  row: DeliveryRow;
  payload: ReturnType<typeof payloadOf> | null;
  attempts: WebhookAttemptRow[];
}): z.infer<typeof DeliveryWithLog> {
  return {
    ...deliveryShape(found.row),
    payload: found.payload,
    log: found.attempts.map(({ attempt, at, duration, status, error, answer }) => ({
      ...{ attempt, at: rfc3339(at), duration_ms: duration, status, error, answer },
    })),
  };
}

/** What each event posts, for the OpenAPI document. */
export function eventPayload(type: keyof typeof EVENTS) {
  const { data, version } = EVENTS[type];
  const name = type.replaceAll(/(^|[._])(.)/g, (_, __, letter: string) => letter.toUpperCase());
  return Payload.extend({ type: z.literal(type), version: z.literal(version), data }).openapi(`${name}Event`);
}
