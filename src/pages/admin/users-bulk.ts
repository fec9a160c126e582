import { ReasonBody } from '../../directory/audit-schemas.ts';
import type { UserRef } from '../../directory/state.ts';
import { ApiError, fieldError } from '../../errors.ts';
import { failureMessages } from '../../languages/messages.ts';
import { formProblem, valid } from '../kit/form-data.ts';
import type { AdminServices, AdminVisit } from './visit.ts';

/** What can be done to several users at once. */
export const BULK_ACTIONS = ['suspend', 'reactivate', 'verify', 'reset'] as const;

export type BulkAction = (typeof BULK_ACTIONS)[number];

/** The beginning of the names of the boxes; the id of the user follows. */
export const BOX_PREFIX = 'user-';
/** As many users as a page shows. */
const MOST = 100;
/** Users that are changed at the same time. */
const AT_ONCE = 10;

/** What is to be done to whom. */
export interface BulkChange {
  act: BulkAction;
  reason: string | undefined;
  ids: string[];
}

/** What a form asks for, and whether it says so for the second time: one key must not change a hundred users. Throws `validation_failed`. */
export function bulkChangeOf(values: Record<string, string>): BulkChange & { isConfirmed: boolean } {
  const act = BULK_ACTIONS.find((known) => known === values.act);
  if (!act) throw fieldError('act', 'required', 'Is not one of the actions');
  const { reason } = valid(ReasonBody, values.bulk_reason?.trim() ? { reason: values.bulk_reason } : {});
  const ids = Object.keys(values)
    .filter((name) => name.startsWith(BOX_PREFIX))
    .map((name) => name.slice(BOX_PREFIX.length));
  if (ids.length === 0) throw fieldError('act', 'nobody_chosen', 'Nobody is chosen');
  if (ids.length > MOST) throw fieldError('act', 'too_many', `At most ${MOST}`);
  // Of how many it was said: who ticks another box in another tab is asked again.
  return { act, reason, ids, isConfirmed: values.confirmed === String(ids.length) };
}

/** How many users were changed, and why the others were not, by the name of their box. */
interface BulkResult {
  done: BulkAction;
  changed: number;
  failed: [box: string, why: string][];
}

/** Changes all users whose box is ticked. */
export async function changeChosenUsers(
  { admin: { acts, users } }: AdminServices,
  visit: AdminVisit,
  { act, reason, ids }: BulkChange,
): Promise<BulkResult> {
  const { actor, realmId, view } = visit;
  const apply: Record<BulkAction, (target: UserRef) => Promise<unknown>> = {
    suspend: (target) => acts.setStatus(target, 'suspended', actor, reason),
    reactivate: (target) => acts.setStatus(target, 'active', actor, reason),
    verify: (target) => acts.verifyEmail(target, actor, reason),
    reset: (target) => acts.resetPassword(target, actor, reason),
  };
  const failed: BulkResult['failed'] = [];
  const one = async (userId: string) => {
    const target = { realmId, userId };
    try {
      await apply[act](target);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const name = await users.get(target).then(
        ({ user }) => user.email,
        () => target.userId,
      );
      const why =
        error.code === 'user_not_found'
          ? failureMessages[view.language].failures.user_not_found?.title
          : formProblem(error, view.language).summary;
      failed.push([BOX_PREFIX + userId, `${name}: ${why}`]);
    }
  };
  for (let at = 0; at < ids.length; at += AT_ONCE) await Promise.all(ids.slice(at, at + AT_ONCE).map(one));
  return { done: act, changed: ids.length - failed.length, failed };
}
