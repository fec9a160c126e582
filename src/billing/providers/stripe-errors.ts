import { ApiError } from '../../errors.ts';
import { log } from '../../lib/log.ts';

/** What an error of Stripe's says, as far as it is needed. Its message is not: that can have an address in it. */
interface StripeFailure {
  type: string;
  code?: string;
  decline_code?: string;
  param?: string;
  requestId?: string;
}

/** Seconds after which to ask Stripe again. */
const RETRY_AFTER = 5;

/** Whether Stripe said that there is no such object. */
export function isMissing(error: unknown): boolean {
  return isFailure(error) && error.code === 'resource_missing';
}

/** The error to answer with for one of Stripe's; logs those that neither the user's card nor the moment explains. */
export function explain(error: unknown): unknown {
  if (!isFailure(error)) return error;
  const { type, code, decline_code: declined } = error;
  if (type === 'StripeCardError' || code === 'subscription_payment_intent_requires_action') {
    return new ApiError('payment_failed', { detail: `Stripe says: \`${declined ?? code ?? 'declined'}\`.` });
  }
  if (type === 'StripeIdempotencyError') return new ApiError('reference_reused');
  log('error', 'stripe_refused', { type, code, param: error.param, stripe_request_id: error.requestId });
  // Also a key that is wrong or may too little: nothing that the client could do otherwise.
  return new ApiError('service_unavailable', { retryAfter: RETRY_AFTER });
}

function isFailure(error: unknown): error is StripeFailure {
  return error instanceof Error && 'type' in error && String(error.type).startsWith('Stripe');
}
