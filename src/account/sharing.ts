import type { Limit } from '../directory/state.ts';
import { type ErrorCode, type Refusal, refused } from '../errors.ts';
import { endOf } from '../lib/calendar.ts';
import { SECOND } from '../lib/time.ts';
import type { Spent } from './caps-contract.ts';
import type { ProductKey } from './key-contract.ts';
import type { Behalf } from './metering-contract.ts';
import type { Caps } from './sharing-contract.ts';

/** What credits are counted as, beside resources: no resource has such a name. */
export const CREDITS = ':credits';

/** What one of those who share may use, and has used; `key` where it is a key. */
export interface OwnCap {
  cap: Limit;
  used: Spent;
  key: Pick<ProductKey, 'id' | 'name'> | null;
}

/** The cap of a key, and what was used of it; null where there is none. */
export function capOfKey(
  key: ProductKey | null,
  resource: string,
  used: (keyId: string) => Spent,
): OwnCap | null {
  const cap = key && capOf(key.caps, resource);
  return cap && { cap, used: used(key.id), key: { id: key.id, name: key.name } };
}

/** What the books have to know where several share what is in them: they write down who, and hold each to what they may. */
export interface Sharing {
  /** Who the call is for that is worked on: the id of a user or a key, or else of who asks; null for whom nobody has to name. */
  who(): string | null;
  /** Refuses with `cap_exceeded` what is more than that one may use, of a resource or of CREDITS. */
  capped(resource: string, quantity: number, now: number): Refusal | null;
  /** The cap of a member or a key, and what was used of it at a moment; null where there is none. */
  capOf(who: string, resource: string, at: number): OwnCap | null;
  /** Counts what somebody used at a moment (Unix milliseconds); less than zero is given back. */
  count(who: string | null, resource: string, quantity: number, at: number): void;
}

/** Whose books they are, where several share them. */
export interface Shared extends Sharing {
  /** Whether rows say on whose behalf: those of an account do from its first key on. */
  isNamed(): boolean;
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

/** Whether two stand for the same one: keys of a service come and go, while users and keys of their own are each another. */
export function isSameMember(one: string | null, other: string | null): boolean {
  const isOwn = (who: string | null) => who !== null && /^(?:usr|apk)_/.test(who);
  return one === other || (!isOwn(one) && !isOwn(other));
}

/** The cap of a resource, or of CREDITS; null where there is none. */
export function capOf(caps: Caps | null | undefined, resource: string): Limit | null {
  if (!caps) return null;
  if (resource === CREDITS) return caps.credits;
  return Object.hasOwn(caps.resources, resource) ? (caps.resources[resource] as Limit) : null;
}

/** Refuses with `cap_exceeded` what is more than a cap leaves beside what was used; null where it is not. */
export function refuseOver(
  cap: Limit | null,
  used: { day: number; month: number },
  quantity: number,
  now: number,
): Refusal | null {
  const full = (['day', 'month'] as const).filter((period) => {
    const most = cap?.[period];
    return most != null && used[period] + quantity > most;
  });
  if (full.length === 0) return null;
  const retryAt = Math.max(...full.map((period) => endOf(period, now)));
  return refused('cap_exceeded', { retryAfter: Math.ceil((retryAt - now) / SECOND) });
}
