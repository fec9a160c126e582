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

/**
 * Credits that came in and whose payment was lost, in part or whole: of an addition, so much as was `lost` of what was
 * `paid`. `revision` is that of the reversal when this was looked up: what was told meanwhile is newer.
 */
export interface Reversal {
  reference: string;
  lost: number;
  paid: number;
  revision: number;
  actor: string;
}

/** How much of an addition was taken back. */
export interface Reversed {
  /** Credits that should be gone. */
  total: number;
  /** Those of them that were there to be taken. */
  taken: number;
  /** Raised with each change. */
  revision: number;
}

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
  /** How much of an addition was taken back, as last told. */
  creditReversal(terms: Terms, reference: string): Promise<({ result: 'ok' } & Reversed) | Refusal>;
  /**
   * Takes back what an addition brought, down to zero at most, and gives it back when less was lost than was told
   * before. What could not be taken is `total - taken`: credits that come in later are not touched. Refuses with
   * `transaction_not_found`, and `conflict` for a reversal that was told again meanwhile.
   */
  reverseCredits(terms: Terms, reversal: Reversal): Promise<({ result: 'ok' } & Reversed) | Refusal>;
  /** The newest rows from before a sequence number, and how many there are in all. */
  listCredits(
    terms: Terms,
    page: { before: number | null; limit: number },
  ): Promise<{ result: 'ok'; transactions: Transaction[]; total: number } | Refusal>;
}

/** The object of one user. */
export type CreditObjects = (userId: string) => CreditObject;
