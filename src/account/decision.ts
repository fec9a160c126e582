import { isRefusal, refused } from '../errors.ts';
import { assuranceOf, isAsSureAs } from '../lib/assurance.ts';
import { SECOND } from '../lib/time.ts';
import type { LiveSession } from './contract.ts';
import type { Metered, MeteringBooks } from './metering.ts';
import type { AuthorizationRequest, AuthorizeResult, Decision } from './metering-contract.ts';
import { billedOf } from './usage-meter.ts';

/** Decides about a user whose session is alive: uses the quota and charges the credits, or does nothing. */
export function decide(
  { entitlement, now }: Metered,
  { references, usage, ledger }: MeteringBooks,
  { use, credits, reference, actor }: Pick<AuthorizationRequest, 'use' | 'credits' | 'reference' | 'actor'>,
): AuthorizeResult {
  const asked = {
    kind: 'authorize',
    reference,
    resource: use?.resource ?? null,
    quantity: use?.quantity ?? null,
    credits,
  } as const;
  const known = usage.uses.recall<Decision>(asked);
  if (known === 'reused') return refused('reference_reused');
  if (known) return { result: 'decided', decision: known.result };
  // It was charged so long ago that its decision is forgotten: nothing is to be had for it again.
  if (reference !== null && references.kindOf(reference)) return refused('reference_reused');
  const plan = entitlement.plan.id;
  const room = use && usage.admit(entitlement, use, now);
  const balance = ledger.balance();
  // What is beyond the quota is charged with what is asked for, in one row.
  const overage = room && !isRefusal(room) ? room.overage : null;
  const amount = credits + (overage?.credits ?? 0);
  const refusal = room && isRefusal(room) ? room : ledger.refusalOf(amount, now);
  if (refusal) {
    const { reason, retryAfter } = refusal;
    const quota = use && usage.quota(entitlement, use.resource, now);
    const decision = { allowed: false, reason, plan, quota, balance };
    return { result: 'decided', decision: { ...decision, ...(retryAfter !== undefined && { retryAfter }) } };
  }
  const charge = { amount, reference, description: null, actor };
  const charged = amount > 0 ? ledger.use(charge, 'authorize', now) : null;
  if (charged && isRefusal(charged)) return charged;
  const quota = use && room && !isRefusal(room) ? usage.count(use, room, now) : null;
  const decision = {
    ...{ allowed: true, reason: null, plan, quota, balance: charged?.balance ?? balance },
    ...(overage && { overage }),
  };
  if (use || reference !== null)
    usage.record({ ...asked, at: now, billed: billedOf(overage, now) }, decision);
  return { result: 'decided', decision };
}

/** Whether the user of a session has proved who they are lately enough and well enough for a request. */
export function isSureEnough(
  { authenticatedAt, methods }: LiveSession,
  { maxAge, acr }: Pick<AuthorizationRequest, 'maxAge' | 'acr'>,
  now: number,
): boolean {
  if (maxAge !== null && now - authenticatedAt > maxAge * SECOND) return false;
  return acr === null || isAsSureAs(assuranceOf(methods), acr);
}
