import type { SessionLifetimes } from '../account/contract.ts';
import type { Realm } from '../lib/realm.ts';
import type { OAuthClientRow } from './tables.ts';

/** Seconds that access tokens of a client live. */
export function tokenSeconds(realm: Realm, { accessTokenSeconds }: OAuthClientRow): number {
  return accessTokenSeconds ?? realm.accessTokenSeconds;
}

/** Whether a client gets a refresh token (OpenID Connect Core 1.0, 11): the product's own apps need not ask for one. */
export function isRefreshable(client: OAuthClientRow, scopes: readonly string[]): boolean {
  return (
    client.grantTypes.includes('refresh_token') && (client.firstParty || scopes.includes('offline_access'))
  );
}

/** How long what a client gets of a user lives: without a refresh token, as long as the access token. */
export function grantLifetimes(
  realm: Realm,
  client: OAuthClientRow,
  scopes: readonly string[],
): SessionLifetimes {
  if (!isRefreshable(client, scopes)) {
    const seconds = tokenSeconds(realm, client);
    return { idleSeconds: seconds, absoluteSeconds: seconds };
  }
  const { idleSeconds, absoluteSeconds } = realm.lifetimes;
  const { refreshTokenSeconds: own } = client;
  return own === null
    ? { idleSeconds, absoluteSeconds }
    : { idleSeconds: Math.min(idleSeconds, own), absoluteSeconds: own };
}
