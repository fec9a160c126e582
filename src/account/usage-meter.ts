import type { Limit } from '../directory/state.ts';
import { isRefusal, type Refusal, refused } from '../errors.ts';
import { dateOf } from '../lib/calendar.ts';
import { rfc3339, SECOND } from '../lib/time.ts';
import type { Entitlement } from './metering-contract.ts';
import {
  type ConsumeResult,
  type Consumption,
  type Quota,
  type QuotaReport,
  type ReservationResult,
  TOKENS,
  type TokenUse,
} from './metering-contract.ts';
import { QuotaBook, type Totals } from './quota-book.ts';
import type { RequestBook } from './request-book.ts';
import { ReservationBook, type ReservationRow, reservationOf } from './reservation-book.ts';
import type { SpentQuota } from './spent-quota.ts';
import { TokenBook } from './token-book.ts';
import type { TokenData, UsageData } from './usage-projection.ts';

/** Percentages of a quota at which its user gets a mail. */
const WARNINGS = [80, 100];

/** Hears what the directory has to be told. */
type Tell = (kind: 'usage' | 'tokens' | 'mail', data: unknown) => void;

/** Room for a use, as it was before it. */
interface Admission {
  limit: Limit;
  totals: Totals;
  quota: Quota;
}

/** What one user may use and has used. Every method is synchronous: all of it happens, or nothing. */
export class UsageMeter {
  readonly #quotas: QuotaBook;
  readonly #reservations: ReservationBook;
  readonly #requests: RequestBook;
  readonly #tokens: TokenBook;
  readonly #tell: Tell;

  constructor(sql: SqlStorage, requests: RequestBook, spentBefore: () => SpentQuota, tell: Tell) {
    this.#quotas = new QuotaBook(sql, spentBefore);
    this.#reservations = new ReservationBook(sql);
    this.#requests = requests;
    this.#tokens = new TokenBook(sql);
    this.#tell = tell;
  }

  static createTables(sql: SqlStorage): void {
    QuotaBook.createTables(sql);
    ReservationBook.createTable(sql);
    TokenBook.createTable(sql);
  }

  report({ plan, limits }: Entitlement, now: number): QuotaReport {
    const resources = Object.entries(limits).map(([name, limit]) => {
      const { resource, ...quota } = this.#quotas.quota(name, limit, now);
      return [resource, quota];
    });
    return { plan: plan.id, resources: Object.fromEntries(resources) };
  }

  /** All that was used in the day and the month of a moment, by period and resource. */
  spent(now: number): SpentQuota {
    return this.#quotas.spent(now);
  }

  consume(entitlement: Entitlement, use: Consumption, now: number): ConsumeResult {
    const { resource, quantity, reference } = use;
    return this.#once('consume', reference, { resource, quantity }, now, () => {
      const admitted = this.admit(entitlement, use, now);
      return isRefusal(admitted) ? admitted : { result: 'ok', quota: this.count(use, admitted, now) };
    });
  }

  recordTokens(entitlement: Entitlement, use: TokenUse, now: number): ConsumeResult {
    const { model, tier, inputTokens, outputTokens, requestId } = use;
    return this.#once('tokens', requestId, { model, inputTokens, outputTokens }, now, () => {
      const { modelTiers } = entitlement.plan;
      if (!modelTiers.includes('*') && !modelTiers.includes(tier)) return refused('model_not_in_plan');
      const quantity = inputTokens + outputTokens;
      const admitted = this.admit(entitlement, { resource: TOKENS, quantity }, now);
      if (isRefusal(admitted)) return admitted;
      const { data: usage, quota } = this.#add(
        { resource: TOKENS, quantity, reference: requestId },
        admitted,
        now,
      );
      const sum = this.#tokens.add(use, now);
      const day = { ...sum.totals, model: sum.model, date: usage.date };
      const data: TokenData = { model, inputTokens, outputTokens, requestId, day, usage };
      this.#tell('tokens', data);
      return { result: 'ok', quota };
    });
  }

  reserve(
    entitlement: Entitlement,
    use: Consumption & { reference: string; seconds: number },
    now: number,
  ): ReservationResult {
    const known = this.#reservations.find(use.reference);
    if (known) {
      if (known.resource !== use.resource || known.asked !== use.quantity) return refused('reference_reused');
      return this.#standing(entitlement, known, now);
    }
    const admitted = this.admit(entitlement, use, now);
    if (isRefusal(admitted)) return admitted;
    return this.#standing(entitlement, this.#reservations.hold(use, now, now + use.seconds * SECOND), now);
  }

  commit(
    entitlement: Entitlement,
    { reference, quantity }: { reference: string; quantity: number | null },
    now: number,
  ): ReservationResult {
    const row = this.#reservations.find(reference);
    if (!row) return refused('reservation_not_found');
    const used = quantity ?? row.quantity;
    if (row.status === 'committed' && used === row.quantity) return this.#standing(entitlement, row, now);
    if (reservationOf(row, now).status !== 'held') return refused('reservation_ended');
    if (used > row.quantity) return refused('reservation_exceeded');
    const { resource, at } = row;
    const limit = entitlement.limits[resource] ?? {};
    // It was admitted when it was made, and counts for that day.
    const before = {
      limit,
      totals: this.#quotas.totals(resource, at),
      quota: this.#quotas.quota(resource, limit, at),
    };
    const ended = this.#reservations.end(reference, 'committed', used);
    this.count({ resource, quantity: used, reference }, before, at);
    return this.#standing(entitlement, ended, now);
  }

  release(entitlement: Entitlement, reference: string, now: number): ReservationResult {
    const row = this.#reservations.find(reference);
    if (!row) return refused('reservation_not_found');
    if (row.status === 'committed') return refused('reservation_ended');
    const held = reservationOf(row, now).status === 'held';
    return this.#standing(
      entitlement,
      held ? this.#reservations.end(reference, 'released', row.quantity) : row,
      now,
    );
  }

  /** Whether there is room for a use; changes nothing. */
  admit(
    { limits }: Entitlement,
    { resource, quantity }: { resource: string; quantity: number },
    now: number,
  ): Admission | Refusal {
    const limit = Object.hasOwn(limits, resource) ? limits[resource] : undefined;
    if (!limit) return refused('resource_not_in_plan');
    const { totals, quota, retryAt } = this.#quotas.admit(resource, limit, quantity, now);
    if (retryAt === null) return { limit, totals, quota };
    return refused('quota_exceeded', { retryAfter: Math.ceil((retryAt - now) / SECOND) });
  }

  /** How the user stands with a resource; null when their plan does not have it. */
  quota({ limits }: Entitlement, resource: string, now: number): Quota | null {
    const limit = Object.hasOwn(limits, resource) ? limits[resource] : undefined;
    return limit ? this.#quotas.quota(resource, limit, now) : null;
  }

  /** Counts a use that was admitted; gives the quota after it. */
  count(use: Consumption, admission: Admission, at: number): Quota {
    const { data, quota } = this.#add(use, admission, at);
    this.#tell('usage', data);
    return quota;
  }

  #add(
    { resource, quantity, reference }: Consumption,
    { limit, totals, quota }: Admission,
    at: number,
  ): { data: UsageData; quota: Quota } {
    this.#quotas.add(resource, quantity, at);
    const passed = this.#quotas.passed(resource, limit, totals, quantity, at, WARNINGS);
    if (passed) {
      const data = { name: null, resource, percent: passed.percent, resets_at: rfc3339(passed.resetsAt) };
      this.#tell('mail', { template: 'quota_warning', data });
    }
    const data = {
      resource,
      quantity,
      at,
      date: dateOf(at),
      day: totals.day + quantity,
      month: totals.month + quantity,
      reference,
    };
    const remaining = quota.remaining === null ? null : quota.remaining - quantity;
    return { data, quota: { ...quota, used: quota.used + quantity, remaining } };
  }

  #standing({ limits }: Entitlement, row: ReservationRow, now: number): ReservationResult {
    const quota = this.#quotas.quota(row.resource, limits[row.resource] ?? {}, now);
    return { result: 'ok', reservation: reservationOf(row, now), quota };
  }

  /** Does something once for a reference. A refusal is not remembered: asking again may succeed. */
  #once(
    kind: 'consume' | 'tokens',
    reference: string | null,
    parameters: unknown,
    now: number,
    act: () => ConsumeResult,
  ): ConsumeResult {
    const known = this.#requests.recall<ConsumeResult>(kind, reference, parameters);
    if (known) return known === 'reused' ? refused('reference_reused') : known.result;
    const result = act();
    if (result.result === 'ok') this.#requests.remember(kind, reference, parameters, result, now);
    return result;
  }
}
