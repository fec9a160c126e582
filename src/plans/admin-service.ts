import { sql } from 'drizzle-orm';
import type { Plan, UserPlan } from '../account/metering-contract.ts';
import type { Config } from '../config/config.ts';
import { primary } from '../db/client.ts';
import { writeAuditIf } from '../directory/audit.ts';
import type { Directory } from '../directory/service.ts';
import type { Limits } from '../directory/state.ts';
import { ApiError, fieldError } from '../errors.ts';
import { requireAuthority } from '../http/authority.ts';
import type { Actor } from '../http/service-authentication.ts';
import { rfc3339 } from '../lib/time.ts';
import { withOverrides } from './plan-book.ts';
import { planShape } from './schemas.ts';
import type { Plans } from './service.ts';
import { readPlans, writePlans } from './store.ts';

/** What it is made of. */
export interface PlanAdminDependencies {
  d1: D1Database;
  /** The database with the realm `default`, where it is another. */
  home?: D1Database | null;
  plans: Plans;
  directory: Directory;
  config: Pick<Config, 'QUOTAS' | 'RESOURCES'>;
}

/** Plans as admins change them: those of a realm, and which a user has. */
export class PlanAdmin {
  readonly #deps: PlanAdminDependencies;

  constructor(deps: PlanAdminDependencies) {
    this.#deps = deps;
  }

  /** The plans of a realm as they are in force, from the primary. */
  async list(realmId: string): Promise<Plan[]> {
    const { d1, home = null, config } = this.#deps;
    const plans = await readPlans(primary(d1).db, realmId, home && primary(home).db);
    return plans.map((plan) => withOverrides(plan, config));
  }

  /** Changes or adds a plan; gives it as it is in force. */
  async save(realmId: string, plan: Plan, actor: Actor, reason?: string): Promise<Plan> {
    await this.saveAll(realmId, [plan], actor, reason);
    return withOverrides(plan, this.#deps.config);
  }

  /** Changes or adds several plans, all or none of them. */
  async saveAll(realmId: string, changed: Plan[], actor: Actor, reason?: string): Promise<void> {
    if (changed.length === 0) return;
    const { d1, home = null, plans } = this.#deps;
    const { db } = primary(d1);
    const shared = home && primary(home).db;
    const at = Date.now();
    const before = new Map((await readPlans(db, realmId, shared)).map((plan) => [plan.id, plan]));
    const entries = changed.map((plan) => {
      const known = before.get(plan.id);
      const details = { before: known ? audited(known) : null, after: audited(plan), reason };
      const entry = {
        realmId,
        at,
        actor: actor.id,
        action: 'plan_saved' as const,
        target: plan.id,
        details,
      };
      return writeAuditIf(db, entry, sql`true`);
    });
    await writePlans(db, realmId, changed, at, entries, shared);
    plans.forget(realmId);
  }

  /**
   * Gives a user a plan, until it lapses. Throws `user_not_found`, `insufficient_scope`, and 422 for a plan that the
   * realm does not have.
   */
  async assign(
    user: { userId: string; realmId: string },
    { plan, expiresAt }: { plan: string; expiresAt: number | null },
    actor: Actor,
    reason?: string,
  ): Promise<UserPlan> {
    const { plans } = this.#deps;
    if (!(await this.list(user.realmId)).some(({ id }) => id === plan)) {
      throw fieldError('plan', 'unknown', 'There is no such plan');
    }
    if (expiresAt !== null && expiresAt <= Date.now()) {
      throw fieldError('expires_at', 'past', 'Must be in the future');
    }
    await this.#change(user, { plan, planExpiresAt: expiresAt, subscribed: false }, actor, reason);
    // It may be younger than what is kept of the realm's plans.
    plans.forget(user.realmId);
    return plans.subscription(user);
  }

  /** Sets the limits of one user. Throws `user_not_found`, `insufficient_scope`. */
  async limit(
    user: { userId: string; realmId: string },
    limits: Limits,
    actor: Actor,
    reason?: string,
  ): Promise<UserPlan> {
    await this.#change(user, { customLimits: limits }, actor, reason);
    return this.#deps.plans.subscription(user);
  }

  async #change(
    { userId, realmId }: { userId: string; realmId: string },
    set: { plan: string; planExpiresAt: number | null; subscribed: boolean } | { customLimits: Limits },
    actor: Actor,
    reason: string | undefined,
  ): Promise<void> {
    const { directory } = this.#deps;
    const found = await directory.current({ realmId, userId });
    requireAuthority(actor, found.role);
    const isPlan = 'plan' in set;
    const details = 'plan' in set ? subscribed(set) : { limits: set.customLimits };
    const before = isPlan ? subscribed(found) : { limits: found.customLimits };
    const at = Date.now();
    const entry = {
      realmId,
      at,
      actor: actor.id,
      action: isPlan ? ('user_plan_changed' as const) : ('user_limits_changed' as const),
      target: userId,
      details: { before, after: details, reason },
    };
    const type = isPlan ? 'plan_changed' : 'limits_changed';
    const { user } = await directory.change(userId, {
      set,
      now: at,
      audit: entry,
      activity: { type, client: null, actor: actor.id, details },
    });
    if (!user) throw new ApiError('user_not_found');
  }
}

/** A plan by the names of the wire, for the audit log. */
function audited(plan: Plan) {
  const { limits, model_tiers, monthly_credits, rollover_credits, overage } = planShape(plan);
  return { limits, model_tiers, monthly_credits, rollover_credits, overage };
}

function subscribed({ plan, planExpiresAt }: { plan: string; planExpiresAt: number | null }) {
  return { plan, expires_at: planExpiresAt === null ? null : rfc3339(planExpiresAt) };
}
