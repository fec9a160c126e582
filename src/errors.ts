import type { SecondStep } from './lib/mfa.ts';

/** Every public error code, with its HTTP status and title (RFC 9457). The catalogue is closed. */
export const CATALOGUE = {
  invalid_request: { status: 400, title: 'The request is malformed' },
  invalid_link: { status: 400, title: 'The link is not valid any more' },
  oauth_state_invalid: { status: 400, title: 'This sign-in has expired or was begun elsewhere' },
  provider_rejected: { status: 400, title: 'The answer of the sign-in provider cannot be trusted' },
  redirect_not_allowed: { status: 400, title: 'The redirect address is not on the list of this realm' },
  invalid_grant: { status: 400, title: 'The code is wrong, used, or too old' },
  invalid_signature: { status: 400, title: 'The signature is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  authentication_required: { status: 401, title: 'Authentication is required' },
  invalid_credentials: { status: 401, title: 'The identifier or the password is wrong' },
  invalid_code: { status: 401, title: 'The code is wrong or has expired' },
  invalid_passkey: { status: 401, title: 'The passkey could not be verified' },
  invalid_token: { status: 401, title: 'The token is not valid' },
  token_expired: { status: 401, title: 'The token has expired' },
  session_ended: { status: 401, title: 'The session has ended' },
  invalid_mfa_token: { status: 401, title: 'This sign-in has to be begun again' },
  invalid_dpop_proof: { status: 401, title: 'The proof of possession of the key is not valid' },
  use_dpop_nonce: { status: 401, title: 'The proof of possession needs the nonce of the server' },
  reauthentication_required: { status: 401, title: 'A fresh proof of who you are is needed' },
  invalid_api_key: { status: 401, title: 'The API key is not valid' },
  insufficient_credits: { status: 402, title: 'There are not enough credits' },
  payment_required: { status: 402, title: 'A way to pay is needed' },
  payment_failed: { status: 402, title: 'The payment was declined' },
  account_suspended: { status: 403, title: 'The account is suspended' },
  mfa_required: { status: 403, title: 'A second factor is needed' },
  factor_not_allowed: { status: 403, title: 'The realm does not take this factor' },
  email_not_verified: { status: 403, title: 'The e-mail address is not verified' },
  insufficient_scope: { status: 403, title: 'The caller may not do this' },
  insufficient_permission: { status: 403, title: 'The role in the organization does not allow this' },
  not_a_member: { status: 403, title: 'The user is not a member of the organization' },
  organization_suspended: { status: 403, title: 'The organization is suspended' },
  organizations_closed: { status: 403, title: 'Users of this realm make no organizations' },
  resource_not_in_plan: { status: 403, title: 'The plan does not include this resource' },
  model_not_in_plan: { status: 403, title: 'The plan does not include this model' },
  origin_not_allowed: { status: 403, title: 'Requests from this origin are not allowed' },
  provider_denied: { status: 403, title: 'The sign-in was cancelled at the provider' },
  email_missing: { status: 403, title: 'The provider gave no e-mail address' },
  provider_email_unverified: { status: 403, title: 'The provider has not verified the e-mail address' },
  impersonation_refused: { status: 403, title: 'An admin who acts as the user may not do this' },
  challenge_required: { status: 403, title: 'A challenge has to be solved first' },
  registration_closed: { status: 403, title: 'Registration is closed' },
  registration_refused: { status: 403, title: 'The registration was refused' },
  not_found: { status: 404, title: 'There is nothing at this address' },
  realm_not_moving: { status: 404, title: 'The realm is not being moved' },
  realm_not_found: { status: 404, title: 'There is no such realm' },
  user_not_found: { status: 404, title: 'There is no such user' },
  organization_not_found: { status: 404, title: 'There is no such organization' },
  member_not_found: { status: 404, title: 'The organization has no such member' },
  invitation_not_found: { status: 404, title: 'There is no such invitation' },
  domain_not_found: { status: 404, title: 'The organization has no such domain' },
  hook_not_found: { status: 404, title: 'There is no such hook' },
  webhook_not_found: { status: 404, title: 'There is no such webhook' },
  webhook_delivery_not_found: { status: 404, title: 'There is no such delivery' },
  protected_resource_not_found: { status: 404, title: 'There is no such protected resource' },
  client_not_found: { status: 404, title: 'There is no such client' },
  api_key_not_found: { status: 404, title: 'There is no such API key' },
  import_not_found: { status: 404, title: 'There is no such import' },
  message_not_found: { status: 404, title: 'There is no such message' },
  transaction_not_found: { status: 404, title: 'There is no such use of credits' },
  reservation_not_found: { status: 404, title: 'There is no such reservation' },
  session_not_found: { status: 404, title: 'There is no such session' },
  provider_not_found: { status: 404, title: 'There is no such sign-in provider' },
  passkey_not_found: { status: 404, title: 'There is no such passkey' },
  factor_not_found: { status: 404, title: 'There is no such factor' },
  identity_not_found: { status: 404, title: 'No account of this provider is linked' },
  price_not_found: { status: 404, title: 'There is no such price' },
  payment_method_not_found: { status: 404, title: 'There is no such payment method' },
  billing_event_not_found: { status: 404, title: 'There is no such billing event' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  user_exists: { status: 409, title: 'The e-mail address is already registered' },
  username_taken: { status: 409, title: 'The username is already taken' },
  account_exists: { status: 409, title: 'The account is linked to another account of this provider' },
  identity_conflict: { status: 409, title: 'This account of the provider is linked to another user' },
  provider_link_ended: { status: 409, title: 'The account at the provider has to be linked again' },
  passkey_exists: { status: 409, title: 'The passkey is there already' },
  too_many_passkeys: { status: 409, title: 'The account has as many passkeys as it can have' },
  too_many_api_keys: { status: 409, title: 'There are as many API keys as there can be' },
  too_many_factors: { status: 409, title: 'The account has as many factors as it can have' },
  last_factor: { status: 409, title: 'The realm requires a second factor, and this is the last' },
  last_sign_in_method: { status: 409, title: 'This is the only way to sign in' },
  reference_reused: { status: 409, title: 'The reference was used for something else' },
  reservation_ended: { status: 409, title: 'The reservation has ended' },
  reservation_exceeded: { status: 409, title: 'More was used than reserved' },
  refund_exceeds_use: { status: 409, title: 'No more can be refunded than was used' },
  credits_limit: { status: 409, title: 'The balance cannot hold so many credits' },
  subscription_exists: { status: 409, title: 'There is a subscription already' },
  protected_resource_exists: { status: 409, title: 'The realm has named this resource already' },
  conflict: { status: 409, title: 'The account was changed at the same time' },
  import_out_of_order: { status: 409, title: 'These are not the rows that come next' },
  slug_taken: { status: 409, title: 'Another organization has this slug' },
  member_exists: { status: 409, title: 'The user is a member already' },
  last_organization_owner: { status: 409, title: 'An organization has to have an owner' },
  too_many_organizations: { status: 409, title: 'The user is in as many organizations as can be' },
  no_seat_left: { status: 409, title: 'All seats of the organization are taken' },
  domain_unverified: { status: 409, title: 'The record of the domain was not found' },
  domain_taken: { status: 409, title: 'Another organization has this domain' },
  last_owner: { status: 409, title: 'There has to be an owner' },
  own_account: { status: 409, title: 'Nobody does this to their own account' },
  realm_exists: { status: 409, title: 'The realm already exists' },
  message_not_retriable: { status: 409, title: 'The message cannot be sent again' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  validation_failed: { status: 422, title: 'Some fields are not valid' },
  rate_limited: { status: 429, title: 'Too many requests' },
  cap_exceeded: { status: 429, title: 'The spending cap is reached' },
  quota_exceeded: { status: 429, title: 'The quota is used up' },
  too_many_attempts: { status: 429, title: 'Too many failed attempts on this account' },
  internal_error: { status: 500, title: 'Something went wrong' },
  billing_event_failed: { status: 500, title: 'The event could not be handled yet' },
  misconfigured: { status: 500, title: 'The service is not configured' },
  provider_unavailable: { status: 502, title: 'The sign-in provider does not answer' },
  billing_not_configured: { status: 503, title: 'Billing is not configured' },
  service_unavailable: { status: 503, title: 'The service is temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof CATALOGUE;

/** One entry of `errors` in a 422 answer; `path` is dotted. */
export interface FieldError {
  path: string;
  code: string;
  message: string;
}

/** A sign-in that waits for its second step. */
export interface WaitingSignIn {
  /** What brings it to an end, once, until then (Unix milliseconds). */
  token: string;
  expiresAt: number;
  /** By what it can be, the best first. */
  methods: SecondStep[];
  /** Whether the realm lets the device be remembered. */
  remembers: boolean;
}

/** An error meant for the client: its code decides status and title; nothing else of it is internal. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  detail: string | undefined;
  readonly fields: FieldError[] | undefined;
  /** Seconds after which trying again makes sense; sent as `Retry-After`. */
  readonly retryAfter: number | undefined;
  readonly headers: Record<string, string> | undefined;
  /** Where the client can be sent to pay (an extension member, RFC 9457, 3.2). */
  readonly checkoutUrl: string | undefined;
  /** What the client has to solve first (the same). */
  readonly challenge: object | undefined;
  /** Of `mfa_required`: the sign-in that waits. */
  readonly waiting: WaitingSignIn | undefined;
  /** Of `reauthentication_required`: by what it can be proved, where not by everything (an extension member). */
  readonly methods: readonly string[] | undefined;
  /** The page where a person goes on (an extension member). */
  readonly page: string | undefined;

  constructor(
    code: ErrorCode,
    options: {
      detail?: string;
      fields?: FieldError[];
      retryAfter?: number;
      headers?: Record<string, string>;
      checkoutUrl?: string;
      challenge?: object;
      waiting?: WaitingSignIn;
      methods?: readonly string[];
      page?: string;
    } = {},
  ) {
    super(code);
    this.name = 'ApiError';
    this.code = code;
    this.detail = options.detail;
    this.fields = options.fields;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers;
    this.checkoutUrl = options.checkoutUrl;
    this.challenge = options.challenge;
    this.waiting = options.waiting;
    this.methods = options.methods;
    this.page = options.page;
  }
}

/** Of a registration whose user is there, though there are no tokens for them: who registers again is told that the address is taken. */
export class AccountMade extends ApiError {
  constructor() {
    // Without a time to wait, after which a program would register again.
    super('service_unavailable', { detail: 'The account has been made: sign in later.' });
  }
}

/** A 422 for one field, for rules that no schema can express. */
export function fieldError(path: string, code: string, message: string): ApiError {
  return new ApiError('validation_failed', { fields: [{ path, code, message }] });
}

/** What an object answers when it does not do what it was asked: errors do not cross a Durable Object call whole. */
export interface Refusal {
  result: 'refused';
  /** `user_not_found` also when the object was never told of its user. */
  reason: ErrorCode;
  /** Seconds. */
  retryAfter?: number;
  /** What the client may read beside the title of the code. */
  detail?: string;
  waiting?: WaitingSignIn;
}

/** Makes a refusal. */
export function refused(
  reason: ErrorCode,
  more: Pick<Refusal, 'retryAfter' | 'detail' | 'waiting'> = {},
): Refusal {
  return { result: 'refused', reason, ...more };
}

/** Whether an answer is a refusal. */
export function isRefusal(answer: object | null): answer is Refusal {
  return answer !== null && 'result' in answer && answer.result === 'refused';
}

/**
 * The answer of an object. Throws ApiError with the reason when the object refused.
 *
 * @example const { quota } = accepted(await object.consume(terms, use));
 */
export function accepted<Answer extends object>(answer: Answer): Exclude<Answer, Refusal> {
  if (!isRefusal(answer)) return answer as Exclude<Answer, Refusal>;
  const { reason, retryAfter, detail, waiting } = answer;
  throw new ApiError(reason, {
    ...(retryAfter !== undefined && { retryAfter }),
    ...(detail !== undefined && { detail }),
    ...(waiting !== undefined && { waiting }),
  });
}
