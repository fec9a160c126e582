import { ApiError, type ErrorCode } from '../errors.ts';
import { log } from '../lib/log.ts';

/** Why a provider was not reached or not believed. The reason is for the log: it never has a token or a code. */
export class ProviderFailure extends ApiError {
  readonly reason: string;

  constructor(
    code: Extract<ErrorCode, 'provider_unavailable' | 'provider_rejected' | 'oauth_state_invalid'>,
    reason: string,
  ) {
    super(code, { detail: ADVICE[code] });
    this.name = 'ProviderFailure';
    this.reason = reason;
  }
}

const ADVICE = {
  provider_unavailable: 'Try again in a few minutes, or sign in another way.',
  provider_rejected: 'Sign in another way. If it stays so, tell who runs this site.',
  oauth_state_invalid: 'Start again from the sign-in page, in this browser.',
};

/** The error for a sign-in that was not begun here, was finished already, or took more than ten minutes. */
export function staleFlow(reason: string): ProviderFailure {
  return new ProviderFailure('oauth_state_invalid', reason);
}

/** One line of the log. */
export function logProviderFailure(provider: string, realmId: string, failure: ProviderFailure): void {
  const { code, reason } = failure;
  log('warn', 'provider_failed', { provider, realm: realmId, code, reason });
}
