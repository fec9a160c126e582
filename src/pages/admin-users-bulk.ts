import { ReasonBody } from '../admin/users-schemas.ts';
import type { UserRef } from '../directory/state.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { AdminServices, AdminVisit } from './admin-visit.ts';
import { problemOf, valid } from './form.tsx';

/** What can be done to several users at once. */
export const BULK_ACTS = ['suspend', 'reactivate', 'verify', 'reset'] as const;

type BulkAct = (typeof BULK_ACTS)[number];

/** What the names of the boxes begin with; the id follows. */
export const CHOSEN = 'user-';
/** Users at once, as many as a page shows. */
const MOST = 100;
/** Users that are changed at the same time. */
const AT_ONCE = 10;

/** What became of it: how many it was done to, and to whom not, by the name of the box, with why. */
export interface BulkResult {
  done: BulkAct;
  changed: number;
  failed: [box: string, why: string][];
}

/** Does one thing to all users whose box is ticked. Throws `validation_failed`. */
export async function bulkAct(
  { admin: { acts, users } }: AdminServices,
  visit: AdminVisit,
  values: Record<string, string>,
): Promise<BulkResult> {
  const { actor, realmId, view } = visit;
  const act = BULK_ACTS.find((known) => known === values.act);
  if (!act) throw fieldError('act', 'required', 'Is none of the acts');
  const { reason } = valid(ReasonBody, values.bulk_reason?.trim() ? { reason: values.bulk_reason } : {});
  const ids = Object.keys(values).filter((name) => name.startsWith(CHOSEN));
  if (ids.length === 0) throw fieldError('act', 'nobody_chosen', 'Nobody is chosen');
  if (ids.length > MOST) throw fieldError('act', 'too_many', `At most ${MOST}`);
  const apply: Record<BulkAct, (target: UserRef) => Promise<unknown>> = {
    suspend: (target) => acts.setStatus(target, 'suspended', actor, reason),
    reactivate: (target) => acts.setStatus(target, 'active', actor, reason),
    verify: (target) => acts.verifyEmail(target, actor, reason),
    reset: (target) => acts.resetPassword(target, actor, reason),
  };
  const failed: BulkResult['failed'] = [];
  const one = async (box: string) => {
    const target = { realmId, userId: box.slice(CHOSEN.length) };
    try {
      // Refusing oneself throws at once, everything else later.
      await apply[act](target);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const name = await users.get(target).then(
        ({ user }) => user.email,
        () => target.userId,
      );
      const why =
        error.code === 'user_not_found'
          ? view.text.failures.user_not_found?.title
          : problemOf(error, view.text).summary;
      failed.push([box, `${name}: ${why}`]);
    }
  };
  for (let at = 0; at < ids.length; at += AT_ONCE) await Promise.all(ids.slice(at, at + AT_ONCE).map(one));
  return { done: act, changed: ids.length - failed.length, failed };
}
