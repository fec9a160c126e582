import { RpcTarget } from 'cloudflare:workers';
import type { z } from 'zod';
import type { Binding, Method } from './binding.ts';
import type { Outcome } from './outcome.ts';
import {
  AdditionBody,
  BalanceQuery,
  changeShape,
  RefundBody,
  TransactionsQuery,
  transactionShape,
  UseBody,
} from './schemas.ts';

export type CreditChange = ReturnType<typeof changeShape>;
export type Transaction = ReturnType<typeof transactionShape>;

/** `credits` of the entrypoint: a user's ledger. All need `credits:write`, and fail with `user_not_found`. */
export class RpcCredits extends RpcTarget {
  readonly #binding: Binding;

  constructor(binding: Binding) {
    super();
    this.#binding = binding;
  }

  balance(query: z.input<typeof BalanceQuery>): Promise<Outcome<{ user_id: string; balance: number }>> {
    return this.#call('balance', BalanceQuery, query, async ({ credits }, { realm }, { user_id }) => {
      const balance = await credits.balance({ userId: user_id, realmId: realm.id });
      return { user_id, balance };
    });
  }

  /** Fails with `reference_reused`, `credits_limit`. */
  add(addition: z.input<typeof AdditionBody>): Promise<Outcome<CreditChange>> {
    return this.#call('add', AdditionBody, addition, async ({ credits }, { realm, actor }, body) => {
      const { user_id, expires_at, description = null, ...rest } = body;
      const expiresAt = expires_at ? Date.parse(expires_at) : null;
      const user = { userId: user_id, realmId: realm.id };
      return changeShape(await credits.add(user, { ...rest, description, expiresAt, actor }));
    });
  }

  /** Fails with `insufficient_credits`, `account_suspended`, `reference_reused`. */
  use(use: z.input<typeof UseBody>): Promise<Outcome<CreditChange>> {
    return this.#call('use', UseBody, use, async ({ credits }, { realm, actor }, body) => {
      const { user_id, description = null, ...rest } = body;
      const user = { userId: user_id, realmId: realm.id };
      return changeShape(await credits.use(user, { ...rest, description, actor }));
    });
  }

  /** Fails with `transaction_not_found`, `refund_exceeds_use`, `reference_reused`. */
  refund(refund: z.input<typeof RefundBody>): Promise<Outcome<CreditChange>> {
    return this.#call('refund', RefundBody, refund, async ({ credits }, { realm, actor }, body) => {
      const { user_id, refund_of, amount = null, description = null, reference } = body;
      const user = { userId: user_id, realmId: realm.id };
      return changeShape(
        await credits.refund(user, { refundOf: refund_of, amount, description, reference, actor }),
      );
    });
  }

  /** A page of the ledger, newest first. */
  transactions(
    query: z.input<typeof TransactionsQuery>,
  ): Promise<Outcome<{ data: Transaction[]; next_cursor: string | null }>> {
    return this.#call('transactions', TransactionsQuery, query, async ({ credits }, { realm }, input) => {
      const { user_id, limit, cursor } = input;
      const user = { userId: user_id, realmId: realm.id };
      const { rows, nextCursor } = await credits.transactions(user, { limit, cursor });
      return { data: rows.map(transactionShape), next_cursor: nextCursor };
    });
  }

  #call<Input, Value>(
    name: string,
    schema: z.ZodType<Input>,
    input: unknown,
    work: Method<Input, Value>['work'],
  ): Promise<Outcome<Value>> {
    return this.#binding.call({ name: `credits.${name}`, scope: 'credits:write', schema, work }, input);
  }
}
