import { hashPassword, verifyPassword } from '../crypto/password-hash.ts';
import type { ActivityEntry, DirectoryState, ToldChange } from '../directory/state.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { SecondStep } from '../lib/mfa.ts';
import { DAY } from '../lib/time.ts';
import { tellFall } from './balance-watch.ts';
import type {
  AccountObject,
  AccountOverview,
  AccountState,
  Completion,
  EndAll,
  EndReason,
  FactorUses,
  HeardMembership,
  KnownUse,
  LiveSession,
  MembershipChoice,
  NewFactor,
  NewPassword,
  NewSession,
  OpenedSession,
  OpenSession,
  PasskeyUse,
  PasswordProof,
  PasswordSignIn,
  RefreshPolicy,
  ShownFactor,
} from './contract.ts';
import type { CopyObject, CopyOutcome, CopyPart } from './copy-contract.ts';
import type {
  ClientAccess,
  ClientConsent,
  CodeRedemption,
  GrantObject,
  NewGrantCode,
  RedeemedCode,
} from './grant-contract.ts';
import { MeteredAccount } from './metered-account.ts';
import type { Answer } from './metered-object.ts';
import type { Terms } from './metering-contract.ts';
import { copyOf } from './object-copy.ts';
import type { Presented } from './refresh-token.ts';

/**
 * One user's hot state, and the only place that decides about it: sessions, refresh tokens, failed attempts, plan, quotas,
 * credits. All storage access is synchronous, so each method is atomic against every other from one `await` to the next;
 * what a method writes is one transaction, so that one that fails has done nothing.
 *
 * An object that no user ever had (a forged token, a decoy of sign-in) makes no tables.
 */
export class Account extends MeteredAccount implements AccountObject, GrantObject, CopyObject {
  // Backups.

  async copy(): Promise<ReadableStream<Uint8Array>> {
    const user = this.parts.state.get();
    const chunks = user ? copyOf(this.ctx.storage, user.userId) : [];
    return new Blob(chunks as Uint8Array<ArrayBuffer>[]).stream();
  }

  async putBack(part: CopyPart): Promise<CopyOutcome> {
    return this.parts.putBack(part);
  }

  // What the directory tells.

  async announceChange(): Promise<void> {
    this.parts.atomically(() => this.parts.expectChange());
  }

  async announceDeletion(): Promise<void> {
    const spent = this.parts.atomically(() => {
      this.parts.expectChange();
      return this.parts.addressQuotas.leaving(() => this.parts.metering.spent(Date.now()));
    });
    await this.parts.addressQuotas.keep(this.parts.d1, spent).catch(() => {});
  }

  async directoryChanged(directory: DirectoryState, change: ToldChange): Promise<void> {
    return this.parts.atomically(() => {
      this.parts.adopt(directory, change.keepSession);
      if (change.forgiveFailures) {
        this.parts.attempts.forgive();
        this.parts.devices.forgetCookies();
        this.parts.secondSteps.forgetDevices();
      }
      if (change.bookmark) this.parts.state.noteBookmark(change.bookmark);
      if (change.activity && this.parts.state.get())
        this.parts.projection.log(change.activity, { isTold: true });
    });
  }

  async userDeleted(user: { userId: string; realmId: string }): Promise<void> {
    return this.parts.deleteUser(user);
  }

  async moved(database: string): Promise<void> {
    this.parts.atomically(() => this.parts.state.noteDatabase(database));
  }

  async noteBookmark(bookmark: string): Promise<void> {
    this.parts.atomically(() => this.parts.state.noteBookmark(bookmark));
  }

  async logActivity(
    entry: ActivityEntry,
    bookmark: string | null,
    isTold = false,
  ): Promise<{ result: 'ok' } | Refusal> {
    return this.parts.atomically(() => {
      const state = this.parts.state.get();
      if (!state) return refused('user_not_found');
      if (bookmark) this.parts.state.noteBookmark(bookmark);
      this.parts.projection.log(entry, { isTold });
      return { result: 'ok' };
    });
  }

  // Passwords.

  async hashPassword(password: string, current: string | null = null): Promise<string | null> {
    return current !== null && verifyPassword(current, password) ? null : hashPassword(password);
  }

  async signIn(attempt: PasswordSignIn): Promise<OpenedSession | Refusal> {
    return this.parts.atomically(() => {
      const { directory } = attempt;
      // Before anything is counted: an old row would judge by an old password.
      if (directory && this.parts.state.isStale(directory)) return stale();
      if (directory) this.parts.adopt(directory, null);
      else this.parts.schedule.at('forget', Date.now() + DAY);
      return this.parts.signIns.signIn(attempt);
    });
  }

  async provePassword(proof: PasswordProof): Promise<LiveSession | Refusal> {
    return this.parts.atomically(() => {
      const proved = this.parts.proofs.byPassword(proof);
      if (!isRefusal(proved)) this.parts.signIns.log('reauthenticated', proof.sessionId, proof.client);
      return proved;
    });
  }

  async prepareNewPassword(change: NewPassword): Promise<{ hash: string } | Refusal> {
    return this.parts.atomically(() => {
      const proof = this.parts.proofs.byPassword({ ...change, password: change.current });
      if (isRefusal(proof)) return proof;
      this.parts.expectChange();
      return { hash: hashPassword(change.next) };
    });
  }

  // Sessions.

  async open(directory: DirectoryState, session: NewSession): Promise<OpenedSession | Refusal> {
    return this.parts.atomically(() => {
      if (this.parts.state.isStale(directory)) return stale();
      const open = () => {
        this.parts.adopt(directory, null, session);
        return this.parts.signIns.open(session);
      };
      const opened = session.first ? this.parts.state.writeOnce(open) : open();
      // The directory has it: nothing else wakes the object.
      if (session.first)
        this.parts.schedule.wake(this.parts.feed.first() ?? this.parts.pruning.next() ?? Date.now());
      return opened;
    });
  }

  async check(sessionId: string): Promise<LiveSession | Refusal> {
    return this.parts.signIns.check(sessionId);
  }

  async checkToken(token: string, realmId: string): Promise<LiveSession | Refusal> {
    return this.parts.signIns.checkToken(token, realmId);
  }

  async refresh(
    presented: Presented,
    realm: RefreshPolicy,
    client: Client,
  ): Promise<OpenedSession | Refusal> {
    return this.parts.atomically(() => this.parts.signIns.refresh(presented, realm, client));
  }

  async beginProof(sessionId: string): Promise<{ result: 'ok' } | Refusal> {
    return this.parts.atomically(() => this.parts.proofs.begin(sessionId));
  }

  async noteProof(sessionId: string, client: Client): Promise<LiveSession | Refusal> {
    return this.parts.atomically(() => this.parts.proofs.note(sessionId, client));
  }

  async resume(sessionId: string): Promise<OpenedSession | Refusal> {
    return this.parts.atomically(() => this.parts.signIns.resume(sessionId));
  }

  async chooseOrganization(
    sessionId: string,
    choice: MembershipChoice | null,
  ): Promise<OpenedSession | Refusal> {
    return this.parts.atomically(() => {
      const { grants, signIns, state } = this.parts;
      if (choice && state.get()) grants.hearOf(choice.organizationId, choice);
      return signIns.chooseOrganization(sessionId, choice?.organizationId ?? null);
    });
  }

  async membershipChanged(organizationId: string, membership: HeardMembership): Promise<void> {
    this.parts.atomically(() => {
      if (this.parts.state.get()) this.parts.grants.hearOf(organizationId, membership);
    });
  }

  async tokenClaims(sessionId: string, stamp: string): Promise<Record<string, unknown> | null> {
    return this.parts.hookClaims.find(sessionId, stamp);
  }

  async keepTokenClaims(sessionId: string, stamp: string, claims: Record<string, unknown>): Promise<void> {
    this.parts.atomically(() => {
      if (this.parts.state.get()) this.parts.hookClaims.keep({ sessionId, stamp, claims });
    });
  }

  async standing(): Promise<Pick<AccountState, 'role' | 'status' | 'realmId'> | null> {
    const state = this.parts.state.get();
    return state ? { role: state.role, status: state.status, realmId: state.realmId } : null;
  }

  async overview(terms: Terms): Promise<Answer<AccountOverview>> {
    return this.metering.run(this.metered(), terms, ({ state, entitlement, now }, { usage, ledger }) => ({
      result: 'ok',
      plan: { ...entitlement, expiresAt: state.planExpiresAt },
      quotas: usage.report(entitlement, now),
      balance: ledger.balance(),
      sessions: this.parts.signIns.list(),
      recoveryCodesLeft: this.parts.secondSteps.recoveryCodesLeft(),
    }));
  }

  async listSessions(): Promise<OpenSession[]> {
    return this.parts.signIns.list();
  }

  async endSession(
    id: string,
    reason: EndReason,
    client: Client | null,
    by: { actor?: string; browser?: boolean; requestId?: string | null } = {},
  ): Promise<boolean> {
    return this.parts.atomically(() => this.parts.signIns.end(id, reason, client, by));
  }

  async endAllSessions(by: string | null, client: Client | null, how: EndAll = {}): Promise<void> {
    return this.parts.atomically(() => this.parts.signIns.endAll(by, client, how));
  }

  // Passkeys.

  async openByPasskey(
    directory: DirectoryState,
    session: NewSession,
    use: PasskeyUse,
  ): Promise<OpenedSession | Refusal> {
    return this.parts.atomically(() => {
      if (this.parts.state.isStale(directory)) return stale();
      this.parts.adopt(directory, null);
      return this.#usePasskey(use, session.client) ?? this.parts.signIns.open(session);
    });
  }

  async provePasskey(
    sessionId: string,
    methods: string[],
    client: Client,
    use: PasskeyUse,
  ): Promise<LiveSession | Refusal> {
    return this.parts.atomically(
      () => this.#usePasskey(use, client) ?? this.parts.proofs.note(sessionId, client, methods),
    );
  }

  async passkeyUses(): Promise<Record<string, KnownUse>> {
    return this.parts.factors.uses();
  }

  // Second factors.

  async waiting(token: string): Promise<{ steps: SecondStep[] } | Refusal> {
    const waiting = this.parts.state.get() ? this.parts.secondSteps.find(token, Date.now()) : null;
    return waiting ? { steps: waiting.steps } : refused('invalid_mfa_token');
  }

  async completeSignIn(directory: DirectoryState, completion: Completion): Promise<OpenedSession | Refusal> {
    return this.parts.atomically(() => {
      if (this.parts.state.isStale(directory)) return stale();
      this.parts.adopt(directory, null);
      return this.parts.signIns.complete(completion);
    });
  }

  async proveFactor(sessionId: string, shown: ShownFactor, client: Client): Promise<LiveSession | Refusal> {
    return this.parts.atomically(() => this.parts.proofs.byFactor(sessionId, shown, client));
  }

  async startFactor(factor: NewFactor): Promise<{ recoveryCodesTaken: boolean }> {
    return this.parts.atomically(() => {
      const { factorId, step, sessionId, recoveryCodes } = factor;
      this.parts.secondSteps.takeStep(factorId, step, Date.now());
      this.parts.proofs.addMethods(sessionId, ['otp', 'mfa']);
      if (this.parts.secondSteps.recoveryCodesLeft() > 0) return { recoveryCodesTaken: false };
      this.parts.secondSteps.setRecoveryCodes(recoveryCodes);
      return { recoveryCodesTaken: true };
    });
  }

  async addMethods(sessionId: string, methods: string[]): Promise<void> {
    this.parts.atomically(() => this.parts.proofs.addMethods(sessionId, methods));
  }

  async setRecoveryCodes(hashes: string[], sessionId: string, client: Client): Promise<void> {
    this.parts.atomically(() => {
      if (!this.parts.state.get()) return;
      this.parts.secondSteps.setRecoveryCodes(hashes);
      this.parts.signIns.log('recovery_codes_made', sessionId, client);
    });
  }

  async factorUses(): Promise<FactorUses> {
    return {
      steps: this.parts.secondSteps.steps(),
      recoveryCodesLeft: this.parts.secondSteps.recoveryCodesLeft(),
      recoveryCodeUsedAt: this.parts.secondSteps.recoveryCodeUsedAt(),
    };
  }

  async passwordUsedAt(): Promise<number | null> {
    return this.parts.state.get() ? this.parts.sessions.openedBy('pwd') : null;
  }

  async forgetFactor(factorId: string | null): Promise<void> {
    this.parts.atomically(() => {
      if (this.parts.state.get()) this.parts.secondSteps.forget(factorId, factorId === null);
    });
  }

  #usePasskey(use: PasskeyUse, client: Client): Refusal | null {
    const outcome = this.parts.factors.use(use, Date.now());
    if (outcome === 'taken') return null;
    if (outcome === 'spent') return refused('invalid_passkey');
    this.parts.signIns.log('passkey_copied', null, client);
    return refused('invalid_passkey', {
      detail: 'Its counter did not rise: there may be a copy of it. Remove it, and add a new one.',
    });
  }

  // Clients of the authorization server.

  async consents(): Promise<ClientConsent[]> {
    return this.parts.grants.consents();
  }

  async issueCode(
    sessionId: string,
    code: NewGrantCode,
    consented: boolean,
    client: Client,
  ): Promise<{ result: 'ok' } | Refusal> {
    return this.parts.atomically(() => this.parts.grants.issueCode(sessionId, code, consented, client));
  }

  async issueCodeFor(
    directory: DirectoryState,
    session: NewSession,
    code: NewGrantCode,
  ): Promise<{ result: 'ok' } | Refusal> {
    return this.parts.atomically(() => {
      if (this.parts.state.isStale(directory)) return stale();
      this.parts.adopt(directory, null);
      return this.parts.grants.issueCodeFor(session, code);
    });
  }

  async redeemCode(
    redemption: CodeRedemption,
    client: Client,
    directory?: DirectoryState,
  ): Promise<RedeemedCode | Refusal> {
    return this.parts.atomically(() => {
      if (directory && this.parts.state.isStale(directory)) return stale();
      if (directory) this.parts.adopt(directory, null);
      return this.parts.grants.redeemCode(redemption, client);
    });
  }

  async takeIdentity(redemption: CodeRedemption, client: Client): Promise<{ identity: string } | Refusal> {
    return this.parts.atomically(() => this.parts.grants.takeIdentity(redemption, client));
  }

  async checkGrant(refreshToken: string): Promise<LiveSession | Refusal> {
    return this.parts.grants.check(refreshToken);
  }

  async endGrant(by: { refreshToken: string } | { sessionId: string }, clientId: string): Promise<boolean> {
    return this.parts.atomically(() => this.parts.grants.end(by, clientId));
  }

  async disconnectClient(whose: ClientAccess | string, client: Client): Promise<boolean> {
    // While a new version is rolled out, Workers of the one before say the client alone.
    const access = typeof whose === 'string' ? { clientId: whose } : whose;
    return this.parts.atomically(() => this.parts.grants.disconnect(access, client));
  }

  // By the alarm.

  override async alarm(): Promise<void> {
    await this.parts.schedule.run(
      {
        reconcile: () => this.parts.reconcile(),
        recall: () => this.parts.recall(),
        forget: () => this.parts.forget(),
        expire: async () => {
          if (this.parts.state.get()) this.parts.metering.expire(Date.now());
        },
        top_up: async () => {
          const userId = this.parts.state.get()?.userId;
          if (userId !== undefined) await tellFall(this.parts.d1, userId);
        },
        lapse: async () => this.parts.atomically(() => this.parts.noteLapse()),
      },
      [this.parts.projection, this.parts.pruning, this.parts.feed],
      Date.now(),
    );
  }
}

/** The row that came along is older than what the object knows: the caller has to read it again, from the primary. */
function stale(): Refusal {
  return refused('service_unavailable', { retryAfter: 1 });
}
