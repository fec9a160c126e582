import { createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { MINUTE } from '../lib/time.ts';
import type { Take } from '../messages/budgets.ts';
import { PublicJwk } from './client-schemas.ts';
import { ClientSites, parsedBy } from './client-site.ts';
import type { OAuthClientRow } from './tables.ts';

const MAX_BYTES = 64 * 1024;
/** How often a key that is not known may have a set read again (milliseconds): anybody can name any. */
const UNKNOWN_RELOAD = MINUTE;

const KeySet = z.object({ keys: z.array(z.unknown()).max(50) });

/** The keys of clients, registered or at addresses of theirs (RFC 7591, 2). */
export class ClientKeys {
  readonly #sets: ClientSites<{ keys: JWK[] }>;

  constructor(take: Take, local: boolean) {
    this.#sets = new ClientSites({ what: 'client_keys', maxBytes: MAX_BYTES, understand }, take, local);
  }

  /** Finds keys by the header of a token, for jose; null for a client that has none, or does not show them. */
  async of({ jwks, jwksUri }: Pick<OAuthClientRow, 'jwks' | 'jwksUri'>): Promise<JWTVerifyGetKey | null> {
    if (jwksUri === null) return jwks && createLocalJWKSet(jwks);
    const read = await this.#sets.read(jwksUri);
    if (!read) return null;
    const find = createLocalJWKSet(read.value);
    return async (header, token) => {
      try {
        return await find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const again = await this.#sets.read(jwksUri, UNKNOWN_RELOAD);
        if (!again || again.readAt === read.readAt) throw error;
        return createLocalJWKSet(again.value)(header, token);
      }
    };
  }
}

/** What is no key that a client can prove is left out. */
function understand(text: string): { keys: JWK[] } | null {
  const set = parsedBy(text, KeySet);
  return set && { keys: set.keys.flatMap((key) => (PublicJwk.safeParse(key).data as JWK | undefined) ?? []) };
}
