import type { Refusal } from '../accounts/port.ts';
import type { Terms } from '../plans/port.ts';

/**
 * How a user stands with a resource, in the period that leaves least. `used` is what was used; `remaining` also takes
 * off what is reserved. A null `limit` and `remaining` is unlimited. `resetsAt` is Unix milliseconds.
 */
export interface Quota {
  resource: string;
  limit: number | null;
  used: number;
  remaining: number | null;
  period: 'day' | 'month';
  resetsAt: number;
}

/** What to use of a resource. With a reference it happens once, however often it is asked for. */
export interface Consumption {
  resource: string;
  quantity: number;
  reference: string | null;
}

/** Quota that is held for a while, under a reference. Times are Unix milliseconds. */
export interface Reservation {
  reference: string;
  resource: string;
  quantity: number;
  status: 'held' | 'committed' | 'released' | 'expired';
  expiresAt: number;
}

/** Tokens that a model has used. `tier` is that of the model. */
export interface TokenUse {
  model: string;
  tier: string;
  inputTokens: number;
  outputTokens: number;
  requestId: string | null;
}

/** A user's quotas, by resource. */
export interface QuotaReport {
  plan: string;
  resources: Record<string, Omit<Quota, 'resource'>>;
}

export type ConsumeResult = { result: 'ok'; quota: Quota } | Refusal;
export type ReservationResult = { result: 'ok'; reservation: Reservation; quota: Quota } | Refusal;

/** What usage needs of the account object: each call is one hop, and touches no D1. */
export interface UsageObject {
  quotas(terms: Terms): Promise<({ result: 'ok' } & QuotaReport) | Refusal>;
  /** Checks and counts in one step. Refuses with `quota_exceeded`, `resource_not_in_plan`, `reference_reused`. */
  consume(terms: Terms, use: Consumption): Promise<ConsumeResult>;
  /** Holds quota until it is committed or released, or for so many seconds. Refuses as `consume` does. */
  reserve(
    terms: Terms,
    use: Consumption & { reference: string; seconds: number },
  ): Promise<ReservationResult>;
  /**
   * Counts a reservation, or the part of it that was used, for the day on which it was made. Refuses with
   * `reservation_not_found`, `reservation_ended`, `reservation_exceeded`.
   */
  commit(
    terms: Terms,
    reservation: { reference: string; quantity: number | null },
  ): Promise<ReservationResult>;
  /** Gives a reservation up. Refuses with `reservation_not_found`, `reservation_ended`. */
  release(terms: Terms, reservation: { reference: string }): Promise<ReservationResult>;
  /** As `consume` of the resource `tokens`; also refuses with `model_not_in_plan`. */
  recordTokens(terms: Terms, use: TokenUse): Promise<ConsumeResult>;
}

/** The object of one user. */
export type UsageObjects = (userId: string) => UsageObject;

/** The resource that model tokens count as. */
export const TOKENS = 'tokens';
