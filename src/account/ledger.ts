import { isRefusal, type Refusal, refused } from '../errors.ts';
import { dateOf, monthOf } from '../lib/calendar.ts';
import { newId } from '../lib/ids.ts';
import { DAY } from '../lib/time.ts';
import type { Alerts } from './alerts.ts';
import type { CapBook } from './cap-book.ts';
import type { Spent } from './caps-contract.ts';
import { SOURCE_RANK } from './credit-source.ts';
import { type LedgerRow, returned, shownRow, shownRows } from './ledger-row.ts';
import { LotBook, type Part } from './lot-book.ts';
import type {
  CreditAddition,
  CreditRefund,
  CreditResult,
  CreditReversal,
  CreditStanding,
  CreditTransaction,
  CreditUse,
  InvoiceCredits,
  NamedReversal,
  RequestKind,
  ReversedCredits,
} from './metering-contract.ts';
import { ReversalBook } from './reversal-book.ts';
import { CREDITS, isSameMember, type Sharing } from './sharing.ts';
import { SpentCredits } from './spent-credits.ts';

type Entry = Pick<CreditTransaction, 'type' | 'amount' | 'reference' | 'request' | 'actor'> &
  Partial<Pick<CreditTransaction, 'id' | 'refundOf' | 'description' | 'expiresAt' | 'member'>> & {
    parts?: Part[];
    memberDay?: string | null;
  };

/** How references of invoices begin. */
const INVOICE = 'invoice:';
/** What comes back from a lot that has expired meanwhile can be spent this long. */
const REFUND_LIFETIME = 30 * DAY;

/**
 * The credits of one user: rows that are only ever added, and lots, which say what of the credits that came in is
 * left and until when. What has expired is to be written off before anything else is asked. Every method is synchronous.
 */
export class Ledger {
  readonly #sql: SqlStorage;
  readonly #lots: LotBook;
  readonly #reversals: ReversalBook;
  readonly #onRow: (transaction: CreditTransaction) => void;
  readonly #caps: CapBook;
  readonly #alerts: Alerts;
  /** What is held for reservations, by the day on which they were made. */
  readonly #held: (now: number) => Map<string, number>;
  readonly #sharing: Sharing | undefined;
  readonly #spent: SpentCredits;
  /** As the last row says; the object is the only writer. */
  #known: number | undefined;

  /** `onRow` hears of each new row, when all is done that belongs to it. */
  constructor(
    sql: SqlStorage,
    onRow: (transaction: CreditTransaction) => void,
    caps: CapBook,
    alerts: Alerts,
    held: (now: number) => Map<string, number>,
    sharing?: Sharing,
  ) {
    this.#sql = sql;
    this.#caps = caps;
    this.#alerts = alerts;
    this.#held = held;
    this.#spent = new SpentCredits(sql);
    this.#sharing = sharing;
    this.#lots = new LotBook(sql);
    this.#reversals = new ReversalBook(sql);
    this.#onRow = onRow;
  }

  /** What can be spent, once what has expired is written off. */
  balance(): number {
    this.#known ??= this.#lastBalance();
    return this.#known;
  }

  /** What can be spent, by source. */
  standing(now: number): CreditStanding {
    return { balance: this.balance(), reserved: this.#reserved(now), sources: this.#lots.standing() };
  }

  /** Whether anything is to be written off. */
  hasExpired(now: number): boolean {
    const next = this.#lots.nextExpiry();
    return next !== null && next <= now;
  }

  /** Adds credits, as a request of a caller's or by Latchkey itself. */
  add(addition: CreditAddition, request: 'add' | null, now: number): CreditResult {
    const known = this.#find(addition.reference, request === null ? 'own' : 'callers');
    if (known) {
      const { type, amount, expires_at } = known;
      return this.#repeat(
        known,
        type === addition.type && amount === addition.amount && expires_at === addition.expiresAt,
      );
    }
    if (this.balance() + addition.amount > Number.MAX_SAFE_INTEGER) return refused('credits_limit');
    const transaction = this.#append({ ...addition, request }, now);
    this.#lots.put(transaction.seq, addition.amount, addition.expiresAt);
    return this.#done(transaction);
  }

  /** Takes from what expires first. Without a reference, the row's own id stands for it. */
  use(
    use: Omit<CreditUse, 'reference'> & { reference: string | null },
    by: RequestKind,
    now: number,
  ): CreditResult {
    const known = use.reference === null ? null : this.#find(use.reference, 'callers');
    if (known) {
      const isOurs = !this.#sharing || isSameMember(known.member ?? null, this.#sharing.who());
      return this.#repeat(known, isOurs && known.request === by && known.amount === -use.amount);
    }
    const refusal = this.refusalOf(use.amount, now);
    if (refusal) return refusal;
    return this.#take(use, by, this.#sharing?.who(), now);
  }

  /**
   * Charges for what is beyond a limit, which `refusalOf` lets. `member`: on whose behalf, where several share and it is not who asks.
   * Nothing is asked of caps: a hold was held to them when it was made.
   */
  charge(
    use: Omit<CreditUse, 'reference'> & { reference: string | null },
    by: RequestKind,
    now: number,
    member = this.#sharing?.who(),
  ): void {
    this.#take(use, by, member, now);
  }

  #take(
    use: Omit<CreditUse, 'reference'> & { reference: string | null },
    by: RequestKind,
    member: string | null | undefined,
    now: number,
  ): CreditResult {
    const id = newId('txn', now);
    const named = use.reference === null ? { reference: id, request: null } : { ...use, request: by };
    const entry = { ...use, ...named, id, type: 'used', amount: -use.amount } as Entry;
    const parts = this.#lots.take(use.amount);
    this.#alerts.ofCaps(CREDITS, member ?? null, () => this.#spent.of(now), use.amount, now);
    this.#spent.add(use.amount, now);
    if (!this.#sharing || member === undefined) return this.#done(this.#append({ ...entry, parts }, now));
    this.#sharing.count(member, CREDITS, use.amount, now);
    return this.#done(this.#append({ ...entry, parts, member, memberDay: dateOf(now) }, now));
  }

  /** Why so many cannot be used: there are fewer, or whoever asks may not; null when they can. */
  refusalOf(amount: number, now: number): Refusal | null {
    if (amount === 0) return null;
    if (!this.covers(amount, now)) return refused('insufficient_credits');
    return (
      this.#sharing?.capped(CREDITS, amount, now) ??
      this.#caps.capped(CREDITS, amount, () => this.spent(now), now)
    );
  }

  /** Whether there are so many that nothing is held for; `freed` are held for what is charged now. */
  covers(amount: number, now: number, freed = 0): boolean {
    return this.balance() - this.#reserved(now) + freed >= amount;
  }

  /** Whether a request of a caller's is known by that reference. */
  knows(reference: string | null): boolean {
    return reference !== null && this.#find(reference, 'callers') !== null;
  }

  /** What was used in the day and the month of a moment, without what was given back of it, and with what is held. */
  spent(now: number): Spent {
    const { day, month } = this.#spent.of(now);
    const held = this.#held(now);
    const ofMonth = [...held].filter(([date]) => date.startsWith(monthOf(now)));
    return { day: day + (held.get(dateOf(now)) ?? 0), month: month + sumOf(ofMonth.map(([, one]) => one)) };
  }

  #reserved(now: number): number {
    return sumOf([...this.#held(now).values()]);
  }

  /** Gives back what a use took, the part last that would expire first, to expire when it would have. */
  refund(refund: CreditRefund, now: number): CreditResult {
    const known = this.#find(refund.reference, 'callers');
    if (known) {
      const same = known.type === 'refund' && known.refund_of === refund.refundOf;
      return this.#repeat(known, same && (refund.amount === null || refund.amount === known.amount));
    }
    // What was used without a reference is known by its own id.
    const used = this.#find(refund.refundOf, 'callers') ?? this.#find(refund.refundOf, 'own');
    if (used?.type !== 'used') return refused('transaction_not_found');
    const left = -used.amount - used.refunded;
    const amount = refund.amount ?? left;
    if (amount > left || amount === 0) return refused('refund_exceeds_use');
    if (this.balance() + amount > Number.MAX_SAFE_INTEGER) return refused('credits_limit');
    // It is given back to whoever has used it, for the day of the use.
    const { member = null, member_day: memberDay = null } = used;
    const whose = this.#sharing ? { member, memberDay } : {};
    if (member !== null) this.#sharing?.count(member, CREDITS, -amount, used.created_at);
    const parts = returned(JSON.parse(used.parts as string), used.refunded, amount).map((part) => ({
      ...part,
      expiresAt: part.expiresAt !== null && part.expiresAt <= now ? now + REFUND_LIFETIME : part.expiresAt,
    }));
    const entry = { ...refund, ...whose, parts, type: 'refund', amount, request: 'refund' } as const;
    const transaction = this.#append(entry, now);
    this.#sql.exec('UPDATE credit_transactions SET refunded = refunded + ? WHERE seq = ?', amount, used.seq);
    this.#spent.add(-amount, used.created_at);
    for (const { seq, amount: back, expiresAt } of parts) this.#lots.put(seq, back, expiresAt);
    return this.#done(transaction);
  }

  reversed(reference: string): ReversedCredits {
    return this.#reversals.get(reference);
  }

  /** What was taken back of what invoices have brought. */
  reversedInvoices(): NamedReversal[] {
    return this.#reversals.list(INVOICE);
  }

  /** Brings what was taken back of an addition to what it should be now; see CreditObject. */
  reverse(reversal: CreditReversal, now: number): ReversedCredits | Refusal {
    const { reference, lost, paid, revision, actor } = reversal;
    const added = this.#find(reference, 'own');
    const before = this.#reversals.get(reference);
    if (before.revision !== revision) return refused('conflict');
    if ((!added || added.amount < 0) && (!reversal.credits || (!added && revision === 0))) {
      return refused('transaction_not_found');
    }
    const part = Math.floor(((added?.amount ?? 0) * lost) / paid);
    // What has expired is gone already, and others' credits do not stand for it.
    const isGone = added?.expires_at != null && added.expires_at <= now;
    const { total, running } = reversal.credits ?? { total: part, running: isGone ? 0 : part };
    const wanted = Math.max(0, Math.min(total - before.total, running, this.balance()));
    const change = total < before.taken ? before.taken - total : -wanted;
    // Raised by what changes nothing too: it is news all the same, which nothing older may replace.
    const share = lost / paid;
    const after = { share, total, taken: before.taken - change, revision: revision + 1 };
    this.#reversals.put(reference, after);
    if (change > 0) this.#giveBack(change, added, reference, after.revision, actor, now);
    if (change < 0) {
      const parts = this.#lots.takeBack(-change, added?.seq);
      this.#correct(change, parts, { reference, revision: after.revision, actor }, now);
    }
    return after;
  }

  /** Books what an invoice has brought or given back, once; see CreditObject. */
  bookInvoice(invoice: InvoiceCredits, now: number): CreditResult | null {
    const { reference, amount, expiresAt, actor } = invoice;
    if (this.has(reference) || this.#reversals.get(reference).revision > 0) return null;
    if (amount < 0) {
      const parts = expiresAt <= now ? [] : this.#lots.takeWhatIsLeft(-amount, INVOICE);
      const taken = sumOf(parts.map((part) => part.amount));
      this.#reversals.put(reference, { share: 0, total: -amount, taken, revision: 1 });
      if (taken > 0) this.#correct(-taken, parts, { reference, revision: 1, actor }, now);
      return null;
    }
    const added = this.add(
      { type: 'grant', amount, reference, expiresAt, description: null, actor },
      null,
      now,
    );
    if (isRefusal(added)) return added;
    const { seq } = added.transaction;
    this.#makeUp(Math.round(amount * invoice.paidFromBalance), seq, actor, now);
    return added;
  }

  /** Gives back what a reversal had taken; what others could not take comes out of it first, where it is of invoices. */
  #giveBack(
    amount: number,
    added: LedgerRow | null,
    reference: string,
    revision: number,
    actor: string,
    now: number,
  ): void {
    const expiresAt = added?.expires_at ?? null;
    // Where the addition is not there, the row is a lot itself.
    const parts = added ? [{ seq: added.seq, amount, expiresAt, source: added.source }] : undefined;
    const transaction = this.#correct(amount, parts, { reference, revision, actor }, now);
    const seq = added?.seq ?? transaction.seq;
    this.#lots.put(seq, amount, expiresAt);
    if (reference.startsWith(INVOICE)) this.#makeUp(amount, seq, actor, now);
  }

  /** Takes from a lot what invoices that gave back could not take, at most so many. */
  #makeUp(most: number, seq: number, actor: string, now: number): void {
    let left = most;
    for (const { reference, ...short } of this.#reversals.list(INVOICE)) {
      const taken = Math.min(left, short.total - short.taken);
      if (taken === 0) continue;
      const after = { ...short, taken: short.taken + taken, revision: short.revision + 1 };
      this.#reversals.put(reference, after);
      const parts = this.#lots.takeBack(taken, seq);
      this.#correct(-taken, parts, { reference, revision: after.revision, actor }, now);
      left -= taken;
    }
  }

  #correct(
    amount: number,
    parts: Part[] | undefined,
    { reference: refundOf, revision, actor }: { reference: string; revision: number; actor: string },
    now: number,
  ): CreditTransaction {
    const reference = `reversal:${revision}:${refundOf}`;
    const entry = { type: 'refund', amount, reference, refundOf, request: null, actor } as const;
    const transaction = this.#append({ ...entry, ...(parts && { parts }) }, now);
    this.#done(transaction);
    return transaction;
  }

  /** Writes off what has expired; gives how much of it was the plan's, and when the last of that has expired (Unix milliseconds). */
  expire(now: number): { amount: number; at: number } | null {
    const expired = this.#lots.takeExpired(now);
    for (const { isOfPlan: _, ...part } of expired) {
      const id = newId('txn', now);
      const entry = { id, amount: -part.amount, reference: `expired:${id}`, request: null, actor: 'system' };
      this.#done(this.#append({ ...entry, parts: [part], type: 'expired' }, now));
    }
    const ofPlan = expired.filter(({ isOfPlan }) => isOfPlan);
    const amount = sumOf(ofPlan.map((part) => part.amount));
    return amount > 0 ? { amount, at: Math.max(...ofPlan.map(({ expiresAt }) => expiresAt ?? 0)) } : null;
  }

  /** When something expires next, Unix milliseconds; null when nothing does. */
  nextExpiry(): number | null {
    return this.#lots.nextExpiry();
  }

  /** The newest rows from before a sequence number. */
  list(before: number | null, limit: number): CreditTransaction[] {
    const rows = this.#sql
      .exec<LedgerRow>(
        `SELECT *, ${SOURCE_RANK} AS source FROM credit_transactions WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
      .toArray();
    return shownRows(this.#sql, rows);
  }

  /** How many rows there are: none is ever taken away, so the last one has that number. */
  count(): number {
    return this.#sql.exec<{ n: number | null }>('SELECT MAX(seq) AS n FROM credit_transactions').one().n ?? 0;
  }

  /** Whether Latchkey has booked that. */
  has(reference: string): boolean {
    return this.#find(reference, 'own') !== null;
  }

  /** The last reference in the order of the alphabet that begins so, and goes on with a digit, of what Latchkey has booked. */
  lastNamed(prefix: string): string | null {
    return this.#sql
      .exec<{ reference: string | null }>(
        `SELECT MAX(reference) AS reference FROM credit_transactions
         WHERE reference >= ?1 || '0' AND reference < ?1 || ':' AND (request IS NULL) = 1`,
        prefix,
      )
      .one().reference;
  }

  #repeat(known: LedgerRow, same: boolean): CreditResult {
    return same ? resultOf(shownRow(this.#sql, known)) : refused('reference_reused');
  }

  /** The row of a reference, among callers' or among Latchkey's own. */
  #find(reference: string, whose: 'callers' | 'own'): LedgerRow | null {
    const sql = `SELECT *, ${SOURCE_RANK} AS source FROM credit_transactions
      WHERE reference = ? AND request IS ${whose === 'own' ? '' : 'NOT '}NULL`;
    return this.#sql.exec<LedgerRow>(sql, reference).toArray()[0] ?? null;
  }

  #lastBalance(): number {
    const last = this.#sql
      .exec<{ balance_after: number }>(
        'SELECT balance_after FROM credit_transactions ORDER BY seq DESC LIMIT 1',
      )
      .toArray()[0];
    return last?.balance_after ?? 0;
  }

  #append(entry: Entry, now: number): CreditTransaction {
    const sharing = this.#sharing;
    // What Latchkey books by itself is nobody's.
    const isAsked = entry.request !== null || entry.type === 'used';
    const row = this.#sql
      .exec<LedgerRow>(
        `INSERT INTO credit_transactions (id, type, amount, balance_after, reference, request, refund_of, description,
           actor, expires_at, created_at, parts${sharing ? ', member, member_day' : ''})
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?${sharing ? ', ?, ?' : ''}) RETURNING *, ${SOURCE_RANK} AS source`,
        entry.id ?? newId('txn', now),
        entry.type,
        entry.amount,
        this.balance() + entry.amount,
        entry.reference,
        entry.request,
        entry.refundOf ?? null,
        entry.description ?? null,
        entry.actor,
        entry.expiresAt ?? null,
        now,
        entry.parts ? JSON.stringify(entry.parts) : null,
        ...(sharing ? [entry.member ?? (isAsked ? sharing.who() : null), entry.memberDay ?? null] : []),
      )
      .one();
    this.#known = row.balance_after;
    return shownRow(this.#sql, row);
  }

  #done(transaction: CreditTransaction): CreditResult {
    this.#onRow(transaction);
    return resultOf(transaction);
  }
}

function resultOf(transaction: CreditTransaction): CreditResult {
  return { result: 'ok', transaction, balance: transaction.balanceAfter };
}

function sumOf(amounts: number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
