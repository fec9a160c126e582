import type { Variable } from '../config/variable.ts';

/** What a provider says of a user, in its own words: claims of an ID token, or the answer of its API. */
export type Claims = Record<string, unknown>;

/** Who somebody is at a provider. */
export interface ProviderProfile {
  /** The provider's own id of them: never changes, never used twice. */
  subject: string;
  email: string | null;
  /** Whether the provider vouches that the address is theirs: only then may it lead to an account. Null: it does not say. */
  emailVerified: boolean | null;
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  picture: string | null;
  locale: string | null;
}

/** Where a provider is reached. Each can be overridden by a variable. */
export interface Endpoints {
  /** `iss` of its ID tokens. With `{tenantid}` in it, the issuer of each tenant. */
  issuer?: string;
  authorization: string;
  token: string;
  userinfo?: string;
  /** Only of providers that give ID tokens. */
  jwks?: string;
  /** Its answers name it (RFC 9207): one that does not is refused. */
  namesIssuer?: boolean;
}

/** The variables of a provider, each of them required. */
export type ProviderVariables = Readonly<Record<string, Variable<string>>>;

/** Reads JSON from the provider's API as the user. */
export type ReadAsUser = (url: string) => Promise<unknown>;

/**
 * A sign-in provider: data, and how its words are understood. With `endpoints.jwks` it speaks OpenID Connect and is
 * known by its ID token, else by what its API says.
 */
export interface OAuthProvider {
  id: string;
  /** What users see. */
  name: string;
  /** Where operators register Latchkey, and what they must know. */
  doc: string;
  /**
   * What it knows us by, without the prefix that the id makes: `CLIENT_ID` of `google` is `GOOGLE_CLIENT_ID`. The
   * provider is switched on in the realms that have them.
   */
  variables: ProviderVariables;
  endpoints: Endpoints;
  scopes: string[];
  /** How the client secret is sent to the token endpoint (RFC 6749, 2.3.1). */
  clientAuthentication: 'basic' | 'body';
  /** For providers that answer by a POST from their own site. */
  responseMode?: 'form_post';
  /** Further parameters of the authorization request. */
  parameters?: Record<string, string>;
  /** The same where more scopes are asked for, by which it gives a refresh token. */
  offlineParameters?: Record<string, string>;
  /** The claims, for a provider without ID tokens, or where these do not say all; `askUserinfo` is that of OpenID Connect. */
  readClaims?(read: ReadAsUser, endpoints: Endpoints, claims: Claims): Promise<Claims>;
  /** What comes beside the code and is signed by nobody: nothing that matters may be taken from it. */
  readUser?(user: string): Claims;
  profile(claims: Claims): ProviderProfile;
  /** Where the secret has to be made for each request. */
  clientSecret?(values: Readonly<Record<string, string | undefined>>, now: number): Promise<string>;
}

/** A provider as it is switched on in a realm. */
export interface ConfiguredProvider {
  provider: OAuthProvider;
  endpoints: Endpoints;
  clientId: string;
  /** What is asked for besides what a sign-in needs. */
  moreScopes: readonly string[];
  clientSecret(now: number): Promise<string>;
  /** Where the provider sends the browser back to. */
  redirectUri: string;
}

/** Tokens that a provider gave. `expiresAt` is Unix milliseconds. */
export interface ProviderTokens {
  accessToken: string;
  refreshToken: string | null;
  expiresAt: number | null;
  scope: string | null;
}

/** Somebody whom a provider has sent back to us, proved by it. */
export interface Arrival {
  provider: string;
  providerName: string;
  profile: ProviderProfile;
  claims: Claims;
  tokens: ProviderTokens;
}
