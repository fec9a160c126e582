import type { components } from '../../generated/openapi.ts';
import { type ErrorCode, LatchkeyError, type Problem } from './errors.ts';
import { type Metered, type MeteredAsk, reserved } from './metered.ts';

export { type ErrorCode, LatchkeyError } from './errors.ts';
export type { Metered } from './metered.ts';

type Schemas = components['schemas'];

/** Why a call failed: what a problem says over HTTP. */
export interface Failure {
  code: Problem['code'];
  status: number;
  title: string;
  detail?: string;
  errors?: { path: string; code: string; message: string }[];
  /** Seconds after which trying again makes sense. */
  retry_after?: number;
}

/** What every call comes to: none throws. */
export type Outcome<Value> = { ok: true; value: Value } | { ok: false; error: Failure };

type Call<Input, Value> = (input: Input) => Promise<Outcome<Value>>;
/** Whose: a user's own, or an organization's, and then of which member's doing. */
type Payer = { user_id?: string; organization_id?: string };
type WithReference<Body> = Body & { reference: string };

/** A binding to the entrypoint `Auth` of Latchkey. */
export interface LatchkeyBinding {
  /** The local check of an access token. */
  verify: Call<string, Schemas['CurrentSession']>;
  /** The strict check, which uses quota and charges credits in the same step; a refusal is a value. */
  authorize: Call<Schemas['Authorization'], Schemas['Decision']>;
  consume: Call<Schemas['Consumption'], Schemas['Consumed']>;
  getUser: Call<string, Schemas['User']>;
  getUserByEmail: Call<string, Schemas['User']>;
  /** Holds quota while costly work is done. */
  reserveUsage: Call<WithReference<Schemas['NewReservation']>, Schemas['ReservationAnswer']>;
  /** Counts what was used of it, all unless it says. */
  commitUsage: Call<WithReference<Schemas['ReservationCommit']>, Schemas['ReservationAnswer']>;
  /** Gives it up. */
  releaseUsage: Call<WithReference<Schemas['ReservationRelease']>, Schemas['ReservationAnswer']>;
  creditBalance: Call<Payer, Schemas['Balance']>;
  addCredits: Call<WithReference<Schemas['CreditAddition']>, Schemas['CreditChange']>;
  useCredits: Call<WithReference<Schemas['CreditUse']>, Schemas['CreditChange']>;
  refundCredits: Call<WithReference<Schemas['CreditRefund']>, Schemas['CreditChange']>;
  creditTransactions: Call<Payer & { limit?: number; cursor?: string }, Schemas['CreditTransactionList']>;
  /** The same by other names, which two `wrangler dev` do not pass on to one another. */
  usage: {
    reserve: LatchkeyBinding['reserveUsage'];
    commit: LatchkeyBinding['commitUsage'];
    release: LatchkeyBinding['releaseUsage'];
  };
  credits: {
    balance: LatchkeyBinding['creditBalance'];
    add: LatchkeyBinding['addCredits'];
    use: LatchkeyBinding['useCredits'];
    refund: LatchkeyBinding['refundCredits'];
    transactions: LatchkeyBinding['creditTransactions'];
  };
}

/** The value of a call. Throws LatchkeyError where it failed. */
export async function unwrap<Value>(call: Promise<Outcome<Value>>): Promise<Value> {
  const outcome = await call;
  if (outcome.ok) return outcome.value;
  const { code, detail, retry_after, status, title } = outcome.error;
  throw new LatchkeyError(code as ErrorCode, {
    status,
    problem: { title, status, code, ...(detail !== undefined && { detail }) } as Problem,
    retryAfter: retry_after ?? null,
  });
}

/**
 * Reserves quota, does the work, and counts what was used; where the work fails nothing is counted. Throws what the work throws, and
 * LatchkeyError with `quota_exceeded` and others before it begins.
 *
 * @example
 * const text = await metered(env.AUTH, { user_id, resource: 'tokens', quantity: 4000 }, async ({ used }) => {
 *   const answer = await model.complete(prompt);
 *   used(answer.usage.total_tokens);
 *   return answer.text;
 * });
 */
export async function metered<Result>(
  binding: Pick<LatchkeyBinding, 'reserveUsage' | 'commitUsage' | 'releaseUsage'>,
  ask: MeteredAsk,
  work: (metered: Metered) => Promise<Result>,
): Promise<Result> {
  const calls = {
    reserve: (of: WithReference<MeteredAsk>) => unwrap(binding.reserveUsage(of)),
    commit: (of: WithReference<Schemas['ReservationCommit']>) => unwrap(binding.commitUsage(of)),
    release: (of: WithReference<Schemas['ReservationRelease']>) => unwrap(binding.releaseUsage(of)),
  };
  return reserved(calls, ask, work);
}
