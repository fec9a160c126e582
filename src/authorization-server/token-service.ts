import { challengeOf, parseCodeText } from '../account/code-text.ts';
import type { OpenedSession } from '../account/contract.ts';
import { parseRefreshToken } from '../account/refresh-token.ts';
import { accepted } from '../errors.ts';
import { ACCOUNT_SCOPES } from '../http/level.ts';
import { askedResources, audienceWithin, scopesWithin, userinfoAudience } from './authorization-request.ts';
import { authenticateClient, type ClientMessage } from './client-authentication.ts';
import { OPENID_SCOPES, PROVIDER_TOKEN_SCOPE } from './client-schemas.ts';
import { sectorOf } from './client-sectors.ts';
import { isRefreshable, tokenSeconds } from './grant-lifetimes.ts';
import { OAuthFailure } from './oauth-error.ts';
import { required } from './parameters.ts';
import { DEVICE_GRANT, GRANT_TYPES, type GrantType, type OAuthClientRow } from './tables.ts';
import { exchangeToken } from './token-exchange.ts';
import {
  type ProvedRequest,
  type TokenAnswer,
  type TokenParts,
  type TokenRequest,
  typeOf,
} from './token-parts.ts';
import { canGive, userClaims } from './user-claims.ts';

export type { TokenAnswer, TokenParts, TokenRequest } from './token-parts.ts';

type Grant = (parts: TokenParts, request: ProvedRequest, client: OAuthClientRow) => Promise<TokenAnswer>;

/** What each grant type does, by its name. */
const GRANTS: Record<GrantType, Grant> = {
  authorization_code: redeemCode,
  refresh_token: refresh,
  client_credentials: clientCredentials,
  [DEVICE_GRANT]: redeemDevice,
  'urn:ietf:params:oauth:grant-type:token-exchange': exchangeToken,
};

/** The token endpoint. Throws OAuthFailure. */
export async function answerTokenRequest(parts: TokenParts, request: TokenRequest): Promise<TokenAnswer> {
  const { parameters, realm } = request;
  const type = required(parameters, 'grant_type');
  const client = await knownClient(parts, request);
  const grantType = GRANT_TYPES.find((one) => one === type);
  if (!grantType) throw new OAuthFailure('unsupported_grant_type', 'The grant type is not supported');
  if (!client.grantTypes.includes(grantType)) {
    throw new OAuthFailure('unauthorized_client', 'The client may not use this grant type');
  }
  if (client.realmId !== realm.id) throw new OAuthFailure('invalid_client', 'The client is of another realm');
  const key = request.proof && (await parts.proofs.check(request.proof, null));
  if (key === null && client.dpopBound) {
    throw new OAuthFailure('invalid_dpop_proof', 'The client gets no token without a proof of its key');
  }
  const answer = await GRANTS[grantType](parts, { ...request, key }, client);
  parts.clients.used(client);
  return answer;
}

/** The client behind a request, which, if it has proved who it is, does not ask too often. Throws OAuthFailure, `rate_limited`. */
export async function knownClient(parts: TokenParts, request: ClientMessage): Promise<OAuthClientRow> {
  const client = await authenticateClient(parts, request);
  // Anybody can say that they are a public client: all could be kept out by one. Each has the limit of their own address.
  if (client.authentication !== 'none') await parts.limit(`client:${client.id}`);
  return client;
}

/** RFC 6749, 4.1.3, with the verifier of RFC 7636, 4.5: one call to the user's object. */
async function redeemCode(parts: TokenParts, request: ProvedRequest, client: OAuthClientRow) {
  const { key, parameters, realm, by } = request;
  const code = parseCodeText(await parts.subjects.unmasked(realm.id, required(parameters, 'code')));
  const redirectUri = required(parameters, 'redirect_uri');
  const verifier = required(parameters, 'code_verifier');
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) {
    throw new OAuthFailure('invalid_request', 'code_verifier must be 43 to 128 unreserved characters');
  }
  if (!code) throw new OAuthFailure('invalid_grant', 'It is no code');
  const challenge = challengeOf(verifier);
  const { id: realmId, mfa } = realm;
  // RFC 9449, 5: one that can prove itself does so at each refresh.
  const bound = { key, bindsKey: client.authentication === 'none' };
  const redemption = { hash: code.hash, clientId: client.id, redirectUri, challenge, ...bound, realmId, mfa };
  const { session, ...about } = accepted(await parts.objects(code.userId).redeemCode(redemption, by));
  return granted(parts, request, client, session, about);
}

/** RFC 8628, 3.4: one call to the object of the user code, and one to the user's for what they have allowed. */
async function redeemDevice(parts: TokenParts, request: ProvedRequest, client: OAuthClientRow) {
  const { key, parameters, realm, by } = request;
  const deviceCode = required(parameters, 'device_code');
  const { userId, codeHash: hash } = await parts.devices.take(deviceCode, realm, client);
  const { id: realmId, mfa } = realm;
  const bound = { key, bindsKey: client.authentication === 'none' };
  const redemption = {
    hash,
    clientId: client.id,
    redirectUri: null,
    challenge: null,
    ...bound,
    realmId,
    mfa,
  };
  const { session, ...about } = accepted(await parts.objects(userId).redeemCode(redemption, by));
  return granted(parts, request, client, session, about);
}

/** RFC 6749, 6: rotated in the user's object, by one call. */
async function refresh(parts: TokenParts, request: ProvedRequest, client: OAuthClientRow) {
  const { key, parameters, realm, by } = request;
  const token = await parts.subjects.unmasked(realm.id, required(parameters, 'refresh_token'));
  const named = parseRefreshToken(token);
  if (!named) throw new OAuthFailure('invalid_grant', 'It is no refresh token');
  const policy = { id: realm.id, refreshGraceSeconds: realm.refreshGraceSeconds, clientId: client.id, key };
  const session = accepted(await parts.objects(named.userId).refresh(token, policy, by));
  return granted(parts, request, client, session, { nonce: null, idTokenClaims: [] });
}

async function granted(
  { directory, resources: named, sessions, subjects, tokens }: TokenParts,
  { key, parameters, realm }: ProvedRequest,
  client: OAuthClientRow,
  session: OpenedSession,
  { nonce, idTokenClaims }: { nonce: string | null; idTokenClaims: string[] },
): Promise<TokenAnswer> {
  const { scope = '', audience = [] } = session.grant ?? {};
  const scopes = scope.split(' ').filter(Boolean);
  const asked = parameters.get('scope');
  const narrowed = asked === undefined ? scopes : scopesWithin(asked, scopes);
  const resources = askedResources(parameters, realm);
  const asks = resources.length === 0 ? audience : audienceWithin(resources, audience);
  const elsewhere = asks.filter((one) => one !== userinfoAudience(realm) && one !== realm.audience);
  const grant = await sessions.grant(realm, session, null, {
    scope: narrowed.join(' '),
    audience: asks,
    subject: await tokens.subjectFor(client, session.state.userId),
    seconds: tokenSeconds(realm, await named.forTokens(realm.id, client, elsewhere)),
    key,
  });
  const idToken = async () => {
    const { bookmark, userId } = session.state;
    const asked = idTokenClaims.filter((name) => canGive(name, narrowed));
    const known = asked.length > 0 ? userClaims(await directory.get(userId, bookmark), narrowed) : {};
    const given = Object.fromEntries(Object.entries(known).filter(([name]) => asked.includes(name)));
    const claims = { ...given, ...(session.organization && { org_id: session.organization.id }) };
    return tokens.idToken(realm, session, client, { nonce, accessToken: grant.accessToken, claims });
  };
  return {
    access_token: grant.accessToken,
    token_type: typeOf(key),
    expires_in: grant.expiresInSeconds,
    scope: narrowed.join(' '),
    ...(isRefreshable(client, scopes) && {
      refresh_token: await subjects.masked(realm.id, sectorOf(client), grant.refreshToken),
    }),
    ...(narrowed.includes('openid') && { id_token: await idToken() }),
  };
}

/** RFC 6749, 4.4: the client for itself. What is a user's is not to be had so. */
async function clientCredentials(
  { resources: named, tokens }: TokenParts,
  { key, parameters, realm }: ProvedRequest,
  caller: OAuthClientRow,
): Promise<TokenAnswer> {
  const client = await named.forTokens(realm.id, caller, askedResources(parameters, realm));
  const ofUsers: readonly string[] = [...OPENID_SCOPES, ...ACCOUNT_SCOPES];
  const own = client.scopes.filter((scope) => !ofUsers.includes(scope) && !PROVIDER_TOKEN_SCOPE.test(scope));
  const asked = parameters.get('scope');
  const scope = (asked === undefined ? own : scopesWithin(asked, own)).join(' ');
  const resources = askedResources(parameters, realm);
  const usual = client.audiences.length > 0 ? client.audiences : [userinfoAudience(realm)];
  const audience = resources.length === 0 ? usual : audienceWithin(resources, client.audiences);
  const seconds = tokenSeconds(realm, client);
  const of = { subject: client.id, clientId: client.id, scope, audience, seconds, key };
  const token = await tokens.accessToken(realm, of);
  return { access_token: token, token_type: typeOf(key), expires_in: seconds, scope };
}
