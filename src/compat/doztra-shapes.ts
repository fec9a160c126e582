import type { Call } from './dialect.ts';
import { objectOf, planName, planNamed, type User, userFields } from './fastapi-shapes.ts';

interface Subscription {
  plan: string;
  status: string;
  current_period_end: string | null;
  limits: Record<string, { day?: number | null; month?: number | null }>;
  model_tiers: string[];
  cancel_at_period_end: boolean;
  paid: { id: string; current_period_start: string; created_at: string } | null;
}

/** Doztra's words for the states that Stripe has. */
const STATES: Record<string, string> = {
  active: 'active',
  trialing: 'active',
  past_due: 'active',
  incomplete: 'pending',
  canceled: 'canceled',
};

/** A subscription as Doztra gives it. */
export function subscriptionFields(subscription: Subscription, user: User) {
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

/** Doztra's name of the best model that tiers include. */
function highestModel(tiers: string[]): string {
  if (tiers.includes('*')) return 'gpt-4-turbo';
  return tiers.includes('premium') ? 'gpt-4' : 'gpt-3.5-turbo';
}

/** A user with the whole of the subscription. */
export async function userWithSubscription(user: User, call: Call) {
  const subscription: Subscription = await call('GET /v1/me/subscription');
  return { ...userFields(user), subscription: subscriptionFields(subscription, user) };
}

/** The plan that is asked for; not to renew is to go on with the free one. */
export function chosenPlan({ plan, auto_renew, status }: Record<string, unknown>): unknown {
  return planNamed(plan ?? (auto_renew === false || status === 'canceled' ? 'free' : undefined));
}

/** What of a user is no part of the profile: the address and the password, which take the present password. */
export async function changeCredentials(body: Record<string, unknown>, call: Call): Promise<void> {
  const { email, password, current_password } = body;
  // A new password makes the link to a new address worthless: the address comes after it.
  if (password) await call('PUT /v1/me/password', { body: { current_password, new_password: password } });
  if (!email) return;
  const user: User = await call('GET /v1/me');
  if (typeof email === 'string' && email.trim().toLowerCase() === user.email) return;
  await call('PUT /v1/me/email', { body: { password: password || current_password, email } });
}

/** What goes into the preferences; Doztra has one switch for all notifications. */
export function preferencesPatch(body: Record<string, unknown>): Record<string, unknown> {
  const { theme, notifications, default_model } = body;
  const isSwitch = typeof notifications === 'boolean';
  return { theme, default_model, notifications: isSwitch ? { all: notifications } : notifications };
}

/** Preferences as Doztra gives them. */
export function preferencesFields(preferences: Record<string, unknown>, user: User) {
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
