import type { DirectoryState } from '../directory/state.ts';
import type { Refusal } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { MfaPolicy } from '../lib/mfa.ts';
import type {
  LiveSession,
  MembershipChoice,
  NewSession,
  OpenedSession,
  SessionLifetimes,
} from './contract.ts';
import type { SessionGrant } from './session-record.ts';

export type { SessionGrant } from './session-record.ts';

/** The client of all sessions that are the user's own: the product's apps and pages, as which no client can register. */
export const OWN_CLIENT = 'latchkey';

/** What a user has allowed a client, for one organization or for themselves alone. */
export interface ClientConsent {
  clientId: string;
  /** Null for the user alone. */
  organizationId: string | null;
  scopes: string[];
  /** Where it may use them, by audience. */
  resources: string[];
  /** Unix milliseconds. */
  at: number;
}

/** An authorization code (RFC 6749, 4.1.2), of which only the hash is kept. */
export interface NewGrantCode {
  hash: string;
  /** What its client may; null for OWN_CLIENT, which gets a session of the user's own. */
  grant: SessionGrant | null;
  /** Where it goes; null for a device, which gets it without a browser. */
  redirectUri: string | null;
  /** What the user is in the organization that the grant is for. */
  membership?: MembershipChoice;
  /** The PKCE challenge, S256; null for a device. */
  challenge: string | null;
  nonce: string | null;
  /** The thumbprint of the key that its client said that it has (RFC 9449, 10): whoever redeems it has to prove that. */
  key?: string | null;
  /** Claims that the ID token shall have besides those that it always has, by name; of earlier versions it is not there. */
  idTokenClaims?: string[];
  /** Whom a provider has sent back, sealed, of a code that opens no session (`takeIdentity`). */
  identity?: string;
  /** How long what it gives lives. */
  lifetimes: SessionLifetimes;
  /** Unix milliseconds. */
  expiresAt: number;
}

/** What a client presents for its tokens. */
export interface CodeRedemption {
  hash: string;
  clientId: string;
  redirectUri: string | null;
  challenge: string | null;
  /** The thumbprint of the key that the client has proved, and whether what it gives is refreshed with that alone. */
  key?: string | null;
  bindsKey?: boolean;
  realmId: string;
  /** What the realm wants of second factors. */
  mfa: MfaPolicy;
  /** Whether its user has to prove their address before anything opens. */
  unproven?: boolean;
}

/** A code that was redeemed: the session of the client, and what goes into the ID token. */
export interface RedeemedCode {
  session: OpenedSession;
  nonce: string | null;
  idTokenClaims: string[];
}

/** What the authorization server needs of the account object: grants live there as sessions do. */
export interface GrantObject {
  /** What the user has allowed: what they said last, last. */
  consents(): Promise<ClientConsent[]>;
  /**
   * Keeps a code that the user of a session of their own gives to a client, and with `consented` that they allow it what the code
   * is for. Refuses with `session_ended`, `account_suspended`, and `not_a_member` for an organization that the user is not in any more.
   */
  issueCode(
    sessionId: string,
    code: NewGrantCode,
    consented: boolean,
    client: Client,
  ): Promise<{ result: 'ok' } | Refusal>;
  /**
   * Keeps a code for OWN_CLIENT of a user who has signed in without a session of a browser. Refuses as `open` of sessions does,
   * whose second step opens a session without the code.
   */
  issueCodeFor(
    directory: DirectoryState,
    session: NewSession,
    code: NewGrantCode,
  ): Promise<{ result: 'ok' } | Refusal>;
  /**
   * Opens the session that a code stands for. It is spent, whether the rest fits or not; presented again, it ends what it gave
   * (RFC 9700, 4.5). Refuses with `invalid_grant`, `account_suspended`, `email_not_verified`, and `mfa_required` where its session owes a second
   * factor by now; for OWN_CLIENT with the sign-in that waits for it, and with `service_unavailable` for a row that is out of date.
   */
  redeemCode(
    redemption: CodeRedemption,
    client: Client,
    directory?: DirectoryState,
  ): Promise<RedeemedCode | Refusal>;
  /** Spends a code for whom it says that a provider has sent back. Refuses with `invalid_grant`, `account_suspended`. */
  takeIdentity(redemption: CodeRedemption, client: Client): Promise<{ identity: string } | Refusal>;
  /** The live session of a client's refresh token, which it does not rotate. Refuses as `check` of sessions does. */
  checkGrant(refreshToken: string): Promise<LiveSession | Refusal>;
  /** Ends one grant of that client; false when it has no such one. */
  endGrant(by: { refreshToken: string } | { sessionId: string }, clientId: string): Promise<boolean>;
  /** Ends all that a client has of the user, and forgets what was allowed; false when there was nothing. */
  disconnectClient(clientId: string, client: Client): Promise<boolean>;
}

/** The object of one user, as the authorization server needs it. */
export type GrantObjects = (userId: string) => GrantObject;
