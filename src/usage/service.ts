import type {
  Consumption,
  MeteringObject,
  MeteringObjects,
  Quota,
  QuotaReport,
  Reservation,
  Terms,
  TokenUse,
} from '../account/metering-contract.ts';
import type { Directory } from '../directory/service.ts';
import type { Plans } from '../plans/service.ts';

/** Whose usage. */
interface User {
  userId: string;
  realmId: string;
}

/**
 * Quotas and model tokens. Each operation is one call to one account object, and no D1 query unless the object was
 * never told of its user. All throw `user_not_found`, and those that use something `account_suspended`,
 * `resource_not_in_plan`, `quota_exceeded` (with the seconds until the quota starts afresh), and `reference_reused`.
 */
export class Usage {
  readonly #directory: Directory;
  readonly #plans: Plans;
  readonly #objects: MeteringObjects;
  readonly #reservationSeconds: number;

  constructor(directory: Directory, plans: Plans, objects: MeteringObjects, reservationSeconds: number) {
    this.#directory = directory;
    this.#plans = plans;
    this.#objects = objects;
    this.#reservationSeconds = reservationSeconds;
  }

  /** How a user stands, by resource. */
  async quotas(user: User): Promise<QuotaReport> {
    return this.#ask(user, await this.#plans.terms(user.realmId), (object, terms) => object.quotas(terms));
  }

  /** Uses quota. Throws 422 for a name that is no resource. */
  async consume(user: User, use: Consumption): Promise<Quota> {
    const terms = await this.#plans.termsOf(user.realmId, use.resource);
    return (await this.#ask(user, terms, (object) => object.consume(terms, use))).quota;
  }

  /** Holds quota for so many seconds, or for RESERVATION_SECONDS. Throws 422 for a name that is no resource. */
  async reserve(
    user: User,
    use: Consumption & { reference: string; seconds: number | null },
  ): Promise<{ reservation: Reservation; quota: Quota }> {
    const terms = await this.#plans.termsOf(user.realmId, use.resource);
    const seconds = use.seconds ?? this.#reservationSeconds;
    return this.#ask(user, terms, (object) => object.reserve(terms, { ...use, seconds }));
  }

  /**
   * Counts what was used of a reservation, all of it when `quantity` is null. Throws `reservation_not_found`,
   * `reservation_ended`, `reservation_exceeded`.
   */
  async commit(
    user: User,
    reservation: { reference: string; quantity: number | null },
  ): Promise<{ reservation: Reservation; quota: Quota }> {
    return this.#ask(user, await this.#plans.terms(user.realmId), (object, terms) =>
      object.commit(terms, reservation),
    );
  }

  /** Gives a reservation up. Throws `reservation_not_found`, `reservation_ended`. */
  async release(user: User, reference: string): Promise<{ reservation: Reservation; quota: Quota }> {
    return this.#ask(user, await this.#plans.terms(user.realmId), (object, terms) =>
      object.release(terms, { reference }),
    );
  }

  /** Records what a model has used. Throws `model_not_in_plan` too. */
  async recordTokens(user: User, use: Omit<TokenUse, 'tier'>): Promise<Quota> {
    const tier = this.#plans.tierOf(use.model);
    const answer = await this.#ask(user, await this.#plans.terms(user.realmId), (object, terms) =>
      object.recordTokens(terms, { ...use, tier }),
    );
    return answer.quota;
  }

  #ask<Answer extends { result: string }>(
    user: User,
    terms: Terms,
    call: (object: MeteringObject, terms: Terms) => Promise<Answer>,
  ) {
    return this.#directory.ask(user, () => call(this.#objects(user.userId), terms));
  }
}
