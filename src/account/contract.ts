import type { AddressQuota } from '../directory/spent-before.ts';
import type { ActivityType, DirectoryMirror, DirectoryState } from '../directory/state.ts';
import type { Refusal } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import { USER_ID } from '../lib/jurisdiction.ts';
import type { MfaPolicy, SecondStep } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import type { HistoryObject } from './history-contract.ts';
import type { MeteringObject, QuotaReport, Terms, UserPlan } from './metering-contract.ts';
import type { Presented } from './refresh-token.ts';
import type { SessionGrant, SessionRecord } from './session-record.ts';

export type { EndReason, SessionGrant, SessionRecord } from './session-record.ts';

/** The object's copy of what the directory says, and the D1 bookmark of the last write it was told of. */
export interface AccountState extends DirectoryState {
  bookmark: string | null;
  /** Which tables the object has; of an earlier version it is not there. */
  tables?: number;
}

/** How long sessions of a realm live, in seconds. */
export interface SessionLifetimes {
  idleSeconds: number;
  absoluteSeconds: number;
}

/** The realm of a refresh, and for how many seconds a token that was used there gives the current one again. */
export type RefreshPolicy = Pick<Realm, 'id' | 'refreshGraceSeconds'> & {
  /** The client that presents the token; none for a session of the user's own. */
  clientId?: string;
  /** The thumbprint of the key that the client has proved; none for no key. */
  key?: string | null;
};

/** A session to be opened. `methods` are RFC 8176 values. */
export interface NewSession {
  client: Client;
  methods: string[];
  lifetimes: SessionLifetimes;
  /** What the realm wants of second factors; unless it is said, one of every account that has one. */
  mfa?: MfaPolicy;
  /** Under what the activity log shall have it. */
  activity: ActivityType;
  /** When the user proved who they are, Unix milliseconds; now, unless another session is passed on. */
  authenticatedAt?: number;
  /** The session of the browser, for a session of an app that the user signed in to there. */
  browserSession?: string | null;
  /** What it may, for a session that is a client's. */
  grant?: SessionGrant;
  /** The admin who opens it in the user's place, and why. */
  impersonation?: { actor: string; reason: string };
  /** Of a user whose row was written with it. */
  first?: FirstSession;
}

/** The session that a registration opens: the directory has it, and the entry of the log, with the user's row. */
export interface FirstSession {
  id: string;
  /** Unix milliseconds. */
  at: number;
  /** What the address has used before. */
  address: AddressQuota;
}

/** What the object has heard of the user's part in one organization. */
export interface HeardMembership {
  /** Null for who is no member any more. */
  role: string | null;
  /** Of the organization: what is older is not news. */
  version: number;
  /** Since when they are in it (Unix milliseconds): another time is another membership. Earlier versions did not keep it. */
  joinedAt?: number;
}

/** What a user is in an organization, as the directory says it. */
export type MembershipChoice = HeardMembership & { organizationId: string; role: string };

/** The organization in which a session goes on, and what the user is there. */
export interface ChosenOrganization {
  id: string;
  role: string;
}

/** A session that is alive. `expiresAt` is Unix milliseconds. */
export interface LiveSession {
  state: AccountState;
  sessionId: string;
  /** Of its tokens, which rotate. */
  generation: number;
  expiresAt: number;
  /** The admin who acts as the user, or null. */
  impersonator: string | null;
  /** When the user last proved who they are, Unix milliseconds; 0 for an admin who acts as the user. */
  authenticatedAt: number;
  /** How they signed in, and by what else than codes to an address they have proved it since: RFC 8176 values. */
  methods: string[];
  /** What it may, when it is a client's; null for the user's own, which may all. */
  grant: SessionGrant | null;
  /** Null where the user is alone; that of a client's is the one that the user let it act for. */
  organization: ChosenOrganization | null;
}

/** A session that was opened or refreshed. */
export interface OpenedSession extends LiveSession {
  refreshToken: string;
}

/** How all sessions are ended: but for one, and by whom when it is not the user. */
export interface EndAll {
  except?: string;
  actor?: string;
  /** By which request, where no client says so. */
  requestId?: string | null;
}

/** What sessions need of the account object. */
export interface SessionObject {
  /**
   * Opens a session for a user who has proved who they are. Refuses with `service_unavailable` when the row given is out of
   * date, with `mfa_required` where a second step is needed, which `completeSignIn` takes, and with `invalid_grant` where the session
   * of the browser has ended: so does whatever opens one.
   */
  open(directory: DirectoryState, session: NewSession): Promise<OpenedSession | Refusal>;
  /**
   * Whether a session that a valid access token names is alive, and the account active. Refuses with `session_ended`,
   * `account_suspended`.
   */
  check(sessionId: string): Promise<LiveSession | Refusal>;
  /** The same for the refresh token in a browser's cookie, which it does not rotate. */
  checkToken(token: string, realmId: string): Promise<LiveSession | Refusal>;
  /** Rotates the refresh token. Refuses with `invalid_token`, `session_ended` for a reuse, `account_suspended`. */
  refresh(presented: Presented, realm: RefreshPolicy, client: Client): Promise<OpenedSession | Refusal>;
  /**
   * The live session of that id once more, with its current refresh token. Refuses with `session_ended`,
   * `account_suspended`.
   */
  resume(sessionId: string): Promise<OpenedSession | Refusal>;
  /**
   * Chooses the organization in which a session goes on, and in which later ones begin; null for none. `version` is that of what the
   * caller knows of the user's part in it. Refuses with `not_a_member` where the object has heard of something newer, `session_ended`,
   * `account_suspended`, and `insufficient_scope` for the session of a client.
   */
  chooseOrganization(sessionId: string, choice: MembershipChoice | null): Promise<OpenedSession | Refusal>;
  /**
   * Counts an attempt of a session to prove who its user is otherwise than by the password, as failed until `noteProof`.
   * Refuses with `session_ended`, `account_suspended`, `too_many_attempts`.
   */
  beginProof(sessionId: string): Promise<{ result: 'ok' } | Refusal>;
  /**
   * Notes that the user of a session has proved who they are otherwise than by the password. Refuses with `session_ended`,
   * `account_suspended`.
   */
  noteProof(sessionId: string, client: Client): Promise<LiveSession | Refusal>;
  /** The claims that a hook has given the tokens of a session, if they are still those of that stamp; else null. */
  tokenClaims(sessionId: string, stamp: string): Promise<Record<string, unknown> | null>;
  /** Keeps them for as long as the session lives, of the sessions used last. */
  keepTokenClaims(sessionId: string, stamp: string, claims: Record<string, unknown>): Promise<void>;
  /** Who the user is to the directory, for whom it matters whether they still are an operator; null when they are no more. */
  standing(): Promise<Pick<AccountState, 'role' | 'status' | 'realmId'> | null>;
  listSessions(): Promise<SessionRecord[]>;
  /**
   * Ends one session, and with `browser` also that of the browser in which the user signed in to it; false when it was not
   * there. `actor` is who does it when it is not the user.
   */
  endSession(
    id: string,
    reason: 'signed_out' | 'revoked',
    client: Client | null,
    by?: { actor?: string; browser?: boolean; requestId?: string | null },
  ): Promise<boolean>;
  /** Ends all sessions; `by` is the one that asked. */
  endAllSessions(by: string | null, client: Client | null, how?: EndAll): Promise<void>;
}

/** A sign-in by password. */
export interface PasswordSignIn {
  /** What the directory says of the user, or null for an identifier that nobody has. */
  directory: DirectoryState | null;
  hash: string;
  password: string;
  client: Client;
  lifetimes: SessionLifetimes;
  /** As for `NewSession`. */
  mfa?: MfaPolicy;
  /**
   * The hash of a password that was given with the address before it was proven, or again since: whoever knows it is told
   * to prove the address, whether the account is theirs or not.
   */
  unproven?: string | null;
  /** A refresh token of the device, which shows that it has signed in before. */
  refreshToken?: string | undefined;
  /** Seconds until those who are not known may try again, when the realm has had too many failures. */
  strangersWait?: number | null;
}

/** A password that shall be replaced, and by which. */
export interface NewPassword {
  hash: string;
  current: string;
  next: string;
  client: Client;
  sessionId: string;
}

/** A password that shall prove who asks in a session, where failures are counted: nobody else can use them up. */
export interface PasswordProof {
  hash: string;
  password: string;
  client: Client;
  /** The session in which it is given: its failures count by themselves. */
  sessionId: string;
}

/**
 * What passwords need of the account object: they are hashed and verified there, one at a time. All that verify refuse with
 * `invalid_credentials`, `too_many_attempts`.
 */
export interface PasswordObject {
  /**
   * Hashes a password, in an object because there is the CPU time for it; null when it is that of the hash `current`.
   */
  hashPassword(password: string, current?: string | null): Promise<string | null>;
  /**
   * Counts the attempt, verifies the password and opens the session, in one hop. Refuses with `service_unavailable` for a
   * row that is out of date, with `rate_limited` while strangers have to wait, and to who knows the password with
   * `account_suspended`, `email_not_verified`.
   */
  signIn(attempt: PasswordSignIn): Promise<OpenedSession | Refusal>;
  /** Verifies a password, counting the attempt; the session has a fresh proof then. Refuses with `session_ended`, `account_suspended` too. */
  provePassword(proof: PasswordProof): Promise<LiveSession | Refusal>;
  /** The same for the current password, and hashes the next one; a change of the directory is announced with it. */
  prepareNewPassword(change: NewPassword): Promise<{ hash: string } | Refusal>;
}

/** A use of a passkey whose signature was found right. */
export interface PasskeyUse {
  passkeyId: string;
  /** What was signed, which is spent then; `challengeExpiresAt` is Unix milliseconds. */
  challenge: string;
  challengeExpiresAt: number;
  /** As the authenticator says, and as it was when the passkey was added; 0 where it does not count. */
  counter: number;
  knownCounter: number;
  /** Whether the passkey is on several devices now. */
  backedUp: boolean;
}

/** The last use of a passkey. `usedAt` is Unix milliseconds. */
export type KnownUse = Pick<PasskeyUse, 'counter' | 'backedUp'> & { usedAt: number };

/** What passkeys need of the account object. Both that take a use refuse with `invalid_passkey`: see `FactorBook`. */
export interface PasskeyObject {
  /** As `open`, for a user who has used a passkey. */
  openByPasskey(
    directory: DirectoryState,
    session: NewSession,
    use: PasskeyUse,
  ): Promise<OpenedSession | Refusal>;
  /** As `noteProof`, for a user who has used a passkey within a session, which has those methods too from then on. */
  provePasskey(
    sessionId: string,
    methods: string[],
    client: Client,
    use: PasskeyUse,
  ): Promise<LiveSession | Refusal>;
  /** The last use of each passkey that was ever used, by its id. */
  passkeyUses(): Promise<Record<string, KnownUse>>;
}

/** What a user shows as a second factor. What was found wrong is shown too: it counts. */
export type ShownFactor =
  /** `step` is the time step of the code; null when the code is of none. */
  | { method: 'totp'; factorId: string; step: number | null }
  | { method: 'recovery_code'; hash: string }
  | { method: 'passkey'; methods: string[]; use: PasskeyUse }
  | { method: 'email' | 'sms'; isRight: boolean };

/** The second step of a sign-in. */
export interface Completion {
  token: string;
  shown: ShownFactor;
  client: Client;
  lifetimes: SessionLifetimes;
  mfa: MfaPolicy;
  /** Whether the browser keeps the session: then it has to be the one that has begun. */
  inCookie: boolean;
  /** Whether the device shall not be asked again, if the realm lets it. */
  remember: boolean;
}

/** The last code of an authenticator app that was taken: its time step, and when (Unix milliseconds). */
export interface UsedStep {
  step: number;
  usedAt: number;
}

/** What the object knows of a user's second factors. */
export interface FactorUses {
  /** The last code of each authenticator app that was taken, by the id of the factor. */
  steps: Record<string, UsedStep>;
  recoveryCodesLeft: number;
}

/** An authenticator app whose user has shown a code of it, in a session. */
export interface NewFactor {
  factorId: string;
  step: number;
  sessionId: string;
  /** Hashes of recovery codes, which count if the account has none. */
  recoveryCodes: string[];
}

/** What second factors need of the account object. */
export interface FactorObject {
  /** The sign-in that waits for a token: by what it can be completed. Refuses with `invalid_mfa_token`. */
  waiting(token: string): Promise<{ steps: SecondStep[] } | Refusal>;
  /**
   * Takes the second step of a sign-in and opens its session. Refuses with `service_unavailable` for a row that is out of date,
   * `invalid_mfa_token` for a token that is used, too old, guessed at too often or of another browser, `invalid_code` or
   * `invalid_passkey` for a factor that is wrong or was used before, `too_many_attempts`, `account_suspended`.
   */
  completeSignIn(directory: DirectoryState, completion: Completion): Promise<OpenedSession | Refusal>;
  /**
   * As `noteProof`, for a user who shows a second factor within a session, which has its methods too from then on. Refuses with
   * `invalid_code`, `too_many_attempts`, `session_ended`.
   */
  proveFactor(sessionId: string, shown: ShownFactor, client: Client): Promise<LiveSession | Refusal>;
  /** Notes a new authenticator app: its code is used, and its session has that factor. Whether the recovery codes count. */
  startFactor(factor: NewFactor): Promise<{ recoveryCodesTaken: boolean }>;
  /** Gives a session the methods of a factor that its user has just added in it. */
  addMethods(sessionId: string, methods: string[]): Promise<void>;
  /** Puts new recovery codes, by their hashes, in place of all that there were. */
  setRecoveryCodes(hashes: string[], sessionId: string, client: Client): Promise<void>;
  factorUses(): Promise<FactorUses>;
  /** Forgets a factor that is gone, and the devices that are not asked; with null every factor and recovery code. */
  forgetFactor(factorId: string | null): Promise<void>;
}

/** How an account stands at one look. */
export interface AccountOverview {
  plan: UserPlan;
  quotas: QuotaReport;
  /** Credits. */
  balance: number;
  sessions: SessionRecord[];
  recoveryCodesLeft: number;
}

/** What the first page of an account needs of its object: all in one call. */
export interface OverviewObject {
  overview(terms: Terms): Promise<({ result: 'ok' } & AccountOverview) | Refusal>;
}

/**
 * The object of one user: each call is one hop and atomic, and decides without D1. What it does not do it refuses, with a
 * code of the catalogue.
 */
export type AccountObject = DirectoryMirror &
  SessionObject &
  PasswordObject &
  PasskeyObject &
  FactorObject &
  MeteringObject &
  OverviewObject &
  HistoryObject;

/** The object of one user, as sessions need it. */
export type SessionObjects = (userId: string) => SessionObject;
/** The object of one user, or a decoy, as passwords need it. */
export type PasswordObjects = (name: string) => PasswordObject & SessionObject;
/** The object of one user, as passkeys need it. */
export type PasskeyObjects = (
  userId: string,
) => PasskeyObject & SessionObject & Pick<FactorObject, 'addMethods' | 'forgetFactor'>;
/** The object of one user, as second factors need it. */
export type FactorObjects = (userId: string) => FactorObject & SessionObject;

const WAITING = new RegExp(`^(${USER_ID})\\.[A-Za-z0-9_-]{43}$`);

/** Whose sign-in a token brings to an end; null when it was never made here. */
export function userOfWaiting(token: string): string | null {
  return WAITING.exec(token)?.[1] ?? null;
}
