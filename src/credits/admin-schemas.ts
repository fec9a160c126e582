import { z } from '@hono/zod-openapi';
import { Reason } from '../directory/audit-schemas.ts';
import { fieldError } from '../errors.ts';
import { ReferenceField } from '../http/idempotency.ts';
import { PageLimit } from '../http/list-schemas.ts';
import type { Adjustment, CreditAdmin } from './admin-service.ts';
import { TransactionSchema, transactionShape } from './schemas.ts';

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

const ledger = {
  balance: z.int(),
  data: z.array(AdminTransactionSchema),
  next_cursor: z.string().nullable(),
  total: z.int(),
};

export const AdminLedgerSchema = z.object({ user_id: z.string(), ...ledger }).openapi('AdminLedger');

export const OrganizationLedgerSchema = z
  .object({ organization_id: z.string(), ...ledger })
  .openapi('AdminOrganizationLedger');

/** A page of a ledger as it goes over the wire, without whose it is. */
export function ledgerShape({
  balance,
  rows,
  nextCursor,
  total,
}: Awaited<ReturnType<CreditAdmin['view']>>): Omit<z.infer<typeof AdminLedgerSchema>, 'user_id'> {
  const data = rows.map((row) => ({ ...transactionShape(row), actor: row.actor }));
  return { balance, data, next_cursor: nextCursor, total };
}

/** An adjustment as it was asked for. Throws 422 where neither the body nor the header has a reference. */
export function adjustmentOf(
  { amount, reason, reference }: z.output<typeof AdjustmentBody>,
  headers: { 'idempotency-key'?: string | undefined },
): Adjustment {
  const named = reference ?? headers['idempotency-key'];
  if (!named) throw fieldError('reference', 'required', 'Makes the change happen once');
  return { amount, reason, reference: named };
}
