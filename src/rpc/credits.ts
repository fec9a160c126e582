import { RpcTarget } from 'cloudflare:workers';
import type { z } from 'zod';
import {
  AdditionBody,
  type BalanceSchema,
  type CreditChangeSchema,
  CreditQuery,
  creditChangeShape,
  RefundBody,
  standingShape,
  type TransactionListSchema,
  transactionShape,
  UseBody,
  UserTransactionQuery,
} from '../credits/schemas.ts';
import { fieldError } from '../errors.ts';
import { payerNames } from '../plans/payer-schemas.ts';
import { type Binding, type Caller, type Method, ownerOf } from './binding.ts';
import type { Outcome } from './outcome.ts';

type Balance = z.infer<typeof BalanceSchema>;
type CreditChange = z.infer<typeof CreditChangeSchema>;
type TransactionList = z.infer<typeof TransactionListSchema>;

/** A change of the ledger as it is asked for: no header can stand for the reference here. */
type Change<Schema extends z.ZodType> = z.input<Schema> & { reference: string };

/** `credits` of the entrypoint: the ledger of a user or an organization. All need `credits:write`, and fail with `user_not_found`,
 * `organization_not_found`, `not_a_member`. */
export class RpcCredits extends RpcTarget {
  readonly #binding: Binding;

  constructor(binding: Binding) {
    super();
    this.#binding = binding;
  }

  /** What can be spent now. */
  balance(query: z.input<typeof CreditQuery>): Promise<Outcome<Balance>> {
    return this.#call('balance', CreditQuery.strict(), query, async ({ credits }, caller, named) => ({
      ...payerNames(named),
      ...standingShape(await credits.standing(ownerOf(caller, named))),
    }));
  }

  /** Once for a reference. Fails with `reference_reused`, `credits_limit`. */
  add(addition: Change<typeof AdditionBody>): Promise<Outcome<CreditChange>> {
    return this.#call('add', AdditionBody, addition, async ({ credits }, caller, body) => {
      const { type, amount, expires_at } = body;
      const expiresAt = expires_at ? Date.parse(expires_at) : null;
      const change = { ...changeOf(caller, body), type, amount, expiresAt };
      return creditChangeShape(await credits.add(ownerOf(caller, body), change));
    });
  }

  /** Once for a reference. Fails with `insufficient_credits`, `account_suspended`, `reference_reused`. */
  use(use: Change<typeof UseBody>): Promise<Outcome<CreditChange>> {
    return this.#call('use', UseBody, use, async ({ credits }, caller, body) => {
      const change = { ...changeOf(caller, body), amount: body.amount };
      return creditChangeShape(await credits.use(ownerOf(caller, body), change));
    });
  }

  /**
   * Once for a reference. Fails with `transaction_not_found`, `refund_exceeds_use`, `credits_limit`,
   * `reference_reused`.
   */
  refund(refund: Change<typeof RefundBody>): Promise<Outcome<CreditChange>> {
    return this.#call('refund', RefundBody, refund, async ({ credits }, caller, body) => {
      const change = { ...changeOf(caller, body), amount: body.amount ?? null, refundOf: body.refund_of };
      return creditChangeShape(await credits.refund(ownerOf(caller, body), change));
    });
  }

  /** A page of the ledger, newest first. */
  transactions(query: {
    user_id?: string;
    organization_id?: string;
    limit?: number;
    cursor?: string;
  }): Promise<Outcome<TransactionList>> {
    const schema = UserTransactionQuery.strict();
    return this.#call(
      'transactions',
      schema,
      query,
      async ({ credits }, caller, { limit, cursor, ...named }) => {
        const owner = ownerOf(caller, named);
        const { rows, nextCursor } = await credits.transactions(owner, { limit, cursor });
        return { data: rows.map(transactionShape), next_cursor: nextCursor };
      },
    );
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

/** What all changes have; throws 422 when nothing makes it happen once. */
function changeOf(
  { actor }: Caller,
  {
    reference,
    description = null,
  }: { reference?: string | undefined; description?: string | null | undefined },
) {
  if (!reference) throw fieldError('reference', 'required', 'Makes the change happen once');
  return { reference, description, actor };
}
