import type { SpentQuota } from '../directory/spent-before.ts';
import type { Limit } from '../directory/state.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import { SECOND } from '../lib/time.ts';
import type { SpendingAlert } from './alert-book.ts';
import type { Alerts } from './alerts.ts';
import type { CapBook } from './cap-book.ts';
import type { CapChange } from './caps-contract.ts';
import type { Ledger } from './ledger.ts';
import type { Entitlement } from './metering-contract.ts';
import {
  type BilledUse,
  type ConsumeResult,
  type Consumption,
  type Overage,
  type Quota,
  type QuotaReport,
  type RequestKind,
  type ReservationResult,
  TOKENS,
  type TokenUse,
} from './metering-contract.ts';
import { OverageBook } from './overage-book.ts';
import { QuotaBook } from './quota-book.ts';
import { ReservationBook, type ReservationRow, reservationOf } from './reservation-book.ts';
import { isSameMember, type Sharing } from './sharing.ts';
import { TokenBook } from './token-book.ts';
import type { Reached, Told } from './told.ts';
import { type Use, UseBook } from './use-book.ts';

/** Hears of what others have to be told: of a use, of credits that were given, of any row of the ledger, and of what is nearly used up. */
export interface MeterListener {
  used(): void;
  granted(): void;
  /** A row of the ledger was written, by its number. `tells`: whether webhooks want to hear of it; undefined when nobody said. */
  booked(seq: number, tells: boolean | undefined): void;
  alert(alert: SpendingAlert): void;
  /** Caps of all that is spent were set. */
  capped?(change: CapChange): void;
  /** The balance has come below what is watched for. */
  fallen(): void;
}

/** Room for a use, as it was before it, and what of it is beyond the limit; `overage.credits` are still to be charged. */
interface Admission {
  limit: Limit;
  quota: Quota;
  overage: Overage | null;
}

/** What one user may use and has used. Every method is synchronous: all of it happens, or nothing. */
export class UsageMeter {
  /** Single uses, as they are written down. */
  readonly uses: UseBook;
  readonly quotas: QuotaBook;
  readonly tokens: TokenBook;
  readonly overage: OverageBook;
  readonly reservations: ReservationBook;
  readonly #listener: MeterListener;
  readonly #caps: CapBook;
  readonly #alerts: Alerts;
  readonly #ledger: Ledger;
  readonly #sharing: Sharing | undefined;

  constructor(
    sql: SqlStorage,
    told: Told,
    spentBefore: () => SpentQuota,
    listener: MeterListener,
    caps: CapBook,
    alerts: Alerts,
    ledger: Ledger,
    sharing?: Sharing,
  ) {
    this.#caps = caps;
    this.#alerts = alerts;
    this.#ledger = ledger;
    this.#sharing = sharing;
    this.uses = new UseBook(sql, told, sharing);
    this.reservations = new ReservationBook(sql, sharing);
    this.quotas = new QuotaBook(sql, told, this.reservations, spentBefore);
    this.tokens = new TokenBook(sql, told);
    this.overage = new OverageBook(sql, told);
    this.#listener = listener;
  }

  static createTables(sql: SqlStorage): void {
    UseBook.createTables(sql);
    QuotaBook.createTables(sql);
    ReservationBook.createTable(sql);
    TokenBook.createTable(sql);
  }

  /** Gives the tables of an object that was made by an earlier version what they lack. */
  static addMeters(sql: SqlStorage): void {
    UseBook.addBilled(sql);
    ReservationBook.addMeter(sql);
  }

  /** Sums up what was used since the last time; up to where that goes. */
  fold(): Reached {
    this.overage.fold();
    return { uses: this.quotas.fold(), tokens: this.tokens.fold() };
  }

  report({ plan, limits }: Entitlement, now: number): QuotaReport {
    const overage = this.overage.ofMonth(now);
    const resources = Object.entries(limits).map(([name, limit]) => {
      const { resource, ...quota } = this.quotas.quota(name, limit, now);
      const billed = overage.get(resource);
      return [resource, { ...quota, ...(billed !== undefined && { billed }) }];
    });
    return { plan: plan.id, resources: Object.fromEntries(resources) };
  }

  /** All that was used in the day and the month of a moment, by period and resource. */
  spent(now: number): SpentQuota {
    return this.quotas.spent(now);
  }

  consume(entitlement: Entitlement, use: Consumption, now: number): ConsumeResult {
    const asked = { ...use, kind: 'consume', credits: 0 } as const;
    const known = this.uses.recall<ConsumeResult>(asked);
    if (known) return known === 'reused' ? refused('reference_reused') : known.result;
    if (this.#ledger.knows(use.reference)) return refused('reference_reused');
    const admitted = this.#admitPaid(entitlement, use, now);
    if (isRefusal(admitted)) return admitted;
    const paid = this.#pay(admitted, { reference: use.reference, by: 'consume' }, now);
    const result = { result: 'ok', quota: this.count(use, admitted, now), ...paid } as const;
    this.record({ ...asked, at: now, billed: billedOf(admitted.overage, now) }, result);
    return result;
  }

  recordTokens(entitlement: Entitlement, use: TokenUse, now: number): ConsumeResult {
    const known = this.uses.recallTokens<ConsumeResult>(use);
    if (known) return known === 'reused' ? refused('reference_reused') : known.result;
    const { modelTiers } = entitlement.plan;
    if (!modelTiers.includes('*') && !modelTiers.includes(use.tier)) return refused('model_not_in_plan');
    const sum = { resource: TOKENS, quantity: use.inputTokens + use.outputTokens };
    if (this.#ledger.knows(use.requestId)) return refused('reference_reused');
    const admitted = this.#admitPaid(entitlement, sum, now);
    if (isRefusal(admitted)) return admitted;
    const paid = this.#pay(admitted, { reference: use.requestId, by: 'tokens' }, now);
    const result = { result: 'ok', quota: this.count(sum, admitted, now), ...paid } as const;
    const billed = billedOf(admitted.overage, now);
    this.uses.addTokens(use, this.tokens.nameOf(use.model, now), now, result, billed);
    this.#listener.used();
    return result;
  }

  reserve(
    entitlement: Entitlement,
    use: Consumption & { reference: string; seconds: number },
    now: number,
  ): ReservationResult {
    const known = this.reservations.find(use.reference);
    if (known) {
      const isSame = known.resource === use.resource && known.asked === use.quantity;
      const isOurs = !this.#sharing || isSameMember(known.member ?? null, this.#sharing.who());
      if (!isSame || !isOurs) return refused('reference_reused');
      return this.#standing(entitlement, known, now);
    }
    if (this.#ledger.knows(use.reference)) return refused('reference_reused');
    const admitted = this.#admitPaid(entitlement, use, now);
    if (isRefusal(admitted)) return admitted;
    const { quantity: over, credits, meter = null } = admitted.overage ?? NOTHING;
    const held = this.reservations.hold({ ...use, over, credits, meter }, now, now + use.seconds * SECOND);
    return this.#standing(entitlement, held, now);
  }

  commit(
    entitlement: Entitlement,
    { reference, quantity }: { reference: string; quantity: number | null },
    now: number,
  ): ReservationResult {
    const row = this.reservations.find(reference);
    if (!row) return refused('reservation_not_found');
    const used = quantity ?? row.quantity;
    if (row.status === 'committed' && used === row.quantity) return this.#standing(entitlement, row, now);
    if (reservationOf(row, now).status !== 'held') return refused('reservation_ended');
    if (used > row.quantity) return refused('reservation_exceeded');
    const overage = overageOf(row, used);
    // What it is charged with was held; but credits may have expired meanwhile.
    if (!this.#ledger.covers(overage.credits, now, row.credits)) return refused('insufficient_credits');
    const { resource, at } = row;
    const limit = entitlement.limits[resource] ?? {};
    // It was admitted when it was made, and counts for that day.
    const before = { limit, quota: this.quotas.quota(resource, limit, at), overage };
    const { quantity: over, credits } = overage;
    const ended = this.reservations.end(reference, 'committed', { quantity: used, over, credits });
    // Whoever held it is who used it.
    const { member } = row;
    this.#pay(before, { reference, by: 'reserve', member: member ?? undefined }, now);
    this.count({ resource, quantity: used }, before, at, member ?? undefined);
    // What was held is billed when it is settled: of what is given up nobody ever hears.
    const billed = billedOf(overage, now);
    this.record(
      { kind: 'commit', reference, at, resource, quantity: used, credits: 0, member, billed },
      null,
    );
    return this.#standing(entitlement, ended, now);
  }

  release(entitlement: Entitlement, reference: string, now: number): ReservationResult {
    const row = this.reservations.find(reference);
    if (!row) return refused('reservation_not_found');
    if (row.status === 'committed') return refused('reservation_ended');
    const held = reservationOf(row, now).status === 'held';
    return this.#standing(entitlement, held ? this.reservations.end(reference, 'released', row) : row, now);
  }

  /** Whether there is room for a use, be it for credits, which nobody has looked for yet; changes nothing. */
  admit(
    { limits, plan, meters }: Entitlement,
    { resource, quantity }: { resource: string; quantity: number },
    now: number,
  ): Admission | Refusal {
    const limit = Object.hasOwn(limits, resource) ? limits[resource] : undefined;
    if (!limit) return refused('resource_not_in_plan');
    const { quota, over, retryAt } = this.quotas.admit(resource, limit, quantity, now);
    const price = plan.overage && Object.hasOwn(plan.overage, resource) ? plan.overage[resource] : undefined;
    if (retryAt === null) return this.#capped(resource, quantity, now) ?? { limit, quota, overage: null };
    if (price && 'meter' in price && meters.includes(price.meter)) {
      const overage = { quantity: over, credits: 0, meter: price.meter };
      return this.#capped(resource, quantity, now) ?? { limit, quota, overage };
    }
    if (price && 'credits' in price) {
      const overage = { quantity: over, credits: Math.ceil(over / price.per) * price.credits };
      return this.#capped(resource, quantity, now) ?? { limit, quota, overage };
    }
    return refused('quota_exceeded', { retryAfter: Math.ceil((retryAt - now) / SECOND) });
  }

  /** How the user stands with a resource; null when their plan does not have it. */
  quota({ limits }: Entitlement, resource: string, now: number): Quota | null {
    const limit = Object.hasOwn(limits, resource) ? limits[resource] : undefined;
    return limit ? this.quotas.quota(resource, limit, now) : null;
  }

  /** Counts a use that was admitted, and is to be recorded next; gives the quota after it. */
  count(
    { resource, quantity }: { resource: string; quantity: number },
    { limit, quota }: Pick<Admission, 'limit' | 'quota'>,
    at: number,
    member = this.#sharing?.who() ?? null,
  ): Quota {
    this.#alerts.ofQuota(resource, limit, this.quotas.countedOf(resource, at), quantity, at);
    this.#alerts.ofCaps(resource, member, () => this.quotas.totals(resource, at), quantity, at);
    this.quotas.add(resource, quantity, at);
    this.#sharing?.count(member, resource, quantity, at);
    const remaining = quota.remaining === null ? null : Math.max(0, quota.remaining - quantity);
    return { ...quota, used: quota.used + quantity, remaining };
  }

  /** Writes a use down, with what a request that is repeated gets. */
  record(use: Use, result: unknown): void {
    this.uses.add(use, result);
    this.#listener.used();
  }

  /** As `admit`, where nothing else is charged: refuses with `insufficient_credits` what nobody can pay. */
  #admitPaid(
    entitlement: Entitlement,
    use: { resource: string; quantity: number },
    now: number,
  ): Admission | Refusal {
    const admitted = this.admit(entitlement, use, now);
    if (isRefusal(admitted)) return admitted;
    return this.#ledger.refusalOf(admitted.overage?.credits ?? 0, now) ?? admitted;
  }

  /** Charges for what is beyond a limit; gives what that was, if anything. */
  #pay(
    { overage }: Pick<Admission, 'overage'>,
    { reference, by, member }: { reference: string | null; by: RequestKind; member?: string | undefined },
    now: number,
  ): { overage?: Overage } {
    if (!overage || overage.quantity === 0) return {};
    if (overage.meter !== undefined) return { overage };
    const actor = this.#sharing?.who() ?? 'system';
    const charge = { amount: overage.credits, reference, description: null, actor };
    this.#ledger.charge(charge, by, now, member);
    return { overage };
  }

  #capped(resource: string, quantity: number, now: number): Refusal | null {
    const spent = () => this.quotas.spentOf(resource, now);
    return (
      this.#sharing?.capped(resource, quantity, now) ?? this.#caps.capped(resource, quantity, spent, now)
    );
  }

  #standing({ limits }: Entitlement, row: ReservationRow, now: number): ReservationResult {
    const quota = this.quotas.quota(row.resource, limits[row.resource] ?? {}, now);
    return { result: 'ok', reservation: reservationOf(row, now), quota };
  }
}

const NOTHING: Overage = { quantity: 0, credits: 0 };

/** What of a reservation is beyond the limit when so much of it was used: what is within is used first. */
function overageOf({ quantity, over, credits, meter }: ReservationRow, used: number): Overage {
  const beyond = Math.max(0, used - (quantity - over));
  if (beyond === 0) return NOTHING;
  return {
    quantity: beyond,
    credits: Math.ceil((credits * beyond) / over),
    ...(meter !== null && { meter }),
  };
}

/** What of it a meter bills, if that was settled at that moment; null for nothing. */
export function billedOf(overage: Overage | null, at: number): BilledUse | null {
  if (overage?.meter === undefined || overage.quantity === 0) return null;
  return { meter: overage.meter, quantity: overage.quantity, at };
}
