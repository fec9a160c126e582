import { and, eq, lte, sql } from 'drizzle-orm';
import { type Database, primary } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import { ApiError, fieldError } from '../errors.ts';
import { backoff } from '../lib/backoff.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import { describeFailure, log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { HOUR } from '../lib/time.ts';
import { members } from '../organizations/tables.ts';
import type { Customers } from './customers.ts';
import type { BillingProvider } from './port.ts';
import { holdSeats } from './store.ts';
import type { Subscriptions } from './subscriptions.ts';
import { type PriceRow, seatChanges } from './tables.ts';

const LONGEST_WAIT = HOUR;
const CHANGES_PER_RUN = 20;
/** What telling Stripe of one organization takes at most: statements, calls of Stripe and of the object. */
const CHANGE_CALLS = 30;

/** What seats are made of. */
export interface SeatDependencies {
  d1: D1Database;
  stripe: BillingProvider;
  customers: Customers;
  subscriptions: Subscriptions;
}

/**
 * How many of a plan's price an organization pays: as many as it has members, or as many seats as it wants, which are no fewer. `path`
 * is where the number stands that is wanted. Seats that are bought in a `lease` are held: until it ends no more join than are paid for
 * then. Throws 422 for a number that cannot be.
 */
export async function quantityOf(
  d1: D1Database,
  payerId: string,
  seats: PriceRow['seats'],
  wanted: number | undefined,
  path: string,
  lease: number | null,
): Promise<number> {
  if (seats === null || !isOrganizationId(payerId)) {
    if (wanted === undefined || wanted === 1) return 1;
    throw fieldError(path, 'invalid', 'A plan that is not paid by seat is bought once');
  }
  const { db } = primary(d1);
  const held = seats === 'paid' && lease !== null ? await holdSeats(db, payerId, lease, wanted) : null;
  if (held !== null) return held;
  const count = await countMembers(db, payerId);
  if (wanted === undefined || wanted === count) return count;
  if (seats === 'members') throw fieldError(path, 'invalid', `It is paid for ${count} members`);
  if (wanted < count) throw fieldError(path, 'too_small', `There are ${count} members`);
  // Whoever changes it in a lease that is over must not ask Stripe any more.
  if (lease !== null) throw new ApiError('conflict');
  return wanted;
}

/** Sees to it that Stripe knows how many members there are, where organizations pay by that. */
export class Seats {
  readonly #deps: SeatDependencies;

  constructor(deps: SeatDependencies) {
    this.#deps = deps;
  }

  /** Tells Stripe of organizations whose members came or went, until it has worked; what it is told last is what is so. */
  async catchUp(now: number, budget: Budget): Promise<void> {
    const { db } = primary(this.#deps.d1);
    if (!budget.take(1)) return;
    const due = await db
      .select()
      .from(seatChanges)
      .where(and(lte(seatChanges.nextAttemptAt, now), sql`realm_id NOT IN ${FROZEN_REALMS}`))
      .orderBy(seatChanges.nextAttemptAt)
      .limit(CHANGES_PER_RUN);
    for (const { organizationId, times, attempts } of due) {
      if (!budget.take(CHANGE_CALLS)) return;
      // Who came or went after this was read has raised the number of times, so that it stays due.
      const read = and(eq(seatChanges.organizationId, organizationId), eq(seatChanges.times, times));
      try {
        await this.#tell(organizationId);
        await db.delete(seatChanges).where(read);
      } catch (error) {
        // Also for what nobody has foreseen: one organization must not keep the others waiting.
        log('error', 'seats_untold', { organization_id: organizationId, error: describeFailure(error) });
        const nextAttemptAt = now + backoff(attempts + 1, LONGEST_WAIT);
        await db
          .update(seatChanges)
          .set({ attempts: attempts + 1, nextAttemptAt })
          .where(read);
      }
    }
  }

  async #tell(organizationId: string): Promise<void> {
    const { d1, stripe, customers, subscriptions } = this.#deps;
    const customer = await customers.find(organizationId);
    if (!customer) return;
    // One at a time: an earlier number never comes after a later one.
    await subscriptions.alone(organizationId, async () => {
      const current = await subscriptions.changeable(customer);
      if (current?.seats !== 'members') return;
      const count = await countMembers(primary(d1).db, organizationId);
      if (count === 0 || count === current.quantity) return;
      await stripe.setQuantity(current, count, 'next');
      await subscriptions.sync(current.id);
    });
  }
}

async function countMembers(db: Database, organizationId: string): Promise<number> {
  return db.$count(members, eq(members.organizationId, organizationId));
}
