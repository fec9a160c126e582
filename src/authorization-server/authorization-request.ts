import { ACCOUNT_SCOPES } from '../http/level.ts';
import type { Realm } from '../lib/realm.ts';
import { type AskedClaims, askedClaims } from './claims-parameter.ts';
import { OAuthFailure } from './oauth-error.ts';
import { type Parameters, required } from './parameters.ts';
import type { OAuthClientRow } from './tables.ts';

/** How an answer goes to the client (OAuth 2.0 Multiple Response Types, 2.1; Form Post Response Mode). */
export type ResponseMode = 'query' | 'form_post';

/** Where an answer goes: only to what the client registered. */
export interface AnswerTarget {
  client: OAuthClientRow;
  redirectUri: string;
  responseMode: ResponseMode;
  state: string | null;
}

const PROMPTS = ['none', 'login', 'consent', 'select_account', 'create'] as const;

type Prompt = (typeof PROMPTS)[number];

/** What a client asks a user for, found right. */
export interface AskedAuthorization extends AnswerTarget {
  scopes: string[];
  /** Whom its access tokens are for. */
  audience: string[];
  challenge: string;
  nonce: string | null;
  prompt: Prompt[];
  /** Seconds that may have passed since the user proved who they are; null for any. */
  maxAge: number | null;
  loginHint: string | null;
  idTokenHint: string | null;
  /** What it asks of single claims, and how sure it has to be who the user is. */
  claims: AskedClaims;
  uiLocales: string | null;
  /** The organization that the client shall act for; null where the user may choose. */
  organizationId: string | null;
  /** The thumbprint of the key that its client will prove (RFC 9449, 10); null for any or none. */
  key: string | null;
}

type Check = (parameters: Parameters, target: AnswerTarget, realm: Realm) => Partial<AskedAuthorization>;

/** What a request must hold, one after the other: each gives its part of what is asked, or throws OAuthFailure. */
const CHECKS: Check[] = [
  checkOnce,
  checkNothingElse,
  checkResponseType,
  checkResponseMode,
  checkGrantType,
  checkPkce,
  checkScope,
  checkResource,
  checkPrompt,
  checkMaxAge,
  checkKey,
  checkOrganization,
  (parameters) => ({
    nonce: parameters.get('nonce') ?? null,
    loginHint: parameters.get('login_hint') ?? null,
    idTokenHint: parameters.get('id_token_hint') ?? null,
    claims: askedClaims(parameters.get('claims'), parameters.get('acr_values')),
    uiLocales: parameters.get('ui_locales') ?? null,
  }),
];

/** Holds a request against all checks. The target must have been found right before: that is where a failure goes. */
export function askedAuthorization(
  parameters: Parameters,
  target: AnswerTarget,
  realm: Realm,
): AskedAuthorization {
  const parts = CHECKS.map((check) => check(parameters, target, realm));
  return Object.assign({ ...target }, ...parts) as AskedAuthorization;
}

/** RFC 6749, 3.1. */
function checkOnce(parameters: Parameters) {
  parameters.requireOnce();
  return {};
}

/** OpenID Connect Core 1.0, 6.1 and 7.2.1: what is not known must be refused by its name. */
function checkNothingElse(parameters: Parameters) {
  const refused = {
    request: 'request_not_supported',
    request_uri: 'request_uri_not_supported',
    registration: 'registration_not_supported',
  } as const;
  for (const [name, error] of Object.entries(refused)) {
    if (parameters.get(name) !== undefined) throw new OAuthFailure(error, `${name} is not supported`);
  }
  return {};
}

function checkResponseType(parameters: Parameters) {
  if (required(parameters, 'response_type') === 'code') return {};
  throw new OAuthFailure('unsupported_response_type', 'Only the response type code is supported');
}

function checkResponseMode(parameters: Parameters) {
  if (['query', 'form_post', undefined].includes(parameters.get('response_mode'))) return {};
  throw new OAuthFailure('invalid_request', 'Only the response modes query and form_post are supported');
}

function checkGrantType(_: Parameters, { client }: AnswerTarget) {
  if (client.grantTypes.includes('authorization_code')) return {};
  throw new OAuthFailure('unauthorized_client', 'The client may not use authorization_code');
}

/** RFC 7636, by S256 and for every client (OAuth 2.1, 4.1.1). Without a method it would be `plain`. */
function checkPkce(parameters: Parameters) {
  const challenge = required(parameters, 'code_challenge');
  if (parameters.get('code_challenge_method') !== 'S256') {
    throw new OAuthFailure('invalid_request', 'code_challenge_method must be S256');
  }
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw new OAuthFailure('invalid_request', 'code_challenge must be a SHA-256 hash in base64url');
  }
  return { challenge };
}

function checkScope(parameters: Parameters, { client }: AnswerTarget) {
  return { scopes: scopesWithin(parameters.get('scope'), client.scopes) };
}

function checkResource(parameters: Parameters, { client }: AnswerTarget, realm: Realm) {
  return { audience: askedAudience(parameters, client, realm) };
}

function checkPrompt(parameters: Parameters) {
  const prompt = parameters.get('prompt')?.split(' ') ?? [];
  if (!prompt.every((one): one is Prompt => (PROMPTS as readonly string[]).includes(one))) {
    throw new OAuthFailure('invalid_request', 'prompt is not known');
  }
  if (prompt.includes('none') && prompt.length > 1) {
    throw new OAuthFailure('invalid_request', 'prompt=none goes with no other');
  }
  return { prompt };
}

function checkMaxAge(parameters: Parameters) {
  const maxAge = parameters.get('max_age');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) {
    throw new OAuthFailure('invalid_request', 'max_age must be seconds');
  }
  return { maxAge: maxAge === undefined ? null : Number(maxAge) };
}

function checkKey(parameters: Parameters) {
  const key = parameters.get('dpop_jkt') ?? null;
  if (key !== null && !/^[A-Za-z0-9_-]{43}$/.test(key)) {
    throw new OAuthFailure('invalid_request', 'dpop_jkt must be the SHA-256 thumbprint of a key');
  }
  return { key };
}

function checkOrganization(parameters: Parameters) {
  const organizationId = parameters.get('organization_id') ?? null;
  if (organizationId !== null && !/^org_[0-9a-z_]{1,60}$/.test(organizationId)) {
    throw new OAuthFailure('invalid_request', 'organization_id must be the id of an organization');
  }
  return { organizationId };
}

/** The scopes that were asked for. Throws `invalid_scope` for one that is not among those that may be. */
export function scopesWithin(asked: string | undefined, may: readonly string[]): string[] {
  const scopes = [...new Set(asked?.split(' ').filter(Boolean) ?? [])];
  if (scopes.some((scope) => !may.includes(scope))) {
    throw new OAuthFailure('invalid_scope', 'A scope is not known, or the client may not ask for it');
  }
  return scopes;
}

/**
 * Whom a client's tokens are for where nobody says it. It is not the audience of the users' own tokens: who verifies those in a
 * process of their own takes their holder for the user, and must not take a client for it.
 */
export function userinfoAudience({ issuer }: Realm): string {
  return `${issuer}/oauth2/userinfo`;
}

/** The resources that a request names (RFC 8707, 2). The realm's own API goes by its address too, whatever its audience is. */
export function askedResources(parameters: Parameters, { audience, issuer }: Realm): string[] {
  return parameters.all('resource').map((one) => (one === issuer ? audience : one));
}

/** Whom the tokens shall be for that a client asks for. Throws `invalid_target`. */
export function askedAudience(parameters: Parameters, client: OAuthClientRow, realm: Realm): string[] {
  const asked = askedResources(parameters, realm);
  const scopes = parameters.get('scope')?.split(' ') ?? [];
  const usual = ACCOUNT_SCOPES.some((scope) => scopes.includes(scope))
    ? [userinfoAudience(realm), realm.audience]
    : [userinfoAudience(realm)];
  return asked.length === 0 ? usual : audienceWithin(asked, audiencesOf(client, realm));
}

/** Whom a client's tokens may be for. */
export function audiencesOf({ audiences, firstParty }: OAuthClientRow, realm: Realm): string[] {
  return [userinfoAudience(realm), ...(firstParty ? [realm.audience] : []), ...audiences];
}

/** The audience that was asked for (RFC 8707, 2). Throws `invalid_target` for one that is not among those that may be. */
export function audienceWithin(asked: readonly string[], may: readonly string[]): string[] {
  if (asked.some((resource) => !may.includes(resource))) {
    throw new OAuthFailure('invalid_target', 'A resource is not known, or not for this client');
  }
  return [...new Set(asked)];
}
