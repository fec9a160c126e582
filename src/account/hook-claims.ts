/** Claims that a hook has given the tokens of a session, and what they were given for. */
interface KeptClaims {
  sessionId: string;
  stamp: string;
  claims: Record<string, unknown>;
}

/** Sessions of a user whose claims are kept: for one of more the hook is asked again. */
const MOST = 20;
const KEY = 'hook_claims';

/** What a hook has said of the sessions of a user. */
export class HookClaims {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** Those of a session, given for that stamp; null where there are none. */
  find(sessionId: string, stamp: string): Record<string, unknown> | null {
    return this.#all().find((one) => one.sessionId === sessionId && one.stamp === stamp)?.claims ?? null;
  }

  /** Keeps those of a session in place of what it had. */
  keep(given: KeptClaims): void {
    const others = this.#all().filter(({ sessionId }) => sessionId !== given.sessionId);
    this.#kv.put(KEY, [given, ...others].slice(0, MOST));
  }

  /** Forgets all of a user who is no more. */
  forget(): void {
    this.#kv.delete(KEY);
  }

  #all(): KeptClaims[] {
    return this.#kv.get<KeptClaims[]>(KEY) ?? [];
  }
}
