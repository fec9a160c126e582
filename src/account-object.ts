import { DurableObject } from 'cloudflare:workers';
import { AccountStateStore } from './accounts/account-state.ts';
import { projectActivity } from './accounts/activity.ts';
import { FactOutbox } from './accounts/fact-outbox.ts';
import { ObjectSchedule } from './accounts/object-schedule.ts';
import type {
  AccountObject,
  AccountState,
  ActivityType,
  DirectoryChange,
  DirectoryState,
  Fact,
} from './accounts/port.ts';
import { directoryState } from './accounts/service.ts';
import { readUser } from './accounts/store.ts';
import { AttemptLimit } from './credentials/attempt-limit.ts';
import { hashPassword, needsRehash, verifyPassword } from './credentials/password-hash.ts';
import type {
  CredentialObject,
  NewPassword,
  NewPasswordResult,
  SignIn,
  SignInResult,
} from './credentials/port.ts';
import { projectRehash } from './credentials/projection.ts';
import { primary } from './db/client.ts';
import { type Bindings, parseConfig } from './env.ts';
import type { Client } from './lib/client.ts';
import { deriveKey } from './lib/keys.ts';
import { DAY, SECOND } from './lib/time.ts';
import type {
  CheckResult,
  OpenedSession,
  RefreshResult,
  SessionLifetimes,
  SessionObject,
} from './sessions/port.ts';
import { type EndReason, projectSession, type SessionData, sessionData } from './sessions/projection.ts';
import { SessionBook, type SessionRow } from './sessions/session-book.ts';

type Job = 'project' | 'reconcile' | 'forget';

const PROJECT_DELAY = SECOND;
const PROJECT_BATCH = 40;
/** A write to the directory that was announced and not reported is looked up after this long. */
const RECONCILE_DELAY = 10 * SECOND;
const PROJECTIONS: Record<string, (db: D1Database, userId: string, fact: Fact) => D1PreparedStatement[]> = {
  activity: projectActivity,
  session: projectSession,
  rehash: projectRehash,
};

/**
 * One user's hot state, and the only place that decides about it: sessions, refresh tokens, failed attempts. All
 * storage access is synchronous, so each method is atomic against every other from one `await` to the next.
 *
 * An object that no user ever had (a forged token, a decoy of sign-in) makes no tables.
 */
export class Account
  extends DurableObject<Bindings>
  implements AccountObject, SessionObject, CredentialObject
{
  readonly #state: AccountStateStore;
  readonly #attempts: AttemptLimit;
  readonly #sessions: SessionBook;
  readonly #facts: FactOutbox;
  readonly #schedule: ObjectSchedule<Job>;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const { kv, sql } = ctx.storage;
    const { AUTH_SECRET } = parseConfig(env as unknown as Record<string, unknown>);
    this.#state = new AccountStateStore(kv);
    this.#attempts = new AttemptLimit(kv);
    this.#sessions = new SessionBook(sql, deriveKey(AUTH_SECRET, 'refresh-token'));
    this.#facts = new FactOutbox(sql);
    this.#schedule = new ObjectSchedule(ctx.storage);
  }

  async hashPassword(password: string): Promise<string> {
    return hashPassword(password);
  }

  async open(
    directory: DirectoryState,
    session: { client: Client; methods: string[]; lifetimes: SessionLifetimes; activity: ActivityType },
  ): Promise<OpenedSession | null> {
    return this.#adopt(directory, null) === 'stale' ? null : this.#open(session);
  }

  async signIn(attempt: SignIn): Promise<SignInResult> {
    const now = Date.now();
    const { directory, client } = attempt;
    const known = this.#state.get();
    // Before anything is counted: an old row would judge by an old password.
    if (directory && known && directory.version < known.version) return { result: 'stale' };
    const retryAfter = this.#attempts.begin(now);
    if (retryAfter !== null) return { result: 'blocked', retryAfter };
    const right = verifyPassword(attempt.hash, attempt.password);
    if (!directory) {
      this.#schedule.at('forget', now + DAY);
      return { result: 'wrong_password' };
    }
    this.#adopt(directory, null);
    if (!right) {
      this.#log(this.#attempts.hasLocked() ? 'account_locked' : 'sign_in_failed', null, client);
      return { result: 'wrong_password' };
    }
    this.#attempts.succeed();
    if (needsRehash(attempt.hash)) {
      this.#tell('rehash', { from: attempt.hash, to: hashPassword(attempt.password) });
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
    if (this.#state.get()?.realmId !== realmId) return { result: 'session_ended' };
    return this.#check(() => {
      const row = this.#sessions.recognise(token, now);
      return row && this.#sessions.see(row.id, now);
    });
  }

  async refresh(token: string, realmId: string, client: Client): Promise<RefreshResult> {
    const state = this.#state.get();
    if (state?.realmId !== realmId) return { result: 'invalid' };
    if (state.status !== 'active') return { result: 'account_suspended' };
    const now = Date.now();
    const rotated = this.#sessions.rotate(token, now);
    if (!rotated) return { result: 'invalid' };
    if (rotated.result === 'reused') {
      this.#tellEnded([rotated.row], 'reused');
      this.#log('refresh_token_reused', rotated.row.id, client);
      return { result: 'reused' };
    }
    return {
      result: 'refreshed',
      session: { ...this.#opened(state, rotated.row), refreshToken: rotated.token },
    };
  }

  async listSessions(): Promise<SessionData['row'][]> {
    return this.#state.get() ? this.#sessions.list(Date.now()).map((row) => sessionData(row).row) : [];
  }

  async endSession(id: string, reason: 'signed_out' | 'revoked', client: Client): Promise<boolean> {
    if (!this.#state.get()) return false;
    const row = this.#sessions.end(id);
    if (!row) return false;
    this.#tellEnded([row], reason);
    this.#log(reason === 'signed_out' ? 'signed_out' : 'session_revoked', id, client);
    return true;
  }

  async endAllSessions(by: string, client: Client): Promise<void> {
    if (!this.#state.get()) return;
    this.#tellEnded(this.#sessions.endAll(null), 'signed_out');
    this.#log('sessions_revoked', by, client);
  }

  async prepareNewPassword(change: NewPassword): Promise<NewPasswordResult> {
    const now = Date.now();
    const retryAfter = this.#attempts.begin(now);
    if (retryAfter !== null) return { result: 'blocked', retryAfter };
    if (!verifyPassword(change.hash, change.current)) {
      this.#log(this.#attempts.hasLocked() ? 'account_locked' : 'sign_in_failed', null, change.client);
      return { result: 'wrong_password' };
    }
    this.#attempts.succeed();
    this.#schedule.at('reconcile', now + RECONCILE_DELAY);
    return { result: 'ready', hash: hashPassword(change.next) };
  }

  async noteBookmark(bookmark: string): Promise<void> {
    this.#state.noteBookmark(bookmark);
  }

  async directoryChanged(directory: DirectoryState, change: DirectoryChange): Promise<void> {
    this.#adopt(directory, change.keepSession);
    if (change.bookmark) this.#state.noteBookmark(change.bookmark);
    if (change.activity) this.#log(change.activity, change.keepSession, change.client);
  }

  override async alarm(): Promise<void> {
    await this.#schedule.run(
      {
        project: () => this.#project(),
        reconcile: () => this.#reconcile(),
        forget: () => this.#forget(),
      },
      Date.now(),
    );
  }

  #check(find: () => { row: SessionRow; tell: boolean } | null): CheckResult {
    const state = this.#state.get();
    if (!state) return { result: 'session_ended' };
    if (state.status !== 'active') return { result: 'account_suspended' };
    const found = find();
    if (!found) return { result: 'session_ended' };
    if (found.tell) this.#tell('session', sessionData(found.row));
    return { result: 'alive', ...this.#opened(state, found.row) };
  }

  #open(session: {
    client: Client;
    methods: string[];
    lifetimes: SessionLifetimes;
    activity: ActivityType;
  }): OpenedSession {
    const state = this.#state.get() as AccountState;
    const { row, ended } = this.#sessions.open(
      { ...session, credentialVersion: state.credentialVersion },
      Date.now(),
    );
    this.#tellEnded(ended, 'evicted');
    this.#tell('session', sessionData(row));
    this.#log(session.activity, row.id, session.client);
    return { ...this.#opened(state, row), refreshToken: this.#sessions.tokenOf(state.userId, row) };
  }

  #opened(state: AccountState, row: SessionRow): Omit<OpenedSession, 'refreshToken'> {
    return { state, sessionId: row.id, expiresAt: row.expires_at };
  }

  #adopt(directory: DirectoryState, keepSession: string | null): 'current' | 'adopted' | 'stale' {
    if (!this.#state.get()) {
      SessionBook.createTable(this.ctx.storage.sql);
      FactOutbox.createTable(this.ctx.storage.sql);
    }
    const outcome = this.#state.adopt(directory);
    if (outcome === 'adopted') {
      this.#tellEnded(
        this.#sessions.endOlderThan(directory.credentialVersion, keepSession),
        'password_changed',
      );
      if (directory.status !== 'active') this.#tellEnded(this.#sessions.endAll(null), 'suspended');
    }
    return outcome;
  }

  #tellEnded(rows: SessionRow[], reason: EndReason): void {
    for (const row of rows) this.#tell('session', sessionData(row, reason));
  }

  #log(type: ActivityType, sessionId: string | null, client: Client): void {
    const realmId = this.#state.get()?.realmId;
    this.#tell('activity', { realmId, type, sessionId, client });
  }

  #tell(kind: keyof typeof PROJECTIONS, data: unknown): void {
    const now = Date.now();
    this.#facts.append(kind, data, now);
    this.#schedule.at('project', now + PROJECT_DELAY);
  }

  /** Writes the waiting facts to D1, oldest first, each batch whole or not at all. */
  async #project(): Promise<void> {
    const userId = this.#state.get()?.userId as string;
    for (
      let facts = this.#facts.take(PROJECT_BATCH);
      facts.length > 0;
      facts = this.#facts.take(PROJECT_BATCH)
    ) {
      const statements = facts.flatMap((fact) => PROJECTIONS[fact.kind]?.(this.env.DB, userId, fact) ?? []);
      await this.env.DB.batch(statements);
      this.#facts.dropThrough((facts.at(-1) as Fact).seq);
    }
  }

  /** Catches up with a write to the directory whose maker never came back to report it. */
  async #reconcile(): Promise<void> {
    const userId = this.#state.get()?.userId;
    const row = userId && (await readUser(primary(this.env.DB).db, userId));
    if (row) this.#adopt(directoryState(row), null);
  }

  /** A decoy forgets whom it stood for. */
  async #forget(): Promise<void> {
    if (!this.#state.get()) await this.ctx.storage.deleteAll();
  }
}
