import type { AccountObject, DirectoryState } from '../accounts/port.ts';
import type { Client } from '../lib/client.ts';
import type { OpenedSession, SessionLifetimes, SessionObject } from '../sessions/port.ts';

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

/** Bounds how many mails strangers can have sent to one address. */
export interface MailBudget {
  /** Whether one more mail may go there; counts it. The same for addresses that nobody has. */
  take(realmId: string, email: string): Promise<boolean>;
}

/** The object of one user, or a decoy. */
export type CredentialObjects = (name: string) => CredentialObject & SessionObject & AccountObject;
