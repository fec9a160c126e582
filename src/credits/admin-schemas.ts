import { z } from '@hono/zod-openapi';
import { Reason } from '../directory/audit-schemas.ts';
import { ReferenceField } from '../http/idempotency.ts';
import { PageLimit } from '../http/list-schemas.ts';
import { TransactionSchema } from './schemas.ts';

const MAX_AMOUNT = 1e12;

export const LedgerQuery = z.object({
  limit: PageLimit,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

export const AdjustmentBody = z
  .strictObject({
    amount: z
      .int()
      .min(-MAX_AMOUNT)
      .max(MAX_AMOUNT)
      .refine((amount) => amount !== 0, { error: 'Must not be 0' })
      .openapi({ description: 'What is given; negative to take it', example: 100 }),
    reason: Reason,
    reference: ReferenceField.optional(),
  })
  .openapi('CreditAdjustment');

const AdminTransactionSchema = TransactionSchema.extend({
  actor: z.string().nullable().openapi({ description: 'The id of an API key or of an admin, or `system`' }),
}).openapi('AdminCreditTransaction');

export const AdminLedgerSchema = z
  .object({
    user_id: z.string(),
    balance: z.int(),
    data: z.array(AdminTransactionSchema),
    next_cursor: z.string().nullable(),
    total: z.int(),
  })
  .openapi('AdminLedger');
