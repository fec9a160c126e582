import { createHash } from 'node:crypto';
import { REPORT_DELAY } from '../account/metering-contract.ts';
import { primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import { backoff } from '../lib/backoff.ts';
import { describeFailure, log } from '../lib/log.ts';
import { count } from '../lib/metrics.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY, HOUR, MINUTE, rfc3339, SECOND } from '../lib/time.ts';
import type { Customers } from './customers.ts';
import {
  claimReport,
  dueReports,
  noteCompared,
  postponeReport,
  settleReport,
  uncheckedReports,
} from './overage-store.ts';
import type { BillingProvider } from './port.ts';
import type { OverageReportRow } from './tables.ts';

/** Longer than a report may take, the retries of the SDK included. */
const LEASE = 2 * MINUTE;
const LONGEST_WAIT = HOUR;
/** Reports that are made at the same time; how many a run makes is for its budget to say. */
const AT_ONCE = 10;
const MOST_READ = 1000;
/** What waits for longer is said in the log: there is more than a run tells. */
const LATE = HOUR;
/** What one takes at most: statements and calls of Stripe. */
const REPORT_CALLS = 4;
/** Looking for what of it was counted. */
const LOOKING_CALLS = 2;
/** For at least a day Stripe knows a report again: one of earlier use is looked for before it is made. */
const KNOWN_AGAIN = 20 * HOUR;
/** Stripe takes use of the past 35 days. */
const REPORTABLE = 34 * DAY;
/** Stripe counts what it takes some minutes later. What is less than was told twice in a row is missing. */
const COUNTED_AFTER = 2 * HOUR;
const LOOKED_AT_AGAIN = 50 * MINUTE;
const COMPARED_PER_RUN = 500;
/** Looking up a customer and a meter, and what that has counted. */
const COMPARISON_CALLS = 4;
/** Of each hour: telling it again, and noting what was found. */
const HOUR_CALLS = 2;

/** What reporting is made of. */
export interface OverageDependencies {
  d1: D1Database;
  stripe: BillingProvider;
  customers: Customers;
}

/**
 * Tells Stripe what payers have used beyond the limits of their plans that meters bill. What was used of an hour is known as a whole, and each
 * report of what is new has a number, which is written down before Stripe is asked and by which Stripe knows it again: whatever crashes, and
 * however often it is told, it is counted once.
 */
export class OverageReports {
  readonly #deps: OverageDependencies;

  constructor(deps: OverageDependencies) {
    this.#deps = deps;
  }

  /** Each minute: reports what is due; what fails is tried again for as long as Stripe takes it. */
  async run(now: number, budget: Budget): Promise<void> {
    if (!budget.take(1)) return;
    const due = await dueReports(this.#db, now, MOST_READ);
    const waits = now - (due[0]?.dueAt ?? now);
    if (waits > LATE) log('error', 'overage_late', { seconds: Math.round(waits / SECOND) });
    for (let at = 0; at < due.length; at += AT_ONCE) {
      const some = due.slice(at, at + AT_ONCE);
      const affordable = some.filter((row) =>
        budget.take(REPORT_CALLS + (isOld(row, now) ? LOOKING_CALLS : 0)),
      );
      const outcomes = await Promise.allSettled(affordable.map((row) => this.#report(row, now)));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
      if (affordable.length < some.length) return;
    }
  }

  /** Each hour: compares what Stripe has taken with what it has counted since, and makes good what is missing. */
  async compare(now: number, budget: Budget): Promise<void> {
    if (!budget.take(1)) return;
    const rows = await uncheckedReports(this.#db, now, COMPARED_PER_RUN);
    const groups = Map.groupBy(rows, ({ customerId, meter }) => `${customerId} ${meter}`);
    for (const group of groups.values()) {
      if (!budget.take(COMPARISON_CALLS)) return;
      // As many hours of a payer as fit: those after them are the next run's.
      const affordable = group.filter(() => budget.take(HOUR_CALLS));
      if (affordable.length === 0) return;
      try {
        await this.#compare(affordable, now);
      } catch (error) {
        // They stay due: the next hour looks again, and the others are compared.
        log('error', 'overage_not_compared', { payer: group[0]?.payerId, error: describeFailure(error) });
      }
    }
  }

  async #report(found: OverageReportRow, now: number): Promise<void> {
    const { payerId, attempts } = found;
    if (found.usedAt < now - REPORTABLE) return this.#fail(found, 'too_old', null);
    const again = now + backoff(attempts + 1, LONGEST_WAIT);
    const customer = await this.#deps.customers.find(payerId);
    if (!customer) return this.#fail(found, 'no_customer', again);
    const row = await claimReport(this.#db, found, customer.customerId, now, now + LEASE);
    if (!row) return;
    const next = { dueAt: now + REPORT_DELAY, checkAt: now + COUNTED_AFTER, takenAt: now };
    try {
      const counted = await this.#countedOfOld(row, now);
      if (counted > 0)
        return await settleReport(this.#db, row, counted, { ...next, dueAt: now, takenAt: null });
      const { refusal } = await this.#deps.stripe.reportUse(reportOf(row));
      if (refusal !== null) return await this.#fail(row, refusal, again);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return this.#fail(row, error.code, again);
    }
    count('overage_reports', { outcome: 'taken' });
    await settleReport(this.#db, row, row.pending ?? 0, next);
  }

  /**
   * What of a report Stripe has counted already. By the time of the use: it may have been told so long ago that Stripe does not know it again,
   * also where nobody here remembers, as after a database was restored.
   */
  async #countedOfOld(row: OverageReportRow, now: number): Promise<number> {
    if (!isOld(row, now)) return 0;
    const counted = await this.#countedOf(row.meter, row.customerId, [row]);
    const already = Math.trunc(counted?.get(row.hour) ?? 0) - row.reported;
    return Math.min(Math.max(already, 0), row.pending ?? 0);
  }

  async #compare(rows: OverageReportRow[], now: number): Promise<void> {
    const [{ payerId, meter, customerId }] = rows as [OverageReportRow];
    const customer = await this.#deps.customers.find(payerId);
    const counted = await this.#countedOf(meter, customerId, rows);
    for (const row of rows) {
      // Somebody may have corrected it by hand, below zero too.
      const found = Math.max(Math.trunc(counted?.get(row.hour) ?? 0), 0);
      if (found === row.reported) await this.#agree(row);
      else if (found > row.reported) await this.#say(row, 'surplus', found, { checkAt: null });
      // Whom it was told of is a customer no more: nobody else has to pay for it.
      else if (!counted || customer?.customerId !== customerId)
        await this.#say(row, 'lost', found, { checkAt: null });
      else if (row.missed !== found)
        await noteCompared(this.#db, row, { missed: found, checkAt: now + LOOKED_AT_AGAIN });
      else await this.#tellAgain(row, found, now);
    }
  }

  /** It is as it was told, also what was missing once. */
  async #agree(row: OverageReportRow): Promise<void> {
    const mended = row.lastError === 'missing' && { lastError: null };
    await noteCompared(this.#db, row, { checkAt: null, missed: null, ...mended });
  }

  /**
   * Tells the last report again, where just that is missing, as it was and by its number: where Stripe knows it, it is only late. What is
   * less otherwise, or is still less when Stripe would not know it any more, somebody has to look at: it may be a correction.
   */
  async #tellAgain(row: OverageReportRow, found: number, now: number): Promise<void> {
    const { lastValue, lastValueAt, takenAt } = row;
    const isLast = lastValue !== null && row.reported - found === lastValue;
    const told =
      isLast && takenAt !== null && now - takenAt < KNOWN_AGAIN
        ? await this.#deps.stripe.reportUse(reportOf({ ...row, pending: lastValue, pendingAt: lastValueAt }))
        : null;
    if (told?.isKnown) await noteCompared(this.#db, row, { checkAt: (takenAt ?? now) + KNOWN_AGAIN });
    else if (told?.refusal === null)
      await this.#say(row, 'missing', found, { checkAt: now + COUNTED_AFTER, missed: null, takenAt: now });
    else await this.#say(row, 'less', found, { checkAt: null, missed: null });
  }

  /** Says that Stripe has counted something else than it took, where operators see it. */
  async #say(
    row: OverageReportRow,
    outcome: 'surplus' | 'lost' | 'missing' | 'less',
    counted: number,
    found: Parameters<typeof noteCompared>[2],
  ): Promise<void> {
    if (!(await noteCompared(this.#db, row, { ...found, lastError: outcome }))) return;
    const { payerId: payer, meter, hour, reported } = row;
    count('overage_reports', { outcome });
    log('error', 'overage_differs', { payer, meter, hour: rfc3339(hour), outcome, reported, counted });
  }

  /** What a meter has counted of a customer in the hours of some reports; null where Stripe has no such meter or customer. */
  async #countedOf(
    meter: string,
    customerId: string | null,
    rows: OverageReportRow[],
  ): Promise<Map<number, number> | null> {
    const { stripe } = this.#deps;
    const found = customerId === null ? null : await stripe.meterNamed(meter);
    if (!found || customerId === null) return null;
    const hours = rows.map(({ hour }) => hour);
    return stripe.countedByHour(found.id, customerId, {
      from: Math.min(...hours),
      to: Math.max(...hours) + HOUR,
    });
  }

  async #fail(row: OverageReportRow, reason: string, dueAt: number | null): Promise<void> {
    const { payerId: payer, meter, hour } = row;
    log('error', 'overage_not_reported', { payer, meter, hour: rfc3339(hour), reason });
    count('overage_reports', { outcome: dueAt === null ? 'given_up' : 'refused' });
    await postponeReport(this.#db, row, reason, dueAt);
  }

  get #db() {
    return primary(this.#deps.d1).db;
  }
}

/** Whether Stripe may not know a report again by now. */
function isOld({ pendingAt, usedAt }: OverageReportRow, now: number): boolean {
  return now - (pendingAt ?? usedAt) >= KNOWN_AGAIN;
}

/** What Stripe is told. The identifier says of which payer, meter and hour it is, and which of its reports. */
function reportOf({ payerId, meter, hour, number, customerId, pending, pendingAt }: OverageReportRow) {
  const named = createHash('sha256').update(meter).digest('base64url').slice(0, 12);
  return {
    eventName: meter,
    customerId: customerId ?? '',
    value: pending ?? 0,
    identifier: `${payerId}:${named}:${hour}:${number}`,
    at: pendingAt ?? hour,
  };
}
