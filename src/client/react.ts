'use client';

import {
  createContext,
  createElement,
  type HTMLAttributes,
  type ReactElement,
  type ReactNode,
  type Ref,
  useContext,
  useEffect,
  useSyncExternalStore,
} from 'react';
import type { BrowserOptions, Latchkey, Session, SignInError, User } from './browser.ts';
import { sharedLatchkey } from './browser-shared.ts';
import type { LatchkeyError } from './errors.ts';
import {
  type KnownOrganizations,
  type KnownQuota,
  type LatchkeyStores,
  type Store,
  storesOf,
} from './react-store.ts';

export type { BrowserOptions, Latchkey, Session, User } from './browser.ts';
export { SignInError } from './browser.ts';
export { LatchkeyError } from './errors.ts';
export type { Membership, QuotaReport } from './react-store.ts';

/** What a provider takes: the options of `createLatchkey`, of which a page has one handle, or a handle that the app has made itself. */
export type LatchkeyProviderProps = (BrowserOptions | { latchkey: Latchkey }) & { children?: ReactNode };

const Stores = createContext<LatchkeyStores | null>(null);

/**
 * Has a session for all components below. It renders on servers, where nobody is known yet, and takes what a sign-in came back with.
 *
 * @example
 * <LatchkeyProvider issuer="https://auth.example.com">{children}</LatchkeyProvider>
 */
export function LatchkeyProvider({ children, ...given }: LatchkeyProviderProps): ReactElement {
  const stores = storesOf('latchkey' in given ? given.latchkey : sharedLatchkey(given));
  // Whether or not a component shows the session, a sign-in that comes back has to be taken.
  useEffect(() => stores.session.subscribe(() => {}), [stores]);
  return createElement(Stores.Provider, { value: stores }, children);
}

function useStores(): LatchkeyStores {
  const stores = useContext(Stores);
  if (!stores) throw new Error('There is no LatchkeyProvider above this component');
  return stores;
}

function useStore<Value>({ get, initially, subscribe }: Store<Value>): Value {
  return useSyncExternalStore(subscribe, get, initially);
}

/** The handle, to sign in and out and to call with. Its methods are for the browser: call them in handlers and effects. */
export function useLatchkey(): Latchkey {
  return useStores().latchkey;
}

/** Who is signed in; null for nobody, undefined until that is known, as on servers. */
export function useSession(): Session | null | undefined {
  return useStore(useStores().session).session;
}

/** The user who is signed in; null for nobody, undefined until that is known. */
export function useUser(): User | null | undefined {
  const session = useSession();
  return session ? session.user : session;
}

/** Why the last sign-in brought nobody, or why it is not known who is signed in; null when nothing is wrong. */
export function useLatchkeyError(): SignInError | LatchkeyError | null {
  return useStore(useStores().session).error;
}

/**
 * What is left of each resource; null when nobody is signed in, undefined until it is known. `refresh` asks again, for all components.
 * With `clientId` it needs the scope `account:read` or `account`.
 */
export function useQuota(): KnownQuota & { refresh(): Promise<void> } {
  const { quota, refreshQuota } = useStores();
  return { ...useStore(quota), refresh: refreshQuota };
}

/**
 * In which organization the session goes on (`membership`, with role and permissions) and which there are to choose from. `choose` has it go on
 * in another, or for null in none, for all components; it needs the session of the cookie, and throws LatchkeyError.
 */
export function useOrganization(): KnownOrganizations & {
  choose(organizationId: string | null): Promise<void>;
  refresh(): Promise<void>;
} {
  const { organizations, refreshOrganizations, chooseOrganization } = useStores();
  return { ...useStore(organizations), choose: chooseOrganization, refresh: refreshOrganizations };
}

/** Renders its children when somebody is signed in. */
export function SignedIn({ children }: { children?: ReactNode }): ReactNode {
  return useSession() ? children : null;
}

/** Renders its children when it is known that nobody is signed in. */
export function SignedOut({ children }: { children?: ReactNode }): ReactNode {
  return useSession() === null ? children : null;
}

/** The attributes of the elements of `@latchkey/client/elements`, for JSX. */
interface ElementAttributes extends HTMLAttributes<HTMLElement> {
  ref?: Ref<HTMLElement>;
  issuer?: string;
  'client-id'?: string;
  scope?: string;
  'redirect-uri'?: string;
  'return-to'?: string;
  theme?: 'light' | 'dark';
  /** Of `<latchkey-usage>`: which, in which order. */
  resources?: string;
  latchkey?: Latchkey;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'latchkey-sign-in': ElementAttributes;
      'latchkey-user-button': ElementAttributes;
      'latchkey-plans': ElementAttributes;
      'latchkey-usage': ElementAttributes;
    }
  }
}
