import { DurableObject } from 'cloudflare:workers';
import { type Bindings, type Config, parseConfig } from '../config/config.ts';
import { CONTROL } from '../config/databases.ts';
import { deriveKeyring } from '../crypto/keys.ts';
import { hashPassword, verifyPassword } from '../crypto/password-hash.ts';
import { primary } from '../db/client.ts';
import { Databases } from '../db/databases.ts';
import { directoryState, findById } from '../directory/service.ts';
import { type ActivityEntry, type DirectoryState, FIRST_ENTRY, type ToldChange } from '../directory/state.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import { monthOf } from '../lib/calendar.ts';
import type { Client } from '../lib/client.ts';
import { describeFailure, log, setLogLevel } from '../lib/log.ts';
import type { SecondStep } from '../lib/mfa.ts';
import { DAY, SECOND } from '../lib/time.ts';
import { shipLogAs } from '../logs/shipping.ts';
import { eventSenderOf } from '../sinks/registry.ts';
import { ActivityLog } from './activity-log.ts';
import { type Atomically, transactionsOf } from './atomic.ts';
import { AttemptLimit } from './attempt-limit.ts';
import type {
  AccountObject,
  AccountState,
  Completion,
  EndAll,
  EndReason,
  FactorUses,
  KnownUse,
  LiveSession,
  NewFactor,
  NewPassword,
  NewSession,
  OpenedSession,
  PasskeyUse,
  PasswordProof,
  PasswordSignIn,
  RefreshPolicy,
  SessionRecord,
  ShownFactor,
} from './contract.ts';
import type { CopyObject, CopyOutcome, CopyPart } from './copy-contract.ts';
import { decide, isSureEnough } from './decision.ts';
import { eraseTraces } from './erasure.ts';
import { EventFeed } from './event-feed.ts';
import { FactorBook } from './factors.ts';
import { GrantBook } from './grant-book.ts';
import type {
  ClientConsent,
  CodeRedemption,
  GrantObject,
  NewGrantCode,
  RedeemedCode,
} from './grant-contract.ts';
import { Grants } from './grants.ts';
import { History } from './history.ts';
import type { HistoryPage, HistoryRows } from './history-contract.ts';
import { HookClaims } from './hook-claims.ts';
import { firstDevices, KnownDevices } from './known-devices.ts';
import { LastNotices } from './last-notices.ts';
import { Metering } from './metering.ts';
import type {
  AuthorizationRequest,
  AuthorizeResult,
  ConsumeResult,
  Consumption,
  CreditAddition,
  CreditRefund,
  CreditResult,
  CreditReversal,
  CreditTransaction,
  CreditUse,
  InvoiceCredits,
  NamedReversal,
  QuotaReport,
  ReservationResult,
  ReversedCredits,
  Terms,
  TokenUse,
  UserPlan,
} from './metering-contract.ts';
import { cameFrom, copyOf, countRows, dropHalf, putBack } from './object-copy.ts';
import { fetchPast } from './past.ts';
import { Projection } from './projection.ts';
import type { Presented } from './refresh-token.ts';
import { ObjectSchedule, type StandingWork } from './schedule.ts';
import { SecondStepBook } from './second-steps.ts';
import { type EndedGrant, SessionBook } from './session-book.ts';
import { SessionProofs } from './session-proofs.ts';
import { SessionTable } from './session-table.ts';
import { ShownFactors } from './shown-factors.ts';
import { SignIns } from './sign-ins.ts';
import { AddressQuotas } from './spent-quota.ts';
import { AccountStateStore } from './state-store.ts';
import { Told } from './told.ts';
import { upgradeTables } from './upgrade.ts';

type Answer<Value> = ({ result: 'ok' } & Value) | Refusal;

/**
 * What the object does by its alarm at a time of its own, besides telling the directory and forgetting what is too old:
 * catches up with the directory, fetches what that holds of the user's past, clears away, writes credits off that have
 * expired, notes that the plan has lapsed.
 */
type Job = 'reconcile' | 'recall' | 'forget' | 'expire' | 'lapse';

/** When the plan lapsed whose end is in the log. */
const LAPSED = 'lapsed';
/** After how long an announced write that nobody reported is looked up, and traces of a deleted user are erased. */
const RECONCILE_DELAY = 10 * SECOND;

/**
 * One user's hot state, and the only place that decides about it: sessions, refresh tokens, failed attempts, plan, quotas,
 * credits. All storage access is synchronous, so each method is atomic against every other from one `await` to the next;
 * what a method writes is one transaction, so that one that fails has done nothing.
 *
 * An object that no user ever had (a forged token, a decoy of sign-in) makes no tables.
 */
export class Account extends DurableObject<Bindings> implements AccountObject, GrantObject, CopyObject {
  readonly #config: Config;
  readonly #atomically: Atomically;
  readonly #state: AccountStateStore;
  readonly #schedule: ObjectSchedule<Job>;
  readonly #told: Told;
  readonly #activity: ActivityLog;
  readonly #sessions: SessionBook;
  readonly #projection: Projection;
  readonly #attempts: AttemptLimit;
  readonly #devices: KnownDevices;
  readonly #factors: FactorBook;
  readonly #secondSteps: SecondStepBook;
  readonly #signIns: SignIns;
  readonly #proofs: SessionProofs;
  readonly #grants: Grants;
  readonly #addressQuotas: AddressQuotas;
  readonly #lastNotices: LastNotices;
  readonly #hookClaims: HookClaims;
  readonly #metering: Metering;
  readonly #history: History;
  readonly #feed: EventFeed;
  readonly #pruning: StandingWork = {
    run: async () => {
      if (this.#state.get()) this.#atomically(() => this.#history.prune(Date.now()));
    },
    next: () => this.#atomically(() => (this.#state.get() ? this.#history.nextPruning() : null)),
  };

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const { kv, sql } = ctx.storage;
    this.#config = configOf(env);
    this.#atomically = transactionsOf(ctx.storage, () => this.#reload());
    this.#state = new AccountStateStore(kv);
    this.#told = new Told(kv, () => this.#state.get()?.hasFirstEntry ?? false);
    this.#schedule = new ObjectSchedule(ctx.storage);
    this.#activity = new ActivityLog(sql, this.#told, this.#state);
    this.#sessions = new SessionBook(
      sql,
      deriveKeyring(this.#config, 'refresh-token'),
      this.#state,
      (ended) => this.#projection.tell('logout', ended),
    );
    this.#attempts = new AttemptLimit(kv);
    this.#devices = new KnownDevices(kv, () => this.#state.devices());
    this.#factors = new FactorBook(kv);
    this.#secondSteps = new SecondStepBook(kv);
    this.#addressQuotas = new AddressQuotas(kv, () => this.#state.address());
    this.#lastNotices = new LastNotices(kv);
    this.#hookClaims = new HookClaims(kv);
    this.#metering = new Metering({
      sql,
      kv,
      told: this.#told,
      atomically: this.#atomically,
      spentBefore: () => this.#addressQuotas.spentBefore() ?? {},
      onExpiry: (at) => this.#schedule.at('expire', at),
      listener: {
        used: () => this.#projection.later(),
        granted: () => this.#projection.soon(),
        booked: (seq, tells) => {
          this.#feed.later();
          this.#projection.booked(seq, tells);
        },
        mail: (data) => this.#projection.tell('mail', data),
      },
    });
    this.#projection = new Projection({
      sql,
      told: this.#told,
      atomically: this.#atomically,
      activity: this.#activity,
      standing: () => ({
        ...this.#sessions.standing(Date.now()),
        grantedMonth: this.#metering.grantedMonth(),
      }),
      sums: () => {
        // The sum of a month is not known before its past is.
        if (this.#schedule.isDue('recall')) return null;
        return this.#metering.books()?.usage ?? null;
      },
      wake: (at) => this.#schedule.wake(at),
      sumDelay: this.#config.PROJECTION_SECONDS * SECOND,
      callForDelivery: () => this.#callForDelivery(),
      target: () => {
        const userId = this.#state.get()?.userId;
        return userId === undefined ? null : { d1: this.#d1, userId };
      },
    });
    const shownFactors = new ShownFactors({
      state: this.#state,
      projection: this.#projection,
      factors: this.#factors,
      secondSteps: this.#secondSteps,
      origin: this.#config.ORIGIN,
    });
    this.#signIns = new SignIns({
      atomically: this.#atomically,
      state: this.#state,
      projection: this.#projection,
      attempts: this.#attempts,
      sessions: this.#sessions,
      devices: this.#devices,
      secondSteps: this.#secondSteps,
      shownFactors,
      origin: this.#config.ORIGIN,
    });
    this.#proofs = new SessionProofs({
      signIns: this.#signIns,
      sessions: this.#sessions,
      attempts: this.#attempts,
      shownFactors,
    });
    this.#grants = new Grants({
      book: new GrantBook(kv),
      sessions: this.#sessions,
      signIns: this.#signIns,
      state: this.#state,
    });
    this.#history = new History(this.#activity, this.#sessions, this.#metering, {
      activity: this.#config.ACTIVITY_DAYS,
      uses: this.#config.USAGE_EVENT_DAYS,
    });
    this.#feed = new EventFeed({
      sql,
      kv,
      told: this.#told,
      atomically: this.#atomically,
      sender: () => eventSenderOf(this.env),
      d1: () => this.#d1,
      source: this.#config.ORIGIN,
      user: () => this.#state.get(),
      deleted: () => this.#state.deleted(),
      hasBooks: () => this.#metering.books() !== null,
      beginLog: () => this.#activity.begin(),
      wake: (at) => this.#schedule.wake(at),
      delay: this.#config.PROJECTION_SECONDS * SECOND,
    });
    if (this.#state.hasOldTables()) this.#atomically(() => this.#upgrade());
  }

  /** Reads again what is kept in memory of the storage, which may be of what was undone. */
  #reload(): void {
    this.#state.reload();
    this.#told.reload();
    this.#activity.reload();
    this.#sessions.reload();
    this.#addressQuotas.reload();
    this.#metering.reload();
    this.#projection.reload();
    this.#feed.reload();
    this.#schedule.reload();
  }

  #upgrade(): void {
    const { sql } = this.ctx.storage;
    const tables = this.#state.get()?.tables;
    if (tables === undefined) {
      upgradeTables(sql, this.#told);
      this.#schedule.at('recall', Date.now());
    } else {
      if (tables < 3) SessionTable.addGrants(sql);
      SessionTable.addKeys(sql);
    }
    ActivityLog.addEvents(sql);
    this.#state.noteTables();
  }

  // Backups.

  async copy(): Promise<ReadableStream<Uint8Array>> {
    const user = this.#state.get();
    const chunks = user ? copyOf(this.ctx.storage, user.userId) : [];
    return new Blob(chunks as Uint8Array<ArrayBuffer>[]).stream();
  }

  async putBack(part: CopyPart): Promise<CopyOutcome> {
    const { storage } = this.ctx;
    try {
      return this.#atomically(() => {
        if (!cameFrom(storage, part.backupId)) {
          if (this.#state.get() || this.#state.deleted()) return { result: 'used' };
          if (!putBack(storage, part, Date.now())) return { result: 'part' };
          this.#reload();
          if (!this.#state.get()) throw new Error('it is the copy of nobody');
          this.#state.noteDatabase(part.database);
          if (this.#state.hasOldTables()) this.#upgrade();
          this.#schedule.wake(part.reconcileAt);
        }
        return { result: 'whole', rows: countRows(storage) };
      });
    } catch (error) {
      log('error', 'copy_refused', { error: describeFailure(error) });
      return { result: 'broken' };
    }
  }

  // What the directory tells.

  async announceChange(): Promise<void> {
    this.#atomically(() => this.#expectChange());
  }

  async announceDeletion(): Promise<void> {
    const spent = this.#atomically(() => {
      this.#expectChange();
      return this.#addressQuotas.leaving(() => this.#metering.spent(Date.now()));
    });
    await this.#addressQuotas.keep(this.#d1, spent).catch(() => {});
  }

  async directoryChanged(directory: DirectoryState, change: ToldChange): Promise<void> {
    return this.#atomically(() => {
      this.#adopt(directory, change.keepSession);
      if (change.forgiveFailures) {
        this.#attempts.forgive();
        this.#devices.forgetCookies();
        this.#secondSteps.forgetDevices();
      }
      if (change.bookmark) this.#state.noteBookmark(change.bookmark);
      if (change.activity && this.#state.get()) this.#projection.log(change.activity, { isTold: true });
    });
  }

  async userDeleted(user: { userId: string; realmId: string }): Promise<void> {
    this.#atomically(() => {
      const spent = this.#addressQuotas.leaving(() => this.#metering.spent(Date.now()));
      const unsent = this.#feed.leaving();
      const now = Date.now();
      let heard: EndedGrant[] = [];
      if (this.#state.get()) {
        heard = [...this.#projection.waitingEnds(), ...this.#sessions.heard(now)];
        for (const table of ['sessions', 'past_sessions', 'activity', 'facts']) {
          this.ctx.storage.sql.exec(`DROP TABLE IF EXISTS ${table}`);
        }
        this.#metering.erase();
        this.#hookClaims.forget();
      } else dropHalf(this.ctx.storage);
      this.#state.markDeleted(user);
      this.#told.reload();
      this.#activity.reload();
      this.#sessions.reload();
      this.#schedule.at('forget', Date.now() + RECONCILE_DELAY);
      this.#addressQuotas.leave(spent);
      this.#feed.leave(unsent);
      this.#lastNotices.leave(user.userId, heard, now);
    });
    // What was used since it was announced, or all if nobody did; should it fail, the alarm does it.
    await this.#addressQuotas.handOver(this.#d1).catch(() => {});
  }

  async moved(database: string): Promise<void> {
    this.#atomically(() => this.#state.noteDatabase(database));
  }

  async noteBookmark(bookmark: string): Promise<void> {
    this.#atomically(() => this.#state.noteBookmark(bookmark));
  }

  async logActivity(
    entry: ActivityEntry,
    bookmark: string | null,
    isTold = false,
  ): Promise<{ result: 'ok' } | Refusal> {
    return this.#atomically(() => {
      const state = this.#state.get();
      if (!state) return refused('user_not_found');
      if (bookmark) this.#state.noteBookmark(bookmark);
      this.#projection.log(entry, { isTold });
      return { result: 'ok' };
    });
  }

  // Passwords.

  async hashPassword(password: string, current: string | null = null): Promise<string | null> {
    return current !== null && verifyPassword(current, password) ? null : hashPassword(password);
  }

  async signIn(attempt: PasswordSignIn): Promise<OpenedSession | Refusal> {
    return this.#atomically(() => {
      const { directory } = attempt;
      // Before anything is counted: an old row would judge by an old password.
      if (directory && this.#state.isStale(directory)) return stale();
      if (directory) this.#adopt(directory, null);
      else this.#schedule.at('forget', Date.now() + DAY);
      return this.#signIns.signIn(attempt);
    });
  }

  async provePassword(proof: PasswordProof): Promise<LiveSession | Refusal> {
    return this.#atomically(() => {
      const proved = this.#proofs.byPassword(proof);
      if (!isRefusal(proved)) this.#signIns.log('reauthenticated', proof.sessionId, proof.client);
      return proved;
    });
  }

  async prepareNewPassword(change: NewPassword): Promise<{ hash: string } | Refusal> {
    return this.#atomically(() => {
      const proof = this.#proofs.byPassword({ ...change, password: change.current });
      if (isRefusal(proof)) return proof;
      this.#expectChange();
      return { hash: hashPassword(change.next) };
    });
  }

  // Sessions.

  async open(directory: DirectoryState, session: NewSession): Promise<OpenedSession | Refusal> {
    return this.#atomically(() => {
      if (this.#state.isStale(directory)) return stale();
      const open = () => {
        this.#adopt(directory, null, session);
        return this.#signIns.open(session);
      };
      const opened = session.first ? this.#state.writeOnce(open) : open();
      // The directory has it: nothing else wakes the object.
      if (session.first) this.#schedule.wake(this.#feed.first() ?? this.#pruning.next() ?? Date.now());
      return opened;
    });
  }

  async check(sessionId: string): Promise<LiveSession | Refusal> {
    return this.#signIns.check(sessionId);
  }

  async checkToken(token: string, realmId: string): Promise<LiveSession | Refusal> {
    return this.#signIns.checkToken(token, realmId);
  }

  async refresh(
    presented: Presented,
    realm: RefreshPolicy,
    client: Client,
  ): Promise<OpenedSession | Refusal> {
    return this.#atomically(() => this.#signIns.refresh(presented, realm, client));
  }

  async beginProof(sessionId: string): Promise<{ result: 'ok' } | Refusal> {
    return this.#atomically(() => this.#proofs.begin(sessionId));
  }

  async noteProof(sessionId: string, client: Client): Promise<LiveSession | Refusal> {
    return this.#atomically(() => this.#proofs.note(sessionId, client));
  }

  async resume(sessionId: string): Promise<OpenedSession | Refusal> {
    return this.#atomically(() => this.#signIns.resume(sessionId));
  }

  async tokenClaims(sessionId: string, stamp: string): Promise<Record<string, unknown> | null> {
    return this.#hookClaims.find(sessionId, stamp);
  }

  async keepTokenClaims(sessionId: string, stamp: string, claims: Record<string, unknown>): Promise<void> {
    this.#atomically(() => {
      if (this.#state.get()) this.#hookClaims.keep({ sessionId, stamp, claims });
    });
  }

  async standing(): Promise<Pick<AccountState, 'role' | 'status' | 'realmId'> | null> {
    const state = this.#state.get();
    return state ? { role: state.role, status: state.status, realmId: state.realmId } : null;
  }

  async listSessions(): Promise<SessionRecord[]> {
    return this.#signIns.list();
  }

  async endSession(
    id: string,
    reason: EndReason,
    client: Client | null,
    by: { actor?: string; browser?: boolean; requestId?: string | null } = {},
  ): Promise<boolean> {
    return this.#atomically(() => this.#signIns.end(id, reason, client, by));
  }

  async endAllSessions(by: string | null, client: Client | null, how: EndAll = {}): Promise<void> {
    return this.#atomically(() => this.#signIns.endAll(by, client, how));
  }

  // Passkeys.

  async openByPasskey(
    directory: DirectoryState,
    session: NewSession,
    use: PasskeyUse,
  ): Promise<OpenedSession | Refusal> {
    return this.#atomically(() => {
      if (this.#state.isStale(directory)) return stale();
      this.#adopt(directory, null);
      return this.#usePasskey(use, session.client) ?? this.#signIns.open(session);
    });
  }

  async provePasskey(
    sessionId: string,
    methods: string[],
    client: Client,
    use: PasskeyUse,
  ): Promise<LiveSession | Refusal> {
    return this.#atomically(
      () => this.#usePasskey(use, client) ?? this.#proofs.note(sessionId, client, methods),
    );
  }

  async passkeyUses(): Promise<Record<string, KnownUse>> {
    return this.#factors.uses();
  }

  // Second factors.

  async waiting(token: string): Promise<{ steps: SecondStep[] } | Refusal> {
    const waiting = this.#state.get() ? this.#secondSteps.find(token, Date.now()) : null;
    return waiting ? { steps: waiting.steps } : refused('invalid_mfa_token');
  }

  async completeSignIn(directory: DirectoryState, completion: Completion): Promise<OpenedSession | Refusal> {
    return this.#atomically(() => {
      if (this.#state.isStale(directory)) return stale();
      this.#adopt(directory, null);
      return this.#signIns.complete(completion);
    });
  }

  async proveFactor(sessionId: string, shown: ShownFactor, client: Client): Promise<LiveSession | Refusal> {
    return this.#atomically(() => this.#proofs.byFactor(sessionId, shown, client));
  }

  async startFactor(factor: NewFactor): Promise<{ recoveryCodesTaken: boolean }> {
    return this.#atomically(() => {
      const { factorId, step, sessionId, recoveryCodes } = factor;
      this.#secondSteps.takeStep(factorId, step, Date.now());
      this.#proofs.addMethods(sessionId, ['otp', 'mfa']);
      if (this.#secondSteps.recoveryCodesLeft() > 0) return { recoveryCodesTaken: false };
      this.#secondSteps.setRecoveryCodes(recoveryCodes);
      return { recoveryCodesTaken: true };
    });
  }

  async addMethods(sessionId: string, methods: string[]): Promise<void> {
    this.#atomically(() => this.#proofs.addMethods(sessionId, methods));
  }

  async setRecoveryCodes(hashes: string[], sessionId: string, client: Client): Promise<void> {
    this.#atomically(() => {
      if (!this.#state.get()) return;
      this.#secondSteps.setRecoveryCodes(hashes);
      this.#signIns.log('recovery_codes_made', sessionId, client);
    });
  }

  async factorUses(): Promise<FactorUses> {
    return { steps: this.#secondSteps.steps(), recoveryCodesLeft: this.#secondSteps.recoveryCodesLeft() };
  }

  async forgetFactor(factorId: string | null): Promise<void> {
    this.#atomically(() => {
      if (this.#state.get()) this.#secondSteps.forget(factorId, factorId === null);
    });
  }

  #usePasskey(use: PasskeyUse, client: Client): Refusal | null {
    const outcome = this.#factors.use(use, Date.now());
    if (outcome === 'taken') return null;
    if (outcome === 'spent') return refused('invalid_passkey');
    this.#signIns.log('passkey_copied', null, client);
    return refused('invalid_passkey', {
      detail: 'Its counter did not rise: there may be a copy of it. Remove it, and add a new one.',
    });
  }

  // Clients of the authorization server.

  async consents(): Promise<Record<string, ClientConsent>> {
    return this.#grants.consents();
  }

  async issueCode(
    sessionId: string,
    code: NewGrantCode,
    consented: boolean,
    client: Client,
  ): Promise<{ result: 'ok' } | Refusal> {
    return this.#atomically(() => this.#grants.issueCode(sessionId, code, consented, client));
  }

  async issueCodeFor(
    directory: DirectoryState,
    session: NewSession,
    code: NewGrantCode,
  ): Promise<{ result: 'ok' } | Refusal> {
    return this.#atomically(() => {
      if (this.#state.isStale(directory)) return stale();
      this.#adopt(directory, null);
      return this.#grants.issueCodeFor(session, code);
    });
  }

  async redeemCode(
    redemption: CodeRedemption,
    client: Client,
    directory?: DirectoryState,
  ): Promise<RedeemedCode | Refusal> {
    return this.#atomically(() => {
      if (directory && this.#state.isStale(directory)) return stale();
      if (directory) this.#adopt(directory, null);
      return this.#grants.redeemCode(redemption, client);
    });
  }

  async takeIdentity(redemption: CodeRedemption, client: Client): Promise<{ identity: string } | Refusal> {
    return this.#atomically(() => this.#grants.takeIdentity(redemption, client));
  }

  async checkGrant(refreshToken: string): Promise<LiveSession | Refusal> {
    return this.#grants.check(refreshToken);
  }

  async endGrant(by: { refreshToken: string } | { sessionId: string }, clientId: string): Promise<boolean> {
    return this.#atomically(() => this.#grants.end(by, clientId));
  }

  async disconnectClient(clientId: string, client: Client): Promise<boolean> {
    return this.#atomically(() => this.#grants.disconnect(clientId, client));
  }

  // Plan, quotas, credits: each call checks and changes in one step, without D1.

  async authorize(terms: Terms, request: AuthorizationRequest): Promise<AuthorizeResult> {
    return this.#atomically(() => {
      const session = this.#signIns.check(request.sessionId);
      if (isRefusal(session)) return session;
      if (!isSureEnough(session, request, Date.now())) return refused('reauthentication_required');
      const spends = request.use !== null || request.credits > 0;
      if (session.impersonator !== null && spends) return refused('impersonation_refused');
      const named = { kind: 'authorize', reference: request.reference } as const;
      return this.#metering.request(session.state, terms, named, (metered, books) =>
        decide(metered, books, request),
      );
    });
  }

  async subscription(terms: Terms): Promise<Answer<UserPlan>> {
    return this.#metering.run(this.#state.get(), terms, ({ state, entitlement }) => ({
      result: 'ok',
      ...entitlement,
      expiresAt: state.planExpiresAt,
    }));
  }

  async grantMonthly(terms: Terms): Promise<Answer<{ granted: boolean }>> {
    return this.#metering.run(this.#state.get(), terms, ({ now }, books) => ({
      result: 'ok',
      granted: this.#metering.hasGranted(monthOf(now), books),
    }));
  }

  async quotas(terms: Terms): Promise<Answer<QuotaReport>> {
    return this.#metering.run(this.#state.get(), terms, ({ entitlement, now }, { usage }) => ({
      result: 'ok',
      ...usage.report(entitlement, now),
    }));
  }

  async consume(terms: Terms, use: Consumption): Promise<ConsumeResult> {
    const request = { kind: 'consume', reference: use.reference } as const;
    return this.#metering.charge(this.#state.get(), terms, request, ({ entitlement, now }, { usage }) =>
      usage.consume(entitlement, use, now),
    );
  }

  async reserve(
    terms: Terms,
    use: Consumption & { reference: string; seconds: number },
  ): Promise<ReservationResult> {
    const request = { kind: 'reserve', reference: use.reference } as const;
    return this.#metering.charge(this.#state.get(), terms, request, ({ entitlement, now }, { usage }) =>
      usage.reserve(entitlement, use, now),
    );
  }

  async commit(
    terms: Terms,
    reservation: { reference: string; quantity: number | null },
  ): Promise<ReservationResult> {
    return this.#metering.change(this.#state.get(), terms, ({ entitlement, now }, { usage }) =>
      usage.commit(entitlement, reservation, now),
    );
  }

  async release(terms: Terms, { reference }: { reference: string }): Promise<ReservationResult> {
    return this.#metering.change(this.#state.get(), terms, ({ entitlement, now }, { usage }) =>
      usage.release(entitlement, reference, now),
    );
  }

  async recordTokens(terms: Terms, use: TokenUse): Promise<ConsumeResult> {
    const request = { kind: 'tokens', reference: use.requestId } as const;
    return this.#metering.charge(this.#state.get(), terms, request, ({ entitlement, now }, { usage }) =>
      usage.recordTokens(entitlement, use, now),
    );
  }

  async creditBalance(terms: Terms): Promise<Answer<{ balance: number }>> {
    return this.#metering.run(this.#state.get(), terms, (_, { ledger }) => ({
      result: 'ok',
      balance: ledger.balance(),
    }));
  }

  async addCredits(terms: Terms, addition: CreditAddition): Promise<CreditResult> {
    const request = { kind: 'add', reference: addition.reference } as const;
    return this.#metering.request(this.#state.get(), terms, request, ({ now }, { ledger }) =>
      ledger.add(addition, 'add', now),
    );
  }

  async bookCredits(terms: Terms, addition: CreditAddition): Promise<CreditResult> {
    return this.#metering.change(this.#state.get(), terms, ({ now }, { ledger }) =>
      ledger.add(addition, null, now),
    );
  }

  async useCredits(terms: Terms, use: CreditUse): Promise<CreditResult> {
    const request = { kind: 'use', reference: use.reference } as const;
    return this.#metering.charge(this.#state.get(), terms, request, ({ now }, { ledger }) =>
      ledger.use(use, 'use', now),
    );
  }

  async refundCredits(terms: Terms, refund: CreditRefund): Promise<CreditResult> {
    const request = { kind: 'refund', reference: refund.reference } as const;
    return this.#metering.request(this.#state.get(), terms, request, ({ now }, { ledger }) =>
      ledger.refund(refund, now),
    );
  }

  async creditReversal(terms: Terms, reference: string): Promise<Answer<ReversedCredits>> {
    return this.#metering.run(this.#state.get(), terms, (_, { ledger }) => ({
      result: 'ok',
      ...ledger.reversed(reference),
    }));
  }

  async reverseCredits(terms: Terms, reversal: CreditReversal): Promise<Answer<ReversedCredits>> {
    return this.#metering.change(this.#state.get(), terms, ({ now }, { ledger }) => {
      const reversed = ledger.reverse(reversal, now);
      return isRefusal(reversed) ? reversed : { result: 'ok', ...reversed };
    });
  }

  async settleInvoices(
    terms: Terms,
    { invoices, losses }: { invoices: InvoiceCredits[]; losses: CreditReversal[] },
  ): Promise<Answer<{ reversals: NamedReversal[] }>> {
    return this.#metering.change(this.#state.get(), terms, ({ now }, { ledger }) => {
      if (losses.some(({ reference, revision }) => ledger.reversed(reference).revision !== revision)) {
        return refused('conflict');
      }
      for (const one of invoices) {
        const booked = ledger.bookInvoice(one, now);
        if (booked && isRefusal(booked)) return booked;
      }
      for (const one of losses) {
        // An earlier one may just have been made up for.
        const { revision } = ledger.reversed(one.reference);
        ledger.reverse({ ...one, revision }, now);
      }
      return { result: 'ok', reversals: ledger.reversedInvoices() };
    });
  }

  async listCredits(
    terms: Terms,
    { before, limit }: { before: number | null; limit: number },
  ): Promise<Answer<{ transactions: CreditTransaction[]; total: number }>> {
    return this.#metering.run(this.#state.get(), terms, (_, { ledger }) => ({
      result: 'ok',
      transactions: ledger.list(before, limit),
      total: ledger.count(),
    }));
  }

  async history<List extends keyof HistoryRows>(
    list: List,
    page: HistoryPage<HistoryRows[List]>,
  ): Promise<HistoryRows[List][]> {
    return this.#atomically(() => (this.#state.get() ? this.#history.read(list, page, Date.now()) : []));
  }

  // By the alarm.

  override async alarm(): Promise<void> {
    await this.#schedule.run(
      {
        reconcile: () => this.#reconcile(),
        recall: () => this.#recall(),
        forget: () => this.#forget(),
        expire: async () => {
          if (this.#state.get()) this.#metering.expire(Date.now());
        },
        lapse: async () => this.#atomically(() => this.#noteLapse()),
      },
      [this.#projection, this.#pruning, this.#feed],
      Date.now(),
    );
  }

  /** Fetches what the directory still holds of the user's past. */
  async #recall(): Promise<void> {
    const state = this.#state.get();
    if (!state) return;
    await fetchPast(this.#d1, state.userId, (past) => {
      if (!this.#state.get()) return;
      this.#atomically(() => {
        this.#activity.keep(past.activity);
        this.#sessions.past.keep(past.sessions);
        this.#metering.keepPast(past);
      });
    });
  }

  /** Catches up with a write to the directory whose maker never came back to report it. */
  async #reconcile(): Promise<void> {
    const state = this.#state.get();
    if (!state) return;
    const row = await findById(primary(this.#d1).db, state.userId);
    if (row) this.#atomically(() => this.#adopt(directoryState(row, state.database), null));
    else await this.userDeleted(state);
  }

  /** Puts the end of a plan into the log, once: it has lapsed without that. */
  #noteLapse(): void {
    const state = this.#state.get();
    const at = this.#state.planExpiry();
    if (!state || at === null || this.ctx.storage.kv.get(LAPSED) === at) return;
    if (at > Date.now()) {
      this.#schedule.at('lapse', at);
      return;
    }
    this.ctx.storage.kv.put(LAPSED, at);
    this.#projection.log({ type: 'plan_expired', sessionId: null, client: null, actor: 'system' });
  }

  /** Clears away a user who was deleted; a decoy forgets the identifier that it stood for. */
  async #forget(): Promise<void> {
    const deleted = this.#state.deleted();
    if (deleted) {
      await this.#addressQuotas.handOver(this.#d1);
      await this.#lastNotices.handOver(this.#d1);
      await eraseTraces(this.#d1, this.env.AVATARS, deleted.userId);
    } else if (!this.#state.get()) await this.ctx.storage.deleteAll();
  }

  /** The database with the user's row. One that does not answer holds up no job for good, and nobody who signs up. */
  get #d1(): D1Database {
    return databasesIn(this.env).get(this.#state.database() ?? CONTROL);
  }

  /** Finds out what the user's address has used already, before anything is counted of a new user. */
  #lookUpAddress(user: DirectoryState): void {
    if (this.#addressQuotas.spentBefore()) return;
    const is = { new: !this.#metering.hasBooks(), gone: () => this.#state.deleted() !== undefined };
    const keys = deriveKeyring(this.#config, 'address');
    void this.ctx.blockConcurrencyWhile(() => this.#addressQuotas.lookUp(this.#d1, keys, user, is));
  }

  /** Looks at the directory soon, should nobody tell how the change went that is about to be made. */
  /** Has what webhooks are told delivered at once, where there is a queue to do it by. */
  async #callForDelivery(): Promise<void> {
    const { database = CONTROL } = this.#state.get() ?? {};
    await this.env.DELIVERIES?.send({ database }).catch((error: unknown) =>
      log('error', 'queue_failed', { error: describeFailure(error) }),
    );
  }

  #expectChange(): void {
    this.#schedule.at('reconcile', Date.now() + RECONCILE_DELAY);
  }

  #adopt(directory: DirectoryState, keepSession: string | null, opening?: NewSession): void {
    if (this.#state.isStale(directory)) return;
    const beginning = opening && !this.#state.get() ? beginningOf(opening) : undefined;
    if (!beginning) this.#lookUpAddress(directory);
    if (!this.#state.get()) {
      dropHalf(this.ctx.storage);
      if (!beginning) SessionTable.create(this.ctx.storage.sql);
      this.#told.reload();
      this.#schedule.begin();
    }
    const isNews = this.#state.adopt(directory, beginning);
    this.#noteLapse();
    if (!isNews) return;
    // Also where recovery has ended the factors: those of a stranger must not go with the next.
    const { factors } = directory;
    if (factors && factors.totp + factors.passkeys === 0) this.#secondSteps.dropRecoveryCodes();
    if (directory.hasPast) this.#schedule.at('recall', Date.now());
    this.#signIns.endOutdated(directory, keepSession);
  }
}

/** What comes along with who registers. */
function beginningOf({ activity: type, client, first }: NewSession) {
  if (!first) return undefined;
  const { ip, country, userAgent: user_agent } = client;
  const about = { ip, country, user_agent, actor: null, details: null };
  return {
    address: first.address,
    devices: firstDevices(client),
    entry: { seq: FIRST_ENTRY, at: first.at, type, session_id: first.id, ...about },
  };
}

/** Variables are the same for all objects of an isolate, and objects come and go. */
const parsed = new WeakMap<Bindings, Config>();

const databases = new WeakMap<Bindings, Databases>();

function databasesIn(env: Bindings): Databases {
  const known = databases.get(env) ?? new Databases(env, configOf(env).databases);
  databases.set(env, known);
  return known;
}

function configOf(env: Bindings): Config {
  const known = parsed.get(env) ?? parseConfig(env as unknown as Record<string, unknown>);
  parsed.set(env, known);
  setLogLevel(known.LOG_LEVEL);
  shipLogAs(known);
  return known;
}

/** The row that came along is older than what the object knows: the caller has to read it again, from the primary. */
function stale(): Refusal {
  return refused('service_unavailable', { retryAfter: 1 });
}
