import type { z } from 'zod';
import { PROOF_ALGORITHMS } from '../http/dpop.ts';
import { ASSURANCES } from '../lib/assurance.ts';
import { LANGUAGES } from '../lib/language.ts';
import type { Realm } from '../lib/realm.ts';
import { ID_TOKEN_ALGORITHMS } from '../signing-keys/tables.ts';
import { ASSERTION_ALGORITHMS } from './client-authentication.ts';
import { OPENID_SCOPES } from './client-schemas.ts';
import type { ServerMetadataSchema } from './schemas.ts';
import { CLIENT_AUTHENTICATIONS, GRANT_TYPES, SUBJECT_TYPES } from './tables.ts';
import { USER_CLAIMS } from './user-claims.ts';

/** What a realm says of its authorization server (RFC 8414, 2; OpenID Connect Discovery 1.0, 3). */
export function serverMetadata({
  clientRegistration = [],
  issuer,
}: Realm): z.infer<typeof ServerMetadataSchema> {
  const at = (path: string) => `${issuer}/oauth2/${path}`;
  return {
    issuer,
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    userinfo_endpoint: at('userinfo'),
    pushed_authorization_request_endpoint: at('par'),
    device_authorization_endpoint: at('device_authorization'),
    introspection_endpoint: at('introspect'),
    revocation_endpoint: at('revoke'),
    end_session_endpoint: at('logout'),
    ...(clientRegistration.includes('dynamic') && { registration_endpoint: at('register') }),
    client_id_metadata_document_supported: clientRegistration.includes('document'),
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: OPENID_SCOPES,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: [...GRANT_TYPES],
    subject_types_supported: [...SUBJECT_TYPES],
    id_token_signing_alg_values_supported: [...ID_TOKEN_ALGORITHMS],
    token_endpoint_auth_methods_supported: [...CLIENT_AUTHENTICATIONS],
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATIONS.filter((one) => one !== 'none'),
    revocation_endpoint_auth_methods_supported: [...CLIENT_AUTHENTICATIONS],
    code_challenge_methods_supported: ['S256'],
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
    claims_supported: [
      ...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'at_hash', 'sid'],
      ...['org_id', 'org_role', 'org_permissions'],
      ...USER_CLAIMS,
    ],
    acr_values_supported: [...ASSURANCES],
    ui_locales_supported: [...LANGUAGES],
    organization_id_parameter_supported: true,
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
  };
}
