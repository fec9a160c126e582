import { z } from '@hono/zod-openapi';
import { ACCOUNT_SCOPES } from '../http/level.ts';
import { DAY, rfc3339, SECOND } from '../lib/time.ts';
import { ACCESS_TOKEN_SECONDS, SESSION_SECONDS } from '../realms/schemas.ts';
import { ID_TOKEN_ALGORITHMS } from '../signing-keys/tables.ts';
import { hostsOf } from './client-sectors.ts';
import { isFetchable } from './client-site.ts';
import { isReachableUri, isRegistrableUri } from './redirect-uris.ts';
import {
  CLIENT_AUTHENTICATIONS,
  DEVICE_GRANT,
  GRANT_TYPES,
  type GrantType,
  type OAuthClientRow,
  SUBJECT_TYPES,
} from './tables.ts';

/** What any client may ask for, unless it says less: what OpenID Connect Core 1.0 has (5.4, 11). */
export const OPENID_SCOPES = ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'];

/** The scope by which a client gets tokens of its user at a provider, with the id of that. */
export const PROVIDER_TOKEN_SCOPE = /^provider_token:([a-z0-9][a-z0-9-]{0,39})$/;

const OVERLAP = DAY / SECOND;

/** Grant types by which a client gets tokens without its user there. */
const CONFIDENTIAL: GrantType[] = ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'];

const list = (item: z.ZodType<string>, most: number) =>
  z
    .array(item)
    .max(most)
    .transform((values) => [...new Set(values)]);
export const RedirectUri = z.string().max(2000).refine(isRegistrableUri, {
  error: 'Must be https, http on localhost, or a scheme of an app with a dot; without a fragment',
});
/** RFC 6749, 3.3. */
export const ScopeName = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/);
const link = z
  .url({ protocol: /^https$/ })
  .max(2000)
  .nullish();
const seconds = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max).nullish();
/** Where a client shows something: on this machine too, as far as that may be when it is read. */
export const SiteAddress = z
  .string()
  .refine((address) => isFetchable(address, true), { error: 'Must be https, on a public host' });
/** RFC 7517, 4: texts and lists of texts, whatever else a key says of itself. */
export const PublicJwk = z
  .object({ kty: z.enum(['EC', 'RSA', 'OKP']) })
  .catchall(z.union([z.string(), z.array(z.string()), z.boolean()]))
  .refine((key) => !('d' in key), { error: 'Must be public' });

/**
 * What a client, or what its tokens are for, is called: with nothing in it that is not seen, or that turns the text around it (controls,
 * format and bidirectional characters, fillers), for users judge by it who asks.
 */
export const ClientName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(
    /^(?:(?!\u034f|\u115f|\u1160|\u17b4|\u17b5|[\u180b-\u180f]|\u2800|\u3164|\uffa0)[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}])*$/u,
    { error: 'Must have no characters that are not seen' },
  );

const fields = {
  name: ClientName.openapi({ description: 'What users see' }),
  first_party: z.boolean().openapi({
    description:
      'Of the realm’s own product: users are not asked whether it may. Only such may have the scopes `account` and `account:read`',
  }),
  token_endpoint_auth_method: z.enum(CLIENT_AUTHENTICATIONS).openapi({
    description: 'How it proves who it is; `none` for a public client',
  }),
  jwks: z
    .object({ keys: z.array(PublicJwk).min(1).max(10) })
    .nullish()
    .openapi({ description: 'Its public keys, for `private_key_jwt`' }),
  jwks_uri: SiteAddress.nullish().openapi({
    description:
      'Where it shows them instead: read again as the cache headers there say, and for a key that is new',
  }),
  subject_type: z.enum(SUBJECT_TYPES).openapi({
    description:
      '`public`: it knows users by their ids. `pairwise`: by names that no client of another sector has (OpenID Connect Core 1.0, 8.1)',
  }),
  sector_identifier_uri: SiteAddress.nullish().openapi({
    description:
      'A JSON list of redirect URIs, with those of the client: its host is the sector, instead of that of the redirect URIs',
  }),
  id_token_signed_response_alg: z.enum(ID_TOKEN_ALGORITHMS).openapi({
    description: 'By what its ID tokens are signed; access tokens always by ES256',
  }),
  dpop_bound_access_tokens: z.boolean().openapi({
    description: 'Whether it gets tokens only with a proof of a key, to which they are bound (RFC 9449)',
  }),
  redirect_uris: list(RedirectUri, 50).openapi({
    description: 'Compared as they are written; but loopback addresses at any port (RFC 8252, 7.3)',
    example: ['https://app.example.com/callback'],
  }),
  post_logout_redirect_uris: list(RedirectUri, 50),
  backchannel_logout_uri: z
    .string()
    .max(2000)
    .refine(isReachableUri, {
      error: 'Must be https on a public host, or http on localhost while you develop; without a fragment',
    })
    .nullish()
    .openapi({
      description:
        'Where it hears that a session of a user has ended (OpenID Connect Back-Channel Logout 1.0)',
    }),
  grant_types: z
    .array(z.enum(GRANT_TYPES))
    .min(1)
    .max(GRANT_TYPES.length)
    .transform((types) => [...new Set(types)]),
  scopes: list(ScopeName, 100).openapi({ description: 'What it may ask for', example: OPENID_SCOPES }),
  audiences: list(z.url().max(2000), 50).openapi({
    description:
      'Whom its tokens may be for by `resource` (RFC 8707), besides userinfo and, for a first-party client, the realm itself',
  }),
  logo_uri: link,
  client_uri: link,
  policy_uri: link,
  tos_uri: link,
  access_token_seconds: seconds(ACCESS_TOKEN_SECONDS).openapi({
    description: 'Null for the time of the realm',
  }),
  refresh_token_seconds: seconds(SESSION_SECONDS).openapi({
    description: 'Null for the time of the realm’s sessions',
  }),
};

export const NewOAuthClient = z
  .strictObject({
    ...fields,
    type: z.enum(['public', 'confidential']).optional().openapi({
      description:
        'Says no more than `token_endpoint_auth_method`: `public` is `none`, `confidential` is `client_secret_basic` unless that is said',
    }),
    first_party: fields.first_party.default(false),
    token_endpoint_auth_method: fields.token_endpoint_auth_method.optional(),
    id_token_signed_response_alg: fields.id_token_signed_response_alg.default('ES256'),
    dpop_bound_access_tokens: fields.dpop_bound_access_tokens.default(false),
    subject_type: fields.subject_type.default('public'),
    redirect_uris: fields.redirect_uris.default([]),
    post_logout_redirect_uris: fields.post_logout_redirect_uris.default([]),
    grant_types: fields.grant_types.default(['authorization_code', 'refresh_token']),
    scopes: fields.scopes.default(OPENID_SCOPES),
    audiences: fields.audiences.default([]),
  })
  .openapi('NewOAuthClient');

export const OAuthClientPatch = z.strictObject(fields).partial().openapi('OAuthClientPatch');

export const ClientSecretRotation = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * OVERLAP)
      .default(OVERLAP)
      .openapi({ description: 'How long the secret before works on; 0 when it has leaked' }),
  })
  .openapi('ClientSecretRotation');

export const OAuthClientQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^cli_[0-9a-z]{26}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

const text = z.string().nullable();

export const OAuthClientSchema = z
  .object({
    client_id: z.string().openapi({ example: 'cli_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
    name: z.string(),
    type: z.enum(['public', 'confidential']),
    first_party: z.boolean(),
    token_endpoint_auth_method: z.enum(CLIENT_AUTHENTICATIONS),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).nullable(),
    jwks_uri: z.string().nullable(),
    subject_type: z.enum(SUBJECT_TYPES),
    sector_identifier_uri: z.string().nullable(),
    id_token_signed_response_alg: z.enum(ID_TOKEN_ALGORITHMS),
    dpop_bound_access_tokens: z.boolean(),
    redirect_uris: z.array(z.string()),
    post_logout_redirect_uris: z.array(z.string()),
    backchannel_logout_uri: z.string().nullable(),
    grant_types: z.array(z.enum(GRANT_TYPES)),
    scopes: z.array(z.string()),
    audiences: z.array(z.string()),
    logo_uri: text,
    client_uri: text,
    policy_uri: text,
    tos_uri: text,
    access_token_seconds: z.int().nullable(),
    refresh_token_seconds: z.int().nullable(),
    self_registered: z.boolean().openapi({ description: 'Whether it registered itself (RFC 7591)' }),
    previous_secret_expires_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'Until when the secret before the last rotation works' }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('OAuthClient');

export const OAuthClientListSchema = z
  .object({ data: z.array(OAuthClientSchema), next_cursor: z.string().nullable(), total: z.int() })
  .openapi('OAuthClientList');

export const ShownOAuthClientSchema = z
  .object({
    ...OAuthClientSchema.shape,
    client_secret: z.string().optional().openapi({
      description: 'Shown once; absent for clients that have none',
    }),
  })
  .openapi('ShownOAuthClient');

/** All that a client is said to be. */
export type WholeOAuthClient = Required<Pick<z.output<typeof NewOAuthClient>, 'token_endpoint_auth_method'>> &
  Omit<z.output<typeof NewOAuthClient>, 'type'>;

/** What is wrong with a client as a whole, by field; nothing when it can be. */
export function clientProblems(
  client: Omit<WholeOAuthClient, 'name'> & { self_registered?: boolean },
): { path: string; message: string }[] {
  const { grant_types: grants, token_endpoint_auth_method: method } = client;
  const rules: [wrong: boolean, path: string, message: string][] = [
    [
      grants.includes('authorization_code') && client.redirect_uris.length === 0,
      'redirect_uris',
      'Is needed for authorization_code',
    ],
    [
      grants.includes('refresh_token') &&
        !grants.includes('authorization_code') &&
        !grants.includes(DEVICE_GRANT),
      'grant_types',
      'A refresh token comes with authorization_code or the device grant',
    ],
    // RFC 6749, 4.4: only for clients that can prove who they are.
    [
      CONFIDENTIAL.some((type) => grants.includes(type)) && method === 'none',
      'grant_types',
      'A public client has neither client_credentials nor token exchange',
    ],
    [
      method === 'private_key_jwt' && !client.jwks && !client.jwks_uri,
      'jwks',
      'Is needed for private_key_jwt, or jwks_uri',
    ],
    [Boolean(client.jwks && client.jwks_uri), 'jwks_uri', 'Does not go with jwks'],
    [
      client.subject_type === 'pairwise' &&
        !client.sector_identifier_uri &&
        hostsOf(client.redirect_uris).length > 1,
      'sector_identifier_uri',
      'Is needed where redirect URIs of a pairwise client are of several hosts',
    ],
    [
      client.subject_type === 'pairwise' && ACCOUNT_SCOPES.some((scope) => client.scopes.includes(scope)),
      'scopes',
      'Who may act as the user reads their id: a pairwise client may not',
    ],
    [
      !client.first_party && ACCOUNT_SCOPES.some((scope) => client.scopes.includes(scope)),
      'scopes',
      'Only a first-party client may act as the user',
    ],
    [client.first_party && client.self_registered === true, 'first_party', 'It registered itself'],
  ];
  return rules.flatMap(([wrong, path, message]) => (wrong ? [{ path, message }] : []));
}

/** Whether nobody but the client itself has said what it is: its users are asked each time. */
export function isSelfRegistered({ createdBy, id }: Pick<OAuthClientRow, 'createdBy' | 'id'>): boolean {
  return createdBy === id;
}

/** A client as it goes over the wire: nothing of its secrets. */
export function oauthClientShape(row: OAuthClientRow): z.infer<typeof OAuthClientSchema> {
  const { previousExpiresAt: previous } = row;
  return {
    client_id: row.id,
    name: row.name,
    type: row.authentication === 'none' ? 'public' : 'confidential',
    first_party: row.firstParty,
    token_endpoint_auth_method: row.authentication,
    jwks: row.jwks as z.infer<typeof OAuthClientSchema>['jwks'],
    jwks_uri: row.jwksUri,
    subject_type: row.subjectType,
    sector_identifier_uri: row.sectorIdentifierUri,
    id_token_signed_response_alg: row.idTokenAlgorithm,
    dpop_bound_access_tokens: row.dpopBound,
    redirect_uris: row.redirectUris,
    post_logout_redirect_uris: row.postLogoutRedirectUris,
    backchannel_logout_uri: row.backchannelLogoutUri,
    grant_types: row.grantTypes,
    scopes: row.scopes,
    audiences: row.audiences,
    logo_uri: row.logoUri,
    client_uri: row.clientUri,
    policy_uri: row.policyUri,
    tos_uri: row.tosUri,
    access_token_seconds: row.accessTokenSeconds,
    refresh_token_seconds: row.refreshTokenSeconds,
    self_registered: isSelfRegistered(row),
    previous_secret_expires_at: previous === null ? null : rfc3339(previous),
    created_by: row.createdBy,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
  };
}
