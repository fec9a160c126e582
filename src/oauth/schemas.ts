import { z } from '@hono/zod-openapi';
import { ApiError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import { rfc3339 } from '../lib/time.ts';
import type { ProviderTokens } from './port.ts';
import type { IdentityRow } from './tables.ts';

/** Both lie in a cookie, which browsers keep up to 4 KiB. */
const redirectTo = z.string().max(1000).openapi({
  description: 'Where to go afterwards: a path here, or an address on the list of the realm',
  example: '/account',
});
const challenge = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, { error: 'Must be the base64url of a SHA-256 digest (RFC 7636)' })
  .openapi({ description: "An app's PKCE challenge: then it gets a code, which it exchanges for tokens" });
const method = z.literal('S256').optional();
const appState = z
  .string()
  .max(500)
  .regex(/^[\x20-\x7e]*$/, { error: 'Must be printable ASCII (RFC 6749, A.5)' })
  .optional()
  .openapi({ description: 'Given back to the app as it is' });
const verifier = z
  .string()
  .regex(/^[A-Za-z0-9\-._~]{43,128}$/, { error: 'Must be a PKCE verifier (RFC 7636, 4.1)' })
  .openapi({ example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' });
const code = z.string().min(1).max(200);

export const ProviderParam = z.object({
  provider: z.string().openapi({ param: { name: 'provider', in: 'path' }, example: 'google' }),
});

export const LinkedAccountParams = z.object({ id: z.string(), provider: ProviderParam.shape.provider });

export const ProviderTokenSchema = z
  .object({
    provider: z.string().openapi({ example: 'google' }),
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_at: z.iso.datetime().nullable().openapi({ description: 'Null where the provider does not say' }),
    scope: z.string().nullable().openapi({ description: 'As the provider says it; null where it does not' }),
  })
  .openapi('ProviderToken');

/** A token of a provider as it goes over the wire: nothing of what refreshes it. */
export function providerTokenShape(
  provider: string,
  { accessToken, expiresAt, scope }: ProviderTokens,
): z.infer<typeof ProviderTokenSchema> {
  return {
    provider,
    access_token: accessToken,
    token_type: 'Bearer',
    expires_at: expiresAt === null ? null : rfc3339(expiresAt),
    scope,
  };
}

export const LoginQuery = z.object({
  redirect_to: redirectTo.optional(),
  code_challenge: challenge.optional(),
  code_challenge_method: method,
  state: appState,
  ticket: z
    .string()
    .max(4000)
    .optional()
    .openapi({ description: 'Of a URL that was made to link an account' }),
});

const parameter = z.string().max(4000).optional();

/** The authorization response of a provider (RFC 6749, 4.1.2); whatever else it adds is of no interest. */
export const CallbackParameters = z.object({
  code: parameter,
  state: parameter,
  error: parameter,
  iss: parameter,
  user: parameter.openapi({ description: "Apple's, at the first sign-in" }),
});
export type AuthorizationResponse = z.output<typeof CallbackParameters>;

export const ProviderListSchema = z
  .object({
    data: z.array(z.object({ id: z.string().openapi({ example: 'google' }), name: z.string() })),
    next_cursor: z.string().nullable(),
  })
  .openapi('ProviderList');

/** RFC 6749, 4.1.3. A client id, which every library sends, means nothing: PKCE says who asked. */
export const TokenRequestBody = z
  .object({
    grant_type: z.literal('authorization_code', {
      error: ({ input }) => (input === undefined ? 'Is required' : 'unsupported_grant_type'),
    }),
    code,
    code_verifier: verifier,
    redirect_to: redirectTo.optional(),
    redirect_uri: redirectTo.optional().openapi({ description: 'The same by its name in RFC 6749' }),
  })
  .openapi('TokenRequest');

export const OAuthErrorSchema = z
  .object({
    error: z.enum(['invalid_request', 'invalid_grant', 'unsupported_grant_type', 'mfa_required']),
    error_description: z.string(),
    mfa_token: z.string().optional().openapi({ description: 'Of `mfa_required`: as other sign-ins give it' }),
    methods: z.array(z.string()).optional(),
  })
  .openapi('OAuthError');

const IdentitySchema = z
  .object({
    provider: z.string().openapi({ example: 'google' }),
    provider_name: z.string().openapi({ example: 'Google' }),
    email: z.string().nullable(),
    email_verified: z.boolean(),
    name: z.string().nullable(),
    picture: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_login_at: z.iso.datetime().nullable(),
  })
  .openapi('Identity');

export const IdentityListSchema = z
  .object({ data: z.array(IdentitySchema), next_cursor: z.string().nullable() })
  .openapi('IdentityList');

export const LinkBody = z
  .strictObject({
    redirect_to: redirectTo.optional(),
    code_challenge: challenge.optional(),
    code_challenge_method: method,
    state: appState,
    code: code.optional().openapi({ description: 'What came back to the app: completes the link' }),
    code_verifier: verifier.optional(),
  })
  .openapi('LinkRequest');

export const LinkSchema = z
  .object({ url: z.url().openapi({ description: 'To be opened in a browser' }) })
  .openapi('LinkUrl');

/** An identity as its owner sees it. */
export function identityShape(row: IdentityRow, name: string): z.infer<typeof IdentitySchema> {
  return {
    provider: row.provider,
    provider_name: name,
    email: row.email,
    email_verified: row.emailVerified,
    name: row.name,
    picture: row.picture,
    created_at: rfc3339(row.createdAt),
    last_login_at: row.lastLoginAt === null ? null : rfc3339(row.lastLoginAt),
  };
}

/** What an app presents to complete a flow. Throws `invalid_grant` for what is not whole. */
export function exchangeOf(
  { code, code_verifier: verifier, redirect_to: redirectTo }: z.output<typeof LinkBody>,
  realm: Realm,
) {
  if (code === undefined || verifier === undefined || redirectTo === undefined) {
    throw new ApiError('invalid_grant', { detail: 'Send code_verifier and redirect_to with the code.' });
  }
  return { code, verifier, redirectTo, realm };
}
