import { isRefusal, type Refusal, refused } from '../errors.ts';
import { decide } from './decision.ts';
import type { KeyDecision, KeyRequest, ProductKey, ReportedKey } from './key-contract.ts';
import type { MemberSums } from './member-sums.ts';
import type { MeteredState } from './metered-state.ts';
import type { Metered, Metering, MeteringBooks } from './metering.ts';
import type { Terms } from './metering-contract.ts';
import type { ProductKeyBook } from './product-keys.ts';

/** What a decision by a key is made of. */
export interface KeyDecisionParts {
  keys: ProductKeyBook;
  metering: Metering;
  /** Whose keys they are, as it holds now. */
  state: MeteredState | undefined;
}

/** Decides about whoever presents a key: all of it is done or nothing. See `KeyedObject`. */
export function decideByKey(
  { keys, metering, state }: KeyDecisionParts,
  terms: Terms,
  request: KeyRequest,
): KeyDecision | Refusal {
  const { hash, scope, permission, actor, ...asked } = request;
  const { use, credits, reference } = asked;
  const now = Date.now();
  const key = state?.realmId === terms.realmId ? keys.find(hash, now) : null;
  if (!state || !key) return refused('invalid_token');
  if (state.status !== 'active') return metering.suspended();
  if (scope !== null && !key.scopes.includes(scope)) return refused('insufficient_scope');
  if (permission !== null && !key.scopes.includes(permission)) return refused('insufficient_permission');
  // A key with scopes is for those alone: who asks for none would have it do everything.
  if (scope === null && permission === null && key.scopes.length > 0) return refused('insufficient_scope');
  const late = keys.present(key, now);
  const { id, name, scopes } = key;
  const work = (metered: Metered, books: MeteringBooks): KeyDecision | Refusal => {
    if (late)
      return {
        result: 'decided',
        decision: refusedAs(late, request, metered, books),
        key: { id, name, scopes },
      };
    keys.noteUse(key, now);
    const decided = decide(metered, books, { ...asked, actor });
    return isRefusal(decided) ? decided : { ...decided, key: { id, name, scopes } };
  };
  const named = { ...terms, behalf: { userId: null, actor, keyId: id } };
  const writes = use !== null || credits > 0 || reference !== null || keys.isUseNews(key, now);
  return writes && !late
    ? metering.request(state, named, { kind: 'authorize', reference }, work)
    : metering.run(state, named, work);
}

/** The keys, with what was used by each. */
export function reportKeys(keys: readonly ProductKey[], sums: MemberSums | null, now: number): ReportedKey[] {
  const used =
    sums?.ofMonth(
      keys.map(({ id }) => id),
      now,
    ) ?? [];
  return keys.map((key) => ({
    ...key,
    used: used.flatMap(({ member, ...use }) => (member === key.id ? [use] : [])),
  }));
}

/** What is said to who may not now. */
function refusedAs(
  { reason, retryAfter }: Refusal,
  { use }: KeyRequest,
  { entitlement, now }: Metered,
  { usage, ledger }: MeteringBooks,
): KeyDecision['decision'] {
  const quota = use && usage.quota(entitlement, use.resource, now);
  const standing = { plan: entitlement.plan.id, quota, balance: ledger.balance() };
  return { allowed: false, reason, ...standing, ...(retryAfter !== undefined && { retryAfter }) };
}
