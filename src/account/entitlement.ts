import { DEFAULT_PLAN, ORGANIZATION_PLAN } from '../directory/state.ts';
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

/**
 * What a user or an organization may use. A plan that is not in the book counts as the default one; but that of organizations as none: else who
 * makes many would have the default plan many times.
 */
export function entitlementOf(state: MeteredState, plans: PlanBook): Entitlement {
  const isShared = state.plan === ORGANIZATION_PLAN;
  const other = isShared ? { ...NO_PLAN, id: ORGANIZATION_PLAN } : plans[DEFAULT_PLAN];
  const plan = plans[state.plan] ?? other ?? NO_PLAN;
  // A plan that nobody pays for lets nothing be billed, and what a subscription paid by goes with it.
  const meters = state.subscribed ? (state.meters ?? []) : [];
  return { plan, limits: { ...plan.limits, ...state.customLimits }, meters };
}
