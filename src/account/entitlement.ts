import { DEFAULT_PLAN } from '../directory/state.ts';
import type { MeteredState } from './metered-state.ts';
import type { Entitlement, Plan, PlanBook } from './metering-contract.ts';

/** For users whose realm has no such plan, nor a default one: nothing. */
const NO_PLAN: Plan = {
  id: DEFAULT_PLAN,
  name: '',
  limits: {},
  modelTiers: [],
  monthlyCredits: 0,
  features: [],
};

/** What a user may use. A plan that is not in the book counts as the default one. */
export function entitlementOf(state: MeteredState, plans: PlanBook): Entitlement {
  const plan = plans[state.plan] ?? plans[DEFAULT_PLAN] ?? NO_PLAN;
  return { plan, limits: { ...plan.limits, ...state.customLimits } };
}
