import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { HOUR, MINUTE } from '../lib/time.ts';
import { ProviderFailure } from './provider-failure.ts';
import { requestJson } from './provider-http.ts';

/** How long an isolate goes by the keys it read, and how often a key it does not know may make it look again. */
const RELOAD = HOUR;
const UNKNOWN_RELOAD = MINUTE;

type KeySet = { find: JWTVerifyGetKey; readAt: number };

/** The public keys of providers. What is kept between requests are keys, never a request that is under way. */
export class ProviderKeys {
  readonly #sets = new Map<string, KeySet>();

  /** Finds keys by the header of a token. Throws ProviderFailure, and jose's JWKSNoMatchingKey. */
  of(jwksUri: string): JWTVerifyGetKey {
    return async (header, token) => {
      const now = Date.now();
      const known = this.#sets.get(jwksUri);
      const set = known && now - known.readAt < RELOAD ? known : await this.#read(jwksUri, now);
      try {
        return await set.find(header, token);
      } catch (error) {
        // Anybody can write any key id into a token: that must not cost a request each time.
        const mayLook = error instanceof errors.JWKSNoMatchingKey && now - set.readAt >= UNKNOWN_RELOAD;
        if (!mayLook) throw error;
        return (await this.#read(jwksUri, now)).find(header, token);
      }
    };
  }

  async #read(jwksUri: string, now: number): Promise<KeySet> {
    const { status, body } = await requestJson(jwksUri, {});
    if (status !== 200) throw new ProviderFailure('provider_unavailable', `keys: status ${status}`);
    try {
      const set = { find: createLocalJWKSet(body as JSONWebKeySet), readAt: now };
      this.#sets.set(jwksUri, set);
      return set;
    } catch {
      throw new ProviderFailure('provider_unavailable', 'keys: not a key set');
    }
  }
}
