import { CodeChallengeMethod, OAuth2Client, OAuth2Tokens } from 'arctic';
import { z } from 'zod';
import { DAY, SECOND } from '../lib/time.ts';
import { text } from './claims.ts';
import { verifyIdToken } from './id-token.ts';
import type { Arrival, Claims, ConfiguredProvider, ProviderTokens } from './port.ts';
import { ProviderFailure, staleFlow } from './provider-failure.ts';
import { requestJson } from './provider-http.ts';
import type { ProviderKeys } from './provider-keys.ts';

/** What one sign-in at a provider is bound to. */
export interface FlowBinding {
  state: string;
  nonce: string;
  verifier: string;
}

/** Of codes and refresh tokens that are wrong, used or too old: RFC 6749, 5.2, and GitHub's own words for it. */
const REFUSED = ['invalid_grant', 'bad_verification_code', 'bad_refresh_token'];

/** The longest life of a token that is believed (seconds): later times could not be written. */
const MOST_LIFE = (365 * DAY) / SECOND;

/** Characters of what may come beside a code. */
const MAX_USER = 2000;

/** Where to send the browser to sign in at a provider (RFC 6749, 4.1.1, with PKCE, RFC 7636, and a nonce). */
export function authorizationUrl(configured: ConfiguredProvider, binding: FlowBinding): URL {
  const { provider, endpoints, clientId, redirectUri } = configured;
  const { state, nonce, verifier } = binding;
  const url = new OAuth2Client(clientId, null, redirectUri).createAuthorizationURLWithPKCE(
    endpoints.authorization,
    state,
    CodeChallengeMethod.S256,
    verifier,
    [...provider.scopes, ...configured.moreScopes],
  );
  if (endpoints.jwks) url.searchParams.set('nonce', nonce);
  if (provider.responseMode) url.searchParams.set('response_mode', provider.responseMode);
  const offline = configured.moreScopes.length > 0 ? provider.offlineParameters : {};
  for (const [name, value] of Object.entries({ ...provider.parameters, ...offline })) {
    url.searchParams.set(name, value);
  }
  return url;
}

/** Exchanges the code that a browser brought back, and finds out who it is. Throws ProviderFailure. */
export async function arrive(
  configured: ConfiguredProvider,
  code: string,
  binding: FlowBinding,
  keys: ProviderKeys,
  user?: string,
): Promise<Arrival> {
  const { provider, endpoints, clientId } = configured;
  const answer = await exchange(configured, code, binding.verifier);
  const tokens = understood(answer);
  let claims: Claims = {};
  if (endpoints.jwks && endpoints.issuer) {
    claims = await verifyIdToken(
      believed(() => answer.idToken()),
      {
        keys: keys.of(endpoints.jwks),
        issuer: endpoints.issuer,
        clientId,
        nonce: binding.nonce,
      },
    );
  }
  const read = (url: string) => readAsUser(url, tokens.accessToken);
  try {
    if (provider.readClaims) claims = await provider.readClaims(read, endpoints, claims);
    if (provider.readUser && user) claims = { ...claims, ...provider.readUser(user.slice(0, MAX_USER)) };
    const profile = provider.profile(claims);
    if (!profile.subject) throw new ProviderFailure('provider_rejected', 'no subject');
    return { provider: provider.id, providerName: provider.name, profile, claims, tokens };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new ProviderFailure('provider_rejected', `profile: ${error.issues[0]?.path.join('.')}`);
  }
}

/** The tokens for a code (RFC 6749, 4.1.3). */
async function exchange(
  configured: ConfiguredProvider,
  code: string,
  verifier: string,
): Promise<OAuth2Tokens> {
  const answer = await askForTokens(configured, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: configured.redirectUri,
    code_verifier: verifier,
  });
  if (answer === 'refused') throw staleFlow('the code is wrong, used or too old');
  return answer;
}

/**
 * The tokens for a refresh token (RFC 6749, 6), which stays where the provider gives no other; null when the provider has ended it.
 * Throws ProviderFailure.
 */
export async function refreshedTokens(
  configured: ConfiguredProvider,
  tokens: ProviderTokens,
): Promise<ProviderTokens | null> {
  const parameters = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken ?? '' };
  const answer = await askForTokens(configured, parameters);
  if (answer === 'refused') return null;
  const { refreshToken, scope, ...said } = understood(answer);
  return { ...said, refreshToken: refreshToken ?? tokens.refreshToken, scope: scope ?? tokens.scope };
}

/**
 * Asks the token endpoint; `refused` for a grant that does not hold. Arctic's own exchange sets no limits of time and size, follows
 * redirects, and sends a secret by Basic authentication only, which Google and Apple do not take.
 */
async function askForTokens(
  configured: ConfiguredProvider,
  parameters: Record<string, string>,
): Promise<OAuth2Tokens | 'refused'> {
  const { provider, endpoints, clientId } = configured;
  const secret = await configured.clientSecret(Date.now()).catch(() => {
    throw new ProviderFailure(
      'provider_rejected',
      'the client secret cannot be made: is the private key right?',
    );
  });
  const inBody = provider.clientAuthentication === 'body';
  const basic = Buffer.from(`${formEncoded(clientId)}:${formEncoded(secret)}`).toString('base64');
  const { status, body } = await requestJson(endpoints.token, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      ...(!inBody && { Authorization: `Basic ${basic}` }),
    },
    body: new URLSearchParams({
      ...parameters,
      ...(inBody && { client_id: clientId, client_secret: secret }),
    }).toString(),
  });
  const answer = z.looseObject({}).safeParse(body).data ?? {};
  const error = text(answer, 'error');
  if (error && REFUSED.includes(error)) return 'refused';
  // GitHub reports errors with status 200.
  if (error || status !== 200) {
    throw new ProviderFailure('provider_rejected', `tokens: status ${status}, ${error?.slice(0, 50)}`);
  }
  return new OAuth2Tokens(answer);
}

function understood(answer: OAuth2Tokens): ProviderTokens {
  const { data } = answer as { data: Claims };
  const accessToken = text(data, 'access_token');
  if (accessToken === null) throw new ProviderFailure('provider_rejected', 'no access token');
  return {
    accessToken,
    refreshToken: text(data, 'refresh_token'),
    expiresAt: expiryOf(data.expires_in),
    scope: text(data, 'scope'),
  };
}

/** When a token ends (Unix milliseconds); null where that is not said. Some providers write the number as a text. */
function expiryOf(expiresIn: unknown): number | null {
  const seconds = typeof expiresIn === 'string' && expiresIn !== '' ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== 'number' || Number.isNaN(seconds)) return null;
  return Date.now() + Math.min(Math.max(0, seconds), MOST_LIFE) * SECOND;
}

/** Arctic throws plain errors for what is missing. */
function believed(read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw new ProviderFailure('provider_rejected', error instanceof Error ? error.message : 'tokens');
  }
}

async function readAsUser(url: string, accessToken: string): Promise<unknown> {
  const { status, body } = await requestJson(url, { headers: { Authorization: `Bearer ${accessToken}` } });
  if (status !== 200) throw new ProviderFailure('provider_rejected', `profile: status ${status}`);
  return body;
}

/** `application/x-www-form-urlencoded`, as RFC 6749, 2.3.1 wants both halves of Basic credentials. */
function formEncoded(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}
