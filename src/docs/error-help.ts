import type { ErrorCode } from '../errors.ts';

/** Why an error comes, and what to do about it. Markdown with inline code only. */
export interface ErrorHelp {
  cause: string;
  mend: string;
}

/** The help for every code of the catalogue, for `/docs/errors` and the guide of errors. */
export const ERROR_HELP: Record<ErrorCode, ErrorHelp> = {
  invalid_request: {
    cause:
      'The request cannot be read: a form with broken characters, an unknown form, or a sign-in link whose parameters do not belong together.',
    mend: 'Send the request as the reference describes it. `detail` says what is wrong, where more is known.',
  },
  invalid_link: {
    cause: 'The link of a mail was used before, is older than its lifetime, or a newer one has replaced it.',
    mend: 'Ask for a new mail: `POST /v1/auth/email/resend` or `POST /v1/auth/password/forgot`.',
  },
  oauth_state_invalid: {
    cause:
      'The browser that comes back from the provider is not the one that left, it took more than ten minutes, or it came back twice.',
    mend: 'Start the sign-in again, in one browser that accepts cookies.',
  },
  provider_rejected: {
    cause:
      'The provider refused our credentials, or its answer has a wrong signature, issuer, audience or nonce.',
    mend: 'Operators: the log line of the request names the reason. Check client id, client secret and callback URL at the provider.',
  },
  redirect_not_allowed: {
    cause: '`redirect_to` is neither a path of Latchkey nor on the list of the realm.',
    mend: 'Add the address: `npm run realm -- update REALM --add-redirect URL`, with `--remote` for the deployed database.',
  },
  invalid_grant: {
    cause:
      'The authorization code is wrong, was used before or is older than a minute, or `code_verifier` or `redirect_uri` differs from what began the sign-in.',
    mend: 'Start the sign-in again, and exchange the code once, with the verifier of that sign-in.',
  },
  invalid_signature: {
    cause: 'A webhook does not carry the signature that `STRIPE_WEBHOOK_SECRET` makes, or it is too old.',
    mend: 'Compare the variable with the signing secret of the endpoint in the dashboard of Stripe. While you roll it, set both with a comma between.',
  },
  invalid_json: {
    cause: 'The body is not JSON.',
    mend: 'Send valid JSON in UTF-8 with `Content-Type: application/json`.',
  },
  authentication_required: {
    cause: 'The request carries neither an access token, a session cookie nor an API key.',
    mend: 'Send `Authorization: Bearer TOKEN`, or `X-API-Key: KEY` as a service.',
  },
  invalid_credentials: {
    cause: 'No user has this identifier with this password. The answer is the same for both.',
    mend: 'Let the user try again, or set a new password by `POST /v1/auth/password/forgot`.',
  },
  invalid_code: {
    cause: 'The one-time code is wrong, has expired, or five wrong guesses have used it up.',
    mend: 'Send a new code: `POST /v1/auth/otp/send`.',
  },
  invalid_passkey: {
    cause:
      "The passkey is not one of this realm, was removed, signed a challenge that is over, was used or was another's, for another origin, or without verifying its user; or its counter went back, as with a copy.",
    mend: 'Ask for new options, and let the user try again. Browsers may use passkeys at `ORIGIN` and the allowed origins of the realm.',
  },
  invalid_token: {
    cause:
      'The token is malformed, has a wrong signature, issuer or audience, or is a refresh token that does not exist.',
    mend: 'Sign in again. Check that the token belongs to the realm of the path.',
  },
  token_expired: {
    cause: 'The access token is past its lifetime, ten minutes unless the realm says otherwise.',
    mend: 'Get a new pair: `POST /v1/auth/refresh`.',
  },
  session_ended: {
    cause:
      'The session was signed out or revoked, has expired, or one of its refresh tokens was used again later.',
    mend: 'Sign in again. Use each refresh token once and keep the new one.',
  },
  invalid_mfa_token: {
    cause:
      'The token of the first step was used, is older than ten minutes, took five wrong guesses, or is of another browser or realm; or the password was changed meanwhile.',
    mend: 'Begin the sign-in again.',
  },
  invalid_dpop_proof: {
    cause:
      'The header `DPoP` is missing, is no proof of a key, was used before, or is for another request, method, address or token.',
    mend: 'Sign a new proof for each request (RFC 9449, 4.2): `jti` new, `htm` and `htu` as the request, `ath` of the token.',
  },
  use_dpop_nonce: {
    cause: 'The proof has no nonce of the server, or one that is older than a few minutes.',
    mend: 'Send the request again, with a new proof that has the value of the header `DPoP-Nonce` as `nonce`. Libraries do so by themselves.',
  },
  reauthentication_required: {
    cause:
      'The session is alive, but its last sign-in or re-authentication is older than the policy of the realm allows for this act: ten minutes unless it says otherwise, an hour for acts of operators. What adds, changes or removes a way in, spends money or gives a role needs a fresh proof. Or the account has a second factor that the session has not shown: then nothing else will do.',
    mend: 'Prove who the user is by `POST /v1/auth/reauthenticate`, or let them sign in again, and repeat the request. `methods`, where it is there, names what will do.',
  },
  invalid_api_key: {
    cause: 'The key of `X-API-Key` does not exist, was revoked, has expired, or belongs to another realm.',
    mend: 'Make a new key with `POST /v1/admin/api-keys` or at `/admin/keys`.',
  },
  insufficient_credits: {
    cause: 'The balance is smaller than what the request would use.',
    mend: 'Sell or grant credits: `POST /v1/billing/checkout` or `POST /v1/credits/add`. Nothing was charged.',
  },
  payment_required: {
    cause: 'The change of plan costs money and the user has no way to pay on file.',
    mend: 'Send the user to `checkout_url` of the answer.',
  },
  payment_failed: {
    cause: 'The bank of the user declined the payment.',
    mend: 'Send the user to `checkout_url` of the answer, to pay another way. `detail` has the reason of Stripe.',
  },
  account_suspended: {
    cause: 'An admin has suspended the account.',
    mend: 'An admin can lift it: `PUT /v1/admin/users/{id}/status`, or on the page of the user at `/admin/users`.',
  },
  mfa_required: {
    cause:
      'The first step of a sign-in was right, and the account has a second factor: `mfa_token` and `methods` say how to go on. Or the realm requires a second factor of a user whose session has none.',
    mend: 'Send the second step to `POST /v1/auth/mfa/verify`. In a session: let the user add a factor on the page that `page` names (`POST /v1/me/factors`), or prove who they are by one (`POST /v1/auth/reauthenticate`).',
  },
  factor_not_allowed: {
    cause: '`mfa_factors` of the realm lacks this factor, or `mfa` is `off`.',
    mend: 'Offer the factors that the realm takes.',
  },
  email_not_verified: {
    cause: 'The action needs a verified e-mail address.',
    mend: 'Let the user follow the link in the mail, or send it again: `POST /v1/auth/email/resend`.',
  },
  insufficient_scope: {
    cause: 'The role, the scopes of the API key or the `props` of the binding do not allow this.',
    mend: 'Use a key with the scope that `detail` names, or have somebody with the role do it.',
  },
  insufficient_permission: {
    cause: 'The user is a member, and no permission of their role covers this.',
    mend: 'Ask an owner of the organization for another role; `GET /v1/organizations/{id}` says what yours may.',
  },
  not_a_member: {
    cause: 'The user is not in the organization that this is asked for, or is not in it any more.',
    mend: 'Ask for an organization that `GET /v1/me/organizations` lists, or for none.',
  },
  organization_suspended: {
    cause: 'An operator has suspended the organization.',
    mend: 'An operator of the realm can lift it: `PATCH /v1/admin/organizations/{id}`.',
  },
  organizations_closed: {
    cause: 'The realm lets operators alone make organizations.',
    mend: 'Ask an operator, or change the realm: `npm run realm -- update default --organizations open`.',
  },
  resource_not_in_plan: {
    cause: 'The plan of the user gives nothing of this resource.',
    mend: 'Change the plan of the user, or add the resource to the plan: `PUT /v1/admin/plans/{id}`.',
  },
  model_not_in_plan: {
    cause: 'The plan of the user does not include the tier of this model.',
    mend: 'Change the plan, or the tier of the model by `MODEL_TIERS`.',
  },
  origin_not_allowed: {
    cause:
      'A browser sent the request from an origin that is neither that of Latchkey nor on the list of the realm.',
    mend: 'Add the origin: `npm run realm -- update REALM --add-origin https://app.example.com`.',
  },
  provider_denied: {
    cause: 'The user cancelled at the provider, or has no access to the app there.',
    mend: 'Let the user try again or sign in another way.',
  },
  email_missing: {
    cause: 'The provider passed no e-mail address on.',
    mend: 'Let the user share the address at the provider, or register with a password and link the account afterwards.',
  },
  provider_email_unverified: {
    cause: 'The provider has not verified the address, so it proves nothing.',
    mend: 'Let the user verify the address at the provider, or sign in with a password and link the account.',
  },
  impersonation_refused: {
    cause:
      'The token acts as a user for an admin. Such a token may not change password, address or profile, export or delete.',
    mend: 'Use the admin API, or let the user do it.',
  },
  challenge_required: {
    cause:
      'The client, or the address that the request is about, was in many requests lately, and the realm wants proof that it is no robot; or the endpoint always does.',
    mend: 'Solve the `challenge` of the answer, and send the request again with the solution in the header `Challenge-Solution`. A solution works once. See the guide *Robots*.',
  },
  registration_closed: {
    cause: 'The realm takes no new users.',
    mend: 'Open it with `npm run realm -- update REALM --registration open`, or make the user with `POST /v1/admin/users`.',
  },
  registration_refused: {
    cause: 'The hook `before.registration` of the realm has refused it; `detail` is what the hook says.',
    mend: 'Show `detail` to who registers. See the guide *Hooks*.',
  },
  not_found: {
    cause: 'No route has this path.',
    mend: 'Check the path against `/docs`. The paths of older services are served only if `COMPAT` names the service.',
  },
  realm_not_moving: {
    cause: 'The realm lives where it lives: no move of it was begun, or the last one is over.',
    mend: 'Begin one with `POST /v1/admin/realms/{id}/move` or `npm run realm -- move`.',
  },
  realm_not_found: {
    cause: 'The path or the binding names a realm that does not exist.',
    mend: '`npm run realm -- list` shows all realms.',
  },
  user_not_found: {
    cause: 'The realm has no user with this id or address, or the user was deleted.',
    mend: 'Check the id, and that the key or the path belongs to the realm of the user.',
  },
  organization_not_found: {
    cause:
      'No organization of the realm has this id, or the user is not in it: who is not may not know that it is there.',
    mend: '`GET /v1/me/organizations` lists those of the user.',
  },
  member_not_found: {
    cause: 'Nobody with this id is in the organization.',
    mend: '`GET /v1/organizations/{id}/members` lists who is.',
  },
  invitation_not_found: {
    cause: 'The invitation was accepted, withdrawn, or has run out, or it is for another address.',
    mend: 'Ask for another invitation; sign in with the address that it was sent to.',
  },
  domain_not_found: {
    cause: 'The organization has not named this domain.',
    mend: '`GET /v1/organizations/{id}/domains` lists those that it has named.',
  },
  hook_not_found: {
    cause: 'The realm asks nobody there.',
    mend: '`GET /v1/admin/hooks` lists whom it asks; `PUT /v1/admin/hooks/{name}` adds one.',
  },
  webhook_not_found: {
    cause: 'The realm has no webhook with this id, or has deleted it.',
    mend: '`GET /v1/admin/webhooks` lists those of a realm; in another realm ids are others.',
  },
  webhook_delivery_not_found: {
    cause: 'Nothing with this id was delivered to this webhook, or it is more than 30 days ago.',
    mend: '`GET /v1/admin/webhooks/{id}/deliveries` lists what there is.',
  },
  protected_resource_not_found: {
    cause: 'The realm has named no resource with this id, or has forgotten it.',
    mend: '`GET /v1/admin/protected-resources` lists those of a realm; in another realm ids are others.',
  },
  client_not_found: {
    cause: 'No client of the authorization server has this id in this realm, or it is deleted.',
    mend: '`GET /v1/admin/clients` lists the clients of a realm; in another realm ids are others.',
  },
  api_key_not_found: {
    cause: 'The realm has no API key with this id.',
    mend: '`GET /v1/admin/api-keys` lists the keys.',
  },
  import_not_found: {
    cause: 'The realm has no import with this id.',
    mend: 'Use the id that the import printed, or start a new one.',
  },
  message_not_found: {
    cause: 'The outbox has no message with this id. Old messages are deleted.',
    mend: '`GET /v1/admin/outbox` lists the messages.',
  },
  transaction_not_found: {
    cause: 'The ledger of the user has no use of credits with this reference.',
    mend: 'Send the `reference` of the use as `refund_of`. `GET /v1/credits/transactions` lists them.',
  },
  reservation_not_found: {
    cause: 'The user has no reservation with this reference.',
    mend: 'Send the `reference` and the `user_id` with which it was made.',
  },
  session_not_found: {
    cause: 'The user has no session with this id, or it has ended.',
    mend: '`GET /v1/me/sessions` lists the sessions.',
  },
  provider_not_found: {
    cause: 'The realm has no credentials for this sign-in provider.',
    mend: 'Set its variables, for example `GOOGLE_CLIENT_ID`; in a realm other than `default` with the id of the realm at the end.',
  },
  passkey_not_found: {
    cause: 'The user has no passkey with this id: it may be removed already.',
    mend: 'List them: `GET /v1/me/passkeys`.',
  },
  factor_not_found: {
    cause: 'The user has no such factor, or it waited for its first code for more than an hour.',
    mend: 'Read `GET /v1/me/factors`; begin again by `POST /v1/me/factors`.',
  },
  identity_not_found: {
    cause: 'No account of this provider is linked to the user.',
    mend: '`GET /v1/me/identities` lists what is linked.',
  },
  price_not_found: {
    cause: 'Nothing is on sale under this price, plan or pack.',
    mend: 'Say what the prices stand for: `PUT /v1/admin/billing/prices`.',
  },
  payment_method_not_found: {
    cause: 'The customer has no way to pay with this id.',
    mend: '`GET /v1/billing/payment-methods` lists them.',
  },
  billing_event_not_found: {
    cause: 'No event of Stripe with this id has come.',
    mend: '`GET /v1/admin/billing/events` lists what came.',
  },
  method_not_allowed: {
    cause: 'The path exists, but not with this method.',
    mend: 'The header `Allow` names the methods.',
  },
  user_exists: {
    cause: 'The address already belongs to a user of the realm.',
    mend: 'Let the user sign in, or set a new password by `POST /v1/auth/password/forgot`.',
  },
  username_taken: {
    cause: 'Another user of the realm has this username.',
    mend: 'Choose another.',
  },
  account_exists: {
    cause: 'The account of this address is already linked to another account of the same provider.',
    mend: 'Let the user sign in another way, unlink the old account, and link the new one.',
  },
  identity_conflict: {
    cause:
      'This account of the provider is linked to another user, or another account of the provider is linked to this user.',
    mend: 'Unlink that one first.',
  },
  provider_link_ended: {
    cause:
      'The provider gives no token for the user any more: they have taken it back there, or it never gave one that lasts.',
    mend: 'Have the user sign in at the provider, or link the account, again. For tokens that last ask for scopes: `GOOGLE_SCOPES` and the like.',
  },
  passkey_exists: {
    cause:
      'The passkey was added before, to this account or to another of the realm. With `conditional`: the account has one.',
    mend: 'Nothing, where it is this account. Options name the passkeys that are there, so that authenticators make no second one.',
  },
  too_many_passkeys: {
    cause: 'An account has 20 passkeys at most.',
    mend: 'Remove one that is not used any more.',
  },
  too_many_api_keys: {
    cause:
      'A user has 20 API keys of their own at most, and so has an organization, unless the realm says otherwise; in one that says 0 nobody makes any.',
    mend: 'Revoke one that is not used any more: `last_used_at` of the list says which. Or let the realm have more: `npm run realm -- update default --own-api-keys 50`.',
  },
  too_many_factors: {
    cause: 'A user can have five authenticator apps.',
    mend: 'Let the user remove one first.',
  },
  last_factor: {
    cause: 'The realm requires a second factor of the user, and this is the only one.',
    mend: 'Let the user add another one first.',
  },
  last_sign_in_method: {
    cause: 'Without this account or passkey the user could not sign in any more.',
    mend: 'Let the user set a password by `POST /v1/auth/password/forgot`, link another account or add another passkey first.',
  },
  reference_reused: {
    cause:
      'The `reference` or `Idempotency-Key` was used before with other parameters, or for a request of another kind.',
    mend: 'Make a new reference for a new request. Repeat a request with exactly the same parameters.',
  },
  reservation_ended: {
    cause: 'The reservation was committed, released, or has expired.',
    mend: 'Count the use with `POST /v1/usage`. Reserve for longer, or raise `RESERVATION_SECONDS`.',
  },
  reservation_exceeded: {
    cause: 'The commit names more than was reserved.',
    mend: 'Commit at most what was reserved and count the rest with `POST /v1/usage`.',
  },
  refund_exceeds_use: {
    cause: 'The refunds of this use would come to more than the use.',
    mend: 'Refund at most what is left, or leave `amount` out to refund all of it.',
  },
  credits_limit: {
    cause: 'The balance would pass 9,007,199,254,740,991.',
    mend: 'Add less.',
  },
  subscription_exists: {
    cause: 'The user already has a subscription.',
    mend: 'Change it with `PUT /v1/me/subscription`, or let the user manage it in the portal: `POST /v1/billing/portal`.',
  },
  protected_resource_exists: {
    cause: 'The realm has named a resource with this identifier already.',
    mend: 'Change it with `PATCH /v1/admin/protected-resources/{id}`.',
  },
  conflict: {
    cause: 'Somebody else changed the same thing at the same time.',
    mend: 'Read it again, then repeat the change.',
  },
  import_out_of_order: {
    cause: 'The rows do not follow those that this import took last.',
    mend: 'Continue where `detail` says. `npm run users:import` does so by itself.',
  },
  slug_taken: {
    cause: 'Slugs are unique in a realm, and this one is in use.',
    mend: 'Choose another.',
  },
  member_exists: {
    cause: 'Whoever is invited is in the organization.',
    mend: 'Change their role: `PATCH /v1/organizations/{id}/members/{user_id}`.',
  },
  last_organization_owner: {
    cause: 'The change would leave the organization without an owner.',
    mend: 'Make another member owner first, or delete the organization.',
  },
  too_many_organizations: {
    cause: 'The realm limits in how many organizations one user can be.',
    mend: 'Leave one, or raise the limit of the realm: `npm run realm -- update default --organizations-per-user 200`.',
  },
  no_seat_left: {
    cause: 'The organization has as many members as its seats allow.',
    mend: 'Remove a member, or raise the seats.',
  },
  domain_unverified: {
    cause: 'The TXT record is not there yet, or says something else.',
    mend: 'Add the record that the domain shows, wait until DNS has it, and verify again.',
  },
  domain_taken: {
    cause: 'Another organization of the realm has proved that the domain is its own.',
    mend: 'Have that organization give it up.',
  },
  last_owner: {
    cause: 'The change would leave no active owner.',
    mend: 'Make another owner first: `npm run admin:create -- you@example.com`.',
  },
  own_account: {
    cause:
      'An admin tried to suspend, demote or delete their own account, or to change its address, by the admin API.',
    mend: 'Let another admin do it, or use the pages of the account.',
  },
  realm_exists: {
    cause: 'A realm with this id exists.',
    mend: 'Choose another id, or change the realm with `PATCH /v1/admin/realms/{id}`.',
  },
  message_not_retriable: {
    cause: 'The message was delivered, is being sent, or its link or code has expired.',
    mend: 'Let the user ask for a new one.',
  },
  payload_too_large: {
    cause: 'The body has more than 64 KiB, or a picture more than 2 MiB.',
    mend: 'Send less. An import sends its rows in parts.',
  },
  unsupported_media_type: {
    cause: 'The endpoint does not take this content type.',
    mend: 'Send `Content-Type: application/json`; pictures as JPEG, PNG or WebP.',
  },
  validation_failed: {
    cause: 'Fields are missing, unknown or wrong.',
    mend: 'Each entry of `errors` has the `path` of the field and what is wrong with it.',
  },
  rate_limited: {
    cause: 'This client address sent too many requests in a minute.',
    mend: 'Wait for the seconds of `Retry-After`. Operators: `RATE_LIMIT_SIGN_IN`, `RATE_LIMIT_GENERAL`.',
  },
  cap_exceeded: {
    cause:
      'A cap on what is spent in a day or a month, of the user, the member or the organization, is reached.',
    mend: 'Wait for the seconds of `Retry-After`, or raise the cap. Nothing was charged.',
  },
  quota_exceeded: {
    cause: 'The plan of the user allows no more of this resource today or this month.',
    mend: 'Wait for the seconds of `Retry-After`, or change the plan. Nothing was counted.',
  },
  too_many_attempts: {
    cause: 'Too many wrong passwords or codes came for this account.',
    mend: 'Wait for the seconds of `Retry-After`, or set a new password by `POST /v1/auth/password/forgot`.',
  },
  internal_error: {
    cause: 'Latchkey has a fault.',
    mend: 'Try again. Operators: the log has the error under the request id of the answer.',
  },
  billing_event_failed: {
    cause: 'An event of Stripe could not be handled now. Stripe and the cron try it again.',
    mend: 'If it goes on: `GET /v1/admin/billing/events?status=failed` has the reason, and the event can be replayed.',
  },
  misconfigured: {
    cause: 'A variable or secret is missing or unusable.',
    mend: 'The log of the Worker names each one, never its value. On your own machine `npm start` sets them; two Workers in one `wrangler dev` do not have them: see *Another Worker*.',
  },
  provider_unavailable: {
    cause: 'The sign-in provider does not answer in time, or answers with an error of its own.',
    mend: 'Try again in a few minutes, or sign in another way.',
  },
  billing_not_configured: {
    cause: '`STRIPE_SECRET_KEY` and `STRIPE_WEBHOOK_SECRET` are not set.',
    mend: 'Set both. Everything but billing works without them.',
  },
  service_unavailable: {
    cause: 'The database, an object or Stripe does not answer, or the account changed at the same time.',
    mend: 'Try again after the seconds of `Retry-After`. Where there is none, `detail` says what has been done already.',
  },
};
