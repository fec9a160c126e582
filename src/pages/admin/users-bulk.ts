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
/** As many users as a page shows: so many are changed by one request. */
export const MOST = 100;
/** As many users of a result can be changed, page by page. */
export const MOST_OF_RESULT = 1000;
/** Users that are changed at the same time. */
const AT_ONCE = 10;

/** What is to be done to whom: those who are ticked, and with `page` all others on the page too; with `result` all who are found. */
export interface BulkChange {
  act: BulkAction;
  reason: string | undefined;
  ids: string[];
  all: 'page' | 'result' | null;
  /** Of how many it was said that it will be done to them. */
  confirmed: number | null;
  /** How far a result was changed: the cursor of what is left, and how many were and were not. */
  after: string | undefined;
  changed: number;
  failed: number;
}

/** What a form asks for, and of how many users it was told: one key must not change a hundred. Throws `validation_failed`. */
export function bulkChangeOf(values: Record<string, string>): BulkChange {
  const act = BULK_ACTIONS.find((known) => known === values.act);
  if (!act) throw fieldError('act', 'required', 'Is not one of the actions');
  const { reason } = valid(ReasonBody, values.bulk_reason?.trim() ? { reason: values.bulk_reason } : {});
  const ids = Object.keys(values)
    .filter((name) => name.startsWith(BOX_PREFIX))
    .map((name) => name.slice(BOX_PREFIX.length));
  const all = values.result ? 'result' : values.all ? 'page' : null;
  if (ids.length === 0 && !all) throw fieldError('act', 'nobody_chosen', 'Nobody is chosen');
  if (ids.length > MOST) throw fieldError('act', 'too_many', `At most ${MOST}`);
  const number = (text = '') => (/^\d{1,4}$/.test(text) ? Number(text) : null);
  return {
    act,
    reason,
    ids,
    all,
    confirmed: number(values.confirmed),
    after: values.after || undefined,
    changed: number(values.changed) ?? 0,
    failed: number(values.failed) ?? 0,
  };
}

/** How many users were changed, and why the others were not, by the name of their box. */
interface BulkResult {
  done: BulkAction;
  changed: number;
  failed: [box: string, why: string][];
}

/** Changes users, no more than a page of them. */
export async function changeChosenUsers(
  { admin: { acts, users } }: AdminServices,
  visit: AdminVisit,
  { act, reason, ids }: Pick<BulkChange, 'act' | 'reason' | 'ids'>,
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
