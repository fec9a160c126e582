import { z } from 'zod';
import type { Authorized } from '../authorize/service.ts';
import type { Transaction } from '../credits/port.ts';
import type { CreditChange } from '../credits/service.ts';
import { rfc3339 } from '../lib/time.ts';
import type { Quota } from '../usage/port.ts';

const Reference = z.string().regex(/^[!-~]{1,200}$/, 'Must be 1 to 200 visible ASCII characters');
const Resource = z.string().max(40);
const UserId = z.string();
const Amount = z.int().min(1).max(1e12);
const Description = z.string().max(500).nullish();

export const AuthorizeBody = z.strictObject({
  token: z.string().max(8192),
  resource: Resource.nullish(),
  quantity: Amount.default(1),
  credits: z.int().min(0).max(1e12).default(0),
  reference: Reference.nullish(),
});

export const ConsumeBody = z.strictObject({
  user_id: UserId,
  resource: Resource,
  quantity: Amount.default(1),
  reference: Reference.nullish(),
});

const change = { user_id: UserId, amount: Amount, reference: Reference, description: Description };

export const AdditionBody = z.strictObject({
  ...change,
  type: z.enum(['purchase', 'added', 'grant']).default('added'),
  expires_at: z.iso.datetime({ offset: true }).nullish(),
});
export const UseBody = z.strictObject(change);
export const RefundBody = z.strictObject({ ...change, amount: Amount.nullish(), refund_of: Reference });
export const BalanceQuery = z.strictObject({ user_id: UserId });
export const TransactionsQuery = z.strictObject({
  user_id: UserId,
  limit: z.int().min(1).max(100).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
});

export function quotaShape(quota: Quota) {
  const { resource, limit, used, remaining, period, resetsAt } = quota;
  return { resource, limit, used, remaining, period, resets_at: rfc3339(resetsAt) };
}

export function decisionShape(answer: Authorized) {
  const { userId, sessionId, quota, ...rest } = answer;
  return { ...rest, user_id: userId, session_id: sessionId, quota: quota && quotaShape(quota) };
}

export function transactionShape(row: Transaction) {
  const { id, type, amount, balanceAfter, reference, description, createdAt } = row;
  return {
    id,
    type,
    amount,
    balance_after: balanceAfter,
    reference,
    description,
    created_at: rfc3339(createdAt),
  };
}

export function changeShape({ transaction, balance }: CreditChange) {
  return { transaction: transactionShape(transaction), balance };
}
