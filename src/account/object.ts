import { deriveKey } from '../crypto/keys.ts';
import { hashPassword, needsRehash, verifyPassword } from '../crypto/password-hash.ts';
import { primary } from '../db/client.ts';
import { directoryState, findById } from '../directory/service.ts';
import type { AccountObject, ActivityType, DirectoryChange, DirectoryState } from '../directory/state.ts';
import type { Bindings } from '../env.ts';
import type { Client } from '../lib/client.ts';
import { DAY, SECOND } from '../lib/time.ts';
import { issuerOf } from '../realms/service.ts';
import { AttemptLimit } from './attempt-limit.ts';
import type {
  AccountState,
  CheckResult,
  CredentialObject,
  EndAll,
  EndReason,
  NewPassword,
  NewPasswordResult,
  NewSession,
  OpenedSession,
  Proof,
  ProofResult,
  RefreshResult,
  SessionData,
  SessionObject,
  SignIn,
  SignInResult,
} from './contract.ts';
import { eraseTraces } from './erasure.ts';
import type { ByOther } from './fact.ts';
import { FactOutbox } from './fact-outbox.ts';
import { KnownDevices, newDeviceMail } from './known-devices.ts';
import { MeteredAccount } from './metering.ts';
import type { AuthorizeObject, AuthorizeResult, Request, Terms } from './metering-contract.ts';
import type { Presented } from './refresh-token.ts';
import { SessionBook, type SessionRow } from './session-book.ts';
import { sessionData } from './session-projection.ts';

/** After how long an announced write that nobody reported is looked up, and traces of a deleted user are erased. */
const RECONCILE_DELAY = 10 * SECOND;

/**
 * One user's hot state, and the only place that decides about it: sessions, refresh tokens, failed attempts. All
 * storage access is synchronous, so each method is atomic against every other from one `await` to the next.
 *
 * An object that no user ever had (a forged token, a decoy of sign-in) makes no tables.
 */
export class Account
  extends MeteredAccount
  implements AccountObject, SessionObject, CredentialObject, AuthorizeObject
{
  readonly #attempts: AttemptLimit;
  readonly #sessions: SessionBook;
  readonly #devices: KnownDevices;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const { kv, sql } = ctx.storage;
    if (this.state.get()) SessionBook.upgradeTable(sql);
    this.#attempts = new AttemptLimit(kv);
    this.#sessions = new SessionBook(sql, deriveKey(this.config.AUTH_SECRET, 'refresh-token'));
    this.#devices = new KnownDevices(kv);
  }

  async hashPassword(password: string): Promise<string> {
    return hashPassword(password);
  }

  async open(directory: DirectoryState, session: NewSession): Promise<OpenedSession | null> {
    if (this.state.isStale(directory)) return null;
    this.#adopt(directory, null);
    return this.#open(session);
  }

  async signIn(attempt: SignIn): Promise<SignInResult> {
    const now = Date.now();
    const { directory, client } = attempt;
    // Before anything is counted: an old row would judge by an old password.
    if (directory && this.state.isStale(directory)) return { result: 'stale' };
    if (directory) this.#adopt(directory, null);
    else this.schedule.at('forget', now + DAY);
    const proof = this.#prove(attempt.hash, attempt.password, client);
    if (proof.result !== 'right') return proof;
    // Nobody knows the password of a decoy.
    if (!directory) return { result: 'wrong_password' };
    if (needsRehash(attempt.hash)) {
      this.facts.tell('rehash', { from: attempt.hash, to: hashPassword(attempt.password) });
    }
    if (directory.status === 'suspended') return { result: 'suspended' };
    if (attempt.verifiedOnly && !directory.emailVerified) return { result: 'email_not_verified' };
    const session = this.#open({ ...attempt, methods: ['pwd'], activity: 'signed_in' });
    return { result: 'signed_in', session };
  }

  async check(sessionId: string): Promise<CheckResult> {
    return this.#check(() => this.#sessions.see(sessionId, Date.now()));
  }

  async checkToken(token: string, realmId: string): Promise<CheckResult> {
    const now = Date.now();
    if (this.state.get()?.realmId !== realmId) return { result: 'session_ended' };
    return this.#check(() => {
      const row = this.#sessions.recognise(token, now);
      return row && this.#sessions.see(row.id, now);
    });
  }

  async refresh(presented: Presented, realmId: string, client: Client): Promise<RefreshResult> {
    const state = this.state.get();
    if (state?.realmId !== realmId) return { result: 'invalid' };
    if (state.status !== 'active') return { result: 'account_suspended' };
    const rotated = this.#sessions.rotate(presented, Date.now());
    if (!rotated) return { result: 'invalid' };
    if (rotated.result === 'reused') {
      this.#tellEnded([rotated.row], 'reused');
      this.#log('refresh_token_reused', rotated.row.id, client);
      return { result: 'reused' };
    }
    const session = { ...this.#opened(state, rotated.row), refreshToken: rotated.token };
    return { result: 'refreshed', session };
  }

  async authorize(terms: Terms, request: Request): Promise<AuthorizeResult> {
    const checked = this.#check(() => this.#sessions.see(request.sessionId, Date.now()));
    return checked.result === 'alive'
      ? this.decide(terms, request)
      : { result: 'refused', reason: checked.result };
  }

  async listSessions(): Promise<SessionData['row'][]> {
    return this.state.get() ? this.#sessions.list(Date.now()).map((row) => sessionData(row).row) : [];
  }

  async endSession(id: string, reason: EndReason, client: Client | null, actor?: string): Promise<boolean> {
    const row = this.state.get() && this.#sessions.end(id);
    if (!row) return false;
    this.#tellEnded([row], reason);
    this.#log(reason === 'signed_out' ? 'signed_out' : 'session_revoked', id, client, actor ? { actor } : {});
    return true;
  }

  async endAllSessions(by: string | null, client: Client | null, how: EndAll = {}): Promise<void> {
    if (!this.state.get()) return;
    const reason = how.actor || how.except ? 'revoked' : 'signed_out';
    this.#tellEnded(this.#sessions.endAll(how.except ?? null), reason);
    this.#log('sessions_revoked', by, client, how.actor ? { actor: how.actor } : {});
  }

  async prepareNewPassword(change: NewPassword): Promise<NewPasswordResult> {
    const proof = this.#prove(change.hash, change.current, change.client);
    if (proof.result !== 'right') return proof;
    await this.announceChange();
    return { result: 'ready', hash: hashPassword(change.next) };
  }

  async provePassword({ hash, password, client }: Proof): Promise<ProofResult> {
    return this.#prove(hash, password, client);
  }

  async announceChange(): Promise<void> {
    this.schedule.at('reconcile', Date.now() + RECONCILE_DELAY);
  }

  async accountDeleted(user: { userId: string; realmId: string }): Promise<void> {
    if (this.state.get()) {
      this.ctx.storage.sql.exec('DELETE FROM sessions; DELETE FROM facts');
      this.eraseMetering();
    }
    this.state.markDeleted(user);
    this.schedule.at('forget', Date.now() + RECONCILE_DELAY);
  }

  async noteBookmark(bookmark: string): Promise<void> {
    this.state.noteBookmark(bookmark);
  }

  async directoryChanged(directory: DirectoryState, change: DirectoryChange): Promise<void> {
    this.#adopt(directory, change.keepSession);
    if (change.forgiveFailures) this.#attempts.succeed();
    if (change.bookmark) this.state.noteBookmark(change.bookmark);
    const { activity: type, keepSession: sessionId, client, actor, details } = change;
    if (type) this.facts.log(directory.realmId, { type, sessionId, client, actor, details });
  }

  override async alarm(): Promise<void> {
    await this.schedule.run(
      {
        project: async () => {
          const userId = this.state.get()?.userId;
          if (userId) await this.facts.project(this.env.DB, userId);
        },
        reconcile: () => this.#reconcile(),
        forget: () => this.#forget(),
        expire: this.expireCredits,
      },
      Date.now(),
    );
  }

  #prove(hash: string, password: string, client: Client): ProofResult {
    const retryAfter = this.#attempts.begin(Date.now());
    if (retryAfter !== null) return { result: 'blocked', retryAfter };
    if (verifyPassword(hash, password)) {
      this.#attempts.succeed();
      return { result: 'right' };
    }
    if (this.state.get()) {
      this.#log(this.#attempts.hasLocked() ? 'account_locked' : 'sign_in_failed', null, client);
    }
    return { result: 'wrong_password' };
  }

  #check(find: () => { row: SessionRow; tell: boolean } | null): CheckResult {
    const state = this.state.get();
    if (!state) return { result: 'session_ended' };
    if (state.status !== 'active') return { result: 'account_suspended' };
    const found = find();
    if (!found) return { result: 'session_ended' };
    if (found.tell) this.facts.session(found.row);
    return { result: 'alive', ...this.#opened(state, found.row) };
  }

  #open(session: NewSession): OpenedSession {
    const state = this.state.get() as AccountState;
    const { row, ended } = this.#sessions.open(
      {
        ...session,
        credentialVersion: state.credentialVersion,
        impersonator: session.impersonation?.actor ?? null,
      },
      Date.now(),
    );
    this.#tellEnded(ended, 'evicted');
    this.facts.session(row);
    const { activity, client, impersonation } = session;
    if (impersonation) {
      const { actor, reason } = impersonation;
      this.#log(activity, row.id, null, { actor, details: { reason } });
    } else {
      this.#log(activity, row.id, client);
      this.#noticeDevice(state, row, client);
    }
    return { ...this.#opened(state, row), refreshToken: this.#sessions.tokenOf(state.userId, row) };
  }

  /** Mails the user when somebody signs in from a device that none of theirs has been like. */
  #noticeDevice(state: AccountState, row: SessionRow, client: Client): void {
    if (!this.#devices.isNews(client)) return;
    const issuer = issuerOf(this.config.ORIGIN, state.realmId);
    this.facts.tell('mail', newDeviceMail(issuer, row.created_at, client));
  }

  #opened(state: AccountState, row: SessionRow): Omit<OpenedSession, 'refreshToken'> {
    const { id: sessionId, generation, expires_at: expiresAt, impersonator } = row;
    return { state, sessionId, generation, expiresAt, impersonator };
  }

  #adopt(directory: DirectoryState, keepSession: string | null): void {
    if (this.state.isStale(directory)) return;
    if (!this.state.get()) {
      SessionBook.createTable(this.ctx.storage.sql);
      FactOutbox.createTable(this.ctx.storage.sql);
    }
    if (!this.state.adopt(directory)) return;
    const { credentialVersion, status } = directory;
    this.#tellEnded(this.#sessions.endOlderThan(credentialVersion, keepSession), 'password_changed');
    if (status !== 'active') this.#tellEnded(this.#sessions.endAll(null), 'suspended');
  }

  #tellEnded(rows: SessionRow[], reason: EndReason): void {
    for (const row of rows) this.facts.session(row, reason);
  }

  #log(type: ActivityType, sessionId: string | null, client: Client | null, by: ByOther = {}): void {
    this.facts.log(this.state.get()?.realmId ?? '', { type, sessionId, client, ...by });
  }

  /** Catches up with a write to the directory whose maker never came back to report it. */
  async #reconcile(): Promise<void> {
    const state = this.state.get();
    if (!state) return;
    const row = await findById(primary(this.env.DB).db, state.userId);
    if (row) this.#adopt(directoryState(row), null);
    else await this.accountDeleted(state);
  }

  /** Clears away a user who was deleted; a decoy forgets whom it stood for. */
  async #forget(): Promise<void> {
    const deleted = this.state.deleted();
    if (deleted) await eraseTraces(this.env, deleted.userId);
    else if (!this.state.get()) await this.ctx.storage.deleteAll();
  }
}
