import type { AccountObject, ActivityType, DirectoryState } from '../directory/state.ts';
import type { Client } from '../lib/client.ts';
import type { Presented } from './refresh-token.ts';
import type { SessionRow } from './session-book.ts';

/** The object's copy of it, and the D1 bookmark of the last write it was told of. */
export interface AccountState extends DirectoryState {
  bookmark: string | null;
}

export type EndReason = 'signed_out' | 'revoked' | 'evicted' | 'reused' | 'password_changed' | 'suspended';

/** A session as it stands at the time of the fact; never its salt. */
export interface SessionData {
  row: Omit<
    SessionRow,
    'salt' | 'generation' | 'rotated_at' | 'told_at' | 'idle_seconds' | 'credential_version'
  >;
  endReason: EndReason | null;
  /** When it ends if it is not used again, Unix milliseconds. */
  aliveUntil: number;
}

/** How long sessions of a realm live, in seconds. */
export interface SessionLifetimes {
  idleSeconds: number;
  absoluteSeconds: number;
}

/** A session to be opened. `methods` are RFC 8176 values. */
export interface NewSession {
  client: Client;
  methods: string[];
  lifetimes: SessionLifetimes;
  /** Under what the activity log shall have it. */
  activity: ActivityType;
  /** The admin who opens it in the user's place, and why. */
  impersonation?: { actor: string; reason: string };
}

/** A session that was opened or refreshed. `expiresAt` is Unix milliseconds. */
export interface OpenedSession {
  state: AccountState;
  sessionId: string;
  /** Of its tokens, which rotate. */
  generation: number;
  expiresAt: number;
  /** The admin who acts as the user, or null. */
  impersonator: string | null;
  refreshToken: string;
}

export type CheckResult =
  | ({ result: 'alive' } & Omit<OpenedSession, 'refreshToken'>)
  | { result: 'session_ended' }
  | { result: 'account_suspended' };

export type RefreshResult =
  | { result: 'refreshed'; session: OpenedSession }
  | { result: 'invalid' }
  | { result: 'reused' }
  | { result: 'account_suspended' };

/** How all sessions are ended: but for one, and by whom when it is not the user. */
export interface EndAll {
  except?: string;
  actor?: string;
}

/** What sessions need of the account object; each call is one hop. */
export interface SessionObject {
  /** Opens a session for a user who has proved who they are; null when the row given is out of date. */
  open(directory: DirectoryState, session: NewSession): Promise<OpenedSession | null>;
  /** Whether a session that a valid access token names is alive, and the account active. */
  check(sessionId: string): Promise<CheckResult>;
  /** The same for the refresh token in a browser's cookie, which it does not rotate. */
  checkToken(token: string, realmId: string): Promise<CheckResult>;
  refresh(presented: Presented, realmId: string, client: Client): Promise<RefreshResult>;
  listSessions(): Promise<SessionData['row'][]>;
  /** Ends one session; false when it was not there. `actor` is who does it when it is not the user. */
  endSession(
    id: string,
    reason: 'signed_out' | 'revoked',
    client: Client | null,
    actor?: string,
  ): Promise<boolean>;
  /** Ends all sessions; `by` is the one that asked. */
  endAllSessions(by: string | null, client: Client | null, how?: EndAll): Promise<void>;
}

/** The object of one user. */
export type SessionObjects = (userId: string) => SessionObject;

export interface SignIn {
  /** What the directory says of the user, or null for an identifier that nobody has. */
  directory: DirectoryState | null;
  hash: string;
  password: string;
  client: Client;
  lifetimes: SessionLifetimes;
  /** Only a user with a verified e-mail may sign in. */
  verifiedOnly: boolean;
}

export type SignInResult =
  | { result: 'signed_in'; session: OpenedSession }
  | { result: 'wrong_password' }
  | { result: 'suspended' }
  | { result: 'email_not_verified' }
  /** Too many failures; `retryAfter` in seconds. */
  | { result: 'blocked'; retryAfter: number }
  /** The row came from a replica that lags behind: read it again from the primary. */
  | { result: 'stale' };

export interface NewPassword {
  hash: string;
  current: string;
  next: string;
  client: Client;
}

export type NewPasswordResult =
  | { result: 'ready'; hash: string }
  | { result: 'wrong_password' }
  | { result: 'blocked'; retryAfter: number };

export interface Proof {
  hash: string;
  password: string;
  client: Client;
}

export type ProofResult = { result: 'right' } | Exclude<NewPasswordResult, { result: 'ready' }>;

/** What credentials need of the account object: passwords are hashed and verified there, one at a time. */
export interface CredentialObject {
  /** Hashes a password, in an object because there is the CPU time for it. */
  hashPassword(password: string): Promise<string>;
  /** Counts the attempt, verifies the password and opens the session, in one hop. */
  signIn(attempt: SignIn): Promise<SignInResult>;
  /** Verifies a password, counting the attempt. */
  provePassword(proof: Proof): Promise<ProofResult>;
  /** Verifies the current password and hashes the next one; `directoryChanged` has to follow. */
  prepareNewPassword(change: NewPassword): Promise<NewPasswordResult>;
}

/** The object of one user, or a decoy. */
export type CredentialObjects = (name: string) => CredentialObject & SessionObject & AccountObject;
