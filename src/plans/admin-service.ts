import { and, eq, sql } from 'drizzle-orm';
import type { AccountObjects, ActivityType, Limits } from '../accounts/port.ts';
import { directoryState } from '../accounts/service.ts';
import { users } from '../accounts/tables.ts';
import { writeAuditIf } from '../audit/service.ts';
import { primary } from '../db/client.ts';
import type { Config } from '../env.ts';
import { ApiError, fieldError } from '../errors.ts';
import { rfc3339 } from '../lib/time.ts';
import { withOverrides } from './plan-book.ts';
import type { Plan, Subscription } from './port.ts';
import type { Plans } from './service.ts';
import { readPlans, writePlan } from './store.ts';

/** What it is made of. */
export interface PlanAdminPorts {
  d1: D1Database;
  plans: Plans;
  objects: AccountObjects;
  config: Pick<Config, 'QUOTAS' | 'RESOURCES'>;
}

/** Plans as admins change them: those of a realm, and which a user has. `actor` is the id of who does it. */
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
  async save(realmId: string, plan: Plan, actor: string): Promise<Plan> {
    const { d1, plans, config } = this.#ports;
    const { db } = primary(d1);
    const at = Date.now();
    const { id, limits, modelTiers, monthlyCredits } = plan;
    const details = { limits, model_tiers: modelTiers, monthly_credits: monthlyCredits };
    const entry = { realmId, at, actor, action: 'plan_saved' as const, target: id, details };
    await writePlan(db, realmId, plan, at, writeAuditIf(db, entry, sql`true`));
    plans.forget(realmId);
    return withOverrides(plan, config);
  }

  /** Gives a user a plan, until it lapses. Throws `user_not_found`, and 422 for a plan that the realm does not have. */
  async assign(
    user: { userId: string; realmId: string },
    { plan, expiresAt }: { plan: string; expiresAt: number | null },
    actor: string,
  ): Promise<Subscription> {
    const { plans } = this.#ports;
    if (!(await this.list(user.realmId)).some(({ id }) => id === plan)) {
      throw fieldError('plan', 'unknown', 'There is no such plan');
    }
    if (expiresAt !== null && expiresAt <= Date.now()) {
      throw fieldError('expires_at', 'past', 'Must be in the future');
    }
    const details = { plan, expires_at: expiresAt === null ? null : rfc3339(expiresAt) };
    await this.#change(user, { plan, planExpiresAt: expiresAt }, 'plan_changed', details, actor);
    // It may be younger than what is kept of the realm's plans.
    plans.forget(user.realmId);
    return plans.subscription(user);
  }

  /** Sets the limits of one user. Throws `user_not_found`. */
  async limit(
    user: { userId: string; realmId: string },
    limits: Limits,
    actor: string,
  ): Promise<Subscription> {
    await this.#change(user, { customLimits: limits }, 'limits_changed', { limits }, actor);
    return this.#ports.plans.subscription(user);
  }

  async #change(
    { userId, realmId }: { userId: string; realmId: string },
    set: { plan: string; planExpiresAt: number | null } | { customLimits: Limits },
    activity: ActivityType,
    details: Record<string, unknown>,
    actor: string,
  ): Promise<void> {
    const session = primary(this.#ports.d1);
    const theirs = and(eq(users.id, userId), eq(users.realmId, realmId));
    const found = await session.db.select({ id: users.id }).from(users).where(theirs).get();
    if (!found) throw new ApiError('user_not_found');
    const object = this.#ports.objects(userId);
    await object.announceChange();
    const [row] = await session.db
      .update(users)
      .set({ ...set, version: sql`${users.version} + 1`, updatedAt: Date.now() })
      .where(theirs)
      .returning();
    if (!row) throw new ApiError('user_not_found');
    const bookmark = session.bookmark();
    const change = { bookmark, keepSession: null, client: null, activity, actor, details };
    await object.directoryChanged(directoryState(row), change);
  }
}
