import { LatchkeyError } from './errors.ts';

/** Who is signed in. */
export interface User {
  /** The user's id; a name for this client alone where its subjects are pairwise. */
  id: string;
  name: string | null;
  email: string | null;
  emailVerified: boolean;
  picture: string | null;
}

/** A session, as a page knows it. */
export interface Session {
  user: User;
}

/** Why a sign-in by redirect came back without a user: the `error` of OAuth (RFC 6749, 4.1.2.1), such as `access_denied`. */
export class SignInError extends Error {
  readonly error: string;

  constructor(error: string, description?: string | null) {
    super(description ?? error);
    this.name = 'SignInError';
    this.error = error;
  }
}

/** What all apps say. */
export interface BrowserOptions {
  /** Where Latchkey is, with the path of the realm unless it is the default one: the `iss` of its tokens. */
  issuer: string;
  /** The app's client, which is public. With it the page has tokens; without it the session is a cookie of the issuer. */
  clientId?: string;
  /** With `clientId`: where sign-ins come back to, which the client has among its redirect addresses; the root of this origin unless it says. */
  redirectUri?: string;
  /** With `clientId`: what the app may: `openid profile email offline_access` unless it says. */
  scope?: string;
  /** With `clientId`: for whom the tokens are (RFC 8707). */
  resource?: string;
  /** With `clientId`: origins that `fetch` sends the token to, beside the issuer's and the page's own. */
  apis?: string[];
  /** With `clientId`: whether a page that was loaded anew asks the issuer in a hidden frame who is signed in; true unless it says. */
  silent?: boolean;
}

/** How a user is sent to sign in. */
export interface SignInOptions {
  /** The page to come back to: this one unless it says. Must be of this origin. */
  returnTo?: string;
  /** The language of the pages (OpenID Connect Core 1.0, 3.1.2.1). */
  uiLocales?: string;
  /** With `clientId`: what the field for the address has in it. */
  loginHint?: string;
}

/** One way of keeping a session. */
export interface SessionKeeper {
  /** Finds out who is signed in; once more when it is called again. */
  find(): Promise<Session | null>;
  token(): Promise<string | null>;
  /** The request as it says who the user is, where that may be said. */
  signed(request: Request): Promise<Request>;
  leave(to: 'signIn' | 'signUp' | 'stepUp', options: SignInOptions): Promise<never>;
  end(returnTo: string | undefined): Promise<void>;
  /** Another tab says that something has changed. */
  heard(message: unknown): Promise<Session | null | undefined>;
}

/** What a keeper is told by the handle that it works for. */
export interface KeeperParts {
  issuer: string;
  tell(message: unknown): void;
  failed(error: SignInError): void;
  /** Who is signed in from now on, whatever other tabs have told meanwhile; null when the session is over. */
  became(session: Session | null): void;
}

/** `fetch` that throws `network_error` where nobody answers. */
export async function ask(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init).catch((cause) => {
    throw new LatchkeyError('network_error', { cause });
  });
}

/** The address of a page of this origin. Throws TypeError for any other: it may come from whoever made the link to this page. */
export function ownPage(address: string): string {
  const { href, origin } = new URL(address, location.href);
  if (origin !== location.origin) throw new TypeError('returnTo must be of this origin');
  return href;
}

/** Leaves the page, for ever as far as it knows. */
export function leaveFor(page: URL): Promise<never> {
  location.assign(page);
  return new Promise(() => {});
}
