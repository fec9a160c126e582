import type { Limit } from '../directory/state.ts';
import type { ErrorCode, Refusal } from '../errors.ts';
import type { Spent } from './caps-contract.ts';
import type { Behalf } from './metering-contract.ts';

/** What the books have to know where several share what is in them: they write down who, and hold each to what they may. */
export interface Sharing {
  /** Who the call is for that is worked on: the id of a user, or else of who asks. */
  who(): string;
  /** Refuses with `cap_exceeded` what is more than that one may use, of a resource or of CREDITS. */
  capped(resource: string, quantity: number, now: number): Refusal | null;
  /** The cap of somebody, and what they have used of it at a moment; null where they have none. */
  capOf(who: string, resource: string, at: number): { cap: Limit; used: Spent } | null;
  /** Counts what somebody used at a moment (Unix milliseconds); less than zero is given back. */
  count(who: string, resource: string, quantity: number, at: number): void;
}

/** Whose books they are, where several share them. */
export interface Shared extends Sharing {
  /** Begins a call. Refuses whoever has nothing to use there. */
  begin(behalf: Behalf | undefined): Refusal | null;
  /** What is said of who is not there, and of who is suspended. */
  refusals: { none: ErrorCode; suspended: ErrorCode };
}

/** Columns that rows have where several share: on whose behalf; of credits also for which UTC day it counts. */
export const SHARED_COLUMNS = [
  ['uses', 'member'],
  ['token_uses', 'member'],
  ['reservations', 'member'],
  ['credit_transactions', 'member'],
  ['credit_transactions', 'member_day'],
] as const;

/** Whether two stand for the same one: keys of a service come and go, users do not. */
export function isSameMember(one: string | null, other: string | null): boolean {
  const isUser = (who: string | null) => who?.startsWith('usr_') ?? false;
  return one === other || (!isUser(one) && !isUser(other));
}
