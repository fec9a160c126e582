import type { MeteringObjects, Terms } from '../account/metering-contract.ts';
import { primary } from '../db/client.ts';
import { isRefusal } from '../errors.ts';
import { monthOf } from '../lib/calendar.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import type { Budget } from '../lib/run-budget.ts';
import type { Plans } from './service.ts';
import { dueForGrant, expirePlans, noteGranted, readPlans } from './store.ts';

/** Users whose lapsed plans one statement ends. */
const LAPSES = 1000;
/** Users whom one statement notes as having had their credits; and objects that are called at once. */
const GRANTS = 200;
const AT_ONCE = 20;

/** What it is made of. */
export interface PlanJobDependencies {
  d1: D1Database;
  /** The database with the realm `default`, where it is another. */
  home?: D1Database | null;
  plans: Plans;
  objects: MeteringObjects;
}

/** What of plans goes by the calendar. Users do not wait for it: their objects know the time. */
export class PlanJobs {
  readonly #deps: PlanJobDependencies;

  constructor(deps: PlanJobDependencies) {
    this.#deps = deps;
  }

  /**
   * Makes the directory say of lapsed plans what the objects say, and have put into the log, already. Late, twice or at once
   * comes to the same.
   */
  async expireLapsed(now: number, budget: Budget): Promise<void> {
    for (let expired = LAPSES; expired >= LAPSES && budget.take(1); ) {
      expired = await expirePlans(this.#deps.d1, now, LAPSES);
    }
  }

  /** Gives this month's credits to those who have not come for them. */
  async grantMonthly(now: number, budget: Budget): Promise<void> {
    const { d1, home = null, objects } = this.#deps;
    const { db } = primary(d1);
    const month = monthOf(now);
    if (home && !budget.take(1)) return;
    const shared =
      home &&
      (await readPlans(primary(home).db, DEFAULT_REALM))
        .filter((plan) => plan.monthlyCredits > 0)
        .map(({ id }) => id);
    // To ask who is due, and to note who had them.
    for (let granted = GRANTS; granted >= GRANTS && budget.take(2); ) {
      const due = await dueForGrant(db, month, GRANTS, shared);
      const had: string[] = [];
      try {
        const terms = new Map<string, Terms>();
        await someAtOnce(due, async ({ id, realmId }) => {
          if (!budget.take(terms.has(realmId) ? 1 : 3)) return;
          const known = terms.get(realmId) ?? (await this.#deps.plans.terms(realmId));
          terms.set(realmId, known);
          const answer = await objects(id).grantMonthly(known);
          // An object that was never told of its user gives the credits when it is.
          if (!isRefusal(answer) || answer.reason === 'user_not_found') had.push(id);
        });
      } finally {
        await noteGranted(db, had, month);
        granted = had.length;
      }
    }
  }
}

/** Does something with each, some at once; throws the first failure, when all were tried. */
async function someAtOnce<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  let failure: unknown;
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const outcomes = await Promise.allSettled(items.slice(at, at + AT_ONCE).map(work));
    failure ??= outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
  }
  if (failure) throw failure;
}
