import { hashPassword, needsRehash, verifyPassword } from '../crypto/password-hash.ts';
import type { ActivityEntry, ActivityType } from '../directory/state.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import { issuerOf } from '../lib/realm.ts';
import type { Atomically } from './atomic.ts';
import type { Attempter, AttemptLimit } from './attempt-limit.ts';
import type {
  AccountState,
  EndAll,
  EndReason,
  LiveSession,
  NewSession,
  OpenedSession,
  PasswordProof,
  PasswordSignIn,
  RefreshPolicy,
  SessionRecord,
} from './contract.ts';
import { type KnownDevices, newDeviceMail } from './known-devices.ts';
import type { Projection } from './projection.ts';
import type { Presented } from './refresh-token.ts';
import { type FoundSession, isNewDay, SessionBook, type SessionRow, sessionRecord } from './session-book.ts';
import type { AccountStateStore } from './state-store.ts';

/** What sign-ins are decided by. */
export interface SignInBooks {
  atomically: Atomically;
  state: AccountStateStore;
  projection: Projection;
  attempts: AttemptLimit;
  sessions: SessionBook;
  devices: KnownDevices;
  /** Of Latchkey, for links in mails. */
  origin: string;
}

/**
 * Who may come in, and who is in: proofs and their limits, sessions and their ends, and what the directory hears of them. What
 * writes is called inside a transaction of the object; `check` makes its own.
 */
export class SignIns {
  readonly #books: SignInBooks;

  constructor(books: SignInBooks) {
    this.#books = books;
  }

  /** A sign-in by password, whose user the object knows by now; a decoy counts as a user does. */
  signIn(attempt: PasswordSignIn): OpenedSession | Refusal {
    const { directory } = attempt;
    const by = this.#attempter(attempt);
    if (by === 'strangers' && attempt.strangersWait) {
      return refused('rate_limited', { retryAfter: attempt.strangersWait });
    }
    const proof = this.#prove(attempt, by);
    if (isRefusal(proof)) return this.#failed(attempt, by, proof);
    // Nobody knows the password of a decoy.
    if (!directory) return refused('invalid_credentials');
    if (needsRehash(attempt.hash)) {
      this.#books.projection.tell('rehash', { from: attempt.hash, to: hashPassword(attempt.password) });
    }
    if (directory.status === 'suspended') return refused('account_suspended');
    return this.open({ ...attempt, methods: ['pwd'], activity: 'signed_in' });
  }

  /** A password that is given in a session: its failures count by themselves, its success is a fresh proof. */
  proveInSession({ sessionId, client, ...given }: PasswordProof): { result: 'ok' } | Refusal {
    const { sessions, state } = this.#books;
    const now = Date.now();
    if (!state.get() || !sessions.find(sessionId, now)) return refused('session_ended');
    const proof = this.#prove(given, `session:${sessionId}`);
    if (!isRefusal(proof)) sessions.noteProof(sessionId, now);
    else if (proof.reason === 'invalid_credentials') this.log('reauthentication_failed', sessionId, client);
    return proof;
  }

  /** Counts an attempt of a session to prove who its user is otherwise than by the password. */
  beginProof(sessionId: string): { result: 'ok' } | Refusal {
    const session = this.check(sessionId);
    if (isRefusal(session)) return session;
    const retryAfter = this.#books.attempts.begin(`session:${sessionId}`, Date.now());
    return retryAfter === null ? { result: 'ok' } : refused('too_many_attempts', { retryAfter });
  }

  /** Notes such a proof, whose methods the session has too from then on. */
  noteProof(sessionId: string, client: Client, by: string[] = []): LiveSession | Refusal {
    const session = this.check(sessionId);
    if (isRefusal(session)) return session;
    const authenticatedAt = Date.now();
    const methods = [...new Set([...session.methods, ...by])];
    this.#books.sessions.noteProof(sessionId, authenticatedAt, methods);
    this.#books.attempts.succeed(`session:${sessionId}`);
    this.log('reauthenticated', sessionId, client);
    return { ...session, authenticatedAt, methods };
  }

  /** Opens a session of the user that the object knows. */
  open(session: NewSession): OpenedSession {
    const { devices, sessions } = this.#books;
    const state = this.#books.state.get() as AccountState;
    const row = sessions.open(
      {
        ...session,
        credentialVersion: state.credentialVersion,
        impersonator: session.impersonation?.actor ?? null,
        authenticatedAt: session.authenticatedAt ?? Date.now(),
      },
      Date.now(),
    );
    const { activity, client, grant, impersonation } = session;
    if (grant) {
      // Where it comes from is the client's place, not the user's.
      this.log(activity, row.id, client, { details: { client_id: grant.clientId } });
    } else if (impersonation) {
      const { actor, reason } = impersonation;
      this.log(activity, row.id, null, { actor, details: { reason } });
    } else {
      this.log(activity, row.id, client);
      this.#noticeDevice(state, row, client);
      if (client.device !== undefined) devices.remember(client.device);
    }
    return { ...liveSession(state, row), refreshToken: sessions.tokenOf(state.userId, row) };
  }

  /** The live session of that id. Marks it as seen, if there is something to mark. */
  check(sessionId: string): LiveSession | Refusal {
    return this.#check(() => this.#books.sessions.find(sessionId, Date.now()));
  }

  /** The live session that a refresh token in a browser's cookie stands for. */
  checkToken(token: string, realmId: string): LiveSession | Refusal {
    const { sessions, state } = this.#books;
    if (state.get()?.realmId !== realmId) return refused('session_ended');
    return this.#check(() => sessions.recognise(token, Date.now()));
  }

  /** Exchanges a refresh token for the next. */
  refresh(presented: Presented, realm: RefreshPolicy, client: Client): OpenedSession | Refusal {
    const { projection, sessions } = this.#books;
    const state = this.#books.state.get();
    if (state?.realmId !== realm.id) return refused('invalid_token');
    if (state.status !== 'active') return refused('account_suspended');
    const rotated = sessions.rotate(presented, realm.refreshGraceSeconds, Date.now(), realm.clientId);
    if (!rotated) return refused('invalid_token');
    if (rotated.result === 'reused') {
      this.log('refresh_token_reused', rotated.row.id, client);
      return refused('session_ended', { detail: 'This token was used before.' });
    }
    if (rotated.isNewDay) projection.soon();
    return { ...liveSession(state, rotated.row), refreshToken: rotated.token };
  }

  /** A live session with the token that it has now. */
  resume(sessionId: string): OpenedSession | Refusal {
    const live = this.check(sessionId);
    if (isRefusal(live)) return live;
    return { ...live, refreshToken: this.#books.sessions.currentToken(live.state.userId, sessionId) };
  }

  list(): SessionRecord[] {
    const { sessions, state } = this.#books;
    return state.get() ? sessions.list(Date.now()).map(sessionRecord) : [];
  }

  /** Ends one session, and with `browser` that of the browser too; false when it was not there. */
  end(
    id: string,
    reason: EndReason,
    client: Client | null,
    { actor, browser = false }: { actor?: string; browser?: boolean },
  ): boolean {
    const { sessions, state } = this.#books;
    const now = Date.now();
    const row = state.get() && sessions.end(id, reason, now);
    if (!row) return false;
    const parent = browser && row.browser_session ? sessions.end(row.browser_session, reason, now) : null;
    for (const ended of parent ? [row, parent] : [row]) {
      const activity = reason === 'signed_out' ? 'signed_out' : 'session_revoked';
      this.log(activity, ended.id, client, actor ? { actor } : {});
    }
    return true;
  }

  endAll(by: string | null, client: Client | null, how: EndAll): void {
    const { sessions, state } = this.#books;
    if (!state.get()) return;
    const reason = how.actor || how.except ? 'revoked' : 'signed_out';
    sessions.endAll(how.except ?? null, reason, Date.now());
    this.log('sessions_revoked', by, client, how.actor ? { actor: how.actor } : {});
  }

  /** Ends what a new state of the directory leaves no session: those of an older password, all of who is suspended. */
  endOutdated(
    { credentialVersion, status }: Pick<AccountState, 'credentialVersion' | 'status'>,
    keepSession: string | null,
  ): void {
    const { sessions } = this.#books;
    const now = Date.now();
    sessions.endOlderThan(credentialVersion, keepSession, now);
    if (status !== 'active') sessions.endAll(null, 'suspended', now);
  }

  log(
    type: ActivityType,
    sessionId: string | null,
    client: Client | null,
    by: Pick<ActivityEntry, 'actor' | 'details'> = {},
  ): void {
    this.#books.projection.log({ type, sessionId, client, ...by });
  }

  /** Whose attempt a sign-in is. A refresh token of a live session shows as much as the cookie of a device does. */
  #attempter({ client: { device }, refreshToken }: PasswordSignIn): Attempter {
    const { devices, sessions, state } = this.#books;
    if (device !== undefined && devices.has(device)) return `device:${device}`;
    const session = refreshToken !== undefined && state.get() && sessions.ownerOf(refreshToken, Date.now());
    return session ? `session:${session}` : 'strangers';
  }

  #prove({ hash, password }: { hash: string; password: string }, by: Attempter): { result: 'ok' } | Refusal {
    const { attempts } = this.#books;
    const now = Date.now();
    const retryAfter = attempts.wait(by, now);
    if (retryAfter !== null) return refused('too_many_attempts', { retryAfter });
    if (verifyPassword(hash, password)) {
      attempts.succeed(by);
      return { result: 'ok' };
    }
    attempts.fail(by, now);
    return refused('invalid_credentials');
  }

  /** What a sign-in that proved nothing comes to; a wrong password is in the log. */
  #failed({ unproven, password, client }: PasswordSignIn, by: Attempter, refusal: Refusal): Refusal {
    const { attempts, state } = this.#books;
    if (refusal.reason !== 'invalid_credentials') return refusal;
    const activity = attempts.hasLocked(by) ? 'account_locked' : 'sign_in_failed';
    if (state.get()) this.log(activity, null, client);
    // It forgives no failure: anybody can register with the address.
    const isUnproven = unproven != null && verifyPassword(unproven, password);
    return isUnproven ? refused('email_not_verified') : refusal;
  }

  #check(find: () => FoundSession | null): LiveSession | Refusal {
    const state = this.#books.state.get();
    if (!state) return refused('session_ended');
    if (state.status !== 'active') return refused('account_suspended');
    const found = find();
    if (!found) return refused('session_ended');
    return liveSession(state, this.#see(found));
  }

  #see(found: FoundSession): SessionRow {
    const { atomically, projection, sessions } = this.#books;
    const now = Date.now();
    if (!SessionBook.hasNews(found, now)) return found.row;
    return atomically(() => {
      const seen = sessions.see(found, now);
      if (isNewDay(found.row, now)) projection.soon();
      return seen;
    });
  }

  /** Mails the user about a sign-in from a kind of device that they have not used before. */
  #noticeDevice(state: AccountState, row: SessionRow, client: Client): void {
    const { devices, projection, origin } = this.#books;
    if (!devices.isNews(client)) return;
    projection.tell('mail', newDeviceMail(issuerOf(origin, state.realmId), row.created_at, client));
  }
}

/** A session as it leaves the object. */
export function liveSession(state: AccountState, row: SessionRow): LiveSession {
  const {
    id: sessionId,
    generation,
    expires_at: expiresAt,
    impersonator,
    authenticated_at: authenticatedAt,
    client_id: clientId,
    scope,
    audience,
  } = row;
  const methods = JSON.parse(row.methods) as string[];
  const grant =
    clientId === null
      ? null
      : { clientId, scope: scope ?? '', audience: JSON.parse(audience ?? '[]') as string[] };
  return { state, sessionId, generation, expiresAt, impersonator, authenticatedAt, methods, grant };
}
