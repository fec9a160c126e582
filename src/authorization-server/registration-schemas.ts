import { z } from '@hono/zod-openapi';
import { ID_TOKEN_ALGORITHMS } from '../signing-keys/tables.ts';
import { ClientName, OPENID_SCOPES, PublicJwk, RedirectUri, SiteAddress } from './client-schemas.ts';
import { hostsOf } from './client-sectors.ts';
import {
  CLIENT_AUTHENTICATIONS,
  GRANT_TYPES,
  type GrantType,
  type OAuthClientRow,
  SUBJECT_TYPES,
} from './tables.ts';

/** What software that nobody has registered may get tokens by: a user is asked in their own browser each time. */
export const SELF_REGISTERED_GRANTS: readonly GrantType[] = ['authorization_code', 'refresh_token'];

/** Only https: a page shows it. */
const link = z
  .url({ protocol: /^https$/ })
  .max(2000)
  .optional();
const texts = z.array(z.string().max(2000)).max(50);

/** What a client says of itself (RFC 7591, 2). What is not known is passed over, as the RFC has it. */
export const ClientMetadata = z
  .looseObject({
    redirect_uris: z.array(RedirectUri).min(1).max(50),
    post_logout_redirect_uris: z.array(RedirectUri).max(50).optional(),
    token_endpoint_auth_method: z.enum(CLIENT_AUTHENTICATIONS).optional(),
    grant_types: texts.optional(),
    response_types: texts.optional(),
    client_name: ClientName.optional(),
    client_uri: link,
    logo_uri: link,
    policy_uri: link,
    tos_uri: link,
    scope: z.string().max(2000).optional(),
    jwks: z.looseObject({ keys: z.array(PublicJwk).min(1).max(10) }).optional(),
    jwks_uri: SiteAddress.optional(),
    subject_type: z.enum(SUBJECT_TYPES).optional(),
    sector_identifier_uri: SiteAddress.optional(),
    id_token_signed_response_alg: z.enum(ID_TOKEN_ALGORITHMS).optional(),
    dpop_bound_access_tokens: z.boolean().optional(),
  })
  .openapi('ClientMetadata', { description: 'RFC 7591, 2' });

export const RegisteredClientSchema = z
  .object({
    client_id: z.string(),
    client_id_issued_at: z.int(),
    client_secret: z.string().optional(),
    client_secret_expires_at: z.int().optional().openapi({ description: '0: never' }),
    registration_access_token: z.string(),
    registration_client_uri: z.url(),
    client_name: z.string(),
    redirect_uris: z.array(z.string()),
    post_logout_redirect_uris: z.array(z.string()),
    token_endpoint_auth_method: z.enum(CLIENT_AUTHENTICATIONS),
    grant_types: z.array(z.enum(GRANT_TYPES)),
    response_types: z.array(z.string()),
    scope: z.string(),
    id_token_signed_response_alg: z.enum(ID_TOKEN_ALGORITHMS),
    dpop_bound_access_tokens: z.boolean(),
    jwks: z.record(z.string(), z.unknown()).optional(),
    jwks_uri: z.string().optional(),
    subject_type: z.enum(SUBJECT_TYPES),
    sector_identifier_uri: z.string().optional(),
    client_uri: z.string().optional(),
    logo_uri: z.string().optional(),
    policy_uri: z.string().optional(),
    tos_uri: z.string().optional(),
  })
  .openapi('RegisteredClient', { description: 'RFC 7591, 3.2.1' });

/** The columns of a client that has said that of itself, as far as software may have it that nobody has registered. */
export type SelfDescription = Pick<
  OAuthClientRow,
  | 'name'
  | 'firstParty'
  | 'authentication'
  | 'jwks'
  | 'jwksUri'
  | 'subjectType'
  | 'sectorIdentifierUri'
  | 'redirectUris'
  | 'postLogoutRedirectUris'
  | 'grantTypes'
  | 'scopes'
  | 'audiences'
  | 'logoUri'
  | 'clientUri'
  | 'policyUri'
  | 'tosUri'
  | 'accessTokenSeconds'
  | 'refreshTokenSeconds'
  | 'idTokenAlgorithm'
  | 'dpopBound'
  | 'backchannelLogoutUri'
>;

/**
 * What a client gets of what it asks for: what it may not have is left out (RFC 7591, 2), as are scopes that act as the user.
 * `unnamed` is what it is called that gives no name. Null when nothing is left by which it could get a token.
 */
export function selfDescription(
  said: z.output<typeof ClientMetadata>,
  unnamed: string,
): SelfDescription | null {
  const asked = said.grant_types ?? ['authorization_code'];
  const grantTypes = SELF_REGISTERED_GRANTS.filter((type) => asked.includes(type));
  const scopes = said.scope?.split(' ') ?? OPENID_SCOPES;
  const authentication = said.token_endpoint_auth_method ?? 'client_secret_basic';
  if (!grantTypes.includes('authorization_code')) return null;
  if (said.response_types && !said.response_types.includes('code')) return null;
  if (authentication === 'private_key_jwt' && !said.jwks && !said.jwks_uri) return null;
  // RFC 7591, 2: one or the other.
  if (said.jwks && said.jwks_uri) return null;
  const subjectType = said.subject_type ?? 'public';
  const sector = said.sector_identifier_uri ?? null;
  if (subjectType === 'pairwise' && sector === null && hostsOf(said.redirect_uris).length > 1) return null;
  return {
    name: said.client_name ?? unnamed,
    firstParty: false,
    authentication,
    jwks: (said.jwks as OAuthClientRow['jwks']) ?? null,
    jwksUri: said.jwks_uri ?? null,
    subjectType,
    sectorIdentifierUri: sector,
    redirectUris: [...new Set(said.redirect_uris)],
    postLogoutRedirectUris: [...new Set(said.post_logout_redirect_uris ?? [])],
    grantTypes,
    // Those of open resources come with the resource.
    scopes: OPENID_SCOPES.filter((scope) => scopes.includes(scope)),
    audiences: [],
    logoUri: said.logo_uri ?? null,
    clientUri: said.client_uri ?? null,
    policyUri: said.policy_uri ?? null,
    tosUri: said.tos_uri ?? null,
    accessTokenSeconds: null,
    refreshTokenSeconds: null,
    idTokenAlgorithm: said.id_token_signed_response_alg ?? 'ES256',
    dpopBound: said.dpop_bound_access_tokens ?? false,
    // Nobody has Latchkey call addresses by registering.
    backchannelLogoutUri: null,
  };
}
