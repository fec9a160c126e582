import { z } from '@hono/zod-openapi';
import { ActSchema } from '../sessions/schemas.ts';
import { OAUTH_ERRORS } from './oauth-error.ts';
import { CLIENT_AUTHENTICATIONS, GRANT_TYPES } from './tables.ts';

/** A failure as RFC 6749, 5.2 has it. */
export const OAuthFailureSchema = z
  .object({ error: z.enum(OAUTH_ERRORS), error_description: z.string() })
  .openapi('OAuthFailure');

const text = z.string().optional();

const credentials = {
  client_id: text.openapi({
    description: 'Of a client that does not prove who it is by `Authorization: Basic`',
  }),
  client_secret: text,
  client_assertion: text.openapi({ description: 'RFC 7523, 2.2' }),
  client_assertion_type: text,
};

/** Characters of a request for authorization that stands in an address. */
export const MAX_REQUEST = 6000;

export const TokenForm = z
  .object({
    grant_type: z.enum(GRANT_TYPES),
    code: text,
    redirect_uri: text,
    code_verifier: text,
    refresh_token: text,
    device_code: text.openapi({ description: 'RFC 8628, 3.4' }),
    scope: text,
    resource: text.openapi({ description: 'Whom the token is for (RFC 8707); may be repeated' }),
    audience: text.openapi({ description: 'The same, of an exchange (RFC 8693)' }),
    subject_token: text.openapi({ description: 'The access token that is exchanged' }),
    subject_token_type: text,
    requested_token_type: text,
    provider: text.openapi({
      description:
        'Of an exchange for a token of a linked provider: `urn:latchkey:token-type:provider-access-token`',
    }),
    ...credentials,
  })
  .openapi('ClientTokenRequest');

export const PushedForm = z
  .looseObject({
    response_type: z.literal('code'),
    redirect_uri: z.string(),
    code_challenge: z.string(),
    code_challenge_method: z.literal('S256'),
    scope: text,
    state: text,
    ...credentials,
  })
  .openapi('PushedRequest', { description: 'The parameters of the authorization endpoint' });

export const PushedAnswerSchema = z
  .object({ request_uri: z.string(), expires_in: z.int() })
  .openapi('PushedRequestUri');

export const DeviceForm = z
  .object({ scope: text, resource: text, ...credentials })
  .openapi('DeviceAuthorizationRequest');

export const DeviceAnswerSchema = z
  .object({
    device_code: z.string(),
    user_code: z.string().openapi({ example: 'WDJB-MJHT' }),
    verification_uri: z.url(),
    verification_uri_complete: z.url(),
    expires_in: z.int(),
    interval: z.int().openapi({ description: 'Seconds between two questions of the device' }),
  })
  .openapi('DeviceAuthorization');

export const TokenAnswerSchema = z
  .object({
    access_token: z.string(),
    token_type: z.enum(['Bearer', 'DPoP']),
    expires_in: z.int().optional().openapi({ description: 'Missing only where a provider does not say it' }),
    scope: text,
    refresh_token: text,
    id_token: text,
    issued_token_type: text.openapi({ description: 'Of an exchange (RFC 8693, 2.2.1)' }),
  })
  .openapi('ClientTokens');

export const PresentedToken = z
  .object({ token: z.string(), token_type_hint: text, ...credentials })
  .openapi('PresentedToken');

export const IntrospectionSchema = z
  .object({
    active: z.boolean(),
    iss: text,
    sub: text,
    client_id: text,
    scope: text,
    aud: z.union([z.string(), z.array(z.string())]).optional(),
    exp: z.int().optional(),
    iat: z.int().optional(),
    jti: text,
    sid: text,
    auth_time: z.int().optional(),
    amr: z.array(z.string()).optional(),
    acr: text,
    act: ActSchema.optional().openapi({
      description: 'The client that exchanged the token (RFC 8693, 4.1), and in its `act` who did before',
    }),
    org_id: text.openapi({ description: 'The organization that it is for' }),
    org_role: text,
    cnf: z
      .object({ jkt: z.string() })
      .optional()
      .openapi({ description: 'The key that it is bound to (RFC 9449, 6)' }),
    token_type: text,
  })
  .openapi('Introspection');

export const UserinfoForm = z.object({ access_token: z.string().optional() }).openapi('UserinfoForm');

export const UserinfoSchema = z
  .looseObject({ sub: z.string() })
  .openapi('Userinfo', { description: 'Claims of OpenID Connect Core 1.0, 5.1, by the scopes of the token' });

const list = z.array(z.string());

export const ServerMetadataSchema = z
  .object({
    issuer: z.url(),
    authorization_endpoint: z.url(),
    token_endpoint: z.url(),
    userinfo_endpoint: z.url(),
    pushed_authorization_request_endpoint: z.url(),
    device_authorization_endpoint: z.url(),
    introspection_endpoint: z.url(),
    revocation_endpoint: z.url(),
    end_session_endpoint: z.url(),
    registration_endpoint: z.url().optional(),
    client_id_metadata_document_supported: z.boolean(),
    backchannel_logout_supported: z.boolean(),
    backchannel_logout_session_supported: z.boolean(),
    jwks_uri: z.url(),
    scopes_supported: list,
    response_types_supported: list,
    response_modes_supported: list,
    grant_types_supported: z.array(z.enum(GRANT_TYPES)),
    subject_types_supported: list,
    id_token_signing_alg_values_supported: list,
    token_endpoint_auth_methods_supported: z.array(z.enum(CLIENT_AUTHENTICATIONS)),
    token_endpoint_auth_signing_alg_values_supported: list,
    introspection_endpoint_auth_methods_supported: list,
    revocation_endpoint_auth_methods_supported: list,
    code_challenge_methods_supported: list,
    dpop_signing_alg_values_supported: list,
    prompt_values_supported: list,
    claims_supported: list,
    acr_values_supported: list,
    ui_locales_supported: list,
    organization_id_parameter_supported: z.boolean().openapi({
      description:
        'Whether a request for authorization can name the organization that its client shall act for, as `organization_id`',
    }),
    claims_parameter_supported: z.boolean(),
    request_parameter_supported: z.boolean(),
    request_uri_parameter_supported: z.boolean(),
    authorization_response_iss_parameter_supported: z.boolean(),
  })
  .openapi('AuthorizationServerMetadata');
