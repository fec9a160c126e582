import { and, eq, sql } from 'drizzle-orm';
import type { Plan, Subscription } from '../account/metering-contract.ts';
import { primary } from '../db/client.ts';
import { writeAuditIf } from '../directory/audit.ts';
import { directoryState } from '../directory/service.ts';
import type { AccountObjects, Limits } from '../directory/state.ts';
import { users } from '../directory/tables.ts';
import type { Config } from '../env.ts';
import { ApiError, fieldError } from '../errors.ts';
import { requireAuthority } from '../http/authority.ts';
import type { Actor } from '../http/service-authentication.ts';
import { rfc3339 } from '../lib/time.ts';
import { withOverrides } from './plan-book.ts';
import type { Plans } from './service.ts';
import { readPlans, writePlan } from './store.ts';

/** What it is made of. */
export interface PlanAdminPorts {
  d1: D1Database;
  plans: Plans;
  objects: AccountObjects;
  config: Pick<Config, 'QUOTAS' | 'RESOURCES'>;
}

/** Plans as admins change them: those of a realm, and which a user has. */
export class PlanAdmin {
  readonly #ports: PlanAdminPorts;

  constructor(ports: PlanAdminPorts) {
    this.#ports = ports;
  }

  /** The plans of a realm as they are in force, from the primary. */
  async list(realmId: string): Promise<Plan[]> {
    const { d1, config } = this.#ports;
    const plans = await readPlans(primary(d1).db, realmId);
    return plans.map((plan) => withOverrides(plan, config));
  }

  /** Changes or adds a plan; gives it as it is in force. */
  async save(realmId: string, plan: Plan, actor: Actor, reason?: string): Promise<Plan> {
    const { d1, plans, config } = this.#ports;
    const { db } = primary(d1);
    const at = Date.now();
    const known = (await readPlans(db, realmId)).find(({ id }) => id === plan.id);
    const details = { before: known ? audited(known) : null, after: audited(plan), reason };
    const entry = {
      realmId,
      at,
      actor: actor.id,
      action: 'plan_saved' as const,
      target: plan.id,
      details,
    };
    await writePlan(db, realmId, plan, at, writeAuditIf(db, entry, sql`true`));
    plans.forget(realmId);
    return withOverrides(plan, config);
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
  ): Promise<Subscription> {
    const { plans } = this.#ports;
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
  ): Promise<Subscription> {
    await this.#change(user, { customLimits: limits }, actor, reason);
    return this.#ports.plans.subscription(user);
  }

  async #change(
    { userId, realmId }: { userId: string; realmId: string },
    set: { plan: string; planExpiresAt: number | null; subscribed: boolean } | { customLimits: Limits },
    actor: Actor,
    reason: string | undefined,
  ): Promise<void> {
    const session = primary(this.#ports.d1);
    const theirs = and(eq(users.id, userId), eq(users.realmId, realmId));
    const found = await session.db.select().from(users).where(theirs).get();
    if (!found) throw new ApiError('user_not_found');
    requireAuthority(actor, found.role);
    const object = this.#ports.objects(userId);
    await object.announceChange();
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
    const [, [row]] = await session.db.batch([
      writeAuditIf(session.db, entry, sql`EXISTS (SELECT 1 FROM ${users} WHERE ${theirs})`),
      session.db
        .update(users)
        .set({ ...set, version: sql`${users.version} + 1`, updatedAt: at })
        .where(theirs)
        .returning(),
    ]);
    if (!row) throw new ApiError('user_not_found');
    await object.directoryChanged(directoryState(row), {
      bookmark: session.bookmark(),
      keepSession: null,
      client: null,
      activity: isPlan ? 'plan_changed' : 'limits_changed',
      actor: actor.id,
      details,
    });
  }
}

/** A plan by the names of the wire, for the audit log. */
function audited({ limits, modelTiers, monthlyCredits }: Plan) {
  return { limits, model_tiers: modelTiers, monthly_credits: monthlyCredits };
}

function subscribed({ plan, planExpiresAt }: { plan: string; planExpiresAt: number | null }) {
  return { plan, expires_at: planExpiresAt === null ? null : rfc3339(planExpiresAt) };
}
