import { eq, inArray, sql } from 'drizzle-orm';
import type { Plan } from '../account/metering-contract.ts';
import type { Database } from '../db/client.ts';
import { FROZEN_REALMS, FROZEN_SQL } from '../db/frozen.ts';
import type { writeAuditIf } from '../directory/audit.ts';
import { DEFAULT_PLAN } from '../directory/state.ts';
import { users } from '../directory/tables.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { plans } from './tables.ts';

/**
 * The plans that hold in a realm, by id: its own, else those of the realm `default`, which are in the database `home` where it is
 * another.
 */
export async function readPlans(
  db: Database,
  realmId: string,
  home: Database | null = null,
): Promise<Plan[]> {
  const rows = await db
    .select()
    .from(plans)
    .where(inArray(plans.realmId, home ? [realmId] : [realmId, DEFAULT_REALM]))
    .orderBy(plans.id);
  const own = rows.filter((row) => row.realmId === realmId);
  if (home && own.length === 0) return readPlans(home, DEFAULT_REALM);
  return (own.length > 0 ? own : rows).map(planOfRow);
}

/** Writes plans and their entries in the audit log; a realm's first ones bring along copies of those it had so far. */
export async function writePlans(
  db: Database,
  realmId: string,
  changed: Plan[],
  now: number,
  entries: ReturnType<typeof writeAuditIf>[],
  home: Database | null = null,
): Promise<void> {
  const shared = await (home ?? db).select().from(plans).where(eq(plans.realmId, DEFAULT_REALM));
  const own = await db.select({ id: plans.id }).from(plans).where(eq(plans.realmId, realmId));
  const copies = own.length > 0 ? [] : shared.map((copied) => ({ ...copied, realmId, updatedAt: now }));
  const written = changed.map(({ id, ...columns }) => {
    const row = { ...columns, updatedAt: now };
    return db
      .insert(plans)
      .values({ realmId, id, ...row })
      .onConflictDoUpdate({ target: [plans.realmId, plans.id], set: row });
  });
  const [first, ...others] = [
    ...written,
    ...copies.map((copied) => db.insert(plans).values(copied).onConflictDoNothing()),
    ...entries,
  ];
  if (first) await db.batch([first, ...others]);
}

function planOfRow({ realmId: _, updatedAt: __, ...plan }: typeof plans.$inferSelect): Plan {
  return plan;
}

/**
 * Users whose plan has monthly credits and who are not known to have had those of that month. `shared` are the plans of the realm
 * `default` that have, where they are in another database.
 */
export function dueForGrant(
  db: Database,
  month: string,
  limit: number,
  shared: string[] | null = null,
): Promise<{ id: string; realmId: string }[]> {
  const isGiving = shared
    ? sql`SELECT realm_id, id AS plan FROM plans WHERE realm_id <> ${DEFAULT_REALM} AND monthly_credits > 0
      UNION ALL SELECT realms.id, j.value FROM realms JOIN json_each(${JSON.stringify(shared)}) AS j
      WHERE NOT EXISTS (SELECT 1 FROM plans AS own WHERE own.realm_id = realms.id)`
    : sql`SELECT realms.id AS realm_id, plans.id AS plan FROM realms JOIN plans ON plans.realm_id = CASE
        WHEN EXISTS (SELECT 1 FROM plans AS own WHERE own.realm_id = realms.id) THEN realms.id
        ELSE ${DEFAULT_REALM} END
      WHERE plans.monthly_credits > 0`;
  return db.all(sql`
    WITH giving AS (${isGiving})
    SELECT users.id AS id, users.realm_id AS realmId FROM giving
    CROSS JOIN users ON users.realm_id = giving.realm_id AND giving.realm_id NOT IN ${FROZEN_REALMS} AND users.plan = giving.plan AND users.granted_month < ${month}
    LIMIT ${limit}`);
}

/** Notes that users have had the credits of a month. */
export async function noteGranted(db: Database, ids: string[], month: string): Promise<void> {
  if (ids.length === 0) return;
  await db
    .update(users)
    .set({ grantedMonth: sql`MAX(${users.grantedMonth}, ${month})` })
    .where(sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

/**
 * Makes the directory say of lapsed plans what the objects say by themselves, of so many users at most, in one statement;
 * gives of how many. The version rises, for the row is no longer as somebody may have read it.
 */
export async function expirePlans(d1: D1Database, now: number, limit: number): Promise<number> {
  const { meta } = await d1
    .prepare(
      `UPDATE users SET plan = ?1, plan_expires_at = NULL, subscribed = 0, version = version + 1, updated_at = ?2
       WHERE id IN (SELECT id FROM users WHERE plan_expires_at <= ?2 AND realm_id NOT IN ${FROZEN_SQL} LIMIT ?3)`,
    )
    .bind(DEFAULT_PLAN, now, limit)
    .run();
  return meta.changes;
}
