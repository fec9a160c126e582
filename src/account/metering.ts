import type { ErrorCode, Refusal } from '../errors.ts';
import { endOf, monthOf } from '../lib/calendar.ts';
import { AccountBase } from './base.ts';
import type { AccountState } from './contract.ts';
import { entitlementOf } from './entitlement.ts';
import { Ledger } from './ledger.ts';
import type {
  Addition,
  AuthorizeResult,
  ConsumeResult,
  Consumption,
  CreditObject,
  CreditResult,
  Decision,
  Entitlement,
  PlanObject,
  QuotaReport,
  Refund,
  Request,
  ReservationResult,
  Reversal,
  Reversed,
  Subscription,
  Terms,
  TokenUse,
  Transaction,
  UsageObject,
  Use,
} from './metering-contract.ts';
import { RequestBook } from './request-book.ts';
import { UsageMeter } from './usage-meter.ts';

type Outcome<Value> = ({ result: 'ok' } & Value) | Refusal;

/** The user of the object at one moment (Unix milliseconds), and what they may use. */
interface Metered {
  state: AccountState;
  entitlement: Entitlement;
  now: number;
}

interface Books {
  usage: UsageMeter;
  requests: RequestBook;
  ledger: Ledger;
}

/** The reference of what the user brought along. */
const OPENING = 'grant:opening';

const TABLES = [
  'quota_days',
  'quota_warnings',
  'reservations',
  'requests',
  'token_days',
  'credit_transactions',
  'credit_lots',
  'credit_reversals',
];

/**
 * The part of the account object that meters: plan, quotas, model tokens, credits. Each call checks and changes in one
 * step, without D1. A plan's limits come with the call; when a plan lapses, or a day or month begins, is the object's
 * own to know.
 */
export abstract class MeteredAccount extends AccountBase implements PlanObject, UsageObject, CreditObject {
  #books: Books | undefined;
  /** The month whose grant is known to be given. */
  #grantedMonth: string | undefined;
  #hasOpened = false;

  async subscription(terms: Terms): Promise<Outcome<Subscription>> {
    return this.#meter(terms, ({ state, entitlement }) => ({
      result: 'ok',
      ...entitlement,
      expiresAt: state.planExpiresAt,
    }));
  }

  async grantMonthly(terms: Terms): Promise<Outcome<{ granted: boolean }>> {
    return this.#meter(terms, ({ now }, { ledger }) => ({
      result: 'ok',
      granted: ledger.has(grantReference(monthOf(now))),
    }));
  }

  async quotas(terms: Terms): Promise<Outcome<QuotaReport>> {
    return this.#meter(terms, ({ entitlement, now }, { usage }) => ({
      result: 'ok',
      ...usage.report(entitlement, now),
    }));
  }

  async consume(terms: Terms, use: Consumption): Promise<ConsumeResult> {
    return this.#charge(terms, ({ entitlement, now }, { usage }) => usage.consume(entitlement, use, now));
  }

  async reserve(
    terms: Terms,
    use: Consumption & { reference: string; seconds: number },
  ): Promise<ReservationResult> {
    return this.#charge(terms, ({ entitlement, now }, { usage }) => usage.reserve(entitlement, use, now));
  }

  async commit(
    terms: Terms,
    reservation: { reference: string; quantity: number | null },
  ): Promise<ReservationResult> {
    return this.#meter(terms, ({ entitlement, now }, { usage }) =>
      usage.commit(entitlement, reservation, now),
    );
  }

  async release(terms: Terms, { reference }: { reference: string }): Promise<ReservationResult> {
    return this.#meter(terms, ({ entitlement, now }, { usage }) =>
      usage.release(entitlement, reference, now),
    );
  }

  async recordTokens(terms: Terms, use: TokenUse): Promise<ConsumeResult> {
    return this.#charge(terms, ({ entitlement, now }, { usage }) =>
      usage.recordTokens(entitlement, use, now),
    );
  }

  async creditBalance(terms: Terms): Promise<Outcome<{ balance: number }>> {
    return this.#meter(terms, ({ now }, { ledger }) => ({ result: 'ok', balance: ledger.balance(now) }));
  }

  async addCredits(terms: Terms, addition: Addition): Promise<CreditResult> {
    return this.#meter(terms, ({ now }, { ledger }) => credited(ledger.add(addition, now)));
  }

  async useCredits(terms: Terms, use: Use): Promise<CreditResult> {
    return this.#charge(terms, ({ now }, { ledger }) => credited(ledger.use(use, now)));
  }

  async refundCredits(terms: Terms, refund: Refund): Promise<CreditResult> {
    return this.#meter(terms, ({ now }, { ledger }) => credited(ledger.refund(refund, now)));
  }

  async creditReversal(terms: Terms, reference: string): Promise<Outcome<Reversed>> {
    return this.#meter(terms, (_, { ledger }) => ({ result: 'ok', ...ledger.reversed(reference) }));
  }

  async reverseCredits(terms: Terms, reversal: Reversal): Promise<Outcome<Reversed>> {
    return this.#meter(terms, ({ now }, { ledger }) => {
      const outcome = ledger.reverse(reversal, now);
      return 'refused' in outcome ? refused(outcome.refused) : { result: 'ok', ...outcome };
    });
  }

  async listCredits(
    terms: Terms,
    { before, limit }: { before: number | null; limit: number },
  ): Promise<Outcome<{ transactions: Transaction[]; total: number }>> {
    return this.#meter(terms, ({ now }, { ledger }) => {
      ledger.expire(now);
      return { result: 'ok', transactions: ledger.list(before, limit), total: ledger.count() };
    });
  }

  /** Decides about a user whose session is alive, and does all of it or nothing. */
  protected readonly decide = (terms: Terms, request: Request): AuthorizeResult =>
    this.#meter(terms, ({ entitlement, now }, { usage, requests, ledger }) => {
      const { use, credits, reference, actor } = request;
      const parameters = { use, credits };
      const known = requests.recall<Decision>('authorize', reference, parameters);
      if (known)
        return known === 'reused'
          ? refused('reference_reused')
          : { result: 'decided', decision: known.result };
      const plan = entitlement.plan.id;
      const room = use && usage.admit(entitlement, use, now);
      const balance = ledger.balance(now);
      const reason: ErrorCode | null =
        room && 'reason' in room ? room.reason : balance < credits ? 'insufficient_credits' : null;
      if (reason) {
        const quota = use && usage.quota(entitlement, use.resource, now);
        return { result: 'decided', decision: { allowed: false, reason, plan, quota, balance } };
      }
      // The charge first: only it can still be refused, by a reference that the ledger has from elsewhere.
      const charged =
        credits > 0 ? ledger.use({ amount: credits, reference, description: null, actor }, now) : null;
      if (charged && 'refused' in charged) return refused(charged.refused);
      const quota = use && room && !('reason' in room) ? usage.count({ ...use, reference }, room, now) : null;
      const left = charged?.transaction.balanceAfter ?? balance;
      const decision: Decision = { allowed: true, reason: null, plan, quota, balance: left };
      requests.remember('authorize', reference, parameters, decision, now);
      return { result: 'decided', decision };
    });

  /** Writes off what has expired: the job `expire`. */
  protected readonly expireCredits = async (): Promise<void> => {
    const state = this.state.get();
    if (!state) return;
    this.#open().ledger.expire(Date.now());
    this.#scheduleExpiry();
  };

  /** Forgets all that was metered, of a user who is no more. */
  protected readonly eraseMetering = (): void => {
    for (const table of TABLES) this.ctx.storage.sql.exec(`DROP TABLE IF EXISTS ${table}`);
    this.#books = undefined;
    this.#grantedMonth = undefined;
    this.#hasOpened = false;
  };

  /** As `#meter`, for what an account that is suspended may not do. */
  #charge<Result>(terms: Terms, act: (metered: Metered, books: Books) => Result): Result | Refusal {
    return this.#meter(terms, (metered, books) =>
      metered.state.status === 'active' ? act(metered, books) : refused('account_suspended'),
    );
  }

  #meter<Result>(terms: Terms, act: (metered: Metered, books: Books) => Result): Result | Refusal {
    const state = this.state.get();
    if (state?.realmId !== terms.realmId) return refused('user_not_found');
    const books = this.#open();
    const metered = { state, entitlement: entitlementOf(state, terms.plans), now: Date.now() };
    this.#carryOver(metered, books.ledger);
    this.#grant(metered, books.ledger);
    return act(metered, books);
  }

  /** Gives the credits that the user brought along, once, to whoever comes first. */
  #carryOver({ state, now }: Metered, ledger: Ledger): void {
    const amount = state.openingCredits ?? 0;
    if (amount === 0 || this.#hasOpened) return;
    this.#hasOpened = true;
    // Once: the ledger knows the reference.
    const description = 'Balance brought along';
    ledger.add(
      { type: 'grant', amount, reference: OPENING, expiresAt: null, description, actor: 'system' },
      now,
    );
  }

  /**
   * Gives this month's credits to whoever comes first: the user, a service, the Cron Trigger. Those of a subscription
   * come with its invoices.
   */
  #grant({ state, entitlement, now }: Metered, ledger: Ledger): void {
    if (state.subscribed) return;
    const month = monthOf(now);
    const amount = entitlement.plan.monthlyCredits;
    if (amount === 0 || this.#grantedMonth === month) return;
    const reference = grantReference(month);
    this.#grantedMonth = month;
    if (ledger.has(reference)) return;
    ledger.expire(now);
    const expiresAt = endOf('month', now);
    ledger.add({ type: 'grant', amount, reference, expiresAt, description: null, actor: 'system' }, now);
  }

  #open(): Books {
    if (this.#books) return this.#books;
    const { sql } = this.ctx.storage;
    if (sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'credit_lots'").toArray().length === 0) {
      UsageMeter.createTables(sql);
      RequestBook.createTable(sql);
      Ledger.createTables(sql);
    }
    const requests = new RequestBook(sql);
    const usage = new UsageMeter(sql, requests, (kind, data) => this.facts.tell(kind, data));
    const ledger = new Ledger(sql, (transaction) => {
      this.facts.tell('credit', transaction);
      if (transaction.amount > 0) this.#scheduleExpiry();
    });
    this.#books = { usage, requests, ledger };
    return this.#books;
  }

  #scheduleExpiry(): void {
    const next = this.#books?.ledger.nextExpiry();
    if (next) this.schedule.at('expire', next);
  }
}

function grantReference(month: string): string {
  return `grant:${month}`;
}

function credited(outcome: ReturnType<Ledger['add']>): CreditResult {
  if ('refused' in outcome) return refused(outcome.refused);
  const { transaction } = outcome;
  return { result: 'ok', transaction, balance: transaction.balanceAfter };
}

function refused(reason: ErrorCode): Refusal {
  return { result: 'refused', reason };
}
