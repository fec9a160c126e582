import { z } from '@hono/zod-openapi';
import type { Levels } from '../http/levels.ts';
import { cursorOf, listOf, listShape, PageLimit } from '../http/list-schemas.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { rfc3339 } from '../lib/time.ts';
import { MESSAGE_STATUSES, type Message, type OutboxAdmin } from './admin-service.ts';

const MessageQuery = z.object({
  status: z.enum(MESSAGE_STATUSES).optional(),
  user_id: z.string().min(1).max(200).optional(),
  limit: PageLimit,
  cursor: cursorOf(z.number(), z.string()),
});

const MessageSchema = z
  .object({
    id: z.string(),
    user_id: z.string().nullable(),
    channel: z.enum(['mail', 'sms']),
    template: z.string().openapi({ example: 'verify_email' }),
    recipient: z.string(),
    locale: z.string().nullable(),
    status: z.string().openapi({ description: '`pending`, `sent`, or `dead`: given up' }),
    attempts: z.int(),
    next_attempt_at: z.iso.datetime().nullable(),
    last_error: z.string().nullable(),
    expires_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    settled_at: z.iso.datetime().nullable(),
    retriable: z.boolean(),
  })
  .openapi('Message');

const MessageListSchema = listOf(MessageSchema).openapi('MessageList');
const MessageId = z.object({ id: z.string() });

/** `/v1/admin/outbox`: mails and text messages. */
export function outboxRoutes(outbox: OutboxAdmin, levels: Levels) {
  const admin = { tags: ['Admin: messages'], level: levels.admin() };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.outbox.list',
        method: 'get',
        path: '/v1/admin/outbox',
        ...admin,
        summary: 'Mails and text messages',
        description:
          'Newest first, 30 days back. What a message says is never shown: it may be a link or code.',
        request: { query: MessageQuery },
        responses: responses({ 200: json(MessageListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const { limit, cursor = null, status, user_id: userId } = c.req.valid('query');
        const page = await outbox.list(c.get('realm').id, { status, userId }, { after: cursor, limit });
        return c.json(listShape(page, messageShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.outbox.sendTest',
        method: 'post',
        path: '/v1/admin/outbox/test',
        ...admin,
        summary: 'Mail a test message to yourself',
        description: 'To the address of the admin who asks, proven or not; five an hour. Not for services.',
        responses: responses({ 202: json(MessageSchema, 'The message') }, { codes: ['user_not_found'] }),
      }),
      async (c) => c.json(messageShape(await outbox.sendTest(c.get('realm').id, actorOf(c))), 202),
    )
    .openapi(
      createRoute({
        operationId: 'admin.outbox.get',
        method: 'get',
        path: '/v1/admin/outbox/{id}',
        ...admin,
        summary: 'One message',
        request: { params: MessageId },
        responses: responses({ 200: json(MessageSchema, 'The message') }, { codes: ['message_not_found'] }),
      }),
      async (c) => c.json(messageShape(await outbox.get(c.get('realm').id, c.req.valid('param').id)), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.outbox.retry',
        method: 'post',
        path: '/v1/admin/outbox/{id}/retry',
        ...admin,
        summary: 'Send a message that was given up, or waits for its next try, now',
        request: { params: MessageId },
        responses: responses(
          { 200: json(MessageSchema, 'The message') },
          { codes: ['message_not_found', 'message_not_retriable'] },
        ),
      }),
      async (c) => {
        const message = await outbox.retry(c.get('realm').id, c.req.valid('param').id, actorOf(c));
        return c.json(messageShape(message), 200);
      },
    );
}

function messageShape(row: Message): z.infer<typeof MessageSchema> {
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  return {
    id: row.id,
    user_id: row.userId,
    channel: row.channel,
    template: row.template,
    recipient: row.recipient,
    locale: row.locale,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: row.status === 'pending' ? rfc3339(row.nextAttemptAt) : null,
    last_error: row.lastError,
    expires_at: time(row.expiresAt),
    created_at: rfc3339(row.createdAt),
    settled_at: time(row.settledAt),
    retriable: row.isRetriable,
  };
}
