import { z } from '@hono/zod-openapi';
import {
  CREDIT_SOURCES,
  type CreditStanding,
  type CreditTransaction,
  TRANSACTION_TYPES,
} from '../account/metering-contract.ts';
import { ReferenceField } from '../http/idempotency.ts';
import { DOERS, doerOf } from '../lib/doer.ts';
import { rfc3339 } from '../lib/time.ts';
import { NAMES_PAYER, payerFields, payerShape } from '../plans/payer-schemas.ts';
import type { CreditChange } from './service.ts';

/** Credits, at a time. */
export const AmountField = z.int().min(1).max(1e12);

const change = {
  ...payerFields,
  amount: AmountField,
  reference: ReferenceField.optional().openapi({
    description: 'Needed, unless there is an `Idempotency-Key`',
  }),
  description: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .refine((value) => value.isWellFormed(), { error: 'Must be whole characters' })
    .optional(),
};

export const AdditionBody = z
  .strictObject({
    ...change,
    type: z.enum(['purchase', 'added', 'grant']).default('added'),
    expires_at: z.iso
      .datetime()
      .nullish()
      .openapi({ description: 'When what is left of them expires; never when left out' }),
  })
  .refine(...NAMES_PAYER)
  .openapi('CreditAddition');

export const UseBody = z
  .strictObject(change)
  .refine(...NAMES_PAYER)
  .openapi('CreditUse');

export const RefundBody = z
  .strictObject({
    ...change,
    amount: AmountField.optional().openapi({ description: 'All that is left of the use when left out' }),
    refund_of: ReferenceField.openapi({ description: 'The reference of the use', example: 'job-4711' }),
  })
  .refine(...NAMES_PAYER)
  .openapi('CreditRefund');

const SourceField = z.enum(CREDIT_SOURCES).openapi({
  description:
    'What a plan brings, what was given, what was bought or brought along. What expires first is spent first, and of what expires at the same time in this order.',
});
const part = { source: SourceField, amount: z.int() };

export const TransactionSchema = z
  .object({
    id: z.string().openapi({ example: 'txn_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
    type: z.enum(TRANSACTION_TYPES),
    amount: z.int().openapi({ description: 'Negative where credits leave' }),
    balance_after: z.int(),
    reference: z.string(),
    refund_of: z.string().nullable(),
    description: z.string().nullable(),
    by: z.enum(DOERS).openapi({ description: 'Who did it' }),
    member: z.string().optional().openapi({
      description:
        'Of an organization: on whose behalf, a user, a key of its own, or who asked for none; of a user: the key of theirs by which it was used',
    }),
    sources: z.array(z.object(part)).openapi({
      description: 'Which credits came or went; empty for some rows of earlier versions',
    }),
    expires_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi('CreditTransaction');

export const CreditChangeSchema = z
  .object({ transaction: TransactionSchema, balance: z.int() })
  .openapi('CreditChange');

/** What can be spent, and where it came from. */
export const standingFields = {
  balance: z.int(),
  reserved: z.int().openapi({
    description: 'What of it is held for reservations that are beyond a quota, and cannot be spent meanwhile',
  }),
  sources: z
    .array(
      z.object({
        ...part,
        expiring: z
          .array(z.object({ expires_at: z.iso.datetime(), amount: z.int() }))
          .openapi({ description: 'What of it expires, the soonest first; the first 20 moments' }),
      }),
    )
    .openapi({ description: 'Those of which something is left; together they are the balance' }),
};

export const BalanceSchema = z.object({ ...payerShape, ...standingFields }).openapi('Balance');

export const TransactionListSchema = z
  .object({ data: z.array(TransactionSchema), next_cursor: z.string().nullable() })
  .openapi('CreditTransactionList');

const page = {
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
};

export const TransactionQuery = z.object(page);

export const CreditQuery = z.object(payerFields).refine(...NAMES_PAYER);

export const UserTransactionQuery = z.object({ ...payerFields, ...page }).refine(...NAMES_PAYER);

/** A row of the ledger as it goes over the wire. */
export function transactionShape(
  transaction: Omit<CreditTransaction, 'request'>,
): z.infer<typeof TransactionSchema> {
  const { id, type, amount, reference, description } = transaction;
  return {
    id,
    type,
    amount,
    balance_after: transaction.balanceAfter,
    reference,
    refund_of: transaction.refundOf,
    description,
    by: doerOf(transaction.actor),
    ...(transaction.member != null && { member: transaction.member }),
    sources: transaction.sources,
    expires_at: transaction.expiresAt === null ? null : rfc3339(transaction.expiresAt),
    created_at: rfc3339(transaction.createdAt),
  };
}

/** What can be spent as it goes over the wire. */
export function standingShape({ balance, reserved, sources }: CreditStanding) {
  return {
    balance,
    reserved,
    sources: sources.map(({ expiring, ...of }) => ({
      ...of,
      expiring: expiring.map(({ expiresAt, amount }) => ({ expires_at: rfc3339(expiresAt), amount })),
    })),
  };
}

/** A change of the ledger as it goes over the wire. */
export function creditChangeShape({
  transaction,
  balance,
}: CreditChange): z.infer<typeof CreditChangeSchema> {
  return { transaction: transactionShape(transaction), balance };
}
