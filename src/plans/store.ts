import { eq, inArray } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import type { Plan } from './port.ts';
import { plans } from './tables.ts';

/** The realm whose plans those realms have that have none of their own. */
export const SHARED_REALM = 'default';

/** The plans that hold in a realm, by id. */
export async function readPlans(db: Database, realmId: string): Promise<Plan[]> {
  const rows = await db
    .select()
    .from(plans)
    .where(inArray(plans.realmId, [realmId, SHARED_REALM]))
    .orderBy(plans.id);
  const own = rows.filter((row) => row.realmId === realmId);
  return (own.length > 0 ? own : rows).map(planOf);
}

/** Writes a plan; a realm's first one brings along copies of those that it had so far. */
export async function writePlan(db: Database, realmId: string, plan: Plan, now: number): Promise<void> {
  const shared = await db.select().from(plans).where(eq(plans.realmId, SHARED_REALM));
  const { id, ...columns } = plan;
  const row = { ...columns, updatedAt: now };
  const own = await db.select({ id: plans.id }).from(plans).where(eq(plans.realmId, realmId));
  const copies = own.length > 0 ? [] : shared.map((copied) => ({ ...copied, realmId, updatedAt: now }));
  await db.batch([
    db
      .insert(plans)
      .values({ realmId, id, ...row })
      .onConflictDoUpdate({ target: [plans.realmId, plans.id], set: row }),
    ...copies.map((copied) => db.insert(plans).values(copied).onConflictDoNothing()),
  ]);
}

function planOf({ realmId: _, updatedAt: __, ...plan }: typeof plans.$inferSelect): Plan {
  return plan;
}
