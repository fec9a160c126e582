import type {
  CreditAddition,
  CreditRefund,
  CreditReversal,
  CreditStanding,
  CreditTransaction,
  CreditUse,
  InvoiceCredits,
  NamedReversal,
  PoolObject,
  ReversedCredits,
  Terms,
} from '../account/metering-contract.ts';
import { fieldError } from '../errors.ts';
import { pageOf } from '../http/paging.ts';
import type { Plans } from '../plans/service.ts';
import { ending, type Payers, type PayingParty } from '../wallet/payers.ts';

/** A change of the ledger. `balance` is what it came to with it, also when the change is repeated. */
export interface CreditChange {
  transaction: CreditTransaction;
  balance: number;
}

/** What a reader of the ledger would take for grants and expiries, which only Latchkey books. */
const MISLEADING_REFERENCE = /^(grant|rollover|expired):/;

/**
 * Credits. Each operation is one call to one object, of a user or an organization, and no D1 query. All throw `user_not_found`, or
 * `organization_not_found` and `not_a_member`.
 */
export class Credits {
  readonly #payers: Payers;
  readonly #plans: Plans;

  constructor(payers: Payers, plans: Plans) {
    this.#payers = payers;
    this.#plans = plans;
  }

  async balance(payer: PayingParty): Promise<number> {
    return (await this.#ask(payer, (object, terms) => object.creditBalance(terms))).balance;
  }

  /** What can be spent, by source. */
  async standing(payer: PayingParty): Promise<CreditStanding> {
    return this.#ask(payer, (object, terms) => object.creditStanding(terms));
  }

  /** Throws `reference_reused`, `credits_limit`, and 422 for an expiry that has passed. */
  async add(payer: PayingParty, addition: CreditAddition): Promise<CreditChange> {
    requireOwnReference(addition.reference);
    if (addition.expiresAt !== null && addition.expiresAt <= Date.now()) {
      throw fieldError('expires_at', 'past', 'Must be in the future');
    }
    return changeOf(await this.#ask(payer, (object, terms) => object.addCredits(terms, addition)));
  }

  /** As `add`, for what Latchkey gives by itself: callers' references cannot meet its own. Throws `reference_reused`. */
  async book(payer: PayingParty, addition: CreditAddition): Promise<CreditChange> {
    return changeOf(await this.#ask(payer, (object, terms) => object.bookCredits(terms, addition)));
  }

  /** Throws `insufficient_credits`, `cap_exceeded`, `account_suspended`, `organization_suspended`, `reference_reused`. */
  async use(payer: PayingParty, use: CreditUse): Promise<CreditChange> {
    requireOwnReference(use.reference);
    return changeOf(await this.#ask(payer, (object, terms) => object.useCredits(terms, use)));
  }

  /** Throws `transaction_not_found`, `refund_exceeds_use`, `credits_limit`, `reference_reused`. */
  async refund(payer: PayingParty, refund: CreditRefund): Promise<CreditChange> {
    requireOwnReference(refund.reference);
    return changeOf(await this.#ask(ending(payer), (object, terms) => object.refundCredits(terms, refund)));
  }

  /** How much of an addition was taken back, as last told. */
  async reversed(payer: PayingParty, reference: string): Promise<ReversedCredits> {
    return this.#ask(payer, (object, terms) => object.creditReversal(terms, reference));
  }

  /** Books what invoices brought and what was lost of them; gives all that was taken back of invoices. Throws `conflict`. */
  async settle(
    payer: PayingParty,
    settlement: { invoices: InvoiceCredits[]; losses: CreditReversal[] },
  ): Promise<NamedReversal[]> {
    return (await this.#ask(payer, (object, terms) => object.settleInvoices(terms, settlement))).reversals;
  }

  /** Takes back what an addition brought. Throws `transaction_not_found`, `conflict`. */
  async reverse(payer: PayingParty, reversal: CreditReversal): Promise<ReversedCredits> {
    return this.#ask(payer, (object, terms) => object.reverseCredits(terms, reversal));
  }

  /** Has the directory told when the balance comes below so many credits; null for no more. Gives the balance. */
  async watch(payer: PayingParty, below: number | null): Promise<number> {
    return (await this.#ask(payer, (object, terms) => object.watchBalance(terms, below))).balance;
  }

  /** A page of the ledger, newest first, and how many rows it has; exact. */
  async transactions(
    payer: PayingParty,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ rows: CreditTransaction[]; nextCursor: string | null; total: number }> {
    const before = page.cursor === undefined ? null : Number(page.cursor);
    const { transactions, total } = await this.#ask(payer, (object, terms) =>
      object.listCredits(terms, { before, limit: page.limit + 1 }),
    );
    return { ...pageOf(transactions, page.limit, ({ seq }) => String(seq)), total };
  }

  async #ask<Answer extends { result: string }>(
    payer: PayingParty,
    call: (object: PoolObject, terms: Terms) => Promise<Answer>,
  ) {
    return this.#payers.ask(payer, await this.#plans.terms(payer.realmId), call);
  }
}

function changeOf({ transaction, balance }: CreditChange): CreditChange {
  return { transaction, balance };
}

/** Throws 422 for a reference that looks like one of Latchkey's own. */
export function requireOwnReference(reference: string): void {
  if (MISLEADING_REFERENCE.test(reference)) {
    throw fieldError('reference', 'reserved', 'References that begin so are made by Latchkey only');
  }
}
