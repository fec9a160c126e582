import { hashPassword, needsRehash, verifyPassword } from '../crypto/password-hash.ts';
import type { ActivityEntry, ActivityType } from '../directory/state.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import { CAUTIOUS, NO_FACTORS, secondSteps } from '../lib/mfa.ts';
import { issuerOf } from '../lib/realm.ts';
import type { Atomically } from './atomic.ts';
import type { Attempter, AttemptLimit } from './attempt-limit.ts';
import type { ChosenOrganizations } from './chosen-organizations.ts';
import type {
  AccountState,
  Completion,
  EndAll,
  EndReason,
  LiveSession,
  NewSession,
  OpenedSession,
  PasswordSignIn,
  RefreshPolicy,
  SessionRecord,
} from './contract.ts';
import { type KnownDevices, newDeviceMail } from './known-devices.ts';
import { judgePassword } from './password-check.ts';
import type { Projection } from './projection.ts';
import type { Presented } from './refresh-token.ts';
import type { SecondStepBook } from './second-steps.ts';
import { type FoundSession, SessionBook } from './session-book.ts';
import { isNewDay, type SessionRow, sessionRecord } from './session-row.ts';
import type { ShownFactors } from './shown-factors.ts';
import type { AccountStateStore } from './state-store.ts';

/** What sign-ins are decided by. */
export interface SignInBooks {
  atomically: Atomically;
  state: AccountStateStore;
  projection: Projection;
  attempts: AttemptLimit;
  sessions: SessionBook;
  devices: KnownDevices;
  organizations: ChosenOrganizations;
  secondSteps: SecondStepBook;
  shownFactors: ShownFactors;
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
    const proof = judgePassword(this.#books.attempts, attempt, by);
    if (isRefusal(proof)) return this.#failed(attempt, by, proof);
    // Nobody knows the password of a decoy.
    if (!directory) return refused('invalid_credentials');
    if (needsRehash(attempt.hash)) {
      this.#books.projection.tell('rehash', { from: attempt.hash, to: hashPassword(attempt.password) });
    }
    if (directory.status === 'suspended') return refused('account_suspended');
    return this.open({ ...attempt, methods: ['pwd'], activity: 'signed_in' });
  }

  /**
   * Opens a session of the user that the object knows, unless it takes a second step. Whatever opens a session comes by here: no
   * first factor opens one alone where the account has a second. Nor does a code outlive the session of the browser that gave it.
   */
  open(session: NewSession): OpenedSession | Refusal {
    const { browserSession = null } = session;
    if (browserSession !== null && !this.#books.sessions.find(browserSession, Date.now())) {
      return refused('invalid_grant');
    }
    const admitted = this.admit(session);
    return isRefusal(admitted) ? admitted : this.#open({ ...session, ...admitted });
  }

  /** The methods of a session that may be opened; the refusal has the sign-in that waits for a second step. */
  admit(session: NewSession): { methods: string[] } | Refusal {
    const { methods, client, mfa = CAUTIOUS, grant, impersonation } = session;
    const { secondSteps: book } = this.#books;
    const state = this.#books.state.get() as AccountState;
    // The code of a client was given by a session that had come by here.
    if (impersonation || grant) return { methods };
    const now = Date.now();
    const steps = secondSteps(mfa, this.#signer(state), methods, now);
    if (steps.length === 0) return { methods };
    const { device = null } = client;
    if (mfa.rememberDevice && device !== null && book.isRemembered(device, state.credentialVersion, now)) {
      return { methods: [...methods, 'mfa'] };
    }
    const waiting = book.wait(
      state.userId,
      {
        methods,
        activity: session.activity,
        authenticatedAt: session.authenticatedAt ?? null,
        browserSession: session.browserSession ?? null,
        device,
        credentialVersion: state.credentialVersion,
        steps,
      },
      now,
    );
    return refused('mfa_required', { waiting: { ...waiting, remembers: mfa.rememberDevice } });
  }

  /** The second step of a sign-in, whose user the object knows by now. */
  complete({ token, shown, client, lifetimes, mfa, ...how }: Completion): OpenedSession | Refusal {
    const { attempts, secondSteps: book, state } = this.#books;
    const now = Date.now();
    const { status, credentialVersion } = state.get() as AccountState;
    const waiting = book.find(token, now);
    const { device = null } = client;
    const isTheirs = waiting && (!how.inCookie || waiting.device === device);
    if (!isTheirs || waiting.credentialVersion !== credentialVersion) return refused('invalid_mfa_token');
    const by = `second:${this.#attempter({ client })}` as const;
    const retryAfter = attempts.wait(by, now);
    if (retryAfter !== null) return refused('too_many_attempts', { retryAfter });
    const methods = waiting.steps.includes(shown.method)
      ? this.#books.shownFactors.take(shown, client)
      : null;
    if (methods === null) {
      attempts.fail(by, now);
      book.fail(token, now);
      this.log(attempts.hasLocked(by) ? 'account_locked' : 'second_factor_failed', null, client);
      return refused(shown.method === 'passkey' ? 'invalid_passkey' : 'invalid_code');
    }
    attempts.succeed(by);
    book.take(token, now);
    if (status !== 'active') return refused('account_suspended');
    if (how.remember && mfa.rememberDevice && device !== null) book.remember(device, credentialVersion, now);
    const { activity, authenticatedAt, browserSession } = waiting;
    return this.#open({
      client,
      methods: [...new Set([...waiting.methods, ...methods, 'mfa'])],
      lifetimes,
      activity,
      ...(authenticatedAt !== null && { authenticatedAt }),
      browserSession,
    });
  }

  #signer(state: AccountState) {
    const { role, emailVerified, factors = NO_FACTORS, phone = false } = state;
    const hasRecoveryCodes = this.#books.secondSteps.recoveryCodesLeft() > 0;
    return { role, ...factors, hasRecoveryCodes, email: emailVerified, phone };
  }

  #open(session: NewSession): OpenedSession {
    const { devices, sessions } = this.#books;
    const state = this.#books.state.get() as AccountState;
    const { activity, client, first, grant, impersonation } = session;
    const row = sessions.open(
      {
        ...session,
        id: first?.id,
        credentialVersion: state.credentialVersion,
        impersonator: session.impersonation?.actor ?? null,
        authenticatedAt: session.authenticatedAt ?? Date.now(),
      },
      first?.at ?? Date.now(),
    );
    if (grant) {
      // Where it comes from is the client's place, not the user's.
      this.log(activity, row.id, client, { details: { client_id: grant.clientId } });
    } else if (impersonation) {
      const { actor, reason } = impersonation;
      this.log(activity, row.id, null, { actor, details: { reason } });
    } else {
      if (first) this.#books.projection.logFirst({ type: activity, sessionId: row.id, client }, first.at);
      else this.log(activity, row.id, client);
      const isNews = first ? devices.noteFirst(client) : devices.note(client);
      if (isNews) this.#tellNewDevice(state, row, client);
    }
    if (!grant && !impersonation && !first) this.#books.organizations.begin(row.id);
    return { ...this.#live(state, row), refreshToken: sessions.tokenOf(state.userId, row) };
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
    const rotated = sessions.rotate(presented, realm.refreshGraceSeconds, Date.now(), realm);
    if (!rotated || (rotated.result === 'rotated' && this.#isOut(rotated.row)))
      return refused('invalid_token');
    if (rotated.result === 'reused') {
      this.log('refresh_token_reused', rotated.row.id, client);
      return refused('session_ended', { detail: 'This token was used before.' });
    }
    if (rotated.isNewDay) projection.soon();
    return { ...this.#live(state, rotated.row), refreshToken: rotated.token };
  }

  /** A live session with the token that it has now. */
  resume(sessionId: string): OpenedSession | Refusal {
    const live = this.check(sessionId);
    if (isRefusal(live)) return live;
    return { ...live, refreshToken: this.#books.sessions.currentToken(live.state.userId, sessionId) };
  }

  /** Chooses the organization in which a session goes on, one that has been heard of, and gives the session as it is then. */
  chooseOrganization(sessionId: string, organizationId: string | null): OpenedSession | Refusal {
    const live = this.resume(sessionId);
    if (isRefusal(live)) return live;
    if (live.grant || live.impersonator !== null) return refused('insufficient_scope');
    const organization = this.#books.organizations.choose(sessionId, organizationId);
    return organization && isRefusal(organization) ? organization : { ...live, organization };
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
    { actor, browser = false, requestId }: { actor?: string; browser?: boolean; requestId?: string | null },
  ): boolean {
    const { sessions, state } = this.#books;
    const now = Date.now();
    const row = state.get() && sessions.end(id, reason, now);
    if (!row) return false;
    const parent = browser && row.browser_session ? sessions.end(row.browser_session, reason, now) : null;
    for (const ended of parent ? [row, parent] : [row]) {
      const activity = reason === 'signed_out' ? 'signed_out' : 'session_revoked';
      this.log(activity, ended.id, client, { ...(actor && { actor }), ...(requestId && { requestId }) });
    }
    return true;
  }

  endAll(by: string | null, client: Client | null, how: EndAll): void {
    const { sessions, state } = this.#books;
    if (!state.get()) return;
    const reason = how.actor || how.except ? 'revoked' : 'signed_out';
    sessions.endAll(how.except ?? null, reason, Date.now());
    this.#books.secondSteps.forgetDevices();
    const { actor, requestId } = how;
    this.log('sessions_revoked', by, client, {
      ...(actor && { actor }),
      ...(requestId && { requestId }),
    });
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
    by: Pick<ActivityEntry, 'actor' | 'details' | 'requestId'> = {},
  ): void {
    this.#books.projection.log({ type, sessionId, client, ...by });
  }

  /** Whose attempt a sign-in is. A refresh token of a live session shows as much as the cookie of a device does. */
  #attempter({ client: { device }, refreshToken }: Pick<PasswordSignIn, 'client' | 'refreshToken'>) {
    const { devices, sessions, state } = this.#books;
    if (device !== undefined && devices.has(device)) return `device:${device}` as const;
    const session = refreshToken !== undefined && state.get() && sessions.ownerOf(refreshToken, Date.now());
    return session ? (`session:${session}` as const) : 'strangers';
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
    if (!found || this.#isOut(found.row)) return refused('session_ended');
    return this.#live(state, this.#see(found));
  }

  /** Whether a client's session is for an organization in which the user is not. */
  #isOut({ organization }: SessionRow): boolean {
    return organization != null && !this.#books.organizations.standing(organization);
  }

  /** A session as it leaves the object. */
  #live(state: AccountState, row: SessionRow): LiveSession {
    const { organizations } = this.#books;
    const isOwn = row.client_id === null && row.impersonator === null;
    const granted = row.organization ? organizations.standing(row.organization) : null;
    return { ...liveSession(state, row), organization: isOwn ? organizations.of(row.id) : granted };
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
  #tellNewDevice(state: AccountState, row: SessionRow, client: Client): void {
    const { projection, origin } = this.#books;
    projection.tell('mail', newDeviceMail(issuerOf(origin, state.realmId), row.created_at, client));
  }
}

function liveSession(state: AccountState, row: SessionRow): Omit<LiveSession, 'organization'> {
  const {
    id: sessionId,
    generation,
    expires_at: expiresAt,
    impersonator,
    authenticated_at: authenticatedAt,
    client_id: clientId,
    scope,
    audience,
    key_thumbprint: key,
    organization: organizationId = null,
  } = row;
  const methods = JSON.parse(row.methods) as string[];
  const grant =
    clientId === null
      ? null
      : {
          clientId,
          scope: scope ?? '',
          audience: JSON.parse(audience ?? '[]') as string[],
          key,
          ...(organizationId !== null && { organizationId }),
        };
  return { state, sessionId, generation, expiresAt, impersonator, authenticatedAt, methods, grant };
}
