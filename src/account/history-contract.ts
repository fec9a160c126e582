import type { SpendingReport } from './caps-contract.ts';
import type { CreditTransaction } from './metering-contract.ts';
import type { EndReason, SessionRecord } from './session-record.ts';

/** Days that sums of each user are kept, and sessions after their time is over: in the object as in the directory. */
export const SUM_DAYS = 400;
export const PAST_SESSION_DAYS = 90;

/** One row of the object's `activity` table. `at` is Unix milliseconds; `details` is JSON. */
export type ActivityLogRow = {
  seq: number;
  at: number;
  type: string;
  session_id: string | null;
  ip: string | null;
  country: string | null;
  user_agent: string | null;
  actor: string | null;
  details: string | null;
  /** What webhooks are told of it, as JSON; null where they are not, or the directory does. */
  event?: string | null;
};

/** A session that is over; `ended_at` is null where its time was over. */
export type PastSession = SessionRecord & { ended_at: number | null; end_reason: EndReason | null };

/** What of a use its owner is shown. */
export type UseRow = {
  seq: number;
  at: number;
  resource: string;
  quantity: number;
  reference: string | null;
};
/** What of a use of a model its owner is shown. */
export type TokenUseRow = {
  seq: number;
  at: number;
  model: string;
  input_tokens: number;
  output_tokens: number;
  request_id: string | null;
};

/** One day of one resource. */
export type UsageDay = { date: string; resource: string; quantity: number };

/** One day of one model. */
export type TokenDayRow = {
  date: string;
  model: string;
  input_tokens: number;
  output_tokens: number;
  requests: number;
};

/** What an object remembers of its user, by name: the newest first, but days from the first on. */
export interface HistoryRows {
  activity: ActivityLogRow;
  past_sessions: PastSession;
  uses: UseRow;
  token_uses: TokenUseRow;
  credits: CreditTransaction;
  usage_days: UsageDay;
  token_days: TokenDayRow;
}

/** What is wanted of a list: what follows the row given, up to so many; of days, from a date on (YYYY-MM-DD). */
export interface HistoryPage<Row> {
  after: Partial<Row> | null;
  limit: number;
  from?: string;
}

/** What reading of an account's past needs of its object. */
export interface HistoryObject {
  /** A page of what the object remembers; nothing of a user that it does not know. */
  history<List extends keyof HistoryRows>(
    list: List,
    page: HistoryPage<HistoryRows[List]>,
  ): Promise<HistoryRows[List][]>;
  /** How much may be spent: what the user says, and what an operator says. */
  spendingCaps(): Promise<Pick<SpendingReport, 'own' | 'operator'>>;
}

/** The object of one user, as its past is read. */
export type HistoryObjects = (userId: string) => HistoryObject;
