import type { Bindings, Config } from '../config/config.ts';
import { CONTROL } from '../config/databases.ts';
import { deriveKeyring } from '../crypto/keys.ts';
import { primary } from '../db/client.ts';
import { directoryState, findById } from '../directory/service.ts';
import { type DirectoryState, FIRST_ENTRY } from '../directory/state.ts';
import { describeFailure, log } from '../lib/log.ts';
import { SECOND } from '../lib/time.ts';
import { eventSenderOf } from '../sinks/registry.ts';
import { ActivityLog } from './activity-log.ts';
import { mailOf } from './alerts.ts';
import { type Atomically, transactionsOf } from './atomic.ts';
import { AttemptLimit } from './attempt-limit.ts';
import { ChosenOrganizations } from './chosen-organizations.ts';
import type { NewSession } from './contract.ts';
import type { CopyOutcome, CopyPart } from './copy-contract.ts';
import { configOf, databasesIn } from './environment.ts';
import { eraseTraces } from './erasure.ts';
import { EventFeed } from './event-feed.ts';
import { FactorBook } from './factors.ts';
import { GrantBook } from './grant-book.ts';
import { Grants } from './grants.ts';
import { History } from './history.ts';
import { HookClaims } from './hook-claims.ts';
import { KeySharing } from './key-sharing.ts';
import { firstDevices, KnownDevices } from './known-devices.ts';
import { LastNotices } from './last-notices.ts';
import { MemberSums } from './member-sums.ts';
import { Metering } from './metering.ts';
import { dropHalf, putBackInto } from './object-copy.ts';
import { fetchPast } from './past.ts';
import { ProductKeyBook } from './product-keys.ts';
import { Projection } from './projection.ts';
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

/**
 * What the object does by its alarm at a time of its own: catches up with the directory, fetches what that holds of the user's past, clears
 * away, writes credits off that have expired, notes that the plan has lapsed, tells that credits have to be bought again.
 */
type Job = 'reconcile' | 'recall' | 'forget' | 'expire' | 'lapse' | 'top_up';

/** When the plan lapsed whose end is in the log. */
const LAPSED = 'lapsed';
/** After how long an announced write that nobody reported is looked up, and traces of a deleted user are erased. */
const RECONCILE_DELAY = 10 * SECOND;

/**
 * What an account object is made of, and how it keeps up with the directory. One for each instance: what its parts keep in memory is of its
 * storage.
 */
export class AccountParts {
  readonly config: Config;
  readonly atomically: Atomically;
  readonly state: AccountStateStore;
  readonly schedule: ObjectSchedule<Job>;
  readonly told: Told;
  readonly activity: ActivityLog;
  readonly sessions: SessionBook;
  readonly projection: Projection;
  readonly attempts: AttemptLimit;
  readonly devices: KnownDevices;
  readonly factors: FactorBook;
  readonly secondSteps: SecondStepBook;
  readonly signIns: SignIns;
  readonly proofs: SessionProofs;
  readonly grants: Grants;
  readonly addressQuotas: AddressQuotas;
  readonly lastNotices: LastNotices;
  readonly hookClaims: HookClaims;
  readonly organizations: ChosenOrganizations;
  readonly keys: ProductKeyBook;
  /** What was used by each key. */
  readonly keySums: MemberSums;
  readonly metering: Metering;
  readonly history: History;
  readonly feed: EventFeed;
  readonly pruning: StandingWork = {
    run: async () => {
      if (this.state.get()) this.atomically(() => this.history.prune(Date.now()));
    },
    next: () => this.atomically(() => (this.state.get() ? this.history.nextPruning() : null)),
  };
  readonly #ctx: DurableObjectState;
  readonly #bindings: () => Bindings;

  /** `bindings`: those that the object has when it is asked. */
  constructor(ctx: DurableObjectState, bindings: () => Bindings) {
    this.#ctx = ctx;
    this.#bindings = bindings;
    const { kv, sql } = ctx.storage;
    this.config = configOf(bindings());
    this.atomically = transactionsOf(ctx.storage, () => this.reload());
    this.state = new AccountStateStore(kv);
    this.told = new Told(kv, () => this.state.get()?.hasFirstEntry ?? false);
    this.schedule = new ObjectSchedule(ctx.storage);
    this.activity = new ActivityLog(sql, this.told, this.state);
    this.sessions = new SessionBook(sql, deriveKeyring(this.config, 'refresh-token'), this.state, (ended) =>
      this.projection.tell('logout', ended),
    );
    this.attempts = new AttemptLimit(kv);
    this.devices = new KnownDevices(kv, () => this.state.devices());
    this.factors = new FactorBook(kv);
    this.secondSteps = new SecondStepBook(kv);
    this.addressQuotas = new AddressQuotas(kv, () => this.state.address());
    this.lastNotices = new LastNotices(kv);
    this.hookClaims = new HookClaims(kv);
    this.organizations = new ChosenOrganizations(kv);
    this.keys = new ProductKeyBook(kv);
    this.keySums = new MemberSums(sql, kv, this.told);
    this.metering = new Metering({
      sql,
      kv,
      told: this.told,
      atomically: this.atomically,
      spentBefore: () => this.addressQuotas.spentBefore() ?? {},
      onExpiry: (at) => this.schedule.at('expire', at),
      listener: {
        used: () => this.projection.later(),
        granted: () => this.projection.soon(),
        booked: (seq, tells) => {
          this.feed.later();
          this.projection.booked(seq, tells);
          // What is summed up needs not be looked up.
          if (this.keys.isNamed()) this.projection.later();
        },
        fallen: () => this.schedule.at('top_up', Date.now()),
        alert: (alert) => this.projection.tell('mail', mailOf(alert)),
        capped: ({ caps, actor, sessionId, client }) =>
          this.projection.log({
            ...{ type: 'caps_changed', sessionId, client, details: { caps } },
            ...(actor !== null && { actor }),
          }),
      },
      shared: new KeySharing(this.keys, this.keySums),
    });
    this.projection = new Projection({
      sql,
      told: this.told,
      atomically: this.atomically,
      activity: this.activity,
      standing: () => ({
        ...this.sessions.standing(Date.now()),
        grantedMonth: this.metering.grantedMonth(),
      }),
      foldKeys: () => {
        if (this.keys.isNamed() && this.metering.hasBooks()) this.keySums.fold();
      },
      sums: () => {
        // The sum of a month is not known before its past is.
        if (this.schedule.isDue('recall')) return null;
        return this.metering.books()?.usage ?? null;
      },
      wake: (at) => this.schedule.wake(at),
      sumDelay: this.config.PROJECTION_SECONDS * SECOND,
      callForDelivery: () => this.callForDelivery(),
      target: () => {
        const userId = this.state.get()?.userId;
        return userId === undefined ? null : { d1: this.d1, userId };
      },
    });
    const shownFactors = new ShownFactors({
      state: this.state,
      projection: this.projection,
      factors: this.factors,
      secondSteps: this.secondSteps,
      origin: this.config.ORIGIN,
    });
    this.signIns = new SignIns({
      atomically: this.atomically,
      state: this.state,
      projection: this.projection,
      attempts: this.attempts,
      sessions: this.sessions,
      devices: this.devices,
      organizations: this.organizations,
      secondSteps: this.secondSteps,
      shownFactors,
      origin: this.config.ORIGIN,
    });
    this.proofs = new SessionProofs({
      signIns: this.signIns,
      sessions: this.sessions,
      attempts: this.attempts,
      shownFactors,
    });
    this.grants = new Grants({
      book: new GrantBook(kv),
      sessions: this.sessions,
      signIns: this.signIns,
      state: this.state,
      organizations: this.organizations,
    });
    this.history = new History(this.activity, this.sessions, this.metering, this.keySums, {
      activity: this.config.ACTIVITY_DAYS,
      uses: this.config.USAGE_EVENT_DAYS,
    });
    this.feed = new EventFeed({
      sql,
      kv,
      told: this.told,
      atomically: this.atomically,
      sender: () => eventSenderOf(bindings()),
      d1: () => this.d1,
      source: this.config.ORIGIN,
      subject: () => identified(this.state.get()),
      deleted: () => identified(this.state.deleted()),
      hasBooks: () => this.metering.books() !== null,
      beginLog: () => this.activity.begin(),
      wake: (at) => this.schedule.wake(at),
      delay: this.config.PROJECTION_SECONDS * SECOND,
    });
    if (this.state.hasOldTables()) this.atomically(() => this.upgrade());
  }

  /** Reads again what is kept in memory of the storage, which may be of what was undone. */
  reload(): void {
    this.state.reload();
    this.told.reload();
    this.activity.reload();
    this.sessions.reload();
    this.addressQuotas.reload();
    this.organizations.reload();
    this.keys.reload();
    this.keySums.reload();
    this.metering.reload();
    this.projection.reload();
    this.feed.reload();
    this.schedule.reload();
  }

  /** Gives the tables of an earlier version their present form. */
  upgrade(): void {
    const { kv, sql } = this.#ctx.storage;
    const tables = this.state.get()?.tables;
    if (tables === undefined) {
      upgradeTables(sql, this.told);
      this.schedule.at('recall', Date.now());
    } else {
      if (tables < 3) SessionTable.addGrants(sql);
      if (tables < 5) SessionTable.addKeys(sql);
      SessionTable.addOrganizations(sql);
    }
    new GrantBook(kv).upgrade();
    // From version 5 on the log has no table before there is a second entry, and has the column from the first.
    if (tables === undefined || tables < 5) ActivityLog.addEvents(sql);
    this.state.noteTables();
  }

  /** Puts lines of a backup back, into an account that nobody has used. */
  putBack(part: CopyPart): CopyOutcome {
    const takeOver = () => {
      this.reload();
      if (!this.state.get()) throw new Error('it is the copy of nobody');
      this.state.noteDatabase(part.database);
      if (this.state.hasOldTables()) this.upgrade();
      // Objects of organizations tell again what their user is there.
      this.organizations.forgetVersions();
      this.schedule.wake(part.reconcileAt);
    };
    const isUsed = () => this.state.get() !== undefined || this.state.deleted() !== undefined;
    const { storage } = this.#ctx;
    return putBackInto({ storage, atomically: this.atomically, isUsed, takeOver }, part);
  }

  /** Forgets a user who was deleted, but for what others still have to hear. */
  async deleteUser(user: { userId: string; realmId: string }): Promise<void> {
    this.atomically(() => {
      const spent = this.addressQuotas.leaving(() => this.metering.spent(Date.now()));
      const unsent = this.feed.leaving();
      const now = Date.now();
      let heard: EndedGrant[] = [];
      if (this.state.get()) {
        heard = [...this.projection.waitingEnds(), ...this.sessions.heard(now)];
        for (const table of ['sessions', 'past_sessions', 'activity', 'facts']) {
          this.#ctx.storage.sql.exec(`DROP TABLE IF EXISTS ${table}`);
        }
        this.metering.erase();
        this.keySums.erase();
        this.keys.erase();
        this.hookClaims.forget();
        this.organizations.forget();
      } else dropHalf(this.#ctx.storage);
      this.state.markDeleted(user);
      this.told.reload();
      this.activity.reload();
      this.sessions.reload();
      this.schedule.at('forget', Date.now() + RECONCILE_DELAY);
      this.addressQuotas.leave(spent);
      this.feed.leave(unsent);
      this.lastNotices.leave(user.userId, heard, now);
    });
    // What was used since it was announced, or all if nobody did; should it fail, the alarm does it.
    await this.addressQuotas.handOver(this.d1).catch(() => {});
  }

  /** Fetches what the directory still holds of the user's past. */
  async recall(): Promise<void> {
    const state = this.state.get();
    if (!state) return;
    await fetchPast(this.d1, state.userId, (past) => {
      if (!this.state.get()) return;
      this.atomically(() => {
        this.activity.keep(past.activity);
        this.sessions.past.keep(past.sessions);
        this.metering.keepPast(past);
      });
    });
  }

  /** Catches up with a write to the directory whose maker never came back to report it. */
  async reconcile(): Promise<void> {
    const state = this.state.get();
    if (!state) return;
    const row = await findById(primary(this.d1).db, state.userId);
    if (row) this.atomically(() => this.adopt(directoryState(row, state.database), null));
    else await this.deleteUser(state);
  }

  /** Puts the end of a plan into the log, once: it has lapsed without that. */
  noteLapse(): void {
    const state = this.state.get();
    const at = this.state.planExpiry();
    if (!state || at === null || this.#ctx.storage.kv.get(LAPSED) === at) return;
    if (at > Date.now()) {
      this.schedule.at('lapse', at);
      return;
    }
    this.#ctx.storage.kv.put(LAPSED, at);
    this.projection.log({ type: 'plan_expired', sessionId: null, client: null, actor: 'system' });
  }

  /** Clears away a user who was deleted; a decoy forgets the identifier that it stood for. */
  async forget(): Promise<void> {
    const deleted = this.state.deleted();
    if (deleted) {
      await this.addressQuotas.handOver(this.d1);
      await this.lastNotices.handOver(this.d1);
      await eraseTraces(this.d1, this.#bindings().AVATARS, deleted.userId);
    } else if (!this.state.get()) await this.#ctx.storage.deleteAll();
  }

  /** The database with the user's row. One that does not answer holds up no job for good, and nobody who signs up. */
  get d1(): D1Database {
    return databasesIn(this.#bindings()).get(this.state.database() ?? CONTROL);
  }

  /** Finds out what the user's address has used already, before anything is counted of a new user. */
  lookUpAddress(user: DirectoryState): void {
    if (this.addressQuotas.spentBefore()) return;
    const is = { new: !this.metering.hasBooks(), gone: () => this.state.deleted() !== undefined };
    const keys = deriveKeyring(this.config, 'address');
    void this.#ctx.blockConcurrencyWhile(() => this.addressQuotas.lookUp(this.d1, keys, user, is));
  }

  /** Has what webhooks are told delivered at once, where there is a queue to do it by. */
  async callForDelivery(): Promise<void> {
    const { database = CONTROL } = this.state.get() ?? {};
    await this.#bindings()
      .DELIVERIES?.send({ database })
      .catch((error: unknown) => log('error', 'queue_failed', { error: describeFailure(error) }));
  }

  /** Looks at the directory soon, should nobody tell how the change went that is about to be made. */
  expectChange(): void {
    this.schedule.at('reconcile', Date.now() + RECONCILE_DELAY);
  }

  /** Takes over what the directory says of the user; whoever is new to the object is known from then on. `opening` is the session that comes along. */
  adopt(directory: DirectoryState, keepSession: string | null, opening?: NewSession): void {
    if (this.state.isStale(directory)) return;
    const beginning = opening && !this.state.get() ? beginningOf(opening) : undefined;
    if (!beginning) this.lookUpAddress(directory);
    if (!this.state.get()) {
      dropHalf(this.#ctx.storage);
      if (!beginning) SessionTable.create(this.#ctx.storage.sql);
      this.sessions.reload();
      this.told.reload();
      this.schedule.begin();
    }
    const isNews = this.state.adopt(directory, beginning);
    this.noteLapse();
    if (!isNews) return;
    // Also where recovery has ended the factors: those of a stranger must not go with the next.
    const { factors } = directory;
    if (factors && factors.totp + factors.passkeys === 0) this.secondSteps.dropRecoveryCodes();
    if (directory.hasPast) this.schedule.at('recall', Date.now());
    this.signIns.endOutdated(directory, keepSession);
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

/** A user as the feed of events knows them. */
function identified(user: { userId: string; realmId: string } | undefined) {
  return user && { id: user.userId, realmId: user.realmId };
}
