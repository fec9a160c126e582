import { z } from '@hono/zod-openapi';

/** Why something is done, in the words of who does it. */
export const Reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((value) => value.isWellFormed(), { error: 'Must be whole characters' })
  .openapi({ description: 'For the audit log', example: 'Ticket 4711' });

export const ReasonBody = z.strictObject({ reason: Reason.optional() }).openapi('ReasonGiven');
