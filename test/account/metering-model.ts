import { endOf } from '../../src/lib/calendar.ts';

const DAY = 86_400_000;
const date = (at: number) => new Date(at).toISOString().slice(0, 10);
const refused = (reason: string) => ({ result: 'refused', reason });

interface Hold {
  reference: string;
  quantity: number;
  asked: number;
  at: number;
  expiresAt: number;
  status: 'held' | 'committed' | 'released';
}

interface Lot {
  id: number;
  /** 0 of the plan, 1 given, 2 bought. */
  rank: number;
  left: number;
  expiresAt: number;
}

interface Entry {
  type: string;
  amount: number;
  reference: string;
  parts?: { lot: number; rank: number; amount: number; expiresAt: number }[];
  refunded?: number;
  refundOf?: string;
  expiresAt?: number;
}

const NEVER = Number.MAX_SAFE_INTEGER;

/** What an account object should do, told as plainly as possible: everything is a list, and nothing is ever cleared. */
export class Model {
  now: number;
  readonly limit: { day: number; month: number };
  readonly uses: { at: number; quantity: number }[] = [];
  readonly holds: Hold[] = [];
  readonly consumed = new Map<string, { quantity: number; result: any }>();
  readonly entries: Entry[] = [];
  readonly lots: Lot[] = [];

  constructor(now: number, limit: { day: number; month: number }) {
    this.now = now;
    this.limit = limit;
  }

  usedIn(length: 7 | 10, at = this.now): number {
    const period = date(at).slice(0, length);
    return this.uses
      .filter((use) => date(use.at).startsWith(period))
      .reduce((sum, use) => sum + use.quantity, 0);
  }

  heldIn(length: 7 | 10): number {
    const period = date(this.now).slice(0, length);
    return this.holds
      .filter((hold) => hold.status === 'held' && this.now < hold.expiresAt)
      .filter((hold) => date(hold.at).startsWith(period))
      .reduce((sum, hold) => sum + hold.quantity, 0);
  }

  quota() {
    const of = (length: 7 | 10, limit: number, period: 'day' | 'month') => {
      const used = this.usedIn(length);
      const remaining = Math.max(0, limit - used - this.heldIn(length));
      return { resource: 'images', limit, used, remaining, period, resetsAt: endOf(period, this.now) };
    };
    const [day, month] = [of(10, this.limit.day, 'day'), of(7, this.limit.month, 'month')];
    return month.remaining <= day.remaining ? month : day;
  }

  #full(quantity: number) {
    const over = (length: 7 | 10, limit: number) =>
      this.usedIn(length) + this.heldIn(length) + quantity > limit;
    const [day, month] = [over(10, this.limit.day), over(7, this.limit.month)];
    if (!day && !month) return null;
    const until = endOf(month ? 'month' : 'day', this.now);
    return { ...refused('quota_exceeded'), retryAfter: Math.ceil((until - this.now) / 1000) };
  }

  /** What a reference stands for: one request, whatever its kind. */
  #isOther(kind: string, reference: string | null): boolean {
    if (reference === null) return false;
    const kinds = [
      this.consumed.has(reference) ? 'consume' : null,
      this.holds.some((hold) => hold.reference === reference) ? 'reserve' : null,
      this.#entry(reference)?.type.replace('purchase', 'added') ?? null,
    ];
    return kinds.some((one) => one !== null && one !== kind);
  }

  consume(quantity: number, reference: string | null) {
    if (this.#isOther('consume', reference)) return refused('reference_reused');
    const known = reference ? this.consumed.get(reference) : undefined;
    if (known) return known.quantity === quantity ? known.result : refused('reference_reused');
    const full = this.#full(quantity);
    if (full) return full;
    const before = this.quota();
    this.uses.push({ at: this.now, quantity });
    const result = {
      result: 'ok',
      quota: { ...before, used: before.used + quantity, remaining: before.remaining - quantity },
    };
    if (reference) this.consumed.set(reference, { quantity, result });
    return result;
  }

  reserve(quantity: number, reference: string, seconds: number) {
    if (this.#isOther('reserve', reference)) return refused('reference_reused');
    const known = this.holds.find((hold) => hold.reference === reference);
    if (known) return known.asked === quantity ? this.#standing(known) : refused('reference_reused');
    const full = this.#full(quantity);
    if (full) return full;
    const hold: Hold = {
      reference,
      quantity,
      asked: quantity,
      at: this.now,
      expiresAt: this.now + seconds * 1000,
      status: 'held',
    };
    this.holds.push(hold);
    return this.#standing(hold);
  }

  commit(reference: string, quantity: number | null) {
    const hold = this.holds.find((one) => one.reference === reference);
    if (!hold) return refused('reservation_not_found');
    const used = quantity ?? hold.quantity;
    if (hold.status === 'committed' && used === hold.quantity) return this.#standing(hold);
    if (hold.status !== 'held' || this.now >= hold.expiresAt) return refused('reservation_ended');
    if (used > hold.quantity) return refused('reservation_exceeded');
    hold.status = 'committed';
    hold.quantity = used;
    this.uses.push({ at: hold.at, quantity: used });
    return this.#standing(hold);
  }

  release(reference: string) {
    const hold = this.holds.find((one) => one.reference === reference);
    if (!hold) return refused('reservation_not_found');
    if (hold.status === 'committed') return refused('reservation_ended');
    if (hold.status === 'held' && this.now < hold.expiresAt) hold.status = 'released';
    return this.#standing(hold);
  }

  #standing({ reference, quantity, expiresAt, status }: Hold) {
    const state = status === 'held' && this.now >= expiresAt ? 'expired' : status;
    const reservation = { reference, resource: 'images', quantity, status: state, expiresAt };
    return { result: 'ok', reservation, quota: this.quota() };
  }

  get balance(): number {
    return this.lots.filter((lot) => this.now < lot.expiresAt).reduce((sum, lot) => sum + lot.left, 0);
  }

  add(type: 'added' | 'purchase', amount: number, reference: string, expiresAt: number | null) {
    if (this.#isOther('added', reference)) return refused('reference_reused');
    const known = this.#entry(reference);
    if (known) {
      const same = known.type === type && known.amount === amount && known.expiresAt === (expiresAt ?? NEVER);
      return same ? 'ok' : refused('reference_reused');
    }
    this.entries.push({ type, amount, reference, expiresAt: expiresAt ?? NEVER });
    const rank = type === 'added' ? 1 : 2;
    this.lots.push({ id: this.entries.length, rank, left: amount, expiresAt: expiresAt ?? NEVER });
    return 'ok';
  }

  use(amount: number, reference: string) {
    if (this.#isOther('used', reference)) return refused('reference_reused');
    const known = this.#entry(reference);
    if (known) return known.type === 'used' && known.amount === -amount ? 'ok' : refused('reference_reused');
    if (this.balance < amount) return refused('insufficient_credits');
    const parts: NonNullable<Entry['parts']> = [];
    let wanted = amount;
    const live = this.lots.filter((lot) => this.now < lot.expiresAt && lot.left > 0);
    for (const lot of live.sort((a, b) => a.expiresAt - b.expiresAt || a.rank - b.rank || a.id - b.id)) {
      const taken = Math.min(wanted, lot.left);
      if (taken === 0) break;
      lot.left -= taken;
      wanted -= taken;
      parts.push({ lot: lot.id, rank: lot.rank, amount: taken, expiresAt: lot.expiresAt });
    }
    this.entries.push({ type: 'used', amount: -amount, reference, parts, refunded: 0 });
    return 'ok';
  }

  refund(refundOf: string, amount: number | null, reference: string) {
    if (this.#isOther('refund', reference)) return refused('reference_reused');
    const known = this.#entry(reference);
    if (known) {
      const same = known.type === 'refund' && known.refundOf === refundOf;
      return same && (amount === null || amount === known.amount) ? 'ok' : refused('reference_reused');
    }
    const used = this.#entry(refundOf);
    if (used?.type !== 'used') return refused('transaction_not_found');
    const left = -used.amount - (used.refunded as number);
    const wanted = amount ?? left;
    if (wanted > left || wanted === 0) return refused('refund_exceeds_use');
    // One credit at a time, from the last that was taken.
    const single = (used.parts ?? []).flatMap((part) => Array.from({ length: part.amount }, () => part));
    const end = single.length - (used.refunded as number);
    for (const { lot, rank, expiresAt } of single.slice(end - wanted, end)) {
      const until = expiresAt <= this.now ? this.now + 30 * DAY : expiresAt;
      const into = this.lots.find((one) => one.id === lot && one.expiresAt === until);
      if (into) into.left += 1;
      else this.lots.push({ id: lot, rank, left: 1, expiresAt: until });
    }
    used.refunded = (used.refunded as number) + wanted;
    this.entries.push({ type: 'refund', amount: wanted, reference, refundOf });
    return 'ok';
  }

  /** What is left of each source, and what a row of the ledger took or brought. */
  standing(): Record<string, number> {
    return sumOf(this.lots.filter((lot) => this.now < lot.expiresAt).map(({ rank, left }) => [rank, left]));
  }

  sourcesOf(reference: string): Record<string, number> {
    const { parts, amount, type } = this.#entry(reference) as Entry;
    if (parts) return sumOf(parts.map((part) => [part.rank, part.amount]));
    return sumOf([[type === 'added' ? 1 : 2, amount]]);
  }

  #entry(reference: string): Entry | undefined {
    return this.entries.find((entry) => entry.reference === reference);
  }
}

function sumOf(parts: [number, number][]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [rank, amount] of parts) {
    const source = ['plan', 'gift', 'pack'][rank] as string;
    if (amount > 0) sums[source] = (sums[source] ?? 0) + amount;
  }
  return sums;
}
