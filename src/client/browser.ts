import { cookieSession } from './browser-cookie.ts';
import { addPasskey, signInWithPasskey } from './browser-passkeys.ts';
import { isAnswering } from './browser-redirect.ts';
import {
  type BrowserOptions,
  type KeeperParts,
  type Session,
  SignInError,
  type SignInOptions,
} from './browser-session.ts';
import { tokenSession } from './browser-tokens.ts';

export {
  type BrowserOptions,
  type Session,
  SignInError,
  type SignInOptions,
  type User,
} from './browser-session.ts';
export { LatchkeyError } from './errors.ts';

/** A session in a browser, whichever way it is kept. */
export interface Latchkey {
  /** Where Latchkey is, without a slash at its end. */
  readonly issuer: string;
  /** The app's client; undefined where the session is a cookie. */
  readonly clientId: string | undefined;
  /** Who is signed in; null for nobody. Asks the issuer once, and again when something may have changed. Throws LatchkeyError where it cannot be asked. */
  session(): Promise<Session | null>;
  /** Calls back with the session as soon as it is known, and whenever it changes, in whichever tab; gives what ends that. */
  onSession(listener: (session: Session | null) => void): () => void;
  /** Why the last sign-in came back without a user; null when it did not. */
  readonly failure: SignInError | null;
  /** The access token, fresh for at least half a minute; null when nobody is signed in or the session is a cookie. Throws LatchkeyError. */
  token(): Promise<string | null>;
  /** `fetch`, as the user: with the cookie or the token, which go to the issuer, the page's own origin and `apis`, and nowhere else. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>;
  /** Leaves for the sign-in page. */
  signIn(options?: SignInOptions): Promise<never>;
  /** Leaves for the registration page. */
  signUp(options?: SignInOptions): Promise<never>;
  /** Leaves for a fresh sign-in with a second factor where the user has one: after `reauthentication_required`. */
  stepUp(options?: SignInOptions): Promise<never>;
  /**
   * Ends the session at Latchkey and in all tabs, and leaves for `returnTo`, which must be of this origin. With `clientId` it leaves for the issuer,
   * and comes back to `returnTo` if the client has it among its addresses after a sign-out.
   */
  signOut(options?: { returnTo?: string }): Promise<void>;
  /** Adds a passkey to the account. Needs the cookie, or the scope `account`. Throws LatchkeyError, and what the browser throws where its user says no. */
  addPasskey(name?: string): Promise<void>;
  /** Signs in by a passkey on this page, without leaving it. Needs the cookie. `conditional` offers it in the field with `autocomplete="username webauthn"`. */
  signInWithPasskey(options?: { conditional?: boolean; signal?: AbortSignal }): Promise<Session>;
  /** Stops listening to other tabs. */
  close(): void;
}

/**
 * Signs users in from a page: by a cookie of the issuer, or, with `clientId`, by tokens that are in memory alone.
 *
 * @example
 * const latchkey = createLatchkey({ issuer: 'https://auth.example.com' });
 * latchkey.onSession((session) => { greeting.textContent = session ? `Hello ${session.user.name}` : 'Sign in'; });
 * button.onclick = () => latchkey.signIn();
 */
export function createLatchkey(options: BrowserOptions): Latchkey {
  const issuer = options.issuer.replace(/\/$/, '');
  const { clientId } = options;
  if (clientId !== undefined && isAnswering(clientId)) return inert(issuer, clientId);
  let failure: SignInError | null = null;
  let known: Promise<Session | null> | undefined;
  /** Whether listeners were told what is known. */
  let isTold = false;
  const listeners = new Set<(session: Session | null) => void>();
  let channel: BroadcastChannel | undefined;

  const parts: KeeperParts = {
    issuer,
    tell: (message) => channel?.postMessage(message),
    failed: (error) => {
      failure = error;
    },
    became: (now) => void settle(Promise.resolve(now)),
  };
  const keeper =
    clientId === undefined ? cookieSession(parts) : tokenSession(parts, { ...options, clientId });

  const settle = (finding: Promise<Session | null>): Promise<Session | null> => {
    known = finding;
    isTold = false;
    finding.then(
      (session) => {
        if (known !== finding) return;
        isTold = true;
        for (const listener of listeners) listener(session);
      },
      () => {
        // Nobody was told anything: the next who asks tries again.
        if (known === finding) known = undefined;
      },
    );
    return finding;
  };
  const session = () => known ?? settle(keeper.find());
  const again = () => settle(keeper.find()).catch(() => null);

  const listen = () => {
    channel ??= new BroadcastChannel(`latchkey ${issuer} ${clientId ?? ''}`);
    channel.onmessage = async ({ data }) => {
      const changed = await keeper.heard(data);
      if (changed !== undefined) settle(Promise.resolve(changed));
    };
  };
  const deafen = () => {
    channel?.close();
    channel = undefined;
  };
  // What other tabs said while this page was put away has not come.
  const shown = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return;
    listen();
    void again();
  };
  listen();
  addEventListener('pagehide', deafen);
  addEventListener('pageshow', shown);

  const send: Latchkey['fetch'] = async (input, init) => {
    const request = new Request(input, init);
    const answer = await fetch(await keeper.signed(request));
    // The session may be over: whoever listens is told if it is.
    if (answer.status === 401 && request.url.startsWith(`${issuer}/`)) void again();
    return answer;
  };
  const signedIn = async () => {
    parts.tell('changed');
    const found = await settle(keeper.find());
    if (!found) throw new SignInError('login_required');
    return found;
  };

  return {
    issuer,
    clientId,
    session,
    onSession(listener) {
      listeners.add(listener);
      if (isTold) void known?.then((found) => listeners.has(listener) && listener(found));
      else session().catch(() => {});
      return () => void listeners.delete(listener);
    },
    get failure() {
      return failure;
    },
    token: () => session().then((found) => (found ? keeper.token() : null)),
    fetch: send,
    signIn: (sent = {}) => keeper.leave('signIn', sent),
    signUp: (sent = {}) => keeper.leave('signUp', sent),
    stepUp: (sent = {}) => keeper.leave('stepUp', sent),
    async signOut({ returnTo } = {}) {
      // What is to be ended may be yet to be found.
      if (clientId !== undefined) await session();
      await keeper.end(returnTo);
      await settle(Promise.resolve(null));
    },
    addPasskey: (name) => addPasskey(send, issuer, name),
    async signInWithPasskey(sent = {}) {
      if (clientId !== undefined)
        throw new TypeError('With a clientId users sign in at the issuer: call signIn()');
      await signInWithPasskey(issuer, sent);
      return signedIn();
    },
    close() {
      deafen();
      removeEventListener('pagehide', deafen);
      removeEventListener('pageshow', shown);
      listeners.clear();
    },
  };
}

/** What a page is given that was only loaded in the hidden frame, to carry an answer: it waits for ever. */
function inert(issuer: string, clientId: string): Latchkey {
  const never = () => new Promise<never>(() => {});
  return {
    issuer,
    clientId,
    session: never,
    onSession: () => () => {},
    failure: null,
    token: never,
    fetch: never,
    signIn: never,
    signUp: never,
    stepUp: never,
    signOut: never,
    addPasskey: never,
    signInWithPasskey: never,
    close: () => {},
  };
}
