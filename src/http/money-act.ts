/** Acts on somebody's money that admins and services can do in the user's place; by these names the audit has them. */
export type MoneyAct =
  | 'checkout_opened'
  | 'billing_portal_opened'
  | 'setup_intent_created'
  | 'subscription_begun'
  | 'payment_method_default_set'
  | 'payment_method_removed'
  | 'plan_chosen'
  | 'billing_email_set'
  | 'top_up_set'
  | 'top_up_ended';
