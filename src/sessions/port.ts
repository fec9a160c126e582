import type { AccountState, ActivityType, DirectoryState } from '../accounts/port.ts';
import type { Client } from '../lib/client.ts';
import type { SessionData } from './projection.ts';
import type { Presented } from './refresh-token.ts';

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
