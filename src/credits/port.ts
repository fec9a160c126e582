import type { Refusal } from '../accounts/port.ts';
import type { Terms } from '../plans/port.ts';

export const TRANSACTION_TYPES = ['purchase', 'added', 'used', 'refund', 'grant', 'expired'] as const;

export type TransactionType = (typeof TRANSACTION_TYPES)[number];

/**
 * One row of the ledger. `amount` is negative where credits leave; `balanceAfter` the sum of all rows up to this one.
 * Times are Unix milliseconds.
 */
export interface Transaction {
  seq: number;
  id: string;
  type: TransactionType;
  amount: number;
  balanceAfter: number;
  reference: string;
  /** Of a refund: the reference of the use. */
  refundOf: string | null;
  description: string | null;
  actor: string | null;
  /** Of credits that come in: when what is left of them expires. */
  expiresAt: number | null;
  createdAt: number;
}

interface Change {
  amount: number;
  /** Unique in the user's ledger: repeating a change gives the first result. */
  reference: string;
  description: string | null;
  /** Who does it: the id of an API key or of an admin, or `system`. */
  actor: string;
}

export type Addition = Change & { type: 'purchase' | 'added' | 'grant'; expiresAt: number | null };
export type Use = Change;
/** `refundOf` is the reference of a use; all that is left of it when `amount` is null. */
export type Refund = Omit<Change, 'amount'> & { refundOf: string; amount: number | null };

export type CreditResult = { result: 'ok'; transaction: Transaction; balance: number } | Refusal;

/** What credits need of the account object: each call is one hop, and touches no D1. */
export interface CreditObject {
  creditBalance(terms: Terms): Promise<{ result: 'ok'; balance: number } | Refusal>;
  /** Refuses with `reference_reused`, and `credits_limit` for a sum that is no exact number. */
  addCredits(terms: Terms, addition: Addition): Promise<CreditResult>;
  /** Refuses with `insufficient_credits`, `reference_reused`. */
  useCredits(terms: Terms, use: Use): Promise<CreditResult>;
  /** Refuses with `transaction_not_found`, `refund_exceeds_use`, `reference_reused`. */
  refundCredits(terms: Terms, refund: Refund): Promise<CreditResult>;
  /** The newest rows from before a sequence number. */
  listCredits(
    terms: Terms,
    page: { before: number | null; limit: number },
  ): Promise<{ result: 'ok'; transactions: Transaction[] } | Refusal>;
}

/** The object of one user. */
export type CreditObjects = (userId: string) => CreditObject;
