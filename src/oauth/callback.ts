import { ApiError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import type { Flow } from './flow.ts';
import type { Arrival, ConfiguredProvider } from './port.ts';
import { arrive } from './protocol.ts';
import { ProviderFailure } from './provider-failure.ts';
import type { ProviderKeys } from './provider-keys.ts';
import type { AuthorizationResponse } from './schemas.ts';

/** Who has come back. Throws `provider_denied`, and ProviderFailure for an answer that cannot be trusted. */
export async function comeBack(
  configured: ConfiguredProvider,
  flow: Flow,
  parameters: AuthorizationResponse,
  keys: ProviderKeys,
): Promise<Arrival> {
  const { issuer, namesIssuer } = configured.endpoints;
  // RFC 9207, 2.4. The issuer of many tenants is known only when the tenant is.
  const isNamed = issuer !== undefined && !issuer.includes('{');
  if (isNamed && (parameters.iss ?? (namesIssuer ? null : issuer)) !== issuer) {
    throw new ProviderFailure('provider_rejected', 'iss of the answer');
  }
  if (parameters.error !== undefined) throw deniedBy(parameters.error);
  if (!parameters.code) throw new ProviderFailure('provider_rejected', 'no code');
  return arrive(configured, parameters.code, flow, keys, parameters.user);
}

/** Where an app gets its answer: RFC 6749, 4.1.2, with the issuer (RFC 9207). */
export function appRedirect(
  realm: Pick<Realm, 'issuer'>,
  redirectTo: string,
  state: string | null,
  answer: Record<string, string>,
): string {
  const url = new URL(redirectTo, realm.issuer);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  if (state !== null) url.searchParams.set('state', state);
  url.searchParams.set('iss', realm.issuer);
  return url.href;
}

/** What a provider's error (RFC 6749, 4.1.2.1) means for the person who wants to sign in. */
function deniedBy(error: string): ApiError {
  // Apple has a word of its own.
  if (/^(access_denied|user_cancelled_authorize|(login|consent|interaction)_required)$/.test(error)) {
    return new ApiError('provider_denied', { detail: 'Try again, or sign in another way.' });
  }
  const isPassing = /^(server_error|temporarily_unavailable)$/.test(error);
  return new ProviderFailure(
    isPassing ? 'provider_unavailable' : 'provider_rejected',
    `error ${error.slice(0, 50).replace(/[^\w-]/g, '?')}`,
  );
}
