import { type Atomically, transactionsOf } from '../account/atomic.ts';
import { tellFall } from '../account/balance-watch.ts';
import type { CopyOutcome, CopyPart } from '../account/copy-contract.ts';
import { configOf, databasesIn } from '../account/environment.ts';
import { EventFeed } from '../account/event-feed.ts';
import { SUM_DAYS } from '../account/history-contract.ts';
import { MemberSums } from '../account/member-sums.ts';
import { Metering } from '../account/metering.ts';
import { dropHalf, putBackInto } from '../account/object-copy.ts';
import { OVERAGE_KEPT } from '../account/overage-book.ts';
import { ProductKeyBook } from '../account/product-keys.ts';
import { ObjectSchedule, type StandingWork } from '../account/schedule.ts';
import { Told } from '../account/told.ts';
import { REPEATABLE } from '../account/use-book.ts';
import type { Bindings, Config } from '../config/config.ts';
import { CONTROL } from '../config/databases.ts';
import { stubsById } from '../config/stubs.ts';
import { backoff } from '../lib/backoff.ts';
import { dateOf } from '../lib/calendar.ts';
import { describeFailure, log } from '../lib/log.ts';
import { DAY, HOUR, SECOND } from '../lib/time.ts';
import { eventSenderOf } from '../sinks/registry.ts';
import type { MemberAccount, Membership, OrganizationState } from './contract.ts';
import { MemberSharing } from './member-sharing.ts';
import { MemberTable } from './member-table.ts';
import { readOrganization, readRoles } from './organization-reader.ts';
import { type DeletedOrganization, OrganizationStateStore } from './organization-state.ts';
import { WalletProjection } from './wallet-projection.ts';

/**
 * What the object does by its alarm at a time of its own, besides telling the directory what was used: catches up with the directory,
 * tells members what they are now, writes credits off that have expired, tells that credits have to be bought again.
 */
type Job = 'reconcile' | 'tell' | 'expire' | 'top_up';

/** After how long an announced write that nobody reported is looked up. */
const RECONCILE_DELAY = 10 * SECOND;
/** Members that are told at once; a call may make about 50 calls of its own. */
const TELLS = 30;
const TELL_TRIES = 'tell_tries';
const LONGEST_WAIT = HOUR;

/** What the object of an organization is made of, and how it keeps up with the directory. One for each instance. */
export class OrganizationParts {
  readonly config: Config;
  readonly atomically: Atomically;
  readonly state: OrganizationStateStore;
  readonly members: MemberTable;
  readonly sums: MemberSums;
  readonly keys: ProductKeyBook;
  readonly sharing: MemberSharing;
  readonly schedule: ObjectSchedule<Job>;
  readonly told: Told;
  readonly metering: Metering;
  readonly projection: WalletProjection;
  readonly feed: EventFeed;
  readonly pruning: StandingWork = {
    run: async () => this.atomically(() => this.#prune(Date.now())),
    next: () => this.#nextPruning(),
  };
  readonly #ctx: DurableObjectState;
  readonly #bindings: () => Bindings;
  /** Of those who were told last and could not be, the last in the order of their ids. */
  #failedUpTo = '';

  /** `bindings`: those that the object has when it is asked. */
  constructor(ctx: DurableObjectState, bindings: () => Bindings) {
    this.#ctx = ctx;
    this.#bindings = bindings;
    const { kv, sql } = ctx.storage;
    this.config = configOf(bindings());
    this.atomically = transactionsOf(ctx.storage, () => this.reload());
    this.state = new OrganizationStateStore(kv);
    this.members = new MemberTable(sql);
    this.told = new Told(kv, () => false);
    this.sums = new MemberSums(sql, kv, this.told);
    this.keys = new ProductKeyBook(kv);
    this.sharing = new MemberSharing(
      kv,
      this.members,
      this.sums,
      this.keys,
      () => this.metering.books()?.usage.reservations ?? null,
    );
    this.schedule = new ObjectSchedule(ctx.storage);
    const nothing: Record<string, never> = {};
    this.metering = new Metering({
      sql,
      kv,
      told: this.told,
      atomically: this.atomically,
      spentBefore: () => nothing,
      onExpiry: (at) => this.schedule.at('expire', at),
      listener: {
        used: () => this.projection.later(),
        granted: () => {},
        booked: (seq, tells) => {
          this.feed.later();
          this.projection.booked(seq, tells);
        },
        alert: (alert) => this.projection.alert(alert),
        fallen: () => this.schedule.at('top_up', Date.now()),
      },
      shared: this.sharing,
    });
    this.projection = new WalletProjection({
      sql,
      told: this.told,
      atomically: this.atomically,
      sums: this.sums,
      books: () => this.metering.books(),
      wake: (at) => this.schedule.wake(at),
      callForDelivery: () => this.#callForDelivery(),
      delay: this.config.PROJECTION_SECONDS * SECOND,
      target: () => {
        const organizationId = this.state.get()?.organizationId;
        return organizationId === undefined ? null : { d1: this.#d1, organizationId };
      },
      roles: () => readRoles(databasesIn(bindings()).control, this.state.get()?.realmId ?? ''),
    });
    this.feed = new EventFeed({
      sql,
      kv,
      told: this.told,
      atomically: this.atomically,
      sender: () => eventSenderOf(bindings()),
      d1: () => this.#d1,
      source: this.config.ORIGIN,
      subject: () => identified(this.state.get()),
      deleted: () => identified(this.state.deleted()),
      hasBooks: () => this.metering.books() !== null,
      beginLog: null,
      wake: (at) => this.schedule.wake(at),
      delay: this.config.PROJECTION_SECONDS * SECOND,
    });
  }

  /** Reads again what is kept in memory of the storage, which may be of what was undone. */
  reload(): void {
    this.state.reload();
    this.told.reload();
    this.members.reload();
    this.sums.reload();
    this.keys.reload();
    this.sharing.reload();
    this.metering.reload();
    this.projection.reload();
    this.feed.reload();
    this.schedule.reload();
  }

  /** Looks at the directory soon, should nobody tell how the change went that is about to be made. */
  expectChange(): void {
    this.schedule.at('reconcile', Date.now() + RECONCILE_DELAY);
  }

  /** Has the alarm tell members, should whoever changed something not come to it. */
  expectTold(): void {
    this.schedule.at('tell', Date.now() + RECONCILE_DELAY);
  }

  /** Takes over what the directory says, and of whom. What is older changes nothing. */
  adopt(organization: OrganizationState, members: Membership[]): void {
    if (this.state.deleted()) return;
    if (!this.state.get()) dropHalf(this.#ctx.storage);
    this.state.adopt(organization);
    this.members.create();
    const isNews = members.map((member) => this.members.put(member));
    if (isNews.includes(true)) this.expectTold();
  }

  /** Puts lines of a backup back, into the object of an organization that nobody has used. */
  putBack(part: CopyPart): CopyOutcome {
    const takeOver = () => {
      this.reload();
      if (!this.state.get()) throw new Error('it is the copy of nobody');
      this.state.noteDatabase(part.database);
      // The database was copied before: whoever is in it is a member, and nobody else.
      this.state.forgetVersion();
      this.members.forgetVersions();
      this.schedule.wake(part.reconcileAt);
    };
    const isUsed = () => this.state.get() !== undefined || this.state.deleted() !== undefined;
    const { storage } = this.#ctx;
    return putBackInto({ storage, atomically: this.atomically, isUsed, takeOver }, part);
  }

  /** Forgets an organization that is no more, but for whom has to hear of it. */
  delete(organization: DeletedOrganization): void {
    if (this.state.deleted()) return;
    const unsent = this.feed.leaving();
    this.metering.erase();
    this.sums.erase();
    this.projection.erase();
    this.keys.erase();
    this.members.end();
    this.state.markDeleted(organization);
    this.reload();
    this.feed.leave(unsent);
    this.expectTold();
  }

  /** Catches up with a write to the directory whose maker never came back to report it. */
  async reconcile(): Promise<void> {
    if (this.state.deleted()) return;
    const state = this.state.get();
    // Its maker may have died before anybody said whose object this is.
    const organizationId = state?.organizationId ?? this.#ctx.id.name;
    if (organizationId === undefined) return;
    const read = await readOrganization(databasesIn(this.#bindings()), organizationId, state?.database);
    this.atomically(() => {
      if (read) {
        const { organization, members } = read;
        this.adopt(organization, members);
        const userIds = new Set(members.map(({ userId }) => userId));
        if (this.state.get() && this.members.keepOnly(userIds, organization.version)) this.expectTold();
      } else if (state) this.delete(state);
    });
    await this.tryToTell();
  }

  /** Tells members at once; what fails comes by the alarm. Never throws: what they are told of is done. */
  async tryToTell(): Promise<void> {
    await this.tellSome().catch((error: unknown) =>
      log('error', 'membership_untold', { error: describeFailure(error) }),
    );
  }

  /** Tells members what they are now, as many as one call can; what fails, and the rest, comes by the alarm. */
  async tellSome(): Promise<void> {
    const organizationId = (this.state.get() ?? this.state.deleted())?.organizationId;
    let untold = organizationId === undefined ? [] : this.members.untold(TELLS, this.#failedUpTo);
    // Those who could not be told hold nobody up.
    if (untold.length === 0 && this.#failedUpTo !== '') untold = this.members.untold(TELLS);
    if (organizationId === undefined || untold.length === 0) return this.#settleTells(0);
    const accounts = stubsById<MemberAccount>(this.#bindings().ACCOUNT, this.config);
    const heard = await Promise.all(
      untold.map(async ({ userId, ...membership }) => {
        try {
          await accounts(userId).membershipChanged(organizationId, membership);
          return true;
        } catch (error) {
          log('error', 'membership_untold', { error: describeFailure(error) });
          return false;
        }
      }),
    );
    this.atomically(() => {
      for (const [index, member] of untold.entries()) if (heard[index]) this.members.noteTold(member);
    });
    this.#failedUpTo = heard.includes(false) ? (untold.at(-1)?.userId ?? '') : '';
    this.#settleTells(heard.includes(true) ? 0 : this.#tries() + 1);
  }

  /** Sees to it that the rest is told, after so many tries that told nobody. */
  #settleTells(tries: number): void {
    const isLeft = this.members.untold(1).length > 0;
    this.atomically(() => {
      const { kv } = this.#ctx.storage;
      if (tries > 0) kv.put(TELL_TRIES, tries);
      else if (this.#tries() > 0) kv.delete(TELL_TRIES);
      if (isLeft) this.schedule.at('tell', Date.now() + (tries > 0 ? backoff(tries, LONGEST_WAIT) : SECOND));
      else if (this.state.deleted()) this.members.drop();
    });
  }

  #tries(): number {
    return this.#ctx.storage.kv.get<number>(TELL_TRIES) ?? 0;
  }

  /** Has what webhooks are told delivered at once, where there is a queue to do it by. */
  async #callForDelivery(): Promise<void> {
    const { database = CONTROL } = this.state.get() ?? {};
    await this.#bindings()
      .DELIVERIES?.send({ database })
      .catch((error: unknown) => log('error', 'queue_failed', { error: describeFailure(error) }));
  }

  /** Tells the directory that few credits are left. */
  async tellFall(): Promise<void> {
    const organizationId = this.state.get()?.organizationId;
    if (organizationId !== undefined) await tellFall(this.#d1, organizationId);
  }

  /** The database with the row of the organization. */
  get #d1(): D1Database {
    return databasesIn(this.#bindings()).get(this.state.get()?.database ?? CONTROL);
  }

  #prune(now: number): void {
    const next = this.#nextPruning();
    if (next === null || now < next) return;
    const usage = this.metering.books()?.usage;
    usage?.uses.prune(now - this.#usesKept());
    usage?.reservations.prune(now);
    const first = dateOf(now - SUM_DAYS * DAY);
    usage?.quotas.prune(first);
    usage?.tokens.prune(first);
    usage?.overage.prune(now - OVERAGE_KEPT);
    this.sums.prune(first);
  }

  #nextPruning(): number | null {
    const usage = this.state.get() ? this.metering.books()?.usage : null;
    const used = usage?.uses.oldest() ?? null;
    const day = usage?.quotas.oldest() ?? null;
    if (used !== null) return used + this.#usesKept() + DAY;
    return day === null ? null : Date.parse(day) + (SUM_DAYS + 1) * DAY;
  }

  /** A use is what a request that is repeated is known by, too. */
  #usesKept(): number {
    return Math.max(this.config.USAGE_EVENT_DAYS * DAY, REPEATABLE);
  }
}

/** An organization as the feed of events knows it. */
function identified(organization: { organizationId: string; realmId: string } | undefined) {
  return organization && { id: organization.organizationId, realmId: organization.realmId };
}
