import { ApiError, type ErrorCode } from '../errors.ts';

/** The errors that the endpoints answer with (RFC 6749, 4.1.2.1 and 5.2; OpenID Connect Core 1.0, 3.1.2.6; RFC 8707, 2; RFC 8628, 3.5; RFC 7591,
 * 3.2.2; RFC 7592; RFC 9449, 5; OpenID Connect Core Unmet Authentication Requirements 1.0). */
export const OAUTH_ERRORS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
  'unmet_authentication_requirements',
  'request_not_supported',
  'request_uri_not_supported',
  'invalid_request_uri',
  'registration_not_supported',
  'authorization_pending',
  'slow_down',
  'expired_token',
  'invalid_token',
  'invalid_redirect_uri',
  'invalid_client_metadata',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'temporarily_unavailable',
] as const;

export type OAuthErrorCode = (typeof OAUTH_ERRORS)[number];

/** An answer of the protocol that says no. The description is for developers, in ASCII without quotes (RFC 6749, 5.2). */
export class OAuthFailure extends Error {
  readonly error: OAuthErrorCode;
  readonly description: string;

  constructor(error: OAuthErrorCode, description: string) {
    super(error);
    this.name = 'OAuthFailure';
    this.error = error;
    this.description = description;
  }
}

/** What a refusal of the account object is to a client. */
const AS_GRANT: Partial<Record<ErrorCode, string>> = {
  invalid_grant: 'It is wrong, used, too old, or was made for another client, address or verifier',
  invalid_token: 'It is wrong, or was made for another client',
  session_ended: 'It has ended',
  account_suspended: 'The account is suspended',
  mfa_required: 'A second factor is needed: the user has to sign in again',
  email_not_verified: 'The e-mail address is not verified',
};

/** What is wrong with a token of a provider that a client asks for. */
const OF_PROVIDER: Partial<Record<ErrorCode, [OAuthErrorCode, string]>> = {
  identity_not_found: ['invalid_target', 'The user has linked no account of this provider'],
  provider_not_found: ['invalid_target', 'There is no such provider'],
  provider_link_ended: ['invalid_grant', 'The user has to link the account at the provider again'],
  provider_rejected: ['temporarily_unavailable', 'The provider has refused'],
  provider_unavailable: ['temporarily_unavailable', 'The provider does not answer'],
};

/** What a client is told of a failure; throws again what is none of the protocol. */
export function oauthFailureOf(thrown: unknown): OAuthFailure {
  if (thrown instanceof OAuthFailure) return thrown;
  if (
    thrown instanceof ApiError &&
    (thrown.code === 'invalid_dpop_proof' || thrown.code === 'use_dpop_nonce')
  ) {
    return new OAuthFailure(thrown.code, thrown.detail ?? '');
  }
  const ofProvider = thrown instanceof ApiError ? OF_PROVIDER[thrown.code] : undefined;
  if (ofProvider) return new OAuthFailure(...ofProvider);
  const said = thrown instanceof ApiError ? AS_GRANT[thrown.code] : undefined;
  if (said === undefined) throw thrown;
  return new OAuthFailure('invalid_grant', said);
}
