import type { Limits } from '../directory/state.ts';
import type { ErrorCode, Refusal } from '../errors.ts';
import type { Assurance } from '../lib/assurance.ts';
import { MINUTE } from '../lib/time.ts';
import type { CapChange, SpendingReport } from './caps-contract.ts';

/**
 * What is paid for units that go beyond a limit: credits for every started `per` of them; or they are billed with the subscription, by the
 * meter of Stripe's whose events have that name.
 */
export type OveragePrice = { credits: number; per: number } | { meter: string };

/** What of a use was beyond the limit, and the credits that it cost, or will cost; none where a meter bills it. */
export interface Overage {
  quantity: number;
  credits: number;
  meter?: string;
}

/** What of a use a meter bills, and when that was settled (Unix milliseconds). */
export interface BilledUse {
  meter: string;
  quantity: number;
  at: number;
}

/** How long what a meter bills waits to be reported: many uses are one report, and an invoice is open for an hour after its period. */
export const REPORT_DELAY = 10 * MINUTE;

/** What a plan allows. */
export interface Plan {
  id: string;
  name: string;
  limits: Limits;
  /** Tiers of models that it may use; `*` for all. */
  modelTiers: string[];
  /** Credits given at the user's first use in a UTC month; they expire at the end of it. */
  monthlyCredits: number;
  /** How many of the plan's credits that expire roll over into the next month; null is all, left out is none. */
  rolloverCredits?: number | null;
  /** What may go beyond its limit, by resource; all else is refused. */
  overage?: Readonly<Record<string, OveragePrice>>;
  features: string[];
}

/** The plans of a realm by id. */
export type PlanBook = Readonly<Record<string, Plan>>;

/** What a user may use now: their plan, and the limits that hold, those of the user alone included. */
export interface Entitlement {
  plan: Plan;
  limits: Limits;
  /** The meters by which the subscription that gives the plan pays for what is beyond its limits. */
  meters: readonly string[];
}

/** What the ledger calls the credits that a user brought along. */
export const OPENING = { reference: 'grant:opening', description: 'Balance brought along' } as const;

/** What an account object is told with each call, so that it can decide alone. */
export interface Terms {
  /** The realm that asks: users of other realms do not exist there. */
  realmId: string;
  plans: PlanBook;
  /** Whether webhooks of the realm want to hear of rows of the ledger. */
  tellsCredits?: boolean;
  /** On whose behalf something is used of what several share. */
  behalf?: Behalf;
}

/** On whose behalf, of those who share: the user, if it is one's, and who asks, which is the id of an API key or of a user. */
export interface Behalf {
  userId: string | null;
  actor: string;
  /** Something ends that was begun before: also for who has left since. */
  ends?: boolean | undefined;
  /** The key of the payer's own that was presented, by its id. */
  keyId?: string;
}

/** A user's plan. `expiresAt` is when it lapses, Unix milliseconds; null is never. */
export interface UserPlan extends Entitlement {
  expiresAt: number | null;
}

/** What a caller can ask for under a reference. */
export type RequestKind = 'consume' | 'reserve' | 'tokens' | 'authorize' | 'add' | 'use' | 'refund';

/** What plans need of the account object. */
interface PlanObject {
  subscription(terms: Terms): Promise<({ result: 'ok' } & UserPlan) | Refusal>;
  /** Gives this month's credits of the plan, unless they were given. */
  grantMonthly(terms: Terms): Promise<{ result: 'ok'; granted: boolean } | Refusal>;
}

/** What a service wants to do for a user. */
export interface AuthorizationRequest {
  sessionId: string;
  /** To be used of a resource, if any. */
  use: { resource: string; quantity: number } | null;
  /** To be charged; 0 is nothing. */
  credits: number;
  /** Makes it happen once, however often it is asked for. */
  reference: string | null;
  /** Who asks: the id of an API key. */
  actor: string;
  /** How old the user's last proof of who they are may be, in seconds, and how sure it has to be; null for any. */
  maxAge: number | null;
  acr: Assurance | null;
}

/** Who, whether they may, and if not why; all of it was done or nothing. */
export interface Decision {
  allowed: boolean;
  /** Null when allowed, else a code of the catalogue. */
  reason: ErrorCode | null;
  plan: string;
  /** How the user stands with the resource afterwards. */
  quota: Quota | null;
  balance: number;
  /** What of the use was beyond the limit: its credits were charged with those that were asked for. Not there where nothing was. */
  overage?: Overage;
  /** Of a refusal that time ends: after how many seconds. */
  retryAfter?: number;
}

/**
 * `refused` when there is nobody to decide about (`session_ended`, `account_suspended`), when the user has to prove again who they
 * are (`reauthentication_required`), or the request contradicts an
 * earlier one (`reference_reused`).
 */
export type AuthorizeResult = { result: 'decided'; decision: Decision } | Refusal;

/** For what a session has to be good that is used elsewhere than in its account. */
export type SessionUse = Pick<AuthorizationRequest, 'sessionId' | 'maxAge' | 'acr'> & { spends: boolean };

/** What authorizing needs of the account object: one hop. */
interface AuthorizeObject {
  /**
   * Whether a session is good for what is decided elsewhere, where it may be that something is spent. Refuses as `authorize` does, and
   * with `impersonation_refused`.
   */
  checkFor(use: SessionUse): Promise<{ result: 'ok' } | Refusal>;
  authorize(terms: Terms, request: AuthorizationRequest): Promise<AuthorizeResult>;
}

/** Where credits come from, in the order in which they are spent of those that expire at the same time. */
export const CREDIT_SOURCES = ['plan', 'gift', 'pack'] as const;

export type CreditSource = (typeof CREDIT_SOURCES)[number];

/** So many credits of one source; never less than one. */
export interface CreditPart {
  source: CreditSource;
  amount: number;
}

/** What can be spent, and what of it is from which source and expires when (Unix milliseconds), the soonest first. */
export interface CreditStanding {
  balance: number;
  /** What of it is held for reservations that are beyond a quota. */
  reserved: number;
  sources: (CreditPart & { expiring: { expiresAt: number; amount: number }[] })[];
}

export const TRANSACTION_TYPES = ['purchase', 'added', 'used', 'refund', 'grant', 'expired'] as const;

export type TransactionType = (typeof TRANSACTION_TYPES)[number];

/**
 * One row of the ledger. `amount` is negative where credits leave; `balanceAfter` the sum of all rows up to this one.
 * Times are Unix milliseconds.
 */
export interface CreditTransaction {
  seq: number;
  id: string;
  type: TransactionType;
  amount: number;
  balanceAfter: number;
  reference: string;
  /** Of a refund: the reference of the use. */
  refundOf: string | null;
  description: string | null;
  actor: string | null;
  /** Of credits that come in: when what is left of them expires. */
  expiresAt: number | null;
  createdAt: number;
  /** By what request of a caller's; null for what Latchkey booked by itself. */
  request: RequestKind | null;
  /** Of what several share: on whose behalf, the id of a user or else of who asked. */
  member?: string | null;
  /** Which credits came or went; none where an earlier version has not noted it. */
  sources: CreditPart[];
}

interface CreditEntry {
  amount: number;
  /**
   * Names the change: repeating it gives the first result. Callers' references stand for one request of any kind each;
   * what Latchkey books by itself has references of its own.
   */
  reference: string;
  description: string | null;
  /** Who does it: the id of an API key or of an admin, or `system`. */
  actor: string;
}

export type CreditAddition = CreditEntry & { type: 'purchase' | 'added' | 'grant'; expiresAt: number | null };
export type CreditUse = CreditEntry;
/** `refundOf` is the reference of a use; all that is left of it when `amount` is null. */
export type CreditRefund = Omit<CreditEntry, 'amount'> & { refundOf: string; amount: number | null };

/**
 * Credits that came in and whose payment was lost, in part or whole: so much as was `lost` of what was `paid`. `revision`
 * is that of the reversal when this was looked up: what was told meanwhile is newer.
 */
export interface CreditReversal {
  reference: string;
  lost: number;
  paid: number;
  /**
   * What that comes to, where it is more than a part of this one addition, and what of it has not expired; null for the
   * same part of the addition.
   */
  credits: { total: number; running: number } | null;
  revision: number;
  actor: string;
}

/** What an invoice has brought, as a whole. Times are Unix milliseconds. */
export interface InvoiceCredits {
  reference: string;
  /** Negative where it gives back more than it brings. */
  amount: number;
  /** When what it brings expires; of what gives back, when that would have. */
  expiresAt: number;
  /** How much of it was paid with money that had been given back before, from 0 to 1. */
  paidFromBalance: number;
  actor: string;
}

/** How much of an addition was taken back, or what an invoice that gives back has taken. */
export interface ReversedCredits {
  /** How much of the money was lost, from 0 to 1; 0 where none was. */
  share: number;
  /** Credits that should be gone. */
  total: number;
  /** Those of them that were there to be taken. */
  taken: number;
  /** Raised with each change. */
  revision: number;
}

/** What was taken back, by the reference of what had brought it, or of the invoice that gave it back. */
export type NamedReversal = ReversedCredits & { reference: string };

export type CreditResult = { result: 'ok'; transaction: CreditTransaction; balance: number } | Refusal;

/** What credits need of the account object: each call is one hop, and touches no D1. */
interface CreditObject {
  creditBalance(terms: Terms): Promise<{ result: 'ok'; balance: number } | Refusal>;
  creditStanding(terms: Terms): Promise<({ result: 'ok' } & CreditStanding) | Refusal>;
  /** Refuses with `reference_reused`, and `credits_limit` for a sum that is no exact number. */
  addCredits(terms: Terms, addition: CreditAddition): Promise<CreditResult>;
  /** As `addCredits`, for what Latchkey gives by itself: its reference is none that a caller can have. */
  bookCredits(terms: Terms, addition: CreditAddition): Promise<CreditResult>;
  /** Refuses with `insufficient_credits`, `reference_reused`. */
  useCredits(terms: Terms, use: CreditUse): Promise<CreditResult>;
  /** Refuses with `transaction_not_found`, `refund_exceeds_use`, `reference_reused`. */
  refundCredits(terms: Terms, refund: CreditRefund): Promise<CreditResult>;
  /** How much of an addition was taken back, as last told. */
  creditReversal(terms: Terms, reference: string): Promise<({ result: 'ok' } & ReversedCredits) | Refusal>;
  /**
   * Takes back what an addition brought, down to zero at most, and gives it back when less was lost than was told
   * before. What could not be taken is `total - taken`: credits that come in later are not touched. Refuses with
   * `transaction_not_found`, and `conflict` for a reversal that was told again meanwhile.
   */
  reverseCredits(
    terms: Terms,
    reversal: CreditReversal,
  ): Promise<({ result: 'ok' } & ReversedCredits) | Refusal>;
  /**
   * Books what invoices have brought, oldest first, each once. One that gives back takes what invoices have brought and is
   * still there; what is not is `total - taken`, and is made up for by later ones as far as these are paid with money that
   * was given back. Then tells of losses, all of them or with `conflict` none, and gives all that was taken.
   */
  settleInvoices(
    terms: Terms,
    settlement: { invoices: InvoiceCredits[]; losses: CreditReversal[] },
  ): Promise<{ result: 'ok'; reversals: NamedReversal[] } | Refusal>;
  /** Has the directory told when the balance comes below so many credits, once for each fall; null for no more. */
  watchBalance(terms: Terms, below: number | null): Promise<{ result: 'ok'; balance: number } | Refusal>;
  /** The newest rows from before a sequence number, and how many there are in all. */
  listCredits(
    terms: Terms,
    page: { before: number | null; limit: number },
  ): Promise<{ result: 'ok'; transactions: CreditTransaction[]; total: number } | Refusal>;
}

/**
 * How a user stands with a resource, in the period that leaves least. `used` is what was used; `remaining` also takes
 * off what is reserved. A null `limit` and `remaining` is unlimited. `resetsAt` is Unix milliseconds.
 */
export interface Quota {
  resource: string;
  limit: number | null;
  used: number;
  remaining: number | null;
  period: 'day' | 'month';
  resetsAt: number;
}

/** What to use of a resource. With a reference it happens once, however often it is asked for. */
export interface Consumption {
  resource: string;
  quantity: number;
  reference: string | null;
}

/** Quota that is held for a while, under a reference. Times are Unix milliseconds. */
export interface Reservation {
  reference: string;
  resource: string;
  quantity: number;
  status: 'held' | 'committed' | 'released' | 'expired';
  expiresAt: number;
  /** Of it, what is beyond the limit; not there where nothing is. */
  overage?: Overage;
}

/** Tokens that a model has used. `tier` is that of the model. */
export interface TokenUse {
  model: string;
  tier: string;
  inputTokens: number;
  outputTokens: number;
  requestId: string | null;
}

/** A user's quotas, by resource. */
export interface QuotaReport {
  plan: string;
  /** `billed`: what of the month was beyond the limit, and meters bill; not there where nothing was. */
  resources: Record<string, Omit<Quota, 'resource'> & { billed?: number }>;
}

/** `overage` is not there where nothing was beyond the limit. */
export type ConsumeResult = { result: 'ok'; quota: Quota; overage?: Overage } | Refusal;
export type ReservationResult = { result: 'ok'; reservation: Reservation; quota: Quota } | Refusal;

/** What caps of all that is spent need of the object. */
interface CappedObject {
  /** The caps, and what was used of what is capped. */
  spending(terms: Terms): Promise<({ result: 'ok' } & SpendingReport) | Refusal>;
  /** Sets the caps of whoever spends, or those of an operator: of both the lower holds. */
  capSpending(terms: Terms, change: CapChange): Promise<({ result: 'ok' } & SpendingReport) | Refusal>;
}

/** What usage needs of the account object: each call is one hop, and touches no D1. */
interface UsageObject {
  quotas(terms: Terms): Promise<({ result: 'ok' } & QuotaReport) | Refusal>;
  /**
   * Checks and counts in one step; what is beyond the limit is charged in the same, where the plan lets it. Refuses with
   * `insufficient_credits`, `cap_exceeded`, `quota_exceeded`, `resource_not_in_plan`, `reference_reused`.
   */
  consume(terms: Terms, use: Consumption): Promise<ConsumeResult>;
  /** Holds quota until it is committed or released, or for so many seconds. Refuses as `consume` does. */
  reserve(
    terms: Terms,
    use: Consumption & { reference: string; seconds: number },
  ): Promise<ReservationResult>;
  /**
   * Counts a reservation, or the part of it that was used, for the day on which it was made. Refuses with
   * `reservation_not_found`, `reservation_ended`, `reservation_exceeded`.
   */
  commit(
    terms: Terms,
    reservation: { reference: string; quantity: number | null },
  ): Promise<ReservationResult>;
  /** Gives a reservation up. Refuses with `reservation_not_found`, `reservation_ended`. */
  release(terms: Terms, reservation: { reference: string }): Promise<ReservationResult>;
  /** As `consume` of the resource `tokens`; also refuses with `model_not_in_plan`. */
  recordTokens(terms: Terms, use: TokenUse): Promise<ConsumeResult>;
}

/** The resource that model tokens count as. */
export const TOKENS = 'tokens';

/** What is metered of whoever has a plan, quotas and credits: one user, or several who share them. */
export type PoolObject = PlanObject & UsageObject & CreditObject & CappedObject;

/** What the account object meters: each call is one hop, and touches no D1. All refuse with `user_not_found`. */
export type MeteringObject = PoolObject & AuthorizeObject;

/** The object of one user, as metering needs it. */
export type MeteringObjects = (userId: string) => MeteringObject;
