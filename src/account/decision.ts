import { type ErrorCode, isRefusal, refused } from '../errors.ts';
import type { Metered, MeteringBooks } from './metering.ts';
import type { AuthorizationRequest, AuthorizeResult, Decision } from './metering-contract.ts';

/** Decides about a user whose session is alive: uses the quota and charges the credits, or does nothing. */
export function decide(
  { entitlement, now }: Metered,
  { usage, requests, ledger }: MeteringBooks,
  { use, credits, reference, actor }: AuthorizationRequest,
): AuthorizeResult {
  const parameters = { use, credits };
  const known = requests.recall<Decision>('authorize', reference, parameters);
  if (known === 'reused') return refused('reference_reused');
  if (known) return { result: 'decided', decision: known.result };
  const plan = entitlement.plan.id;
  const room = use && usage.admit(entitlement, use, now);
  const balance = ledger.balance();
  const reason: ErrorCode | null =
    room && isRefusal(room) ? room.reason : balance < credits ? 'insufficient_credits' : null;
  if (reason) {
    const quota = use && usage.quota(entitlement, use.resource, now);
    return { result: 'decided', decision: { allowed: false, reason, plan, quota, balance } };
  }
  // The charge first: only it can still be refused, by a reference that the ledger has from elsewhere.
  const charged =
    credits > 0 ? ledger.use({ amount: credits, reference, description: null, actor }, now) : null;
  if (charged && isRefusal(charged)) return charged;
  const quota = use && room && !isRefusal(room) ? usage.count({ ...use, reference }, room, now) : null;
  const decision = { allowed: true, reason: null, plan, quota, balance: charged?.balance ?? balance };
  requests.remember('authorize', reference, parameters, decision, now);
  return { result: 'decided', decision };
}
