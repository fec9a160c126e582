import { ApiError } from '../../errors.ts';
import type { CallCanonical, Canonical, CanonicalBody } from '../engine/canonical-operations.ts';
import type { ClientRequest } from '../engine/row.ts';
import { type CanonicalUser, objectOf, planName, planNamed, userFields } from '../fastapi/users.ts';

/** Doztra's words for Stripe's states of a subscription. */
const STATES: Record<string, string> = {
  active: 'active',
  trialing: 'active',
  past_due: 'active',
  incomplete: 'pending',
  canceled: 'canceled',
};

/** Writes a subscription as Doztra does. */
export function subscriptionFields(subscription: Canonical<'MySubscription'>, user: CanonicalUser) {
  const { plan, paid, current_period_end, limits, model_tiers, cancel_at_period_end } = subscription;
  const status = STATES[subscription.status] ?? 'expired';
  const isActive = status === 'active';
  return {
    id: paid?.id ?? user.id,
    user_id: user.id,
    plan: planName(plan),
    status,
    is_active: isActive,
    auto_renew: paid !== null && isActive && !cancel_at_period_end,
    start_date: paid?.current_period_start ?? user.created_at,
    expires_at: current_period_end,
    stripe_customer_id: null,
    stripe_subscription_id: paid?.id ?? null,
    payment_method_id: null,
    token_limit: limits.tokens?.month ?? limits.tokens?.day ?? null,
    max_model_tier: highestModel(model_tiers),
    created_at: paid?.created_at ?? user.created_at,
    updated_at: user.updated_at,
  };
}

/**
 * Throws `model_not_in_plan` for a model above the one that the plan names: to Latchkey Doztra's two upper models are of one
 * tier. Of all others it knows itself.
 */
export async function refuseModelAbove(model: unknown, call: CallCanonical): Promise<void> {
  if (typeof model !== 'string' || !/^gpt-4-turbo/.test(model)) return;
  const { model_tiers } = await call('GET /v1/me/subscription');
  const highest = highestModel(model_tiers);
  if (highest !== 'gpt-4-turbo') {
    throw new ApiError('model_not_in_plan', { detail: `The plan includes models up to ${highest}` });
  }
}

/** Returns Doztra's name of the best model that the tiers include. */
function highestModel(tiers: string[]): string {
  if (tiers.includes('*')) return 'gpt-4-turbo';
  return tiers.includes('premium') ? 'gpt-4' : 'gpt-3.5-turbo';
}

/** Writes a user with the whole subscription. */
export async function userWithSubscription(user: CanonicalUser, call: CallCanonical) {
  const subscription = await call('GET /v1/me/subscription');
  return { ...userFields(user), subscription: subscriptionFields(subscription, user) };
}

/** Reads the plan that the client chooses. A client that stops renewal chooses the free plan. */
export function chosenPlan({ plan, auto_renew, status }: ClientRequest['body']) {
  return planNamed(plan ?? (auto_renew === false || status === 'canceled' ? 'free' : undefined));
}

/** Changes the address and the password of a user, which need the current password. */
export async function changeCredentials(body: ClientRequest['body'], call: CallCanonical): Promise<void> {
  const { email, password, current_password } = body;
  // A new password revokes the link to a new address, so the address comes second.
  if (password) await call('PUT /v1/me/password', { body: { current_password, new_password: password } });
  if (!email) return;
  const user = await call('GET /v1/me');
  if (typeof email === 'string' && email.trim().toLowerCase() === user.email) return;
  await call('PUT /v1/me/email', { body: { password: password || current_password, email } });
}

/** Reads changes of the preferences. Doztra has one switch for all notifications. */
export function preferencesPatch(body: ClientRequest['body']): CanonicalBody<'PATCH /v1/me/preferences'> {
  const { theme, notifications, default_model } = body;
  const isSwitch = typeof notifications === 'boolean';
  return { theme, default_model, notifications: isSwitch ? { all: notifications } : notifications };
}

/** Writes preferences as Doztra does. */
export function preferencesFields(preferences: Canonical<'Preferences'>, user: CanonicalUser) {
  const { id, created_at, updated_at } = user;
  return {
    theme: 'light',
    default_model: 'gpt-3.5-turbo',
    ...preferences,
    id,
    user_id: id,
    notifications: objectOf(preferences.notifications).all !== false,
    created_at,
    updated_at,
  };
}
