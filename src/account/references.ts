import type { RequestKind } from './metering-contract.ts';

/**
 * Which request of a caller's a reference stands for: one, whatever its kind. Each kind keeps its own requests; what
 * Latchkey itself books has references of its own, which are not among these.
 */
export class References {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The kind of the request that has this reference; null when none has. */
  kindOf(reference: string): RequestKind | null {
    // A request of `authorize` that charged is in the ledger too, under the same kind.
    const [found] = this.#sql
      .exec<{ kind: RequestKind }>(
        `SELECT kind FROM uses WHERE reference = ?1 AND result IS NOT NULL
         UNION ALL SELECT 'tokens' FROM token_uses WHERE request_id = ?1 AND result IS NOT NULL
         UNION ALL SELECT 'reserve' FROM reservations WHERE reference = ?1
         UNION ALL SELECT request FROM credit_transactions WHERE reference = ?1 AND request IS NOT NULL
         LIMIT 1`,
        reference,
      )
      .toArray();
    return found?.kind ?? null;
  }
}
