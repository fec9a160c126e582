import { sql } from 'drizzle-orm';
import { primary } from '../db/client.ts';
import { writeAuditIf } from '../directory/audit.ts';
import { ApiError } from '../errors.ts';
import { pageOf } from '../http/paging.ts';
import type { Budget } from '../lib/run-budget.ts';
import { findEvent, listEvents, reopenEvent } from './event-store.ts';
import { listTroubled } from './overage-store.ts';
import type { BillingKit } from './parts.ts';
import type { NamedPrice } from './port.ts';
import type { PriceMeaning } from './price-list.ts';
import { listShortfalls } from './reversal-store.ts';
import type { EventRow, OverageReportRow, PriceRow, ReversalRow } from './tables.ts';

/** What admins, Stripe and the clock do about paying. */
export class BillingAdmin {
  readonly #kit: BillingKit;

  constructor(kit: BillingKit) {
    this.#kit = kit;
  }

  get isConfigured(): boolean {
    return this.#kit.isConfigured;
  }

  /** What prices stand for in a realm. Needs no Stripe. */
  prices(realmId: string): Promise<PriceRow[]> {
    return this.#kit.prices.of(realmId);
  }

  /** The prices of Stripe to choose from; null where they are not to be had soon, or are too many to choose from. */
  async activePrices(): Promise<NamedPrice[] | null> {
    return this.#kit.isConfigured ? this.#kit.parts.stripe.activePrices() : null;
  }

  /** Throws `billing_not_configured`, and 422 for a price or plan that is not there. */
  async replacePrices(realmId: string, meanings: PriceMeaning[], actor: string): Promise<PriceRow[]> {
    const rows = await this.#kit.prices.replace(realmId, meanings, this.#kit.parts.stripe);
    const details = {
      prices: rows.map(({ priceId, plan, credits, seats, metered }) => ({
        priceId,
        plan,
        credits,
        seats,
        metered,
      })),
    };
    await this.#audit(realmId, actor, 'billing_prices_replaced', realmId, details);
    return rows;
  }

  /** Takes a webhook. Throws `billing_not_configured`, `invalid_signature`, `billing_event_failed`. */
  async receive(body: string, signature: string | undefined): Promise<void> {
    await this.#kit.parts.events.receive(body, signature);
  }

  /** A page of Stripe's events about a realm's users, newest first. Needs no Stripe. */
  async events(
    realmId: string,
    page: { limit: number; cursor?: string | undefined; status?: EventRow['status'] | undefined },
  ): Promise<{ rows: EventRow[]; total: number; nextCursor: string | null }> {
    const before = page.cursor === undefined ? null : Number(page.cursor);
    const { rows, total } = await listEvents(primary(this.#kit.deps.d1).db, realmId, {
      limit: page.limit + 1,
      before,
      status: page.status,
    });
    return { ...pageOf(rows, page.limit, ({ seq }) => String(seq)), total };
  }

  /** Handles an event again, and says what became of it. Throws `billing_event_not_found`. */
  async replay(realmId: string, id: string, actor: string): Promise<EventRow> {
    const { events } = this.#kit.parts;
    const { db } = primary(this.#kit.deps.d1);
    if (!(await reopenEvent(db, realmId, id, Date.now()))) throw new ApiError('billing_event_not_found');
    await this.#audit(realmId, actor, 'billing_event_replayed', id, {});
    await events.handle(id);
    const row = await findEvent(db, id);
    if (!row) throw new ApiError('billing_event_not_found');
    return row;
  }

  /** A page of payments that were lost when their credits were used already, newest first. Needs no Stripe. */
  async shortfalls(
    realmId: string,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ rows: ReversalRow[]; total: number; nextCursor: string | null }> {
    const before = page.cursor === undefined ? null : Number(page.cursor);
    const limit = page.limit + 1;
    const { rows, total } = await listShortfalls(primary(this.#kit.deps.d1).db, realmId, { limit, before });
    return { ...pageOf(rows, page.limit, ({ updatedAt }) => String(updatedAt)), total };
  }

  /** A page of use beyond limits that Stripe has not taken, or has counted otherwise, newest first. Needs no Stripe. */
  async troubledOverage(
    realmId: string,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ rows: OverageReportRow[]; total: number; nextCursor: string | null }> {
    const [hour, payerId, meter] = page.cursor?.split(':') ?? [];
    const before = payerId && meter ? { hour: Number(hour), payerId, meter } : null;
    const limit = page.limit + 1;
    const { rows, total } = await listTroubled(primary(this.#kit.deps.d1).db, realmId, { limit, before });
    const next = (row: OverageReportRow) => `${row.hour}:${row.payerId}:${row.meter}`;
    return { ...pageOf(rows, page.limit, next), total };
  }

  /** Each minute: what has failed is tried again, payments and customers of payers who are gone are given back and deleted, new addresses and seats are told, credits bought again, and use beyond limits is reported. */
  async catchUp(now: number, budget: Budget): Promise<void> {
    if (!this.#kit.isConfigured) return;
    const { events, customers, seats, topUps, overage, strays } = this.#kit.parts;
    await events.retry(now, budget);
    await strays.run(now, budget);
    await customers.erase(now, budget);
    await customers.tellAddresses(now, budget);
    await seats.catchUp(now, budget);
    await topUps.run(now, budget);
    await overage.run(now, budget);
  }

  /** Each hour: what webhooks did not bring is fetched, and what was reported compared with what Stripe has counted. */
  async reconcile(now: number, budget: Budget): Promise<void> {
    if (!this.#kit.isConfigured) return;
    const { events, subscriptions, overage } = this.#kit.parts;
    // Stripe's list is that of all databases.
    if (this.#kit.deps.home === null) await events.collect(now, budget);
    await events.retry(now, budget);
    await overage.compare(now, budget);
    await subscriptions.syncUnseen(now, budget);
  }

  async #audit(
    realmId: string,
    actor: string,
    action: 'billing_prices_replaced' | 'billing_event_replayed',
    target: string,
    details: Record<string, unknown>,
  ): Promise<void> {
    const entry = { realmId, at: Date.now(), actor, action, target, details };
    await writeAuditIf(primary(this.#kit.deps.d1).db, entry, sql`1`);
  }
}
