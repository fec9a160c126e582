import type { KnownUse, PasskeyUse } from './contract.ts';

/** Uses that are remembered: those of many more passkeys than a user can have. */
const MAX_KNOWN = 100;

/** The names of what is kept. */
const USES = 'passkey_uses';
const SPENT = 'spent_challenges';

/** What of a user's passkeys changes with each use: when each was used last, its counter, and the challenges that are spent. */
export class FactorBook {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /**
   * Takes a use of a passkey whose signature is right: but not one whose challenge was used before, nor one whose counter did
   * not rise, for then there may be a copy of the key (WebAuthn 3, 6.1.1).
   */
  use(
    { passkeyId, counter, knownCounter, backedUp, ...given }: PasskeyUse,
    now: number,
  ): 'taken' | 'spent' | 'copied' {
    const { challenge, challengeExpiresAt } = given;
    const known = this.uses();
    const before = Math.max(known[passkeyId]?.counter ?? 0, knownCounter);
    const spent = this.#kv.get<Record<string, number>>(SPENT) ?? {};
    if (challenge in spent) return 'spent';
    if ((counter > 0 || before > 0) && counter <= before) return 'copied';
    const lasting = Object.entries(spent).filter(([, until]) => now < until);
    this.#kv.put(SPENT, { ...Object.fromEntries(lasting), [challenge]: challengeExpiresAt });
    const { [passkeyId]: _, ...others } = known;
    const kept = Object.entries(others).slice(1 - MAX_KNOWN);
    this.#kv.put(USES, { ...Object.fromEntries(kept), [passkeyId]: { counter, backedUp, usedAt: now } });
    return 'taken';
  }

  /** The last use of each passkey that was ever used, by its id. */
  uses(): Record<string, KnownUse> {
    return this.#kv.get<Record<string, KnownUse>>(USES) ?? {};
  }
}
