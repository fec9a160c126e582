import { z } from '@hono/zod-openapi';

/** What makes a request happen once: it stands for one request about a user, whatever its kind. */
export const ReferenceField = z
  .string()
  .regex(/^[!-~]{1,200}$/, 'Must be 1 to 200 visible ASCII characters')
  .openapi({ example: 'order-4711' });

/** The header that can stand for `reference`. */
export const IdempotencyHeader = z.object({ 'idempotency-key': ReferenceField.optional() });
