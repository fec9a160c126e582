import type { Limits, Refusal } from '../accounts/port.ts';

/** What a plan allows. */
export interface Plan {
  id: string;
  name: string;
  limits: Limits;
  /** Tiers of models that it may use; `*` for all. */
  modelTiers: string[];
  /** Credits given at the user's first use in a UTC month; they expire at the end of it. */
  monthlyCredits: number;
  features: string[];
}

/** The plans of a realm by id. */
export type PlanBook = Readonly<Record<string, Plan>>;

/** What a user may use now: their plan, and the limits that hold, those of the user alone included. */
export interface Entitlement {
  plan: Plan;
  limits: Limits;
}

/** What an account object is told with each call, so that it can decide alone. */
export interface Terms {
  /** The realm that asks: users of other realms do not exist there. */
  realmId: string;
  plans: PlanBook;
}

/** A user's plan. `expiresAt` is when it lapses, Unix milliseconds; null is never. */
export interface Subscription extends Entitlement {
  expiresAt: number | null;
}

/** What plans need of the account object. */
export interface PlanObject {
  subscription(terms: Terms): Promise<({ result: 'ok' } & Subscription) | Refusal>;
  /** Gives this month's credits of the plan, unless they were given. */
  grantMonthly(terms: Terms): Promise<{ result: 'ok'; granted: boolean } | Refusal>;
}
