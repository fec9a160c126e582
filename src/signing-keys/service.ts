import type { JWK } from 'jose';
import type { Keyring } from '../crypto/keys.ts';
import type { Standby } from '../db/standby.ts';
import type { Budget } from '../lib/run-budget.ts';
import { KeyRing, type KeyStatus, RELOAD, UNKNOWN_RELOAD } from './key-ring.ts';
import { ALGORITHM, rsaSigningKeys, type SigningAlgorithm, signingKeys } from './tables.ts';

export type { KeyStatus } from './key-ring.ts';

/** The signing keys of all realms. Those by RSA a realm has from the first client on that wants them. */
export class SigningKeys {
  readonly #rings: Record<SigningAlgorithm, KeyRing>;

  constructor(d1: D1Database, standby: Standby, encryptionKeys: Keyring, rotationDays: number) {
    const parts = { d1, standby, encryptionKeys, rotationDays };
    this.#rings = {
      ES256: new KeyRing(parts, { algorithm: 'ES256', table: signingKeys, freshFor: RELOAD }),
      // None is published ahead of the first, which another isolate may have made a moment ago.
      RS256: new KeyRing(parts, { algorithm: 'RS256', table: rsaSigningKeys, freshFor: UNKNOWN_RELOAD }),
    };
  }

  /** The key that signs now; makes the realm's first one if it has none. */
  current(realmId: string, algorithm: SigningAlgorithm = ALGORITHM): Promise<{ id: string; key: CryptoKey }> {
    return this.#rings[algorithm].current(realmId);
  }

  /** The public key of that id, or null. */
  find(realmId: string, id: string, algorithm: SigningAlgorithm = ALGORITHM): Promise<CryptoKey | null> {
    return this.#rings[algorithm].find(realmId, id);
  }

  /** The public keys of a realm, RFC 7517: those that sign, will sign, or have signed tokens still alive. */
  async jwks(realmId: string): Promise<{ keys: JWK[] }> {
    await this.current(realmId);
    return { keys: (await this.#ofEach((ring) => ring.published(realmId))).flat() };
  }

  /** The keys of a realm, those by RSA last, newest first: when each signs, and until when it is published (Unix milliseconds). */
  async list(realmId: string): Promise<KeyStatus[]> {
    await this.current(realmId);
    return (await this.#ofEach((ring) => ring.list(realmId))).flat();
  }

  /** Publishes a realm's next keys now, where none is published that does not sign yet; their ids. */
  async publishNext(realmId: string, now: number): Promise<string[]> {
    await this.current(realmId);
    const ids = await this.#ofEach((ring) => ring.publishNext(realmId, now));
    return ids.filter((id) => id !== null);
  }

  /** Publishes the next key of every realm whose newest key is due, and takes back those that are long replaced. */
  async rotate(now: number, budget: Budget): Promise<void> {
    await this.#ofEach((ring) => ring.rotate(now, budget));
  }

  #ofEach<Result>(act: (ring: KeyRing) => Promise<Result>): Promise<Result[]> {
    return Promise.all(Object.values(this.#rings).map(act));
  }
}
