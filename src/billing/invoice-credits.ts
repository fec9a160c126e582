import { DAY } from '../lib/time.ts';
import type { Invoice, InvoiceLine } from './port.ts';

/** A month, where a period is counted in days (milliseconds). */
const MONTH = (365 * DAY) / 12;

/** What a price of a plan brings: credits a month, for so many months at so much. Amounts as Stripe says. */
export interface Rate {
  monthlyCredits: number;
  months: number;
  unitAmount: number | null;
  currency: string;
}

/** What invoices are read by. */
export interface Reading {
  /** What a price brings by an invoice, by its id; null for a price that was never a plan's. */
  rateOf: (priceId: string, invoiceId: string) => Rate | null;
  /** The period that the subscription is in (Unix milliseconds); null when it is not known. */
  period: { start: number; end: number } | null;
}

/** Part of a plan's period: what a line bills, or what a line gives back of an earlier one. */
interface Part {
  line: InvoiceLine;
  credits: number;
  /** Of what it gives back: the part that had brought it; null when that is not known. */
  source: Part | null;
}

/** A customer's credit at Stripe: how much, what of it has money behind it, and what was given back twice meanwhile. */
interface Balance {
  money: number;
  sound: number;
  twice: number;
}

interface Bill {
  invoice: Invoice;
  brought: Part[];
  givenBack: Part[];
}

/** What an invoice comes to, in credits; negative where it gives back more than it brings. */
export interface Worth {
  credits: number;
  /** Of it, what is of periods that are not over. */
  running: number;
}

/** Whether an invoice can be read without those before it: nothing of it depends on what they brought or gave back. */
export function standsAlone(invoice: Invoice): boolean {
  return (
    invoice.total >= 0 &&
    balanceUsed(invoice) === 0 &&
    invoice.lines.every((line) => !line.prorated && !line.givesBack)
  );
}

/** How much of what an invoice bills was paid out of credit at Stripe, from 0 to 1: with money that had been given back. */
export function paidFromBalance(invoice: Invoice): number {
  return invoice.total > 0 ? Math.min(1, balanceUsed(invoice) / invoice.total) : 1;
}

/**
 * What each of a customer's invoices, oldest first, comes to: by lines, a part of a period bringing its part of the
 * credits, and what a line gives back being its part of what was brought.
 *
 * `lossOf` says how much of what an invoice billed was lost again: 0 for nothing, 1 for all, more where it was given back
 * twice. What was bought with lost money is worth as much less, also where that money had moved on: to another plan by a
 * change, or to credit at Stripe and from there.
 */
export function worths(
  invoices: Invoice[],
  reading: Reading,
  lossOf: (invoice: Invoice) => number,
  now: number,
): Map<string, Worth> {
  const found = new Map<string, Worth>();
  /** What of the money behind a part is still there, from 0 to 1. */
  const soundness = new Map<Part, number>();
  const behind = (part: Part) => (part.source ? (soundness.get(part.source) ?? 1) : 1);
  let balance: Balance = { money: 0, sound: 0, twice: 0 };
  for (const { invoice, brought, givenBack } of billsOf(invoices, reading)) {
    balance = adjusted(balance, invoice.startingBalance);
    const used = Math.min(balanceUsed(invoice), balance.money);
    const cash = Math.max(0, invoice.total - used);
    const usedSound = used === 0 ? 0 : (balance.sound * used) / balance.money;
    balance = { ...balance, money: balance.money - used, sound: balance.sound - usedSound };
    const returned = givenBack.map((part) => ({ money: -part.line.amount, sound: behind(part) }));
    const money = cash + used + returned.reduce((sum, part) => sum + part.money, 0);
    const sound = cash + usedSound + returned.reduce((sum, part) => sum + part.money * part.sound, 0);
    const loss = Math.max(0, invoice.total) * lossOf(invoice);
    // More may go than is there: what is given back out of that has nothing behind it either.
    const lost = Math.min(sound, loss);
    balance.twice += loss - lost;
    const quality = money > 0 ? (sound - lost) / money : 1;
    for (const part of brought) soundness.set(part, quality);
    if (invoice.total < 0) {
      balance = {
        ...balance,
        money: balance.money - invoice.total,
        sound: balance.sound - invoice.total * quality,
      };
    }
    const all = [
      ...brought.map(({ line, credits }) => ({ end: line.periodEnd, credits: credits * quality })),
      ...givenBack.map((part) => ({ end: part.line.periodEnd, credits: -part.credits * behind(part) })),
    ];
    found.set(invoice.id, {
      credits: sumOf(all),
      running: sumOf(all.filter(({ end }) => end > now)),
    });
  }
  return found;
}

/** What the losses of invoices, told oldest first, take from all of them together: each what it adds to those before. */
export function lossesOf(
  invoices: Invoice[],
  reading: Reading,
  shares: Map<string, number>,
  now: number,
): Map<string, Worth> {
  const taken = new Map<string, Worth>();
  const counted = new Set<string>();
  const total = (): Worth => {
    const all = [
      ...worths(invoices, reading, ({ id }) => (counted.has(id) ? (shares.get(id) ?? 0) : 0), now).values(),
    ];
    return {
      credits: all.reduce((sum, { credits }) => sum + credits, 0),
      running: all.reduce((sum, { running }) => sum + running, 0),
    };
  };
  let before = total();
  for (const { id } of invoices) {
    if (!shares.has(id)) continue;
    counted.add(id);
    const after = total();
    taken.set(id, { credits: before.credits - after.credits, running: before.running - after.running });
    before = after;
  }
  return taken;
}

/** Until when what an invoice brings is paid for (Unix milliseconds). */
export function billedUntil(invoice: Invoice, which: (line: InvoiceLine) => boolean = () => true): number {
  return Math.max(0, ...invoice.lines.filter(which).map(({ periodEnd }) => periodEnd));
}

function sumOf(parts: { credits: number }[]): number {
  return parts.reduce((sum, { credits }) => sum + credits, 0);
}

function balanceUsed({ startingBalance: before, endingBalance: after }: Invoice): number {
  return before === null || after === null ? 0 : Math.max(0, after - before);
}

/** The credit at Stripe, as an invoice found it. What was taken meanwhile is of all alike. */
function adjusted(known: Balance, startingBalance: number | null): Balance {
  if (startingBalance === null) return known;
  const money = Math.max(0, -startingBalance);
  const surplus = money - known.money;
  if (surplus < 0) return { ...known, money, sound: (known.sound * money) / known.money };
  const hollow = Math.min(surplus, known.twice);
  return { money, sound: known.sound + surplus - hollow, twice: known.twice - hollow };
}

function billsOf(invoices: Invoice[], reading: Reading): Bill[] {
  const known: Part[] = [];
  const whole = invoices.flatMap(({ lines }) => lines.filter((line) => !line.prorated && !line.givesBack));
  return invoices.map((invoice) => {
    const bill: Bill = { invoice, brought: [], givenBack: [] };
    for (const line of invoice.lines) {
      const rate = line.priceId === null ? null : reading.rateOf(line.priceId, invoice.id);
      const { givesBack, quantity } = line;
      const source = givesBack ? sourceOf(line, known) : null;
      const full = rate ? rate.monthlyCredits * rate.months * quantity : 0;
      const share = () => (rate ? shareOf(line, invoice, rate, whole, reading) : 0);
      // Where nothing is paid, as in a trial, nothing is brought.
      const credits = source ? backOf(line, source) : line.amount === 0 ? 0 : full * share();
      (givesBack ? bill.givenBack : bill.brought).push({ line, credits, source });
    }
    known.push(...bill.brought);
    return bill;
  });
}

/** What a line gives back: the newest part of the same price and period. */
function sourceOf({ priceId, periodStart, periodEnd }: InvoiceLine, known: Part[]): Part | null {
  const matches = ({ line }: Part) =>
    line.priceId === priceId && line.periodEnd === periodEnd && line.periodStart <= periodStart;
  return known.findLast(matches) ?? null;
}

function backOf(line: InvoiceLine, { line: from, credits }: Part): number {
  const time = (line.periodEnd - line.periodStart) / Math.max(1, from.periodEnd - from.periodStart);
  return credits * Math.min(1, time) * Math.min(1, line.quantity / from.quantity);
}

/**
 * How much of its period a line bills, from 0 to 1: by time, the period being that for which it or another price was
 * billed whole. Where no such period is known, or money says otherwise (a first period that is cut short), by money.
 */
function shareOf(
  line: InvoiceLine,
  { id, currency }: Pick<Invoice, 'id' | 'currency'>,
  rate: Rate,
  whole: InvoiceLine[],
  { rateOf, period }: Reading,
): number {
  if (!line.prorated) return 1;
  const { periodStart, periodEnd, quantity } = line;
  const same = whole.findLast(
    (one) =>
      one.periodEnd === periodEnd &&
      one.periodStart <= periodStart &&
      one.priceId !== null &&
      rateOf(one.priceId, id)?.months === rate.months,
  );
  const start =
    same?.periodStart ??
    (period?.end === periodEnd && period.start <= periodStart
      ? period.start
      : monthsBefore(periodEnd, rate.months));
  const byTime = Math.min(1, (periodEnd - periodStart) / Math.max(1, periodEnd - start));
  const price = rate.unitAmount !== null && rate.currency === currency ? rate.unitAmount * quantity : 0;
  if (price === 0) return byTime;
  const byMoney = Math.min(1, Math.abs(line.amount) / price);
  // A price is rounded to a whole unit of the currency.
  return Math.abs(byMoney - byTime) * price <= 1 || line.givesBack ? byTime : byMoney;
}

/** The same time of day so many months before, on the last day of a shorter month; periods of days have no months. */
function monthsBefore(at: number, months: number): number {
  if (!Number.isInteger(months)) return at - months * MONTH;
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() - months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) + (at % DAY);
}
