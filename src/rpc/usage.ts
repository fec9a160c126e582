import { RpcTarget } from 'cloudflare:workers';
import type { z } from 'zod';
import { fieldError } from '../errors.ts';
import { ReferenceField } from '../http/idempotency.ts';
import {
  CommitBody,
  ReleaseBody,
  type ReservationSchema,
  ReserveBody,
  reservationShape,
} from '../usage/schemas.ts';
import { type Binding, type Method, ownerOf } from './binding.ts';
import type { Outcome } from './outcome.ts';

type ReservedQuota = z.infer<typeof ReservationSchema>;

const reference = { reference: ReferenceField };
const Commit = CommitBody.safeExtend(reference);
const Release = ReleaseBody.safeExtend(reference);

/** `usage` of the entrypoint: quota that is held while costly work is done. All need `usage:write`, and fail with `user_not_found`. */
export class RpcUsage extends RpcTarget {
  readonly #binding: Binding;

  constructor(binding: Binding) {
    super();
    this.#binding = binding;
  }

  /** Holds quota under a reference. Fails with `quota_exceeded`, `resource_not_in_plan`, `account_suspended`, `reference_reused`. */
  reserve(ask: z.input<typeof ReserveBody> & { reference: string }): Promise<Outcome<ReservedQuota>> {
    return this.#call('reserve', ReserveBody, ask, async ({ usage }, caller, body) => {
      const { expires_in: seconds = null, quantity, reference, resource } = body;
      if (!reference) throw fieldError('reference', 'required', 'Names the reservation');
      const held = await usage.reserve(ownerOf(caller, body), { resource, quantity, reference, seconds });
      return reservationShape(held);
    });
  }

  /** Counts what was used of it, all unless it says. Fails with `reservation_not_found`, `reservation_ended`, `reservation_exceeded`. */
  commit(use: z.input<typeof Commit>): Promise<Outcome<ReservedQuota>> {
    return this.#call('commit', Commit, use, async ({ usage }, caller, body) => {
      const { quantity = null, reference } = body;
      return reservationShape(await usage.commit(ownerOf(caller, body), { reference, quantity }));
    });
  }

  /** Gives it up. Fails with `reservation_not_found`, `reservation_ended`. */
  release(of: z.input<typeof Release>): Promise<Outcome<ReservedQuota>> {
    return this.#call('release', Release, of, async ({ usage }, caller, body) =>
      reservationShape(await usage.release(ownerOf(caller, body), body.reference)),
    );
  }

  #call<Input, Value>(
    name: string,
    schema: z.ZodType<Input>,
    input: unknown,
    work: Method<Input, Value>['work'],
  ): Promise<Outcome<Value>> {
    return this.#binding.call({ name: `usage.${name}`, scope: 'usage:write', schema, work }, input);
  }
}
