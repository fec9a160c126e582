import type {
  Consumption,
  Overage,
  Quota,
  QuotaReport,
  Reservation,
  TokenUse,
} from '../account/metering-contract.ts';
import type { Plans } from '../plans/service.ts';
import { ending, type Payers, type PayingParty } from '../wallet/payers.ts';

/** How somebody stands with what was counted, and what of it was beyond the limit, if anything. */
export interface CountedUse {
  quota: Quota;
  overage?: Overage;
}

/**
 * Quotas and model tokens. Each operation is one call to one object, of a user or an organization, and no D1 query unless the object was
 * never told of whom it is. All throw `user_not_found`, or `organization_not_found` and `not_a_member`, and those that use something
 * `account_suspended` or `organization_suspended`, `cap_exceeded`, `resource_not_in_plan`, `quota_exceeded` (with the seconds until the quota starts afresh), `insufficient_credits` for what is beyond it and costs, and `reference_reused`.
 */
export class Usage {
  readonly #payers: Payers;
  readonly #plans: Plans;
  readonly #reservationSeconds: number;

  constructor(payers: Payers, plans: Plans, reservationSeconds: number) {
    this.#payers = payers;
    this.#plans = plans;
    this.#reservationSeconds = reservationSeconds;
  }

  /** How a user stands, by resource. */
  async quotas(payer: PayingParty): Promise<QuotaReport> {
    return this.#payers.ask(payer, await this.#plans.terms(payer.realmId), (object, terms) =>
      object.quotas(terms),
    );
  }

  /** Uses quota. Throws 422 for a name that is no resource. */
  async consume(payer: PayingParty, use: Consumption): Promise<CountedUse> {
    const terms = await this.#plans.termsOf(payer.realmId, use.resource);
    return this.#payers.ask(payer, terms, (object, of) => object.consume(of, use));
  }

  /** Holds quota for so many seconds, or for RESERVATION_SECONDS. Throws 422 for a name that is no resource. */
  async reserve(
    payer: PayingParty,
    use: Consumption & { reference: string; seconds: number | null },
  ): Promise<{ reservation: Reservation; quota: Quota }> {
    const terms = await this.#plans.termsOf(payer.realmId, use.resource);
    const seconds = use.seconds ?? this.#reservationSeconds;
    return this.#payers.ask(payer, terms, (object, of) => object.reserve(of, { ...use, seconds }));
  }

  /**
   * Counts what was used of a reservation, all of it when `quantity` is null. Throws `reservation_not_found`,
   * `reservation_ended`, `reservation_exceeded`, `insufficient_credits`.
   */
  async commit(
    payer: PayingParty,
    reservation: { reference: string; quantity: number | null },
  ): Promise<{ reservation: Reservation; quota: Quota }> {
    return this.#payers.ask(ending(payer), await this.#plans.terms(payer.realmId), (object, terms) =>
      object.commit(terms, reservation),
    );
  }

  /** Gives a reservation up. Throws `reservation_not_found`, `reservation_ended`. */
  async release(payer: PayingParty, reference: string): Promise<{ reservation: Reservation; quota: Quota }> {
    return this.#payers.ask(ending(payer), await this.#plans.terms(payer.realmId), (object, terms) =>
      object.release(terms, { reference }),
    );
  }

  /**
   * Records what a model has used. Of an organization that takes one of its roles that may: what a member says is used by all. Throws
   * `model_not_in_plan` and `insufficient_permission` too.
   */
  async recordTokens(
    payer: PayingParty,
    use: Omit<TokenUse, 'tier'>,
    recorders: readonly string[] = [],
  ): Promise<CountedUse> {
    if ('organizationId' in payer) await this.#payers.requireRole(payer, recorders);
    const tier = this.#plans.tierOf(use.model);
    return this.#payers.ask(payer, await this.#plans.terms(payer.realmId), (object, terms) =>
      object.recordTokens(terms, { ...use, tier }),
    );
  }
}
