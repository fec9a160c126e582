import type { components } from '../../generated/openapi.ts';
import type { Latchkey, Session, SignInError } from './browser.ts';
import { errorOf, LatchkeyError } from './errors.ts';

/** What is left of each resource. */
export type QuotaReport = components['schemas']['QuotaReport'];

/** What components show, and are told of when it changes: what `useSyncExternalStore` takes. */
export interface Store<Value> {
  subscribe(listener: () => void): () => void;
  get(): Value;
  /** What a server renders, and a page until it is hydrated. */
  initially(): Value;
}

/** What is known of the session. */
export interface Known {
  /** Undefined until it is known. */
  session: Session | null | undefined;
  error: SignInError | LatchkeyError | null;
}

/** What is known of the quota. */
export interface KnownQuota {
  /** Undefined until it is known; null when nobody is signed in. */
  quota: QuotaReport | null | undefined;
  error: LatchkeyError | null;
}

/** All that components know of one handle. */
export interface LatchkeyStores {
  latchkey: Latchkey;
  session: Store<Known>;
  quota: Store<KnownQuota>;
  /** Asks for the quota again. */
  refreshQuota(): Promise<void>;
}

const UNKNOWN: Known = { session: undefined, error: null };
const UNKNOWN_QUOTA: KnownQuota = { quota: undefined, error: null };
const stores = new WeakMap<Latchkey, LatchkeyStores>();

/** The stores of a handle: the same ones for all components, also after they were mounted anew. */
export function storesOf(latchkey: Latchkey): LatchkeyStores {
  const known = stores.get(latchkey) ?? makeStores(latchkey);
  stores.set(latchkey, known);
  return known;
}

function makeStores(latchkey: Latchkey): LatchkeyStores {
  const session = store<Known>(UNKNOWN, (set) => {
    const stop = latchkey.onSession((found) => set({ session: found, error: latchkey.failure }));
    latchkey.session().catch((error) => set({ session: undefined, error }));
    return stop;
  });

  let asked = 0;
  let user: string | null = null;
  const refreshQuota = async () => {
    if (user === null) return;
    asked += 1;
    const turn = asked;
    const found = await quotaOf(latchkey).then(
      (report) => ({ quota: report, error: null }),
      (error) => ({ quota: quota.get().quota, error }),
    );
    // Meanwhile it may have been asked for again, or of somebody else.
    if (turn === asked) quota.set(found);
  };
  const quota = store<KnownQuota>(UNKNOWN_QUOTA, () =>
    latchkey.onSession((found) => {
      const isOther = user !== (found?.user.id ?? null);
      user = found?.user.id ?? null;
      if (!found) asked += 1;
      if (isOther || !found) quota.set(found ? UNKNOWN_QUOTA : { quota: null, error: null });
      void refreshQuota();
    }),
  );
  return { latchkey, session, quota, refreshQuota };
}

async function quotaOf(latchkey: Latchkey): Promise<QuotaReport> {
  const answer = await latchkey.fetch(`${latchkey.issuer}/v1/me/quota`).catch((cause) => {
    throw cause instanceof LatchkeyError ? cause : new LatchkeyError('network_error', { cause });
  });
  if (!answer.ok) throw await errorOf(answer);
  return answer.json();
}

/** A store that listens (by `start`, which gives what ends that) while somebody listens to it. */
function store<Value>(initial: Value, start: (set: (value: Value) => void) => () => void) {
  let value = initial;
  let stop: (() => void) | undefined;
  const listeners = new Set<() => void>();
  const set = (next: Value) => {
    value = next;
    for (const listener of listeners) listener();
  };
  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      stop ??= start(set);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
    get: () => value,
    initially: () => initial,
    set,
  };
}
