import type { components } from '../../generated/openapi.ts';
import type { Latchkey, Session, SignInError } from './browser.ts';
import { errorOf, LatchkeyError } from './errors.ts';

/** What a user is in an organization. */
export type Membership = components['schemas']['Membership'];

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

/** Undefined until it is known. */
type Loading<Known> = { [Name in keyof Known]: Known[Name] | undefined };

/** What is known of the quota. */
export interface KnownQuota {
  /** Undefined until it is known; null when nobody is signed in. */
  quota: QuotaReport | null | undefined;
  error: LatchkeyError | null;
}

/** What is known of the user's organizations. */
export interface KnownOrganizations {
  /** That in which the session goes on; null where the user is alone, or nobody is signed in; undefined until it is known. */
  membership: Membership | null | undefined;
  /** The first hundred; null when nobody is signed in, undefined until they are known. */
  memberships: Membership[] | null | undefined;
  error: LatchkeyError | null;
}

/** All that components know of one handle. */
export interface LatchkeyStores {
  latchkey: Latchkey;
  session: Store<Known>;
  quota: Store<KnownQuota>;
  /** Asks for the quota again. */
  refreshQuota(): Promise<void>;
  organizations: Store<KnownOrganizations>;
  /** Asks for the organizations again. */
  refreshOrganizations(): Promise<void>;
  /** Has the session go on in an organization, or for null in none. Throws LatchkeyError. */
  chooseOrganization(organizationId: string | null): Promise<void>;
}

const UNKNOWN: Known = { session: undefined, error: null };
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

  const quota = ofUser<{ quota: QuotaReport | null }>(
    latchkey,
    async () => ({ quota: await read<QuotaReport>(latchkey, '/v1/me/quota') }),
    { quota: null },
  );
  const organizations = ofUser<{ membership: Membership | null; memberships: Membership[] | null }>(
    latchkey,
    () => organizationsOf(latchkey),
    { membership: null, memberships: null },
  );
  const chooseOrganization = async (organizationId: string | null) => {
    await read(latchkey, '/v1/auth/session/organization', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ organization_id: organizationId }),
    });
    await Promise.all([organizations.refresh(), quota.refresh()]);
  };
  return {
    latchkey,
    session,
    quota,
    refreshQuota: quota.refresh,
    organizations,
    refreshOrganizations: organizations.refresh,
    chooseOrganization,
  };
}

/** What is known of the user who is signed in: read when that is somebody else, and when it is asked for again. */
function ofUser<Known extends object>(
  latchkey: Latchkey,
  load: () => Promise<Known>,
  nobody: NoInfer<Known>,
) {
  type Value = Loading<Known> & { error: LatchkeyError | null };
  const unknown = { error: null } as Value;
  let asked = 0;
  let user: string | null = null;
  const refresh = async () => {
    if (user === null) return;
    asked += 1;
    const turn = asked;
    const found = await load().then(
      (known): Value => ({ ...known, error: null }),
      (error): Value => ({ ...kept.get(), error }),
    );
    // Meanwhile it may have been asked for again, or of somebody else.
    if (turn === asked) kept.set(found);
  };
  const kept = store<Value>(unknown, () =>
    latchkey.onSession((found) => {
      const isOther = user !== (found?.user.id ?? null);
      user = found?.user.id ?? null;
      if (!found) asked += 1;
      if (isOther || !found) kept.set(found ? unknown : { ...nobody, error: null });
      void refresh();
    }),
  );
  return { ...kept, refresh };
}

async function organizationsOf(latchkey: Latchkey) {
  const [{ data: memberships }, { organization_id: chosen }] = await Promise.all([
    read<components['schemas']['MembershipList']>(latchkey, '/v1/me/organizations?limit=100'),
    read<components['schemas']['CurrentSession']>(latchkey, '/v1/auth/session'),
  ]);
  return {
    memberships,
    membership: memberships.find(({ organization }) => organization.id === chosen) ?? null,
  };
}

async function read<Answer>(latchkey: Latchkey, path: string, init?: RequestInit): Promise<Answer> {
  const answer = await latchkey.fetch(latchkey.issuer + path, init).catch((cause) => {
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
