import type { SpentQuota } from '../directory/spent-before.ts';
import { type Refusal, refused } from '../errors.ts';
import { endOf, monthAfter, monthOf } from '../lib/calendar.ts';
import { rfc3339 } from '../lib/time.ts';
import { Alerts } from './alerts.ts';
import type { Atomically } from './atomic.ts';
import { BalanceWatch } from './balance-watch.ts';
import { CapBook, cappedNames, capUses } from './cap-book.ts';
import type { CapChange, SpendingReport } from './caps-contract.ts';
import { entitlementOf } from './entitlement.ts';
import { Ledger } from './ledger.ts';
import { createLedgerTables, ledgerTablesOf } from './ledger-tables.ts';
import { LotBook } from './lot-book.ts';
import type { MeteredState } from './metered-state.ts';
import {
  type CreditTransaction,
  type Entitlement,
  OPENING,
  type RequestKind,
  type Terms,
} from './metering-contract.ts';
import { upgradeMeteringTables } from './metering-upgrade.ts';
import { keepPastUses, type Past } from './past.ts';
import { References } from './references.ts';
import { ReservationBook } from './reservation-book.ts';
import { CREDITS, SHARED_COLUMNS, type Shared } from './sharing.ts';
import { GRANT } from './spent-quota.ts';
import type { Told } from './told.ts';
import { type MeterListener, UsageMeter } from './usage-meter.ts';

/** Whom the object meters at one moment (Unix milliseconds), and what they may use. */
export interface Metered {
  state: MeteredState;
  entitlement: Entitlement;
  now: number;
}

/** A request of a caller's, and the reference that stands for it, if any. */
export interface NamedRequest {
  kind: RequestKind;
  reference: string | null;
}

/** What is counted of one user. */
export interface MeteringBooks {
  references: References;
  usage: UsageMeter;
  ledger: Ledger;
}

const TABLES = [
  'quota_days',
  'overage_hours',
  'quota_warnings',
  'reservations',
  // Of earlier versions.
  'requests',
  'uses',
  'token_uses',
  'token_days',
  'credit_transactions',
  'credit_lots',
  'credit_reversals',
];

/** Which tables there are; kept beside them. Of an object that has none, or those of before, it is not there. */
const TABLES_VERSION = 4;
const TABLES_KEY = 'metering';
/** Credits of the plan that have expired, of which nobody has decided yet whether they roll over. */
const LAPSED = 'credits:lapsed';

interface Lapsed {
  amount: number;
  /** When the last of them has expired, Unix milliseconds. */
  at: number;
}

/** What it is made of. */
export interface MeteringDependencies {
  sql: SqlStorage;
  kv: SyncKvStorage;
  told: Told;
  atomically: Atomically;
  /** What the user's address had used when they came. */
  spentBefore: () => SpentQuota;
  /** Hears when credits expire next (Unix milliseconds), and has to see to it that `expire` is called. */
  onExpiry: (at: number) => void;
  listener: MeterListener;
  /** Where several share it. */
  shared?: Shared;
}

/**
 * Plan, quotas, model tokens and credits of one user. A plan's limits come with each call; when a plan lapses, or a day
 * or month begins, is the object's own to know.
 */
export class Metering {
  readonly #deps: MeteringDependencies;
  readonly #watch: BalanceWatch;
  #books: MeteringBooks | undefined;
  /** The month whose grant is known to be given. */
  #grantedMonth: string | undefined;
  #hasOpened = false;
  /** As the storage has it; undefined until somebody asks. */
  #lapsed: Lapsed | null | undefined;
  /** Whether webhooks want to hear of rows of the ledger, as the call said that is worked on. */
  #tellsCredits: boolean | undefined;
  readonly #caps: CapBook;

  constructor(deps: MeteringDependencies) {
    this.#deps = deps;
    this.#caps = new CapBook(deps.kv);
    this.#watch = new BalanceWatch(deps.kv);
  }

  /** Has `fallen` be told when the balance comes below so many credits, once for each fall; null for no more. */
  watch(below: number | null): void {
    this.#watch.set(below);
  }

  /**
   * Reads the user's books, once they have got what is due to them. Refuses with `user_not_found` when the object has no
   * user of the realm that asks.
   */
  run<Result>(
    state: MeteredState | undefined,
    terms: Terms,
    act: (metered: Metered, books: MeteringBooks) => Result,
  ): Result | Refusal {
    const { shared } = this.#deps;
    if (state?.realmId !== terms.realmId) return refused(shared?.refusals.none ?? 'user_not_found');
    const nobody = shared?.begin(terms.behalf);
    if (nobody) return nobody;
    this.#tellsCredits = terms.tellsCredits ?? false;
    const metered = { state, entitlement: entitlementOf(state, terms.plans), now: Date.now() };
    if (this.#books && !this.#isDue(metered, this.#books.ledger)) return act(metered, this.#books);
    return this.#deps.atomically(() => {
      const books = this.#open();
      if (this.#isDue(metered, books.ledger)) this.#settle(metered, books.ledger);
      return act(metered, books);
    });
  }

  /** As `run`, for what writes: all of it is done or nothing. */
  change<Result>(
    state: MeteredState | undefined,
    terms: Terms,
    act: (metered: Metered, books: MeteringBooks) => Result,
  ): Result | Refusal {
    return this.#deps.atomically(() => this.run(state, terms, act));
  }

  /**
   * As `change`, for a request of a caller's: refuses with `reference_reused` when its reference stands for one of another
   * kind. What was asked for under it, and came to what, each kind knows itself.
   */
  request<Result>(
    state: MeteredState | undefined,
    terms: Terms,
    { kind, reference }: NamedRequest,
    act: (metered: Metered, books: MeteringBooks) => Result,
  ): Result | Refusal {
    return this.change(state, terms, (metered, books) => {
      const known = reference === null ? null : books.references.kindOf(reference);
      return known === null || known === kind ? act(metered, books) : refused('reference_reused');
    });
  }

  /** As `request`, for what an account that is suspended may not do: refuses with `account_suspended`. */
  charge<Result>(
    state: MeteredState | undefined,
    terms: Terms,
    request: NamedRequest,
    act: (metered: Metered, books: MeteringBooks) => Result,
  ): Result | Refusal {
    return this.request(state, terms, request, (metered, books) =>
      metered.state.status === 'active' ? act(metered, books) : this.suspended(),
    );
  }

  /** What is said to who is suspended. */
  suspended(): Refusal {
    return refused(this.#deps.shared?.refusals.suspended ?? 'account_suspended');
  }

  /** Whether the plan's credits of a month were given. */
  hasGranted(month: string, { ledger }: Pick<MeteringBooks, 'ledger'>): boolean {
    return ledger.has(grantReference(month)) || this.#wasGranted(month);
  }

  /** Whether anything was ever counted of the user. */
  hasBooks(): boolean {
    const { kv, sql } = this.#deps;
    return this.#books !== undefined || kv.get(TABLES_KEY) !== undefined || ledgerTablesOf(sql) !== 'none';
  }

  /** Brings into the books what was used before the object knew of it. */
  keepPast(past: Past): void {
    if ([past.uses, past.tokenUses, past.days, past.tokenDays].every((rows) => rows.length === 0)) return;
    this.#open();
    keepPastUses(this.#deps.sql, past);
    this.reload();
  }

  /** The books, if there are any. */
  books(): MeteringBooks | null {
    return this.hasBooks() ? this.#open() : null;
  }

  /** The last month whose credits were given; null when none were. */
  grantedMonth(): string | null {
    return this.books()?.ledger.lastNamed('grant:')?.slice('grant:'.length) ?? null;
  }

  /** Has rows say on whose behalf, of books in which none did. To be called before `isNamed` says so. */
  nameRows(): void {
    if (!this.hasBooks()) return;
    this.#open();
    addSharedColumns(this.#deps.sql);
    this.reload();
  }

  /** What the user, and whoever had their address before, has used of what a day and a month bring. */
  spent(now: number): SpentQuota {
    if (!this.hasBooks()) return this.#deps.spentBefore();
    const books = this.#open();
    const spent = books.usage.spent(now);
    const month = monthOf(now);
    return this.hasGranted(month, books) ? { ...spent, [month]: { ...spent[month], [GRANT]: 1 } } : spent;
  }

  /** The caps of all that is spent, and what was used of what is capped. */
  spending(now: number, { usage, ledger }: MeteringBooks): SpendingReport {
    const caps = this.#caps.get();
    const spent = (name: string) => (name === CREDITS ? ledger.spent(now) : usage.quotas.spentOf(name, now));
    return { ...caps, used: capUses(cappedNames(caps.inForce), spent) };
  }

  /** The caps of all that is spent, by who has set them. */
  caps(): Pick<SpendingReport, 'own' | 'operator'> {
    const { own, operator } = this.#caps.get();
    return { own, operator };
  }

  /** Sets the caps of all that is spent. */
  cap(change: CapChange): void {
    this.#caps.set(change.by, change.caps);
    this.#deps.listener.capped?.(change);
  }

  /** Writes off the credits that have expired. */
  expire(now: number): void {
    this.#tellsCredits = undefined;
    this.#deps.shared?.begin(undefined);
    this.#deps.atomically(() => {
      this.#writeOff(this.#open().ledger, now);
      this.#scheduleExpiry();
    });
  }

  /** Reads all again: what was written last was undone. */
  reload(): void {
    this.#books = undefined;
    this.#grantedMonth = undefined;
    this.#hasOpened = false;
    this.#lapsed = undefined;
    this.#caps.reload();
    this.#watch.reload();
  }

  /** Forgets all of it, of a user who is no more. */
  erase(): void {
    const { kv, sql } = this.#deps;
    for (const table of TABLES) sql.exec(`DROP TABLE IF EXISTS ${table}`);
    kv.delete(TABLES_KEY);
    kv.delete(LAPSED);
    this.#caps.erase();
    this.#watch.set(null);
    this.reload();
  }

  /** Whether anything is to be written before the books say how the user stands. */
  #isDue({ state, entitlement, now }: Metered, ledger: Ledger): boolean {
    return (
      ledger.hasExpired(now) ||
      this.#unrolled() !== null ||
      this.#mayHaveOpening(state) ||
      this.#mayHaveGrant(state, entitlement, monthOf(now))
    );
  }

  /** Gives the user what is due to them, and takes what has expired. */
  #settle(metered: Metered, ledger: Ledger): void {
    this.#writeOff(ledger, metered.now);
    this.#rollOver(metered, ledger);
    this.#carryOver(metered, ledger);
    this.#grant(metered, ledger);
  }

  /** Writes off what has expired. What of it was the plan's may roll over: the next call knows the plan. */
  #writeOff(ledger: Ledger, now: number): void {
    const lapsed = ledger.expire(now);
    if (!lapsed) return;
    const before = this.#unrolled();
    this.#lapsed = { amount: lapsed.amount + (before?.amount ?? 0), at: lapsed.at };
    this.#deps.kv.put(LAPSED, this.#lapsed);
  }

  #unrolled(): Lapsed | null {
    if (this.#lapsed === undefined) this.#lapsed = this.#deps.kv.get<Lapsed>(LAPSED) ?? null;
    return this.#lapsed;
  }

  /** Lets what the plan allows of its credits that have expired be spent for another month. */
  #rollOver({ entitlement, now }: Metered, ledger: Ledger): void {
    const lapsed = this.#unrolled();
    if (!lapsed) return;
    this.#deps.kv.delete(LAPSED);
    this.#lapsed = null;
    const { rolloverCredits: most = 0 } = entitlement.plan;
    const amount = Math.min(lapsed.amount, most ?? lapsed.amount);
    if (amount === 0) return;
    let expiresAt = monthAfter(lapsed.at);
    while (expiresAt <= now) expiresAt = monthAfter(expiresAt);
    // Named by when they expired: no two are of the same moment.
    const reference = `rollover:${rfc3339(lapsed.at)}`;
    ledger.add(
      { type: 'grant', amount, reference, expiresAt, description: null, actor: 'system' },
      null,
      now,
    );
  }

  #mayHaveOpening({ openingCredits }: MeteredState): boolean {
    return (openingCredits ?? 0) > 0 && !this.#hasOpened;
  }

  #mayHaveGrant({ subscribed }: MeteredState, { plan }: Entitlement, month: string): boolean {
    return !subscribed && plan.monthlyCredits > 0 && this.#grantedMonth !== month;
  }

  /** Gives the credits that the user brought along, once, at the first call of any kind. */
  #carryOver({ state, now }: Metered, ledger: Ledger): void {
    const amount = state.openingCredits ?? 0;
    if (!this.#mayHaveOpening(state)) return;
    this.#hasOpened = true;
    // Once: the ledger knows the reference.
    ledger.add({ type: 'grant', amount, ...OPENING, expiresAt: null, actor: 'system' }, null, now);
  }

  /**
   * Gives this month's credits at the first call of any kind: of the user, a service, the Cron Trigger. Those of a
   * subscription come with its invoices.
   */
  #grant({ state, entitlement, now }: Metered, ledger: Ledger): void {
    const month = monthOf(now);
    const amount = entitlement.plan.monthlyCredits;
    if (!this.#mayHaveGrant(state, entitlement, month)) return;
    const reference = grantReference(month);
    this.#grantedMonth = month;
    if (ledger.has(reference) || this.#wasGranted(month)) return;
    const expiresAt = endOf('month', now);
    ledger.add(
      { type: 'grant', amount, reference, expiresAt, description: null, actor: 'system' },
      null,
      now,
    );
  }

  #wasGranted(month: string): boolean {
    return (this.#deps.spentBefore()[month]?.[GRANT] ?? 0) > 0;
  }

  #open(): MeteringBooks {
    if (this.#books) return this.#books;
    const { kv, sql, told, spentBefore, listener, shared } = this.#deps;
    const version = kv.get<number>(TABLES_KEY);
    if (version !== TABLES_VERSION) {
      if (ledgerTablesOf(sql) === 'none') {
        UsageMeter.createTables(sql);
        createLedgerTables(sql);
        // Nobody is named who is the only one.
        if (shared?.isNamed()) addSharedColumns(sql);
      } else {
        if (version === 2) ReservationBook.addOverage(sql);
        if (version === 2 || version === 3) UsageMeter.addMeters(sql);
        else upgradeMeteringTables(sql, told);
        if (version !== 3) LotBook.addSources(sql);
      }
      kv.put(TABLES_KEY, TABLES_VERSION);
    }
    const onRow = (transaction: CreditTransaction) => {
      if (transaction.amount > 0) this.#scheduleExpiry();
      // The directory knows whose month was given, so that nobody asks twice.
      if (transaction.type === 'grant') listener.granted();
      listener.booked(transaction.seq, this.#tellsCredits);
      if (this.#watch.hasFallen(transaction.balanceAfter)) listener.fallen();
    };
    const sharing = shared?.isNamed() ? shared : undefined;
    const held = (now: number) => this.#books?.usage.reservations.heldOf(CREDITS, now) ?? new Map();
    const alerts = new Alerts(sql, this.#caps, (alert) => listener.alert(alert), sharing);
    const ledger = new Ledger(sql, onRow, this.#caps, alerts, held, sharing);
    this.#books = {
      references: new References(sql),
      usage: new UsageMeter(sql, told, spentBefore, listener, this.#caps, alerts, ledger, sharing),
      ledger,
    };
    return this.#books;
  }

  #scheduleExpiry(): void {
    const next = this.#books?.ledger.nextExpiry();
    if (next) this.#deps.onExpiry(next);
  }
}

function addSharedColumns(sql: SqlStorage): void {
  for (const [table, column] of SHARED_COLUMNS) sql.exec(`ALTER TABLE ${table} ADD COLUMN ${column} TEXT`);
}

function grantReference(month: string): string {
  return `grant:${month}`;
}
