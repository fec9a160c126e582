import type { MeteringObjects, Terms, UserPlan } from '../account/metering-contract.ts';
import type { Config } from '../config/config.ts';
import { nearestReplica } from '../db/client.ts';
import type { Standby } from '../db/standby.ts';
import type { Directory } from '../directory/service.ts';
import { fieldError } from '../errors.ts';
import { wantsCredits } from '../events/emit.ts';
import { Kept } from '../lib/kept.ts';
import { SECOND } from '../lib/time.ts';
import { tierOf } from './model-tiers.ts';
import { withOverrides } from './plan-book.ts';
import { readPlans } from './store.ts';

/** A changed plan is in force everywhere after this long (milliseconds). */
const CACHE = 30 * SECOND;
const CACHED_REALMS = 1000;

/** What plans are made of. */
export interface PlanDependencies {
  d1: D1Database;
  /** The database with the realm `default`, where it is another. */
  home?: D1Database | null;
  standby: Standby;
  directory: Directory;
  objects: MeteringObjects;
  config: Pick<Config, 'RESOURCES' | 'QUOTAS' | 'MODEL_TIERS' | 'MODEL_TIER_DEFAULT'>;
}

/** The plans of realms, from D1; each isolate keeps what it read for half a minute, and for as long as D1 does not answer. */
export class Plans {
  readonly #deps: PlanDependencies;
  readonly #kept = new Kept<string, Omit<Terms, 'realmId'>>({ limit: CACHED_REALMS, freshFor: CACHE });

  constructor(deps: PlanDependencies) {
    this.#deps = deps;
  }

  /** What an object of the realm has to be told to decide. */
  async terms(realmId: string): Promise<Terms> {
    const { d1, home = null, standby, config } = this.#deps;
    const terms = await this.#kept.get(realmId, async () => {
      const read = () => readPlans(nearestReplica(d1).db, realmId, home && nearestReplica(home).db);
      const [rows, tellsCredits] = await Promise.all([
        standby.read(`plans:${realmId}`, read),
        // The ledger keeps what is not told.
        wantsCredits(d1, realmId).catch(() => false),
      ]);
      const plans = Object.fromEntries(rows.map((plan) => [plan.id, withOverrides(plan, config)]));
      return { plans, tellsCredits };
    });
    return { realmId, plans: {}, ...terms };
  }

  /** Reads the realm's plans anew when they are next asked for. */
  forget(realmId: string): void {
    this.#kept.delete(realmId);
  }

  /** As `terms`, for the use of a resource. Throws 422 for a name that is no resource of the realm. */
  async termsOf(realmId: string, resource: string): Promise<Terms> {
    const terms = await this.terms(realmId);
    const isKnown =
      this.#deps.config.RESOURCES.includes(resource) ||
      Object.values(terms.plans).some(({ limits }) => Object.hasOwn(limits, resource));
    if (isKnown) return terms;
    const limited = Object.values(terms.plans).flatMap(({ limits }) => Object.keys(limits));
    const known = new Set([...this.#deps.config.RESOURCES, ...limited]);
    throw fieldError('resource', 'unknown', `There is no such resource; there are ${[...known].join(', ')}`);
  }

  /** The tier of a model. */
  tierOf(model: string): string {
    return tierOf(model, this.#deps.config);
  }

  /** What a user has. Throws `user_not_found`. */
  async subscription(user: { userId: string; realmId: string }): Promise<UserPlan> {
    const { directory, objects } = this.#deps;
    const terms = await this.terms(user.realmId);
    return directory.ask(user, () => objects(user.userId).subscription(terms));
  }
}
