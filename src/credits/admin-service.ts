import { sql } from 'drizzle-orm';
import { primary } from '../db/client.ts';
import { writeAuditIf } from '../directory/audit.ts';
import type { Directory } from '../directory/service.ts';
import { requireAuthority } from '../http/authority.ts';
import type { Actor } from '../http/service-authentication.ts';
import type { PayingParty } from '../wallet/payers.ts';
import type { CreditChange, Credits } from './service.ts';

/** An adjustment: credits given, or taken when `amount` is negative; once for a reference. */
export interface Adjustment {
  amount: number;
  reason: string;
  reference: string;
}

/** The credits of users and organizations as operators handle them. */
export class CreditAdmin {
  readonly #d1: D1Database;
  readonly #credits: Credits;
  readonly #directory: Directory;

  constructor(d1: D1Database, credits: Credits, directory: Directory) {
    this.#d1 = d1;
    this.#credits = credits;
    this.#directory = directory;
  }

  /** The balance and a page of the ledger, newest first. Throws `user_not_found`, `organization_not_found`. */
  async view(target: PayingParty, page: { limit: number; cursor: string | undefined }) {
    const [balance, ledger] = await Promise.all([
      this.#credits.balance(target),
      this.#credits.transactions(target, page),
    ]);
    return { balance, ...ledger };
  }

  /**
   * Gives or takes credits. Throws `user_not_found`, `organization_not_found`, `insufficient_scope`, `insufficient_credits`,
   * `reference_reused`, `credits_limit`, `account_suspended` and `organization_suspended` when they are taken.
   */
  async adjust(target: PayingParty, adjustment: Adjustment, actor: Actor): Promise<CreditChange> {
    const isShared = 'organizationId' in target;
    if (!isShared) requireAuthority(actor, (await this.#directory.current(target)).role);
    const subject = isShared ? target.organizationId : target.userId;
    const { amount, reason, reference } = adjustment;
    const change = { reference, description: reason, actor: actor.id };
    const done =
      amount > 0
        ? await this.#credits.add(target, { ...change, amount, type: 'added', expiresAt: null })
        : await this.#credits.use(target, { ...change, amount: -amount });
    const { transaction } = done;
    const { balanceAfter: after, createdAt: at } = transaction;
    // Named by the transaction: asking for the same again writes nothing again.
    const entry = {
      realmId: target.realmId,
      at,
      actor: actor.id,
      action: 'credits_adjusted',
      target: subject,
      details: {
        before: { balance: after - transaction.amount },
        after: { balance: after },
        reason,
        transaction_id: transaction.id,
      },
    } as const;
    const isNew = sql`NOT EXISTS (SELECT 1 FROM audit WHERE realm_id = ${target.realmId} AND target = ${subject}
      AND action = 'credits_adjusted' AND details ->> 'transaction_id' = ${transaction.id})`;
    await writeAuditIf(primary(this.#d1).db, entry, isNew);
    return done;
  }
}
