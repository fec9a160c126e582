import { lte } from 'drizzle-orm';
import type { MeteringObjects } from '../account/metering-contract.ts';
import { primary } from '../db/client.ts';
import type { Directory } from '../directory/service.ts';
import { DEFAULT_PLAN } from '../directory/state.ts';
import { users } from '../directory/tables.ts';
import { isRefusal } from '../errors.ts';
import { monthOf } from '../lib/calendar.ts';
import type { Plans } from './service.ts';
import { dueForGrant, noteGranted } from './store.ts';

/** Objects that one run calls: Workers bound how much an invocation may call. The next minute goes on. */
const PER_RUN = 400;
const AT_ONCE = 20;

/** What it is made of. */
export interface PlanJobDependencies {
  d1: D1Database;
  plans: Plans;
  directory: Directory;
  objects: MeteringObjects;
}

/** What of plans goes by the calendar. Users do not wait for it: their objects know the time. */
export class PlanJobs {
  readonly #deps: PlanJobDependencies;

  constructor(deps: PlanJobDependencies) {
    this.#deps = deps;
  }

  /** Makes the directory say of lapsed plans what the objects say already. Late, twice or at once comes to the same. */
  async expireLapsed(now: number): Promise<void> {
    const { d1, directory } = this.#deps;
    const lapsed = lte(users.planExpiresAt, now);
    const due = await primary(d1).db.select({ id: users.id }).from(users).where(lapsed).limit(PER_RUN);
    await eachOf(due, async ({ id }) => {
      await directory.change(id, {
        set: { plan: DEFAULT_PLAN, planExpiresAt: null, subscribed: false },
        guard: lapsed,
        announced: true,
        now,
        activity: { type: 'plan_expired', client: null, actor: 'system' },
      });
    });
  }

  /** Gives this month's credits to those who have not come for them. */
  async grantMonthly(now: number): Promise<void> {
    const { d1, plans, objects } = this.#deps;
    const { db } = primary(d1);
    const month = monthOf(now);
    const due = await dueForGrant(db, month, PER_RUN);
    const granted: string[] = [];
    try {
      await eachOf(due, async ({ id, realmId }) => {
        const terms = await plans.terms(realmId);
        const answer = await objects(id).grantMonthly(terms);
        // An object that was never told of its user gives the credits when it is.
        if (!isRefusal(answer) || answer.reason === 'user_not_found') granted.push(id);
      });
    } finally {
      await noteGranted(db, granted, month);
    }
  }
}

/** Does something with each, some at once; throws the first failure, when all were tried. */
async function eachOf<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  let failure: unknown;
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const outcomes = await Promise.allSettled(items.slice(at, at + AT_ONCE).map(work));
    failure ??= outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
  }
  if (failure) throw failure;
}
